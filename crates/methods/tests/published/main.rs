//! The methods against published figures and independently computed ones.
//!
//! Small sets lie in `tests/data`; the others are read from the folder that GUANXI_DATA names, and a test that needs
//! one says so when there is none.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr
)]

mod abc;
mod anomaly;
mod basket;
mod clv;
mod cube;
mod data;
mod forecast;
mod link;
mod logit;
mod pls;
mod rfm;
mod satisfaction;
mod scorecard;
mod segment;
