//! A length of time: whole microseconds at rest, ISO 8601 in JSON (`PT1H30M`).

use crate::catalog::Field;
use crate::fault::Fault;
use crate::kind::{Kind, Registered, Ty};
use crate::table::{Cell, ColumnSpec, ColumnType};
use crate::value::Value;
use jiff::{SignedDuration, Span};
use serde_json::{Value as Json, json};

pub struct Duration;
inventory::submit!(Registered(&Duration));

impl Kind for Duration {
    fn name(&self) -> &'static str {
        "duration"
    }

    fn ty(&self, _: &Field) -> Ty {
        Ty::Duration
    }

    fn columns(&self, field: &Field) -> Vec<ColumnSpec> {
        vec![ColumnSpec::new(&field.column, ColumnType::Int)]
    }

    /// ISO 8601 (`PT90M`, `P2D`) or `1h 30m`; a day is 24 hours; months and years have no length of their own.
    fn parse(&self, _: &Field, json: &Json) -> Result<Value, Fault> {
        let text = json
            .as_str()
            .ok_or_else(|| Fault::new("not_a_duration"))?
            .trim();
        let span: Span = text.parse().map_err(|_| Fault::new("not_a_duration"))?;
        micros(&span)
            .map(Value::Duration)
            .ok_or_else(|| Fault::new("not_a_duration"))
    }

    /// Also `1:30`, hours and minutes.
    fn read(&self, field: &Field, text: &str) -> Result<Value, Fault> {
        let clock = text.trim().split_once(':').and_then(|(hours, minutes)| {
            let (hours, minutes) = (hours.parse::<u32>().ok()?, minutes.parse::<u32>().ok()?);
            (minutes < 60).then(|| (i64::from(hours) * 60 + i64::from(minutes)) * 60 * 1_000_000)
        });
        match clock {
            Some(micros) => Ok(Value::Duration(micros)),
            None => self.parse(field, &Json::from(text)),
        }
    }

    fn to_json(&self, field: &Field, value: &Value) -> Json {
        match value {
            Value::Duration(_) => self.to_text(field, value).into(),
            _ => Json::Null,
        }
    }

    fn to_text(&self, _: &Field, value: &Value) -> String {
        match value {
            Value::Duration(micros) => SignedDuration::from_micros(*micros).to_string(),
            _ => String::new(),
        }
    }

    fn store(&self, _: &Field, value: &Value, cells: &mut Vec<Cell>) {
        cells.push(match value {
            Value::Duration(micros) => Cell::Int(*micros),
            _ => Cell::Null,
        });
    }

    fn load(&self, _: &Field, cells: &[Cell]) -> Value {
        cells[0].int().map_or(Value::Null, Value::Duration)
    }

    fn schema(&self, _: &Field) -> Json {
        json!({ "type": "string", "format": "duration" })
    }

    fn examples(&self) -> Vec<Json> {
        vec![
            json!("PT1H30M"),
            json!("P2D"),
            json!("45m"),
            json!("-PT0.5S"),
            json!("PT0S"),
        ]
    }
}

fn micros(span: &Span) -> Option<i64> {
    if span.get_years() != 0 || span.get_months() != 0 {
        return None;
    }
    let hours = i64::from(span.get_weeks()) * 7 * 24
        + i64::from(span.get_days()) * 24
        + i64::from(span.get_hours());
    let seconds = hours
        .checked_mul(3_600)?
        .checked_add(span.get_minutes().checked_mul(60)?)?;
    let micros = seconds
        .checked_add(span.get_seconds())?
        .checked_mul(1_000_000)?;
    let fine = span
        .get_milliseconds()
        .checked_mul(1_000)?
        .checked_add(span.get_microseconds())?;
    micros
        .checked_add(fine)?
        .checked_add(span.get_nanoseconds() / 1_000)
}
