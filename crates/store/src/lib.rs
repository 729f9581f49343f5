//! Where it lives: one trait, SQLite and PostgreSQL behind it.
//!
//! This crate is the only one with SQL text. It knows tables, columns, conditions, the change log and the search
//! index; it does not know objects, people or rights.

#[cfg(feature = "conformance")]
pub mod conformance;
pub mod error;
mod ext;
pub mod fail;
pub mod log;
mod naming;
mod open;
pub mod postgres;
mod render;
pub mod search;
pub mod sqlite;
mod traits;
pub mod yardstick;

pub use error::{StoreError, StoreResult};
pub use log::{LogEntry, LogRow};
pub use open::{open, shown};
pub use search::{SearchExpr, SearchFeed, SearchPage, Tokens};
pub use traits::{Body, Outcome, Row, Set, Store, StoreExt, Transaction, View, Weight};
