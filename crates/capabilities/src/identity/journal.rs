//! Everything that a merge changed, in the order in which it did, as cells: what un-merging goes back through.

use crate::common::Values;
use guanxi_engine::write::Saved;
use guanxi_engine::{EngineError, EngineResult, Record};
use guanxi_meta::catalog::Access;
use guanxi_meta::{Cell, Field, Object};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use uuid::Uuid;

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Journal {
    pub others: Vec<Uuid>,
    pub changes: Vec<RowChange>,
    pub beside: Vec<BesideChange>,
}

/// One record that was changed or removed.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RowChange {
    /// The object's table, which never changes its name.
    pub object: String,
    pub record: Uuid,
    pub fields: Vec<FieldChange>,
    pub act: RowAct,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RowAct {
    Changed,
    Removed,
}

/// `column` is a field's first, or `owner` or `department`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct FieldChange {
    pub column: String,
    pub old: Vec<Json>,
    pub new: Vec<Json>,
}

/// A share, a file or a follower that went along, or was already there and got the stronger right.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct BesideChange {
    pub table: String,
    pub seq: i64,
    /// The record where it was; `None`: it stayed and was raised.
    pub from: Option<Uuid>,
}

impl Journal {
    /// Notes what a save changed. What is computed from other rows is left to them.
    pub fn note(&mut self, saved: &Saved, act: RowAct) {
        let Some(before) = &saved.before else { return };
        let after = &saved.record;
        let mut fields = Vec::new();
        for field in after
            .object
            .fields
            .iter()
            .filter(|field| !is_computed(field))
        {
            let (old, new) = (cells_of(before, field), cells_of(after, field));
            if old != new {
                fields.push(FieldChange {
                    column: field.column.clone(),
                    old,
                    new,
                });
            }
        }
        if after.object.access == Access::Own {
            for (column, old, new) in [
                ("owner", before.owner, after.owner),
                ("department", before.department, after.department),
            ] {
                if old != new {
                    fields.push(FieldChange {
                        column: column.to_owned(),
                        old: vec![json!(old)],
                        new: vec![json!(new)],
                    });
                }
            }
        }
        if act == RowAct::Removed || !fields.is_empty() {
            self.changes.push(RowChange {
                object: after.object.table.clone(),
                record: after.id,
                fields,
                act,
            });
        }
    }

    pub fn write(&self) -> EngineResult<String> {
        serde_json::to_string(self).map_err(|error| EngineError::Broken(error.to_string()))
    }

    pub fn read(text: &str) -> EngineResult<Journal> {
        serde_json::from_str(text).map_err(|error| EngineError::Broken(error.to_string()))
    }
}

/// What a field's change asks of the row as it is now.
pub enum Back {
    /// It holds what it held before.
    Done,
    To(Vec<Cell>),
    /// Somebody changed it since.
    Left,
}

impl FieldChange {
    pub fn back(&self, now: &Record) -> Back {
        let current = match self.column.as_str() {
            "owner" => vec![json!(now.owner)],
            "department" => vec![json!(now.department)],
            column => match now
                .object
                .fields
                .iter()
                .find(|field| field.column == column)
            {
                Some(field) => cells_of(now, field),
                // The field is no longer declared.
                None => return Back::Left,
            },
        };
        match () {
            () if current == self.old => Back::Done,
            () if current == self.new => Back::To(self.old.iter().map(cell).collect()),
            () => Back::Left,
        }
    }

    /// Adds the old value to what is to be written.
    pub fn put(&self, object: &Object, cells: &[Cell], values: &mut Values) {
        let int = cells.first().and_then(Cell::int);
        match self.column.as_str() {
            "owner" => values.owner = int,
            "department" => values.department = int,
            column => {
                if let Some(at) = object
                    .fields
                    .iter()
                    .position(|field| field.column == column)
                {
                    let field = &object.fields[at];
                    values.fields.push((at, field.kind.load(field, cells)));
                }
            }
        }
    }
}

fn is_computed(field: &Field) -> bool {
    matches!(field.kind.name(), "formula" | "roll_up")
}

fn cells_of(record: &Record, field: &Field) -> Vec<Json> {
    let at = record.object.position(&field.name);
    let mut cells = Vec::new();
    if let Some(at) = at {
        field.kind.store(field, &record.values[at], &mut cells);
    }
    cells.iter().map(cell_json).collect()
}

fn cell_json(cell: &Cell) -> Json {
    match cell {
        Cell::Null => Json::Null,
        Cell::Int(value) => json!(value),
        Cell::Text(text) => json!(text),
        Cell::Id(id) => json!({ "id": id }),
        Cell::Bytes(bytes) => json!({ "bytes": bytes }),
    }
}

fn cell(json: &Json) -> Cell {
    match json {
        Json::Number(number) => number.as_i64().map_or(Cell::Null, Cell::Int),
        Json::String(text) => Cell::from(text.as_str()),
        Json::Object(members) => {
            let id = members
                .get("id")
                .and_then(Json::as_str)
                .and_then(|id| id.parse::<Uuid>().ok());
            let bytes = members.get("bytes").and_then(Json::as_array);
            let byte = |byte: &Json| byte.as_u64().and_then(|byte| u8::try_from(byte).ok());
            match (id, bytes) {
                (Some(id), _) => Cell::Id(id),
                (None, Some(bytes)) => Cell::Bytes(bytes.iter().filter_map(byte).collect()),
                (None, None) => Cell::Null,
            }
        }
        _ => Cell::Null,
    }
}
