//! From a URL to a store.

use crate::error::{StoreError, StoreResult};
use crate::sqlite::SqliteStore;
use crate::traits::Store;
use std::path::Path;
use std::sync::Arc;

/// Opens `sqlite:PATH` or `postgres://…`; in the latter `?schema=` names the schema (default `guanxi`). What does
/// not exist yet is created: file, folders, schema, log.
pub fn open(url: &str) -> StoreResult<Arc<dyn Store>> {
    if let Some(path) = url.strip_prefix("sqlite:") {
        let path = path.strip_prefix("//").unwrap_or(path);
        return Ok(Arc::new(SqliteStore::open(Path::new(path))?));
    }
    Err(StoreError::Unavailable(
        "a database is given as sqlite:PATH or postgres://USER@HOST/NAME?schema=SCHEMA".to_owned(),
    ))
}
