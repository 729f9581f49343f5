//! Slowing down whoever fails again and again: in the database, so that every process knows.

use crate::context::Context;
use crate::error::{EngineError, EngineResult};
use crate::system;
use guanxi_meta::Cell;
use guanxi_query::cond::{Cond, Select};
use guanxi_store::{Set, StoreExt, Weight};

/// How many failures are free, and how long each further one closes the door.
#[derive(Debug, Clone, Copy)]
pub struct Limit {
    pub free: i64,
    /// Doubled with each failure past the free ones.
    pub wait_s: i64,
    pub longest_s: i64,
}

/// One account from one address.
pub const ACCOUNT: Limit = Limit {
    free: 5,
    wait_s: 2,
    longest_s: 900,
};
/// One address against all accounts: an office behind one address must get through.
pub const ORIGIN: Limit = Limit {
    free: 60,
    wait_s: 1,
    longest_s: 300,
};

/// Failures are forgotten after this long without one, in microseconds.
const FORGET: i64 = 3_600_000_000;

/// Refuses while the door is closed.
pub fn pass(ctx: &Context, key: &str) -> EngineResult<()> {
    let select = Select::of(system::THROTTLE, &["until"])
        .filter(Cond::equal("key", key))
        .limit(1);
    let rows = ctx
        .engine
        .store()
        .look(|view| Ok::<_, EngineError>(view.select(&select)?))?;
    let until = rows.first().and_then(|row| row.cells[0].int()).unwrap_or(0);
    let left = until - ctx.now_micros();
    if left > 0 {
        return Err(EngineError::TooMany {
            retry_after_s: (left / 1_000_000 + 1).unsigned_abs(),
        });
    }
    Ok(())
}

/// Counts a failure.
pub fn fail(ctx: &Context, key: &str, limit: Limit) -> EngineResult<()> {
    let (key, now) = (key.to_owned(), ctx.now_micros());
    ctx.engine.store().change(Weight::Light, move |tx| {
        let this = Cond::equal("key", key.as_str());
        let select = Select::of(system::THROTTLE, &["failures", "at"])
            .filter(this.clone())
            .limit(1)
            .locked();
        let rows = tx.select(&select)?;
        let known = rows.first().map(|row| {
            (
                row.cells[0].int().unwrap_or(0),
                row.cells[1].int().unwrap_or(0),
            )
        });
        let failures = known
            .filter(|(_, at)| now - at < FORGET)
            .map_or(0, |(failures, _)| failures)
            + 1;
        let over = failures - limit.free;
        let wait = if over > 0 {
            (limit.wait_s << (over - 1).min(20)).min(limit.longest_s)
        } else {
            0
        };
        let until = now + wait * 1_000_000;
        if known.is_some() {
            let set = [
                ("failures", Set::To(Cell::Int(failures))),
                ("until", Set::To(Cell::Int(until))),
                ("at", Set::To(Cell::Int(now))),
            ];
            tx.update(system::THROTTLE, &set, &this)?;
        } else {
            let row = vec![
                Cell::from(key.as_str()),
                Cell::Int(failures),
                Cell::Int(until),
                Cell::Int(now),
            ];
            tx.insert(
                system::THROTTLE,
                &["key", "failures", "until", "at"],
                vec![row],
            )?;
        }
        Ok::<_, EngineError>(())
    })
}

pub fn clear(ctx: &Context, key: &str) -> EngineResult<()> {
    let known = Select::of(system::THROTTLE, &["at"])
        .filter(Cond::equal("key", key))
        .limit(1);
    if ctx
        .engine
        .store()
        .look(|view| Ok::<_, EngineError>(view.select(&known)?.is_empty()))?
    {
        return Ok(());
    }
    let key = key.to_owned();
    ctx.engine.store().change(Weight::Light, move |tx| {
        tx.delete(system::THROTTLE, &Cond::equal("key", key.as_str()))?;
        Ok::<_, EngineError>(())
    })
}
