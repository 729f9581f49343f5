//! `/settings/users` and `/settings/departments`.

use crate::build::cells::{asked, asked_again};
use crate::build::desk::Desk;
use crate::build::forms::place_errors;
use crate::build::input;
use crate::build::settings as build;
use crate::build::slots::{Slot, slots};
use crate::door::Visit;
use crate::door::answer::Answer;
use crate::pages::CellView;
use crate::pages::dialogs::ActionPage;
use axum::http::StatusCode;
use guanxi_engine::accounts::{self, password as passwords};
use guanxi_engine::write::{Change, save};
use guanxi_engine::{EngineError, EngineResult, Record, read};
use guanxi_meta::{FieldError, Object, Value};
use serde_json::{Map, json};
use std::sync::Arc;

const USER: [&str; 4] = ["name", "email", "roles", "department"];
const DEPARTMENT: [&str; 5] = ["name", "parent", "head", "region", "description"];

pub fn users(visit: &Visit) -> EngineResult<Answer> {
    visit.ctx.administer()?;
    let desk = Desk::new(visit)?;
    Answer::page(visit, &desk.say("settings-users"), &build::users(&desk))
}

/// A dialog of fields of one object, and the address that it is posted to.
struct Dialog<'a> {
    desk: &'a Desk<'a>,
    slots: Vec<Slot>,
    password: bool,
    page: ActionPage,
}

impl<'a> Dialog<'a> {
    fn new(
        desk: &'a Desk<'a>,
        object: &Arc<Object>,
        (names, key): (&[&str], &str),
        action: &str,
    ) -> Dialog<'a> {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let page = ActionPage {
            heading: desk.say(key),
            icon: object.icon.clone(),
            tone: "go".to_owned(),
            action: action.to_owned(),
            cancel: format!("/settings/{}s", object.name),
            submit: desk.say("save"),
            ..ActionPage::default()
        };
        Dialog {
            desk,
            slots: slots(desk, object, &names),
            password: false,
            page,
        }
    }

    fn open(mut self, visit: &Visit, value: &dyn Fn(&Slot) -> Value) -> EngineResult<Answer> {
        let values: Vec<Value> = self.slots.iter().map(value).collect();
        self.desk
            .learn(self.slots.iter().map(Slot::to).zip(&values))?;
        self.page.cells = self
            .slots
            .iter()
            .zip(&values)
            .map(|(slot, value)| asked(self.desk, slot, value))
            .collect();
        self.page
            .cells
            .extend(self.password.then(|| password_cell(self.desk)));
        Answer::page(visit, &self.page.heading.clone(), &self.page)
    }

    fn again(mut self, visit: &Visit, errors: &[FieldError]) -> EngineResult<Answer> {
        let cells = self
            .slots
            .iter()
            .map(|slot| asked_again(self.desk, slot, &visit.form));
        self.page.cells = cells.collect::<EngineResult<Vec<CellView>>>()?;
        self.page
            .cells
            .extend(self.password.then(|| password_cell(self.desk)));
        self.page.errors = place_errors(self.desk, self.page.cells.iter_mut(), errors);
        Ok(Answer::page(visit, &self.page.heading.clone(), &self.page)?
            .status(StatusCode::UNPROCESSABLE_ENTITY))
    }
}

/// A password is typed once by who sets it for another, who changes it at the first chance.
fn password_cell(desk: &Desk<'_>) -> CellView {
    let mut cell = CellView::new("password", &desk.say("password"), "password", "");
    cell.hint = desk.say("password-hint");
    cell.wide = true;
    cell
}

fn user_dialog<'a>(visit: &Visit, desk: &'a Desk<'a>) -> EngineResult<Dialog<'a>> {
    let object = visit.ctx.object("user")?;
    let mut dialog = Dialog::new(desk, &object, (&USER, "new-user"), "/settings/users/new");
    dialog.password = true;
    Ok(dialog)
}

pub fn new_user(visit: &Visit) -> EngineResult<Answer> {
    visit.ctx.administer()?;
    let desk = Desk::new(visit)?;
    user_dialog(visit, &desk)?.open(visit, &|_| Value::Null)
}

pub fn add_user(visit: &Visit) -> EngineResult<Answer> {
    visit.ctx.administer()?;
    let desk = Desk::new(visit)?;
    let dialog = user_dialog(visit, &desk)?;
    let fields = input::fields(&desk, &dialog.slots, &visit.form);
    let word = visit.form.text("password");
    let object = visit.ctx.object("user")?;
    let checked =
        passwords::check_strength(word, &[visit.form.text("email"), visit.form.text("name")]);
    let saved = checked.and_then(|()| save(&visit.ctx, Change::create(&object, fields)));
    match saved {
        Ok(saved) => {
            passwords::set(&visit.ctx, saved.record.seq, word)?;
            let text = desk.say_of("created-one", "name", &saved.record.title());
            Ok(Answer::see(visit, "/settings/users").flash(visit, &text, ("good", "")))
        }
        Err(EngineError::Invalid(errors) | EngineError::Taken(_, errors)) if !errors.is_empty() => {
            dialog.again(visit, &errors)
        }
        Err(error) => Err(error),
    }
}

