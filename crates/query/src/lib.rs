//! What is asked: one language for filters, sorts and formulas, typed against the catalogue.
//!
//! A text is parsed into an expression, checked against an object into a typed one, and then either evaluated
//! on a record in memory or lowered to a [`cond::Cond`], which `store` renders and `columns` scans. Pure.

pub mod ast;
pub mod check;
pub mod chips;
pub mod cond;
pub mod env;
pub mod error;
pub mod eval;
pub mod functions;
mod lex;
mod literal;
pub mod lower;
mod names;
pub mod parse;
pub mod print;
pub mod sort;
mod time;
pub mod typed;
mod val;

#[cfg(test)]
mod tests;

pub use check::{check, check_as};
pub use chips::Chip;
pub use cond::Cond;
pub use env::{Env, Fields, Me};
pub use error::{QueryError, Span};
pub use sort::{Sort, SortKey};
pub use typed::{Purpose, Typed};
