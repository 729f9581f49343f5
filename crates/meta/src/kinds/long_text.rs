//! Text of several lines.

use crate::catalog::Field;
use crate::fault::Fault;
use crate::kind::{Kind, Lines, Registered, Ty};
use crate::table::{Cell, ColumnSpec, ColumnType};
use crate::value::Value;
use serde_json::{Value as Json, json};

pub struct LongText;
inventory::submit!(Registered(&LongText));

/// Characters, when a declaration sets no `max`.
const MAX_CHARS: u32 = 20_000;

impl Kind for LongText {
    fn name(&self) -> &'static str {
        "long_text"
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
        lines(text, field.options.max.unwrap_or(MAX_CHARS))
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

    fn lines(&self) -> Lines {
        Lines::Many
    }

    fn schema(&self, field: &Field) -> Json {
        json!({ "type": "string", "maxLength": field.options.max.unwrap_or(MAX_CHARS) })
    }

    fn examples(&self) -> Vec<Json> {
        vec![json!("第一行\n第二行\twith a tab"), json!("one line")]
    }
}

/// Trims, makes line ends `\n`; control characters other than line end and tab, and too long a text, are faults.
pub(crate) fn lines(text: &str, max: u32) -> Result<Value, Fault> {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let text = text.trim();
    if text.is_empty() {
        return Ok(Value::Null);
    }
    if text
        .chars()
        .any(|letter| letter.is_control() && letter != '\n' && letter != '\t')
    {
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
