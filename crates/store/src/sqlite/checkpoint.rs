//! Checkpoints on a thread of their own, so that no save waits for pages to be copied into the database file.

use super::errors::convert;
use super::link::open_writer;
use super::{Shared, beside};
use crate::error::StoreResult;
use crate::fail;
use parking_lot::{Condvar, Mutex};
use rusqlite::Connection;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// While there are commits, a checkpoint this often.
const INTERVAL: Duration = Duration::from_secs(1);

/// The thread goes after this time without a commit.
const IDLE_TIME: Duration = Duration::from_secs(40);

/// A longer write-ahead log is cut when nobody uses it (bytes).
const LONGEST_LOG: u64 = 64 << 20;

#[derive(Default)]
pub struct Checkpoints {
    state: Mutex<State>,
    bell: Condvar,
}

#[derive(Default)]
struct State {
    is_due: bool,
    is_running: bool,
    is_closed: bool,
    thread: Option<JoinHandle<()>>,
}

impl Checkpoints {
    pub fn close(&self) {
        let thread = {
            let mut state = self.state.lock();
            state.is_closed = true;
            self.bell.notify_all();
            state.thread.take()
        };
        if let Some(thread) = thread.filter(|thread| thread.thread().id() != thread::current().id())
        {
            let _ = thread.join();
        }
    }

    /// Waits until something is due; false ends the thread.
    fn wait(&self) -> bool {
        let mut state = self.state.lock();
        while !state.is_due && !state.is_closed {
            if self.bell.wait_for(&mut state, IDLE_TIME).timed_out() && !state.is_due {
                break;
            }
        }
        if !state.is_due || state.is_closed {
            state.is_running = false;
            return false;
        }
        // Collects the commits of an interval.
        while !state.is_closed && !self.bell.wait_for(&mut state, INTERVAL).timed_out() {}
        state.is_due = false;
        true
    }
}

/// After a commit.
pub fn due(shared: &Arc<Shared>) {
    let mut state = shared.checkpoints.state.lock();
    if state.is_due || state.is_closed {
        return;
    }
    state.is_due = true;
    if state.is_running {
        shared.checkpoints.bell.notify_one();
        return;
    }
    let worker = Arc::clone(shared);
    let thread = thread::Builder::new()
        .name("guanxi-checkpoint".to_owned())
        .spawn(move || work(&worker));
    match thread {
        Ok(thread) => {
            state.thread = Some(thread);
            state.is_running = true;
        }
        Err(error) => tracing::warn!(%error, "no thread for checkpoints"),
    }
}

/// After a large commit, by the writer itself: back to back they would never let the thread's checkpoints through,
/// and the log would outgrow the database many times.
pub fn after_heavy(shared: &Shared, connection: &Connection) {
    if log_length(shared) > LONGEST_LOG
        && let Err(error) = run(connection, "PASSIVE")
    {
        tracing::warn!(%error, "a checkpoint failed; the next one goes on");
    }
}

fn log_length(shared: &Shared) -> u64 {
    beside(&shared.path, "-wal")
        .metadata()
        .map_or(0, |meta| meta.len())
}

fn work(shared: &Shared) {
    let mut connection = None;
    while shared.checkpoints.wait() {
        if let Err(error) = checkpoint(shared, &mut connection) {
            tracing::warn!(%error, "a checkpoint failed; the next one goes on");
        }
    }
    shared.readers.close_idle();
    shared.search.close_idle();
}

fn checkpoint(shared: &Shared, connection: &mut Option<Connection>) -> StoreResult<()> {
    let connection = match connection {
        Some(connection) => connection,
        None => {
            let fresh = open_writer(&shared.path)?;
            // Waits for nobody: what it can't have now comes next time.
            fresh.busy_timeout(Duration::ZERO).map_err(convert)?;
            connection.insert(fresh)
        }
    };
    run(connection, "PASSIVE")?;
    if log_length(shared) > LONGEST_LOG {
        run(connection, "TRUNCATE")?;
    }
    Ok(())
}

/// The answer's first column is 1 when others were in the way, which is no error.
fn run(connection: &Connection, mode: &str) -> StoreResult<()> {
    let text = format!("PRAGMA wal_checkpoint({mode})");
    connection
        .query_row(&text, [], |row| row.get::<_, i64>(0))
        .map_err(convert)?;
    fail::point(fail::Point::Checkpoint);
    Ok(())
}
