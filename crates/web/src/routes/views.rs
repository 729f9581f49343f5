//! Views that people keep, columns, conditions. Each ends at the list's own address.

use crate::build::desk::Desk;
use crate::build::dialogs::{
    arrange_views, columns as columns_page, condition, condition_text, conditional, keep_view,
};
use crate::build::place::Place;
use crate::build::slots::Slot;
use crate::door::Visit;
use crate::door::answer::Answer;
use crate::door::form::Form;
use axum::http::StatusCode;
use guanxi_engine::read::list::{Counting, ListRequest, count};
use guanxi_engine::views::Sharing;
use guanxi_engine::{EngineError, EngineResult, views};
use guanxi_query::chips::conjunction;
use guanxi_query::{Purpose, check_as};
use serde_json::{Value as Json, json};
use uuid::Uuid;

pub fn new(visit: &Visit) -> EngineResult<Answer> {
    let place = Place::read(&visit.object()?, &visit.head);
    let desk = Desk::new(visit)?;
    let page = keep_view(&desk, &place);
    Answer::page(visit, &page.heading.clone(), &page)
}

pub fn keep(visit: &Visit) -> EngineResult<Answer> {
    let object = visit.object()?;
    // Read and written again, so that nothing but a place is kept.
    let place = Place::parse(&object, visit.form.text("query"));
    let query = place.to_keep();
    let sharing = Sharing::parse(visit.form.text("sharing")).unwrap_or_default();
    let named = (visit.form.text("name"), query.as_str());
    match views::save(&visit.ctx, &object.name, named, sharing) {
        Ok(_) => Ok(Answer::see(visit, &format!("/{}?{query}", object.name))),
        Err(EngineError::Invalid(errors)) => {
            let desk = Desk::new(visit)?;
            let mut page = keep_view(&desk, &place);
            page.errors = crate::build::forms::place_errors(&desk, page.cells.iter_mut(), &errors);
            Ok(Answer::page(visit, &page.heading.clone(), &page)?
                .status(StatusCode::UNPROCESSABLE_ENTITY))
        }
        Err(error) => Err(error),
    }
}

/// The reader's views in a dialog.
pub fn arrange(visit: &Visit) -> EngineResult<Answer> {
    let object = visit.object()?;
    let desk = Desk::new(visit)?;
    Answer::page(
        visit,
        &desk.say("arrange-views"),
        &arrange_views(&desk, &object)?,
    )
}

/// Names, order and sharing as they were posted. A button beside a view moves it up or forgets it, and the dialog stays.
pub fn save_arranged(visit: &Visit) -> EngineResult<Answer> {
    let object = visit.object()?;
    let ids = visit.form.all("id").filter_map(|id| id.parse().ok());
    let mut wanted: Vec<(Uuid, String, Sharing)> = ids
        .map(|id: Uuid| {
            let text = |name: &str| visit.form.text(&format!("{name}.{id}"));
            let sharing = Sharing::parse(text("sharing")).unwrap_or_default();
            (id, text("name").to_owned(), sharing)
        })
        .collect();
    let at = |name: &str| {
        let id: Option<Uuid> = visit.form.text(name).parse().ok();
        id.and_then(|id| wanted.iter().position(|(known, _, _)| *known == id))
    };
    let (up, gone) = (at("up"), at("remove"));
    if let Some(up) = up.filter(|up| *up > 0) {
        wanted.swap(up, up - 1);
    }
    let arranged = views::arrange(&visit.ctx, &wanted);
    if let Some(gone) = gone {
        views::remove(&visit.ctx, wanted[gone].0)?;
    }
    // Read and written again, so that nothing but a place is kept.
    let opening = visit.form.text("opening");
    let opening = match Place::parse(&object, opening) {
        place if place.is_bare() => String::new(),
        place => place.query(&[]),
    };
    views::set_opening(&visit.ctx, &object.name, &opening)?;
    if arranged.is_ok() && up.is_none() && gone.is_none() {
        return Ok(Answer::see(visit, &format!("/{}", object.name)));
    }
    let desk = Desk::new(visit)?;
    let mut page = arrange_views(&desk, &object)?;
    page.error = arranged
        .err()
        .map(|error| crate::door::oops::said(&error, visit.ctx.lang).1);
    Answer::page(visit, &desk.say("arrange-views"), &page)
}

pub fn columns(visit: &Visit) -> EngineResult<Answer> {
    let place = Place::read(&visit.object()?, &visit.head);
    let desk = Desk::new(visit)?;
    Answer::page(visit, &desk.say("columns"), &columns_page(&desk, &place))
}

pub fn set_columns(visit: &Visit) -> EngineResult<Answer> {
    let place = Place::read(&visit.object()?, &visit.head);
    let chosen: Vec<&str> = visit.form.all("column").collect();
    let columns = chosen.join(",");
    let columns = if columns.is_empty() {
        None
    } else {
        Some(columns.as_str())
    };
    Ok(Answer::see(visit, &place.href("", &[("columns", columns)])))
}

