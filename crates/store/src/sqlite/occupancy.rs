//! Who works on a database file: `PATH.lock` is locked by everybody together, or by one alone who replaces the file.
//!
//! SQLite's own locks can't tell, since an idle server has no connection open; and the file itself can't be locked
//! beside them, since closing it would let go of SQLite's locks.

use super::beside;
use crate::error::{StoreError, StoreResult};
use std::fs::{File, TryLockError};
use std::path::Path;

/// Held by an open store.
pub(super) struct Occupied(#[expect(dead_code, reason = "closing it lets go")] File);

impl Occupied {
    pub(super) fn enter(path: &Path) -> StoreResult<Occupied> {
        let file = lock_file(path)?;
        match file.try_lock_shared() {
            Ok(()) => Ok(Occupied(file)),
            Err(TryLockError::WouldBlock) => Err(StoreError::Unavailable(format!(
                "{} is being replaced",
                path.display()
            ))),
            // A file system without locks: then nobody can tell.
            Err(TryLockError::Error(_)) => Ok(Occupied(file)),
        }
    }
}

/// Nobody opens the file while this is held.
pub struct Claim(#[expect(dead_code, reason = "closing it lets go")] File);

/// `None` where somebody works on the file.
pub fn claim(path: &Path) -> StoreResult<Option<Claim>> {
    let file = lock_file(path)?;
    match file.try_lock() {
        Err(TryLockError::WouldBlock) => Ok(None),
        Ok(()) | Err(TryLockError::Error(_)) => Ok(Some(Claim(file))),
    }
}

fn lock_file(path: &Path) -> StoreResult<File> {
    let lock = beside(path, ".lock");
    File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&lock)
        .map_err(|error| StoreError::Unavailable(format!("{}: {error}", lock.display())))
}
