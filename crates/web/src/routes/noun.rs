//! `/{object}/{id}/{noun}`: what is done to a record that is not editing it.

use crate::build::desk::{Desk, href, record_href};
use crate::build::dialogs::{again, inputs, noun as dialog, said};
use crate::door::Visit;
use crate::door::answer::Answer;
use crate::pages::dialogs::ActionPage;
use axum::http::StatusCode;
use guanxi_capabilities::follow::followers;
use guanxi_engine::capability::Noun;
use guanxi_engine::{Context, EngineError, EngineResult, Record, act, read};
use guanxi_meta::{FieldError, Object};
use guanxi_store::StoreExt;
use serde_json::{Map, Value as Json, json};
use std::sync::Arc;
use uuid::Uuid;

/// The noun of the address, if the reader may use it on any record of the object.
pub fn named(ctx: &Context, object: &Arc<Object>, name: &str) -> EngineResult<Noun> {
    act::nouns(ctx, object)
        .into_iter()
        .find(|noun| noun.name == name)
        .ok_or(EngineError::NotFound)
}

pub fn ask(visit: &Visit) -> EngineResult<Answer> {
    let (object, id) = (visit.object()?, visit.id()?);
    let noun = named(&visit.ctx, &object, visit.head.param("noun"))?;
    let record = read::get(&visit.ctx, &object, id)?;
    if !read::may(&visit.ctx, &record, noun.needs)? {
        return Err(EngineError::Forbidden(noun.needs.name()));
    }
    let desk = Desk::new(visit)?;
    let page = opened(visit, &desk, &record, &noun)?;
    Answer::page(visit, &page.heading.clone(), &page)
}

fn opened(
    visit: &Visit,
    desk: &Desk<'_>,
    record: &Record,
    noun: &Noun,
) -> EngineResult<ActionPage> {
    let at = record_href(record);
    let mut page = dialog(desk, &record.object, noun, (&at, &at));
    page.text = if page.text.is_empty() {
        record.title()
    } else {
        page.text
    };
    // What the address says already is not asked again (`?outcome=won`).
    for cell in &mut page.cells {
        let said = visit.head.query(&cell.name);
        for choice in &mut cell.choices {
            choice.selected = choice.value == said;
        }
        // "Won" says more than "Close".
        if noun.name == "closure"
            && let Some(outcome) = cell.choices.iter().find(|choice| choice.selected)
        {
            page.heading.clone_from(&outcome.label);
            page.submit.clone_from(&outcome.label);
            page.tone = if said == "lost" { "danger" } else { "go" }.to_owned();
        }
    }
    Ok(page)
}

pub fn run(visit: &Visit) -> EngineResult<Answer> {
    let (object, id) = (visit.object()?, visit.id()?);
    let noun = named(&visit.ctx, &object, visit.head.param("noun"))?;
    let desk = Desk::new(visit)?;
    let slots = inputs(&desk, &object, &noun);
    let mut input = said(&desk, &slots, &visit.form);
    conversion(&noun, &mut input);
    match act::act(&visit.ctx, &object, id, noun.name, input) {
        Ok(answer) => done(visit, &desk, (&object, id), (&noun, &answer)),
        // A dialog says what is wrong in itself; a plain button in a toast.
        Err(EngineError::Invalid(errors)) if !noun.inputs.is_empty() => {
            refused(visit, &desk, &noun, &errors)
        }
        Err(EngineError::Taken(fault, _)) if !noun.inputs.is_empty() => {
            refused(visit, &desk, &noun, &[fault.at("")])
        }
        Err(error) => Err(error),
    }
}

/// The opportunity's name is a text for people, and "none" is what an empty one means to nobody.
fn conversion(noun: &Noun, input: &mut Map<String, Json>) {
    if noun.name == "conversion"
        && let Some(Json::String(name)) = input.get("opportunity").cloned()
    {
        input.insert(
            "opportunity".to_owned(),
            if name == "false" {
                json!(false)
            } else {
                json!(name)
            },
        );
    }
}

fn refused(
    visit: &Visit,
    desk: &Desk<'_>,
    noun: &Noun,
    errors: &[FieldError],
) -> EngineResult<Answer> {
    let record = read::get(&visit.ctx, &visit.object()?, visit.id()?)?;
    let slots = inputs(desk, &record.object, noun);
    let page = opened(visit, desk, &record, noun)?;
    let page = again(desk, page, &slots, (&visit.form, errors))?;
    Ok(Answer::page(visit, &page.heading.clone(), &page)?.status(StatusCode::UNPROCESSABLE_ENTITY))
}

/// Where the reader goes on: to what was made, to the record, or to the list if it is out of sight now.
fn done(
    visit: &Visit,
    desk: &Desk<'_>,
    (object, id): (&Arc<Object>, Uuid),
    (noun, said): (&Noun, &Json),
) -> EngineResult<Answer> {
    let text = desk.say_of("did-noun", "name", &desk.label(&noun.label, noun.name));
    let made = (noun.name == "conversion").then(|| made(said)).flatten();
    let seen = read::lookup(&visit.ctx, object, id)?.is_some();
    let on_record = visit
        .head
        .current
        .as_deref()
        .is_none_or(|path| path.starts_with(&href(&object.name, id)));
    let answer = match (made, seen, on_record) {
        (Some(path), _, _) => Answer::see(visit, &path),
        (None, true, _) | (None, false, false) => Answer::anew(visit, &href(&object.name, id)),
        (None, false, true) => Answer::see(visit, &format!("/{}", object.name)),
    };
    let undo = match said.get("version").and_then(Json::as_i64) {
        Some(version) if seen && noun.name == "completion" => {
            format!("{}/undo?version={version}", href(&object.name, id))
        }
        _ => String::new(),
    };
    Ok(answer
        .flash(visit, &text, ("good", &undo))
        .trigger("record:saved", json!({})))
}

/// The page of what a lead became.
fn made(answer: &Json) -> Option<String> {
    ["opportunity", "customer"]
        .iter()
        .find_map(|name| Some(format!("/{name}/{}", answer.get(name)?.as_str()?)))
}

/// One button for both directions.
pub fn follow(visit: &Visit) -> EngineResult<Answer> {
    let (object, id) = (visit.object()?, visit.id()?);
    let ctx = &visit.ctx;
    let known = ctx
        .engine
        .store()
        .look(|view| followers(view, &object, id))?;
    let noun = if known.contains(&ctx.actor.seq()) {
        "unfollow"
    } else {
        "follow"
    };
    act::act(ctx, &object, id, noun, Map::new())?;
    let desk = Desk::new(visit)?;
    let text = desk.say(if noun == "follow" {
        "followed"
    } else {
        "unfollowed"
    });
    Ok(Answer::anew(visit, &href(&object.name, id)).flash(visit, &text, ("good", "")))
}
