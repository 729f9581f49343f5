//! Telephone numbers: shown as typed, matched by their one form.

use crate::catalog::Field;
use crate::fault::Fault;
use crate::kind::{Kind, Registered, Ty};
use crate::several;
use crate::table::{Cell, ColumnSpec, ColumnType};
use crate::text::phone;
use crate::value::Value;
use serde_json::{Value as Json, json};

pub struct Phone;
inventory::submit!(Registered(&Phone));

/// Numbers of one field that has `several`.
const MOST: usize = 20;

/// Characters of one number as typed.
const MAX_CHARS: u32 = 60;

impl Kind for Phone {
    fn name(&self) -> &'static str {
        "phone"
    }

    fn options(&self) -> &'static [&'static str] {
        &["several"]
    }

    fn ty(&self, _: &Field) -> Ty {
        Ty::Text
    }

    /// The first number as typed, its one form, and where there may be several, all as a JSON array.
    fn columns(&self, field: &Field) -> Vec<ColumnSpec> {
        let mut columns = vec![
            ColumnSpec::new(&field.column, ColumnType::Text),
            ColumnSpec::new(key(field), ColumnType::Text),
        ];
        if field.options.several {
            columns.push(ColumnSpec::new(
                format!("{}_all", field.column),
                ColumnType::Text,
            ));
        }
        columns
    }

    /// One number; an array of them where the field has `several`.
    fn parse(&self, field: &Field, json: &Json) -> Result<Value, Fault> {
        several::one_or_more(json, if field.options.several { MOST } else { 1 }, one)
    }

    fn read(&self, field: &Field, text: &str) -> Result<Value, Fault> {
        // A number may have a semicolon itself, before its extension.
        if phone::parse(text).is_ok() {
            return self.parse(field, &Json::from(text));
        }
        self.parse(field, &several::split(text).into())
    }

    fn amend(&self, _: &Field, old: &Value, new: Value) -> Value {
        several::amend(old, new)
    }

    fn aliases(&self, field: &Field) -> Vec<String> {
        if field.options.several {
            vec![format!("{}s", field.name)]
        } else {
            Vec::new()
        }
    }

    fn to_json(&self, _: &Field, value: &Value) -> Json {
        several::texts(value)
            .into_iter()
            .next()
            .map_or(Json::Null, Json::from)
    }

    fn extra_json(&self, field: &Field, value: &Value) -> Vec<(&'static str, Json)> {
        if field.options.several {
            vec![("s", several::texts(value).into())]
        } else {
            Vec::new()
        }
    }

    fn to_text(&self, _: &Field, value: &Value) -> String {
        several::join(value)
    }

    fn store(&self, field: &Field, value: &Value, cells: &mut Vec<Cell>) {
        let texts = several::texts(value);
        let first = texts.first().map(String::as_str);
        cells.push(first.into());
        cells.push(first.and_then(phone::normalize).into());
        if field.options.several {
            cells.push(several::cell(value));
        }
    }

    fn load(&self, field: &Field, cells: &[Cell]) -> Value {
        several::load_one_or_more(&cells[0], cells.get(2).filter(|_| field.options.several))
    }

    fn write_text(&self, field: &Field, cells: &[Cell], out: &mut String) {
        if !several::write_the_one(&cells[0], cells.get(2), out) {
            out.push_str(&self.to_text(field, &self.load(field, cells)));
        }
    }

    fn keys(&self, field: &Field) -> Vec<String> {
        vec![key(field)]
    }

    fn examples(&self) -> Vec<Json> {
        vec![
            json!("0551-6234 5678"),
            json!(["+86 150 9104 9297", "010-62345678 转 8"]),
            json!("400-800-8888"),
        ]
    }
}

/// The column of the one form by which numbers are matched.
fn key(field: &Field) -> String {
    format!("{}_key", field.column)
}

fn one(text: &str) -> Result<Option<String>, Fault> {
    let Value::Text(text) = super::text::line(text, MAX_CHARS)? else {
        return Ok(None);
    };
    match phone::parse(&text) {
        Ok(_) => Ok(Some(text)),
        Err(_) => Err(Fault::new("not_a_phone").with("value", text)),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn one_number_or_several() {
        let mut field = Field::new("phone", &Phone);
        let two = json!(["010-62345678", "13800138000"]);
        assert_eq!(Phone.parse(&field, &two).unwrap_err().code, "only_one");
        field.options.several = true;
        let value = Phone.parse(&field, &two).unwrap();
        assert_eq!(Phone.to_json(&field, &value), json!("010-62345678"));
        assert_eq!(Phone.extra_json(&field, &value), [("s", two)]);
        assert_eq!(Phone.aliases(&field), ["phones"]);
        let mut cells = Vec::new();
        Phone.store(&field, &value, &mut cells);
        assert_eq!(cells[1].text(), Some("+861062345678"));
        let amended = Phone.amend(&field, &value, Value::from("110"));
        assert_eq!(Phone.to_text(&field, &amended), "110, 13800138000");
    }
}