/// The user of the address, as an administrator sees it.
fn user(visit: &Visit) -> EngineResult<Record> {
    visit.ctx.administer()?;
    read::get(&visit.ctx, &visit.ctx.object("user")?, visit.id()?)
}

fn password_dialog<'a>(desk: &'a Desk<'a>, user: &Record) -> Dialog<'a> {
    let action = format!("/settings/users/{}/password", user.id);
    let mut dialog = Dialog::new(desk, &user.object, (&[], "change-password"), &action);
    dialog.page.text = user.title();
    dialog.password = true;
    dialog
}

pub fn password(visit: &Visit) -> EngineResult<Answer> {
    let user = user(visit)?;
    let desk = Desk::new(visit)?;
    password_dialog(&desk, &user).open(visit, &|_| Value::Null)
}

/// Ends the person's sessions too.
pub fn set_password(visit: &Visit) -> EngineResult<Answer> {
    let user = user(visit)?;
    let desk = Desk::new(visit)?;
    let word = visit.form.text("password");
    let email = user.get("email").text().unwrap_or_default().to_owned();
    match passwords::check_strength(word, &[&email, &user.title()]) {
        Ok(()) => {
            passwords::set(&visit.ctx, user.seq, word)?;
            Ok(Answer::see(visit, "/settings/users").flash(
                visit,
                &desk.say("password-changed"),
                ("good", ""),
            ))
        }
        Err(EngineError::Invalid(errors)) => password_dialog(&desk, &user).again(visit, &errors),
        Err(error) => Err(error),
    }
}

pub fn disable(visit: &Visit) -> EngineResult<Answer> {
    let user = user(visit)?;
    accounts::disable(&visit.ctx, user.seq)?;
    let desk = Desk::new(visit)?;
    Ok(Answer::anew(visit, "/settings/users").flash(
        visit,
        &desk.say_of("disabled-one", "name", &user.title()),
        ("good", ""),
    ))
}

pub fn enable(visit: &Visit) -> EngineResult<Answer> {
    let user = user(visit)?;
    let fields = Map::from_iter([("active".to_owned(), json!(true))]);
    save(
        &visit.ctx,
        Change::update(&user.object, user.id, None, fields),
    )?;
    let desk = Desk::new(visit)?;
    Ok(Answer::anew(visit, "/settings/users").flash(
        visit,
        &desk.say_of("enabled-one", "name", &user.title()),
        ("good", ""),
    ))
}

pub fn departments(visit: &Visit) -> EngineResult<Answer> {
    visit.ctx.administer()?;
    let desk = Desk::new(visit)?;
    Answer::page(
        visit,
        &desk.say("settings-departments"),
        &build::departments(&desk),
    )
}

pub fn new_department(visit: &Visit) -> EngineResult<Answer> {
    visit.ctx.administer()?;
    let desk = Desk::new(visit)?;
    let object = visit.ctx.object("department")?;
    Dialog::new(
        &desk,
        &object,
        (&DEPARTMENT, "new-department"),
        "/settings/departments/new",
    )
    .open(visit, &|_| Value::Null)
}

pub fn add_department(visit: &Visit) -> EngineResult<Answer> {
    visit.ctx.administer()?;
    let desk = Desk::new(visit)?;
    let object = visit.ctx.object("department")?;
    let dialog = Dialog::new(
        &desk,
        &object,
        (&DEPARTMENT, "new-department"),
        "/settings/departments/new",
    );
    let fields = input::fields(&desk, &dialog.slots, &visit.form);
    kept(visit, dialog, Change::create(&object, fields))
}

fn department_record(visit: &Visit) -> EngineResult<Record> {
    visit.ctx.administer()?;
    read::get(&visit.ctx, &visit.ctx.object("department")?, visit.id()?)
}

pub fn department(visit: &Visit) -> EngineResult<Answer> {
    let record = department_record(visit)?;
    let desk = Desk::new(visit)?;
    let action = format!("/settings/departments/{}", record.id);
    Dialog::new(&desk, &record.object, (&DEPARTMENT, "department"), &action)
        .open(visit, &|slot| slot.value(&visit.ctx, &record))
}

pub fn save_department(visit: &Visit) -> EngineResult<Answer> {
    let record = department_record(visit)?;
    let desk = Desk::new(visit)?;
    let action = format!("/settings/departments/{}", record.id);
    let dialog = Dialog::new(&desk, &record.object, (&DEPARTMENT, "department"), &action);
    let fields = input::fields(&desk, &dialog.slots, &visit.form);
    kept(
        visit,
        dialog,
        Change::update(&record.object, record.id, None, fields),
    )
}

fn kept(visit: &Visit, dialog: Dialog<'_>, change: Change) -> EngineResult<Answer> {
    match save(&visit.ctx, change) {
        Ok(_) => Ok(Answer::see(visit, "/settings/departments").flash(
            visit,
            &dialog.desk.say("saved"),
            ("good", ""),
        )),
        Err(EngineError::Invalid(errors) | EngineError::Taken(_, errors)) if !errors.is_empty() => {
            dialog.again(visit, &errors)
        }
        Err(error) => Err(error),
    }
}
