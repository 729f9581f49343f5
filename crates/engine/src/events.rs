//! What just happened, to whoever listens: each process follows the log once and tells its listeners. Listeners send
//! only what their caller's grant admits.

use crate::engine::Engine;
use crate::error::EngineResult;
use guanxi_store::LogRow;
use parking_lot::Mutex;
use std::time::Duration;

/// Called with each piece of the log; `false` ends the listening.
pub type Listener = Box<dyn Fn(&[LogRow]) -> bool + Send + Sync>;

#[derive(Default)]
pub struct Listeners(Mutex<Vec<Listener>>);

impl Listeners {
    pub fn add(&self, listener: Listener) {
        self.0.lock().push(listener);
    }

    fn tell(&self, rows: &[LogRow]) {
        self.0.lock().retain(|listener| listener(rows));
    }
}

/// Rows of one look at the log.
const ROWS: u32 = 500;
/// Another process's commits are seen within this time, in milliseconds.
const EVERY_MS: u64 = 400;
/// Commits that come this close together are read together: nobody sees the difference, and the log is not asked after
/// each of a thousand saves a second.
const GATHER: Duration = Duration::from_millis(40);

/// Follows the log for as long as `go_on` says; runs on a thread of its own.
pub fn follow(engine: &Engine, go_on: &dyn Fn() -> bool) -> EngineResult<()> {
    let mut position = engine.store().log_head()?;
    let mut seen = 0;
    while go_on() {
        let rows = engine.store().log_after(position, ROWS)?;
        match rows.last() {
            Some(last) => {
                position = last.position;
                engine.listeners().tell(&rows);
            }
            None => {
                seen = engine.wait_commit(seen, EVERY_MS);
                std::thread::sleep(GATHER);
            }
        }
    }
    Ok(())
}
