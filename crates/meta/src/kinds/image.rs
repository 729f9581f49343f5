//! A picture: a stored file that is shown.

use super::file;
use crate::catalog::Field;
use crate::fault::Fault;
use crate::kind::{Kind, Registered, Ty};
use crate::table::{Cell, ColumnSpec};
use crate::value::Value;
use serde_json::{Value as Json, json};

pub struct Image;
inventory::submit!(Registered(&Image));

impl Kind for Image {
    fn name(&self) -> &'static str {
        "image"
    }

    fn ty(&self, _: &Field) -> Ty {
        Ty::Opaque
    }

    fn columns(&self, field: &Field) -> Vec<ColumnSpec> {
        file::columns(field)
    }

    fn parse(&self, _: &Field, json: &Json) -> Result<Value, Fault> {
        file::parse(json)
    }

    fn read(&self, _: &Field, text: &str) -> Result<Value, Fault> {
        file::read(text)
    }

    fn to_json(&self, _: &Field, value: &Value) -> Json {
        file::to_json(value)
    }

    fn to_text(&self, _: &Field, value: &Value) -> String {
        file::to_text(value)
    }

    fn store(&self, _: &Field, value: &Value, cells: &mut Vec<Cell>) {
        file::store(value, cells);
    }

    fn load(&self, _: &Field, cells: &[Cell]) -> Value {
        file::load(cells)
    }

    fn schema(&self, _: &Field) -> Json {
        file::schema()
    }

    fn examples(&self) -> Vec<Json> {
        vec![json!({ "id": "01890a5d-ac96-774b-bcce-b302099a8057", "name": "照片.jpg" })]
    }
}
