//! Dialogs: nouns with their inputs, removal, bulk edit, kept views, columns, conditions, conversion, "why".

use super::cells::{asked, asked_again};
use super::desk::{Desk, record_href};
use super::forms::place_errors;
use super::place::Place;
use super::records::icon_of;
use super::slots::{Slot, input, slot};
use crate::door::form::Form;
use crate::pages::dialogs::{
    ActionPage, ColumnsPage, FilterPage, Reason, ViewRow, ViewsPage, WhyPage,
};
use crate::pages::{CellView, Choice, Tally};
use guanxi_access::Action;
use guanxi_engine::capability::Noun;
use guanxi_engine::views::Sharing;
use guanxi_engine::{EngineResult, Record, read, views};
use guanxi_meta::catalog::Required;
use guanxi_meta::kind::Ty;
use guanxi_meta::{Object, Value};
use guanxi_query::print::quote;
use serde_json::{Map, Value as Json};
use std::sync::Arc;

/// A noun's inputs as slots.
pub fn inputs(desk: &Desk<'_>, object: &Object, noun: &Noun) -> Vec<Slot> {
    noun.inputs
        .iter()
        .filter_map(|one| input(desk, object, noun.name, one))
        .collect()
}

/// What a noun's form posted: only what was said.
pub fn said(desk: &Desk<'_>, slots: &[Slot], form: &Form) -> Map<String, Json> {
    let mut fields = super::input::fields(desk, slots, form);
    fields.retain(|_, value| !value.is_null() && *value != Json::Array(Vec::new()));
    fields
}

/// A noun's dialog: on one record, or on what is chosen in a list.
pub fn noun(desk: &Desk<'_>, object: &Object, noun: &Noun, (at, back): (&str, &str)) -> ActionPage {
    ActionPage {
        heading: desk.label(&noun.label, noun.name),
        text: noun_text(desk, noun.name),
        icon: icon_of(noun.name).to_owned(),
        tone: "go".to_owned(),
        action: format!("{at}/{}", noun.name),
        cancel: back.to_owned(),
        submit: desk.label(&noun.label, noun.name),
        cells: inputs(desk, object, noun)
            .iter()
            .map(|slot| wide(asked(desk, slot, &Value::Null)))
            .collect(),
        ..ActionPage::default()
    }
}

fn noun_text(desk: &Desk<'_>, name: &str) -> String {
    let key = format!("noun-{name}-text");
    if desk.words.keys().contains(&key) {
        desk.say(&key)
    } else {
        String::new()
    }
}

/// What a noun takes as JSON, people say as a text.
fn wide(mut cell: CellView) -> CellView {
    cell.wide = true;
    if cell.widget == "json" {
        cell.widget = "text".to_owned();
    }
    cell
}

/// The dialog again with what was typed and what is wrong with it.
pub fn again(
    desk: &Desk<'_>,
    mut page: ActionPage,
    slots: &[Slot],
    (form, errors): (&Form, &[guanxi_meta::FieldError]),
) -> EngineResult<ActionPage> {
    let cells = slots
        .iter()
        .map(|slot| asked_again(desk, slot, form).map(wide));
    page.cells = cells.collect::<EngineResult<Vec<CellView>>>()?;
    page.errors = place_errors(desk, page.cells.iter_mut(), errors);
    Ok(page)
}

pub fn removal(desk: &Desk<'_>, record: &Record) -> ActionPage {
    let at = record_href(record);
    ActionPage {
        heading: desk.say_of("delete-one", "name", &record.title()),
        text: desk.say("delete-text"),
        icon: "trash-2".to_owned(),
        tone: "danger".to_owned(),
        action: format!("{at}/remove"),
        cancel: at,
        submit: desk.say("delete"),
        version: Some(record.version.unsigned_abs()),
        ..ActionPage::default()
    }
}

/// Fields that are set for many at once: those whose empty form means "leave it".
pub fn bulk_slots(desk: &Desk<'_>, object: &Arc<Object>) -> Vec<Slot> {
    const MOST: usize = 14;
    let grant = desk.ctx.grant(object, Action::Update);
    let names = object
        .layout
        .sections
        .iter()
        .flat_map(|section| &section.fields);
    let fits = |slot: &Slot| {
        let plain = matches!(
            slot.kind(),
            "choice" | "link" | "date" | "instant" | "percent" | "rating" | "integer"
        );
        plain && slot.is_writable(&grant) && slot.name != "owner"
    };
    let mut slots: Vec<Slot> = names
        .filter_map(|name| slot(desk, object, name))
        .filter(fits)
        .take(MOST)
        .collect();
    for slot in &mut slots {
        slot.field.required = Required::No;
    }
    slots
}

