//! A whole number.

use crate::catalog::Field;
use crate::fault::Fault;
use crate::kind::{Kind, Registered, Ty};
use crate::number;
use crate::table::{Cell, ColumnSpec, ColumnType};
use crate::value::Value;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde_json::{Value as Json, json};

pub struct Integer;
inventory::submit!(Registered(&Integer));

/// The largest whole number, either sign, that every reader of JSON gives back as it was (RFC 8259, 6).
const MAX: i64 = (1 << 53) - 1;

impl Kind for Integer {
    fn name(&self) -> &'static str {
        "integer"
    }

    fn options(&self) -> &'static [&'static str] {
        &["min", "most"]
    }

    fn ty(&self, _: &Field) -> Ty {
        Ty::Number { scale: 0 }
    }

    fn columns(&self, field: &Field) -> Vec<ColumnSpec> {
        vec![ColumnSpec::new(&field.column, ColumnType::Int)]
    }

    fn parse(&self, field: &Field, json: &Json) -> Result<Value, Fault> {
        whole(field, number::decimal(json)?)
    }

    fn read(&self, field: &Field, text: &str) -> Result<Value, Fault> {
        whole(field, number::typed(text)?)
    }

    fn to_json(&self, _: &Field, value: &Value) -> Json {
        int(value).map_or(Json::Null, Json::from)
    }

    fn to_text(&self, _: &Field, value: &Value) -> String {
        int(value)
            .map(|value| value.to_string())
            .unwrap_or_default()
    }

    fn store(&self, _: &Field, value: &Value, cells: &mut Vec<Cell>) {
        cells.push(int(value).into());
    }

    fn load(&self, _: &Field, cells: &[Cell]) -> Value {
        cells[0].int().map_or(Value::Null, Value::Int)
    }

    fn check(&self, field: &Field) -> Result<(), Fault> {
        number::check(&field.options)
    }

    fn schema(&self, field: &Field) -> Json {
        let mut schema = json!({ "type": "integer" });
        if let Some(min) = field.options.min {
            schema["minimum"] = min.into();
        }
        if let Some(most) = field.options.most {
            schema["maximum"] = most.into();
        }
        schema
    }

    fn examples(&self) -> Vec<Json> {
        vec![json!(3), json!(0), json!("-12")]
    }
}

/// The number of an integer, or of a decimal that a formula computed.
fn int(value: &Value) -> Option<i64> {
    match value {
        Value::Int(value) => Some(*value),
        Value::Decimal(value) => value.round().to_i64(),
        _ => None,
    }
}

fn whole(field: &Field, value: Decimal) -> Result<Value, Fault> {
    let value = number::bounded(value, &field.options)?;
    let whole = number::scaled(value, 0).map_err(|fault| match fault.code {
        "too_many_decimals" => Fault::new("not_whole"),
        _ => fault,
    })?;
    if whole.abs() > MAX {
        return Err(Fault::new("out_of_range"));
    }
    Ok(Value::Int(whole))
}
