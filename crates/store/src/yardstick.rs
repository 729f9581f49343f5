//! What plain rusqlite does with rows that the product has written, into the same tables with the same indexes: the
//! yardstick that `guanxi bench` lays beside the store on the same machine in the same run.
//!
//! Nothing here serves a request. It stands in this crate because SQL text stands nowhere else.

use crate::error::{StoreError, StoreResult};
use crate::log::{self, LogEntry};
use crate::render::quoted;
use guanxi_meta::Cell;
use parking_lot::{Condvar, Mutex};
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};
use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::{Duration, Instant};

/// As much memory for pages as the store's own writer has.
const CACHE_KIB: u32 = 16_384;
/// Saves of one commit at most, as in the store's writer.
const MOST_SAVES: usize = 256;

/// One row with its log row, bound and ready.
#[derive(Debug, Clone)]
pub struct Save {
    row: Vec<Value>,
    log: Vec<Value>,
}

impl Save {
    /// `cells` in the order of the columns that are given beside them; the log row is of the same record.
    pub fn new(cells: Vec<Cell>, entry: &LogEntry) -> Save {
        Save {
            row: cells.into_iter().map(value).collect(),
            log: entry.cells().into_iter().map(value).collect(),
        }
    }
}

/// A database that a person who needs no store would write.
pub struct Plain {
    connection: Connection,
    insert: String,
    log: String,
}

impl Plain {
    /// On a file whose tables exist: rows go to `table`. Commits are durable, as the store's are.
    pub fn open(path: &Path, table: &str, columns: &[String]) -> StoreResult<Plain> {
        let connection = Connection::open(path).map_err(told)?;
        connection
            .execute_batch(&format!(
                "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY;
                 PRAGMA cache_size = -{CACHE_KIB}; PRAGMA busy_timeout = 60000"
            ))
            .map_err(told)?;
        let names: Vec<&str> = columns.iter().map(String::as_str).collect();
        Ok(Plain {
            connection,
            insert: insertion(table, &names),
            log: insertion(log::TABLE, &log::COLUMNS),
        })
    }

    /// A new file with the tables and indexes that `from` has for `table` and for the log.
    pub fn like(from: &Path, to: &Path, table: &str, columns: &[String]) -> StoreResult<Plain> {
        let source = Connection::open(from).map_err(told)?;
        let mut statement = source
            .prepare(
                "SELECT sql FROM sqlite_schema
                 WHERE tbl_name IN (?, ?) AND sql IS NOT NULL ORDER BY type = 'index'",
            )
            .map_err(told)?;
        let made: Vec<String> = statement
            .query_map([table, log::TABLE], |row| row.get(0))
            .and_then(Iterator::collect)
            .map_err(told)?;
        let plain = Plain::open(to, table, columns)?;
        for text in made {
            plain.connection.execute_batch(&text).map_err(told)?;
        }
        Ok(plain)
    }

    /// All in one commit.
    pub fn bulk(&mut self, saves: &[Save]) -> StoreResult<()> {
        let commit = self.connection.transaction().map_err(told)?;
        write(&commit, (&self.insert, &self.log), saves.iter())?;
        commit.commit().map_err(told)
    }

    /// One commit for each, from the caller's own thread. Answers what each took.
    pub fn singly(&mut self, saves: &[Save]) -> StoreResult<Vec<Duration>> {
        let mut took = Vec::with_capacity(saves.len());
        for save in saves {
            let start = Instant::now();
            self.bulk(std::slice::from_ref(save))?;
            took.push(start.elapsed());
        }
        Ok(took)
    }

    /// Group commit: each of `callers` hands over its part one by one and waits until it is durable; one thread takes
    /// all that wait into one commit. Answers what each save took its caller, and all of them together.
    pub fn grouped(
        &mut self,
        callers: usize,
        saves: &[Save],
    ) -> StoreResult<(Vec<Duration>, Duration)> {
        // Checkpoints are not in the way of anybody's save, as they are not in the product.
        self.connection
            .execute_batch("PRAGMA wal_autocheckpoint = 0")
            .map_err(told)?;
        let queue = Queue::default();
        let share = saves.len().div_ceil(callers.max(1)).max(1);
        let start = Instant::now();
        let took = std::thread::scope(|scope| {
            let parts = saves.chunks(share);
            let threads: Vec<_> = parts
                .map(|part| scope.spawn(|| queue.hand_over(part)))
                .collect();
            let count = threads.len();
            let written = self.serve(&queue, count);
            if written.is_err() {
                queue.close();
            }
            let took: Vec<Duration> = threads
                .into_iter()
                .flat_map(|thread| thread.join().unwrap_or_default())
                .collect();
            written.map(|()| took)
        })?;
        let all = start.elapsed();
        let checkpoint = "PRAGMA wal_autocheckpoint = 1000; PRAGMA wal_checkpoint(PASSIVE)";
        self.connection.execute_batch(checkpoint).map_err(told)?;
        Ok((took, all))
    }

    fn serve(&mut self, queue: &Queue, callers: usize) -> StoreResult<()> {
        while let Some(group) = queue.take(callers) {
            let commit = self.connection.transaction().map_err(told)?;
            write(
                &commit,
                (&self.insert, &self.log),
                group.iter().map(|(save, _)| save),
            )?;
            commit.commit().map_err(told)?;
            for (_, answer) in group {
                let _caller_gone = answer.send(());
            }
        }
        Ok(())
    }
}

