//! The quick composer on a record's page: a note, a call, a visit, a task.

use super::record::found;
use crate::build::desk::{Desk, record_href};
use crate::build::hangs::links_here;
use crate::build::slots::slot;
use crate::build::{input, timelines};
use crate::door::Visit;
use crate::door::answer::Answer;
use guanxi_engine::write::{Change, save};
use guanxi_engine::{EngineError, EngineResult, Record};
use guanxi_meta::Object;
use serde_json::{Map, Value as Json, json};
use std::sync::Arc;

/// Characters of a subject made of what was written.
const SUBJECT: usize = 80;

pub fn write(visit: &Visit) -> EngineResult<Answer> {
    let record = found(visit)?;
    let kind = visit.ctx.object(visit.form.text("kind"))?;
    if !kind.is_activity() {
        return Err(EngineError::NotFound);
    }
    let desk = Desk::new(visit)?;
    let fields = fields(visit, &desk, (&record, &kind))?;
    let saved = save(&visit.ctx, Change::create(&kind, fields))?;
    let text = desk.say_of("created-one", "name", &saved.record.title());
    if !visit.head.is_fragment {
        return Ok(Answer::see(visit, &record_href(&record)).flash(visit, &text, ("good", "")));
    }
    let page = timelines::activities(&desk, &record, "")?;
    Ok(Answer::page(visit, "", &page)?
        .toast(&text, "")
        .trigger("composer:done", json!({})))
}

fn fields(
    visit: &Visit,
    desk: &Desk<'_>,
    (record, kind): (&Record, &Arc<Object>),
) -> EngineResult<Map<String, Json>> {
    let text = visit.form.text("body").trim();
    let link = links_here(kind, &record.object).ok_or(EngineError::NotFound)?;
    let first = text.lines().next().unwrap_or_default();
    let subject: String = first.chars().take(SUBJECT).collect();
    let mut fields = Map::new();
    fields.insert(kind.title().name.clone(), json!(subject));
    let about = match link.options.to.as_deref() {
        Some("*") => json!({ "object": record.object.name, "id": record.id }),
        _ => json!(record.id),
    };
    fields.insert(link.name.clone(), about);
    // What the subject says whole is not said again.
    if text != subject && kind.field("body").is_some() {
        fields.insert("body".to_owned(), json!(text));
    }
    let due = slot(desk, kind, "due_at")
        .map(|due| input::field(desk, &due, &visit.form))
        .unwrap_or_default();
    if !due.is_null() {
        fields.insert("due_at".to_owned(), due);
    } else if kind.name != "task" && knows_done(kind) {
        // Written down without a time ahead, it has happened.
        fields.insert("status".to_owned(), json!("done"));
    }
    Ok(fields)
}

fn knows_done(kind: &Object) -> bool {
    kind.field("status").is_some_and(|status| {
        status
            .options
            .choices
            .iter()
            .any(|choice| choice.value == "done")
    })
}
