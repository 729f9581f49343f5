//! What people are told: written in the transaction of what it tells, read here.

use crate::context::Context;
use crate::error::{EngineError, EngineResult};
use crate::system::NOTICE;
use guanxi_meta::Cell;
use guanxi_query::cond::{Cond, Direction, Select};
use guanxi_store::{Set, StoreExt, Weight};
use serde_json::Value as Json;
use uuid::Uuid;

#[derive(Debug, Clone)]
pub struct Notice {
    pub seq: i64,
    /// `handover`, `shared` …: its words are the reader's.
    pub code: String,
    pub args: Json,
    /// What it is about; whether the reader still sees that is asked when it is opened.
    pub about: Option<(String, Uuid)>,
    /// Microseconds since 1970.
    pub at: i64,
    pub read_at: Option<i64>,
}

/// Unread ones are counted to this.
const COUNT_TO: u32 = 100;

/// The caller's notices, newest first; `before` is the last of the page before.
pub fn list(
    ctx: &Context,
    before: Option<i64>,
    limit: u32,
) -> EngineResult<(Vec<Notice>, Option<i64>)> {
    let mut select = Select::of(
        NOTICE,
        &["code", "args", "object", "record", "at", "read_at"],
    )
    .filter(own(ctx))
    .order("at", Direction::Descending)
    .limit(limit + 1);
    if let Some(at) = before {
        select = select.filter(Cond::compare("at", guanxi_query::cond::Op::Less, at));
    }
    let rows = ctx
        .engine
        .store()
        .look(|view| Ok::<_, EngineError>(view.select(&select)?))?;
    let mut notices: Vec<Notice> = rows.iter().map(notice).collect();
    let more = notices.len() > limit as usize;
    notices.truncate(limit as usize);
    let next = notices.last().filter(|_| more).map(|last| last.at);
    Ok((notices, next))
}

fn notice(row: &guanxi_store::Row) -> Notice {
    let text = |at: usize| row.cells[at].text().unwrap_or_default();
    Notice {
        seq: row.seq,
        code: text(0).to_owned(),
        args: serde_json::from_str(text(1)).unwrap_or_default(),
        about: row.cells[3].id().map(|id| (text(2).to_owned(), id)),
        at: row.cells[4].int().unwrap_or(0),
        read_at: row.cells[5].int(),
    }
}

/// What the caller was told at this instant or later, oldest first; of more than one page the newest.
pub fn since(ctx: &Context, at: i64) -> EngineResult<Vec<Notice>> {
    let (mut told, _) = list(ctx, None, COUNT_TO)?;
    told.retain(|notice| notice.at >= at);
    told.reverse();
    Ok(told)
}

/// How many the caller has not read, to 100.
pub fn unread(ctx: &Context) -> EngineResult<u32> {
    let cond = own(ctx).and(Cond::null("read_at"));
    let count = ctx
        .engine
        .store()
        .look(|view| Ok::<_, EngineError>(view.count(NOTICE, &[], &cond, Some(COUNT_TO))?))?;
    Ok(u32::try_from(count).unwrap_or(COUNT_TO))
}

/// All that there are now.
pub fn read_all(ctx: &Context) -> EngineResult<()> {
    let (unread, now) = (own(ctx).and(Cond::null("read_at")), ctx.now_micros());
    ctx.engine.store().change(Weight::Light, move |tx| {
        tx.update(NOTICE, &[("read_at", Set::To(Cell::Int(now)))], &unread)?;
        Ok::<_, EngineError>(())
    })
}

fn own(ctx: &Context) -> Cond {
    Cond::equal("person", ctx.actor.seq())
}
