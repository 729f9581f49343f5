//! One field of one record, to be shown or asked for.

use super::desk::{Desk, face, href, targets};
use super::slots::Slot;
use crate::door::form::Form;
use crate::pages::{CellView, Choice, Lookup};
use guanxi_engine::{EngineResult, Record};
use guanxi_meta::catalog::Required;
use guanxi_meta::{Value, catalog};
use jiff::Timestamp;
use serde_json::{Map, Value as Json, json};

/// The cell as it is read. The desk has learned where its links lead.
pub fn shown(desk: &Desk<'_>, slot: &Slot, value: &Value) -> CellView {
    let mut cell = CellView::new(&slot.name, &slot.label, slot.kind(), "");
    cell.value = Json::Null;
    match value {
        Value::Null => {}
        Value::Bool(yes) => {
            cell.widget = "bool".to_owned();
            cell.value = Json::Bool(*yes);
            cell.text = desk.say(if *yes { "yes" } else { "no" });
        }
        Value::Money(money) => {
            let currency = if money.currency.is_empty() {
                &desk.ctx.engine.settings().currency
            } else {
                &money.currency
            };
            cell.text = desk
                .speaker
                .money(&trimmed(&money.amount.to_string()), currency);
        }
        Value::Date(date) => set_moment(&mut cell, desk.speaker.date(*date)),
        Value::Instant(at) => set_moment(&mut cell, desk.speaker.instant(*at)),
        Value::Duration(micros) => cell.text = desk.speaker.duration(micros / 1_000_000),
        Value::Int(_) | Value::Decimal(_) => show_number(desk, slot, value, &mut cell),
        Value::Id(_) | Value::Reference { .. } => show_link(desk, slot, value, &mut cell),
        Value::List(_) => show_list(desk, slot, value, &mut cell),
        Value::File { id, name } => {
            cell.text = if name.is_empty() {
                id.to_string()
            } else {
                name.clone()
            };
            cell.href = Some(format!("/files/{id}"));
        }
        Value::Json(json) => cell.text = json.to_string(),
        Value::Text(_) | Value::Parts { .. } => show_text(desk, slot, value, &mut cell),
    }
    if slot.kind() == "formula" || slot.kind() == "roll_up" {
        cell.widget = slot.shape().to_owned();
    }
    cell
}

fn set_moment(cell: &mut CellView, moment: crate::Moment) {
    cell.text = moment.text;
    cell.title = moment.title;
}

/// Zeros at the end of the fraction say nothing.
pub fn trimmed(decimal: &str) -> String {
    match decimal.split_once('.') {
        Some((whole, fraction)) => match fraction.trim_end_matches('0') {
            "" => whole.to_owned(),
            one if one.len() == 1 => format!("{whole}.{one}0"),
            rest => format!("{whole}.{rest}"),
        },
        None => decimal.to_owned(),
    }
}

fn show_number(desk: &Desk<'_>, slot: &Slot, value: &Value, cell: &mut CellView) {
    let plain = match value {
        Value::Int(number) => number.to_string(),
        Value::Decimal(number) => number.normalize().to_string(),
        _ => String::new(),
    };
    match slot.shape() {
        "percent" => {
            cell.value = plain.parse::<f64>().map_or(Json::Null, Json::from);
            cell.text = format!("{plain}%");
        }
        "rating" => {
            cell.value = plain.parse::<i64>().map_or(Json::Null, Json::from);
            cell.text = plain;
        }
        // Years are not grouped, nor are other numbers that people do not count with.
        "integer" if slot.name.contains("year") => cell.text = plain,
        _ => cell.text = desk.speaker.number(&plain),
    }
}

fn show_link(desk: &Desk<'_>, slot: &Slot, value: &Value, cell: &mut CellView) {
    for (object, id) in targets(slot.to(), value) {
        let lookup = desk.lookup(&object, id);
        cell.text.clone_from(&lookup.label);
        if object == "user" {
            cell.face = Some(face(&lookup.label, id));
        } else if !lookup.href.is_empty() {
            cell.href = Some(lookup.href.clone());
        }
        cell.many.push(lookup);
    }
}

