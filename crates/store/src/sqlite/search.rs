//! The search index: a file of its own, one full-text table per table, fed from the log.
//!
//! Postings only (`detail = none`, no content); a row's tokens are replaced by its `seq`. The position in the log
//! that the index has reached is written in the same transaction. The file can always be made again from the rows,
//! so it need not survive a power cut with its last changes (`synchronous = NORMAL`), and a damaged one is replaced.

use super::errors::{convert, is_damage};
use super::link::{Link, Readers, open_writer};
use crate::error::{StoreError, StoreResult};
use crate::fail;
use crate::render::quoted;
use crate::search::{SearchPage, Tokens, Words};
use parking_lot::{Mutex, RwLock};
use rusqlite::Connection;
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Changes with the layout of the file; another one is replaced.
const LAYOUT: i64 = 1;

/// Postings that are held in memory before they become a segment: the larger, the fewer segments are merged again and
/// again by a large import.
const HELD_BYTES: u32 = 16 << 20;
/// Segments that are merged at a time: of 4, SQLite's own measure, each posting was written again so often that merging
/// took two thirds of the indexing of small commits; a search looks into a few more.
const MERGED: u32 = 8;

const WORDS: Words = Words {
    quote: '"',
    and: " AND ",
    or: " OR ",
};

pub struct Search {
    path: PathBuf,
    /// Of the database that this is the index of.
    identity: Vec<u8>,
    writer: Mutex<Connection>,
    readers: Readers,
    /// Tables that are known to have an index.
    known: RwLock<HashSet<String>>,
}

impl Search {
    /// Opens the index; when it is missing, damaged, of another database or ahead of it (`head`), makes an empty one
    /// that stands at position 0.
    pub fn open(path: &Path, identity: &[u8], head: i64) -> StoreResult<Search> {
        let connection = match reopen(path, identity, head) {
            Ok(Some(connection)) => connection,
            Ok(None) => create(path, identity)?,
            Err(error) => {
                tracing::warn!(%error, "the search index can't be read and is made anew");
                create(path, identity)?
            }
        };
        Ok(Search {
            path: path.to_owned(),
            identity: identity.to_owned(),
            writer: Mutex::new(connection),
            readers: Readers::new(path),
            known: RwLock::default(),
        })
    }

    /// Replaces tokens of rows and moves on to `position`, with which it becomes visible; a position never goes back.
    pub fn index(
        &self,
        table: &str,
        rows: &[(i64, Option<Tokens>)],
        position: Option<i64>,
    ) -> StoreResult<()> {
        let mut connection = self.writer.lock();
        let result = write(&connection, table, rows, position);
        fail::point(fail::Point::SearchBatch);
        result.map_err(|error| self.mend(error, &mut connection))
    }

    pub fn position(&self) -> StoreResult<i64> {
        let link = self.readers.take()?;
        let mut statement = link
            .connection()
            .prepare_cached("SELECT position FROM _state")
            .map_err(convert)?;
        statement.query_row([], |row| row.get(0)).map_err(convert)
    }

    /// The `seq` of rows that have the tokens, newest first.
    pub fn find(&self, page: &SearchPage, limit: Option<Duration>) -> StoreResult<Vec<i64>> {
        let Some(question) = page.expr.written(&WORDS) else {
            return Ok(Vec::new());
        };
        let link = self.readers.take()?;
        if !self.has(&link, &page.table)? {
            return Ok(Vec::new());
        }
        if let Some(limit) = limit {
            link.deadline().set(limit);
        }
        let found = read(link.connection(), page, &question);
        link.deadline().clear();
        found.map_err(|error| {
            drop(link);
            if is_damage(&error) {
                self.mend(error, &mut self.writer.lock())
            } else {
                convert(error)
            }
        })
    }

    /// Every posting of a table: the `seq` of a row and a token of it. On a connection of its own, since it takes long
    /// and needs a temporary table.
    pub fn postings(&self, table: &str, look: &mut dyn FnMut(i64, &str)) -> StoreResult<()> {
        let link = self.readers.take()?;
        if !self.has(&link, table)? {
            return Ok(());
        }
        drop(link);
        let connection = open_writer(&self.path)?;
        connection
            .execute_batch(&format!(
                "CREATE VIRTUAL TABLE temp._postings USING fts5vocab(main, {}, instance)",
                quoted(table)
            ))
            .map_err(convert)?;
        let mut statement = connection
            .prepare("SELECT doc, term FROM temp._postings")
            .map_err(convert)?;
        let mut rows = statement.query([]).map_err(convert)?;
        while let Some(row) = rows.next().map_err(convert)? {
            let seq = row.get(0).map_err(convert)?;
            let term = row.get_ref(1).map_err(convert)?;
            look(seq, term.as_str().unwrap_or_default());
        }
        Ok(())
    }

    /// Merges the pieces of each index into one.
    pub fn optimise(&self) -> StoreResult<()> {
        let connection = self.writer.lock();
        if !connection.is_autocommit() {
            // Somebody is in the middle of indexing; what they leave is merged as usual.
            return Ok(());
        }
        let mut list = connection
            .prepare("SELECT name FROM sqlite_schema WHERE sql LIKE 'CREATE VIRTUAL TABLE%'")
            .map_err(convert)?;
        let names: Vec<String> = list
            .query_map([], |row| row.get(0))
            .and_then(Iterator::collect)
            .map_err(convert)?;
        for name in names {
            let name = quoted(&name);
            let text = format!("INSERT INTO {name} ({name}) VALUES ('optimize')");
            connection.execute_batch(&text).map_err(convert)?;
        }
        connection
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
            .map_err(convert)
    }

