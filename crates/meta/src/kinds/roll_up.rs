//! A count, sum, least or greatest over the records that link here, kept by the engine in the same commit.

use super::formula::{check_result, result};
use crate::catalog::Field;
use crate::fault::Fault;
use crate::kind::{Kind, Registered, Ty, Writable, nearest};
use crate::table::{Cell, ColumnSpec};
use crate::value::Value;
use serde_json::{Value as Json, json};

pub struct RollUp;
inventory::submit!(Registered(&RollUp));

const MEASURES: [&str; 4] = ["count", "sum", "min", "max"];

impl Kind for RollUp {
    fn name(&self) -> &'static str {
        "roll_up"
    }

    fn options(&self) -> &'static [&'static str] {
        &[
            "measure",
            "of",
            "through",
            "field",
            "expression",
            "result",
            "scale",
        ]
    }

    fn ty(&self, field: &Field) -> Ty {
        match field.options.result {
            Some(_) => result(field).ty(field),
            None => Ty::Opaque,
        }
    }

    /// Those of the result's kind. Counts and sums begin at nought, so that they may be changed by a difference;
    /// a sum of money changes its first column alone.
    fn columns(&self, field: &Field) -> Vec<ColumnSpec> {
        let mut columns = result(field).columns(field);
        if from_nought(field) {
            columns[0].default = Some(0);
        }
        columns
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
        let first = cells.len();
        result(field).store(field, value, cells);
        if from_nought(field) && cells[first].is_null() {
            cells[first] = Cell::Int(0);
        }
        cells[first + 1..].fill(Cell::Null);
    }

    /// Differences are added to the first column alone, so the others say nothing.
    fn load(&self, field: &Field, cells: &[Cell]) -> Value {
        let mut kept = vec![Cell::Null; cells.len()];
        kept[0] = cells[0].clone();
        result(field).load(field, &kept)
    }

    fn writable(&self) -> Writable {
        Writable::ByEngine
    }

    fn check(&self, field: &Field) -> Result<(), Fault> {
        let options = &field.options;
        let measure = options.measure.as_deref().unwrap_or_default();
        if !MEASURES.contains(&measure) {
            let near = nearest(measure, MEASURES);
            let fault = Fault::new("unknown_measure")
                .with("value", measure)
                .with("permitted", MEASURES.join(", "));
            return Err(fault.near(near));
        }
        if options.of.is_none() || options.through.is_none() {
            return Err(Fault::new("roll_up_without_source"));
        }
        if measure != "count" && options.field.is_none() {
            return Err(Fault::new("roll_up_without_field").with("measure", measure));
        }
        check_result(field)
    }

    fn schema(&self, field: &Field) -> Json {
        let mut schema = result(field).schema(field);
        schema["readOnly"] = true.into();
        schema
    }

    fn examples(&self) -> Vec<Json> {
        vec![json!("12.5")]
    }
}

fn from_nought(field: &Field) -> bool {
    matches!(field.options.measure.as_deref(), Some("count" | "sum"))
}