fn show_list(desk: &Desk<'_>, slot: &Slot, value: &Value, cell: &mut CellView) {
    if slot.kind() == "many_links" {
        cell.many = targets(slot.to(), value)
            .into_iter()
            .map(|(object, id)| desk.lookup(&object, id))
            .collect();
    } else if slot.kind() == "multi_choice" {
        let one = |text: &str| Lookup {
            id: text.to_owned(),
            label: choice_label(desk, slot, text),
            href: String::new(),
        };
        cell.many = value
            .list()
            .iter()
            .filter_map(Value::text)
            .map(one)
            .collect();
    } else {
        cell.several = true;
        cell.many = value
            .list()
            .iter()
            .filter_map(Value::text)
            .map(|text| Lookup {
                id: text.to_owned(),
                label: text.to_owned(),
                href: contact(slot.kind(), text).unwrap_or_default(),
            })
            .collect();
    }
    cell.text = cell
        .many
        .iter()
        .map(|one| one.label.as_str())
        .collect::<Vec<_>>()
        .join(", ");
}

fn show_text(desk: &Desk<'_>, slot: &Slot, value: &Value, cell: &mut CellView) {
    let text = value.text().unwrap_or_default();
    match slot.kind() {
        "choice" => {
            cell.text = choice_label(desk, slot, text);
            cell.tone = find(slot, text).map(tone).unwrap_or_default();
            cell.value = json!(text);
        }
        "rich_text" => {
            // Cleaned when it came in; cleaning again costs little and holds whatever wrote the row.
            let clean = slot
                .field
                .kind
                .parse(&slot.field, &json!(text))
                .unwrap_or_default();
            cell.html = clean.text().map(str::to_owned);
            cell.text = text.to_owned();
        }
        kind => {
            cell.text = text.to_owned();
            cell.href = contact(kind, text);
        }
    }
}

/// The address that a click follows; of web addresses only those of the web.
fn contact(kind: &str, text: &str) -> Option<String> {
    match kind {
        "email" => Some(format!("mailto:{text}")),
        "phone" => Some(format!("tel:{text}")),
        "url" if text.starts_with("https://") || text.starts_with("http://") => {
            Some(text.to_owned())
        }
        _ => None,
    }
}

pub fn find<'s>(slot: &'s Slot, value: &str) -> Option<&'s catalog::Choice> {
    slot.field
        .options
        .choices
        .iter()
        .find(|choice| choice.value == value)
}

pub fn choice_label(desk: &Desk<'_>, slot: &Slot, value: &str) -> String {
    find(slot, value).map_or_else(
        || value.to_owned(),
        |choice| desk.label(&choice.label, value),
    )
}

pub fn tone(choice: &catalog::Choice) -> String {
    choice
        .tone
        .clone()
        .filter(|tone| tone != "grey")
        .unwrap_or_default()
}

