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

static MESSAGES: LazyLock<[HashMap<String, String>; 2]> = LazyLock::new(|| {
    [
        include_str!("../lang/zh.toml"),
        include_str!("../lang/en.toml"),
    ]
    .map(|source| toml::from_str(source).unwrap_or_default())
});
