//! Connections, and the readers' pool.

use super::errors::convert;
use crate::error::StoreResult;
use guanxi_meta::text;
use parking_lot::Mutex;
use rusqlite::config::DbConfig;
use rusqlite::functions::FunctionFlags;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// How long one process waits for another that writes: a large piece of an import, or an index on a large table.
const PATIENCE: Duration = Duration::from_secs(60);

/// A limited statement looks at the clock every so many steps of SQLite's machine (about 50 µs).
const STEPS: i32 = 4_000;

/// The writer keeps 16 MB of pages, a reader 4 MB; four readers may wait in the pool: 32 MB when warm, and nothing
/// when idle. Memory maps are off: each reader's map would count as memory of its own, for about 1 µs a page.
const WRITER_CACHE_KIB: u32 = 16_384;
const READER_CACHE_KIB: u32 = 4_096;
const IDLE_READERS: usize = 4;
const IDLE_TIME: Duration = Duration::from_secs(30);

/// A connection that writes. Commits are durable (`synchronous = FULL` syncs the write-ahead log at each commit);
/// checkpoints are left to their own thread.
pub fn open_writer(path: &Path) -> StoreResult<Connection> {
    let connection = open(path, OpenFlags::SQLITE_OPEN_CREATE)?;
    connection
        .execute_batch(&format!(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0;
             PRAGMA foreign_keys = OFF; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -{WRITER_CACHE_KIB}"
        ))
        .map_err(convert)?;
    Ok(connection)
}

fn open(path: &Path, flags: OpenFlags) -> StoreResult<Connection> {
    let flags = flags | OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(convert)?;
    connection.busy_timeout(PATIENCE).map_err(convert)?;
    connection.set_prepared_statement_cache_capacity(128);
    // A plan is made once, not anew for every value that is bound.
    connection
        .set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)
        .map_err(convert)?;
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    connection
        .create_scalar_function(crate::render::FOLD_FUNCTION, 1, flags, |context| {
            Ok(match context.get_raw(0) {
                ValueRef::Text(bytes) => Some(text::fold(&String::from_utf8_lossy(bytes))),
                _ => None,
            })
        })
        .map_err(convert)?;
    Ok(connection)
}

/// When the running statement has to end.
#[derive(Clone)]
pub struct Deadline {
    start: Instant,
    /// Nanoseconds after `start`; 0 is never.
    end: Arc<AtomicU64>,
}

impl Deadline {
    fn new() -> Deadline {
        Deadline {
            start: Instant::now(),
            end: Arc::default(),
        }
    }

    pub fn set(&self, limit: Duration) {
        let end = (self.start.elapsed() + limit).as_nanos();
        self.end.store(
            u64::try_from(end).unwrap_or(u64::MAX).max(1),
            Ordering::Relaxed,
        );
    }

    pub fn clear(&self) {
        self.end.store(0, Ordering::Relaxed);
    }

    fn is_over(&self) -> bool {
        let end = self.end.load(Ordering::Relaxed);
        end != 0 && self.start.elapsed().as_nanos() >= u128::from(end)
    }
}

/// Connections that only read.
pub struct Readers {
    path: PathBuf,
    idle: Mutex<Vec<Idle>>,
    /// Counts changes of tables; connections of an older generation forget their statements.
    generation: AtomicU64,
}

struct Idle {
    reader: Reader,
    since: Instant,
}

struct Reader {
    connection: Connection,
    deadline: Deadline,
    generation: u64,
}

/// A reader in use; dropping it gives it back.
pub struct Link<'a> {
    readers: &'a Readers,
    reader: Option<Reader>,
}

/// An open read transaction; dropping it ends it.
pub struct Snapshot<'a> {
    connection: &'a Connection,
}

impl Readers {
    pub fn new(path: &Path) -> Readers {
        Readers {
            path: path.to_owned(),
            idle: Mutex::default(),
            generation: AtomicU64::new(0),
        }
    }

    /// An idle connection, or a new one: there are as many as callers at a time.
    pub fn take(&self) -> StoreResult<Link<'_>> {
        let idle = self.idle.lock().pop();
        let generation = self.generation.load(Ordering::Acquire);
        let reader = match idle {
            Some(Idle { mut reader, .. }) => {
                if reader.generation != generation {
                    reader.connection.flush_prepared_statement_cache();
                    reader.generation = generation;
                }
                reader
            }
            None => self.open(generation)?,
        };
        Ok(Link {
            readers: self,
            reader: Some(reader),
        })
    }

    /// After a change of tables.
    pub fn forget_statements(&self) {
        self.generation.fetch_add(1, Ordering::AcqRel);
    }

    /// Closes what has waited for long; the checkpoints' thread calls it before it goes to sleep.
    pub fn close_idle(&self) {
        self.idle
            .lock()
            .retain(|idle| idle.since.elapsed() < IDLE_TIME);
    }

    /// Closes all that wait, because the file is another one now.
    pub fn close_all(&self) {
        self.idle.lock().clear();
    }

    fn open(&self, generation: u64) -> StoreResult<Reader> {
        let mut connection = open(&self.path, OpenFlags::empty())?;
        connection
            .execute_batch(&format!(
                "PRAGMA query_only = ON; PRAGMA cache_size = -{READER_CACHE_KIB}"
            ))
            .map_err(convert)?;
        let deadline = Deadline::new();
        let watch = deadline.clone();
        connection
            .progress_handler(STEPS, Some(move || watch.is_over()))
            .map_err(convert)?;
        Ok(Reader {
            connection,
            deadline,
            generation,
        })
    }

    fn give_back(&self, reader: Reader) {
        let mut idle = self.idle.lock();
        if idle.len() < IDLE_READERS {
            idle.push(Idle {
                reader,
                since: Instant::now(),
            });
        }
        idle.retain(|idle| idle.since.elapsed() < IDLE_TIME);
    }
}

impl Link<'_> {
    #[expect(
        clippy::expect_used,
        reason = "the reader is there until the link is dropped"
    )]
    fn reader(&self) -> &Reader {
        self.reader.as_ref().expect("a link holds its reader")
    }

    pub fn connection(&self) -> &Connection {
        &self.reader().connection
    }

    pub fn deadline(&self) -> &Deadline {
        &self.reader().deadline
    }

    /// From its first statement on, all see the same state of the database.
    pub fn snapshot(&self) -> StoreResult<Snapshot<'_>> {
        let connection = self.connection();
        connection
            .prepare_cached("BEGIN")
            .and_then(|mut begin| begin.execute([]))
            .map_err(convert)?;
        Ok(Snapshot { connection })
    }
}

impl Drop for Link<'_> {
    fn drop(&mut self) {
        if let Some(reader) = self.reader.take() {
            // A connection that could not end its transaction would hold back checkpoints for ever.
            if reader.connection.is_autocommit() {
                self.readers.give_back(reader);
            }
        }
    }
}

impl Drop for Snapshot<'_> {
    fn drop(&mut self) {
        let ended = self
            .connection
            .prepare_cached("ROLLBACK")
            .and_then(|mut end| end.execute([]));
        if let Err(error) = ended {
            tracing::warn!(%error, "a read transaction did not end");
        }
    }
}
