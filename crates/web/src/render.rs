//! Turns a page struct into HTML with the template that stands beside it.

use std::collections::BTreeMap;
use std::sync::Arc;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Kwargs, Rest, Serde};
use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value, context};
use rust_embed::Embed;

use crate::assets;
use crate::pages::{Page, Shell};
use crate::words::{Argument, Words, WordsError};

#[derive(Embed)]
#[folder = "templates"]
struct Templates;

/// How a page is wanted: whole, or only its middle for htmx.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Frame {
    Whole,
    Fragment,
}

/// Why a page could not be made. The reader sees a general error page; this goes to the log.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    #[error(transparent)]
    Words(#[from] WordsError),
    #[error("no language `{0}`")]
    Language(String),
    #[error("template: {0:#}")]
    Template(#[from] minijinja::Error),
}

/// Templates with each language's words.
pub struct Renderer {
    languages: BTreeMap<String, (Words, Environment<'static>)>,
}

impl Renderer {
    /// Loads words and templates; in a development build templates are read from disk at every use.
    pub fn new() -> Result<Renderer, RenderError> {
        let languages = Words::load()?
            .into_iter()
            .map(|(code, words)| {
                let environment = environment(&words);
                (code, (words, environment))
            })
            .collect();
        Ok(Renderer { languages })
    }

    /// Codes of the languages that can be rendered.
    pub fn languages(&self) -> impl Iterator<Item = &str> {
        self.languages.keys().map(String::as_str)
    }

    /// The words of a language.
    pub fn words(&self, code: &str) -> Option<&Words> {
        self.languages.get(code).map(|(words, _)| words)
    }

    /// `page` within `shell`, whose `lang` decides the language.
    pub fn page<P: Page>(
        &self,
        shell: &Shell,
        page: &P,
        frame: Frame,
    ) -> Result<String, RenderError> {
        self.template(P::TEMPLATE, shell, Value::from(Serde(page)), frame)
    }

    /// The same for a page whose type is already forgotten (samples).
    pub fn template(
        &self,
        name: &str,
        shell: &Shell,
        page: Value,
        frame: Frame,
    ) -> Result<String, RenderError> {
        let (_, kept) = self
            .languages
            .get(&shell.lang)
            .ok_or_else(|| RenderError::Language(shell.lang.clone()))?;
        let fresh;
        let environment = if cfg!(debug_assertions) {
            let mut copy = kept.clone();
            copy.clear_templates();
            fresh = copy;
            &fresh
        } else {
            kept
        };
        let base = match frame {
            Frame::Whole => "layout.html",
            Frame::Fragment => "fragment.html",
        };
        Ok(environment
            .get_template(name)?
            .render(context! { shell => Serde(shell), page, base })?)
    }
}

/// What every template can call: `t(key, name=value…)`, `icon(name)`, `asset(name)`, `preload()`.
fn environment(words: &Words) -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_loader(|name| {
        Ok(Templates::get(name).map(|file| String::from_utf8_lossy(&file.data).into_owned()))
    });
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    if let Ok(syntax) = SyntaxConfig::builder()
        .trim_blocks(true)
        .lstrip_blocks(true)
        .build()
    {
        environment.set_syntax(syntax);
    }
    let words = words.clone();
    environment.add_function("t", move |key: String, given: Kwargs| {
        translate(&words, &key, &given)
    });
    let manifest = Arc::new(assets::manifest());
    let sprite = manifest.address("icons.svg");
    let preload: Vec<Value> = manifest
        .preload()
        .into_iter()
        .map(Value::from_safe_string)
        .collect();
    environment.add_function("icon", move |name: String, class: Rest<String>| {
        icon(&sprite, &name, &class)
    });
    environment.add_function("asset", move |name: String| {
        Value::from_safe_string(manifest.address(&name))
    });
    environment.add_function("preload", move || preload.clone());
    environment.add_filter("query", |value: String| encode(&value));
    environment
}

fn translate(words: &Words, key: &str, given: &Kwargs) -> Result<String, minijinja::Error> {
    let mut texts = Vec::new();
    for name in given.args() {
        texts.push((name, given.get::<Value>(name)?));
    }
    let shown: Vec<_> = texts
        .iter()
        .map(|(name, value)| (*name, f64::try_from(value.clone()).ok(), value.to_string()))
        .collect();
    let arguments: Vec<_> = shown
        .iter()
        .map(|(name, number, text)| (*name, number.map_or(Argument::Text(text), Argument::Number)))
        .collect();
    Ok(words.say(key, &arguments))
}

/// Names may come from declarations that customers write, so only what an icon's name can hold is kept.
fn icon(sprite: &str, name: &str, class: &[String]) -> Value {
    let classes: String = class.iter().map(|each| format!(" {each}")).collect();
    let name: String = name
        .chars()
        .filter(|each| each.is_ascii_alphanumeric() || *each == '-')
        .collect();
    Value::from_safe_string(format!(
        "<svg class=\"icon{classes}\" aria-hidden=\"true\"><use href=\"{sprite}#{name}\"/></svg>"
    ))
}

/// Percent-encoding for a part of a query string.
fn encode(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect()
}
