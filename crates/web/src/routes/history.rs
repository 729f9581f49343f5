//! What happened with a record, a page at a time, and taking a change back.

use super::record::found;
use crate::build::desk::{Desk, record_href};
use crate::build::slots::slot;
use crate::build::timelines::{self, Undo};
use crate::door::Visit;
use crate::door::answer::Answer;
use guanxi_access::Action;
use guanxi_engine::read::history::history;
use guanxi_engine::write::{Change, save};
use guanxi_engine::{EngineError, EngineResult, read};
use serde_json::Map;

pub fn activities(visit: &Visit) -> EngineResult<Answer> {
    let record = found(visit)?;
    let desk = Desk::new(visit)?;
    let page = timelines::activities(&desk, &record, visit.head.query("cursor"))?;
    Answer::page(visit, &record.title(), &page)
}

pub fn changes(visit: &Visit) -> EngineResult<Answer> {
    let record = found(visit)?;
    if !visit.head.is_fragment && visit.head.query("cursor").is_empty() {
        return Ok(Answer::see(
            visit,
            &format!("{}?tab=history", record_href(&record)),
        ));
    }
    let desk = Desk::new(visit)?;
    let undo = if read::may(&visit.ctx, &record, Action::Update)? {
        Undo::Offered
    } else {
        Undo::Refused
    };
    let page = timelines::changes(&desk, &record, (visit.head.query("cursor"), undo))?;
    Answer::page(visit, &record.title(), &page)
}

/// Changes looked back through for the one that is taken back.
const MOST: u32 = 500;

/// Fields get back what they held before the change, where they still hold what it gave them.
pub fn undo(visit: &Visit) -> EngineResult<Answer> {
    let record = found(visit)?;
    let version: i64 = visit
        .head
        .query("version")
        .parse()
        .map_err(|_| EngineError::NotFound)?;
    let (entries, _) = history(&visit.ctx, &record.object, record.id, "", MOST)?;
    let at = entries
        .iter()
        .position(|entry| entry.version == version)
        .ok_or(EngineError::NotFound)?;
    let later = |field: &str| {
        entries[..at]
            .iter()
            .flat_map(|entry| &entry.changes)
            .any(|change| change.field == field)
    };
    let back = entries[at]
        .changes
        .iter()
        .filter(|change| !later(&change.field));
    let fields: Map<String, _> = back
        .map(|change| (change.field.clone(), change.old.clone()))
        .collect();
    let desk = Desk::new(visit)?;
    // What the engine keeps itself (when a task was done) follows from the rest.
    let grant = visit.ctx.grant(&record.object, Action::Update);
    let mut fields = fields;
    fields.retain(|name, _| {
        slot(&desk, &record.object, name).is_some_and(|slot| slot.is_writable(&grant))
    });
    if fields.is_empty() {
        return Ok(Answer::anew(visit, &record_href(&record)).flash(
            visit,
            &desk.say("undo-nothing"),
            ("bad", ""),
        ));
    }
    save(
        &visit.ctx,
        Change::update(&record.object, record.id, Some(record.version), fields),
    )?;
    Ok(Answer::anew(visit, &record_href(&record)).flash(visit, &desk.say("undone"), ("good", "")))
}