pub fn filter(visit: &Visit) -> EngineResult<Answer> {
    let place = Place::read(&visit.object()?, &visit.head);
    let desk = Desk::new(visit)?;
    // Another field was chosen: the dialog sends itself along, the filter before it under the name `was`.
    let was = visit.head.asked("was").map(str::to_owned);
    let place = match was {
        Some(was) => place.with_filter(was),
        None => place,
    };
    let form = Form::from_pairs(
        visit
            .head
            .queries()
            .iter()
            .filter(|(name, _)| !name.starts_with("value"))
            .cloned()
            .collect(),
    );
    Answer::page(
        visit,
        &desk.say("condition"),
        &condition(&desk, &place, &form)?,
    )
}

/// Whether a text is a filter, while it is being written: how many records it admits, or what is wrong where.
pub fn check_filter(visit: &Visit) -> EngineResult<Answer> {
    let object = visit.object()?;
    let request = ListRequest {
        filter: visit.head.query("filter").to_owned(),
        count: Counting::Estimate,
        ..ListRequest::default()
    };
    let body = match count(&visit.ctx, &object, &request) {
        Ok(counted) => {
            let mark = if counted.exact { "" } else { "+" };
            json!({ "count": format!("{}{mark}", counted.value) })
        }
        Err(EngineError::Query(error)) => json!({
            "message": error.message(visit.ctx.lang),
            "position": error.position,
            "length": error.length,
            "suggestion": error.suggestion,
        }),
        Err(EngineError::BadRequest(fault)) => {
            json!({ "message": fault.message(visit.ctx.lang), "position": 0, "length": 0 })
        }
        Err(error) => return Err(error),
    };
    Ok(Answer::body(body.to_string().into(), "application/json"))
}

/// Names that a filter of this object may use, with the values of closed lists.
pub fn filter_names(visit: &Visit) -> EngineResult<Answer> {
    let object = visit.object()?;
    let desk = Desk::new(visit)?;
    let name = |slot: &Slot| {
        let choices = slot.field.options.choices.iter();
        let values: Vec<Json> = choices
            .map(|choice| json!([choice.value, desk.label(&choice.label, &choice.value)]))
            .collect();
        json!({ "name": slot.name, "label": slot.label, "values": values })
    };
    let names: Vec<Json> = conditional(&desk, &object).iter().map(name).collect();
    let body = Json::Array(names).to_string();
    Ok(Answer::body(body.into(), "application/json"))
}

/// The list with the condition added or changed; what was written as text goes before what was chosen.
pub fn apply_filter(visit: &Visit) -> EngineResult<Answer> {
    let place = Place::read(&visit.object()?, &visit.head);
    let desk = Desk::new(visit)?;
    let form = Form::from_pairs(visit.head.queries().to_vec());
    let was = form.text("was").to_owned();
    let written = form.text("filter").trim();
    // Where only the text stood open, no condition was chosen.
    let outcome = if written == was.trim() && form.has("field") {
        combined(&desk, &place, (&form, &was))
    } else {
        Ok(written.to_owned())
    };
    let checked = outcome.and_then(|filter| {
        check_as(
            &visit.ctx.catalog,
            &place.object,
            &filter,
            Purpose::Filter,
            &visit.ctx,
        )?;
        Ok(filter)
    });
    match checked {
        Ok(filter) => Ok(Answer::see(
            visit,
            &place.href("", &[("filter", Some(&filter))]),
        )),
        Err(error @ (EngineError::Query(_) | EngineError::BadRequest(_))) => {
            let mut page = condition(&desk, &place.with_filter(was), &form)?;
            page.error = Some(crate::door::oops::said(&error, visit.ctx.lang).1);
            page.expression = written.to_owned();
            page.is_text = true;
            Ok(Answer::page(visit, &desk.say("condition"), &page)?
                .status(StatusCode::UNPROCESSABLE_ENTITY))
        }
        Err(error) => Err(error),
    }
}

/// The filter before, with the condition in place of the one that was opened.
fn combined(desk: &Desk<'_>, place: &Place, (form, was): (&Form, &str)) -> EngineResult<String> {
    let condition =
        condition_text(desk, place, form).ok_or_else(|| EngineError::bad("condition_empty"))?;
    let typed = check_as(
        &desk.ctx.catalog,
        &place.object,
        was,
        Purpose::Filter,
        desk.ctx,
    )?;
    let at = form.text("at").parse::<usize>().ok();
    let rest = match at.and_then(|at| typed.chips().into_iter().nth(at)) {
        Some(chip) => chip.rest,
        None => was.to_owned(),
    };
    if rest.trim().is_empty() {
        Ok(condition)
    } else {
        Ok(conjunction(&rest, &condition)?)
    }
}
