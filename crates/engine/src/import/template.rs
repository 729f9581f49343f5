//! Templates of a mapping: `{column}` takes a cell, `{column|slug:.}` what a filter makes of it.

use guanxi_meta::fault::Fault;
use guanxi_meta::kind::{lookup, nearest};
use guanxi_meta::text::fold;
use guanxi_meta::{Field, Value};
use std::collections::HashMap;

/// A template whose columns are known.
#[derive(Debug, Clone)]
pub struct Template(Vec<Piece>);

#[derive(Debug, Clone)]
enum Piece {
    Text(String),
    Cell { column: usize, filters: Vec<Filter> },
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Filter {
    /// Small Latin letters and digits, everything else one separator (`-` if none is named); Chinese by its pinyin.
    Slug(String),
    /// The province that the address kind finds in a text, without its suffix: 安徽省 → 安徽.
    Province,
    City,
    Lower,
    Upper,
}

const FILTERS: [&str; 5] = ["slug", "province", "city", "lower", "upper"];

impl Template {
    /// `columns` maps a heading to its place. Faults: `unknown_column`, `unknown_filter`, `bad_template`.
    pub fn parse(text: &str, columns: &HashMap<String, usize>) -> Result<Template, Fault> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some(open) = rest.find('{') {
            if open > 0 {
                pieces.push(Piece::Text(rest[..open].to_owned()));
            }
            let close = rest[open..]
                .find('}')
                .ok_or_else(|| Fault::new("bad_template").with("template", text))?;
            pieces.push(cell(&rest[open + 1..open + close], columns)?);
            rest = &rest[open + close + 1..];
        }
        if !rest.is_empty() {
            pieces.push(Piece::Text(rest.to_owned()));
        }
        Ok(Template(pieces))
    }

    /// Empty when every cell that it takes is empty: nothing is made of nothing.
    pub fn fill(&self, row: &csv::StringRecord) -> String {
        let mut text = String::new();
        let (mut asked, mut found) = (false, false);
        for piece in &self.0 {
            match piece {
                Piece::Text(words) => text.push_str(words),
                Piece::Cell { column, filters } => {
                    asked = true;
                    let cell = row.get(*column).unwrap_or_default().trim();
                    let made = filters
                        .iter()
                        .fold(cell.to_owned(), |text, filter| filter.apply(&text));
                    found |= !made.is_empty();
                    text.push_str(&made);
                }
            }
        }
        if asked && !found { String::new() } else { text }
    }
}

fn cell(inner: &str, columns: &HashMap<String, usize>) -> Result<Piece, Fault> {
    // A heading may hold a bar itself.
    if let Some(&column) = columns.get(inner.trim()) {
        return Ok(Piece::Cell {
            column,
            filters: Vec::new(),
        });
    }
    let mut parts = inner.split('|');
    let name = parts.next().unwrap_or_default().trim();
    let column = *columns.get(name).ok_or_else(|| {
        let near = nearest(name, columns.keys().map(String::as_str)).map(str::to_owned);
        Fault::new("unknown_column")
            .with("column", name)
            .near(near.as_deref())
    })?;
    let filters = parts.map(filter).collect::<Result<_, _>>()?;
    Ok(Piece::Cell { column, filters })
}

fn filter(text: &str) -> Result<Filter, Fault> {
    let (name, argument) = text.split_once(':').unwrap_or((text, ""));
    Ok(match name.trim() {
        "slug" => Filter::Slug(if argument.is_empty() {
            "-".to_owned()
        } else {
            argument.to_owned()
        }),
        "province" => Filter::Province,
        "city" => Filter::City,
        "lower" => Filter::Lower,
        "upper" => Filter::Upper,
        other => {
            return Err(Fault::new("unknown_filter")
                .with("filter", other)
                .near(nearest(other, FILTERS)));
        }
    })
}

impl Filter {
    fn apply(&self, text: &str) -> String {
        match self {
            Filter::Slug(between) => slug(text, between),
            Filter::Province => division(text, "province"),
            Filter::City => division(text, "city"),
            Filter::Lower => text.to_lowercase(),
            Filter::Upper => text.to_uppercase(),
        }
    }
}

fn slug(text: &str, between: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut gap = false;
    for letter in fold(text).chars() {
        if letter.is_alphanumeric() {
            if gap && !out.is_empty() {
                out.push_str(between);
            }
            out.push(letter);
            gap = false;
        } else {
            gap = true;
        }
    }
    out
}

/// What Chinese divisions end with, longest first.
const SUFFIXES: [&str; 8] = [
    "维吾尔自治区",
    "壮族自治区",
    "回族自治区",
    "特别行政区",
    "自治区",
    "自治州",
    "省",
    "市",
];

fn division(text: &str, part: &str) -> String {
    let Some(kind) = lookup("address") else {
        return String::new();
    };
    let field = Field::new("address", kind);
    let Ok(Value::Parts { parts, .. }) = kind.read(&field, text) else {
        return String::new();
    };
    let name = parts
        .get(part)
        .and_then(|value| value.as_str())
        .unwrap_or_default();
    let cut = SUFFIXES
        .iter()
        .find_map(|suffix| name.strip_suffix(suffix))
        .filter(|rest| !rest.is_empty());
    cut.unwrap_or(name).to_owned()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn cells_are_put_in_and_filtered() {
        let columns = ["name", "address", "a|b"]
            .iter()
            .enumerate()
            .map(|(at, name)| ((*name).to_owned(), at))
            .collect();
        let row =
            csv::StringRecord::from(vec!["Anna  Snelling", "安徽省合肥市蜀山区长江路1号", "x"]);
        let empty = csv::StringRecord::from(vec!["", "", ""]);
        let check = |template: &str, wanted: &str| {
            assert_eq!(
                Template::parse(template, &columns).unwrap().fill(&row),
                wanted,
                "{template}"
            );
        };
        check("{name|slug:.}@example.com", "anna.snelling@example.com");
        check("{address|province}", "安徽");
        check("Sales/{a|b}", "Sales/x");
        check("fixed", "fixed");
        let made = Template::parse("{name|slug}@example.com", &columns).unwrap();
        assert_eq!(made.fill(&empty), "");
        for (bad, code) in [
            ("{nam}", "unknown_column"),
            ("{name|slugg}", "unknown_filter"),
            ("{name", "bad_template"),
        ] {
            assert_eq!(Template::parse(bad, &columns).unwrap_err().code, code);
        }
    }
}
