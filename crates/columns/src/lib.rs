//! The columnar copy: coded columns in memory, filters, counts, group-by; fed from the log.
//!
//! A table's columns are read when a question first needs them, kept as narrow numbers, and brought up to date from
//! the change log before every answer, so that a change of any process is in it. Every answer is the one that the
//! store itself would give; what the copy cannot answer is `None`, and then the store is asked.

mod answer;
mod column;
mod columns;
mod copy;
mod data;
mod eval;
mod group;
mod ints;
mod load;
mod plan;
mod texts;

pub use answer::From;
pub use columns::{Ask, Columns, Limits};
