//! A filter in words: each part that stands for itself as a chip, and what is no field with a value as a sentence.

use super::cells::choice_label;
use super::desk::Desk;
use super::place::Place;
use super::slots::{Slot, slot};
use crate::pages::Chip;
use guanxi_engine::EngineResult;
use guanxi_meta::Value;
use guanxi_query::{Purpose, check_as};

/// The filter's parts in words. A filter that does not read is a bad request before this.
pub fn chips(desk: &Desk<'_>, place: &Place) -> EngineResult<Vec<Chip>> {
    if place.filter.is_empty() {
        return Ok(Vec::new());
    }
    let typed = check_as(
        &desk.ctx.catalog,
        &place.object,
        &place.filter,
        Purpose::Filter,
        desk.ctx,
    )?;
    let chips = typed.chips().into_iter().enumerate();
    chips
        .map(|(at, chip)| chip_view(desk, place, at, &chip))
        .collect()
}

fn chip_view(
    desk: &Desk<'_>,
    place: &Place,
    at: usize,
    chip: &guanxi_query::Chip,
) -> EngineResult<Chip> {
    let at_text = at.to_string();
    let links = Chip {
        edit: place.href("/filter", &[("at", Some(&at_text))]),
        without: place.href("", &[("filter", Some(&chip.rest))]),
        ..Chip::default()
    };
    let Some(simple) = &chip.simple else {
        return Ok(Chip {
            edit: place.href("/filter", &[("at", Some(&at_text)), ("as_text", Some("1"))]),
            value: spoken(desk, place, &chip.text)?,
            ..links
        });
    };
    let Some(slot) = slot(desk, &place.object, &simple.field) else {
        let (field, operator) = (simple.field.clone(), operator_word(desk, simple.op));
        return Ok(Chip {
            field,
            operator,
            value: simple.value.clone(),
            ..links
        });
    };
    let value = chip_value(desk, &slot, simple)?;
    Ok(Chip {
        field: slot.label,
        operator: operator_word(desk, simple.op),
        value,
        ..links
    })
}

fn chip_value(
    desk: &Desk<'_>,
    slot: &Slot,
    simple: &guanxi_query::chips::Simple,
) -> EngineResult<String> {
    if simple.items.is_empty() {
        return Ok(simple.value.clone());
    }
    let mut words = Vec::with_capacity(simple.items.len());
    for item in &simple.items {
        words.push(match (slot.kind(), item.as_str()) {
            (_, "$me") => desk.say("me"),
            ("choice" | "multi_choice", value) => choice_label(desk, slot, value),
            ("bool", value) => desk.say(if value == "true" { "yes" } else { "no" }),
            ("link" | "many_links", value) => match value.parse() {
                Ok(id) => {
                    desk.learn([(slot.to(), &Value::Id(id))])?;
                    desk.lookup(slot.to(), id).label
                }
                Err(_) => value.to_owned(),
            },
            (_, value) => value.to_owned(),
        });
    }
    Ok(words.join(&desk.say("list-comma")))
}

pub fn operator_word(desk: &Desk<'_>, op: &str) -> String {
    let key = match op {
        "=" => "op-is",
        "!=" => "op-is-not",
        "<" => "op-less",
        "<=" => "op-at-most",
        ">" => "op-more",
        ">=" => "op-at-least",
        "in" => "op-in",
        "not in" => "op-not-in",
        "is null" => "op-empty",
        "is not null" => "op-filled",
        "~" => "op-contains",
        "^=" => "op-starts",
        "under" => "op-under",
        other => return other.to_owned(),
    };
    desk.say(key)
}

/// An expression as people say it: fields by their labels, values by theirs, operators in words. What is none of these
/// stays as it is written.
fn spoken(desk: &Desk<'_>, place: &Place, text: &str) -> EngineResult<String> {
    let mut said = Spoken {
        desk,
        place,
        field: None,
        words: Vec::new(),
    };
    let mut rest = text;
    while !rest.is_empty() {
        let (piece, more) = rest.split_at(piece_length(rest));
        said.take(piece, more)?;
        rest = more;
    }
    Ok(said.words.join(" "))
}

struct Spoken<'a> {
    desk: &'a Desk<'a>,
    place: &'a Place,
    /// What the next value belongs to.
    field: Option<Slot>,
    words: Vec<String>,
}

