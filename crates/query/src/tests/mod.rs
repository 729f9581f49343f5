//! A small world of records, and what the language says about it.
#![allow(clippy::unwrap_used)]

mod cases;
mod errors;
mod laws;
mod naive;
mod samples;
mod world;
