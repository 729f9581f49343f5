//! Fields of several values: a JSON array of strings at rest, commas or a JSON array in files.

use crate::fault::Fault;
use crate::table::Cell;
use crate::value::Value;
use serde_json::Value as Json;

/// What people put between values. The Chinese enumeration comma is one of them.
const SEPARATORS: [char; 6] = [',', ';', '，', '；', '、', '\n'];

/// The values without empty ones and doubles, in their order; null when none is left.
pub(crate) fn collect(
    items: impl Iterator<Item = Result<Option<String>, Fault>>,
) -> Result<Value, Fault> {
    let mut values: Vec<Value> = Vec::new();
    for item in items {
        if let Some(text) = item? {
            let value = Value::Text(text);
            if !values.contains(&value) {
                values.push(value);
            }
        }
    }
    Ok(if values.is_empty() {
        Value::Null
    } else {
        Value::List(values)
    })
}

/// What `join` wrote, or what a person typed.
pub(crate) fn split(text: &str) -> Vec<String> {
    let text = text.trim();
    if text.starts_with('[')
        && let Ok(items) = serde_json::from_str(text)
    {
        return items;
    }
    text.split(SEPARATORS)
        .map(|piece| piece.trim().to_owned())
        .filter(|piece| !piece.is_empty())
        .collect()
}

/// One line that `split` takes apart again.
pub(crate) fn join(value: &Value) -> String {
    let texts = texts(value);
    if texts
        .iter()
        .any(|text| text.contains(SEPARATORS) || text.starts_with('['))
    {
        return Json::from(texts).to_string();
    }
    texts.join(", ")
}

pub(crate) fn to_json(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        _ => texts(value).into(),
    }
}

pub(crate) fn cell(value: &Value) -> Cell {
    match value {
        Value::Null => Cell::Null,
        _ => Cell::Text(Json::from(texts(value)).to_string()),
    }
}

/// The list in a cell; what `item` does not take is left out.
pub(crate) fn load(cell: &Cell, item: impl Fn(&str) -> Option<Value>) -> Value {
    let Some(text) = cell.text() else {
        return Value::Null;
    };
    let texts: Vec<String> = serde_json::from_str(text).unwrap_or_default();
    let values: Vec<Value> = texts.iter().filter_map(|text| item(text)).collect();
    if values.is_empty() {
        Value::Null
    } else {
        Value::List(values)
    }
}

/// The texts of a list, or of the one value that stands for itself.
pub(crate) fn texts(value: &Value) -> Vec<String> {
    let text = |value: &Value| match value {
        Value::Id(id) => Some(id.to_string()),
        other => other.text().map(str::to_owned),
    };
    match value {
        Value::List(items) => items.iter().filter_map(text).collect(),
        one => text(one).into_iter().collect(),
    }
}

/// Reads one text or several for a field whose value is, as a rule, one: a single text stays a single text, so
/// that only a field that holds several is a list.
pub(crate) fn one_or_more(
    json: &Json,
    most: usize,
    one: impl Fn(&str) -> Result<Option<String>, Fault>,
) -> Result<Value, Fault> {
    let items: &[Json] = match json {
        Json::Array(items) => items,
        other => std::slice::from_ref(other),
    };
    if items.len() > most {
        let fault = if most == 1 {
            Fault::new("only_one")
        } else {
            Fault::new("too_many")
        };
        return Err(fault.with("most", most));
    }
    let texts = items
        .iter()
        .map(|item| item.as_str().ok_or_else(|| Fault::new("not_text")));
    match collect(texts.map(|text| one(text?)))? {
        Value::List(mut items) if items.len() == 1 => Ok(items.remove(0)),
        other => Ok(other),
    }
}

/// What `one_or_more` read: the list where it is kept, else the one.
pub(crate) fn load_one_or_more(first: &Cell, all: Option<&Cell>) -> Value {
    match all.map(|cell| load(cell, |text| Some(Value::from(text)))) {
        Some(Value::List(mut items)) if items.len() == 1 => items.remove(0),
        Some(list @ Value::List(_)) => list,
        _ => first.text().map_or(Value::Null, Value::from),
    }
}

/// Appends the only value of a field, as `join` would; nothing where there are more, or where it takes `join` to tell.
pub(crate) fn write_the_one(first: &Cell, all: Option<&Cell>, out: &mut String) -> bool {
    let Some(one) = first.text() else {
        return false;
    };
    let is_alone = all.and_then(Cell::text).is_none_or(|all| {
        let inner = all
            .strip_prefix("[\"")
            .and_then(|all| all.strip_suffix("\"]"));
        inner == Some(one)
    });
    let is_plain = !one.contains(SEPARATORS) && !one.contains(['"', '\\']) && !one.starts_with('[');
    if is_alone && is_plain {
        out.push_str(one);
    }
    is_alone && is_plain
}

/// What stands after the first is written: the others stay.
pub(crate) fn amend(old: &Value, new: Value) -> Value {
    match (old.list(), &new) {
        ([_, others @ ..], Value::Text(_)) => {
            let mut items = vec![new.clone()];
            items.extend(others.iter().filter(|other| **other != new).cloned());
            if items.len() == 1 {
                new
            } else {
                Value::List(items)
            }
        }
        _ => new,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writing_the_first_keeps_the_others() {
        let list =
            |texts: &[&str]| Value::List(texts.iter().map(|&text| Value::from(text)).collect());
        assert_eq!(
            amend(&list(&["a", "b", "c"]), Value::from("x")),
            list(&["x", "b", "c"])
        );
        assert_eq!(
            amend(&list(&["a", "b"]), Value::from("b")),
            Value::from("b")
        );
        assert_eq!(amend(&Value::from("a"), Value::from("x")), Value::from("x"));
    }
}
