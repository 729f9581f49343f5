//! What every kind keeps to, tried on all that are registered, with examples and with whatever comes.

#![allow(clippy::unwrap_used)]

use crate::catalog::{Choice, Field, Options};
use crate::kind::{self, Kind, Lines, Writable};
use crate::value::Value;
use proptest::prelude::*;
use serde_json::{Value as Json, json};

/// A field of this kind with all that some kind needs declared.
fn field(kind: &'static dyn Kind) -> Field {
    let choice = |value: &str| Choice {
        value: value.to_owned(),
        ..Choice::default()
    };
    let mut field = Field::new("x", kind);
    field.options = Options {
        to: Some("customer".to_owned()),
        choices: vec![choice("organisation"), choice("person")],
        several: true,
        expression: Some("1".to_owned()),
        measure: Some("sum".to_owned()),
        of: Some("order".to_owned()),
        through: Some("customer".to_owned()),
        field: Some("amount".to_owned()),
        pattern: Some("C-{0000}".to_owned()),
        result: Some("decimal".to_owned()),
        ..Options::default()
    };
    field
}

/// Every way there and back, for JSON that the kind may take or refuse.
fn try_out(kind: &'static dyn Kind, json: &Json) -> Result<(), TestCaseError> {
    let field = field(kind);
    let Ok(value) = kind.parse(&field, json) else {
        return Ok(());
    };
    let mut cells = Vec::new();
    kind.store(&field, &value, &mut cells);
    prop_assert_eq!(
        cells.len(),
        kind.columns(&field).len(),
        "{}: cells of {}",
        kind.name(),
        json
    );
    if value.is_null() {
        prop_assert_eq!(kind.to_json(&field, &value), Json::Null);
        prop_assert_eq!(kind.to_text(&field, &value), "");
        return Ok(());
    }
    prop_assert_eq!(
        &kind.load(&field, &cells),
        &value,
        "{}: store and load {}",
        kind.name(),
        json
    );
    let mut written = String::new();
    kind.write_text(&field, &cells, &mut written);
    prop_assert_eq!(
        written,
        kind.to_text(&field, &value),
        "{}: the text of the cells of {}",
        kind.name(),
        json
    );
    there_and_back(kind, &field, &value, json)
}

/// Through JSON and through text, for a value that is not null.
fn there_and_back(
    kind: &dyn Kind,
    field: &Field,
    value: &Value,
    json: &Json,
) -> Result<(), TestCaseError> {
    // The plural names all values where there are several.
    let again = match kind
        .extra_json(field, value)
        .into_iter()
        .find(|(suffix, _)| *suffix == "s")
    {
        Some((_, all)) => all,
        None => kind.to_json(field, value),
    };
    let parsed = kind.parse(field, &again);
    prop_assert!(
        parsed.is_ok(),
        "{}: JSON {} of {} is refused",
        kind.name(),
        again,
        json
    );
    let same = |other: &Value| kind.to_json(field, other) == kind.to_json(field, value);
    prop_assert!(
        same(&parsed.unwrap()),
        "{}: to JSON and back {}",
        kind.name(),
        json
    );
    let text = kind.to_text(field, value);
    let read = kind.read(field, text.trim());
    prop_assert!(
        read.is_ok(),
        "{}: text {:?} of {} is refused",
        kind.name(),
        text,
        json
    );
    prop_assert!(
        same(&read.unwrap()),
        "{}: to text and back {}",
        kind.name(),
        json
    );
    if kind.lines() == Lines::One {
        prop_assert!(
            !text.contains(['\n', '\r']),
            "{}: {:?} has several lines",
            kind.name(),
            text
        );
    }
    Ok(())
}

fn any_json() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        any::<String>().prop_map(Json::from),
        "[-+]?[0-9]{1,12}(\\.[0-9]{1,5})?( ?[A-Z]{3})?".prop_map(Json::from),
        "[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]{1,9})?Z)?"
            .prop_map(Json::from),
        "(P|PT)[0-9]{1,9}[HDSMW]".prop_map(Json::from),
        "[<>/a-z&;\"' =]{0,40}".prop_map(Json::from),
        "\\PC{0,20}[省市区路, ;]{0,3}\\PC{0,10}".prop_map(Json::from),
        "[a-z]{1,8}(@|://)[a-z]{1,8}\\.[a-z]{2,3}".prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        any::<f64>().prop_map(Json::from),
        any::<bool>().prop_map(Json::from),
    ];
    leaf.prop_recursive(2, 8, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Json::from),
            (inner.clone(), inner).prop_map(|(a, b)| json!({ "amount": a, "currency": b })),
        ]
    })
}

proptest! {
    #[test]
    fn whatever_comes_is_refused_or_kept(json in any_json()) {
        for kind in kind::all() {
            try_out(kind, &json)?;
        }
    }
}

#[test]
fn examples_are_taken_and_come_back() {
    for kind in kind::all() {
        let examples = kind.examples();
        assert!(!examples.is_empty(), "{} has no example", kind.name());
        for json in examples {
            let parsed = kind.parse(&field(kind), &json);
            assert!(
                parsed.is_ok(),
                "{} refuses its example {json}: {parsed:?}",
                kind.name()
            );
            try_out(kind, &json).unwrap();
        }
    }
}

#[test]
fn null_is_null_on_every_way() {
    for kind in kind::all() {
        let field = field(kind);
        let mut cells = Vec::new();
        kind.store(&field, &Value::Null, &mut cells);
        assert_eq!(cells.len(), kind.columns(&field).len(), "{}", kind.name());
        assert_eq!(
            kind.to_json(&field, &Value::Null),
            Json::Null,
            "{}",
            kind.name()
        );
        assert_eq!(kind.to_text(&field, &Value::Null), "", "{}", kind.name());
        if kind.writable() == Writable::ByCaller {
            assert_eq!(kind.load(&field, &cells), Value::Null, "{}", kind.name());
        }
    }
}

#[test]
fn what_a_kind_declares_fits() {
    let every = serde_json::to_value(Options {
        max: Some(1),
        scale: Some(1),
        open: true,
        min: Some(1),
        most: Some(1),
        ..field(kind::lookup("text").unwrap()).options
    })
    .unwrap();
    for kind in kind::all() {
        let field = field(kind);
        assert_eq!(kind.check(&field), Ok(()), "{}", kind.name());
        let columns = kind.columns(&field);
        assert_eq!(columns[0].name, field.column, "{}", kind.name());
        assert!(
            kind.keys(&field)
                .iter()
                .all(|key| columns.iter().any(|column| column.name == *key))
        );
        for option in kind.options() {
            assert!(
                every.get(option).is_some(),
                "{}: no option is called {option}",
                kind.name()
            );
        }
        assert!(kind.schema(&field).is_object(), "{}", kind.name());
    }
}

/// Adding a kind is adding one file: nothing else lists them.
#[test]
fn the_folder_is_the_list() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/kinds");
    let mut files: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            entry
                .unwrap()
                .path()
                .file_stem()
                .unwrap()
                .to_string_lossy()
                .into_owned()
        })
        .filter(|name| name != "mod")
        .collect();
    let mut kinds: Vec<String> = kind::all().map(|kind| kind.name().to_owned()).collect();
    files.sort();
    kinds.sort();
    assert_eq!(files, kinds);
}
