//! A value that the engine computes from others when a record is saved. It rests as its result's kind does.

use crate::catalog::Field;
use crate::fault::Fault;
use crate::kind::{Kind, Registered, Ty, Writable, lookup, nearest};
use crate::number;
use crate::table::{Cell, ColumnSpec};
use crate::value::Value;
use serde_json::{Value as Json, json};

pub struct Formula;
inventory::submit!(Registered(&Formula));

/// Kinds that a result may have.
pub(crate) const RESULTS: [&str; 9] = [
    "bool", "integer", "decimal", "percent", "money", "text", "date", "instant", "duration",
];

impl Kind for Formula {
    fn name(&self) -> &'static str {
        "formula"
    }

    fn options(&self) -> &'static [&'static str] {
        &["expression", "result", "scale"]
    }

    fn ty(&self, field: &Field) -> Ty {
        match field.options.result {
            Some(_) => result(field).ty(field),
            None => Ty::Opaque,
        }
    }

    fn columns(&self, field: &Field) -> Vec<ColumnSpec> {
        result(field).columns(field)
    }

    fn parse(&self, field: &Field, json: &Json) -> Result<Value, Fault> {
        result(field).parse(field, json)
    }

    fn read(&self, field: &Field, text: &str) -> Result<Value, Fault> {
        result(field).read(field, text)
    }

    fn to_json(&self, field: &Field, value: &Value) -> Json {
        result(field).to_json(field, value)
    }

    fn to_text(&self, field: &Field, value: &Value) -> String {
        result(field).to_text(field, value)
    }

    fn write_text(&self, field: &Field, cells: &[Cell], out: &mut String) {
        result(field).write_text(field, cells, out);
    }

    fn store(&self, field: &Field, value: &Value, cells: &mut Vec<Cell>) {
        result(field).store(field, value, cells);
    }

    fn load(&self, field: &Field, cells: &[Cell]) -> Value {
        result(field).load(field, cells)
    }

    fn writable(&self) -> Writable {
        Writable::ByEngine
    }

    /// That the expression means something is the query language's question.
    fn check(&self, field: &Field) -> Result<(), Fault> {
        number::check(&field.options)?;
        check_result(field)?;
        match field.options.expression.as_deref().map(str::trim) {
            None | Some("") => Err(Fault::new("no_expression")),
            Some(_) => Ok(()),
        }
    }

    fn schema(&self, field: &Field) -> Json {
        let mut schema = result(field).schema(field);
        schema["readOnly"] = true.into();
        schema
    }

    fn examples(&self) -> Vec<Json> {
        vec![json!("1234.5")]
    }
}

/// The kind of the result; text while it is not known.
pub(crate) fn result(field: &Field) -> &'static dyn Kind {
    let name = field
        .options
        .result
        .as_deref()
        .filter(|name| RESULTS.contains(name));
    name.and_then(lookup).unwrap_or(&super::text::Text)
}

pub(crate) fn check_result(field: &Field) -> Result<(), Fault> {
    match field.options.result.as_deref() {
        Some(name) if !RESULTS.contains(&name) => {
            let near = nearest(name, RESULTS);
            Err(Fault::new("unknown_result")
                .with("value", name)
                .with("permitted", RESULTS.join(", "))
                .near(near))
        }
        _ => Ok(()),
    }
}
