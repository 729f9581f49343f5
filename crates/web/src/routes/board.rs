//! Boards: further cards, moving one, and the stage path of a record's page.

use super::record::found;
use crate::build::board::{Board, outcome};
use crate::build::cells::choice_label;
use crate::build::desk::{Desk, record_href, undo_href};
use crate::build::place::Place;
use crate::build::slots::{Slot, slot};
use crate::door::Visit;
use crate::door::answer::Answer;
use crate::pages::board::{Lane, LanesPage};
use guanxi_engine::write::{Change, Saved, save};
use guanxi_engine::{EngineError, EngineResult, Record, act, read};
use guanxi_meta::catalog::Outcome;
use serde_json::{Map, json};
use uuid::Uuid;

/// Further cards of one lane.
pub fn cards(visit: &Visit) -> EngineResult<Answer> {
    let object = visit.object()?;
    let place = Place::read(&object, &visit.head);
    let desk = Desk::new(visit)?;
    let board = Board::new(&desk, &place)?;
    let lane = visit.head.query("lane");
    let (cards, next) = board.cards(lane, visit.head.query("cursor"))?;
    let more = next.map(|cursor| board.more(lane, &cursor));
    let lane = Lane {
        stage: lane.to_owned(),
        cards,
        more,
        ..Lane::default()
    };
    Answer::page(
        visit,
        &desk.many(&object),
        &LanesPage {
            part: "cards".to_owned(),
            lanes: vec![lane],
        },
    )
}

/// One card as it is now.
pub fn card(visit: &Visit) -> EngineResult<Answer> {
    let object = visit.object()?;
    let id: Uuid = visit
        .head
        .query("id")
        .parse()
        .map_err(|_| EngineError::NotFound)?;
    let record = read::get(&visit.ctx, &object, id)?;
    let place = Place::read(&object, &visit.head);
    let desk = Desk::new(visit)?;
    let cards = Board::new(&desk, &place)?.show(&[record])?;
    let lane = Lane {
        cards,
        ..Lane::default()
    };
    Answer::page(
        visit,
        &desk.many(&object),
        &LanesPage {
            part: "card".to_owned(),
            lanes: vec![lane],
        },
    )
}

/// A card was put into another lane; the answer is every lane's head, since two of them have other sums now.
pub fn r#move(visit: &Visit) -> EngineResult<Answer> {
    let record = found(visit)?;
    let place = Place::read(&record.object, &visit.head);
    let desk = Desk::new(visit)?;
    let lanes = crate::build::board::lane_slot(&desk, &place).ok_or(EngineError::NotFound)?;
    let put = put(visit, &record, (&lanes.name, visit.form.text("stage")))?;
    let heads = Board::new(&desk, &place)?.heads()?;
    let page = LanesPage {
        part: "heads".to_owned(),
        lanes: heads,
    };
    let answer = Answer::page(visit, &desk.many(&record.object), &page)?.version(put.version);
    Ok(match put.undo {
        undo if undo.is_empty() => answer,
        undo => answer.toast(
            &moved(&desk, &record, (&lanes, visit.form.text("stage"))),
            &undo,
        ),
    })
}

/// The stage path's button; the script takes `#main` out of the whole page.
pub fn stage(visit: &Visit) -> EngineResult<Answer> {
    let record = found(visit)?;
    let stage = visit.form.text("stage");
    let put = put(visit, &record, ("stage", stage))?;
    let desk = Desk::new(visit)?;
    let text = slot(&desk, &record.object, "stage")
        .map(|slot| moved(&desk, &record, (&slot, stage)))
        .unwrap_or_default();
    Ok(Answer::anew(visit, &record_href(&record)).flash(visit, &text, ("good", &put.undo)))
}

/// Where the record stands now, in words.
fn moved(desk: &Desk<'_>, record: &Record, (slot, value): (&Slot, &str)) -> String {
    let pipeline = record.get("pipeline").text().unwrap_or_default();
    let stage = record
        .object
        .stage(pipeline, value)
        .filter(|_| slot.name == "stage");
    let label = match stage {
        Some(stage) => desk.label(&stage.label, value),
        None => choice_label(desk, slot, value),
    };
    format!("{} → {label}", record.title())
}

/// What moving a record left: its version, and where the move is taken back; a reopening is not.
struct Put {
    version: i64,
    undo: String,
}

/// A closed deal that goes back to an open stage is reopened, which is an act of its own.
fn put(visit: &Visit, record: &Record, (field, value): (&str, &str)) -> EngineResult<Put> {
    let closed = field == "stage"
        && !record.object.pipelines.is_empty()
        && outcome(&record.object, record) != Outcome::Open;
    if closed {
        let input = Map::from_iter([("stage".to_owned(), json!(value))]);
        let answer = act::act(&visit.ctx, &record.object, record.id, "reopening", input)?;
        return Ok(Put {
            version: answer["version"].as_i64().unwrap_or(record.version),
            undo: String::new(),
        });
    }
    let fields = Map::from_iter([(field.to_owned(), json!(value))]);
    let change = |version| Change::update(&record.object, record.id, version, fields.clone());
    let put = |saved: Saved| Put {
        version: saved.version,
        undo: undo_href(record, saved.version),
    };
    match save(&visit.ctx, change(visit.version())) {
        Ok(saved) => Ok(put(saved)),
        // Other fields were changed meanwhile; where the card stands was not.
        Err(EngineError::Stale(stale)) if stale.conflicts.is_empty() => {
            Ok(put(save(&visit.ctx, change(Some(stale.version)))?))
        }
        Err(error) => Err(error),
    }
}
