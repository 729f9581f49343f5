//! Many records at once. "All that match" is asked of the engine again, under the rights of the act itself; each row
//! succeeds or fails for itself.

use crate::build::desk::{Desk, query};
use crate::build::dialogs::{self, bulk, bulk_slots, inputs, said, touched};
use crate::build::input;
use crate::build::lists::BULK;
use crate::build::place::Place;
use crate::build::slots::Slot;
use crate::door::Visit;
use crate::door::answer::Answer;
use crate::pages::dialogs::ActionPage;
use axum::http::StatusCode;
use guanxi_access::Action;
use guanxi_capabilities::handover::{Many, many};
use guanxi_engine::capability::Noun;
use guanxi_engine::read::list::{ListRequest, MOST_ROWS, list};
use guanxi_engine::write::Change;
use guanxi_engine::write::batch::{self, Mode};
use guanxi_engine::{Context, EngineError, EngineResult, act, import};
use guanxi_meta::fault::Fault;
use guanxi_meta::{FieldError, Object};
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use uuid::Uuid;

/// Rows of one bulk act; more is an import's or a job's work.
const MOST: usize = 100_000;
/// Rows of one piece, so that others get their turn.
const PIECE: usize = 1_000;
/// Kinds of failure that are told.
const MOST_TOLD: usize = 3;

/// What is done, with what it needs to be asked.
enum What {
    Edit(Vec<Slot>),
    Remove,
    Noun(Noun, Vec<Slot>),
}

impl What {
    fn of(visit: &Visit, desk: &Desk<'_>, object: &Arc<Object>) -> EngineResult<What> {
        match visit.head.param("what") {
            "edit" => Ok(What::Edit(bulk_slots(desk, object))),
            "remove" => Ok(What::Remove),
            name if BULK.iter().any(|(known, _)| *known == name) => {
                let noun = super::noun::named(&visit.ctx, object, name)?;
                let slots = inputs(desk, object, &noun);
                Ok(What::Noun(noun, slots))
            }
            _ => Err(EngineError::NotFound),
        }
    }

    fn action(&self) -> Action {
        match self {
            What::Edit(_) => Action::Update,
            What::Remove => Action::Delete,
            What::Noun(noun, _) => noun.needs,
        }
    }

    fn slots(&self) -> &[Slot] {
        match self {
            What::Edit(slots) | What::Noun(_, slots) => slots,
            What::Remove => &[],
        }
    }

    fn page(&self, desk: &Desk<'_>, object: &Object, count: &str) -> ActionPage {
        match self {
            What::Edit(slots) => {
                let mut page = bulk(desk, object, ("edit", count));
                page.cells = slots
                    .iter()
                    .map(|slot| crate::build::cells::asked(desk, slot, &guanxi_meta::Value::Null))
                    .collect();
                page
            }
            What::Remove => bulk(desk, object, ("remove", count)),
            What::Noun(noun, _) => {
                let at = format!("/{}/bulk", object.name);
                let mut page =
                    dialogs::noun(desk, object, noun, (&at, &format!("/{}", object.name)));
                page.is_bulk = true;
                page.touches = vec![touched(
                    desk,
                    object,
                    if count.is_empty() { "…" } else { count },
                )];
                page
            }
        }
    }
}

pub fn ask(visit: &Visit) -> EngineResult<Answer> {
    let object = visit.object()?;
    let desk = Desk::new(visit)?;
    let what = What::of(visit, &desk, &object)?;
    visit.object_for(what.action())?;
    let page = what.page(&desk, &object, visit.head.query("n"));
    Answer::page(visit, &page.heading.clone(), &page)
}

pub fn run(visit: &Visit) -> EngineResult<Answer> {
    let object = visit.object()?;
    let desk = Desk::new(visit)?;
    let what = What::of(visit, &desk, &object)?;
    visit.object_for(what.action())?;
    let ids = chosen(visit, &object, what.action())?;
    // Marked in the log, so that all of it can be taken back.
    let mark = format!("bulk:{}", visit.site.engine.ids().next().simple());
    let ctx = visit.ctx.through(&mark);
    let from = ctx.engine.store().log_head()?;
    let outcome = match &what {
        What::Edit(slots) => edit(visit, &desk, (&object, slots), (&ctx, &ids)),
        What::Remove => Ok(each(&ctx, &ids, |id| Change::remove(&object, id, None))),
        What::Noun(noun, slots) => acts(
            visit,
            &object,
            (noun, &said(&desk, slots, &visit.form)),
            &ids,
        ),
    };
    match outcome {
        Ok(results) => {
            let undo = match what {
                What::Noun(..) => String::new(),
                _ => format!(
                    "/{}/bulk-undo?{}",
                    object.name,
                    query(&[
                        ("mark", &mark),
                        ("from", &from.to_string()),
                        ("until", &ctx.engine.store().log_head()?.to_string()),
                    ])
                ),
            };
            Ok(told(visit, &desk, (&object, &undo), &results))
        }
        Err(EngineError::Invalid(errors)) => {
            let page = what.page(&desk, &object, &ids.len().to_string());
            let page = dialogs::again(&desk, page, what.slots(), (&visit.form, &errors))?;
            Ok(Answer::page(visit, &page.heading.clone(), &page)?
                .status(StatusCode::UNPROCESSABLE_ENTITY))
        }
        Err(error) => Err(error),
    }
}

