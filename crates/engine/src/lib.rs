//! What happens: one write path, one read path, and everything that follows the change log.
//!
//! The engine knows objects only through the catalogue, rows only through grants, the database only through the
//! store's trait, and capabilities only through theirs. It knows neither HTTP nor HTML nor SQL.

pub mod accounts;
pub mod act;
pub mod admin;
pub mod ambient;
pub mod audit;
pub mod capability;
pub mod context;
pub mod copying;
pub mod engine;
pub mod error;
pub mod events;
pub mod export;
pub mod files;
pub mod formulas;
pub mod housekeeping;
pub mod idempotency;
pub mod import;
pub mod jobs;
pub mod notices;
pub mod outbox;
pub mod publishing;
pub mod read;
pub mod recent;
pub mod record;
mod scan;
pub mod search;
pub mod settings;
pub mod system;
pub mod view_indexes;
pub mod views;
pub mod write;

pub use context::{Actor, Context};
pub use engine::{Engine, Parts, Settings};
pub use error::{EngineError, EngineResult};
pub use record::Record;