/// Search text beside the rows: the same virtual table in a file of its own.
pub struct PlainSearch {
    connection: Connection,
}

impl PlainSearch {
    pub fn create(path: &Path) -> StoreResult<PlainSearch> {
        let connection = Connection::open(path).map_err(told)?;
        connection
            .execute_batch(&format!(
                "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -{CACHE_KIB};
                 CREATE VIRTUAL TABLE words USING fts5(
                     tokens, content = '', contentless_delete = 1, detail = none, tokenize = 'ascii')"
            ))
            .map_err(told)?;
        Ok(PlainSearch { connection })
    }

    /// (`seq`, tokens), all in one commit.
    pub fn bulk(&mut self, documents: &[(i64, String)]) -> StoreResult<()> {
        let commit = self.connection.transaction().map_err(told)?;
        {
            let mut insert = commit
                .prepare_cached("INSERT INTO words (rowid, tokens) VALUES (?, ?)")
                .map_err(told)?;
            for (seq, tokens) in documents {
                insert.execute((seq, tokens)).map_err(told)?;
            }
        }
        commit.commit().map_err(told)
    }
}

/// Saves that wait for their commit.
#[derive(Default)]
struct Queue {
    waiting: Mutex<Waiting>,
    bell: Condvar,
}

#[derive(Default)]
struct Waiting {
    saves: Vec<(Save, SyncSender<()>)>,
    finished: usize,
    closed: bool,
}

impl Queue {
    fn hand_over(&self, part: &[Save]) -> Vec<Duration> {
        let mut took = Vec::with_capacity(part.len());
        for save in part {
            let start = Instant::now();
            let (answer, heard): (SyncSender<()>, Receiver<()>) = sync_channel(1);
            {
                let mut waiting = self.waiting.lock();
                if waiting.closed {
                    break;
                }
                waiting.saves.push((save.clone(), answer));
            }
            self.bell.notify_all();
            if heard.recv().is_err() {
                break;
            }
            took.push(start.elapsed());
        }
        self.waiting.lock().finished += 1;
        self.bell.notify_all();
        took
    }

    /// What waits; `None` once all callers have finished.
    fn take(&self, callers: usize) -> Option<Vec<(Save, SyncSender<()>)>> {
        let mut waiting = self.waiting.lock();
        while waiting.saves.is_empty() {
            if waiting.finished == callers {
                return None;
            }
            self.bell.wait(&mut waiting);
        }
        let count = waiting.saves.len().min(MOST_SAVES);
        Some(waiting.saves.drain(..count).collect())
    }

    fn close(&self) {
        let mut waiting = self.waiting.lock();
        waiting.closed = true;
        waiting.saves.clear();
    }
}

fn write<'a>(
    connection: &Connection,
    (insert, log): (&str, &str),
    saves: impl Iterator<Item = &'a Save>,
) -> StoreResult<()> {
    let mut rows = connection.prepare_cached(insert).map_err(told)?;
    let mut entries = connection.prepare_cached(log).map_err(told)?;
    for save in saves {
        rows.execute(params_from_iter(&save.row)).map_err(told)?;
        entries.execute(params_from_iter(&save.log)).map_err(told)?;
    }
    Ok(())
}

fn insertion(table: &str, columns: &[&str]) -> String {
    let names: Vec<String> = columns.iter().map(|name| quoted(name)).collect();
    let marks = vec!["?"; columns.len()].join(", ");
    format!(
        "INSERT INTO {} ({}) VALUES ({marks})",
        quoted(table),
        names.join(", ")
    )
}

fn value(cell: Cell) -> Value {
    match cell {
        Cell::Null => Value::Null,
        Cell::Int(number) => Value::Integer(number),
        Cell::Text(text) => Value::Text(text),
        Cell::Bytes(bytes) => Value::Blob(bytes),
        Cell::Id(id) => Value::Blob(id.as_bytes().to_vec()),
    }
}

fn told(error: rusqlite::Error) -> StoreError {
    StoreError::Broken(format!("the yardstick: {error}"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use uuid::Uuid;

    #[test]
    fn every_save_of_every_caller_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        drop(crate::sqlite::SqliteStore::open(&path).unwrap());
        let connection = Connection::open(&path).unwrap();
        connection
            .execute_batch("CREATE TABLE thing (seq INTEGER PRIMARY KEY, name TEXT)")
            .unwrap();
        let entry = LogEntry {
            at: 1,
            actor: 1,
            via: "bench".to_owned(),
            object: "thing".to_owned(),
            record: Uuid::nil(),
            seq: 1,
            version: 1,
            op: "create".to_owned(),
            old: None,
        };
        let saves: Vec<Save> = (0..50)
            .map(|number| Save::new(vec![Cell::from(format!("{number}"))], &entry))
            .collect();
        let other = folder.path().join("b.db");
        let mut plain = Plain::like(&path, &other, "thing", &["name".to_owned()]).unwrap();
        let (took, _) = plain.grouped(8, &saves).unwrap();
        assert_eq!(took.len(), 50);
        assert_eq!(plain.singly(&saves[..5]).unwrap().len(), 5);
        let connection = Connection::open(&other).unwrap();
        let count = |table: &str| -> i64 {
            connection
                .query_row(&format!("SELECT count(*) FROM {table}"), [], |row| {
                    row.get(0)
                })
                .unwrap()
        };
        assert_eq!((count("thing"), count("_log")), (55, 55));
    }
}
