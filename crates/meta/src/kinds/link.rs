//! A link to another record: of one object, or of any (`to = "*"`).

use super::money::only;
use crate::catalog::Field;
use crate::fault::Fault;
use crate::kind::{Kind, Registered, Ty};
use crate::table::{Cell, ColumnSpec, ColumnType};
use crate::value::Value;
use serde_json::{Value as Json, json};
use uuid::Uuid;

pub struct Link;
inventory::submit!(Registered(&Link));

impl Kind for Link {
    fn name(&self) -> &'static str {
        "link"
    }

    fn options(&self) -> &'static [&'static str] {
        &["to"]
    }

    fn ty(&self, field: &Field) -> Ty {
        Ty::Link(field.options.to.clone().unwrap_or_default())
    }

    fn columns(&self, field: &Field) -> Vec<ColumnSpec> {
        let mut columns = vec![ColumnSpec::new(&field.column, ColumnType::Id)];
        if any(field) {
            columns.push(ColumnSpec::new(
                format!("{}_object", field.column),
                ColumnType::Text,
            ));
        }
        columns
    }

    /// An id; where any object is permitted, `{"object", "id"}` or `object:id`. Whether the record exists and
    /// may be seen is the engine's question.
    fn parse(&self, field: &Field, json: &Json) -> Result<Value, Fault> {
        if !any(field) {
            return id(json).map(Value::Id);
        }
        let (object, id_json) = match json {
            Json::Object(members) => {
                only(members, &["object", "id"])?;
                (
                    members.get("object").and_then(Json::as_str),
                    members.get("id").cloned(),
                )
            }
            Json::String(text) => match text.trim().split_once(':') {
                Some((object, id)) => (Some(object.trim()), Some(Json::from(id.trim()))),
                None => (None, None),
            },
            _ => (None, None),
        };
        match (object, id_json) {
            (Some(object), Some(json)) => Ok(Value::Reference {
                object: object.to_owned(),
                id: id(&json)?,
            }),
            _ => Err(Fault::new("not_a_reference")),
        }
    }

    fn to_json(&self, _: &Field, value: &Value) -> Json {
        match value {
            Value::Id(id) => id.to_string().into(),
            Value::Reference { object, id } => json!({ "object": object, "id": id }),
            _ => Json::Null,
        }
    }

    fn to_text(&self, _: &Field, value: &Value) -> String {
        match value {
            Value::Id(id) => id.to_string(),
            Value::Reference { object, id } => format!("{object}:{id}"),
            _ => String::new(),
        }
    }

    fn store(&self, field: &Field, value: &Value, cells: &mut Vec<Cell>) {
        cells.push(value.id().into());
        if any(field) {
            cells.push(match value {
                Value::Reference { object, .. } => object.as_str().into(),
                _ => Cell::Null,
            });
        }
    }

    fn load(&self, field: &Field, cells: &[Cell]) -> Value {
        let Some(id) = cells[0].id() else {
            return Value::Null;
        };
        match cells.get(1).filter(|_| any(field)).and_then(Cell::text) {
            Some(object) => Value::Reference {
                object: object.to_owned(),
                id,
            },
            None => Value::Id(id),
        }
    }

    fn check(&self, field: &Field) -> Result<(), Fault> {
        match field.options.to {
            None => Err(Fault::new("link_without_to")),
            Some(_) => Ok(()),
        }
    }

    fn schema(&self, field: &Field) -> Json {
        let id = json!({ "type": "string", "format": "uuid" });
        match any(field) {
            false => id,
            true => json!({
                "type": "object",
                "properties": { "object": { "type": "string" }, "id": id },
                "required": ["object", "id"],
            }),
        }
    }

    fn examples(&self) -> Vec<Json> {
        vec![json!("01890a5d-ac96-774b-bcce-b302099a8057")]
    }
}

/// Reads an id: a UUID in its hyphenated form.
pub(crate) fn id(json: &Json) -> Result<Uuid, Fault> {
    let text = json.as_str().map(str::trim).filter(|text| text.len() == 36);
    text.and_then(|text| Uuid::parse_str(text).ok())
        .ok_or_else(|| Fault::new("not_an_id"))
}

fn any(field: &Field) -> bool {
    field.options.to.as_deref() == Some("*")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_link_to_anything_says_to_what() {
        let mut field = Field::new("about", &Link);
        field.options.to = Some("*".to_owned());
        let json = json!({ "object": "customer", "id": "01890a5d-ac96-774b-bcce-b302099a8057" });
        let value = Link.parse(&field, &json).unwrap();
        assert_eq!(Link.to_json(&field, &value), json);
        assert_eq!(
            Link.read(&field, &Link.to_text(&field, &value)),
            Ok(value.clone())
        );
        let mut cells = Vec::new();
        Link.store(&field, &value, &mut cells);
        assert_eq!(Link.load(&field, &cells), value);
        let plain = Link.parse(&field, &json!("01890a5d-ac96-774b-bcce-b302099a8057"));
        assert_eq!(plain.unwrap_err().code, "not_a_reference");
    }
}
