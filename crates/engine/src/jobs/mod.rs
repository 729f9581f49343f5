//! Work that outlives the request that asked for it: one table, enqueued in the caller's transaction, shared by all
//! processes of an organisation.
//!
//! A job is waiting, then leased by one worker, then done; what fails is tried again with growing pauses and ends
//! dead, where an administrator sees it. Who does a kind of job is a [`Handler`]: the engine has some, capabilities
//! bring their own. A handler works in short transactions, each of which holds the lease ([`Turn::commit`]): a worker
//! that was taken for dead finds that out before it writes.

mod board;
mod lease;
mod worker;

pub use board::{Entry, again, list};
pub use lease::{LOST, Lease, cancel};
pub use worker::{follow, here, run_due};

use crate::context::Context;
use crate::engine::Engine;
use crate::error::{EngineError, EngineResult};
use crate::system::JOB;
use guanxi_meta::Cell;
use guanxi_query::cond::{Cond, Select};
use guanxi_store::{StoreExt, Transaction, Weight};
use serde_json::Value as Json;
use std::sync::Arc;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// Does one kind of job.
pub trait Handler: Send + Sync {
    /// As rows name it.
    fn kind(&self) -> &'static str;

    /// Goes on with the job until it is done or its turn is over. What it did before a crash it finds done: by the
    /// state that it keeps with [`Turn::commit`], or because doing it again changes nothing.
    fn run(&self, turn: &Turn) -> EngineResult<Outcome>;

    /// In the transaction that gives the job up: what waits for it is told.
    fn given_up(&self, _tx: &mut dyn Transaction, _ctx: &Context, _id: Uuid) -> EngineResult<()> {
        Ok(())
    }

    /// How often it is tried without getting any further before it counts as dead.
    fn most_tries(&self) -> i64 {
        8
    }

    /// The pause before the next try, in microseconds: doubled each time, a day at most.
    fn pause(&self, tries: i64) -> i64 {
        const LONGEST: i64 = 86_400 * SECOND;
        (SECOND << tries.clamp(0, 20)).min(LONGEST)
    }

    /// A kind that is always there and comes again after so many microseconds.
    fn every(&self) -> Option<i64> {
        None
    }

    fn place(&self) -> Place {
        Place::Shared
    }
}

const SECOND: i64 = 1_000_000;

/// Where a job runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// On the workers' threads, turn by turn with others.
    Shared,
    /// On a thread of its own, to its end.
    Own,
}

/// How a turn ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    Done,
    /// There is more to do, at this time (microseconds since 1970) or as soon as the others had their turn.
    Later(i64),
}

/// The handlers of a program, by the kind of their jobs.
#[derive(Clone, Default)]
pub struct Handlers(Vec<Arc<dyn Handler>>);

impl Handlers {
    pub fn new(list: Vec<Arc<dyn Handler>>) -> Handlers {
        Handlers(list)
    }

    pub fn all(&self) -> impl Iterator<Item = &Arc<dyn Handler>> {
        self.0.iter()
    }

    pub fn lookup(&self, kind: &str) -> Option<&Arc<dyn Handler>> {
        self.0.iter().find(|handler| handler.kind() == kind)
    }
}

/// Those of the engine itself.
pub(crate) fn own() -> Vec<Arc<dyn Handler>> {
    vec![
        Arc::new(crate::import::Importing),
        Arc::new(crate::formulas::Recompute),
        Arc::new(crate::housekeeping::Housekeeping),
        Arc::new(crate::outbox::Sender),
        Arc::new(crate::view_indexes::ViewIndexes),
    ]
}

/// A job to be enqueued.
#[derive(Debug, Clone)]
pub struct NewJob {
    pub kind: &'static str,
    pub input: Json,
    /// Of those with the same kind and key only one waits at a time.
    pub key: Option<String>,
    /// Not before this time; microseconds since 1970.
    pub run_at: Option<i64>,
}

impl NewJob {
    pub fn new(kind: &'static str, input: Json) -> NewJob {
        NewJob {
            kind,
            input,
            key: None,
            run_at: None,
        }
    }

    #[must_use]
    pub fn keyed(mut self, key: impl Into<String>) -> NewJob {
        self.key = Some(key.into());
        self
    }

    #[must_use]
    pub fn at(mut self, micros: i64) -> NewJob {
        self.run_at = Some(micros);
        self
    }
}

