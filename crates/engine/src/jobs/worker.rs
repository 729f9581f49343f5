//! The worker: claims what is due, has it done, and keeps what came of it.

use super::lease::{self, COLUMNS, LEASE, Lease};
use super::{Handler, Job, NewJob, Outcome, Place, State, Turn, insert};
use crate::context::Context;
use crate::engine::Engine;
use crate::error::{EngineError, EngineResult};
use crate::system::JOB;
use guanxi_meta::Cell;
use guanxi_query::cond::{Cond, Direction, Op, Select};
use guanxi_store::{Row, Set, StoreError, StoreExt, Transaction, View, Weight};
use parking_lot::{Condvar, Mutex};
use sha2::{Digest, Sha256};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use uuid::Uuid;

/// Another process's jobs are seen within this time, in milliseconds.
const EVERY_MS: u64 = 1_000;
/// After a commit the table is not looked at again sooner than this.
const GATHER: Duration = Duration::from_millis(50);
/// Characters of an error that is kept.
const LONGEST_ERROR: usize = 500;

/// Works for as long as `go_on` says. Several threads, and several processes, may do so at once.
pub fn follow(engine: &Engine, go_on: &(dyn Fn() -> bool + Sync)) -> EngineResult<()> {
    plant(engine)?;
    let mut seen = 0;
    while go_on() {
        while go_on() && step(engine, go_on, Own::Apart)? {}
        seen = engine.wait_commit(seen, EVERY_MS);
        std::thread::sleep(GATHER);
    }
    Ok(())
}

/// Does everything that is due, on this thread; answers how many turns that took.
pub fn run_due(engine: &Engine) -> EngineResult<usize> {
    plant(engine)?;
    let mut turns = 0;
    while step(engine, &|| true, Own::Here)? {
        turns += 1;
    }
    Ok(turns)
}

/// Where jobs run that want a thread of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Own {
    Apart,
    Here,
}

