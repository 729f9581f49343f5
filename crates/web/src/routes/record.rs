//! `/{object}/{id}`: the record's page, its peek, and why the reader sees it.

use crate::build::desk::{Desk, href};
use crate::build::dialogs;
use crate::build::records::Sight;
use crate::door::Visit;
use crate::door::answer::Answer;
use guanxi_capabilities::identity;
use guanxi_engine::{EngineError, EngineResult, Record, read, recent};
use guanxi_meta::Object;
use guanxi_store::StoreExt;
use std::sync::Arc;
use uuid::Uuid;

const TABS: [&str; 3] = ["timeline", "history", "files"];

pub fn show(visit: &Visit) -> EngineResult<Answer> {
    let (object, id) = (visit.object()?, visit.id()?);
    let record = match read::get(&visit.ctx, &object, id) {
        Ok(record) => record,
        Err(EngineError::NotFound) => return merged(visit, &object, id),
        Err(error) => return Err(error),
    };
    recent::touch(&visit.ctx, &record)?;
    let desk = Desk::new(visit)?;
    let tab = TABS
        .into_iter()
        .find(|tab| *tab == visit.head.query("tab"))
        .unwrap_or(TABS[0]);
    let page = Sight::new(&desk, &record)?.page(tab)?;
    Ok(Answer::page(visit, &page.name, &page)?.version(record.version))
}

/// Old addresses of a record that was merged lead to the one it went into, for who sees that one.
fn merged(visit: &Visit, object: &Arc<Object>, id: Uuid) -> EngineResult<Answer> {
    let kept = visit
        .ctx
        .engine
        .store()
        .look(|view| identity::merged_into(view, id))?
        .ok_or(EngineError::NotFound)?;
    read::get(&visit.ctx, object, kept)?;
    Ok(Answer::see(visit, &href(&object.name, kept)))
}

pub fn peek(visit: &Visit) -> EngineResult<Answer> {
    let record = found(visit)?;
    if !visit.head.is_fragment {
        return Ok(Answer::see(
            visit,
            &crate::build::desk::record_href(&record),
        ));
    }
    let desk = Desk::new(visit)?;
    Answer::page(visit, &record.title(), &Sight::new(&desk, &record)?.peek()?)
}

pub fn why(visit: &Visit) -> EngineResult<Answer> {
    let record = found(visit)?;
    let desk = Desk::new(visit)?;
    Answer::page(visit, &desk.say("why"), &dialogs::why(&desk, &record)?)
}

/// The record that the address names, or 404.
pub fn found(visit: &Visit) -> EngineResult<Record> {
    read::get(&visit.ctx, &visit.object()?, visit.id()?)
}
