//! What an import has done so far: one row, written in the transaction of the rows themselves.

use super::mapping::{Mapping, Mode};
use super::source::Position;
use crate::context::Context;
use crate::error::{EngineError, EngineResult};
use crate::system;
use guanxi_meta::{Cell, Lang};
use guanxi_query::cond::{Cond, Direction, Select};
use guanxi_store::{Set, StoreExt, Transaction, View, Weight};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use uuid::Uuid;

/// What was asked, as the row keeps it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Options {
    pub mode: Mode,
    pub mapping: Mapping,
    pub dry_run: bool,
    /// Headings, by which the mapping is remembered for the next file of this shape.
    pub header: Vec<String>,
    /// Of the messages.
    pub lang: String,
}

/// What came of it beside the counts that have columns of their own.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Outcome {
    pub position: Option<Position>,
    /// Bytes of the rows, for progress.
    pub size: u64,
    /// Position of the change log before the first row.
    pub log_from: i64,
    pub skipped: u64,
    /// New records that look like others; the first lines of them.
    pub duplicates: u64,
    pub duplicate_lines: Vec<u64>,
    /// The first ones.
    pub errors: Vec<RowError>,
    /// Why it ended before the file did.
    pub message: Option<String>,
    pub undo: Option<Undone>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct RowError {
    pub line: u64,
    /// The heading of the column, or the field's name where no column is at fault.
    pub field: String,
    pub message: String,
}

/// How far going back is.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Undone {
    pub position: i64,
    pub until: i64,
    pub removed: u64,
    pub restored: u64,
    /// Fields that somebody has changed since, and records that can't be reached: they stay.
    pub kept: u64,
    /// The first of those: record, and field where it is one.
    pub left: Vec<Left>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Left {
    pub id: Uuid,
    pub field: Option<String>,
}

/// How many errors a report names; all of them are in the file of failed rows.
pub const MOST_ERRORS: usize = 100;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Uploaded, not yet started.
    Received,
    Running,
    Done,
    Cancelled,
    /// Ended by what no row is to blame for: a full disk, rights that were taken away.
    Failed,
    Undoing,
    Undone,
}

impl State {
    pub fn name(self) -> &'static str {
        match self {
            State::Received => "received",
            State::Running => "running",
            State::Done => "done",
            State::Cancelled => "cancelled",
            State::Failed => "failed",
            State::Undoing => "undoing",
            State::Undone => "undone",
        }
    }

    fn parse(text: &str) -> State {
        let all = [
            State::Received,
            State::Running,
            State::Done,
            State::Cancelled,
            State::Undoing,
            State::Undone,
        ];
        all.into_iter()
            .find(|state| state.name() == text)
            .unwrap_or(State::Failed)
    }

    pub fn is_over(self) -> bool {
        !matches!(self, State::Received | State::Running | State::Undoing)
    }
}

/// A row of `gx_import`.
#[derive(Debug, Clone)]
pub struct Status {
    pub seq: i64,
    pub id: Uuid,
    /// `seq` of the user; 0 is the system.
    pub person: i64,
    pub object: String,
    pub file_name: String,
    pub options: Options,
    pub state: State,
    /// Rows that were read and not passed over.
    pub rows: u64,
    pub created: u64,
    pub updated: u64,
    pub failed: u64,
    pub outcome: Outcome,
    /// Microseconds since 1970.
    pub created_at: i64,
    pub finished_at: Option<i64>,
}

impl Status {
    /// The report of the command line and of REST. Where the failed rows are is each door's own to say.
    pub fn to_json(&self) -> Json {
        let mut json = json!({
            "id": self.id,
            "object": self.object,
            "file_name": self.file_name,
            "state": self.state.name(),
            "mode": self.options.mode,
            "dry_run": self.options.dry_run,
            "rows": self.rows,
            "created": self.created,
            "updated": self.updated,
            "failed": self.failed,
            "skipped": self.outcome.skipped,
            "duplicates": self.outcome.duplicates,
            "progress": self.progress(),
            "failed_file": null,
            "errors": self.outcome.errors,
            "created_at": crate::record::instant(self.created_at),
            "finished_at": self.finished_at.map(crate::record::instant),
        });
        if let Some(message) = &self.outcome.message {
            json["message"] = json!(message);
        }
        if let Some(undo) = &self.outcome.undo {
            json["undo"] = json!({ "removed": undo.removed, "restored": undo.restored, "kept": undo.kept, "left": undo.left });
        }
        json
    }

