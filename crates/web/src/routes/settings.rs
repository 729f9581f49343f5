//! `/settings`: the reader's own, roles and choice lists.

use super::login::language_cookie;
use crate::build::cells::{asked, asked_again};
use crate::build::desk::Desk;
use crate::build::forms::place_errors;
use crate::build::input;
use crate::build::settings as build;
use crate::build::slots::{Slot, slots};
use crate::door::Visit;
use crate::door::answer::Answer;
use crate::pages::settings::ProfilePage;
use axum::http::StatusCode;
use guanxi_access::User;
use guanxi_engine::accounts::{password, session, token};
use guanxi_engine::write::{Change, save};
use guanxi_engine::{Context, EngineError, EngineResult, Record, admin, read};
use guanxi_meta::fault::Fault;
use guanxi_meta::overlay::Overlay;
use guanxi_meta::{FieldError, Lang};
use serde_json::{Map, Value as Json, json};

pub fn first(visit: &Visit) -> EngineResult<Answer> {
    Ok(Answer::see(visit, "/settings/profile"))
}

fn me(ctx: &Context) -> EngineResult<(User, Record)> {
    let user = ctx.person().ok_or(EngineError::Unauthorized)?.clone();
    let object = ctx.object("user")?;
    let record = read::get(ctx, &object, user.id)?;
    Ok((user, record))
}

fn own_slots(desk: &Desk<'_>, record: &Record) -> Vec<Slot> {
    slots(desk, &record.object, &build::OWN_FIELDS.map(str::to_owned))
}

pub fn profile(visit: &Visit) -> EngineResult<Answer> {
    let (_, record) = me(&visit.ctx)?;
    let desk = Desk::new(visit)?;
    let cells = own_slots(&desk, &record)
        .iter()
        .map(|slot| asked(&desk, slot, &slot.value(&visit.ctx, &record)))
        .collect();
    Answer::page(visit, &desk.say("settings-profile"), &build::profile(cells))
}

/// Of the own row only what people say of themselves; the rest of it is not theirs to write, whatever is posted.
pub fn save_profile(visit: &Visit) -> EngineResult<Answer> {
    let (_, record) = me(&visit.ctx)?;
    let desk = Desk::new(visit)?;
    let slots = own_slots(&desk, &record);
    match save_own(
        &visit.ctx,
        &record,
        input::fields(&desk, &slots, &visit.form),
    ) {
        Ok(()) => {
            let answer = Answer::see(visit, "/settings/profile").flash(
                visit,
                &desk.say("saved"),
                ("good", ""),
            );
            // This browser follows at once what the person chose for all of them.
            Ok(match Lang::parse(visit.form.text("language")) {
                Some(lang) => answer.cookie(language_cookie(lang, &visit.head)),
                None => answer,
            })
        }
        Err(EngineError::Invalid(errors)) => {
            let cells = slots
                .iter()
                .map(|slot| asked_again(&desk, slot, &visit.form));
            let mut page = build::profile(cells.collect::<EngineResult<_>>()?);
            page.errors = place_errors(&desk, page.cells.iter_mut(), &errors);
            Ok(Answer::page(visit, &desk.say("settings-profile"), &page)?
                .status(StatusCode::UNPROCESSABLE_ENTITY))
        }
        Err(error) => Err(error),
    }
}

fn save_own(ctx: &Context, record: &Record, mut fields: Map<String, Json>) -> EngineResult<()> {
    fields.retain(|name, _| build::OWN_FIELDS.contains(&name.as_str()));
    save(
        ctx,
        Change::update(&record.object, record.id, None, fields).as_part_of("profile"),
    )
    .map(|_| ())
}

pub fn language(visit: &Visit) -> EngineResult<Answer> {
    let said = visit.form.get("language").unwrap_or(visit.head.query("to"));
    let lang = Lang::parse(said).ok_or_else(|| EngineError::bad("bad_form"))?;
    if let Ok((_, record)) = me(&visit.ctx) {
        save_own(
            &visit.ctx,
            &record,
            Map::from_iter([("language".to_owned(), json!(lang.code()))]),
        )?;
    }
    // Back to where the menu was opened; its address comes with the request.
    let back = visit.head.current.clone().unwrap_or_else(|| "/".to_owned());
    Ok(Answer::see(visit, &back).cookie(language_cookie(lang, &visit.head)))
}

