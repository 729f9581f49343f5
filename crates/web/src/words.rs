//! The house's own words, one folder a language: `lang/<code>/*.ftl`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use rust_embed::Embed;

#[derive(Embed)]
#[folder = "lang"]
struct Lang;

/// A language file that does not hold together; found by the tests, so never at a customer's.
#[derive(Debug, thiserror::Error)]
pub enum WordsError {
    #[error("language folder `{0}` is not a language code")]
    Code(String),
    #[error("lang/{file}: {detail}")]
    Parse { file: String, detail: String },
    #[error("lang/{file}: message defined twice: {detail}")]
    Twice { file: String, detail: String },
}

/// One language's messages.
#[derive(Clone)]
pub struct Words {
    code: Arc<str>,
    bundle: Arc<FluentBundle<FluentResource>>,
    keys: Arc<BTreeSet<String>>,
}

impl Words {
    /// Every language that has a folder, by code.
    pub fn load() -> Result<BTreeMap<String, Words>, WordsError> {
        let mut files: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for file in Lang::iter() {
            if let Some((code, _)) = file.split_once('/') {
                files
                    .entry(code.to_owned())
                    .or_default()
                    .push(file.to_string());
            }
        }
        files
            .into_iter()
            .map(|(code, names)| Ok((code.clone(), Words::of(&code, &names)?)))
            .collect()
    }

    /// The language's code, as in `<html lang>`.
    pub fn code(&self) -> &str {
        &self.code
    }

    /// The keys of all messages.
    pub fn keys(&self) -> &BTreeSet<String> {
        &self.keys
    }

    /// The message `key` with its arguments put in. A key that does not exist comes back as `⟦key⟧`, which
    /// the page test looks for.
    pub fn say(&self, key: &str, arguments: &[(&str, Argument<'_>)]) -> String {
        let Some(pattern) = self
            .bundle
            .get_message(key)
            .and_then(|message| message.value())
        else {
            tracing::warn!(key, language = %self.code, "no such message");
            return format!("⟦{key}⟧");
        };
        let mut given = FluentArgs::new();
        for (name, value) in arguments {
            given.set(*name, FluentValue::from(*value));
        }
        let mut errors = Vec::new();
        let text = self
            .bundle
            .format_pattern(pattern, Some(&given), &mut errors);
        if !errors.is_empty() {
            tracing::warn!(key, language = %self.code, ?errors, "message with errors");
        }
        text.into_owned()
    }

    fn of(code: &str, names: &[String]) -> Result<Words, WordsError> {
        let language = code
            .parse()
            .map_err(|_| WordsError::Code(code.to_owned()))?;
        let mut bundle = FluentBundle::new_concurrent(vec![language]);
        // Isolation marks would be visible in titles and placeholders.
        bundle.set_use_isolating(false);
        let mut keys = BTreeSet::new();
        for name in names {
            let source = Lang::get(name)
                .map(|file| String::from_utf8_lossy(&file.data).into_owned())
                .unwrap_or_default();
            keys.extend(keys_of(&source));
            let resource =
                FluentResource::try_new(source).map_err(|(_, errors)| WordsError::Parse {
                    file: name.clone(),
                    detail: errors
                        .iter()
                        .map(ToString::to_string)
                        .collect::<Vec<_>>()
                        .join("; "),
                })?;
            bundle
                .add_resource(resource)
                .map_err(|errors| WordsError::Twice {
                    file: name.clone(),
                    detail: errors
                        .iter()
                        .map(ToString::to_string)
                        .collect::<Vec<_>>()
                        .join("; "),
                })?;
        }
        Ok(Words {
            code: Arc::from(code),
            bundle: Arc::new(bundle),
            keys: Arc::new(keys),
        })
    }
}

/// What a message can be given.
#[derive(Clone, Copy, Debug)]
pub enum Argument<'a> {
    Text(&'a str),
    Number(f64),
}

impl<'a> From<Argument<'a>> for FluentValue<'a> {
    fn from(argument: Argument<'a>) -> Self {
        match argument {
            Argument::Text(text) => FluentValue::from(text),
            Argument::Number(number) => FluentValue::from(number),
        }
    }
}

/// Message names stand at the start of a line, before an equals sign.
fn keys_of(source: &str) -> impl Iterator<Item = String> + '_ {
    source
        .lines()
        .filter(|line| line.starts_with(|first: char| first.is_ascii_alphabetic()))
        .filter_map(|line| line.split_once('='))
        .map(|(key, _)| key.trim().to_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn every_language_has_the_same_keys() {
        let all = Words::load().unwrap();
        let (first, words) = all.first_key_value().unwrap();
        assert!(all.len() >= 2);
        for (code, other) in &all {
            let lacks: Vec<_> = words.keys().difference(other.keys()).collect();
            let more: Vec<_> = other.keys().difference(words.keys()).collect();
            assert!(
                lacks.is_empty() && more.is_empty(),
                "{code} against {first}: lacks {lacks:?}, has more {more:?}"
            );
        }
    }

    #[test]
    fn messages_take_arguments() {
        let all = Words::load().unwrap();
        assert_eq!(
            all["en"].say("ago-days", &[("n", Argument::Number(3.0))]),
            "3 days ago"
        );
        assert_eq!(
            all["zh"].say("ago-days", &[("n", Argument::Number(3.0))]),
            "3 天前"
        );
        assert_eq!(all["en"].say("no-such-key", &[]), "⟦no-such-key⟧");
    }
}
