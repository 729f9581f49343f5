//! Any JSON, for programs: kept and given back as it came.

use crate::catalog::Field;
use crate::fault::Fault;
use crate::kind::{Kind, Registered, Ty};
use crate::table::{Cell, ColumnSpec, ColumnType};
use crate::value::Value;
use serde_json::{Value as Any, json};

pub struct Json;
inventory::submit!(Registered(&Json));

/// Characters of the compact form, when a declaration sets no `max`.
const MAX_CHARS: u32 = 65_536;

impl Kind for Json {
    fn name(&self) -> &'static str {
        "json"
    }

    fn options(&self) -> &'static [&'static str] {
        &["max"]
    }

    fn ty(&self, _: &Field) -> Ty {
        Ty::Opaque
    }

    fn columns(&self, field: &Field) -> Vec<ColumnSpec> {
        vec![ColumnSpec::new(&field.column, ColumnType::Text)]
    }

    fn parse(&self, field: &Field, json: &Any) -> Result<Value, Fault> {
        let max = field.options.max.unwrap_or(MAX_CHARS);
        let length = json.to_string().chars().count();
        if length > max as usize {
            return Err(Fault::new("too_long")
                .with("max", max)
                .with("length", length));
        }
        Ok(Value::Json(json.clone()))
    }

    fn read(&self, field: &Field, text: &str) -> Result<Value, Fault> {
        let json: Any = serde_json::from_str(text).map_err(|_| Fault::new("not_json"))?;
        if json.is_null() {
            Ok(Value::Null)
        } else {
            self.parse(field, &json)
        }
    }

    fn to_json(&self, _: &Field, value: &Value) -> Any {
        match value {
            Value::Json(json) => json.clone(),
            _ => Any::Null,
        }
    }

    fn to_text(&self, _: &Field, value: &Value) -> String {
        match value {
            Value::Json(json) => json.to_string(),
            _ => String::new(),
        }
    }

    fn store(&self, field: &Field, value: &Value, cells: &mut Vec<Cell>) {
        cells.push(match value {
            Value::Json(_) => self.to_text(field, value).into(),
            _ => Cell::Null,
        });
    }

    fn load(&self, _: &Field, cells: &[Cell]) -> Value {
        cells[0]
            .text()
            .and_then(|text| serde_json::from_str(text).ok())
            .map_or(Value::Null, Value::Json)
    }

    fn schema(&self, _: &Field) -> Any {
        json!({})
    }

    fn examples(&self) -> Vec<Any> {
        vec![json!({ "a": [1, 2.5, "x\ny"] }), json!("text"), json!([])]
    }
}
