//! The one writer: takes the saves that wait, runs each in its own savepoint, commits them together, then answers.

use super::Shared;
use super::errors::convert;
use super::link::open_writer;
use super::session::Session;
use crate::error::{StoreError, StoreResult, panicked};
use crate::fail;
use crate::traits::{Body, Outcome, Weight};
use parking_lot::{Condvar, Mutex};
use rusqlite::Connection;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// A commit takes no more saves than these, nor works longer before it answers those that it has.
const MOST_SAVES: usize = 256;
const LONGEST_GROUP: Duration = Duration::from_millis(20);

/// The thread and its connection go after this time without work.
const IDLE_TIME: Duration = Duration::from_secs(30);

/// A change of tables, alone in its transaction.
pub type Alteration = Box<dyn FnMut(&mut Connection) -> StoreResult<()> + Send>;

pub struct Writer {
    queue: Mutex<Queue>,
    bell: Condvar,
}

struct Queue {
    light: VecDeque<Job>,
    heavy: VecDeque<Job>,
    /// Between two lives of the thread, when it has been kept.
    connection: Option<Connection>,
    thread: Option<JoinHandle<()>>,
    is_running: bool,
    is_closed: bool,
}

struct Job {
    work: Work,
    answer: SyncSender<StoreResult<()>>,
}

enum Work {
    Save(Body),
    Alter(Alteration),
}

impl Writer {
    pub fn new(connection: Connection) -> Writer {
        Writer {
            queue: Mutex::new(Queue {
                light: VecDeque::new(),
                heavy: VecDeque::new(),
                connection: Some(connection),
                thread: None,
                is_running: false,
                is_closed: false,
            }),
            bell: Condvar::new(),
        }
    }

    /// Whether a save of this process waits for the transaction that runs.
    pub fn is_awaited(&self) -> bool {
        !self.queue.lock().light.is_empty()
    }

    /// Lets the thread finish what waits, and waits for its end.
    pub fn close(&self) {
        let thread = {
            let mut queue = self.queue.lock();
            queue.is_closed = true;
            self.bell.notify_all();
            queue.thread.take()
        };
        if let Some(thread) = thread.filter(|thread| thread.thread().id() != thread::current().id())
        {
            let _ = thread.join();
        }
        self.queue.lock().connection = None;
    }
}

/// Queues a body and waits until its commit is durable.
pub fn submit(shared: &Arc<Shared>, weight: Weight, body: Body) -> StoreResult<()> {
    enqueue(shared, weight, Work::Save(body))
}

/// Queues a change of tables and waits for it; afterwards no connection uses an old statement.
pub fn alter(shared: &Arc<Shared>, alteration: Alteration) -> StoreResult<()> {
    enqueue(shared, Weight::Bulk, Work::Alter(alteration))
}

fn enqueue(shared: &Arc<Shared>, weight: Weight, work: Work) -> StoreResult<()> {
    let (answer, heard) = sync_channel(1);
    let job = Job { work, answer };
    {
        let mut queue = shared.writer.queue.lock();
        match weight {
            Weight::Light => queue.light.push_back(job),
            Weight::Bulk => queue.heavy.push_back(job),
        }
        if queue.is_running {
            shared.writer.bell.notify_one();
        } else {
            start(shared, &mut queue)?;
        }
    }
    heard
        .recv()
        .unwrap_or_else(|_| Err(StoreError::Unavailable("the store was closed".to_owned())))
}

fn start(shared: &Arc<Shared>, queue: &mut Queue) -> StoreResult<()> {
    let connection = match queue.connection.take() {
        Some(connection) => connection,
        None => open_writer(&shared.path)?,
    };
    let shared = Arc::clone(shared);
    let thread = thread::Builder::new()
        .name("guanxi-writer".to_owned())
        .spawn(move || work(&shared, connection));
    queue.thread = Some(thread.map_err(|error| StoreError::Unavailable(error.to_string()))?);
    queue.is_running = true;
    Ok(())
}

/// The life of the thread: in turns a group of light jobs and one heavy job, so that neither starves.
fn work(shared: &Arc<Shared>, mut connection: Connection) {
    while let Some((light, heavy)) = next(&shared.writer) {
        if !light.is_empty() {
            let rest = commit_group(shared, &connection, light);
            let mut queue = shared.writer.queue.lock();
            for job in rest.into_iter().rev() {
                queue.light.push_front(job);
            }
        }
        if let Some(Job { work, answer }) = heavy {
            match work {
                Work::Save(body) => {
                    // Not limited in time: it is alone.
                    let job = Job {
                        work: Work::Save(body),
                        answer,
                    };
                    commit_group(shared, &connection, VecDeque::from([job]));
                    super::checkpoint::after_heavy(shared, &connection);
                }
                Work::Alter(mut alteration) => {
                    let result = alter_alone(shared, &mut connection, &mut alteration);
                    let _ = answer.send(result);
                }
            }
        }
        super::checkpoint::due(shared);
    }
}