    /// 0 to 1.
    pub fn progress(&self) -> f64 {
        match (self.state, self.outcome.position) {
            (State::Received, _) | (State::Running, None) => 0.0,
            (State::Running, Some(at)) => at.byte as f64 / self.outcome.size.max(1) as f64,
            _ => 1.0,
        }
    }

    pub fn lang(&self) -> Lang {
        Lang::parse(&self.options.lang).unwrap_or_default()
    }
}

const COLUMNS: [&str; 14] = [
    "id",
    "person",
    "object",
    "file_name",
    "options",
    "state",
    "done",
    "created",
    "updated",
    "failed",
    "report",
    "created_at",
    "finished_at",
    "position",
];

pub fn insert(ctx: &Context, id: Uuid, file_name: &str) -> EngineResult<()> {
    let row = vec![
        Cell::Id(id),
        Cell::Int(ctx.actor.seq()),
        Cell::from(""),
        Cell::from(file_name),
        Cell::from("{}"),
        Cell::from(State::Received.name()),
        Cell::Int(0),
        Cell::Int(0),
        Cell::Int(0),
        Cell::Int(0),
        Cell::from("{}"),
        Cell::Int(ctx.now_micros()),
        Cell::Null,
        Cell::Int(0),
    ];
    ctx.engine.store().change(Weight::Light, move |tx| {
        tx.insert(system::IMPORT, &COLUMNS, vec![row.clone()])?;
        Ok::<_, EngineError>(())
    })
}

pub fn load(view: &mut dyn View, id: Uuid) -> EngineResult<Status> {
    let select = Select::of(system::IMPORT, &COLUMNS)
        .filter(Cond::equal("id", id))
        .limit(1);
    view.select(&select)?
        .first()
        .map(status)
        .ok_or(EngineError::NotFound)
}

/// The imports of a person, newest first; `None` for everybody's.
pub fn list(view: &mut dyn View, person: Option<i64>, limit: u32) -> EngineResult<Vec<Status>> {
    let mut select = Select::of(system::IMPORT, &COLUMNS)
        .order("created_at", Direction::Descending)
        .limit(limit);
    if let Some(person) = person {
        select = select.filter(Cond::equal("person", person));
    }
    Ok(view.select(&select)?.iter().map(status).collect())
}

fn status(row: &guanxi_store::Row) -> Status {
    let text = |at: usize| row.cells[at].text().unwrap_or_default();
    let count = |at: usize| row.cells[at].int().unwrap_or(0).unsigned_abs();
    Status {
        seq: row.seq,
        id: row.cells[0].id().unwrap_or_default(),
        person: row.cells[1].int().unwrap_or(0),
        object: text(2).to_owned(),
        file_name: text(3).to_owned(),
        options: serde_json::from_str(text(4)).unwrap_or_default(),
        state: State::parse(text(5)),
        rows: count(6),
        created: count(7),
        updated: count(8),
        failed: count(9),
        outcome: serde_json::from_str(text(10)).unwrap_or_default(),
        created_at: row.cells[11].int().unwrap_or(0),
        finished_at: row.cells[12].int(),
    }
}

/// Writes what changes while an import runs. The caller holds the lease.
pub fn keep(tx: &mut dyn Transaction, status: &Status) -> EngineResult<()> {
    let int = |value: u64| Set::To(Cell::Int(i64::try_from(value).unwrap_or(i64::MAX)));
    let json = |value: Result<String, serde_json::Error>| {
        value.map_err(|e| EngineError::Broken(e.to_string()))
    };
    let set = [
        ("object", Set::To(Cell::from(status.object.as_str()))),
        (
            "options",
            Set::To(Cell::from(json(serde_json::to_string(&status.options))?)),
        ),
        ("state", Set::To(Cell::from(status.state.name()))),
        ("done", int(status.rows)),
        ("created", int(status.created)),
        ("updated", int(status.updated)),
        ("failed", int(status.failed)),
        (
            "position",
            int(status.outcome.position.map_or(0, |at| at.byte)),
        ),
        (
            "report",
            Set::To(Cell::from(json(serde_json::to_string(&status.outcome))?)),
        ),
        ("finished_at", Set::To(Cell::from(status.finished_at))),
    ];
    tx.update(system::IMPORT, &set, &Cond::equal("id", status.id))?;
    Ok(())
}
