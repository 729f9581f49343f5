//! One of a list of values. A closed list refuses others; an open one takes them.

use super::text::line;
use crate::catalog::Field;
use crate::fault::Fault;
use crate::kind::{Kind, Registered, Ty, nearest};
use crate::table::{Cell, ColumnSpec, ColumnType};
use crate::value::Value;
use serde_json::{Value as Json, json};

pub struct Choice;
inventory::submit!(Registered(&Choice));

/// Characters of a value.
pub(crate) const MAX_CHARS: u32 = 100;

impl Kind for Choice {
    fn name(&self) -> &'static str {
        "choice"
    }

    fn options(&self) -> &'static [&'static str] {
        &["choices", "open"]
    }

    fn ty(&self, _: &Field) -> Ty {
        Ty::Text
    }

    fn columns(&self, field: &Field) -> Vec<ColumnSpec> {
        vec![ColumnSpec::new(&field.column, ColumnType::Text)]
    }

    fn parse(&self, field: &Field, json: &Json) -> Result<Value, Fault> {
        let text = json.as_str().ok_or_else(|| Fault::new("not_text"))?;
        Ok(one(field, text)?.map_or(Value::Null, Value::Text))
    }

    /// Also by label, in any language, whatever the case.
    fn read(&self, field: &Field, text: &str) -> Result<Value, Fault> {
        Ok(one(field, by_label(field, text))?.map_or(Value::Null, Value::Text))
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

    fn check(&self, field: &Field) -> Result<(), Fault> {
        check(field)
    }

    fn schema(&self, field: &Field) -> Json {
        schema(field)
    }

    fn examples(&self) -> Vec<Json> {
        vec![json!("organisation"), json!("person")]
    }
}

/// A value of the list, or of an open list any line; `None` when empty.
pub(crate) fn one(field: &Field, text: &str) -> Result<Option<String>, Fault> {
    let Value::Text(text) = line(text, MAX_CHARS)? else {
        return Ok(None);
    };
    let options = &field.options;
    if options.open || options.choices.iter().any(|choice| choice.value == text) {
        return Ok(Some(text));
    }
    let values = || options.choices.iter().map(|choice| choice.value.as_str());
    let permitted = values().collect::<Vec<_>>().join(", ");
    Err(Fault::new("unknown_choice")
        .with("value", &text)
        .with("permitted", permitted)
        .near(nearest(&text, values())))
}

/// The value whose label, or which itself but for case, is this text; else the text.
pub(crate) fn by_label<'a>(field: &'a Field, text: &'a str) -> &'a str {
    let text = text.trim();
    let choices = &field.options.choices;
    if choices.iter().any(|choice| choice.value == text) {
        return text;
    }
    let wanted = text.to_lowercase();
    choices
        .iter()
        .find(|choice| {
            choice.value.to_lowercase() == wanted
                || choice
                    .label
                    .0
                    .values()
                    .any(|word| word.to_lowercase() == wanted)
        })
        .map_or(text, |choice| &choice.value)
}

/// Holds that there is something to choose, and each thing once.
pub(crate) fn check(field: &Field) -> Result<(), Fault> {
    let choices = &field.options.choices;
    if choices.is_empty() && !field.options.open {
        return Err(Fault::new("no_choices"));
    }
    for (at, choice) in choices.iter().enumerate() {
        if !matches!(line(&choice.value, MAX_CHARS)?, Value::Text(text) if text == choice.value) {
            return Err(Fault::new("choice_value").with("value", &choice.value));
        }
        if choices[..at]
            .iter()
            .any(|other| other.value == choice.value)
        {
            return Err(Fault::new("duplicate_choice").with("value", &choice.value));
        }
    }
    Ok(())
}

pub(crate) fn schema(field: &Field) -> Json {
    let values: Vec<&str> = field
        .options
        .choices
        .iter()
        .map(|choice| choice.value.as_str())
        .collect();
    match field.options.open {
        true => json!({ "type": "string", "examples": values }),
        false => json!({ "type": "string", "enum": values }),
    }
}
