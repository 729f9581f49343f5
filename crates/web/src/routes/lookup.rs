//! What pickers offer: searched by the server, never a table in the page.

use crate::build::desk::{Desk, face};
use crate::door::Visit;
use crate::door::answer::Answer;
use crate::pages::cell::{OptionView, OptionsPage};
use guanxi_access::{Action, User};
use guanxi_engine::{EngineError, EngineResult, search};
use guanxi_meta::{Field, Object, text};
use std::sync::Arc;

/// Options of one answer.
const MOST: usize = 12;

/// Records of the object, or with `field` the values of an open list.
pub fn options(visit: &Visit) -> EngineResult<Answer> {
    let object = visit.object()?;
    let q = visit.head.query("q");
    let desk = Desk::new(visit)?;
    let page = match visit.head.asked("field") {
        Some(field) => values(&desk, &field_of(visit, &object, field)?, q),
        None if object.name == "user" => people(&desk, q),
        None => records(&desk, &object, q)?,
    };
    Answer::page(visit, &desk.many(&object), &page)
}

/// Records of any object: for links that lead anywhere.
pub fn anything(visit: &Visit) -> EngineResult<Answer> {
    let desk = Desk::new(visit)?;
    let hits = search::search(&visit.ctx, visit.head.query("q"), None, MOST)?;
    let option = |hit: &search::Hit| OptionView {
        id: format!("{}:{}", hit.record.object.name, hit.record.id),
        label: hit.record.title(),
        detail: desk.one(&hit.record.object),
        face: None,
    };
    Answer::page(
        visit,
        &desk.say("search"),
        &OptionsPage {
            options: hits.iter().map(option).collect(),
            create: None,
        },
    )
}

fn field_of(visit: &Visit, object: &Arc<Object>, name: &str) -> EngineResult<Field> {
    match visit.head.asked("noun") {
        Some(noun) => {
            let noun = super::noun::named(&visit.ctx, object, noun)?;
            noun.inputs
                .iter()
                .find(|input| input.name == name)
                .and_then(|input| input.field())
                .ok_or(EngineError::NotFound)
        }
        None => {
            let at = object.position(name).ok_or(EngineError::NotFound)?;
            let readable = visit.ctx.grant(object, Action::Read).may_read(at);
            readable
                .then(|| object.fields[at].clone())
                .ok_or(EngineError::NotFound)
        }
    }
}

/// Values whose label or pinyin matches, and what was typed where the list is open.
fn values(desk: &Desk<'_>, field: &Field, q: &str) -> OptionsPage {
    let query = text::Query::parse(q);
    let option = |value: &str, label: String| OptionView {
        id: value.to_owned(),
        label,
        ..OptionView::default()
    };
    let labelled = field.options.choices.iter().map(|choice| {
        (
            choice.value.as_str(),
            desk.label(&choice.label, &choice.value),
        )
    });
    let fits = |(_, label): &(&str, String)| {
        query.is_empty() || query.verify(&[("label", label)]).is_some()
    };
    let mut options: Vec<OptionView> = labelled
        .filter(fits)
        .take(30)
        .map(|(value, label)| option(value, label))
        .collect();
    let typed = q.trim();
    if field.options.open
        && !typed.is_empty()
        && !options
            .iter()
            .any(|known| known.label == typed || known.id == typed)
    {
        options.push(option(typed, typed.to_owned()));
    }
    OptionsPage {
        options,
        create: None,
    }
}

fn people(desk: &Desk<'_>, q: &str) -> OptionsPage {
    let query = text::Query::parse(q);
    let fits = |user: &&User| {
        let found = || {
            query
                .verify(&[("name", &user.name), ("email", &user.email)])
                .is_some()
        };
        user.active && (query.is_empty() || found())
    };
    let mut users: Vec<&User> = desk.ctx.directory.users().filter(fits).collect();
    // The reader first, then whoever works beside the reader.
    let me = desk.ctx.person();
    let far = |user: &User| {
        me.map_or(2, |me| {
            if user.seq == me.seq {
                0
            } else if user.department == me.department {
                1
            } else {
                2
            }
        })
    };
    users.sort_by_key(|user| (far(user), text::sort_key(&user.name)));
    let option = |user: &&User| OptionView {
        id: user.id.to_string(),
        label: user.name.clone(),
        detail: desk.ctx.directory.path(user.department),
        face: Some(face(&user.name, user.id)),
    };
    OptionsPage {
        options: users.iter().take(MOST).map(option).collect(),
        create: None,
    }
}

fn records(desk: &Desk<'_>, object: &Arc<Object>, q: &str) -> EngineResult<OptionsPage> {
    let found = search::suggest(desk.ctx, object, q, MOST)?;
    let option = |(id, title): &(uuid::Uuid, String)| OptionView {
        id: id.to_string(),
        label: title.clone(),
        ..OptionView::default()
    };
    let may = !desk.ctx.grant(object, Action::Create).is_empty() && object.area != "settings";
    let typed = q.trim();
    let create = (may && !typed.is_empty()).then(|| {
        let href = format!(
            "/{}/new?{}",
            object.name,
            crate::build::desk::query(&[(&object.title().name, typed)])
        );
        (desk.say_of("create-typed", "name", typed), href)
    });
    Ok(OptionsPage {
        options: found.iter().map(option).collect(),
        create,
    })
}
