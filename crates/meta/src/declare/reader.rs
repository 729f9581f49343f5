//! Reading a tree of values into types: every key that is asked for is known, every other one is an error with
//! the nearest known name, and reading goes on after an error, so that all come at once.

use super::node::{Content, Entry, Node};
use super::{DeclareError, Place};
use crate::fault::Fault;
use crate::kind::nearest;
use crate::label::{Label, Lang};
use std::cell::RefCell;

/// What was wrong so far.
#[derive(Default)]
pub(crate) struct Errors(RefCell<Vec<DeclareError>>);

impl Errors {
    pub(crate) fn add(&self, place: &Place, fault: Fault) {
        self.0.borrow_mut().push(DeclareError {
            place: place.clone(),
            fault,
        });
    }

    pub(crate) fn extend(&self, errors: Vec<DeclareError>) {
        self.0.borrow_mut().extend(errors);
    }

    pub(crate) fn take(self) -> Vec<DeclareError> {
        self.0.into_inner()
    }
}

/// A table that is being read. Ask for every key, then `finish`.
pub(crate) struct Table<'a> {
    pub at: &'a Place,
    pub errors: &'a Errors,
    entries: &'a [Entry],
    known: RefCell<Vec<&'static str>>,
}

impl<'a> Table<'a> {
    /// An empty table, and an error, where there is none.
    pub(crate) fn of(node: &'a Node, errors: &'a Errors) -> Table<'a> {
        let entries: &[Entry] = match &node.content {
            Content::Table(entries) => entries,
            _ => {
                errors.add(&node.at, Fault::new("wrong_type").with("expected", "table"));
                &[]
            }
        };
        Table {
            at: &node.at,
            errors,
            entries,
            known: RefCell::default(),
        }
    }

    /// Every entry, for tables whose keys are names.
    pub(crate) fn entries(&self) -> &'a [Entry] {
        self.entries
    }

    /// The value of a key; JSON null is as good as none.
    pub(crate) fn get(&self, name: &'static str) -> Option<&'a Node> {
        self.known.borrow_mut().push(name);
        let entry = self.entries.iter().find(|entry| entry.name == name)?;
        (!matches!(entry.node.content, Content::Null)).then_some(&entry.node)
    }

    pub(crate) fn text(&self, name: &'static str) -> Option<&'a str> {
        text(self.get(name)?, self.errors)
    }

    /// A text that must be there; empty, and an error, when it is not.
    pub(crate) fn needed(&self, name: &'static str) -> &'a str {
        match self.get(name) {
            Some(node) => text(node, self.errors).unwrap_or_default(),
            None => {
                self.errors
                    .add(self.at, Fault::new("missing_key").with("name", name));
                ""
            }
        }
    }

    pub(crate) fn flag(&self, name: &'static str) -> Option<bool> {
        let node = self.get(name)?;
        match node.content {
            Content::Bool(value) => Some(value),
            _ => self.wrong(node, "true | false"),
        }
    }

    pub(crate) fn int(&self, name: &'static str) -> Option<i64> {
        let node = self.get(name)?;
        match node.content {
            Content::Int(value) => Some(value),
            _ => self.wrong(node, "integer"),
        }
    }

    /// A whole number from nought on.
    pub(crate) fn size(&self, name: &'static str) -> Option<u32> {
        let node = self.get(name)?;
        match node.content {
            Content::Int(value) if u32::try_from(value).is_ok() => u32::try_from(value).ok(),
            _ => self.wrong(node, "integer >= 0"),
        }
    }

    /// One of a few words.
    pub(crate) fn one_of(
        &self,
        name: &'static str,
        words: &[&'static str],
    ) -> Option<&'static str> {
        one_of(self.get(name)?, words, self.errors)
    }

    /// The items of a list under either of two names: `[[field]]` reads well in TOML, `fields` in JSON.
    pub(crate) fn list(&self, one: &'static str, many: &'static str) -> Option<&'a [Node]> {
        let node = self.get(one).or_else(|| self.get(many))?;
        self.known.borrow_mut().push(many);
        match &node.content {
            Content::List(items) => Some(items),
            _ => self.wrong(node, "list"),
        }
    }

    /// Texts with their places.
    pub(crate) fn texts(&self, name: &'static str) -> Option<Vec<(&'a str, &'a Place)>> {
        let items = self.list(name, name)?;
        Some(
            items
                .iter()
                .filter_map(|node| Some((text(node, self.errors)?, &node.at)))
                .collect(),
        )
    }

    /// A word for every language, or a table of words by language.
    pub(crate) fn label(&self, name: &'static str) -> Option<Label> {
        self.get(name).map(|node| label(node, self.errors))
    }

    /// Reports the keys that nobody asked for.
    pub(crate) fn finish(self) {
        let known = self.known.into_inner();
        for entry in self
            .entries
            .iter()
            .filter(|entry| !known.contains(&entry.name.as_str()))
        {
            let near = nearest(&entry.name, known.iter().copied());
            let fault = Fault::new("unknown_key")
                .with("name", &entry.name)
                .with("known", known.join(", "));
            self.errors.add(&entry.at, fault.near(near));
        }
    }

    fn wrong<T>(&self, node: &Node, expected: &str) -> Option<T> {
        self.errors.add(
            &node.at,
            Fault::new("wrong_type").with("expected", expected),
        );
        None
    }
}

pub(crate) fn text<'a>(node: &'a Node, errors: &Errors) -> Option<&'a str> {
    match &node.content {
        Content::Text(text) => Some(text),
        _ => {
            errors.add(&node.at, Fault::new("wrong_type").with("expected", "text"));
            None
        }
    }
}

pub(crate) fn one_of(node: &Node, words: &[&'static str], errors: &Errors) -> Option<&'static str> {
    let value = text(node, errors)?;
    let found = words.iter().copied().find(|word| *word == value);
    if found.is_none() {
        errors.add(&node.at, not_among(value, words.iter().copied()));
    }
    found
}

/// Labels that are typed in one language stand for all: a missing language falls back to another.
pub(crate) fn label(node: &Node, errors: &Errors) -> Label {
    let mut label = Label::default();
    match &node.content {
        Content::Text(word) => label.set(Lang::En, word),
        _ => {
            for entry in Table::of(node, errors).entries() {
                match Lang::ALL.into_iter().find(|lang| lang.code() == entry.name) {
                    Some(lang) => label.set(lang, text(&entry.node, errors).unwrap_or_default()),
                    None => {
                        errors.add(&entry.at, not_among(&entry.name, Lang::ALL.map(Lang::code)))
                    }
                }
            }
        }
    }
    label.0.retain(|_, word| !word.trim().is_empty());
    label
}

pub(crate) fn not_among<'a>(
    value: &str,
    words: impl IntoIterator<Item = &'a str> + Clone,
) -> Fault {
    let permitted = words.clone().into_iter().collect::<Vec<_>>().join(", ");
    Fault::new("not_among")
        .with("value", value)
        .with("permitted", permitted)
        .near(nearest(value, words))
}
