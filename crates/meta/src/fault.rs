//! What is wrong with an input, by field, in words of the caller's language.

use crate::label::Lang;
use std::collections::HashMap;
use std::sync::LazyLock;

/// What is wrong with one value: a stable code and the arguments of its message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    pub code: &'static str,
    pub args: Vec<(&'static str, String)>,
}

impl Fault {
    pub fn new(code: &'static str) -> Fault {
        Fault {
            code,
            args: Vec::new(),
        }
    }

    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl ToString) -> Fault {
        self.args.push((name, value.to_string()));
        self
    }

    /// The sentence that a person reads: what is wrong, and the remedy.
    pub fn message(&self, lang: Lang) -> String {
        message(lang, self.code, &self.args)
    }

    /// Adds the suggestion, if there is one: "did you mean …".
    #[must_use]
    pub fn near(self, suggestion: Option<&str>) -> Fault {
        match suggestion {
            Some(name) => self.with("near", name),
            None => self,
        }
    }

    pub fn at(self, field: impl Into<String>) -> FieldError {
        FieldError {
            field: field.into(),
            fault: self,
        }
    }
}

/// A fault and the field (by name, `a.b` inside composites) where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    pub field: String,
    pub fault: Fault,
}

/// The message of `code` in `lang`, arguments filled in; the code itself when nobody has written the message yet
/// (a test holds that each code that occurs has one in every language). A message has a second form,
/// `<code>_near`, for when a suggestion, `near`, is among the arguments.
pub fn message(lang: Lang, code: &str, args: &[(&'static str, String)]) -> String {
    let words = &MESSAGES[lang as usize];
    let near = args
        .iter()
        .any(|(name, _)| *name == "near")
        .then(|| words.get(&format!("{code}_near")))
        .flatten();
    let Some(pattern) = near.or_else(|| words.get(code)) else {
        return code.to_owned();
    };
    args.iter().fold(pattern.clone(), |text, (name, value)| {
        text.replace(&format!("{{{name}}}"), value)
    })
}

/// A word of the house, such as the label of a system field; `fallback` when there is none.
pub(crate) fn message_of(lang: Lang, key: &str, fallback: &str) -> String {
    MESSAGES[lang as usize]
        .get(key)
        .map_or(fallback, String::as_str)
        .to_owned()
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
    use std::path::Path;

    /// Codes as they stand in the sources below `folder`, which are literals by the house's rule.
    fn codes(folder: &Path, found: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                codes(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let source = std::fs::read_to_string(&path).unwrap();
                let pieces = source.split("Fault::new(").skip(1);
                let literals = pieces
                    .filter_map(|piece| piece.trim_start().strip_prefix('"')?.split('"').next());
                let code = |text: &&str| {
                    text.bytes()
                        .all(|byte| byte.is_ascii_lowercase() || byte == b'_')
                };
                found.extend(literals.filter(code).map(str::to_owned));
            }
        }
    }

    #[test]
    fn every_code_has_a_message_in_every_language() {
        let mut found = Vec::new();
        codes(
            &Path::new(env!("CARGO_MANIFEST_DIR")).join("src"),
            &mut found,
        );
        assert!(found.len() > 50, "the sources were not read");
        for (lang, words) in Lang::ALL.iter().zip(MESSAGES.iter()) {
            let missing: Vec<&String> = found
                .iter()
                .filter(|code| !words.contains_key(*code))
                .collect();
            assert!(missing.is_empty(), "{lang:?} lacks {missing:?}");
        }
        let keys = |lang: usize| {
            let mut keys: Vec<&String> = MESSAGES[lang].keys().collect();
            keys.sort();
            keys
        };
        assert_eq!(keys(0), keys(1), "both languages have the same words");
    }

    #[test]
    fn a_suggestion_changes_the_sentence() {
        let fault = Fault::new("unknown_kind").with("name", "txt");
        assert_eq!(
            fault.message(Lang::En),
            "There is no kind “txt”: see the list of kinds."
        );
        assert_eq!(
            fault.near(Some("text")).message(Lang::En),
            "There is no kind “txt”; did you mean “text”?"
        );
    }
}