/// Enqueues in the transaction of what the job follows from: both are there, or neither. The caller announces after
/// the commit.
///
/// A job with a key that waits already is enough: it is locked, so that no worker begins it before this transaction's
/// changes can be read. One that is at work is not enough, since it may have read what was before.
pub fn enqueue(tx: &mut dyn Transaction, ctx: &Context, new: NewJob) -> EngineResult<()> {
    if let Some(key) = &new.key {
        let same = Cond::equal("key", key.as_str())
            .and(Cond::equal("kind", new.kind))
            .and(Cond::equal("state", State::Waiting.name()));
        let select = Select::of(JOB, &["state"]).filter(same).limit(1).locked();
        if !tx.select(&select)?.is_empty() {
            return Ok(());
        }
    }
    insert(tx, ctx, ctx.engine.ids().next(), new)
}

fn insert(tx: &mut dyn Transaction, ctx: &Context, id: Uuid, new: NewJob) -> EngineResult<()> {
    let names = [
        "id",
        "kind",
        "key",
        "person",
        "input",
        "state",
        "tries",
        "run_at",
        "lease_until",
        "fence",
        "created_at",
    ];
    let now = ctx.engine.clock().now().as_microsecond();
    let cells = vec![
        Cell::Id(id),
        Cell::from(new.kind),
        Cell::from(new.key),
        Cell::Int(ctx.actor.seq()),
        Cell::from(new.input.to_string()),
        Cell::from(State::Waiting.name()),
        Cell::Int(0),
        Cell::Int(new.run_at.unwrap_or(now)),
        Cell::Int(0),
        Cell::Int(0),
        Cell::Int(now),
    ];
    tx.insert(JOB, &names, vec![cells])?;
    Ok(())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Waiting,
    Running,
    Done,
    /// Given up.
    Dead,
    Cancelled,
}

impl State {
    pub const ALL: [State; 5] = [
        State::Waiting,
        State::Running,
        State::Done,
        State::Dead,
        State::Cancelled,
    ];

    pub fn name(self) -> &'static str {
        match self {
            State::Waiting => "waiting",
            State::Running => "running",
            State::Done => "done",
            State::Dead => "dead",
            State::Cancelled => "cancelled",
        }
    }

    pub fn parse(text: &str) -> Option<State> {
        State::ALL.into_iter().find(|state| state.name() == text)
    }
}

/// A job that this process holds.
#[derive(Debug, Clone)]
pub struct Job {
    pub id: Uuid,
    pub kind: String,
    /// `seq` of the user on whose behalf; 0 is the system.
    pub person: i64,
    /// What was asked, and how far it is.
    pub input: Json,
    pub lease: Lease,
}

/// How long a shared thread stays with one job while others wait.
const TURN: Duration = Duration::from_secs(5);

/// What a handler gets: the job, and how long it may go on.
pub struct Turn<'a> {
    pub engine: &'a Engine,
    pub job: &'a Job,
    go_on: &'a (dyn Fn() -> bool + Sync),
    since: Instant,
}

impl Turn<'_> {
    /// Whether another piece may be begun; else the handler answers `Outcome::Later`.
    pub fn goes_on(&self) -> bool {
        (self.go_on)() && self.since.elapsed() < TURN
    }

    pub fn now_micros(&self) -> i64 {
        self.engine.clock().now().as_microsecond()
    }

    /// What is left comes after the others that wait.
    pub fn later(&self) -> Outcome {
        Outcome::Later(self.now_micros())
    }

    /// The house at work by itself; the change log names the kind of job.
    pub fn system(&self) -> EngineResult<Context> {
        self.engine.system(&format!("job:{}", self.job.kind))
    }

    /// Writes a piece, if the job is still this worker's. Answers what `body` did; with a state, that is kept in the
    /// same commit and is the job's input from then on.
    pub fn commit<T: Send + 'static>(
        &self,
        mut body: impl FnMut(&mut dyn Transaction) -> EngineResult<(T, Option<Json>)> + Send + 'static,
    ) -> EngineResult<T> {
        let (lease, engine) = (self.job.lease, self.engine.clone());
        let done = self.engine.store().change(Weight::Bulk, move |tx| {
            lease.hold(tx, &engine)?;
            let (answer, state) = body(tx)?;
            if let Some(state) = state {
                lease.keep(tx, &state)?;
            }
            Ok::<_, EngineError>(answer)
        })?;
        self.engine.announce();
        Ok(done)
    }
}
