//! Yes or no.

use crate::catalog::Field;
use crate::fault::Fault;
use crate::kind::{Kind, Registered, Ty};
use crate::table::{Cell, ColumnSpec, ColumnType};
use crate::value::Value;
use serde_json::{Value as Json, json};

pub struct Bool;
inventory::submit!(Registered(&Bool));

impl Kind for Bool {
    fn name(&self) -> &'static str {
        "bool"
    }

    fn ty(&self, _: &Field) -> Ty {
        Ty::Bool
    }

    fn columns(&self, field: &Field) -> Vec<ColumnSpec> {
        vec![ColumnSpec::new(&field.column, ColumnType::Int)]
    }

    fn parse(&self, _: &Field, json: &Json) -> Result<Value, Fault> {
        json.as_bool()
            .map(Value::Bool)
            .ok_or_else(|| Fault::new("not_bool"))
    }

    fn read(&self, _: &Field, text: &str) -> Result<Value, Fault> {
        match text.trim().to_lowercase().as_str() {
            "true" | "yes" | "y" | "on" | "1" | "是" | "对" | "真" | "√" => {
                Ok(Value::Bool(true))
            }
            "false" | "no" | "n" | "off" | "0" | "否" | "不是" | "假" | "×" => {
                Ok(Value::Bool(false))
            }
            _ => Err(Fault::new("not_bool")),
        }
    }

    fn to_json(&self, _: &Field, value: &Value) -> Json {
        bit(value).map_or(Json::Null, Json::from)
    }

    fn to_text(&self, _: &Field, value: &Value) -> String {
        bit(value).map(|bit| bit.to_string()).unwrap_or_default()
    }

    fn store(&self, _: &Field, value: &Value, cells: &mut Vec<Cell>) {
        cells.push(bit(value).map(i64::from).into());
    }

    fn load(&self, _: &Field, cells: &[Cell]) -> Value {
        cells[0]
            .int()
            .map_or(Value::Null, |cell| Value::Bool(cell != 0))
    }

    fn schema(&self, _: &Field) -> Json {
        json!({ "type": "boolean" })
    }

    fn examples(&self) -> Vec<Json> {
        vec![json!(true), json!(false)]
    }
}

fn bit(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(bit) => Some(*bit),
        _ => None,
    }
}
