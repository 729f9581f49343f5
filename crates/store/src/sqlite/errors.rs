//! From SQLite's errors to the store's.

use crate::error::StoreError;
use rusqlite::{Error, ErrorCode, ffi};

pub fn convert(error: Error) -> StoreError {
    let Error::SqliteFailure(failure, message) = &error else {
        return StoreError::Broken(error.to_string());
    };
    match failure.code {
        ErrorCode::DiskFull => StoreError::Full,
        // The shared memory beside the write-ahead log could not grow.
        ErrorCode::SystemIoFailure if failure.extended_code == ffi::SQLITE_IOERR_SHMSIZE => {
            StoreError::Full
        }
        ErrorCode::OperationInterrupted => StoreError::TooSlow,
        ErrorCode::ConstraintViolation if is_uniqueness(failure.extended_code) => {
            not_unique(message.as_deref().unwrap_or_default())
        }
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => {
            StoreError::Unavailable("another process has held the database for too long".to_owned())
        }
        ErrorCode::CannotOpen
        | ErrorCode::NotADatabase
        | ErrorCode::PermissionDenied
        | ErrorCode::ReadOnly
        | ErrorCode::SystemIoFailure => StoreError::Unavailable(error.to_string()),
        _ => StoreError::Broken(error.to_string()),
    }
}

/// The file itself is damaged or something else.
pub fn is_damage(error: &Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase)
    )
}

fn is_uniqueness(extended: i32) -> bool {
    [
        ffi::SQLITE_CONSTRAINT_UNIQUE,
        ffi::SQLITE_CONSTRAINT_PRIMARYKEY,
        ffi::SQLITE_CONSTRAINT_ROWID,
    ]
    .contains(&extended)
}

/// SQLite says `UNIQUE constraint failed: customer.name, customer.owner`.
fn not_unique(message: &str) -> StoreError {
    let list = message.rsplit_once(": ").map_or("", |(_, list)| list);
    let mut table = String::new();
    let mut columns = Vec::new();
    for item in list.split(", ") {
        if let Some((owner, column)) = item.split_once('.') {
            owner.clone_into(&mut table);
            columns.push(column.to_owned());
        }
    }
    StoreError::NotUnique { table, columns }
}
