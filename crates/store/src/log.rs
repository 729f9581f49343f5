//! The change log: what every commit writes in its own transaction, and what everything that follows reads.
//!
//! It is a table like others, so retention, archive and erasure (which overwrites `old` with a tombstone) are plain
//! selections, updates and deletions on [`TABLE`]. Its `seq` is the position. `tables()` does not answer it.

use guanxi_meta::{Cell, ColumnSpec, ColumnType, TableSpec};
use guanxi_query::cond::{Cond, Direction, Op, Select};
use uuid::Uuid;

/// The table's name.
pub const TABLE: &str = "_log";

/// The table's columns beside `seq`, in the order of [`LogEntry`]; `record_seq` is `LogEntry::seq`.
pub const COLUMNS: [&str; 9] = [
    "at",
    "actor",
    "via",
    "object",
    "record",
    "record_seq",
    "version",
    "op",
    "old",
];

/// The `op` of a row that is another now though nobody changed its record: a roll-up, a formula through links. It is
/// for those who follow the log; the history of a record does not have it.
pub const DERIVED: &str = "derived";

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

impl LogEntry {
    /// Whether the record itself stays as it was.
    pub fn is_derived(&self) -> bool {
        self.op == DERIVED
    }

    /// One cell per column of [`COLUMNS`].
    pub(crate) fn cells(&self) -> Vec<Cell> {
        vec![
            Cell::Int(self.at),
            Cell::Int(self.actor),
            Cell::from(self.via.as_str()),
            Cell::from(self.object.as_str()),
            Cell::Id(self.record),
            Cell::Int(self.seq),
            Cell::Int(self.version),
            Cell::from(self.op.as_str()),
            Cell::from(self.old.as_deref()),
        ]
    }
}

impl LogRow {
    /// From the cells of [`COLUMNS`]; a column of another type counts as empty.
    pub fn from_cells(position: i64, cells: Vec<Cell>) -> LogRow {
        let mut cells = cells.into_iter();
        let mut next = || cells.next().unwrap_or_default();
        LogRow {
            position,
            entry: LogEntry {
                at: number(next()),
                actor: number(next()),
                via: words(next()).unwrap_or_default(),
                object: words(next()).unwrap_or_default(),
                record: next().id().unwrap_or_default(),
                seq: number(next()),
                version: number(next()),
                op: words(next()).unwrap_or_default(),
                old: words(next()),
            },
        }
    }
}

/// The table as it is created on open.
pub fn spec() -> TableSpec {
    let types = [
        ColumnType::Int,
        ColumnType::Int,
        ColumnType::Text,
        ColumnType::Text,
        ColumnType::Id,
        ColumnType::Int,
        ColumnType::Int,
        ColumnType::Text,
        ColumnType::Text,
    ];
    let columns = COLUMNS
        .iter()
        .zip(types)
        .map(|(&name, ty)| ColumnSpec::new(name, ty))
        .collect();
    TableSpec::new(TABLE, columns).index(&["record"])
}

/// The question for the history of one record, newest first, below `before`: what nobody did is none of it.
pub(crate) fn of_record(object: &str, record: Uuid, before: Option<i64>, limit: u32) -> Select {
    let mut cond = Cond::equal("record", record)
        .and(Cond::equal("object", object))
        .and(!Cond::equal("op", DERIVED));
    if let Some(position) = before {
        cond = cond.and(Cond::compare("seq", Op::Less, position));
    }
    Select::of(TABLE, &COLUMNS)
        .filter(cond)
        .order("seq", Direction::Descending)
        .limit(limit)
}

fn number(cell: Cell) -> i64 {
    cell.int().unwrap_or_default()
}

fn words(cell: Cell) -> Option<String> {
    match cell {
        Cell::Text(text) => Some(text),
        _ => None,
    }
}
