//! Formatted text: a safe subset of HTML. What is not in the subset is dropped when the text comes in, so that
//! what is stored may be shown as it is.

use super::long_text::lines;
use crate::catalog::Field;
use crate::fault::Fault;
use crate::kind::{Kind, Lines, Registered, Ty};
use crate::table::{Cell, ColumnSpec, ColumnType};
use crate::value::Value;
use serde_json::{Value as Json, json};
use std::sync::LazyLock;

pub struct RichText;
inventory::submit!(Registered(&RichText));

/// Characters of HTML, when a declaration sets no `max`.
const MAX_CHARS: u32 = 100_000;

impl Kind for RichText {
    fn name(&self) -> &'static str {
        "rich_text"
    }

    fn options(&self) -> &'static [&'static str] {
        &["max"]
    }

    fn ty(&self, _: &Field) -> Ty {
        Ty::Text
    }

    fn columns(&self, field: &Field) -> Vec<ColumnSpec> {
        vec![ColumnSpec::new(&field.column, ColumnType::Text)]
    }

    fn parse(&self, field: &Field, json: &Json) -> Result<Value, Fault> {
        let text = json.as_str().ok_or_else(|| Fault::new("not_text"))?;
        let max = field.options.max.unwrap_or(MAX_CHARS);
        let Value::Text(text) = lines(text, max)? else {
            return Ok(Value::Null);
        };
        lines(&CLEANER.clean(&text).to_string(), max.saturating_mul(2))
    }

    fn to_json(&self, _: &Field, value: &Value) -> Json {
        value.text().map_or(Json::Null, Json::from)
    }

    fn to_text(&self, _: &Field, value: &Value) -> String {
        value.text().unwrap_or_default().to_owned()
    }

    fn store(&self, _: &Field, value: &Value, cells: &mut Vec<Cell>) {
        cells.push(value.text().into());
    }

    fn load(&self, _: &Field, cells: &[Cell]) -> Value {
        cells[0].text().map_or(Value::Null, Value::from)
    }

    fn lines(&self) -> Lines {
        Lines::Many
    }

    fn schema(&self, field: &Field) -> Json {
        json!({
            "type": "string",
            "contentMediaType": "text/html",
            "maxLength": field.options.max.unwrap_or(MAX_CHARS),
        })
    }

    fn examples(&self) -> Vec<Json> {
        vec![
            json!("<p>你好 <strong>世界</strong></p>"),
            json!("<ul><li>a</li></ul><script>alert(1)</script>"),
        ]
    }
}

/// No images (they would tell a stranger when a text is read), no styles, no classes; links leave no trace.
static CLEANER: LazyLock<ammonia::Builder<'static>> = LazyLock::new(|| {
    let mut cleaner = ammonia::Builder::empty();
    cleaner
        .tags(TAGS.iter().copied().collect())
        .clean_content_tags(["script", "style", "template", "iframe", "object"].into())
        .tag_attributes([("a", ["href"].into())].into())
        .url_schemes(["http", "https", "mailto", "tel"].into())
        .url_relative(ammonia::UrlRelative::Deny)
        .link_rel(Some("noopener noreferrer nofollow"));
    cleaner
});

const TAGS: [&str; 29] = [
    "a",
    "b",
    "blockquote",
    "br",
    "code",
    "del",
    "em",
    "h1",
    "h2",
    "h3",
    "h4",
    "hr",
    "i",
    "li",
    "ol",
    "p",
    "pre",
    "s",
    "strong",
    "sub",
    "sup",
    "table",
    "tbody",
    "td",
    "th",
    "thead",
    "tr",
    "u",
    "ul",
];

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn keeps_nothing_that_runs() {
        let field = Field::new("body", &RichText);
        for (input, expect) in [
            ("<p onclick=x()>a<script>alert(1)</script></p>", "<p>a</p>"),
            (
                "<a href='javascript:alert(1)'>a</a>",
                "<a rel=\"noopener noreferrer nofollow\">a</a>",
            ),
            ("<img src=x onerror=alert(1)>a", "a"),
            (
                "<svg><p><style><!--</style><img src=x onerror=alert(1)>",
                "",
            ),
            ("<b>bold", "<b>bold</b>"),
            ("1 < 2 & 3", "1 &lt; 2 &amp; 3"),
        ] {
            let value = RichText.parse(&field, &json!(input)).unwrap();
            let text = value.text().unwrap_or_default();
            assert!(
                !text.contains("onerror") && !text.contains("script"),
                "{text}"
            );
            if !input.contains("svg") {
                assert_eq!(text, expect, "{input}");
            }
        }
    }
}
