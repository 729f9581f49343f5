//! Inline edit: one field of one record.

use super::record::found;
use crate::build::cells::{asked, asked_again, of_record};
use crate::build::desk::{Desk, record_href, undo_href};
use crate::build::forms;
use crate::build::input;
use crate::build::slots::{Slot, slot};
use crate::door::Visit;
use crate::door::answer::Answer;
use crate::pages::CellView;
use crate::pages::cell::CellPage;
use axum::http::StatusCode;
use guanxi_access::Action;
use guanxi_engine::write::{Change, save as write};
use guanxi_engine::{EngineError, EngineResult, Record, read};
use serde_json::Map;

pub fn ask(visit: &Visit) -> EngineResult<Answer> {
    let record = found(visit)?;
    if !visit.head.is_fragment {
        return Ok(Answer::see(
            visit,
            &format!("{}/edit", record_href(&record)),
        ));
    }
    let desk = Desk::new(visit)?;
    let slot = writable(visit, &desk, &record)?;
    let value = slot.value(&visit.ctx, &record);
    desk.learn([(slot.to(), &value)])?;
    form(
        visit,
        &record,
        (asked(&desk, &slot, &value), None),
        StatusCode::OK,
    )
}

/// The field of the address, if the reader may write it here.
fn writable(visit: &Visit, desk: &Desk<'_>, record: &Record) -> EngineResult<Slot> {
    let slot =
        slot(desk, &record.object, visit.head.param("field")).ok_or(EngineError::NotFound)?;
    let grant = visit.ctx.grant(&record.object, Action::Update);
    if !slot.is_writable(&grant) || !read::may(&visit.ctx, record, Action::Update)? {
        return Err(EngineError::Forbidden("update"));
    }
    Ok(slot)
}

fn form(
    visit: &Visit,
    record: &Record,
    (mut cell, conflict): (CellView, Option<crate::pages::Conflict>),
    status: StatusCode,
) -> EngineResult<Answer> {
    cell.edit = Some(format!("{}/cell/{}", record_href(record), cell.name));
    let seen = visit.version().unwrap_or(record.version);
    let page = CellPage {
        cell,
        version: seen.unsigned_abs(),
        is_editing: true,
        conflict,
    };
    Ok(Answer::page(visit, "", &page)?.status(status))
}

pub fn save(visit: &Visit) -> EngineResult<Answer> {
    let record = found(visit)?;
    let desk = Desk::new(visit)?;
    let slot = writable(visit, &desk, &record)?;
    let name = slot.name.clone();
    if visit.form.get(&format!("keep.{name}")) == Some("theirs") {
        return shown(visit, &desk, &slot);
    }
    let fields = Map::from_iter([(name, input::field(&desk, &slot, &visit.form))]);
    let change = |version| Change::update(&record.object, record.id, version, fields.clone());
    let mut outcome = write(&visit.ctx, change(visit.version()));
    if let Err(EngineError::Stale(stale)) = &outcome
        && stale.conflicts.is_empty()
    {
        // Somebody changed other fields: this one is as the reader saw it.
        outcome = write(&visit.ctx, change(Some(stale.version)));
    }
    match outcome {
        Ok(saved) if saved.version == record.version => shown(visit, &desk, &slot),
        Ok(saved) => {
            let text = desk.say_of("saved-one", "name", &slot.label);
            let undo = undo_href(&record, saved.version);
            Ok(shown(visit, &desk, &slot)?.toast(&text, &undo))
        }
        Err(EngineError::Invalid(errors) | EngineError::Taken(_, errors)) if !errors.is_empty() => {
            let said = errors
                .iter()
                .find(|error| error.field.split('.').next() == Some(slot.name.as_str()));
            let fault = said
                .or(errors.first())
                .map(|error| desk.fault(&error.fault));
            let cell = asked_again(&desk, &slot, &visit.form)?.with(|cell| cell.error = fault);
            form(
                visit,
                &record,
                (cell, None),
                StatusCode::UNPROCESSABLE_ENTITY,
            )
        }
        Err(EngineError::Stale(stale)) => {
            let cell = asked_again(&desk, &slot, &visit.form)?;
            let conflict = forms::conflict(&desk, &record, &stale)?;
            form(
                visit,
                &record,
                (cell, Some(conflict)),
                StatusCode::PRECONDITION_FAILED,
            )
        }
        Err(error) => Err(error),
    }
}

/// The cell as it is now. A change may have taken the record out of the reader's sight.
fn shown(visit: &Visit, desk: &Desk<'_>, slot: &Slot) -> EngineResult<Answer> {
    let Some(record) = read::lookup(&visit.ctx, &visit.object()?, visit.id()?)? else {
        return Ok(Answer::anew(
            visit,
            &format!("/{}", visit.head.param("object")),
        ));
    };
    let value = slot.value(&visit.ctx, &record);
    desk.learn([(slot.to(), &value)])?;
    let mut cell = of_record(desk, slot, &record, true);
    if slot.at == Some(record.object.title) {
        cell.href = Some(record_href(&record));
        cell.role = "title".to_owned();
    }
    let page = CellPage {
        cell,
        version: record.version.unsigned_abs(),
        is_editing: false,
        conflict: None,
    };
    Ok(Answer::page(visit, "", &page)?.version(record.version))
}
