//! What can go wrong in a database, in the words that the engine decides by.

use thiserror::Error;

pub type StoreResult<T> = Result<T, StoreError>;

#[derive(Debug, Error)]
pub enum StoreError {
    /// A unique index refused: which table, which columns.
    #[error("{table}: another row has the same {}", columns.join(", "))]
    NotUnique { table: String, columns: Vec<String> },
    /// Two transactions met (SQLSTATE 40001, 40P01). The wrapper has already run the body again; this is the last try.
    #[error("the transaction met another one too often")]
    Conflict,
    /// The disk is full (SQLITE_FULL, SQLSTATE 53100).
    #[error("the disk is full")]
    Full,
    /// The statement took longer than its limit.
    #[error("the query took longer than allowed")]
    TooSlow,
    /// The database can't be reached or opened.
    #[error("{0}")]
    Unavailable(String),
    /// Anything else: a defect of this program or of the database.
    #[error("{0}")]
    Broken(String),
}

/// What a panic in a body said.
pub(crate) fn panicked(panic: &(dyn std::any::Any + Send)) -> String {
    let said = panic.downcast_ref::<&str>().copied();
    let said = said.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    format!(
        "a defect stopped this save: {}",
        said.unwrap_or("a panic without words")
    )
}
