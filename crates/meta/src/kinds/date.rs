//! A day of the calendar, without a time and without a zone.

use crate::catalog::Field;
use crate::fault::Fault;
use crate::kind::{Kind, Registered, Ty};
use crate::table::{Cell, ColumnSpec, ColumnType};
use crate::value::Value;
use jiff::SignedDuration;
use jiff::civil::Date as Day;
use serde_json::{Value as Json, json};

pub struct Date;
inventory::submit!(Registered(&Date));

const EPOCH: Day = Day::constant(1970, 1, 1);

impl Kind for Date {
    fn name(&self) -> &'static str {
        "date"
    }

    fn ty(&self, _: &Field) -> Ty {
        Ty::Date
    }

    /// Days since 1970-01-01.
    fn columns(&self, field: &Field) -> Vec<ColumnSpec> {
        vec![ColumnSpec::new(&field.column, ColumnType::Int)]
    }

    /// `YYYY-MM-DD` alone: a date with a time would lose it.
    fn parse(&self, _: &Field, json: &Json) -> Result<Value, Fault> {
        let text = json
            .as_str()
            .ok_or_else(|| Fault::new("not_a_date"))?
            .trim();
        let pieces: Vec<&str> = text.split('-').collect();
        match pieces[..] {
            [year, month, day] if [year.len(), month.len(), day.len()] == [4, 2, 2] => {
                civil(year, month, day)
            }
            _ => Err(Fault::new("not_a_date")),
        }
    }

    /// Also `2024/1/5`, `2024.1.5`, `2024年1月5日`, `20240105`.
    fn read(&self, _: &Field, text: &str) -> Result<Value, Fault> {
        let text = text.trim().trim_end_matches(['日', '号']);
        if text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit()) {
            return civil(&text[..4], &text[4..6], &text[6..]);
        }
        let pieces: Vec<&str> = text
            .split(['-', '/', '.', '年', '月'])
            .map(str::trim)
            .collect();
        match pieces[..] {
            [year, month, day] if year.len() == 4 => civil(year, month, day),
            _ => Err(Fault::new("not_a_date")),
        }
    }

    fn to_json(&self, _: &Field, value: &Value) -> Json {
        day(value).map_or(Json::Null, |day| day.to_string().into())
    }

    fn to_text(&self, _: &Field, value: &Value) -> String {
        day(value).map(|day| day.to_string()).unwrap_or_default()
    }

    fn store(&self, _: &Field, value: &Value, cells: &mut Vec<Cell>) {
        cells.push(day(value).map(days).into());
    }

    fn load(&self, _: &Field, cells: &[Cell]) -> Value {
        let day = cells[0].int().and_then(from_days);
        day.map_or(Value::Null, Value::Date)
    }

    fn schema(&self, _: &Field) -> Json {
        json!({ "type": "string", "format": "date" })
    }

    fn examples(&self) -> Vec<Json> {
        vec![
            json!("2024-02-29"),
            json!("1969-12-31"),
            json!("0001-01-01"),
            json!("9999-12-31"),
        ]
    }
}

/// Days since 1970-01-01.
pub(crate) fn days(day: Day) -> i64 {
    i64::from((day - EPOCH).get_days())
}

fn from_days(days: i64) -> Option<Day> {
    EPOCH
        .checked_add(SignedDuration::from_hours(days.checked_mul(24)?))
        .ok()
}

fn day(value: &Value) -> Option<Day> {
    match value {
        Value::Date(day) => Some(*day),
        _ => None,
    }
}

fn civil(year: &str, month: &str, day: &str) -> Result<Value, Fault> {
    let digits = |text: &str| {
        text.bytes()
            .all(|byte| byte.is_ascii_digit())
            .then(|| text.parse().ok())
            .flatten()
    };
    let (Some(year), Some(month), Some(day)) = (digits(year), digits(month), digits(day)) else {
        return Err(Fault::new("not_a_date"));
    };
    let small = |number: i16| i8::try_from(number).unwrap_or(i8::MAX);
    if year < 1 {
        return Err(Fault::new("no_such_date"));
    }
    Day::new(year, small(month), small(day))
        .map(Value::Date)
        .map_err(|_| Fault::new("no_such_date"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_ways_people_write_days() {
        let field = Field::new("birthday", &Date);
        for input in [
            "2024-01-05",
            "2024/1/5",
            "2024.01.05",
            "2024年1月5日",
            "20240105",
        ] {
            assert_eq!(
                Date.read(&field, input),
                Ok(Value::Date(Day::constant(2024, 1, 5))),
                "{input}"
            );
        }
        for (input, code) in [
            ("2023-02-29", "no_such_date"),
            ("2024-13-01", "no_such_date"),
            ("2024-01-300", "no_such_date"),
            ("5/1/2024", "not_a_date"),
            ("2024-01-05T10:00", "not_a_date"),
            ("+024-01-05", "not_a_date"),
        ] {
            assert_eq!(
                Date.read(&field, input).map_err(|fault| fault.code),
                Err(code),
                "{input}"
            );
        }
    }
}
