//! The change log: what every commit writes in its own transaction, and what everything that follows reads.

use uuid::Uuid;

/// A change to be written.
#[derive(Debug, Clone, PartialEq)]
pub struct LogEntry {
    /// Microseconds since 1970, UTC.
    pub at: i64,
    /// `seq` of the user; 0 is the system.
    pub actor: i64,
    /// The door: `web api import merge undo job …`, with what names the run after a colon (`import:ID`).
    pub via: String,
    /// The object's name.
    pub object: String,
    pub record: Uuid,
    pub seq: i64,
    /// The record's version after the change.
    pub version: i64,
    /// `create update remove restore …`, or a noun such as `closure`.
    pub op: String,
    /// The old values of the changed fields as a JSON object; none for a creation.
    pub old: Option<String>,
}

/// A change that was written.
#[derive(Debug, Clone, PartialEq)]
pub struct LogRow {
    pub position: i64,
    pub entry: LogEntry,
}
