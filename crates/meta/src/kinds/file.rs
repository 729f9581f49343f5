//! A stored file.

use super::link;
use super::money::only;
use super::text::line;
use crate::catalog::Field;
use crate::fault::Fault;
use crate::kind::{Kind, Registered, Ty};
use crate::table::{Cell, ColumnSpec, ColumnType};
use crate::value::Value;
use serde_json::{Value as Json, json};

pub struct File;
inventory::submit!(Registered(&File));

/// Characters of a file's name.
const MAX_CHARS: u32 = 255;

impl Kind for File {
    fn name(&self) -> &'static str {
        "file"
    }

    fn ty(&self, _: &Field) -> Ty {
        Ty::Opaque
    }

    fn columns(&self, field: &Field) -> Vec<ColumnSpec> {
        columns(field)
    }

    fn parse(&self, _: &Field, json: &Json) -> Result<Value, Fault> {
        parse(json)
    }

    fn read(&self, _: &Field, text: &str) -> Result<Value, Fault> {
        read(text)
    }

    fn to_json(&self, _: &Field, value: &Value) -> Json {
        to_json(value)
    }

    fn to_text(&self, _: &Field, value: &Value) -> String {
        to_text(value)
    }

    fn store(&self, _: &Field, value: &Value, cells: &mut Vec<Cell>) {
        store(value, cells);
    }

    fn load(&self, _: &Field, cells: &[Cell]) -> Value {
        load(cells)
    }

    fn schema(&self, _: &Field) -> Json {
        schema()
    }

    fn examples(&self) -> Vec<Json> {
        vec![
            json!({ "id": "01890a5d-ac96-774b-bcce-b302099a8057", "name": "合同 1.pdf" }),
            json!("01890a5d-ac96-774b-bcce-b302099a8057"),
        ]
    }
}

/// The file's id, and its name.
pub(crate) fn columns(field: &Field) -> Vec<ColumnSpec> {
    vec![
        ColumnSpec::new(&field.column, ColumnType::Id),
        ColumnSpec::new(format!("{}_name", field.column), ColumnType::Text),
    ]
}

/// An id as `POST /files` answered it, alone or with a name; the engine checks that the caller may see the file,
/// and fills the name that it was stored under.
pub(crate) fn parse(json: &Json) -> Result<Value, Fault> {
    let Json::Object(members) = json else {
        return Ok(Value::File {
            id: link::id(json)?,
            name: String::new(),
        });
    };
    only(members, &["id", "name"])?;
    let id = link::id(members.get("id").unwrap_or(&Json::Null))?;
    let name = match members.get("name") {
        None | Some(Json::Null) => Value::Null,
        Some(name) => line(
            name.as_str().ok_or_else(|| Fault::new("not_text"))?,
            MAX_CHARS,
        )?,
    };
    Ok(Value::File {
        id,
        name: name.text().unwrap_or_default().to_owned(),
    })
}

/// `id name`.
pub(crate) fn read(text: &str) -> Result<Value, Fault> {
    match text.trim().split_once(' ') {
        Some((id, name)) => parse(&json!({ "id": id, "name": name })),
        None => parse(&Json::from(text)),
    }
}

pub(crate) fn to_json(value: &Value) -> Json {
    match value {
        Value::File { id, name } => json!({ "id": id, "name": name }),
        _ => Json::Null,
    }
}

pub(crate) fn to_text(value: &Value) -> String {
    match value {
        Value::File { id, name } => format!("{id} {name}").trim_end().to_owned(),
        _ => String::new(),
    }
}

pub(crate) fn store(value: &Value, cells: &mut Vec<Cell>) {
    match value {
        Value::File { id, name } => cells.extend([Cell::Id(*id), name.as_str().into()]),
        _ => cells.extend([Cell::Null, Cell::Null]),
    }
}

pub(crate) fn load(cells: &[Cell]) -> Value {
    let name = cells[1].text().unwrap_or_default().to_owned();
    cells[0]
        .id()
        .map_or(Value::Null, |id| Value::File { id, name })
}

pub(crate) fn schema() -> Json {
    json!({
        "type": "object",
        "properties": { "id": { "type": "string", "format": "uuid" }, "name": { "type": "string" } },
        "required": ["id"],
    })
}
