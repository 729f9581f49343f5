//! Removing a record: asked first, and taken back by the toast.

use super::record::found;
use crate::build::desk::{Desk, href};
use crate::build::dialogs::removal;
use crate::door::Visit;
use crate::door::answer::Answer;
use guanxi_access::Action;
use guanxi_engine::write::{Change, save};
use guanxi_engine::{EngineError, EngineResult, read};
use serde_json::json;

pub fn ask_removal(visit: &Visit) -> EngineResult<Answer> {
    let record = found(visit)?;
    if !read::may(&visit.ctx, &record, Action::Delete)? {
        return Err(EngineError::Forbidden("delete"));
    }
    let desk = Desk::new(visit)?;
    let page = removal(&desk, &record);
    Answer::page(visit, &page.heading.clone(), &page)
}

pub fn remove(visit: &Visit) -> EngineResult<Answer> {
    let (object, id) = (visit.object()?, visit.id()?);
    let saved = save(&visit.ctx, Change::remove(&object, id, visit.version()))?;
    let desk = Desk::new(visit)?;
    let text = desk.say_of("deleted-one", "name", &saved.record.title());
    let undo = format!("{}/restore", href(&object.name, id));
    let on_record = visit
        .head
        .current
        .as_deref()
        .is_none_or(|path| path.starts_with(&href(&object.name, id)));
    let list = format!("/{}", object.name);
    let answer = if on_record {
        Answer::see(visit, &list)
    } else {
        Answer::anew(visit, &list)
    };
    Ok(answer
        .flash(visit, &text, ("good", &undo))
        .trigger("record:saved", json!({})))
}
