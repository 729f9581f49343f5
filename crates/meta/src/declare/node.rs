//! What a declaration is before it has a meaning: a tree of values, each with the place where it stands.
//! TOML files and the JSON of the API become the same tree.

use super::{DeclareError, Place};
use crate::fault::Fault;
use serde_json::Value as Json;
use std::sync::Arc;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub at: Place,
    pub content: Content,
}

#[derive(Debug, Clone)]
pub(crate) enum Content {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
    List(Vec<Node>),
    Table(Vec<Entry>),
}

#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub name: String,
    pub at: Place,
    pub node: Node,
}

impl Node {
    /// Reads a TOML document; every error of its syntax at once.
    pub(crate) fn toml(file: &str, text: &str) -> (Node, Vec<DeclareError>) {
        let source = Toml {
            file: file.into(),
            text,
        };
        let (table, errors) = DeTable::parse_recoverable(text);
        let errors = errors
            .iter()
            .map(|error| {
                let at = source.place(error.span().map_or(0, |span| span.start), String::new());
                DeclareError {
                    place: at,
                    fault: Fault::new("toml_syntax").with("detail", error.message().trim()),
                }
            })
            .collect();
        let at = source.place(0, String::new());
        (
            Node {
                content: source.table(table.get_ref(), ""),
                at,
            },
            errors,
        )
    }

    pub(crate) fn json(json: &Json) -> Node {
        from_json(json, String::new())
    }

    pub(crate) fn to_json(&self) -> Json {
        match &self.content {
            Content::Null => Json::Null,
            Content::Bool(value) => (*value).into(),
            Content::Int(value) => (*value).into(),
            Content::Float(value) => (*value).into(),
            Content::Text(text) => text.as_str().into(),
            Content::List(items) => items.iter().map(Node::to_json).collect(),
            Content::Table(entries) => Json::Object(
                entries
                    .iter()
                    .map(|entry| (entry.name.clone(), entry.node.to_json()))
                    .collect(),
            ),
        }
    }
}

struct Toml<'a> {
    file: Arc<str>,
    text: &'a str,
}

impl Toml<'_> {
    /// Line and column of a byte, both from one; columns count characters.
    fn place(&self, byte: usize, key: String) -> Place {
        let before = self.text.get(..byte).unwrap_or(self.text);
        let line = before.bytes().filter(|&byte| byte == b'\n').count() + 1;
        let column = before
            .rsplit('\n')
            .next()
            .unwrap_or_default()
            .chars()
            .count()
            + 1;
        let small = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        Place {
            file: self.file.clone(),
            line: small(line),
            column: small(column),
            key,
        }
    }

    fn table(&self, table: &DeTable<'_>, path: &str) -> Content {
        let mut entries: Vec<(usize, Entry)> = table
            .iter()
            .map(|(name, value)| {
                let (start, name) = (name.span().start, name.get_ref().to_string());
                let path = join(path, &name);
                (
                    start,
                    Entry {
                        at: self.place(start, path.clone()),
                        node: self.value(value, path),
                        name,
                    },
                )
            })
            .collect();
        // In the order in which they were written.
        entries.sort_by_key(|(start, _)| *start);
        Content::Table(entries.into_iter().map(|(_, entry)| entry).collect())
    }

    fn value(&self, value: &Spanned<DeValue<'_>>, path: String) -> Node {
        let content = match value.get_ref() {
            DeValue::String(text) => Content::Text(text.to_string()),
            DeValue::Boolean(value) => Content::Bool(*value),
            DeValue::Integer(digits) => {
                match i64::from_str_radix(digits.as_str(), digits.radix()) {
                    Ok(value) => Content::Int(value),
                    Err(_) => Content::Float(f64::NAN),
                }
            }
            DeValue::Float(digits) => Content::Float(digits.as_str().parse().unwrap_or(f64::NAN)),
            DeValue::Datetime(instant) => Content::Text(instant.to_string()),
            DeValue::Array(items) => Content::List(
                items
                    .iter()
                    .enumerate()
                    .map(|(at, item)| self.value(item, format!("{path}[{at}]")))
                    .collect(),
            ),
            DeValue::Table(table) => self.table(table, &path),
        };
        Node {
            at: self.place(value.span().start, path),
            content,
        }
    }
}

fn from_json(json: &Json, path: String) -> Node {
    let content = match json {
        Json::Null => Content::Null,
        Json::Bool(value) => Content::Bool(*value),
        Json::Number(number) => match number.as_i64() {
            Some(value) => Content::Int(value),
            None => Content::Float(number.as_f64().unwrap_or(f64::NAN)),
        },
        Json::String(text) => Content::Text(text.clone()),
        Json::Array(items) => Content::List(
            items
                .iter()
                .enumerate()
                .map(|(at, item)| from_json(item, format!("{path}[{at}]")))
                .collect(),
        ),
        Json::Object(members) => Content::Table(
            members
                .iter()
                .map(|(name, value)| {
                    let path = join(&path, name);
                    Entry {
                        name: name.clone(),
                        at: Place::key(&path),
                        node: from_json(value, path),
                    }
                })
                .collect(),
        ),
    };
    Node {
        at: Place::key(&path),
        content,
    }
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() {
        name.to_owned()
    } else {
        format!("{path}.{name}")
    }
}