    pub fn close_idle(&self) {
        self.readers.close_idle();
    }

    fn has(&self, link: &Link<'_>, table: &str) -> StoreResult<bool> {
        if self.known.read().contains(table) {
            return Ok(true);
        }
        let found = has_table(link.connection(), table).map_err(convert)?;
        if found {
            self.known.write().insert(table.to_owned());
        }
        Ok(found)
    }

    /// Replaces a damaged file by an empty one: `indexed_to` is 0 then, and the engine feeds it again.
    fn mend(&self, error: rusqlite::Error, connection: &mut Connection) -> StoreError {
        if !is_damage(&error) {
            return convert(error);
        }
        tracing::warn!(%error, "the search index is damaged and is made anew");
        self.known.write().clear();
        match create(&self.path, &self.identity) {
            Ok(fresh) => {
                *connection = fresh;
                self.readers.close_all();
                StoreError::Unavailable(
                    "the search index was damaged and is being made anew".to_owned(),
                )
            }
            Err(error) => error,
        }
    }
}

/// The file as it is, if it is whole and belongs to the database.
fn reopen(path: &Path, identity: &[u8], head: i64) -> StoreResult<Option<Connection>> {
    if !path.exists() {
        return Ok(None);
    }
    let connection = connect(path)?;
    let state = connection
        .query_row("SELECT layout, identity, position FROM _state", [], |row| {
            Ok((
                row.get::<_, i64>(0)?,
                row.get::<_, Vec<u8>>(1)?,
                row.get::<_, i64>(2)?,
            ))
        })
        .map_err(convert)?;
    let fits = state.0 == LAYOUT && state.1 == identity && state.2 <= head;
    Ok(fits.then_some(connection))
}

fn create(path: &Path, identity: &[u8]) -> StoreResult<Connection> {
    for suffix in ["", "-wal", "-shm"] {
        let file = super::beside(path, suffix);
        if file.exists() {
            std::fs::remove_file(&file)
                .map_err(|error| StoreError::Unavailable(format!("{}: {error}", file.display())))?;
        }
    }
    let connection = connect(path)?;
    connection
        .execute_batch("CREATE TABLE _state (layout INTEGER, identity BLOB, position INTEGER)")
        .map_err(convert)?;
    connection
        .execute(
            "INSERT INTO _state (layout, identity, position) VALUES (?, ?, 0)",
            (LAYOUT, identity),
        )
        .map_err(convert)?;
    Ok(connection)
}

/// Its writer is not waited for by anybody's save, so it checkpoints by itself.
fn connect(path: &Path) -> StoreResult<Connection> {
    let connection = open_writer(path)?;
    connection
        .execute_batch("PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 4000")
        .map_err(convert)?;
    Ok(connection)
}

/// Replaces tokens in the transaction that is open, or begins one. A position ends it: what belongs to it is committed
/// together, however many calls it came in.
fn write(
    connection: &Connection,
    table: &str,
    rows: &[(i64, Option<Tokens>)],
    position: Option<i64>,
) -> rusqlite::Result<()> {
    if connection.is_autocommit() {
        connection.execute_batch("BEGIN IMMEDIATE")?;
    }
    let written = replace(connection, table, rows).and_then(|()| match position {
        None => Ok(()),
        Some(position) => {
            connection.execute("UPDATE _state SET position = max(position, ?)", [position])?;
            connection.execute_batch("COMMIT")
        }
    });
    if written.is_err() && !connection.is_autocommit() {
        // The error that led here says more than that of a rollback would.
        let _rolled_back = connection.execute_batch("ROLLBACK");
    }
    written
}

fn replace(
    connection: &Connection,
    table: &str,
    rows: &[(i64, Option<Tokens>)],
) -> rusqlite::Result<()> {
    if table.is_empty() || rows.is_empty() {
        return Ok(());
    }
    let name = quoted(table);
    if !has_table(connection, table)? {
        // Tokens are ASCII letters and digits, which this tokenizer neither cuts nor changes.
        connection.execute_batch(&format!(
            "CREATE VIRTUAL TABLE {name} USING fts5(
                tokens, content = '', contentless_delete = 1, detail = none, tokenize = 'ascii');
             INSERT INTO {name} ({name}, rank) VALUES ('hashsize', {HELD_BYTES});
             INSERT INTO {name} ({name}, rank) VALUES ('automerge', {MERGED})"
        ))?;
    }
    let mut replace = connection.prepare_cached(&format!(
        "INSERT OR REPLACE INTO {name} (rowid, tokens) VALUES (?, ?)"
    ))?;
    let mut remove = connection.prepare_cached(&format!("DELETE FROM {name} WHERE rowid = ?"))?;
    for (seq, tokens) in rows {
        match tokens.as_deref().filter(|tokens| !tokens.is_empty()) {
            Some(tokens) => replace.execute((seq, tokens))?,
            None => remove.execute([seq])?,
        };
    }
    Ok(())
}

fn has_table(connection: &Connection, table: &str) -> rusqlite::Result<bool> {
    let mut statement = connection.prepare_cached("SELECT 1 FROM sqlite_schema WHERE name = ?")?;
    statement.exists([table])
}

fn read(connection: &Connection, page: &SearchPage, question: &str) -> rusqlite::Result<Vec<i64>> {
    let name = quoted(&page.table);
    let text = format!(
        "SELECT rowid FROM {name} WHERE {name} MATCH ? AND rowid < ? ORDER BY rowid DESC LIMIT ?"
    );
    let mut statement = connection.prepare_cached(&text)?;
    let rows = statement.query_map(
        (question, page.before.unwrap_or(i64::MAX), page.limit),
        |row| row.get(0),
    )?;
    rows.collect()
}
