//! Stars: a whole number from 1 to `most`, five when nothing is declared.

use crate::catalog::Field;
use crate::fault::Fault;
use crate::kind::{Kind, Registered, Ty};
use crate::number;
use crate::table::{Cell, ColumnSpec, ColumnType};
use crate::value::Value;
use serde_json::{Value as Json, json};

pub struct Rating;
inventory::submit!(Registered(&Rating));

/// Stars, when a declaration sets no `most`; and the most that it may set.
const MOST: i64 = 5;
const MOST_OF_ALL: i64 = 100;

impl Kind for Rating {
    fn name(&self) -> &'static str {
        "rating"
    }

    fn options(&self) -> &'static [&'static str] {
        &["most"]
    }

    fn ty(&self, _: &Field) -> Ty {
        Ty::Number { scale: 0 }
    }

    fn columns(&self, field: &Field) -> Vec<ColumnSpec> {
        vec![ColumnSpec::new(&field.column, ColumnType::Int)]
    }

    fn parse(&self, field: &Field, json: &Json) -> Result<Value, Fault> {
        let most = most(field);
        match number::scaled(number::decimal(json)?, 0) {
            Ok(stars) if (1..=most).contains(&stars) => Ok(Value::Int(stars)),
            _ => Err(Fault::new("not_a_rating").with("most", most)),
        }
    }

    fn to_json(&self, _: &Field, value: &Value) -> Json {
        stars(value).map_or(Json::Null, Json::from)
    }

    fn to_text(&self, _: &Field, value: &Value) -> String {
        stars(value)
            .map(|stars| stars.to_string())
            .unwrap_or_default()
    }

    fn store(&self, _: &Field, value: &Value, cells: &mut Vec<Cell>) {
        cells.push(stars(value).into());
    }

    fn load(&self, _: &Field, cells: &[Cell]) -> Value {
        cells[0].int().map_or(Value::Null, Value::Int)
    }

    fn check(&self, field: &Field) -> Result<(), Fault> {
        match most(field) {
            2..=MOST_OF_ALL => Ok(()),
            _ => Err(Fault::new("rating_most").with("most", MOST_OF_ALL)),
        }
    }

    fn schema(&self, field: &Field) -> Json {
        json!({ "type": "integer", "minimum": 1, "maximum": most(field) })
    }

    fn examples(&self) -> Vec<Json> {
        vec![json!(4), json!("1")]
    }
}

fn most(field: &Field) -> i64 {
    field.options.most.unwrap_or(MOST)
}

fn stars(value: &Value) -> Option<i64> {
    match value {
        Value::Int(stars) => Some(*stars),
        _ => None,
    }
}
