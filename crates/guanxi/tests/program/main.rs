//! The program as a whole: its addresses together, and its commands as a person in a terminal gives them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr
)]

mod addresses;
mod commands;
mod insight;
