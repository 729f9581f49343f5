//! What exists: kinds, objects, fields, roles, views, pipelines.
//!
//! Declarations (TOML in packs, JSON through `/meta`) and overlays become one immutable [`Catalog`];
//! a difference between two catalogues becomes a plan of tables. This crate does no IO and reads no clock.

pub mod ambient;
pub mod catalog;
pub mod currency;
pub mod declare;
pub mod describe;
pub mod fault;
pub mod kind;
mod kinds;
pub mod label;
pub mod links;
mod number;
pub mod numbering;
pub mod overlay;
pub mod plan;
mod resolve;
pub mod role;
mod several;
pub mod table;
pub mod text;
pub mod value;

#[cfg(test)]
mod laws;

pub use catalog::{Catalog, Field, Object};
pub use declare::{Declarations, DeclareError, PackSource, Source};
pub use fault::{Fault, FieldError};
pub use kind::Kind;
pub use label::{Label, Lang};
pub use overlay::Overlay;
pub use resolve::CheckExpression;
pub use table::{Cell, ColumnSpec, ColumnType, IndexSpec, TableSpec};
pub use value::{Money, Value};
