//! Merging two records of the same: choose, merge, and take it back.

use super::record::found;
use crate::build::cells::shown;
use crate::build::desk::{Desk, record_href};
use crate::build::slots::slot;
use crate::build::{forms, merges};
use crate::door::Visit;
use crate::door::answer::Answer;
use crate::pages::dialogs::ActionPage;
use crate::pages::merge::{MergeField, MergePage};
use crate::pages::{CellView, Crumb, Tally};
use axum::http::StatusCode;
use guanxi_capabilities::identity::memory;
use guanxi_capabilities::identity::preview::{Preview, preview};
use guanxi_engine::{EngineError, EngineResult, Record, act};
use guanxi_meta::Value;
use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

pub fn ask(visit: &Visit) -> EngineResult<Answer> {
    let record = found(visit)?;
    if !record.object.has("identity") {
        return Err(EngineError::NotFound);
    }
    let desk = Desk::new(visit)?;
    let with: Vec<Uuid> = visit
        .head
        .queries()
        .iter()
        .filter(|(name, _)| name == "with")
        .filter_map(|(_, id)| id.parse().ok())
        .collect();
    if with.is_empty() {
        let page = choose(&desk, &record);
        return Answer::page(visit, &page.heading.clone(), &page);
    }
    Answer::page(
        visit,
        &desk.say("merge"),
        &page(visit, &desk, (&record, &with))?,
    )
}

/// Which other record: a picker that leads to the comparison.
fn choose(desk: &Desk<'_>, record: &Record) -> ActionPage {
    let mut cell = CellView::new("with", &desk.one(&record.object), "link", "");
    cell.lookup = Some(format!("/{}/options", record.object.name));
    cell.required = true;
    cell.wide = true;
    let at = record_href(record);
    ActionPage {
        heading: desk.say("merge"),
        text: desk.say("merge-with-text"),
        icon: "merge".to_owned(),
        tone: "go".to_owned(),
        action: format!("{at}/merge"),
        cancel: at,
        submit: desk.say("continue"),
        hidden: vec![("_ask".to_owned(), "1".to_owned())],
        cells: vec![cell],
        ..ActionPage::default()
    }
}

fn page(
    visit: &Visit,
    desk: &Desk<'_>,
    (record, with): (&Record, &[Uuid]),
) -> EngineResult<MergePage> {
    let preview = preview(&visit.ctx, &record.object, record.id, with)?;
    let at = record_href(record);
    Ok(MergePage {
        crumb: Crumb {
            label: record.title(),
            href: at.clone(),
        },
        action: format!("{at}/merge"),
        cancel: at,
        records: forms::lookups(preview.records.iter()),
        fields: fields(desk, &preview)?,
        moves: moves(desk, &preview),
        error: None,
    })
}

fn fields(desk: &Desk<'_>, preview: &Preview) -> EngineResult<Vec<MergeField>> {
    let mut fields = Vec::with_capacity(preview.fields.len());
    for field in &preview.fields {
        let Some(first) = preview.records.first() else {
            continue;
        };
        let Some(slot) = slot(desk, &first.object, &field.name) else {
            continue;
        };
        let mut values = Vec::with_capacity(field.values.len());
        for json in &field.values {
            let value = if json.is_null() {
                Value::Null
            } else {
                slot.field.kind.parse(&slot.field, json).unwrap_or_default()
            };
            desk.learn([(slot.to(), &value)])?;
            values.push(shown(desk, &slot, &value).text);
        }
        fields.push(MergeField {
            name: slot.name,
            label: slot.label,
            values,
            chosen: field.proposed,
            is_same: field.is_same,
        });
    }
    Ok(fields)
}

fn moves(desk: &Desk<'_>, preview: &Preview) -> Vec<Tally> {
    let tally = |(name, count): &(String, u64)| Tally {
        label: desk
            .ctx
            .catalog
            .object(name)
            .map_or(name.clone(), |object| desk.many(object)),
        value: count.to_string(),
        ..Tally::default()
    };
    preview
        .along
        .iter()
        .filter(|(_, count)| *count > 0)
        .map(tally)
        .collect()
}

pub fn run(visit: &Visit) -> EngineResult<Answer> {
    let record = found(visit)?;
    let at = record_href(&record);
    let with: Vec<&str> = visit.form.all("with").filter(|id| !id.is_empty()).collect();
    if visit.form.get("_ask").is_some() && !with.is_empty() {
        let query: Vec<(&str, &str)> = with.iter().map(|id| ("with", *id)).collect();
        return Ok(Answer::see(
            visit,
            &format!("{at}/merge?{}", crate::build::desk::query(&query)),
        ));
    }
    let choose: Map<String, Json> = visit
        .form
        .pairs()
        .iter()
        .filter_map(|(name, id)| Some((name.strip_prefix("choose.")?.to_owned(), json!(id))))
        .collect();
    let input = Map::from_iter([
        ("with".to_owned(), json!(with)),
        ("choose".to_owned(), Json::Object(choose)),
    ]);
    let desk = Desk::new(visit)?;
    match act::act(&visit.ctx, &record.object, record.id, "merge", input) {
        Ok(answer) => {
            let merge = answer
                .get("merge")
                .and_then(Json::as_str)
                .unwrap_or_default();
            let undo = if merge.is_empty() {
                String::new()
            } else {
                format!("/merges/{merge}/undo?at={at}")
            };
            Ok(Answer::see(visit, &at).flash(visit, &desk.say("merged"), ("good", &undo)))
        }
        Err(error @ (EngineError::Invalid(_) | EngineError::Taken(..))) => {
            let ids: Vec<Uuid> = with.iter().filter_map(|id| id.parse().ok()).collect();
            let mut page = page(visit, &desk, (&record, &ids))?;
            page.error = Some(crate::door::oops::said(&error, visit.ctx.lang).1);
            Ok(Answer::page(visit, &desk.say("merge"), &page)?
                .status(StatusCode::UNPROCESSABLE_ENTITY))
        }
        Err(error) => Err(error),
    }
}

/// What taking a merge back would do.
pub fn outlook(visit: &Visit) -> EngineResult<Answer> {
    let outlook = memory::outlook(&visit.ctx, visit.id()?)?;
    let desk = Desk::new(visit)?;
    Answer::page(
        visit,
        &desk.say("unmerge"),
        &merges::unmerge(&desk, &outlook)?,
    )
}

/// All merges, for administrators.
pub fn all(visit: &Visit) -> EngineResult<Answer> {
    let before = visit.head.query("before").parse().ok();
    let (found, next) = memory::all_merges(&visit.ctx, before)?;
    let desk = Desk::new(visit)?;
    Answer::page(
        visit,
        &desk.say("settings-merges"),
        &merges::list(&desk, (&found, next)),
    )
}

/// Takes a merge back; what others changed since is left and told.
pub fn undo(visit: &Visit) -> EngineResult<Answer> {
    let answer = act::undo_merge(&visit.ctx, visit.id()?)?;
    let desk = Desk::new(visit)?;
    let left = answer
        .get("left")
        .and_then(Json::as_array)
        .map_or(0, Vec::len);
    let text = if left == 0 {
        desk.say("unmerged")
    } else {
        desk.say_n("unmerged-left", left as u64)
    };
    let at = crate::door::head::local(visit.head.query("at")).to_owned();
    Ok(Answer::anew(visit, &at).flash(visit, &text, ("good", "")))
}
