//! Several of a list of values; `tags` is an open one.

use super::choice;
use crate::catalog::Field;
use crate::fault::Fault;
use crate::kind::{Kind, Registered, Ty};
use crate::several;
use crate::table::{Cell, ColumnSpec, ColumnType};
use crate::value::Value;
use serde_json::{Value as Json, json};

pub struct MultiChoice;
inventory::submit!(Registered(&MultiChoice));

/// Values of one field.
const MAX_VALUES: usize = 200;

impl Kind for MultiChoice {
    fn name(&self) -> &'static str {
        "multi_choice"
    }

    fn options(&self) -> &'static [&'static str] {
        &["choices", "open"]
    }

    fn ty(&self, _: &Field) -> Ty {
        Ty::List(Box::new(Ty::Text))
    }

    /// A JSON array of strings.
    fn columns(&self, field: &Field) -> Vec<ColumnSpec> {
        vec![ColumnSpec::new(&field.column, ColumnType::Text)]
    }

    fn parse(&self, field: &Field, json: &Json) -> Result<Value, Fault> {
        let items = json.as_array().ok_or_else(|| Fault::new("not_a_list"))?;
        if items.len() > MAX_VALUES {
            return Err(Fault::new("too_many").with("most", MAX_VALUES));
        }
        let texts = items
            .iter()
            .map(|item| item.as_str().ok_or_else(|| Fault::new("not_text")));
        several::collect(texts.map(|text| choice::one(field, text?)))
    }

    /// Values or labels with commas between them; a JSON array where a value has a comma itself.
    fn read(&self, field: &Field, text: &str) -> Result<Value, Fault> {
        let pieces = several::split(text);
        let values = pieces
            .iter()
            .map(|piece| Json::from(choice::by_label(field, piece)))
            .collect();
        self.parse(field, &Json::Array(values))
    }

    fn to_json(&self, _: &Field, value: &Value) -> Json {
        several::to_json(value)
    }

    fn to_text(&self, _: &Field, value: &Value) -> String {
        several::join(value)
    }

    fn store(&self, _: &Field, value: &Value, cells: &mut Vec<Cell>) {
        cells.push(several::cell(value));
    }

    fn load(&self, _: &Field, cells: &[Cell]) -> Value {
        several::load(&cells[0], |text| Some(Value::from(text)))
    }

    fn check(&self, field: &Field) -> Result<(), Fault> {
        choice::check(field)
    }

    fn schema(&self, field: &Field) -> Json {
        json!({ "type": "array", "items": choice::schema(field), "uniqueItems": true })
    }

    fn examples(&self) -> Vec<Json> {
        vec![json!(["organisation", "person"]), json!(["person"])]
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn values_may_have_commas() {
        let mut field = Field::new("tags", &MultiChoice);
        field.options.open = true;
        let value = MultiChoice
            .parse(&field, &json!(["a, b", "c", "c", " "]))
            .unwrap();
        assert_eq!(MultiChoice.to_text(&field, &value), r#"["a, b","c"]"#);
        assert_eq!(
            MultiChoice.read(&field, &MultiChoice.to_text(&field, &value)),
            Ok(value)
        );
        let value = MultiChoice.read(&field, "VIP，老客户; x").unwrap();
        assert_eq!(MultiChoice.to_text(&field, &value), "VIP, 老客户, x");
    }
}
