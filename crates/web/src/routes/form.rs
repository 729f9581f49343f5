//! `/{object}/new` and `/{object}/{id}/edit`: everything that is wrong at once, what was typed is kept.

use super::record::found;
use crate::build::desk::{Desk, href, record_href, undo_href};
use crate::build::forms::{self, Asked};
use crate::build::input;
use crate::door::Visit;
use crate::door::answer::Answer;
use crate::door::form::Form;
use crate::door::head::local;
use crate::pages::form::FormPage;
use axum::http::StatusCode;
use guanxi_access::Action;
use guanxi_capabilities::identity;
use guanxi_engine::error::Stale;
use guanxi_engine::write::{Change, Saved, save as write};
use guanxi_engine::{EngineError, EngineResult, read};
use guanxi_meta::{FieldError, Object};
use guanxi_store::StoreExt;
use serde_json::{Map, Value as Json};
use std::sync::Arc;

pub fn new(visit: &Visit) -> EngineResult<Answer> {
    let object = visit.object_for(Action::Create)?;
    let desk = Desk::new(visit)?;
    let asked = Asked::new(&desk, &object, Action::Create);
    let said = |name: &str| visit.head.asked(name).map(str::to_owned);
    let sections = asked.filled(&desk, &|slot| forms::first_value(&visit.ctx, slot, &said))?;
    let mut page = forms::new_page(&desk, &object, sections);
    come_back(&mut page, visit.head.query("_back"));
    Answer::page(visit, &page.heading.clone(), &page)
}

/// Where the form leads when it is done or left: to the page that it was opened from.
fn come_back(page: &mut FormPage, back: &str) {
    if !back.is_empty() {
        let back = local(back).to_owned();
        page.hidden.push(("_back".to_owned(), back.clone()));
        page.cancel = back;
    }
}

pub fn create(visit: &Visit) -> EngineResult<Answer> {
    let object = visit.object_for(Action::Create)?;
    let desk = Desk::new(visit)?;
    let asked = Asked::new(&desk, &object, Action::Create);
    let form = received(visit, &desk, &asked)?;
    let form = form.as_ref().unwrap_or(&visit.form);
    let mut fields = asked.fields(&desk, form);
    // A new record's owner may be left to the engine: an empty one means the pool, which must be chosen.
    if !visit.form.has("owner") {
        fields.remove("owner");
    }
    let twins = match visit.form.get("_accept_duplicates") {
        Some(_) => Vec::new(),
        None => twins(visit, &object, &fields)?,
    };
    let outcome = if twins.is_empty() {
        write(&visit.ctx, Change::create(&object, fields)).map(Some)
    } else {
        Ok(None)
    };
    let errors = match outcome {
        Ok(Some(saved)) => return created(visit, &desk, &object, &saved),
        Ok(None) => Vec::new(),
        Err(EngineError::Invalid(errors)) => errors,
        Err(EngineError::Taken(_, errors)) if !errors.is_empty() => errors,
        Err(error) => return Err(error),
    };
    let mut page = forms::new_page(&desk, &object, asked.again(&desk, form)?);
    come_back(&mut page, visit.form.text("_back"));
    forms::tell(&desk, &mut page, &errors);
    page.duplicates = twins;
    Ok(Answer::page(visit, &page.heading.clone(), &page)?.status(StatusCode::UNPROCESSABLE_ENTITY))
}

/// The form with the files that it brought along.
fn received(visit: &Visit, desk: &Desk<'_>, asked: &Asked) -> EngineResult<Option<Form>> {
    input::received(desk, &asked.slots().collect::<Vec<_>>(), &visit.form)
}

/// Records that look like the new one: a hint, which the reader may pass over.
fn twins(
    visit: &Visit,
    object: &Arc<Object>,
    fields: &Map<String, Json>,
) -> EngineResult<Vec<crate::pages::Lookup>> {
    if !object.has("identity") {
        return Ok(Vec::new());
    }
    let ctx = &visit.ctx;
    let found = ctx
        .engine
        .store()
        .look(|view| identity::duplicates(view, ctx, object, fields))?;
    Ok(forms::lookups(
        found.iter().take(5).map(|twin| &twin.record),
    ))
}

