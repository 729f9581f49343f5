//! Who is at work on a job, and until when. The fencing number grows with every holder, so that one that was taken for
//! dead can't write any more.

use super::{Job, NewJob, State, insert};
use crate::context::Context;
use crate::engine::Engine;
use crate::error::{EngineError, EngineResult};
use crate::system::JOB;
use guanxi_meta::Cell;
use guanxi_meta::fault::Fault;
use guanxi_query::cond::{Cond, Select};
use guanxi_store::{Row, Set, Transaction};
use serde_json::Value as Json;
use uuid::Uuid;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease {
    pub id: Uuid,
    fence: i64,
}

/// How long a lease holds without being renewed, in microseconds: several times the longest transaction.
pub const LEASE: i64 = 15_000_000;
/// The code of the error that whoever lost its lease gets.
pub const LOST: &str = "job_taken_over";

pub(super) const COLUMNS: [&str; 6] = ["id", "kind", "person", "input", "fence", "tries"];

impl Lease {
    /// For work that this process begins at once, in the transaction that asks for it. The id says which: where it
    /// has been at work before, it begins again. At work elsewhere: `Taken`.
    pub fn begin(
        tx: &mut dyn Transaction,
        ctx: &Context,
        id: Uuid,
        new: NewJob,
    ) -> EngineResult<Lease> {
        let now = ctx.engine.clock().now().as_microsecond();
        let select = Select::of(JOB, &["fence", "state", "lease_until"])
            .filter(Cond::equal("id", id))
            .limit(1)
            .locked();
        let fence = match tx.select(&select)?.first() {
            None => {
                insert(tx, ctx, id, new)?;
                0
            }
            Some(row) => {
                let running = row.cells[1].text() == Some(State::Running.name());
                if running && row.cells[2].int().unwrap_or(0) > now {
                    return Err(EngineError::Taken(Fault::new("job_running"), Vec::new()));
                }
                row.cells[0].int().unwrap_or(0)
            }
        };
        take(tx, now, id, fence, 1)
    }

    /// From a locked row of [`COLUMNS`].
    pub(super) fn claim(
        tx: &mut dyn Transaction,
        now: i64,
        row: &Row,
        tries: i64,
    ) -> EngineResult<Job> {
        let text = |at: usize| row.cells[at].text().unwrap_or_default();
        let id = row.cells[0].id().unwrap_or_default();
        Ok(Job {
            id,
            kind: text(1).to_owned(),
            person: row.cells[2].int().unwrap_or(0),
            input: serde_json::from_str(text(3)).unwrap_or_default(),
            lease: take(tx, now, id, row.cells[4].int().unwrap_or(0), tries)?,
        })
    }

    /// Renews it in a transaction that gets the job further. Someone else's by now, or cancelled: `Taken`.
    pub fn hold(self, tx: &mut dyn Transaction, engine: &Engine) -> EngineResult<()> {
        self.renew(tx, engine, &[("tries", Set::To(Cell::Int(0)))])
    }

    /// Renews it while the work takes its time.
    pub(super) fn beat(self, tx: &mut dyn Transaction, engine: &Engine) -> EngineResult<()> {
        self.renew(tx, engine, &[])
    }

    fn renew(
        self,
        tx: &mut dyn Transaction,
        engine: &Engine,
        more: &[(&str, Set)],
    ) -> EngineResult<()> {
        let until = engine.clock().now().as_microsecond() + LEASE;
        let mut set = vec![("lease_until", Set::To(Cell::Int(until)))];
        set.extend_from_slice(more);
        if tx.update(JOB, &set, &self.mine())? == 0 {
            return Err(EngineError::Taken(Fault::new(LOST), Vec::new()));
        }
        Ok(())
    }

    /// Keeps how far the work is.
    pub(super) fn keep(self, tx: &mut dyn Transaction, state: &Json) -> EngineResult<()> {
        let set = [("input", Set::To(Cell::from(state.to_string())))];
        tx.update(JOB, &set, &self.mine())?;
        Ok(())
    }

    pub fn end(self, tx: &mut dyn Transaction, engine: &Engine) -> EngineResult<()> {
        let now = engine.clock().now().as_microsecond();
        self.leave(
            tx,
            State::Done,
            &[
                ("finished_at", Set::To(Cell::Int(now))),
                ("error", Set::To(Cell::Null)),
            ],
        )
    }

    pub(super) fn leave(
        self,
        tx: &mut dyn Transaction,
        state: State,
        more: &[(&str, Set)],
    ) -> EngineResult<()> {
        let mut set = vec![
            ("state", Set::To(Cell::from(state.name()))),
            ("lease_until", Set::To(Cell::Int(0))),
        ];
        set.extend_from_slice(more);
        tx.update(JOB, &set, &self.mine())?;
        Ok(())
    }

    /// The row, while this lease is the last one.
    pub(super) fn mine(self) -> Cond {
        Cond::equal("id", self.id)
            .and(Cond::equal("fence", self.fence))
            .and(Cond::equal("state", State::Running.name()))
    }
}

fn take(
    tx: &mut dyn Transaction,
    now: i64,
    id: Uuid,
    fence: i64,
    tries: i64,
) -> EngineResult<Lease> {
    let lease = Lease {
        id,
        fence: fence + 1,
    };
    let set = [
        ("fence", Set::To(Cell::Int(lease.fence))),
        ("state", Set::To(Cell::from(State::Running.name()))),
        ("lease_until", Set::To(Cell::Int(now + LEASE))),
        ("tries", Set::To(Cell::Int(tries))),
        ("finished_at", Set::To(Cell::Null)),
    ];
    tx.update(JOB, &set, &Cond::equal("id", id))?;
    Ok(lease)
}

/// Takes the job away from whoever is at work on it.
pub fn cancel(tx: &mut dyn Transaction, id: Uuid) -> EngineResult<()> {
    let set = [("state", Set::To(Cell::from(State::Cancelled.name())))];
    tx.update(JOB, &set, &Cond::equal("id", id))?;
    Ok(())
}
