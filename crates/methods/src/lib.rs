//! The statistics: pure functions over columns, one module per method.
//!
//! Nothing here reads a file, a clock or a source of randomness: columns, the day of observation and the seed are
//! arguments, and the same arguments give the same answer on every machine. Every module names its source, what it
//! assumes, and the units of what it takes and gives; its tests hold it to published or independently computed numbers.

// Rows and columns of a matrix are counted, two or three of them together.
#![allow(clippy::needless_range_loop)]

pub mod abc;
pub mod anomaly;
pub mod basket;
pub mod churn;
pub mod clv;
pub mod columns;
pub mod correspondence;
pub mod cube;
pub mod dates;
mod error;
pub mod factor;
pub mod forecast;
pub mod link;
pub mod logit;
pub mod math;
pub mod next;
pub mod pls;
pub mod profit;
pub mod random;
pub mod rfm;
pub mod satisfaction;
pub mod scorecard;
pub mod segment;
pub mod uplift;

pub use error::MethodError;