/// The frame of a dialog about many; `count` is what the reader chose.
pub fn bulk(desk: &Desk<'_>, object: &Object, (what, count): (&str, &str)) -> ActionPage {
    let count = if count.is_empty() { "…" } else { count };
    ActionPage {
        heading: desk.say(if what == "remove" {
            "delete"
        } else {
            "bulk-edit"
        }),
        text: desk.say(if what == "remove" {
            "bulk-delete-text"
        } else {
            "bulk-edit-text"
        }),
        icon: if what == "remove" {
            "trash-2"
        } else {
            "pencil"
        }
        .to_owned(),
        tone: if what == "remove" { "danger" } else { "go" }.to_owned(),
        action: format!("/{}/bulk/{what}", object.name),
        cancel: format!("/{}", object.name),
        submit: desk.say(if what == "remove" { "delete" } else { "apply" }),
        touches: vec![touched(desk, object, count)],
        is_bulk: true,
        ..ActionPage::default()
    }
}

pub fn touched(desk: &Desk<'_>, object: &Object, count: &str) -> Tally {
    Tally {
        label: desk.many(object),
        value: count.to_owned(),
        ..Tally::default()
    }
}

fn sharings(desk: &Desk<'_>, now: Sharing) -> Vec<Choice> {
    let choice = |sharing: Sharing| Choice {
        value: sharing.name().to_owned(),
        label: desk.say(match sharing {
            Sharing::Nobody => "sharing-nobody",
            Sharing::Team => "sharing-team",
            Sharing::Everybody => "sharing-everybody",
        }),
        selected: sharing == now,
        ..Choice::default()
    };
    Sharing::ALL.map(choice).into()
}

/// The reader's own views of the object, and which view its list opens with.
pub fn arrange_views(desk: &Desk<'_>, object: &Arc<Object>) -> EngineResult<ViewsPage> {
    let kept = views::list(desk.ctx, &object.name)?;
    let opening = views::opening(desk.ctx, &object.name)?.unwrap_or_default();
    let declared = object.views.iter().enumerate().map(|(at, view)| {
        // The first opens without being named.
        let query = match at {
            0 => String::new(),
            _ => super::desk::query(&[("view", &view.name)]),
        };
        (query, desk.label(&view.label, &view.name))
    });
    let own = kept
        .iter()
        .map(|view| (view.query.clone(), view.name.clone()));
    let openings = declared.chain(own).map(|(query, label)| Choice {
        selected: query == opening,
        value: query,
        label,
        ..Choice::default()
    });
    let mine = kept
        .iter()
        .filter(|view| view.person == desk.ctx.actor.seq());
    Ok(ViewsPage {
        action: format!("/{}/views/arrange", object.name),
        cancel: format!("/{}", object.name),
        openings: openings.collect(),
        views: mine
            .map(|view| ViewRow {
                id: view.id.to_string(),
                name: view.name.clone(),
                sharing: sharings(desk, view.sharing),
            })
            .collect(),
        error: None,
    })
}

pub fn keep_view(desk: &Desk<'_>, place: &Place) -> ActionPage {
    let mut cell = CellView::new("name", &desk.say("name"), "text", "");
    cell.required = true;
    cell.wide = true;
    let sharing = CellView::new("sharing", &desk.say("share-with"), "choice", "").with(|cell| {
        cell.required = true;
        cell.wide = true;
        cell.choices = sharings(desk, Sharing::Nobody);
    });
    ActionPage {
        heading: desk.say("save-view"),
        text: desk.say("save-view-text"),
        icon: "bookmark".to_owned(),
        tone: "go".to_owned(),
        action: format!("/{}/views", place.object.name),
        cancel: place.href("", &[]),
        submit: desk.say("save"),
        hidden: vec![("query".to_owned(), place.to_keep())],
        cells: vec![cell, sharing],
        ..ActionPage::default()
    }
}

/// Every field that the reader may read; those shown come first, in their order.
pub fn columns(desk: &Desk<'_>, place: &Place) -> ColumnsPage {
    let own = place.object.fields.iter().map(|field| field.name.clone());
    let system = [
        "owner",
        "department",
        "created_at",
        "updated_at",
        "created_by",
    ]
    .map(str::to_owned);
    let mut names = place.columns.clone();
    names.extend(
        own.chain(system)
            .filter(|name| !place.columns.contains(name)),
    );
    let choice = |name: &String| {
        let slot = slot(desk, &place.object, name)?;
        let selected = place.columns.contains(name);
        Some(Choice {
            value: slot.name,
            label: slot.label,
            selected,
            ..Choice::default()
        })
    };
    ColumnsPage {
        action: place.href("/columns", &[]),
        cancel: place.href("", &[]),
        columns: names.iter().filter_map(choice).collect(),
    }
}

