//! From what a form posted to what a change takes.

use super::desk::Desk;
use super::slots::Slot;
use crate::door::form::Form;
use guanxi_engine::{EngineResult, files};
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
        "phone" | "email" if slot.field.options.several => several(form, name),
        "file" | "image" if form.text(&format!("{name}.remove")) == "true" => Json::Null,
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

/// Minutes, or hours and minutes as a clock shows them; what is neither goes on as it was typed.
fn minutes(said: &str) -> Json {
    let whole = |text: &str| text.trim().parse::<u32>().ok();
    let total = match said.split_once([':', '：']) {
        Some((hours, minutes)) => whole(hours)
            .zip(whole(minutes).filter(|minutes| *minutes < 60))
            .and_then(|(hours, minutes)| hours.checked_mul(60)?.checked_add(minutes)),
        None => whole(said),
    };
    total.map_or_else(|| text(said), |minutes| json!(format!("PT{minutes}M")))
}

/// Each input holds a value, or several with commas of either language or semicolons between them.
fn several(form: &Form, name: &str) -> Json {
    let values: Vec<&str> = form
        .all(name)
        .flat_map(|said| said.split([',', ';', '，', '；', '、']))
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

/// The form with the files that came in it received: a browser without scripts sends them with the form, one with
/// scripts has sent them before. None came: the form is as it was.
pub fn received(desk: &Desk<'_>, slots: &[&Slot], form: &Form) -> EngineResult<Option<Form>> {
    let mut pairs = form.pairs().to_vec();
    let before = pairs.len();
    for slot in slots
        .iter()
        .filter(|slot| matches!(slot.kind(), "file" | "image"))
    {
        let came = form
            .file(&format!("{}.upload", slot.name))
            .filter(|file| !file.bytes.is_empty());
        if let Some(file) = came {
            let sent = files::send(desk.ctx, &file.name, &mut file.bytes.as_ref())?;
            pairs.push((slot.name.clone(), format!("{} {}", sent.id, sent.name)));
        }
    }
    Ok((pairs.len() > before).then(|| Form::from_pairs(pairs)))
}
