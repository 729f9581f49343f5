//! From the driver's errors to the store's.

use crate::error::StoreError;
use deadpool_postgres::tokio_postgres::Error;
use deadpool_postgres::tokio_postgres::error::{DbError, SqlState};

/// Why a try of a body came to nothing.
#[derive(Debug)]
pub enum Trouble {
    /// Met another transaction (40001, 40P01): again.
    Conflict,
    /// A statement was prepared for a table that has changed (0A000): once more without it.
    Stale(String),
    /// The connection broke: once more where nothing can have been committed.
    Lost(String),
    /// Nothing to be gained by trying again.
    Final(StoreError),
}

impl Trouble {
    /// When there is no further try.
    pub fn last(self) -> StoreError {
        match self {
            Trouble::Conflict => StoreError::Conflict,
            Trouble::Stale(text) => StoreError::Broken(text),
            Trouble::Lost(text) => StoreError::Unavailable(text),
            Trouble::Final(error) => error,
        }
    }

    /// What the body sees of it.
    pub fn seen(&self) -> StoreError {
        match self {
            Trouble::Conflict => StoreError::Conflict,
            Trouble::Stale(text) => StoreError::Broken(text.clone()),
            Trouble::Lost(text) => StoreError::Unavailable(text.clone()),
            Trouble::Final(error) => StoreError::Broken(error.to_string()),
        }
    }
}

pub fn convert(error: &Error) -> Trouble {
    let Some(db) = error.as_db_error() else {
        let text = with_cause(error);
        return if error.is_closed() || is_io(error) {
            Trouble::Lost(text)
        } else {
            Trouble::Final(StoreError::Broken(text))
        };
    };
    let code = db.code();
    if [
        SqlState::T_R_SERIALIZATION_FAILURE,
        SqlState::T_R_DEADLOCK_DETECTED,
    ]
    .contains(code)
    {
        return Trouble::Conflict;
    }
    if *code == SqlState::FEATURE_NOT_SUPPORTED && db.message().contains("cached plan") {
        return Trouble::Stale(db.message().to_owned());
    }
    if *code == SqlState::ADMIN_SHUTDOWN || *code == SqlState::CRASH_SHUTDOWN {
        return Trouble::Lost(db.message().to_owned());
    }
    Trouble::Final(match code {
        code if *code == SqlState::UNIQUE_VIOLATION => not_unique(db),
        code if *code == SqlState::QUERY_CANCELED => StoreError::TooSlow,
        code if *code == SqlState::DISK_FULL => StoreError::Full,
        // Class 08 is connections, 28 and 3D who may connect and to what, 57P03 a server that starts.
        code if ["08", "28", "3D", "57P03", "53300"]
            .iter()
            .any(|class| code.code().starts_with(class)) =>
        {
            StoreError::Unavailable(db.message().to_owned())
        }
        _ => StoreError::Broken(format!("{} ({})", db.message(), code.code())),
    })
}

/// Two that make the same thing at once: the second one finds it made when it looks again.
pub fn is_race(error: &Error) -> bool {
    let races = [
        SqlState::UNIQUE_VIOLATION,
        SqlState::DUPLICATE_TABLE,
        SqlState::DUPLICATE_COLUMN,
        SqlState::DUPLICATE_OBJECT,
        SqlState::DUPLICATE_SCHEMA,
        SqlState::T_R_DEADLOCK_DETECTED,
        SqlState::T_R_SERIALIZATION_FAILURE,
        SqlState::UNDEFINED_OBJECT,
    ];
    error.as_db_error().is_some_and(|db| {
        let system_table = db.table().is_none_or(|table| table.starts_with("pg_"));
        let unique = *db.code() == SqlState::UNIQUE_VIOLATION;
        (races.contains(db.code()) && (!unique || system_table))
            || db.message().contains("concurrently updated")
            || db.message().contains("concurrently deleted")
    })
}

fn is_io(error: &Error) -> bool {
    std::error::Error::source(error).is_some_and(|source| source.is::<std::io::Error>())
}

fn with_cause(error: &Error) -> String {
    match std::error::Error::source(error) {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}

/// The detail reads `Key (name, owner)=(a, 1) already exists.` in the server's language; the brackets stay.
fn not_unique(db: &DbError) -> StoreError {
    let detail = db.detail().unwrap_or_default();
    let list = detail
        .split_once('(')
        .and_then(|(_, rest)| rest.split_once(")=("))
        .map_or("", |(list, _)| list);
    let columns = list
        .split(", ")
        .filter(|name| !name.is_empty())
        .map(|name| name.trim_matches('"').to_owned());
    StoreError::NotUnique {
        table: db.table().unwrap_or_default().to_owned(),
        columns: columns.collect(),
    }
}
