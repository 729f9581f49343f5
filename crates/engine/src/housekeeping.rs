//! What nobody needs any more goes, once a day.

use crate::engine::Engine;
use crate::error::{EngineError, EngineResult};
use crate::jobs::{Handler, Outcome, Turn};
use crate::{accounts, files, idempotency, import, jobs, outbox, system};
use guanxi_meta::Cell;
use guanxi_query::cond::{Cond, Direction, Op, Select};
use guanxi_store::{StoreExt, log};
use serde_json::{Value as Json, json};

pub const KIND: &str = "housekeeping";
const DAY: i64 = 86_400_000_000;

/// How long what is kept, in microseconds.
const NOTICES_READ: i64 = 90 * DAY;
const NOTICES: i64 = 365 * DAY;
const RECENT: i64 = 180 * DAY;
const THROTTLE: i64 = DAY;
const JOBS: i64 = 7 * DAY;
const JOBS_DEAD: i64 = 90 * DAY;
const EFFECTS: i64 = 30 * DAY;
/// Longer than anybody who follows the log is behind.
const DERIVED: i64 = DAY;
/// Rows of the log that one transaction looks at.
const LOG_PIECE: i64 = 20_000;

pub struct Housekeeping;

impl Handler for Housekeeping {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn every(&self) -> Option<i64> {
        Some(DAY)
    }

    fn run(&self, turn: &Turn) -> EngineResult<Outcome> {
        for (table, cond) in outdated(turn.now_micros()) {
            turn.commit(move |tx| {
                tx.delete(table, &cond)?;
                Ok(((), None))
            })?;
        }
        files::sweep(turn.engine)?;
        import::sweep(turn.engine)?;
        thin_log(turn)?;
        Ok(Outcome::Done)
    }
}

/// Rows that have had their time, by table.
fn outdated(now: i64) -> Vec<(&'static str, Cond)> {
    let before = |column: &str, age: i64| Cond::compare(column, Op::Less, now - age);
    let states = |names: &[&str]| {
        let cells = names.iter().map(|&name| Cell::from(name)).collect();
        Cond::among("state", cells)
    };
    let read = !Cond::null("read_at");
    let over = [jobs::State::Done.name(), jobs::State::Cancelled.name()];
    vec![
        (system::SESSION, accounts::session::ended(now)),
        (system::IDEMPOTENCY, before("at", idempotency::KEEP)),
        (system::THROTTLE, before("at", THROTTLE)),
        (
            system::NOTICE,
            before("at", NOTICES).or(read.and(before("at", NOTICES_READ))),
        ),
        (system::RECENT, before("at", RECENT)),
        (
            system::JOB,
            states(&over)
                .and(before("created_at", JOBS))
                .or(states(&[jobs::State::Dead.name()]).and(before("created_at", JOBS_DEAD))),
        ),
        (
            system::OUTBOX,
            states(&[outbox::State::Sent.name()]).and(before("sent_at", EFFECTS)),
        ),
    ]
}

/// Rows of the log that only told its followers of a derived value, and that all of them have read.
fn thin_log(turn: &Turn) -> EngineResult<()> {
    let store = turn.engine.store();
    let until = turn.now_micros() - DERIVED;
    let read = store.log_head()?.min(store.indexed_to()?);
    let mut from = turn.job.input["log"].as_i64().unwrap_or(0);
    while from < read && turn.goes_on() {
        let to = (from + LOG_PIECE).min(read);
        if !is_older(turn.engine, (from, to), until)? {
            return Ok(());
        }
        let piece = Cond::compare("seq", Op::Greater, from)
            .and(Cond::compare("seq", Op::LessOrEqual, to))
            .and(Cond::equal("op", log::DERIVED));
        let state: Json = json!({ "log": to });
        turn.commit(move |tx| {
            tx.delete(log::TABLE, &piece)?;
            Ok(((), Some(state.clone())))
        })?;
        from = to;
    }
    Ok(())
}

/// Whether the last row of a piece of the log is older than that.
fn is_older(engine: &Engine, (from, to): (i64, i64), until: i64) -> EngineResult<bool> {
    let last = Select::of(log::TABLE, &["at"])
        .filter(Cond::compare("seq", Op::Greater, from))
        .filter(Cond::compare("seq", Op::LessOrEqual, to))
        .order("seq", Direction::Descending)
        .limit(1);
    let rows = engine
        .store()
        .look(|view| Ok::<_, EngineError>(view.select(&last)?))?;
    let at = rows.first().and_then(|row| row.cells[0].int());
    Ok(at.is_none_or(|at| at < until))
}
