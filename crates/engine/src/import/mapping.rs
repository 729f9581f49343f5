//! A mapping: which column of a file becomes which field, and how. The same keys in TOML (files kept beside data)
//! and in JSON (the wizard, REST).

use crate::error::{EngineError, EngineResult};
use guanxi_meta::fault::{Fault, FieldError};
use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::fmt;

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Mapping {
    /// Checked against the object that is imported, if it is named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<Mode>,
    /// The fields by which existing records are found.
    #[serde(rename = "match", skip_serializing_if = "Vec::is_empty")]
    pub match_fields: Vec<String>,
    /// Columns: a row in which one of them is empty is passed over.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub skip_rows_without: Vec<String>,
    /// As `strptime` writes formats: `%m/%d/%Y`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date_format: Option<String>,
    /// `,` where the file writes `1.234,50`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decimal: Option<DecimalMark>,
    /// Of a workbook.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sheet: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duplicates: Option<Duplicates>,
    /// By heading; where nothing but a field is to be said, its name alone: `"Firm" = "name"`.
    #[serde(
        skip_serializing_if = "BTreeMap::is_empty",
        deserialize_with = "columns_or_fields"
    )]
    pub columns: BTreeMap<String, ColumnMap>,
    /// Fields that are made of several columns.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub fields: BTreeMap<String, FieldMap>,
    /// The same value for every row.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub set: BTreeMap<String, Json>,
}

/// What becomes of rows whose record exists, or doesn't.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    #[default]
    Create,
    Update,
    Upsert,
}

impl Mode {
    pub fn parse(text: &str) -> Option<Mode> {
        match text {
            "create" => Some(Mode::Create),
            "update" => Some(Mode::Update),
            "upsert" => Some(Mode::Upsert),
            _ => None,
        }
    }
}

/// What becomes of a new record that looks like one which exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Duplicates {
    /// It is made, and counted.
    Report,
    /// It is not made; its row is among the failed.
    Skip,
    /// Nobody looks.
    Create,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum DecimalMark {
    #[serde(rename = ".")]
    Point,
    #[serde(rename = ",")]
    Comma,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ColumnMap {
    /// One field, or several that all get the cell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<OneOrMany>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub skip: bool,
    /// What stands in the file → what is meant.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub values: BTreeMap<String, String>,
    /// By which field of its target a link is found: `name`, `id`, `email`, `path` …
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<PerField<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub missing: Option<PerField<Missing>>,
    /// Numbers are multiplied by this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub factor: Option<serde_json::Number>,
    /// Of money that names none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date_format: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decimal: Option<DecimalMark>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FieldMap {
    pub template: String,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub values: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub missing: Option<Missing>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date_format: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl OneOrMany {
    pub fn names(&self) -> &[String] {
        match self {
            OneOrMany::One(name) => std::slice::from_ref(name),
            OneOrMany::Many(names) => names,
        }
    }
}

/// One for all fields of a column, or one for each.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum PerField<T> {
    All(T),
    Each(BTreeMap<String, T>),
}

impl<T> PerField<T> {
    pub fn of(&self, field: &str) -> Option<&T> {
        match self {
            PerField::All(value) => Some(value),
            PerField::Each(values) => values.get(field),
        }
    }
}

/// What a link becomes whose target is not found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Missing {
    /// The row fails with `not_found`.
    #[default]
    Error,
    /// The link stays empty.
    Empty,
    /// The target is made, with this name.
    Create,
}

impl Mapping {
    /// Reads TOML, or JSON where the text begins with a brace. A key that nobody knows is an error with its line.
    pub fn parse(text: &str) -> EngineResult<Mapping> {
        if text.trim_start().starts_with('{') {
            return serde_json::from_str(text)
                .map_err(|error| refused(error.line(), &error.to_string()));
        }
        toml::from_str(text).map_err(|error: toml::de::Error| {
            let line = error.span().map_or(0, |span| {
                text[..span.start.min(text.len())].matches('\n').count() + 1
            });
            refused(line, error.message())
        })
    }

    pub fn to_toml(&self) -> String {
        toml::to_string(self).unwrap_or_default()
    }
}