/// The ids that were ticked, or all that match the filter now within what the reader may do this to.
fn chosen(visit: &Visit, object: &Arc<Object>, action: Action) -> EngineResult<Vec<Uuid>> {
    if visit.form.text("all") != "1" {
        let ids = visit
            .form
            .text("ids")
            .split(',')
            .filter_map(|id| id.parse().ok());
        return Ok(ids.take(MOST).collect());
    }
    let place = Place::parse(object, visit.form.text("filter"));
    let mut ids = Vec::new();
    let mut cursor = String::new();
    loop {
        let request = ListRequest {
            filter: place.filter.clone(),
            limit: Some(MOST_ROWS),
            cursor,
            action: Some(action),
            ..ListRequest::default()
        };
        let page = list(&visit.ctx, object, &request)?;
        ids.extend(page.records.iter().map(|record| record.id));
        match page.next {
            Some(next) if ids.len() < MOST => cursor = next,
            Some(_) => {
                return Err(EngineError::TooLarge(
                    Fault::new("bulk_too_large").with("most", MOST),
                ));
            }
            None => return Ok(ids),
        }
    }
}

type Results = Vec<Result<(), EngineError>>;

/// Only what was filled in is changed.
fn edit(
    visit: &Visit,
    desk: &Desk<'_>,
    (object, slots): (&Arc<Object>, &[Slot]),
    (ctx, ids): (&Context, &[Uuid]),
) -> EngineResult<Results> {
    let mut fields = input::fields(desk, slots, &visit.form);
    fields.retain(|_, value| !value.is_null());
    if fields.is_empty() {
        return Err(EngineError::Invalid(vec![FieldError {
            field: String::new(),
            fault: Fault::new("bulk_nothing"),
        }]));
    }
    Ok(each(ctx, ids, |id| {
        Change::update(object, id, None, fields.clone())
    }))
}

fn each(ctx: &Context, ids: &[Uuid], change: impl Fn(Uuid) -> Change) -> Results {
    let mut results = Vec::with_capacity(ids.len());
    for piece in ids.chunks(PIECE) {
        let changes = piece.iter().map(|id| change(*id)).collect();
        match batch::run(ctx, changes, Mode::Each) {
            Ok(done) => results.extend(done.into_iter().map(|one| one.map(|_| ()))),
            Err((_, error)) => results.push(Err(error)),
        }
    }
    results
}

fn acts(
    visit: &Visit,
    object: &Arc<Object>,
    (noun, input): (&Noun, &Map<String, Json>),
    ids: &[Uuid],
) -> EngineResult<Results> {
    if noun.name == "handover" {
        let to = input
            .get("to")
            .and_then(Json::as_str)
            .and_then(|id| id.parse().ok());
        let order = Many {
            ids: ids.to_vec(),
            to: to.ok_or_else(|| EngineError::field("to", "required"))?,
            note: input.get("note").and_then(Json::as_str).map(str::to_owned),
        };
        return Ok(many(&visit.ctx, object, &order)?
            .into_iter()
            .map(|one| one.map(|_| ()))
            .collect());
    }
    let mut results = Vec::with_capacity(ids.len());
    for id in ids {
        let outcome = act::act(&visit.ctx, object, *id, noun.name, input.clone()).map(|_| ());
        match outcome {
            // What is wrong with the form is wrong with it for every record.
            Err(EngineError::Invalid(errors)) if results.is_empty() => {
                return Err(EngineError::Invalid(errors));
            }
            outcome => results.push(outcome),
        }
    }
    Ok(results)
}

/// How many were changed, how many not and why; the list comes anew.
fn told(
    visit: &Visit,
    desk: &Desk<'_>,
    (object, undo): (&Object, &str),
    results: &Results,
) -> Answer {
    let good = results.iter().filter(|result| result.is_ok()).count();
    let mut reasons: BTreeMap<String, u64> = BTreeMap::new();
    for error in results.iter().filter_map(|result| result.as_ref().err()) {
        *reasons
            .entry(crate::door::oops::said(error, visit.ctx.lang).1)
            .or_default() += 1;
    }
    let mut text = desk.say_n("bulk-good", good as u64);
    let mut counted: Vec<(u64, String)> = reasons
        .into_iter()
        .map(|(reason, count)| (count, reason))
        .collect();
    counted.sort_by(|a, b| b.cmp(a));
    for (count, reason) in counted.iter().take(MOST_TOLD) {
        text.push_str(&format!(" {} {reason}", desk.say_n("bulk-bad", *count)));
    }
    let tone = if counted.is_empty() { "good" } else { "bad" };
    let undo = if good == 0 { "" } else { undo };
    let answer =
        Answer::anew(visit, &format!("/{}", object.name)).flash(visit, &text, (tone, undo));
    answer
        .trigger("bulk:done", json!({}))
        .trigger("record:saved", json!({}))
}

/// Takes a bulk edit or removal back, as far as nobody has changed the records since.
pub fn undo(visit: &Visit) -> EngineResult<Answer> {
    let object = visit.object()?;
    let number = |name: &str| visit.head.query(name).parse::<i64>().ok();
    let (Some(from), Some(until)) = (number("from"), number("until")) else {
        return Err(EngineError::NotFound);
    };
    let mark = visit.head.query("mark");
    if !mark.starts_with("bulk:") {
        return Err(EngineError::NotFound);
    }
    let undone = import::undo_along(&visit.ctx, mark, (from, until))?;
    let desk = Desk::new(visit)?;
    let mut text = desk.say_n("bulk-undone", undone.restored);
    if undone.kept > 0 {
        text.push_str(&format!(" {}", desk.say_n("bulk-undone-kept", undone.kept)));
    }
    Ok(Answer::anew(visit, &format!("/{}", object.name)).flash(visit, &text, ("good", "")))
}
