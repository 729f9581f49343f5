//! A percentage: 20 means 20 %. A number in JSON.

use crate::catalog::Field;
use crate::fault::Fault;
use crate::kind::{Kind, Registered, Ty};
use crate::number;
use crate::table::{Cell, ColumnSpec, ColumnType};
use crate::value::Value;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde_json::{Value as Json, json};

pub struct Percent;
inventory::submit!(Registered(&Percent));

/// Decimal places, when a declaration sets no `scale`.
const SCALE: u32 = 2;

impl Kind for Percent {
    fn name(&self) -> &'static str {
        "percent"
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
        keep(
            field,
            number::typed(text.trim_end_matches(['%', '％', ' ']))?,
        )
    }

    fn to_json(&self, _: &Field, value: &Value) -> Json {
        let Some(value) = any(value) else {
            return Json::Null;
        };
        // Two digits after the point survive the binary float: it prints the shortest decimal that reads back.
        match value
            .to_i64()
            .filter(|&whole| Decimal::from(whole) == value)
        {
            Some(whole) => whole.into(),
            None => value
                .to_string()
                .parse::<f64>()
                .map_or(Json::Null, Json::from),
        }
    }

    fn to_text(&self, _: &Field, value: &Value) -> String {
        any(value)
            .map(|value| format!("{value}%"))
            .unwrap_or_default()
    }

    fn store(&self, field: &Field, value: &Value, cells: &mut Vec<Cell>) {
        cells.push(any(value).map_or(Cell::Null, |value| number::cell(value, scale(field))));
    }

    fn load(&self, field: &Field, cells: &[Cell]) -> Value {
        cells[0].int().map_or(Value::Null, |cell| {
            Value::Decimal(number::unscaled(cell, scale(field)))
        })
    }

    fn check(&self, field: &Field) -> Result<(), Fault> {
        number::check(&field.options)
    }

    fn schema(&self, _: &Field) -> Json {
        json!({ "type": "number" })
    }

    fn examples(&self) -> Vec<Json> {
        vec![json!(20), json!(12.5), json!("33.33")]
    }
}

fn scale(field: &Field) -> u32 {
    field.options.scale.unwrap_or(SCALE).min(number::MAX_SCALE)
}

fn any(value: &Value) -> Option<Decimal> {
    match value {
        Value::Decimal(value) => Some(value.normalize()),
        Value::Int(value) => Some(Decimal::from(*value)),
        _ => None,
    }
}

fn keep(field: &Field, value: Decimal) -> Result<Value, Fault> {
    let value = number::bounded(value, &field.options)?;
    number::scaled(value, scale(field))?;
    Ok(Value::Decimal(value.normalize()))
}