fn columns_or_fields<'de, D: Deserializer<'de>>(
    from: D,
) -> Result<BTreeMap<String, ColumnMap>, D::Error> {
    struct Lenient(ColumnMap);

    impl<'de> Deserialize<'de> for Lenient {
        fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Lenient, D::Error> {
            from.deserialize_any(Either)
        }
    }

    struct Either;

    impl<'de> Visitor<'de> for Either {
        type Value = Lenient;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("the name of a field, or a table with field, values, by …")
        }

        fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<Lenient, E> {
            Ok(Lenient(ColumnMap {
                field: Some(OneOrMany::One(name.to_owned())),
                ..ColumnMap::default()
            }))
        }

        fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Lenient, A::Error> {
            ColumnMap::deserialize(MapAccessDeserializer::new(map)).map(Lenient)
        }
    }

    let named = BTreeMap::<String, Lenient>::deserialize(from)?;
    Ok(named
        .into_iter()
        .map(|(heading, column)| (heading, column.0))
        .collect())
}

fn refused(line: usize, detail: &str) -> EngineError {
    let fault = Fault::new("bad_mapping")
        .with("line", line)
        .with("detail", detail);
    EngineError::Invalid(vec![fault.at(format!("map:{line}"))])
}

/// The line of the mapping's text on which a fault's key stands, as far as that can be told: `columns.x` is looked
/// for as `[columns."x"]`. Adds it to the faults.
pub fn with_lines(text: &str, faults: Vec<FieldError>) -> Vec<FieldError> {
    let line_of = |path: &str| {
        let mut parts = path.splitn(3, '.').skip(1);
        let name = parts.next().unwrap_or(path);
        let wanted = [
            format!("\"{name}\"]"),
            format!(".{name}]"),
            format!("{name} ="),
        ];
        let place = |pattern: &String| {
            text.lines()
                .position(|line| line.contains(pattern.as_str()))
        };
        wanted.iter().find_map(place).map(|at| at + 1)
    };
    let place = |mut error: FieldError| {
        if let Some(line) = line_of(&error.field) {
            error.fault = error.fault.with("line", line);
        }
        error
    };
    faults.into_iter().map(place).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_mapping_is_read_and_written_again() {
        let text = "object = \"customer\"\nmode = \"upsert\"\nmatch = [\"name\"]\n\n[columns.\"a b\"]\n\
            field = [\"parent\", \"name\"]\nby = { parent = \"external_id\" }\nmissing = \"create\"\nfactor = 1000000\n\n\
            [fields.region]\ntemplate = \"{x|province}\"\n\n[set]\nroles = [\"manager\"]\n";
        let mapping = Mapping::parse(text).unwrap();
        let column = &mapping.columns["a b"];
        assert_eq!(
            column.by.as_ref().unwrap().of("parent").unwrap(),
            "external_id"
        );
        assert_eq!(
            column.missing.as_ref().unwrap().of("name"),
            Some(&Missing::Create)
        );
        assert_eq!(Mapping::parse(&mapping.to_toml()).unwrap(), mapping);
        let json = serde_json::to_string(&mapping).unwrap();
        assert_eq!(Mapping::parse(&json).unwrap(), mapping);
    }

    #[test]
    fn a_column_may_be_a_fields_name_alone() {
        let long = Mapping::parse("[columns.Firm]\nfield = \"name\"\n").unwrap();
        for text in [
            "[columns]\nFirm = \"name\"\n",
            "{\"columns\": {\"Firm\": \"name\"}}",
        ] {
            assert_eq!(Mapping::parse(text).unwrap(), long);
        }
        assert!(Mapping::parse("{\"columns\": {\"Firm\": {\"feild\": \"name\"}}}").is_err());
    }

    #[test]
    fn an_unknown_key_has_its_line() {
        let Err(EngineError::Invalid(errors)) =
            Mapping::parse("mode = \"create\"\nmatcht = [\"x\"]\n")
        else {
            unreachable!("refused")
        };
        assert!(
            errors[0].fault.args.contains(&("line", "2".to_owned())),
            "{errors:?}"
        );
    }
}
