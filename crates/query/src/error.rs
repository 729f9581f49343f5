//! What is wrong with a text of the language: where, why, and what was perhaps meant.

use guanxi_meta::Lang;
use std::collections::HashMap;
use std::fmt;
use std::sync::LazyLock;

/// A piece of the text, counted in characters from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Span {
    pub start: usize,
    pub length: usize,
}

impl Span {
    pub fn new(start: usize, length: usize) -> Span {
        Span { start, length }
    }

    /// The piece from the start of `self` to the end of `other`.
    #[must_use]
    pub fn to(self, other: Span) -> Span {
        let end = (other.start + other.length).max(self.start + self.length);
        Span {
            start: self.start,
            length: end - self.start,
        }
    }
}

/// What is wrong, with its place. The code is stable; the words are in `lang/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueryError {
    /// Characters from the start of the text, the first being 0.
    pub position: usize,
    /// Characters; 0 at the end of the text.
    pub length: usize,
    pub code: &'static str,
    pub args: Vec<(&'static str, String)>,
    /// What was perhaps meant: it may stand in place of the piece at `position`.
    pub suggestion: Option<String>,
}

impl QueryError {
    pub fn at(span: Span, code: &'static str) -> QueryError {
        QueryError {
            position: span.start,
            length: span.length,
            code,
            args: Vec::new(),
            suggestion: None,
        }
    }

    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl ToString) -> QueryError {
        self.args.push((name, value.to_string()));
        self
    }

    #[must_use]
    pub fn suggest(mut self, suggestion: Option<String>) -> QueryError {
        self.suggestion = suggestion;
        self
    }

    /// The sentence that a person reads: what is wrong, the remedy, and what was perhaps meant.
    pub fn message(&self, lang: Lang) -> String {
        let mut text = words(lang, self.code, &self.args);
        if let Some(suggestion) = &self.suggestion {
            text.push_str(&words(
                lang,
                "suggestion",
                &[("suggestion", suggestion.clone())],
            ));
        }
        text
    }
}

impl fmt::Display for QueryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.position, self.message(Lang::En))
    }
}

impl std::error::Error for QueryError {}

/// The word for `code` in `lang`, arguments filled in; the code itself when there is none.
pub(crate) fn words(lang: Lang, code: &str, args: &[(&'static str, String)]) -> String {
    let words = &MESSAGES[lang as usize];
    let Some(pattern) = words.get(code) else {
        return code.to_owned();
    };
    args.iter().fold(pattern.clone(), |text, (name, value)| {
        let word = match *name {
            // Names of types, which have words of their own.
            "type" | "left" | "right" => words.get(&format!("type_{value}")).unwrap_or(value),
            _ => value,
        };
        text.replace(&format!("{{{name}}}"), word)
    })
}

static MESSAGES: LazyLock<[HashMap<String, String>; 2]> = LazyLock::new(|| {
    [
        include_str!("../lang/zh.toml"),
        include_str!("../lang/en.toml"),
    ]
    .map(|source| toml::from_str(source).unwrap_or_default())
});

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::collections::BTreeSet;

    /// The codes that occur in the sources of this crate: the first string after each `QueryError::at(`.
    fn codes() -> BTreeSet<String> {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src");
        let mut codes = BTreeSet::from(["suggestion".to_owned()]);
        for entry in std::fs::read_dir(folder).unwrap() {
            let source = std::fs::read_to_string(entry.unwrap().path()).unwrap_or_default();
            for piece in source.split("QueryError::at(").skip(1) {
                if let Some(code) = piece.split('"').nth(1) {
                    codes.insert(code.to_owned());
                }
            }
        }
        codes
    }

    #[test]
    fn each_code_has_words_in_every_language_and_no_word_is_left_over() {
        let codes: BTreeSet<String> = codes()
            .into_iter()
            .filter(|code| code.chars().all(|c| c.is_ascii_lowercase() || c == '_'))
            .collect();
        for lang in Lang::ALL {
            let words = MESSAGES[lang as usize]
                .keys()
                .filter(|key| !key.starts_with("type_"));
            assert_eq!(
                words.cloned().collect::<BTreeSet<_>>(),
                codes,
                "{}",
                lang.code()
            );
            for ty in [
                "null", "bool", "number", "money", "text", "date", "instant", "duration",
                "calendar", "link", "list", "opaque",
            ] {
                assert!(
                    MESSAGES[lang as usize].contains_key(&format!("type_{ty}")),
                    "{ty}"
                );
            }
        }
    }
}