/// Operators that make sense for a field.
fn operators(slot: &Slot) -> &'static [&'static str] {
    match (slot.kind(), slot.field.kind.ty(&slot.field)) {
        ("choice", _) => &["=", "!=", "is null", "is not null"],
        ("bool", _) => &["="],
        ("link", _) if slot.to() == "user" => &["=", "!=", "me", "is null", "is not null"],
        ("link", _) if slot.to() == "department" => &["=", "under", "is null", "is not null"],
        ("link", _) => &["=", "!=", "is null", "is not null"],
        ("many_links" | "multi_choice", _) => &["has", "is null", "is not null"],
        (_, Ty::Number { .. } | Ty::Money | Ty::Date | Ty::Instant) => {
            &["=", "<", "<=", ">", ">=", "is null", "is not null"]
        }
        (_, Ty::Text) => &["~", "=", "^=", "is null", "is not null"],
        _ => &["is null", "is not null"],
    }
}

/// Fields that a condition may be about.
pub fn conditional(desk: &Desk<'_>, object: &Arc<Object>) -> Vec<Slot> {
    let fits = |slot: &Slot| {
        !matches!(slot.kind(), "json" | "file" | "image" | "rich_text") && slot.to() != "*"
    };
    let names = object
        .fields
        .iter()
        .map(|field| field.name.clone())
        .chain(["owner", "created_at", "updated_at"].map(str::to_owned));
    names
        .filter_map(|name| slot(desk, object, &name))
        .filter(fits)
        .collect()
}

/// What a condition's dialog was told: `field operator` and the value; nothing on its first opening.
pub fn condition(desk: &Desk<'_>, place: &Place, form: &Form) -> EngineResult<FilterPage> {
    let slots = conditional(desk, &place.object);
    let at = form.text("at").parse::<usize>().ok();
    let before = before(desk, place, at)?;
    let wanted = form
        .get("field")
        .map(str::to_owned)
        .or(before.as_ref().map(|(field, _, _)| field.clone()));
    let chosen = wanted
        .and_then(|name| slots.iter().position(|slot| slot.name == name))
        .unwrap_or(0);
    let Some(slot) = slots.get(chosen) else {
        return Ok(FilterPage::default());
    };
    let known = before.filter(|(field, _, _)| *field == slot.name);
    let operator = form
        .get("operator")
        .map(str::to_owned)
        .or(known.as_ref().map(|(_, op, _)| op.clone()))
        .unwrap_or_default();
    let value = known.map(|(_, _, value)| value).unwrap_or_default();
    let said = if form.has("value") {
        asked_again(desk, &named_value(slot), form)?
    } else {
        asked_value(desk, slot, &value)?
    };
    let field_choice = |(at, slot): (usize, &Slot)| Choice {
        value: slot.name.clone(),
        label: slot.label.clone(),
        selected: at == chosen,
        ..Choice::default()
    };
    let operator_choice = |op: &&str| Choice {
        value: (*op).to_owned(),
        label: super::chips::operator_word(
            desk,
            match *op {
                "me" => "op-me",
                "has" => "op-has",
                op => op,
            },
        ),
        selected: *op == operator,
        ..Choice::default()
    };
    let mut hidden: Vec<(String, String)> =
        serde_urlencoded::from_str(&place.query(&[("filter", None)])).unwrap_or_default();
    hidden.push(("was".to_owned(), place.filter.clone()));
    hidden.extend(at.map(|at| ("at".to_owned(), at.to_string())));
    let again = place.href("/filter", &[("at", at.map(|at| at.to_string()).as_deref())]);
    Ok(FilterPage {
        action: format!("/{}/filter/apply", place.object.name),
        cancel: place.href("", &[]),
        again,
        fields: slots.iter().enumerate().map(field_choice).collect(),
        operators: operators(slot).iter().map(operator_choice).collect(),
        value: Some(said),
        expression: place.filter.clone(),
        is_text: form.get("as_text").is_some(),
        check: format!("/{}/filter/check", place.object.name),
        names: format!("/{}/filter/names", place.object.name),
        error: None,
        hidden,
    })
}

