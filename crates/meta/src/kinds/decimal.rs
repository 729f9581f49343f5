//! An exact decimal number: a scaled integer at rest, a string in JSON.

use crate::catalog::Field;
use crate::fault::Fault;
use crate::kind::{Kind, Registered, Ty};
use crate::number;
use crate::table::{Cell, ColumnSpec, ColumnType};
use crate::value::Value;
use rust_decimal::Decimal as Number;
use serde_json::{Value as Json, json};

pub struct Decimal;
inventory::submit!(Registered(&Decimal));

impl Kind for Decimal {
    fn name(&self) -> &'static str {
        "decimal"
    }

    fn options(&self) -> &'static [&'static str] {
        &["scale", "min", "most"]
    }

    fn ty(&self, field: &Field) -> Ty {
        Ty::Number {
            scale: scale(field),
        }
    }

    fn columns(&self, field: &Field) -> Vec<ColumnSpec> {
        vec![ColumnSpec::new(&field.column, ColumnType::Int)]
    }

    fn parse(&self, field: &Field, json: &Json) -> Result<Value, Fault> {
        keep(field, number::decimal(json)?)
    }

    fn read(&self, field: &Field, text: &str) -> Result<Value, Fault> {
        keep(field, number::typed(text)?)
    }

    fn to_json(&self, field: &Field, value: &Value) -> Json {
        digits(field, value).map_or(Json::Null, Json::from)
    }

    fn to_text(&self, field: &Field, value: &Value) -> String {
        digits(field, value).unwrap_or_default()
    }

    fn store(&self, field: &Field, value: &Value, cells: &mut Vec<Cell>) {
        cells.push(any(value).map_or(Cell::Null, |value| number::cell(value, scale(field))));
    }

    fn load(&self, field: &Field, cells: &[Cell]) -> Value {
        cells[0].int().map_or(Value::Null, |cell| {
            Value::Decimal(number::unscaled(cell, scale(field)))
        })
    }

    fn write_text(&self, field: &Field, cells: &[Cell], out: &mut String) {
        if let Some(cell) = cells[0].int() {
            let places = field.options.scale.unwrap_or(0);
            number::write_fixed(cell, scale(field), places, out);
        }
    }

    fn check(&self, field: &Field) -> Result<(), Fault> {
        number::check(&field.options)
    }

    fn schema(&self, _: &Field) -> Json {
        json!({ "type": "string", "pattern": "^-?[0-9]+(\\.[0-9]+)?$" })
    }

    fn examples(&self) -> Vec<Json> {
        vec![json!("12.5"), json!("-0.0001"), json!(7), json!(0.25)]
    }
}

fn scale(field: &Field) -> u32 {
    field
        .options
        .scale
        .unwrap_or(number::SCALE)
        .min(number::MAX_SCALE)
}

/// As many decimal places as were declared; as many as it has where nothing was.
fn digits(field: &Field, value: &Value) -> Option<String> {
    Some(number::fixed(any(value)?, field.options.scale.unwrap_or(0)))
}

fn any(value: &Value) -> Option<Number> {
    match value {
        Value::Decimal(value) => Some(*value),
        Value::Int(value) => Some(Number::from(*value)),
        _ => None,
    }
}

fn keep(field: &Field, value: Number) -> Result<Value, Fault> {
    let value = number::bounded(value, &field.options)?;
    number::scaled(value, scale(field))?;
    Ok(Value::Decimal(value.normalize()))
}
