//! Words that people see, one per language.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A language of the interface. A new one is a new folder of words: nothing else names the languages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Lang {
    #[default]
    Zh,
    En,
}

impl Lang {
    pub const ALL: [Lang; 2] = [Lang::Zh, Lang::En];

    /// The primary subtag of BCP 47.
    pub fn code(self) -> &'static str {
        match self {
            Lang::Zh => "zh",
            Lang::En => "en",
        }
    }

    /// Reads `zh`, `zh-CN`, `en-GB` …; `None` for a language that the product doesn't speak.
    pub fn parse(tag: &str) -> Option<Lang> {
        let primary = tag.split(['-', '_']).next().unwrap_or_default();
        Lang::ALL
            .into_iter()
            .find(|lang| lang.code().eq_ignore_ascii_case(primary))
    }

    /// The first language of an `Accept-Language` header (RFC 9110, 12.5.4) that the product speaks.
    pub fn negotiate(header: &str) -> Option<Lang> {
        let mut wanted: Vec<(f32, &str)> = header
            .split(',')
            .filter_map(|part| {
                let mut pieces = part.trim().split(';');
                let tag = pieces.next()?.trim();
                let quality = pieces
                    .find_map(|piece| piece.trim().strip_prefix("q="))
                    .map_or(1.0, |q| q.parse().unwrap_or(0.0));
                (quality > 0.0).then_some((quality, tag))
            })
            .collect();
        wanted.sort_by(|a, b| b.0.total_cmp(&a.0));
        wanted.into_iter().find_map(|(_, tag)| Lang::parse(tag))
    }
}

/// A label by language code. Missing languages fall back to English, then to whatever there is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Label(pub BTreeMap<String, String>);

impl Label {
    pub fn new(zh: &str, en: &str) -> Label {
        Label(
            [
                ("zh".to_owned(), zh.to_owned()),
                ("en".to_owned(), en.to_owned()),
            ]
            .into(),
        )
    }

    /// The word in `lang`, or the nearest that exists, or `fallback` (usually the declared name).
    pub fn get<'a>(&'a self, lang: Lang, fallback: &'a str) -> &'a str {
        self.0
            .get(lang.code())
            .or_else(|| self.0.get("en"))
            .or_else(|| self.0.values().next())
            .map_or(fallback, String::as_str)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn set(&mut self, lang: Lang, word: &str) {
        self.0.insert(lang.code().to_owned(), word.to_owned());
    }
}
