//! Text as people use it: folding, order, search tokens, telephone numbers, addresses.
//!
//! Everything here is a pure function of its arguments. The tables of readings are built once
//! from the `pinyin` crate (about 42,000 characters, source: Unihan through `pinyin-data`).
//!
//! How a search uses this module:
//! 1. At save, [`index_tokens`] cuts each searchable text into tokens; the database indexes them.
//! 2. [`Query::parse`] reads what the user typed, [`Query::tokens`] is the AND/OR expression of
//!    tokens that *proposes* records, a superset of the answer.
//! 3. [`Query::verify`] looks at the real text of each proposed record, and gives rank and reason.

pub mod email;
pub mod phone;
pub mod url;

mod cells;
mod fold;
mod han;
mod matching;
mod query;
mod sort;
mod syllables;
mod tokens;

#[cfg(test)]
mod laws;

pub use fold::fold;
pub use query::{Hit, Query, Rank, TokenExpr};
pub use sort::{SORT_KEY_CHARS, sort_key};
pub use tokens::{digit_tokens, index_tokens};
