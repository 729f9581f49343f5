//! Links to several records of one object.

use super::link;
use crate::catalog::Field;
use crate::fault::Fault;
use crate::kind::{Kind, Registered, Ty};
use crate::several;
use crate::table::{Cell, ColumnSpec, ColumnType};
use crate::value::Value;
use serde_json::{Value as Json, json};
use uuid::Uuid;

pub struct ManyLinks;
inventory::submit!(Registered(&ManyLinks));

/// Links of one field; more belong into an object of their own.
const MAX_LINKS: usize = 200;

impl Kind for ManyLinks {
    fn name(&self) -> &'static str {
        "many_links"
    }

    fn options(&self) -> &'static [&'static str] {
        &["to"]
    }

    fn ty(&self, field: &Field) -> Ty {
        Ty::List(Box::new(Ty::Link(
            field.options.to.clone().unwrap_or_default(),
        )))
    }

    /// A JSON array of ids.
    fn columns(&self, field: &Field) -> Vec<ColumnSpec> {
        vec![ColumnSpec::new(&field.column, ColumnType::Text)]
    }

    fn parse(&self, _: &Field, json: &Json) -> Result<Value, Fault> {
        let items = json.as_array().ok_or_else(|| Fault::new("not_a_list"))?;
        if items.len() > MAX_LINKS {
            return Err(Fault::new("too_many").with("most", MAX_LINKS));
        }
        let mut ids: Vec<Value> = Vec::with_capacity(items.len());
        for item in items {
            let id = Value::Id(link::id(item)?);
            if !ids.contains(&id) {
                ids.push(id);
            }
        }
        Ok(if ids.is_empty() {
            Value::Null
        } else {
            Value::List(ids)
        })
    }

    fn read(&self, field: &Field, text: &str) -> Result<Value, Fault> {
        self.parse(
            field,
            &several::split(text).into_iter().map(Json::from).collect(),
        )
    }

    fn to_json(&self, _: &Field, value: &Value) -> Json {
        several::to_json(value)
    }

    fn to_text(&self, _: &Field, value: &Value) -> String {
        several::join(value)
    }

    fn store(&self, _: &Field, value: &Value, cells: &mut Vec<Cell>) {
        cells.push(several::cell(value));
    }

    fn load(&self, _: &Field, cells: &[Cell]) -> Value {
        several::load(&cells[0], |text| Uuid::parse_str(text).ok().map(Value::Id))
    }

    fn check(&self, field: &Field) -> Result<(), Fault> {
        match field.options.to.as_deref() {
            None | Some("*") => Err(Fault::new("link_without_to")),
            Some(_) => Ok(()),
        }
    }

    fn schema(&self, _: &Field) -> Json {
        json!({ "type": "array", "items": { "type": "string", "format": "uuid" }, "uniqueItems": true })
    }

    fn examples(&self) -> Vec<Json> {
        vec![json!([
            "01890a5d-ac96-774b-bcce-b302099a8057",
            "01890a5d-ac96-774b-bcce-b302099a8058"
        ])]
    }
}