fn created(
    visit: &Visit,
    desk: &Desk<'_>,
    object: &Arc<Object>,
    saved: &Saved,
) -> EngineResult<Answer> {
    let back = visit.form.text("_back");
    let to = if visit.form.get("_again").is_some() {
        format!("/{}/new", object.name)
    } else if !back.is_empty() {
        local(back).to_owned()
    } else if read::lookup(&visit.ctx, object, saved.id)?.is_some() {
        href(&object.name, saved.id)
    } else {
        format!("/{}", object.name)
    };
    let text = desk.say_of("created-one", "name", &saved.record.title());
    Ok(Answer::see(visit, &to).flash(visit, &text, ("good", "")))
}

pub fn edit(visit: &Visit) -> EngineResult<Answer> {
    let record = found(visit)?;
    if !read::may(&visit.ctx, &record, Action::Update)? {
        return Err(EngineError::Forbidden("update"));
    }
    let desk = Desk::new(visit)?;
    let asked = Asked::new(&desk, &record.object, Action::Update);
    let sections = asked.filled(&desk, &|slot| slot.value(&visit.ctx, &record))?;
    let page = forms::edit_page(&desk, &record, sections);
    Answer::page(visit, &page.heading.clone(), &page)
}

pub fn save(visit: &Visit) -> EngineResult<Answer> {
    let (object, id) = (visit.object()?, visit.id()?);
    let desk = Desk::new(visit)?;
    let asked = Asked::new(&desk, &object, Action::Update);
    let form = received(visit, &desk, &asked)?;
    let form = form.as_ref().unwrap_or(&visit.form);
    let mut fields = asked.fields(&desk, form);
    forms::without_theirs(&mut fields, form);
    match write(
        &visit.ctx,
        Change::update(&object, id, visit.version(), fields),
    ) {
        Ok(saved) => {
            let seen = read::lookup(&visit.ctx, &object, id)?.is_some();
            let to = if seen {
                href(&object.name, id)
            } else {
                format!("/{}", object.name)
            };
            let text = desk.say_of("saved-one", "name", &saved.record.title());
            let is_changed = saved
                .before
                .as_ref()
                .is_some_and(|before| before.version < saved.version);
            let undo = if is_changed && seen {
                undo_href(&saved.record, saved.version)
            } else {
                String::new()
            };
            Ok(Answer::see(visit, &to).flash(visit, &text, ("good", &undo)))
        }
        Err(EngineError::Invalid(errors)) => again(visit, &desk, (&asked, form), &errors),
        Err(EngineError::Taken(_, errors)) if !errors.is_empty() => {
            again(visit, &desk, (&asked, form), &errors)
        }
        Err(EngineError::Stale(stale)) => clash(visit, &desk, (&asked, form), &stale),
        Err(error) => Err(error),
    }
}

/// Somebody saved meanwhile. What only one side changed goes together; the reader is asked about the rest. The form
/// sends every field, so those that the reader changed are told by what they held when the form was made.
fn clash(
    visit: &Visit,
    desk: &Desk<'_>,
    (asked, form): (&Asked, &Form),
    stale: &Stale,
) -> EngineResult<Answer> {
    let record = found(visit)?;
    let mut mine = asked.fields(desk, form);
    forms::without_theirs(&mut mine, form);
    forms::only_mine(desk, &record, visit.version().unwrap_or(0), &mut mine)?;
    let both = Stale {
        version: stale.version,
        conflicts: stale
            .conflicts
            .iter()
            .filter(|one| mine.contains_key(&one.field))
            .cloned()
            .collect(),
    };
    if both.conflicts.is_empty() {
        let saved = write(
            &visit.ctx,
            Change::update(&record.object, record.id, Some(stale.version), mine),
        )?;
        let text = desk.say_of("saved-one", "name", &saved.record.title());
        return Ok(Answer::see(visit, &record_href(&record)).flash(visit, &text, ("good", "")));
    }
    let mut page = forms::edit_page(desk, &record, asked.mixed(desk, &record, (form, &mine))?);
    page.conflict = Some(forms::conflict(desk, &record, &both)?);
    Ok(Answer::page(visit, &page.heading.clone(), &page)?.status(StatusCode::PRECONDITION_FAILED))
}

fn again(
    visit: &Visit,
    desk: &Desk<'_>,
    (asked, form): (&Asked, &Form),
    errors: &[FieldError],
) -> EngineResult<Answer> {
    let record = found(visit)?;
    let mut page = forms::edit_page(desk, &record, asked.again(desk, form)?);
    page.version = visit.version().map(i64::unsigned_abs).or(page.version);
    forms::tell(desk, &mut page, errors);
    Ok(Answer::page(visit, &page.heading.clone(), &page)?.status(StatusCode::UNPROCESSABLE_ENTITY))
}
