//! One line of text.

use crate::catalog::Field;
use crate::fault::Fault;
use crate::kind::{Kind, Registered, Ty};
use crate::table::{Cell, ColumnSpec, ColumnType};
use crate::value::Value;
use serde_json::{Value as Json, json};

pub struct Text;
inventory::submit!(Registered(&Text));

/// Characters, when a declaration sets no `max`.
const MAX_CHARS: u32 = 255;

impl Kind for Text {
    fn name(&self) -> &'static str {
        "text"
    }

    fn options(&self) -> &'static [&'static str] {
        &["max"]
    }

    fn ty(&self, _: &Field) -> Ty {
        Ty::Text
    }

    fn columns(&self, field: &Field) -> Vec<ColumnSpec> {
        vec![ColumnSpec::new(&field.column, ColumnType::Text)]
    }

    fn parse(&self, field: &Field, json: &Json) -> Result<Value, Fault> {
        let text = json.as_str().ok_or_else(|| Fault::new("not_text"))?;
        line(text, field.options.max.unwrap_or(MAX_CHARS))
    }

    fn to_json(&self, _: &Field, value: &Value) -> Json {
        value.text().map_or(Json::Null, Json::from)
    }

    fn to_text(&self, _: &Field, value: &Value) -> String {
        value.text().unwrap_or_default().to_owned()
    }

    fn store(&self, _: &Field, value: &Value, cells: &mut Vec<Cell>) {
        cells.push(value.text().into());
    }

    fn load(&self, _: &Field, cells: &[Cell]) -> Value {
        cells[0].text().map_or(Value::Null, Value::from)
    }

    fn schema(&self, field: &Field) -> Json {
        json!({ "type": "string", "maxLength": field.options.max.unwrap_or(MAX_CHARS) })
    }

    fn examples(&self) -> Vec<Json> {
        vec![json!("合肥锅炉厂"), json!("O'Brien & Sons, \"Ltd\"")]
    }
}

/// Trims; empty is null; control characters and too long a text are faults.
pub(crate) fn line(text: &str, max: u32) -> Result<Value, Fault> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(Value::Null);
    }
    if text.chars().any(char::is_control) {
        return Err(Fault::new("control_character"));
    }
    let length = text.chars().count();
    if length > max as usize {
        return Err(Fault::new("too_long")
            .with("max", max)
            .with("length", length));
    }
    Ok(Value::from(text))
}
