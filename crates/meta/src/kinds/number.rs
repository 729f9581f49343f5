//! A business number, which the engine draws when the record is made: `C-202401-0007`.

use super::text::line;
use crate::catalog::Field;
use crate::fault::Fault;
use crate::kind::{Kind, Registered, Ty, Writable};
use crate::numbering::Numbering;
use crate::table::{Cell, ColumnSpec, ColumnType};
use crate::value::Value;
use serde_json::{Value as Json, json};

pub struct Number;
inventory::submit!(Registered(&Number));

impl Kind for Number {
    fn name(&self) -> &'static str {
        "number"
    }

    fn options(&self) -> &'static [&'static str] {
        &["pattern"]
    }

    fn ty(&self, _: &Field) -> Ty {
        Ty::Text
    }

    fn columns(&self, field: &Field) -> Vec<ColumnSpec> {
        vec![ColumnSpec::new(&field.column, ColumnType::Text)]
    }

    fn parse(&self, _: &Field, json: &Json) -> Result<Value, Fault> {
        let text = json.as_str().ok_or_else(|| Fault::new("not_text"))?;
        line(text, Numbering::MAX_CHARS)
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

    fn writable(&self) -> Writable {
        Writable::ByEngine
    }

    fn check(&self, field: &Field) -> Result<(), Fault> {
        Numbering::parse(field.options.pattern.as_deref().unwrap_or_default()).map(|_| ())
    }

    fn schema(&self, _: &Field) -> Json {
        json!({ "type": "string", "readOnly": true })
    }

    fn examples(&self) -> Vec<Json> {
        vec![json!("C-202401-0007")]
    }
}
