//! SQLite: one file, one writer that groups saves into one durable commit, readers beside it.
//!
//! Nothing permanent runs for a store that is idle: the writer's thread, the checkpoints' thread and the readers'
//! connections come when they are needed and go when nobody has asked for a while.

mod checkpoint;
mod ddl;
mod errors;
mod link;
mod occupancy;
mod schema;
mod search;
mod session;
mod writer;

use crate::error::{StoreError, StoreResult};
use crate::log::{self, LogRow};
use crate::search::{SearchFeed, Tokens};
use crate::traits::{Body, Store, View, Weight};
use checkpoint::Checkpoints;
use errors::convert;
use guanxi_meta::{IndexSpec, TableSpec};
use guanxi_query::cond::{Cond, Direction, Op, Select};
use link::Readers;
use occupancy::Occupied;
pub use occupancy::{Claim, claim};
use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OptionalExtension};
use schema::Schema;
use search::Search;
use session::Session;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use writer::Writer;

/// One organisation's file.
pub struct SqliteStore {
    shared: Arc<Shared>,
}

/// What the threads of one store have in common.
struct Shared {
    path: PathBuf,
    readers: Readers,
    writer: Writer,
    checkpoints: Checkpoints,
    schema: Schema,
    search: Search,
    /// Others see by it that somebody works on the file, also while no connection is open.
    _occupied: Occupied,
}

impl SqliteStore {
    /// Opens or creates the file, its parent folders, the log and, beside it, the search index `PATH.search`.
    pub fn open(path: &Path) -> StoreResult<SqliteStore> {
        if let Some(parent) = path
            .parent()
            .filter(|parent| !parent.as_os_str().is_empty())
        {
            std::fs::create_dir_all(parent).map_err(|error| {
                StoreError::Unavailable(format!("{}: {error}", parent.display()))
            })?;
        }
        let occupied = Occupied::enter(path)?;
        let mut connection = link::open_writer(path)?;
        ddl::prepare(&mut connection)?;
        let identity: Vec<u8> = connection
            .query_row(
                "SELECT value FROM _facts WHERE key = 'identity'",
                [],
                |row| row.get(0),
            )
            .map_err(convert)?;
        let head: i64 = connection
            .query_row("SELECT COALESCE(max(seq), 0) FROM _log", [], |row| {
                row.get(0)
            })
            .map_err(convert)?;
        let search = Search::open(&beside(path, ".search"), &identity, head)?;
        Ok(SqliteStore {
            shared: Arc::new(Shared {
                path: path.to_owned(),
                readers: Readers::new(path),
                writer: Writer::new(connection),
                checkpoints: Checkpoints::default(),
                schema: Schema::default(),
                search,
                _occupied: occupied,
            }),
        })
    }

    /// A selection on a reader, for the store's own questions.
    fn ask<T>(&self, mut body: impl FnMut(&mut Session<'_>) -> StoreResult<T>) -> StoreResult<T> {
        let link = self.shared.readers.take()?;
        body(&mut Session::reading(&self.shared, &link, None))
    }
}

impl Drop for SqliteStore {
    fn drop(&mut self) {
        self.shared.writer.close();
        self.shared.checkpoints.close();
    }
}

impl Store for SqliteStore {
    fn kind(&self) -> &'static str {
        "sqlite"
    }

    fn view(
        &self,
        limit: Option<Duration>,
        body: &mut dyn FnMut(&mut dyn View) -> StoreResult<()>,
    ) -> StoreResult<()> {
        let link = self.shared.readers.take()?;
        let _snapshot = link.snapshot()?;
        body(&mut Session::reading(&self.shared, &link, limit))
    }

    fn transact(&self, weight: Weight, body: Body) -> StoreResult<()> {
        writer::submit(&self.shared, weight, body)
    }

    fn tables(&self) -> StoreResult<Vec<TableSpec>> {
        let link = self.shared.readers.take()?;
        schema::tables(link.connection())
    }

    fn create_table(&self, table: &TableSpec) -> StoreResult<()> {
        let table = table.clone();
        writer::alter(
            &self.shared,
            Box::new(move |connection| ddl::create_table(connection, &table)),
        )
    }

    fn create_index(&self, table: &TableSpec, index: &IndexSpec) -> StoreResult<()> {
        let (table, index) = (table.clone(), index.clone());
        writer::alter(
            &self.shared,
            Box::new(move |connection| ddl::create_index(connection, &table, &index)),
        )
    }

