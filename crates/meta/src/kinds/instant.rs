//! A point in time: microseconds of UTC at rest, RFC 3339 in UTC in JSON.

use crate::catalog::Field;
use crate::fault::Fault;
use crate::kind::{Kind, Registered, Ty};
use crate::table::{Cell, ColumnSpec, ColumnType};
use crate::value::Value;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde_json::{Value as Json, json};

pub struct Instant;
inventory::submit!(Registered(&Instant));

impl Kind for Instant {
    fn name(&self) -> &'static str {
        "instant"
    }

    fn ty(&self, _: &Field) -> Ty {
        Ty::Instant
    }

    /// Microseconds since 1970-01-01T00:00:00Z.
    fn columns(&self, field: &Field) -> Vec<ColumnSpec> {
        vec![ColumnSpec::new(&field.column, ColumnType::Int)]
    }

    /// RFC 3339, with `Z` or an offset. A time without either is `without_zone`: `read_in` takes it.
    fn parse(&self, _: &Field, json: &Json) -> Result<Value, Fault> {
        let text = json
            .as_str()
            .ok_or_else(|| Fault::new("not_an_instant"))?
            .trim();
        match text.parse::<Timestamp>() {
            Ok(instant) if !text.contains('[') => Ok(Value::Instant(whole(instant))),
            _ if wall_clock(text).is_some() => Err(Fault::new("without_zone")),
            _ => Err(Fault::new("not_an_instant")),
        }
    }

    /// Also `2024-01-05 10:30`, `2024/1/5 10:30:00` and a day alone, its midnight, on the wall clock of `zone`.
    fn read_in(&self, field: &Field, text: &str, zone: &TimeZone) -> Result<Value, Fault> {
        match self.parse(field, &Json::from(text)) {
            Err(fault) if fault.code == "without_zone" => {
                let clock = wall_clock(text.trim()).ok_or_else(|| Fault::new("not_an_instant"))?;
                let instant = zone
                    .to_timestamp(clock)
                    .map_err(|_| Fault::new("out_of_range"))?;
                Ok(Value::Instant(whole(instant)))
            }
            other => other,
        }
    }

    fn to_json(&self, _: &Field, value: &Value) -> Json {
        instant(value).map_or(Json::Null, |instant| instant.to_string().into())
    }

    fn to_text(&self, _: &Field, value: &Value) -> String {
        instant(value)
            .map(|instant| instant.to_string())
            .unwrap_or_default()
    }

    fn store(&self, _: &Field, value: &Value, cells: &mut Vec<Cell>) {
        cells.push(instant(value).map(Timestamp::as_microsecond).into());
    }

    fn load(&self, _: &Field, cells: &[Cell]) -> Value {
        let instant = cells[0]
            .int()
            .and_then(|cell| Timestamp::from_microsecond(cell).ok());
        instant.map_or(Value::Null, Value::Instant)
    }

    fn schema(&self, _: &Field) -> Json {
        json!({ "type": "string", "format": "date-time" })
    }

    fn examples(&self) -> Vec<Json> {
        vec![
            json!("2024-01-05T10:30:00Z"),
            json!("2024-01-05T10:30:00.123456+08:00"),
            json!("1969-12-31T23:59:59.5Z"),
        ]
    }
}

fn instant(value: &Value) -> Option<Timestamp> {
    match value {
        Value::Instant(instant) => Some(*instant),
        _ => None,
    }
}

/// Columns keep microseconds: what is finer is cut when it comes in, so that a value equals what is read back.
fn whole(instant: Timestamp) -> Timestamp {
    Timestamp::from_microsecond(instant.as_microsecond()).unwrap_or(instant)
}

fn wall_clock(text: &str) -> Option<DateTime> {
    let text = text.replace('/', "-");
    let (day, time) = text.split_once([' ', 'T', 't']).unwrap_or((&text, "00:00"));
    let mut pieces = day.splitn(3, '-').map(|piece| piece.parse::<i16>().ok());
    let (year, month, day) = (pieces.next()??, pieces.next()??, pieces.next()??);
    let day =
        jiff::civil::Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()?;
    let time = time.trim();
    let time: jiff::civil::Time = if time.find(':') == Some(1) {
        format!("0{time}")
    } else {
        time.to_owned()
    }
    .parse()
    .ok()?;
    Some(day.to_datetime(time))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_time_without_zone_is_the_callers() {
        let field = Field::new("due_at", &Instant);
        let zone = TimeZone::fixed(jiff::tz::offset(8));
        for (input, expect) in [
            ("2024-01-05 10:30", "2024-01-05T02:30:00Z"),
            ("2024/1/5 9:30", "2024-01-05T01:30:00Z"),
            ("2024-01-05T10:30:15", "2024-01-05T02:30:15Z"),
            ("2024-01-05", "2024-01-04T16:00:00Z"),
            ("2024-01-05T10:30:00Z", "2024-01-05T10:30:00Z"),
        ] {
            let value = Instant.read_in(&field, input, &zone).unwrap();
            assert_eq!(Instant.to_text(&field, &value), expect, "{input}");
        }
        assert_eq!(
            Instant.read(&field, "2024-01-05 10:30").unwrap_err().code,
            "without_zone"
        );
        assert_eq!(
            Instant.read(&field, "soon").unwrap_err().code,
            "not_an_instant"
        );
        assert_eq!(
            Instant
                .read_in(&field, "2024-02-30 10:30", &zone)
                .unwrap_err()
                .code,
            "not_an_instant"
        );
    }
}
