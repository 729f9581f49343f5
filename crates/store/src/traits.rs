//! The trait that both databases answer.

use crate::error::{StoreError, StoreResult};
use crate::log::{LogEntry, LogRow};
use crate::search::{SearchFeed, SearchPage, Tokens};
use guanxi_meta::{Cell, IndexSpec, TableSpec};
use guanxi_query::cond::{Aggregate, Cond, Select};
use std::path::Path;
use std::time::Duration;

/// One row: `seq`, then one cell per column of the selection.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    pub seq: i64,
    pub cells: Vec<Cell>,
}

/// A consistent view of the database for reading.
pub trait View {
    fn select(&mut self, select: &Select) -> StoreResult<Vec<Row>>;

    /// Counts to `limit` at most; `None` counts all.
    fn count(
        &mut self,
        table: &str,
        branches: &[Cond],
        cond: &Cond,
        limit: Option<u32>,
    ) -> StoreResult<u64>;

    /// One row per group: the cells of `group`, then one per measure (`seq` is 0).
    fn aggregate(&mut self, aggregate: &Aggregate) -> StoreResult<Vec<Row>>;

    /// Log rows of one record, newest first, below `before`.
    fn log_of(
        &mut self,
        object: &str,
        record: uuid::Uuid,
        before: Option<i64>,
        limit: u32,
    ) -> StoreResult<Vec<LogRow>>;

    fn search(&mut self, page: &SearchPage) -> StoreResult<Vec<i64>>;
}

/// A transaction that writes. What it wrote is seen by its own reads.
pub trait Transaction: View {
    /// Inserts rows and answers their `seq`, in order.
    fn insert(
        &mut self,
        table: &str,
        columns: &[&str],
        rows: Vec<Vec<Cell>>,
    ) -> StoreResult<Vec<i64>>;

    /// Answers how many rows changed.
    fn update(&mut self, table: &str, set: &[(&str, Set)], cond: &Cond) -> StoreResult<u64>;

    fn delete(&mut self, table: &str, cond: &Cond) -> StoreResult<u64>;

    fn log(&mut self, entries: &[LogEntry]) -> StoreResult<()>;

    /// Only where `search_feed` is `InTransaction`: replaces the tokens of rows; none removes them.
    fn index(&mut self, table: &str, rows: &[(i64, Option<Tokens>)]) -> StoreResult<()>;

    /// Runs `body`; when it fails, what it did is undone and the transaction goes on.
    fn savepoint(
        &mut self,
        body: &mut dyn FnMut(&mut dyn Transaction) -> StoreResult<()>,
    ) -> StoreResult<()>;

    /// Whether somebody else's save waits for this one's end: large work ends early then and goes on in the next.
    fn is_awaited(&self) -> bool;
}

/// What an update does to a column.
#[derive(Debug, Clone, PartialEq)]
pub enum Set {
    To(Cell),
    /// Adds to an integer column, null counting as 0.
    Add(i64),
}

/// A body of work on a transaction. It may run more than once, so it has no effects outside.
/// `Ok(false)` rolls back without an error of the store: the caller keeps its own.
pub type Body = Box<dyn FnMut(&mut dyn Transaction) -> StoreResult<Outcome> + Send>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Commit,
    RollBack,
}

/// How a write shares the database with others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// A save: grouped with others into one durable commit.
    Light,
    /// A large piece of an import or a job: alone in its commit, after the light ones that wait.
    Bulk,
}

/// One organisation's database.
pub trait Store: Send + Sync + 'static {
    /// `sqlite` or `postgres`, for messages and `doctor`.
    fn kind(&self) -> &'static str;

    /// Runs `body` on a consistent view; `limit` ends a statement with `TooSlow`.
    fn view(
        &self,
        limit: Option<Duration>,
        body: &mut dyn FnMut(&mut dyn View) -> StoreResult<()>,
    ) -> StoreResult<()>;

    /// Runs `body` in one transaction and answers when its commit is durable.
    fn transact(&self, weight: Weight, body: Body) -> StoreResult<()>;

    /// The tables that exist, as far as they can be told: names, columns with type, and indexes.
    fn tables(&self) -> StoreResult<Vec<TableSpec>>;

    /// Idempotent: creates the table, or what it lacks of columns. Indexes are left to `create_index`.
    fn create_table(&self, table: &TableSpec) -> StoreResult<()>;

    /// Idempotent. On a large table this takes a while; on PostgreSQL it does not block writers.
    fn create_index(&self, table: &TableSpec, index: &IndexSpec) -> StoreResult<()>;

    fn drop_index(&self, table: &TableSpec, index: &IndexSpec) -> StoreResult<()>;

    /// Whether nobody can write while an index is made.
    fn indexing_blocks(&self) -> bool {
        false
    }

    /// Changes after `position`, lowest first. What this has answered once never gets a lower neighbour later:
    /// on PostgreSQL, a row is held back while an older transaction is still open.
    fn log_after(&self, position: i64, limit: u32) -> StoreResult<Vec<LogRow>>;

    /// The highest position that `log_after` would answer now.
    fn log_head(&self) -> StoreResult<i64>;

    /// Whether `log_after` answers everything that is committed: on PostgreSQL rows are held back while an older
    /// transaction is still open, and whoever must not lag asks the tables themselves.
    fn log_is_whole(&self) -> StoreResult<bool> {
        Ok(true)
    }

    fn search_feed(&self) -> SearchFeed;

    /// Only where `search_feed` is `FromLog`: replaces the tokens of rows (none removes them) and, with `position`,
    /// remembers that the log was read so far. With an empty `table` only the position. What comes without a position
    /// is found once one follows: one caller at a time.
    fn index(
        &self,
        table: &str,
        rows: &[(i64, Option<Tokens>)],
        position: Option<i64>,
    ) -> StoreResult<()>;

    /// Every posting of a table's search index, in no particular order: the `seq` of a row and a token of it.
    fn postings(&self, table: &str, look: &mut dyn FnMut(i64, &str)) -> StoreResult<()>;

    /// How far `index` has read the log.
    fn indexed_to(&self) -> StoreResult<i64>;

    /// After large imports: lets the database tidy its search index and statistics.
    fn optimise(&self) -> StoreResult<()>;

    /// A consistent copy while others work; SQLite only (PostgreSQL answers which of its own tools to use).
    fn backup(&self, to: &Path) -> StoreResult<()>;

    /// What the database itself says is damaged; nothing when all is well. SQLite looks at every page, which takes
    /// about a second per gigabyte; PostgreSQL looks after itself and answers nothing.
    fn damage(&self) -> StoreResult<Vec<String>>;

    /// Bytes on disk, for `doctor` and `bench`.
    fn size(&self) -> StoreResult<u64>;
}

/// What callers use: results and errors of their own through the store's transactions.
pub trait StoreExt {
    /// Reads with `body`, which may answer its own kind of error.
    fn look<T, E: From<StoreError>>(
        &self,
        body: impl FnMut(&mut dyn View) -> Result<T, E>,
    ) -> Result<T, E>;

    /// Like `look`, but a statement that takes longer than `limit` ends with `StoreError::TooSlow`.
    fn look_within<T, E: From<StoreError>>(
        &self,
        limit: Duration,
        body: impl FnMut(&mut dyn View) -> Result<T, E>,
    ) -> Result<T, E>;

    /// Writes with `body`. Its own error rolls everything back; a conflict of the database runs it again.
    fn change<T, E>(
        &self,
        weight: Weight,
        body: impl FnMut(&mut dyn Transaction) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static;
}
