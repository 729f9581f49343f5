//! The search index: postings of opaque tokens per table. Grams propose; the engine verifies on the rows.

/// Tokens made by `guanxi_meta::text`; the index stores and compares them, and never looks inside.
pub type Tokens = Vec<String>;

/// How the index is kept up to date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SearchFeed {
    /// The engine calls `Transaction::index` in the transaction of the change (PostgreSQL).
    InTransaction,
    /// A thread reads the log and calls `Store::index`; a search first waits until the index has reached the log's
    /// head (SQLite: its merges stall the one writer).
    FromLog,
}

/// One page of proposals, newest first.
#[derive(Debug, Clone)]
pub struct SearchPage {
    pub table: String,
    /// Alternatives of conjunctions: (a AND b) OR (c AND d). A token that ends in `*` stands for its prefix.
    pub any: Vec<Tokens>,
    /// Only rows with a lower `seq`.
    pub before: Option<i64>,
    pub limit: u32,
}