/// The cell as it is asked for, with the value that is stored.
pub fn asked(desk: &Desk<'_>, slot: &Slot, value: &Value) -> CellView {
    let mut cell = blank(desk, slot);
    let many = cell.many_of(desk, slot, value);
    let field = &slot.field;
    cell.many = many;
    cell.value = match (slot.kind(), value) {
        (_, Value::Null) => Json::Null,
        ("bool", Value::Bool(yes)) => Json::Bool(*yes),
        ("money", Value::Money(money)) => {
            json!({ "amount": trimmed(&money.amount.to_string()), "currency": money.currency })
        }
        ("address" | "person_name", _) => parts_of(slot, value),
        ("instant", Value::Instant(at)) => json!(local_input(desk, *at)),
        ("duration", Value::Duration(micros)) => json!((micros / 60_000_000).to_string()),
        ("percent", Value::Decimal(number)) => json!(number.normalize().to_string()),
        ("decimal", Value::Decimal(number)) => json!(number.normalize().to_string()),
        ("rating", Value::Int(stars)) => json!(stars),
        ("multi_choice" | "many_links" | "link", _) => Json::Null,
        _ => json!(field.kind.to_text(field, value)),
    };
    if slot.kind() == "formula" || slot.kind() == "roll_up" || slot.kind() == "number" {
        cell.text = shown(desk, slot, value).text;
    }
    if let Value::File { id, name } = value {
        cell.text.clone_from(name);
        cell.href = Some(format!("/files/{id}"));
    }
    let said: Vec<String> = match value {
        Value::List(items) => items
            .iter()
            .filter_map(Value::text)
            .map(str::to_owned)
            .collect(),
        Value::Money(money) => vec![money.currency.clone()],
        other => other.text().map(str::to_owned).into_iter().collect(),
    };
    select(&mut cell, &said);
    cell
}

/// The cell as it is asked for again, with what was typed.
pub fn asked_again(desk: &Desk<'_>, slot: &Slot, form: &Form) -> EngineResult<CellView> {
    let name = &slot.name;
    let mut cell = blank(desk, slot);
    let said: Vec<String> = form.all(name).map(str::to_owned).collect();
    let last = said.last().cloned().unwrap_or_default();
    cell.value = match slot.kind() {
        "bool" => Json::Bool(last == "true"),
        "file" | "image" if form.text(&format!("{name}.remove")) == "true" => Json::Null,
        "money" | "address" | "person_name" => typed_parts(name, form),
        "rating" => last.parse::<i64>().map_or(Json::Null, Json::from),
        _ => json!(last),
    };
    if matches!(slot.kind(), "link" | "many_links") {
        let value = slot
            .field
            .kind
            .parse(&slot.field, &json!(last))
            .unwrap_or_default();
        let value = if slot.kind() == "link" {
            value
        } else {
            super::input::ids(form, name)
        };
        desk.learn([(slot.to(), &value)])?;
        cell.many = cell.many_of(desk, slot, &value);
    } else if matches!(slot.kind(), "multi_choice" | "choice") && cell.lookup.is_some() {
        let one = |text: &String| Lookup {
            id: text.clone(),
            label: choice_label(desk, slot, text),
            href: String::new(),
        };
        cell.many = said
            .iter()
            .filter(|text| !text.is_empty())
            .map(one)
            .collect();
    }
    if cell.several {
        cell.many = said.iter().map(|text| typed_value(text)).collect();
    }
    if matches!(slot.kind(), "file" | "image") {
        let sent = cell.value.as_str().and_then(|text| text.split_once(' '));
        cell.text = sent.map_or(String::new(), |(_, name)| name.to_owned());
    }
    let currency = form.text(&format!("{name}.currency"));
    select(
        &mut cell,
        &if slot.kind() == "money" {
            vec![currency.to_owned()]
        } else {
            said
        },
    );
    Ok(cell)
}

fn typed_value(text: &str) -> Lookup {
    Lookup {
        id: text.to_owned(),
        label: text.to_owned(),
        href: String::new(),
    }
}

fn typed_parts(name: &str, form: &Form) -> Json {
    let start = format!("{name}.");
    let parts = form
        .pairs()
        .iter()
        .filter_map(|(key, value)| Some((key.strip_prefix(&start)?.to_owned(), json!(value))));
    Json::Object(parts.collect::<Map<String, Json>>())
}

fn select(cell: &mut CellView, said: &[String]) {
    for choice in &mut cell.choices {
        choice.selected = said.contains(&choice.value);
    }
}