/// Kinds that come again and again have one row each, with an id that follows from the kind.
fn plant(engine: &Engine) -> EngineResult<()> {
    let ctx = engine.system("job")?;
    for handler in engine.handlers().all() {
        let Some(every) = handler.every() else {
            continue;
        };
        let id = standing(handler.kind());
        let known = Cond::equal("id", id);
        if engine
            .store()
            .look(|view| view.count(JOB, &[], &known, Some(1)))?
            > 0
        {
            continue;
        }
        let (ctx, kind) = (ctx.clone(), handler.kind());
        let first = ctx.now_micros() + every;
        let planted = engine.store().change(Weight::Light, move |tx| {
            insert(
                tx,
                &ctx,
                id,
                NewJob::new(kind, serde_json::Value::Null).at(first),
            )
        });
        match planted {
            // Another process was quicker.
            Ok(()) | Err(EngineError::Store(StoreError::NotUnique { .. })) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn standing(kind: &str) -> Uuid {
    let digest = Sha256::digest(format!("guanxi job {kind}"));
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

/// Claims one job and has it done; `false` where none is due.
fn step(engine: &Engine, go_on: &(dyn Fn() -> bool + Sync), own: Own) -> EngineResult<bool> {
    let Some(job) = claim(engine)? else {
        return Ok(false);
    };
    let Some(handler) = engine.handlers().lookup(&job.kind).cloned() else {
        return Ok(false);
    };
    if handler.place() == Place::Own && own == Own::Apart {
        let engine = engine.clone();
        std::thread::Builder::new()
            .name(format!("job-{}", job.kind))
            .spawn(move || {
                if let Err(error) = perform(&engine, &job, &handler, &|| true) {
                    tracing::warn!(job = %job.id, %error, "what came of a job could not be kept");
                }
            })
            .map_err(|error| EngineError::Broken(error.to_string()))?;
        return Ok(true);
    }
    perform(engine, &job, &handler, go_on)?;
    Ok(true)
}

/// What is due: jobs whose time has come, and jobs whose worker died.
fn claim(engine: &Engine) -> EngineResult<Option<Job>> {
    let now = engine.clock().now().as_microsecond();
    let kinds: Vec<Cell> = engine
        .handlers()
        .all()
        .map(|handler| Cell::from(handler.kind()))
        .collect();
    let due = [
        Cond::equal("state", State::Waiting.name()).and(Cond::compare(
            "run_at",
            Op::LessOrEqual,
            now,
        )),
        Cond::equal("state", State::Running.name()).and(Cond::compare(
            "lease_until",
            Op::Less,
            now,
        )),
    ]
    .map(|cond| {
        Select::of(JOB, &COLUMNS)
            .filter(cond.and(Cond::among("kind", kinds.clone())))
            .order("run_at", Direction::Ascending)
            .limit(1)
    });
    // Looked at first, since a transaction that finds nothing still waits for its turn.
    if engine.store().look(|view| first(view, &due))?.is_none() {
        return Ok(None);
    }
    let ctx = engine.system("job")?;
    engine.store().change(Weight::Light, move |tx| {
        loop {
            let free = due.clone().map(Select::locked_free);
            let Some(row) = first(tx, &free)? else {
                return Ok(None);
            };
            let tries = row.cells[5].int().unwrap_or(0) + 1;
            let job = Lease::claim(tx, now, &row, tries)?;
            let handler = ctx.engine.handlers().lookup(&job.kind).cloned();
            let Some(handler) = handler.filter(|handler| tries > handler.most_tries()) else {
                return Ok(Some(job));
            };
            // It took its process along each time.
            give_up(tx, &ctx, (&job, &*handler), "its process died each time")?;
        }
    })
}

fn first(view: &mut (impl View + ?Sized), selects: &[Select]) -> Result<Option<Row>, EngineError> {
    for select in selects {
        if let Some(row) = view.select(select)?.into_iter().next() {
            return Ok(Some(row));
        }
    }
    Ok(None)
}

/// One turn of a job, with its lease renewed beside it.
pub(super) fn perform(
    engine: &Engine,
    job: &Job,
    handler: &Arc<dyn Handler>,
    go_on: &(dyn Fn() -> bool + Sync),
) -> EngineResult<()> {
    let held = AtomicBool::new(true);
    let heart = Heart::default();
    let goes_on = || go_on() && held.load(Ordering::Relaxed);
    let turn = Turn {
        engine,
        job,
        go_on: &goes_on,
        since: Instant::now(),
    };
    let outcome = std::thread::scope(|scope| {
        scope.spawn(|| heart.beat(engine, job.lease, &held));
        let outcome = catch_unwind(AssertUnwindSafe(|| handler.run(&turn)));
        heart.stop();
        outcome
    });
    let outcome = outcome.unwrap_or_else(|_| Err(EngineError::Broken("it panicked".to_owned())));
    keep(engine, job, handler, outcome)
}

/// Renews a lease three times in its life, until the work has ended.
#[derive(Default)]
struct Heart {
    ended: Mutex<bool>,
    told: Condvar,
}

impl Heart {
    fn beat(&self, engine: &Engine, lease: Lease, held: &AtomicBool) {
        let every = Duration::from_micros(LEASE.unsigned_abs() / 3);
        let mut ended = self.ended.lock();
        while !*ended {
            if !self.told.wait_for(&mut ended, every).timed_out() {
                continue;
            }
            let context = engine.clone();
            let renewed = engine
                .store()
                .change(Weight::Light, move |tx| lease.beat(tx, &context));
            if let Err(EngineError::Taken(..)) = renewed {
                held.store(false, Ordering::Relaxed);
                return;
            }
        }
    }

    fn stop(&self) {
        *self.ended.lock() = true;
        self.told.notify_all();
    }
}

fn keep(
    engine: &Engine,
    job: &Job,
    handler: &Arc<dyn Handler>,
    outcome: EngineResult<Outcome>,
) -> EngineResult<()> {
    let (lease, context, every) = (job.lease, engine.clone(), handler.every());
    let now = engine.clock().now().as_microsecond();
    let waiting = move |tx: &mut dyn Transaction, at: i64, error: Cell| {
        let more = [
            ("run_at", Set::To(Cell::Int(at))),
            ("error", Set::To(error)),
        ];
        lease.leave(tx, State::Waiting, &more)
    };
    let failed = match outcome {
        Ok(Outcome::Done) => {
            return engine.store().change(Weight::Light, move |tx| match every {
                Some(every) => waiting(tx, now + every, Cell::Null),
                None => lease.end(tx, &context),
            });
        }
        Ok(Outcome::Later(at)) => {
            return engine.store().change(Weight::Light, move |tx| {
                // A turn that was over is no try that failed.
                let set = [("tries", Set::To(Cell::Int(0)))];
                tx.update(JOB, &set, &lease.mine())?;
                waiting(tx, at, Cell::Null)
            });
        }
        Err(EngineError::Taken(fault, _)) if fault.code == lease::LOST => return Ok(()),
        Err(error) => error,
    };
    tracing::warn!(job = %job.id, kind = job.kind, error = %failed, "a job failed");
    let text: String = failed.to_string().chars().take(LONGEST_ERROR).collect();
    let (handler, job, ctx) = (handler.clone(), job.clone(), engine.system("job")?);
    engine.store().change(Weight::Light, move |tx| {
        let select = Select::of(JOB, &["tries"]).filter(lease.mine()).limit(1);
        let rows = tx.select(&select)?;
        let Some(tries) = rows.first().map(|row| row.cells[0].int().unwrap_or(0)) else {
            return Ok(());
        };
        let error = Cell::from(text.as_str());
        match every {
            _ if tries < handler.most_tries() => waiting(tx, now + handler.pause(tries), error),
            Some(every) => waiting(tx, now + every, error),
            None => give_up(tx, &ctx, (&job, &*handler), &text),
        }
    })
}

fn give_up(
    tx: &mut dyn Transaction,
    ctx: &Context,
    (job, handler): (&Job, &dyn Handler),
    error: &str,
) -> EngineResult<()> {
    tracing::error!(job = %job.id, kind = job.kind, error, "a job was given up");
    let more = [
        ("error", Set::To(Cell::from(error))),
        ("finished_at", Set::To(Cell::Int(ctx.now_micros()))),
    ];
    job.lease.leave(tx, State::Dead, &more)?;
    handler.given_up(tx, ctx, job.id)
}

/// Has a job done that [`Lease::begin`] has taken, on a thread of its own.
pub fn here(engine: &Engine, job: Job) -> EngineResult<()> {
    let Some(handler) = engine.handlers().lookup(&job.kind).cloned() else {
        return Err(EngineError::Broken(format!("nobody does {}", job.kind)));
    };
    let engine: Engine = engine.clone();
    let name = format!("job-{}", job.kind);
    let job = Arc::new(job);
    std::thread::Builder::new()
        .name(name)
        .spawn(move || {
            if let Err(error) = perform(&engine, &job, &handler, &|| true) {
                tracing::warn!(job = %job.id, %error, "what came of a job could not be kept");
            }
        })
        .map(drop)
        .map_err(|error| EngineError::Broken(error.to_string()))
}
