//! The suite on both databases, and what is particular to each.

#![allow(clippy::unwrap_used)]

mod postgres;
mod sqlite;
mod tls;
