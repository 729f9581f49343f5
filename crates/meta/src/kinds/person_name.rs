//! A person's name, in the order in which it is written, with family and given name known where they can be.

use super::address::{self, is_han};
use super::text::line;
use crate::catalog::Field;
use crate::fault::Fault;
use crate::kind::{Kind, Registered, Ty};
use crate::table::{Cell, ColumnSpec};
use crate::value::Value;
use serde_json::{Map, Value as Json, json};

pub struct PersonName;
inventory::submit!(Registered(&PersonName));

/// Characters of the whole name.
const MAX_CHARS: u32 = 120;

impl Kind for PersonName {
    fn name(&self) -> &'static str {
        "person_name"
    }

    fn ty(&self, _: &Field) -> Ty {
        Ty::Text
    }

    /// The whole name, and the parts as a JSON object.
    fn columns(&self, field: &Field) -> Vec<ColumnSpec> {
        address::columns(field)
    }

    /// A text, or `{"family", "given"}`.
    fn parse(&self, _: &Field, json: &Json) -> Result<Value, Fault> {
        match json {
            Json::String(text) => match line(text, MAX_CHARS)? {
                Value::Text(text) => Ok(Value::Parts {
                    parts: split(&text),
                    text,
                }),
                other => Ok(other),
            },
            Json::Object(members) => {
                let (text, parts) = address::read_parts(members, &["family", "given"])?;
                match text.unwrap_or_else(|| join(&parts)) {
                    text if text.is_empty() => Ok(Value::Null),
                    text if parts.is_empty() => Ok(Value::Parts {
                        parts: split(&text),
                        text,
                    }),
                    text => Ok(Value::Parts { text, parts }),
                }
            }
            _ => Err(Fault::new("not_a_name")),
        }
    }

    fn aliases(&self, field: &Field) -> Vec<String> {
        vec![format!("{}_parts", field.name)]
    }

    fn to_json(&self, _: &Field, value: &Value) -> Json {
        value.text().map_or(Json::Null, Json::from)
    }

    fn extra_json(&self, _: &Field, value: &Value) -> Vec<(&'static str, Json)> {
        address::parts_json(value)
    }

    fn to_text(&self, _: &Field, value: &Value) -> String {
        value.text().unwrap_or_default().to_owned()
    }

    fn store(&self, _: &Field, value: &Value, cells: &mut Vec<Cell>) {
        address::store(value, cells);
    }

    fn load(&self, _: &Field, cells: &[Cell]) -> Value {
        address::load(cells)
    }

    fn write_text(&self, _: &Field, cells: &[Cell], out: &mut String) {
        out.push_str(cells[0].text().unwrap_or_default());
    }

    fn examples(&self) -> Vec<Json> {
        vec![
            json!("王小明"),
            json!("John von Neumann"),
            json!({ "family": "欧阳", "given": "锋" }),
        ]
    }
}

fn join(parts: &Map<String, Json>) -> String {
    let part = |name: &str| parts.get(name).and_then(Json::as_str).unwrap_or_default();
    let (family, given) = (part("family"), part("given"));
    match family.chars().chain(given.chars()).any(is_han) {
        true => format!("{family}{given}"),
        false => format!("{given} {family}").trim().to_owned(),
    }
}

fn split(text: &str) -> Map<String, Json> {
    let (family, given) = if text.chars().any(is_han) {
        chinese(text)
    } else {
        western(text)
    };
    [("family", family), ("given", given)]
        .into_iter()
        .filter(|(_, part)| !part.is_empty())
        .map(|(name, part)| (name.to_owned(), part.into()))
        .collect()
}

/// Surnames of two characters that are still borne.
const COMPOUND: [&str; 28] = [
    "欧阳", "司马", "上官", "诸葛", "东方", "皇甫", "尉迟", "公孙", "慕容", "令狐", "长孙", "宇文",
    "司徒", "夏侯", "轩辕", "端木", "百里", "呼延", "南宫", "西门", "独孤", "司空", "太史", "澹台",
    "公冶", "淳于", "单于", "申屠",
];

/// Family name first, of one character unless it is a compound one. A name with a dot between its parts, or of
/// more than four characters, follows other rules and stays whole.
fn chinese(text: &str) -> (String, String) {
    let letters: Vec<char> = text
        .chars()
        .filter(|letter| !letter.is_whitespace())
        .collect();
    if letters.len() > 4 || !letters.iter().all(|&letter| is_han(letter)) {
        return (String::new(), text.to_owned());
    }
    let two: String = letters.iter().take(2).collect();
    let compound = letters.len() > 2 && COMPOUND.contains(&two.as_str());
    let (family, given) = letters.split_at(if compound { 2 } else { 1 });
    (family.iter().collect(), given.iter().collect())
}

/// Words that belong to the family name which they precede.
const PARTICLES: [&str; 14] = [
    "van", "von", "der", "den", "de", "da", "di", "del", "della", "la", "le", "bin", "ibn", "zu",
];

/// `Family, Given`, or the last word and the particles before it.
fn western(text: &str) -> (String, String) {
    if let Some((family, given)) = text.split_once(',') {
        return (family.trim().to_owned(), given.trim().to_owned());
    }
    let words: Vec<&str> = text.split_whitespace().collect();
    if words.len() < 2 {
        return (String::new(), text.to_owned());
    }
    let mut start = words.len() - 1;
    while start > 1 && PARTICLES.contains(&words[start - 1].to_lowercase().as_str()) {
        start -= 1;
    }
    (words[start..].join(" "), words[..start].join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_orders_are_read() {
        for (text, family, given) in [
            ("王小明", "王", "小明"),
            ("欧阳锋", "欧阳", "锋"),
            ("东方", "东", "方"),
            ("司马相如", "司马", "相如"),
            ("阿卜杜拉·买买提", "", "阿卜杜拉·买买提"),
            ("John Smith", "Smith", "John"),
            ("Smith, John", "Smith", "John"),
            ("Ludwig van der Rohe", "van der Rohe", "Ludwig"),
            ("Madonna", "", "Madonna"),
        ] {
            let parts = split(text);
            let part = |name: &str| parts.get(name).and_then(Json::as_str).unwrap_or_default();
            assert_eq!((part("family"), part("given")), (family, given), "{text}");
        }
    }
}