    fn drop_index(&self, table: &TableSpec, index: &IndexSpec) -> StoreResult<()> {
        let (table, index) = (table.clone(), index.clone());
        writer::alter(
            &self.shared,
            Box::new(move |connection| ddl::drop_index(connection, &table, &index)),
        )
    }

    fn indexing_blocks(&self) -> bool {
        true
    }

    /// There is one writer, so the order of positions is the order of commits.
    fn log_after(&self, position: i64, limit: u32) -> StoreResult<Vec<LogRow>> {
        let question = Select::of(log::TABLE, &log::COLUMNS)
            .filter(Cond::compare("seq", Op::Greater, position))
            .order("seq", Direction::Ascending)
            .limit(limit);
        let rows = self.ask(|session| session.select(&question))?;
        Ok(rows
            .into_iter()
            .map(|row| LogRow::from_cells(row.seq, row.cells))
            .collect())
    }

    fn log_head(&self) -> StoreResult<i64> {
        let link = self.shared.readers.take()?;
        let mut statement = link
            .connection()
            .prepare_cached("SELECT max(seq) FROM _log")
            .map_err(convert)?;
        let head: Option<i64> = statement
            .query_row([], |row| row.get(0))
            .optional()
            .map_err(convert)?
            .flatten();
        Ok(head.unwrap_or(0))
    }

    fn search_feed(&self) -> SearchFeed {
        SearchFeed::FromLog
    }

    fn index(
        &self,
        table: &str,
        rows: &[(i64, Option<Tokens>)],
        position: Option<i64>,
    ) -> StoreResult<()> {
        self.shared.search.index(table, rows, position)
    }

    fn postings(&self, table: &str, look: &mut dyn FnMut(i64, &str)) -> StoreResult<()> {
        self.shared.search.postings(table, look)
    }

    fn indexed_to(&self) -> StoreResult<i64> {
        self.shared.search.position()
    }

    fn optimise(&self) -> StoreResult<()> {
        self.shared.search.optimise()?;
        // A sample per index is enough for the planner, and does not hold the writer for long.
        writer::alter(
            &self.shared,
            Box::new(|connection| {
                connection
                    .execute_batch("PRAGMA analysis_limit = 1000; ANALYZE")
                    .map_err(convert)
            }),
        )
    }

    /// Copies to a neighbour of `to` first, so that `to` is either whole or absent.
    fn backup(&self, to: &Path) -> StoreResult<()> {
        let part = beside(to, ".part");
        let written = self.copy_to(&part);
        if written.is_err() {
            let _ = std::fs::remove_file(&part);
        }
        written?;
        std::fs::rename(&part, to)
            .map_err(|error| StoreError::Unavailable(format!("{}: {error}", to.display())))
    }

    fn damage(&self) -> StoreResult<Vec<String>> {
        let link = self.shared.readers.take()?;
        let mut statement = link
            .connection()
            .prepare("PRAGMA integrity_check(20)")
            .map_err(convert)?;
        let said: Vec<String> = statement
            .query_map([], |row| row.get(0))
            .and_then(Iterator::collect)
            .map_err(convert)?;
        Ok(said.into_iter().filter(|text| text != "ok").collect())
    }

    fn size(&self) -> StoreResult<u64> {
        let search = beside(&self.shared.path, ".search");
        let files = [
            self.shared.path.clone(),
            beside(&self.shared.path, "-wal"),
            beside(&search, "-wal"),
            search,
        ];
        Ok(files
            .iter()
            .filter_map(|file| file.metadata().ok())
            .map(|meta| meta.len())
            .sum())
    }
}

impl SqliteStore {
    /// One step over all pages reads one snapshot; writers go on meanwhile.
    fn copy_to(&self, file: &Path) -> StoreResult<()> {
        if file.exists() {
            std::fs::remove_file(file)
                .map_err(|error| StoreError::Unavailable(format!("{}: {error}", file.display())))?;
        }
        let from = link::open_writer(&self.shared.path)?;
        let mut to = Connection::open(file).map_err(convert)?;
        let backup = Backup::new(&from, &mut to).map_err(convert)?;
        for _ in 0..100 {
            match backup.step(-1).map_err(convert)? {
                StepResult::Done => return Ok(()),
                _ => std::thread::sleep(Duration::from_millis(20)),
            }
        }
        Err(StoreError::Unavailable(
            "the database stayed locked".to_owned(),
        ))
    }
}

/// A neighbour of a file: the same name with something appended.
fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}
