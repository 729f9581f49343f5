//! E-mail addresses: shown as typed, compared in their one form.

use crate::catalog::Field;
use crate::fault::Fault;
use crate::kind::{Kind, Registered, Ty};
use crate::several;
use crate::table::{Cell, ColumnSpec, ColumnType};
use crate::text::email;
use crate::value::Value;
use serde_json::{Value as Json, json};

pub struct Email;
inventory::submit!(Registered(&Email));

/// Addresses of one field that has `several`.
const MOST: usize = 20;

impl Kind for Email {
    fn name(&self) -> &'static str {
        "email"
    }

    fn options(&self) -> &'static [&'static str] {
        &["several"]
    }

    fn ty(&self, _: &Field) -> Ty {
        Ty::Text
    }

    /// The first address normalised, the first as typed, and where there may be several, all as a JSON array.
    fn columns(&self, field: &Field) -> Vec<ColumnSpec> {
        let mut columns = vec![
            ColumnSpec::new(&field.column, ColumnType::Text),
            ColumnSpec::new(format!("{}_text", field.column), ColumnType::Text),
        ];
        if field.options.several {
            columns.push(ColumnSpec::new(
                format!("{}_all", field.column),
                ColumnType::Text,
            ));
        }
        columns
    }

    /// One address; an array of them where the field has `several`.
    fn parse(&self, field: &Field, json: &Json) -> Result<Value, Fault> {
        several::one_or_more(json, if field.options.several { MOST } else { 1 }, one)
    }

    fn read(&self, field: &Field, text: &str) -> Result<Value, Fault> {
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
        cells.push(first.map(|text| self.operand(field, text)).into());
        cells.push(first.into());
        if field.options.several {
            cells.push(several::cell(value));
        }
    }

    fn load(&self, field: &Field, cells: &[Cell]) -> Value {
        several::load_one_or_more(&cells[1], cells.get(2).filter(|_| field.options.several))
    }

    fn write_text(&self, field: &Field, cells: &[Cell], out: &mut String) {
        if !several::write_the_one(&cells[1], cells.get(2), out) {
            out.push_str(&self.to_text(field, &self.load(field, cells)));
        }
    }

    fn operand(&self, _: &Field, text: &str) -> String {
        email::normalize(text).unwrap_or_else(|_| text.to_lowercase())
    }

    fn schema(&self, _: &Field) -> Json {
        json!({ "type": "string", "format": "email" })
    }

    fn examples(&self) -> Vec<Json> {
        vec![
            json!("Li.Na@Example.com"),
            json!(["a@example.com", "B@example.cn"]),
            json!("用户@例子.中国"),
        ]
    }
}

fn one(text: &str) -> Result<Option<String>, Fault> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    email::check(text)
        .map(|()| Some(text.to_owned()))
        .map_err(|_| Fault::new("not_an_email").with("value", text))
}