/// Waits for jobs; `None` ends the thread.
fn next(writer: &Writer) -> Option<(VecDeque<Job>, Option<Job>)> {
    let mut queue = writer.queue.lock();
    while queue.light.is_empty() && queue.heavy.is_empty() {
        let timed_out = !queue.is_closed && writer.bell.wait_for(&mut queue, IDLE_TIME).timed_out();
        if queue.light.is_empty() && queue.heavy.is_empty() && (timed_out || queue.is_closed) {
            queue.is_running = false;
            return None;
        }
    }
    let count = queue.light.len().min(MOST_SAVES);
    let light = queue.light.drain(..count).collect();
    Some((light, queue.heavy.pop_front()))
}

/// Runs jobs in one transaction, commits, answers. Gives back what has to wait for the next group.
fn commit_group(
    shared: &Shared,
    connection: &Connection,
    mut jobs: VecDeque<Job>,
) -> VecDeque<Job> {
    if let Err(error) = run(connection, "BEGIN IMMEDIATE") {
        refuse(jobs, &error);
        return VecDeque::new();
    }
    let start = Instant::now();
    // A savepoint keeps a copy of every page that it may have to put back: a large job without company needs none.
    let is_alone = jobs.len() == 1;
    let mut ran: Vec<(SyncSender<StoreResult<()>>, Body, StoreResult<Outcome>)> = Vec::new();
    while let Some(Job { work, answer }) = jobs.pop_front() {
        let Work::Save(mut body) = work else { continue };
        let result = if is_alone {
            run_body(shared, connection, &mut body)
        } else {
            run_fenced(shared, connection, &mut body)
        };
        // A full disk can end the whole transaction: those before this one run again, this one hears of it.
        if connection.is_autocommit() {
            let _ = answer.send(result.map(drop));
            for (answer, body, _) in ran.drain(..).rev() {
                jobs.push_front(Job {
                    work: Work::Save(body),
                    answer,
                });
            }
            return jobs;
        }
        ran.push((answer, body, result));
        if start.elapsed() > LONGEST_GROUP {
            break;
        }
    }
    fail::point(fail::Point::BeforeCommit);
    let keeps = !is_alone
        || ran
            .iter()
            .any(|(_, _, result)| matches!(result, Ok(Outcome::Commit)));
    let committed = run(connection, if keeps { "COMMIT" } else { "ROLLBACK" });
    fail::point(fail::Point::AfterCommit);
    if committed.is_err() && !connection.is_autocommit() {
        let _ = run(connection, "ROLLBACK");
    }
    for (answer, body, result) in ran {
        // What the body holds is free before its caller goes on.
        drop(body);
        let result = match (result, &committed) {
            (Ok(Outcome::Commit), Err(error)) => Err(again(error)),
            (result, _) => result.map(drop),
        };
        let _ = answer.send(result);
    }
    jobs
}

/// One job in its savepoint: whatever happens in it, the others do not notice.
fn run_fenced(shared: &Shared, connection: &Connection, body: &mut Body) -> StoreResult<Outcome> {
    run(connection, "SAVEPOINT job")?;
    let result = run_body(shared, connection, body);
    if !connection.is_autocommit() {
        if !matches!(result, Ok(Outcome::Commit)) {
            run(connection, "ROLLBACK TO job")?;
        }
        run(connection, "RELEASE job")?;
    }
    result
}

/// A body that panics fails like any other; one that ended the transaction itself met a full disk.
fn run_body(shared: &Shared, connection: &Connection, body: &mut Body) -> StoreResult<Outcome> {
    let mut session = Session::writing(shared, connection);
    let result = catch_unwind(AssertUnwindSafe(|| body(&mut session)))
        .unwrap_or_else(|panic| Err(StoreError::Broken(panicked(&*panic))));
    if connection.is_autocommit() && matches!(result, Ok(Outcome::Commit)) {
        return Err(StoreError::Full);
    }
    result
}

fn alter_alone(
    shared: &Shared,
    connection: &mut Connection,
    alteration: &mut Alteration,
) -> StoreResult<()> {
    run(connection, "BEGIN IMMEDIATE")?;
    let result = catch_unwind(AssertUnwindSafe(|| alteration(connection)))
        .unwrap_or_else(|panic| Err(StoreError::Broken(panicked(&*panic))))
        .and_then(|()| run(connection, "COMMIT"));
    if !connection.is_autocommit() {
        run(connection, "ROLLBACK")?;
    }
    connection.flush_prepared_statement_cache();
    shared.readers.forget_statements();
    result
}

fn refuse(jobs: VecDeque<Job>, error: &StoreError) {
    for job in jobs {
        let _ = job.answer.send(Err(again(error)));
    }
}

fn run(connection: &Connection, text: &str) -> StoreResult<()> {
    let mut statement = connection.prepare_cached(text).map_err(convert)?;
    statement.execute([]).map(drop).map_err(convert)
}

/// The same error for one more caller.
fn again(error: &StoreError) -> StoreError {
    match error {
        StoreError::Full => StoreError::Full,
        StoreError::Unavailable(text) => StoreError::Unavailable(text.clone()),
        other => StoreError::Broken(other.to_string()),
    }
}
