//! What the engine answers when it does not do what it was asked, in the words that people and programs act on.

use guanxi_meta::fault::{Fault, FieldError};
use guanxi_query::QueryError;
use guanxi_store::StoreError;
use serde_json::Value as Json;
use thiserror::Error;

pub type EngineResult<T> = Result<T, EngineError>;

#[derive(Debug, Error)]
pub enum EngineError {
    /// There is no such thing, or the caller may not see it: the two must look the same.
    #[error("not found")]
    NotFound,
    #[error("log in first")]
    Unauthorized,
    /// Visible, but this action is not the caller's.
    #[error("not allowed: {0}")]
    Forbidden(&'static str),
    /// The request makes no sense: a syntax, an unknown parameter or field.
    #[error("bad request: {}", .0.code)]
    BadRequest(Fault),
    /// A filter, sort or formula that does not read.
    #[error("bad query at {}", .0.position)]
    Query(QueryError),
    /// Values that can't be taken: all of them at once.
    #[error("{} fields are not valid", .0.len())]
    Invalid(Vec<FieldError>),
    /// The record was changed since the caller read it.
    #[error("stale: the record is at version {}", .0.version)]
    Stale(Box<Stale>),
    /// A name or value that must be unique is in use.
    #[error("taken: {}", .0.code)]
    Taken(Fault, Vec<FieldError>),
    /// Another process has published declarations since this request began: it is to begin anew.
    #[error("the declarations have changed meanwhile")]
    Outdated,
    /// Too many tries, or too much at once.
    #[error("slow down")]
    TooMany { retry_after_s: u64 },
    #[error("too large: {}", .0.code)]
    TooLarge(Fault),
    #[error(transparent)]
    Store(StoreError),
    /// A defect: what is written here is for the log, never for the caller.
    #[error("{0}")]
    Broken(String),
}

/// What a caller needs to resolve a conflict: only the fields that both sides changed.
#[derive(Debug, Clone)]
pub struct Stale {
    pub version: i64,
    pub conflicts: Vec<StaleField>,
}

#[derive(Debug, Clone)]
pub struct StaleField {
    pub field: String,
    pub yours: Json,
    pub theirs: Json,
}

impl From<StoreError> for EngineError {
    fn from(error: StoreError) -> EngineError {
        EngineError::Store(error)
    }
}

impl From<QueryError> for EngineError {
    fn from(error: QueryError) -> EngineError {
        EngineError::Query(error)
    }
}

/// The outcome of what is written beside a reading (when somebody was last seen, what was looked at): a full disk keeps
/// nobody from reading.
pub(crate) fn beside_reading(written: EngineResult<()>) -> EngineResult<()> {
    match written {
        Err(EngineError::Store(StoreError::Full)) => {
            tracing::warn!("the disk is full: what is written beside reading is left out");
            Ok(())
        }
        outcome => outcome,
    }
}

impl EngineError {
    pub fn bad(code: &'static str) -> EngineError {
        EngineError::BadRequest(Fault::new(code))
    }

    pub fn field(field: &str, code: &'static str) -> EngineError {
        EngineError::Invalid(vec![Fault::new(code).at(field)])
    }
}
