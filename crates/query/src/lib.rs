//! What is asked: one language for filters, sorts and formulas, typed against the catalogue.
//!
//! A text is parsed into an expression, checked against an object into a typed one, and then either evaluated
//! on a record in memory or lowered to a [`cond::Cond`], which `store` renders and `columns` scans. Pure.

pub mod cond;