pub fn change_password(visit: &Visit) -> EngineResult<Answer> {
    let desk = Desk::new(visit)?;
    match password::change(&visit.ctx, visit.form.text("old"), visit.form.text("new")) {
        // Every session ended, this one too.
        Ok(()) => Ok(Answer::see(visit, "/login").flash(
            visit,
            &desk.say("password-changed"),
            ("good", ""),
        )),
        Err(EngineError::Invalid(errors)) => {
            let (_, record) = me(&visit.ctx)?;
            let cells = own_slots(&desk, &record)
                .iter()
                .map(|slot| asked(&desk, slot, &slot.value(&visit.ctx, &record)))
                .collect();
            let page = ProfilePage {
                password_errors: password_errors(&desk, &errors),
                ..build::profile(cells)
            };
            Ok(Answer::page(visit, &desk.say("settings-profile"), &page)?
                .status(StatusCode::UNPROCESSABLE_ENTITY))
        }
        Err(error) => Err(error),
    }
}

/// The form's inputs have names of their own.
fn password_errors(desk: &Desk<'_>, errors: &[FieldError]) -> Vec<crate::pages::FieldError> {
    let one = |error: &FieldError| {
        let (field, key) = if error.field == "old_password" {
            ("old", "password-old")
        } else {
            ("new", "password-new")
        };
        crate::pages::FieldError {
            field: field.to_owned(),
            label: desk.say(key),
            message: desk.fault(&error.fault),
        }
    };
    errors.iter().map(one).collect()
}

pub fn access(visit: &Visit) -> EngineResult<Answer> {
    let desk = Desk::new(visit)?;
    let here = session::number(&visit.site.engine, &visit.session)?;
    Answer::page(
        visit,
        &desk.say("settings-access"),
        &build::access(&desk, here)?,
    )
}

/// The secret is shown on this answer and never again.
pub fn new_token(visit: &Visit) -> EngineResult<Answer> {
    let name = visit.form.text("name").trim();
    let desk = Desk::new(visit)?;
    let here = session::number(&visit.site.engine, &visit.session)?;
    if name.is_empty() {
        let mut page = build::access(&desk, here)?;
        page.error = Some(desk.fault(&Fault::new("required")));
        return Ok(Answer::page(visit, &desk.say("settings-access"), &page)?
            .status(StatusCode::UNPROCESSABLE_ENTITY));
    }
    let secret = token::create(&visit.ctx, visit.ctx.actor.seq(), name)?;
    let mut page = build::access(&desk, here)?;
    page.fresh_token = Some(secret);
    Answer::page(visit, &desk.say("settings-access"), &page)
}

pub fn end_token(visit: &Visit) -> EngineResult<Answer> {
    token::revoke(&visit.ctx, visit.id()?)?;
    Ok(Answer::see(visit, "/settings/access"))
}

pub fn end_session(visit: &Visit) -> EngineResult<Answer> {
    let seq = visit
        .head
        .param("id")
        .parse()
        .map_err(|_| EngineError::NotFound)?;
    session::revoke(&visit.ctx, seq)?;
    Ok(Answer::see(visit, "/settings/access"))
}

pub fn choices(visit: &Visit) -> EngineResult<Answer> {
    visit.ctx.administer()?;
    let desk = Desk::new(visit)?;
    Answer::page(
        visit,
        &desk.say("settings-choices"),
        &build::choices(&desk, visit.head.query("list")),
    )
}

/// Rows with the labels of both languages; values stay, since records hold them.
pub fn save_choices(visit: &Visit) -> EngineResult<Answer> {
    visit.ctx.administer()?;
    let desk = Desk::new(visit)?;
    let list = visit.head.query("list");
    let found = build::choice_fields(&desk)
        .find(|(object, field)| format!("{}.{}", object.name, field.name) == list);
    let (object, field) = found.ok_or(EngineError::NotFound)?;
    let mut rows: Vec<Json> = Vec::new();
    let numbers = (0..field.options.choices.len())
        .map(|at| at.to_string())
        .chain(["new".to_owned()]);
    for at in numbers {
        let text = |name: &str| visit.form.text(&format!("{name}.{at}")).trim().to_owned();
        if !text("value").is_empty() {
            let mut label = Map::new();
            for lang in Lang::ALL.map(Lang::code) {
                let word = text(lang);
                label.insert(
                    lang.to_owned(),
                    json!(if word.is_empty() { text("value") } else { word }),
                );
            }
            let mut row = json!({ "value": text("value"), "label": label });
            if !text("tone").is_empty() {
                row["tone"] = json!(text("tone"));
            }
            rows.push(row);
        }
    }
    let change = Overlay::SetChoices {
        table: object.table.clone(),
        column: field.column.clone(),
        choices: Json::Array(rows),
    };
    let to = format!("/settings/choices?list={list}");
    match admin::publish(&visit.ctx, vec![change]) {
        Ok(()) => Ok(Answer::see(visit, &to).flash(visit, &desk.say("saved"), ("good", ""))),
        Err(error @ (EngineError::Invalid(_) | EngineError::Taken(..))) => {
            let text = crate::door::oops::said(&error, visit.ctx.lang).1;
            Ok(Answer::see(visit, &to).flash(visit, &text, ("bad", "")))
        }
        Err(error) => Err(error),
    }
}