/// Everything about asking that does not depend on the value.
fn blank(desk: &Desk<'_>, slot: &Slot) -> CellView {
    let field = &slot.field;
    let mut cell = CellView::new(&slot.name, &slot.label, slot.kind(), "");
    cell.value = Json::Null;
    cell.required = field.required == Required::Yes;
    cell.hint = desk.label(&field.help, "");
    cell.lookup.clone_from(&slot.open);
    cell.several = field.options.several && matches!(slot.kind(), "phone" | "email");
    let choice = |choice: &catalog::Choice| Choice {
        value: choice.value.clone(),
        label: desk.label(&choice.label, &choice.value),
        tone: tone(choice),
        selected: false,
    };
    match slot.kind() {
        "money" => cell.choices = currencies(desk),
        "choice" | "multi_choice" => {
            cell.choices = field.options.choices.iter().map(choice).collect()
        }
        "link" | "many_links" => {
            let at = if slot.to() == "*" {
                "/search/options".to_owned()
            } else {
                format!("/{}/options", slot.to())
            };
            cell.lookup = Some(at);
        }
        _ => {}
    }
    cell
}

/// The organisation's currency first, then those that it has a rate for.
fn currencies(desk: &Desk<'_>) -> Vec<Choice> {
    let own = desk.ctx.engine.settings().currency.clone();
    let others = guanxi_meta::currency::codes()
        .filter(|code| **code != *own && desk.ctx.rate(code).is_some());
    let codes = std::iter::once(own.clone()).chain(others.map(str::to_owned));
    codes
        .map(|code| Choice {
            value: code.clone(),
            label: code,
            ..Choice::default()
        })
        .collect()
}

/// As `datetime-local` takes it, on the reader's clock.
fn local_input(desk: &Desk<'_>, at: Timestamp) -> String {
    at.to_zoned(desk.ctx.zone.clone())
        .strftime("%Y-%m-%dT%H:%M")
        .to_string()
}

fn parts_of(slot: &Slot, value: &Value) -> Json {
    let extra = slot.field.kind.extra_json(&slot.field, value);
    let parts = extra
        .into_iter()
        .find(|(suffix, _)| *suffix == "_parts")
        .map(|(_, parts)| parts);
    match parts {
        Some(Json::Object(parts)) if !parts.is_empty() => Json::Object(parts),
        // A text that was never taken apart stands in the first part that takes free text.
        _ => {
            json!({ "street": value.text().unwrap_or_default(), "given": value.text().unwrap_or_default() })
        }
    }
}

impl CellView {
    fn many_of(&self, desk: &Desk<'_>, slot: &Slot, value: &Value) -> Vec<Lookup> {
        match slot.kind() {
            "link" | "many_links" => {
                let named = |(object, id): (String, uuid::Uuid)| {
                    let lookup = desk.lookup(&object, id);
                    let id = if slot.to() == "*" {
                        format!("{object}:{id}")
                    } else {
                        lookup.id.clone()
                    };
                    Lookup { id, ..lookup }
                };
                targets(slot.to(), value).into_iter().map(named).collect()
            }
            "choice" | "multi_choice" => {
                let one = |text: &str| Lookup {
                    id: text.to_owned(),
                    label: choice_label(desk, slot, text),
                    href: String::new(),
                };
                match value {
                    Value::List(items) => items.iter().filter_map(Value::text).map(one).collect(),
                    other => other.text().map(one).into_iter().collect(),
                }
            }
            "phone" | "email" => match value {
                Value::List(items) => items
                    .iter()
                    .filter_map(Value::text)
                    .map(typed_value)
                    .collect(),
                other => other.text().map(typed_value).into_iter().collect(),
            },
            _ => Vec::new(),
        }
    }
}

/// The record's cell, with the address of its form where the reader may write it.
pub fn of_record(desk: &Desk<'_>, slot: &Slot, record: &Record, is_editable: bool) -> CellView {
    let mut cell = shown(desk, slot, &slot.value(desk.ctx, record));
    if is_editable {
        cell.edit = Some(format!(
            "{}/cell/{}",
            href(&record.object.name, record.id),
            slot.name
        ));
    }
    cell
}
