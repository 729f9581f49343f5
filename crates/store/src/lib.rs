//! Where it lives: one trait, SQLite and PostgreSQL behind it.
//!
//! This crate is the only one with SQL text. It knows tables, columns, conditions, the change log and the search
//! index; it does not know objects, people or rights.

pub mod error;
pub mod log;
pub mod search;
mod traits;

pub use error::{StoreError, StoreResult};
pub use log::{LogEntry, LogRow};
pub use search::{SearchFeed, SearchPage, Tokens};
pub use traits::{Body, Outcome, Row, Set, Store, StoreExt, Transaction, View, Weight};
