//! From what a form posted to what a change takes.

use super::desk::Desk;
use super::slots::Slot;
use crate::door::form::Form;
use guanxi_meta::Value;
use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

/// The fields of the slots that the form has, as the API writes them. What does not read goes on as it was typed, so
/// that the save tells everything that is wrong at once.
pub fn fields(desk: &Desk<'_>, slots: &[Slot], form: &Form) -> Map<String, Json> {
    let mut fields = Map::new();
    for slot in slots {
        // Of a list from which everything was taken away, nothing is posted.
        let is_list = matches!(slot.kind(), "many_links" | "multi_choice");
        if form.has(&slot.name) || is_list {
            fields.insert(slot.name.clone(), field(desk, slot, form));
        }
    }
    fields
}

/// One field; null where nothing was typed.
pub fn field(desk: &Desk<'_>, slot: &Slot, form: &Form) -> Json {
    let name = slot.name.as_str();
    let last = form.last(name).unwrap_or_default().trim();
    match slot.kind() {
        "money" => money(desk, slot, form),
        "address" => parts(
            form,
            name,
            &["province", "city", "district", "street", "postcode"],
        ),
        "person_name" => person(form, name, last),
        "bool" => json!(last == "true"),
        "many_links" => json!(
            form.all(name)
                .filter(|id| !id.is_empty())
                .collect::<Vec<_>>()
        ),
        "multi_choice" => json!(
            form.all(name)
                .filter(|value| !value.is_empty())
                .collect::<Vec<_>>()
        ),
        "duration" => minutes(last),
        "json" => serde_json::from_str(last).unwrap_or_else(|_| text(last)),
        "phone" | "email" if slot.field.options.several => several(last),
        _ => read(desk, slot, last),
    }
}

fn text(said: &str) -> Json {
    if said.is_empty() {
        Json::Null
    } else {
        json!(said)
    }
}

fn read(desk: &Desk<'_>, slot: &Slot, said: &str) -> Json {
    if said.is_empty() {
        return Json::Null;
    }
    let field = &slot.field;
    match field.kind.read_in(field, said, &desk.ctx.zone) {
        Ok(value) if !value.is_null() => field.kind.to_json(field, &value),
        _ => json!(said),
    }
}

fn money(desk: &Desk<'_>, slot: &Slot, form: &Form) -> Json {
    let amount = form.text(&format!("{}.amount", slot.name)).trim();
    let currency = form.text(&format!("{}.currency", slot.name)).trim();
    if amount.is_empty() {
        return Json::Null;
    }
    let said = format!("{amount} {currency}");
    match slot
        .field
        .kind
        .read_in(&slot.field, said.trim(), &desk.ctx.zone)
    {
        Ok(value) => slot.field.kind.to_json(&slot.field, &value),
        Err(_) => json!({ "amount": amount, "currency": currency }),
    }
}

fn parts(form: &Form, name: &str, known: &[&str]) -> Json {
    let said = known
        .iter()
        .map(|part| (*part, form.text(&format!("{name}.{part}")).trim()));
    let said: Map<String, Json> = said
        .filter(|(_, value)| !value.is_empty())
        .map(|(part, value)| (part.to_owned(), json!(value)))
        .collect();
    if said.is_empty() {
        Json::Null
    } else {
        Json::Object(said)
    }
}

fn person(form: &Form, name: &str, whole: &str) -> Json {
    match parts(form, name, &["family", "given"]) {
        Json::Null => text(whole),
        said => said,
    }
}

fn minutes(said: &str) -> Json {
    match said.parse::<u32>() {
        Ok(minutes) => json!(format!("PT{minutes}M")),
        Err(_) => text(said),
    }
}

/// A list names all of several values; commas of both languages and semicolons stand between them.
fn several(said: &str) -> Json {
    let values: Vec<&str> = said
        .split([',', ';', '，', '；', '、'])
        .map(str::trim)
        .filter(|value| !value.is_empty())
        .collect();
    if values.is_empty() {
        Json::Null
    } else {
        json!(values)
    }
}

/// The ids of a list of links.
pub fn ids(form: &Form, name: &str) -> Value {
    Value::List(
        form.all(name)
            .filter_map(|id| id.parse::<Uuid>().ok())
            .map(Value::Id)
            .collect(),
    )
}