/// The condition that is to be changed: field, operator and the text of its value.
fn before(
    desk: &Desk<'_>,
    place: &Place,
    at: Option<usize>,
) -> EngineResult<Option<(String, String, String)>> {
    let Some(at) = at else { return Ok(None) };
    let typed = guanxi_query::check_as(
        &desk.ctx.catalog,
        &place.object,
        &place.filter,
        guanxi_query::Purpose::Filter,
        desk.ctx,
    )?;
    let simple = typed
        .chips()
        .into_iter()
        .nth(at)
        .and_then(|chip| chip.simple);
    Ok(simple.map(|simple| {
        let is_me = simple.items == ["$me"];
        let op = if is_me { "me" } else { simple.op };
        (
            simple.field,
            op.to_owned(),
            simple.items.first().cloned().unwrap_or_default(),
        )
    }))
}

/// The slot under the name by which the dialog posts its value.
fn named_value(slot: &Slot) -> Slot {
    let mut field = slot.field.clone();
    field.required = Required::No;
    // A list is asked for one of its values.
    let kind = match slot.kind() {
        "many_links" => "link",
        "multi_choice" => "choice",
        "long_text" | "formula" | "roll_up" | "number" | "phone" | "email" | "url" | "address"
        | "person_name" => plain_kind(slot),
        other => other,
    };
    field.kind = guanxi_meta::kind::lookup(kind).unwrap_or(field.kind);
    field.options.several = false;
    Slot {
        name: "value".to_owned(),
        label: slot.label.clone(),
        field,
        at: slot.at,
        open: slot.open.clone(),
    }
}

fn plain_kind(slot: &Slot) -> &str {
    match slot.shape() {
        shape @ ("integer" | "decimal" | "money" | "date" | "instant" | "bool") => shape,
        _ => "text",
    }
}

fn asked_value(desk: &Desk<'_>, slot: &Slot, text: &str) -> EngineResult<CellView> {
    let slot = named_value(slot);
    let value = if text.is_empty() {
        Value::Null
    } else {
        slot.field
            .kind
            .read_in(&slot.field, text, &desk.ctx.zone)
            .unwrap_or_default()
    };
    desk.learn([(slot.to(), &value)])?;
    Ok(asked(desk, &slot, &value))
}

/// The text of the condition that the dialog says; what does not read is said by the language itself.
pub fn condition_text(desk: &Desk<'_>, place: &Place, form: &Form) -> Option<String> {
    let slot = slot(desk, &place.object, form.text("field"))?;
    let operator = operators(&slot)
        .iter()
        .find(|op| **op == form.text("operator"))?;
    let name = &slot.name;
    match *operator {
        "is null" | "is not null" => return Some(format!("{name} {operator}")),
        "me" => return Some(format!("{name} = $me")),
        _ => {}
    }
    let value = named_value(&slot);
    let literal = literal(&super::input::field(desk, &value, form), &value)?;
    Some(match *operator {
        "has" => format!("{literal} in {name}"),
        op => format!("{name} {op} {literal}"),
    })
}

fn literal(json: &Json, slot: &Slot) -> Option<String> {
    let is_number = matches!(slot.field.kind.ty(&slot.field), Ty::Number { .. });
    match json {
        Json::Null => None,
        Json::Bool(value) => Some(value.to_string()),
        Json::Number(number) => Some(number.to_string()),
        Json::Object(money) => money
            .get("amount")
            .and_then(Json::as_str)
            .map(str::to_owned),
        // A decimal is written in quotes by the API and without them by the language.
        Json::String(text) if is_number && text.parse::<f64>().is_ok() => Some(text.clone()),
        Json::String(text) => Some(quote(text)),
        Json::Array(_) => None,
    }
}

/// Each rule that lets the reader see the record, and what may be done with it.
pub fn why(desk: &Desk<'_>, record: &Record) -> EngineResult<WhyPage> {
    let ctx = desk.ctx;
    let explained = read::explain(ctx, &record.object, record.id)?;
    let reasons = explained.reasons.iter().map(|reason| Reason {
        is_granting: true,
        text: reason.sentence(ctx.lang),
    });
    let mut allowed = Vec::new();
    for action in Action::ALL {
        if action != Action::Create && read::may(ctx, record, action)? {
            allowed.push(desk.say(&format!("may-{}", action.name())));
        }
    }
    let grant = ctx.grant(&record.object, Action::Read);
    let fields = record.object.fields.iter().enumerate();
    let hidden = fields
        .filter(|(at, _)| !grant.may_read(*at))
        .map(|(_, field)| desk.label(&field.label, &field.name));
    Ok(WhyPage {
        name: record.title(),
        back: record_href(record),
        reasons: reasons.collect(),
        allowed,
        hidden_fields: hidden.collect(),
    })
}