impl Spoken<'_> {
    fn take(&mut self, piece: &str, more: &str) -> EngineResult<()> {
        let desk = self.desk;
        let first = piece.chars().next().unwrap_or(' ');
        let word = match piece {
            _ if first.is_whitespace() => return Ok(()),
            // Of `today()` only the word is said; brackets that hold conditions together stay.
            "(" if self.is_call() => return Ok(()),
            ")" if self.words.last().is_some_and(|last| last == CALL) => {
                self.words.pop();
                return Ok(());
            }
            "today" | "now" if more.starts_with('(') => {
                let key = if piece == "today" {
                    "day-today"
                } else {
                    "op-now"
                };
                self.words.push(desk.say(key));
                self.words.push(CALL.to_owned());
                return Ok(());
            }
            "and" | "or" | "not" => desk.say(&format!("op-{piece}")),
            "is" | "null" | "in" | "under" => return self.keyword(piece),
            "true" => desk.say("yes"),
            "false" => desk.say("no"),
            "$me" => desk.say("me"),
            _ if first == '"' => self.value(piece.trim_matches('"'))?,
            _ if first.is_ascii_alphabetic() => self.name(piece),
            _ => match days(piece) {
                Some(days) => desk.say_n("span-days", days),
                None => operator_word(desk, piece),
            },
        };
        self.words.push(word);
        Ok(())
    }

    fn is_call(&self) -> bool {
        self.words.last().is_some_and(|last| last == CALL)
    }

    /// `is null`, `is not null`, `in`, `not in`, `under`: words that come in several pieces.
    fn keyword(&mut self, piece: &str) -> EngineResult<()> {
        let not = self.desk.say("op-not");
        let negated = self.words.last() == Some(&not);
        let key = match (piece, negated) {
            ("is", _) => return Ok(()),
            ("null", true) => "op-filled",
            ("null", false) => "op-empty",
            ("in", true) => "op-not-in",
            ("in", false) => "op-in",
            _ => "op-under",
        };
        if negated && piece != "under" {
            self.words.pop();
        }
        self.words.push(self.desk.say(key));
        Ok(())
    }

    fn name(&mut self, path: &str) -> String {
        let first = path.split('.').next().unwrap_or_default();
        let Some(head) = slot(self.desk, &self.place.object, first) else {
            return path.to_owned();
        };
        let through = path
            .split_once('.')
            .and_then(|(_, rest)| Some((self.desk.ctx.object(head.to()).ok()?, rest)))
            .and_then(|(object, rest)| slot(self.desk, &object, rest));
        let label = match &through {
            Some(last) => format!("{} · {}", head.label, last.label),
            None => head.label.clone(),
        };
        self.field = through.or(Some(head));
        label
    }

    fn value(&self, text: &str) -> EngineResult<String> {
        let Some(slot) = &self.field else {
            return Ok(format!("“{text}”"));
        };
        Ok(match (slot.kind(), text.parse()) {
            ("choice" | "multi_choice", _) => choice_label(self.desk, slot, text),
            ("link" | "many_links", Ok(id)) => {
                self.desk.learn([(slot.to(), &Value::Id(id))])?;
                self.desk.lookup(slot.to(), id).label
            }
            _ => format!("“{text}”"),
        })
    }
}

/// Stands after a function's name until its bracket closes.
const CALL: &str = "\u{0}";

/// Bytes of the first piece: blank, a text in quotes, a name with dots, a number with its unit, or a sign.
fn piece_length(text: &str) -> usize {
    let first = text.chars().next().unwrap_or(' ');
    let while_ = |fits: fn(char) -> bool| text.find(|c| !fits(c)).unwrap_or(text.len());
    match first {
        c if c.is_whitespace() => while_(char::is_whitespace),
        '"' => quoted_length(text),
        c if c.is_alphanumeric() || matches!(c, '_' | '$') => {
            while_(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '$'))
        }
        '=' | '!' | '<' | '>' | '~' | '^' => {
            while_(|c| matches!(c, '=' | '!' | '<' | '>' | '~' | '^'))
        }
        other => other.len_utf8(),
    }
}

fn quoted_length(text: &str) -> usize {
    let mut is_escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            '\\' if !is_escaped => is_escaped = true,
            '"' if !is_escaped => return at + 1,
            _ => is_escaped = false,
        }
    }
    text.len()
}

/// The days of a span that is written in days: `30d`.
fn days(piece: &str) -> Option<u64> {
    piece.strip_suffix('d')?.parse().ok()
}
