//! `/import`: a file, what its columns are, a dry run, the run, what came of it, and taking it back.

use crate::build::desk::{Desk, href};
use crate::build::records::button;
use crate::door::Visit;
use crate::door::answer::Answer;
use crate::pages::import::{EarlierImport, ImportPage, ImportProgress, MapColumn, RowError};
use crate::pages::{Choice, Method, Tally};
use axum::body::Body;
use axum::http::{StatusCode, header};
use guanxi_access::Action;
use guanxi_engine::import::mapping::{ColumnMap, OneOrMany};
use guanxi_engine::import::{self, Mapping, Mode, Preview, Request, Run, State, Status};
use guanxi_engine::{EngineError, EngineResult};
use guanxi_meta::Object;
use guanxi_meta::kind::Writable;
use std::sync::Arc;
use uuid::Uuid;

/// Earlier imports on the first page.
const EARLIER: u32 = 8;
/// Rows of the file that are shown, and rows with errors.
const SHOWN: usize = 5;
const ERRORS: usize = 50;

pub fn upload(visit: &Visit) -> EngineResult<Answer> {
    let desk = Desk::new(visit)?;
    Answer::page(visit, &desk.say("import"), &upload_page(visit, &desk)?)
}

fn upload_page(visit: &Visit, desk: &Desk<'_>) -> EngineResult<ImportPage> {
    let wanted = visit.head.query("object");
    let choice = |object: &Arc<Object>| Choice {
        value: object.name.clone(),
        label: desk.many(object),
        selected: object.name == wanted,
        ..Choice::default()
    };
    let earlier = import::list(&visit.ctx, EARLIER)?;
    let earlier = earlier
        .iter()
        .filter(|status| status.state != State::Received)
        .map(|status| EarlierImport {
            file_name: status.file_name.clone(),
            href: format!("/import/{}", status.id),
            summary: summary(desk, status),
            at: desk.instant(status.created_at),
        });
    Ok(ImportPage {
        step: "upload".to_owned(),
        action: "/import".to_owned(),
        back: "/import".to_owned(),
        objects: desk
            .objects(Action::Create)
            .filter(|object| object.area != "settings")
            .map(choice)
            .collect(),
        earlier: earlier.collect(),
        ..ImportPage::default()
    })
}

fn summary(desk: &Desk<'_>, status: &Status) -> String {
    let object = desk
        .ctx
        .catalog
        .object(&status.object)
        .map_or(String::new(), |object| desk.many(object));
    let state = desk.say(&format!("import-state-{}", status.state.name()));
    format!(
        "{object} · {} · {state}",
        desk.say_n("import-rows-n", status.rows)
    )
}

/// The file comes in; nothing is saved yet.
pub fn receive(visit: &Visit) -> EngineResult<Answer> {
    let object = visit.ctx.object(visit.form.text("object"))?;
    let desk = Desk::new(visit)?;
    let received = match visit.form.file("file") {
        Some(file) => import::receive(&visit.ctx, &file.name, &mut file.bytes.as_ref())
            .and_then(|id| import::preview(&visit.ctx, id, &object, None).map(|_| id)),
        None => Err(EngineError::bad("file_missing")),
    };
    match received {
        Ok(id) => Ok(Answer::see(
            visit,
            &format!("/import/{id}/mapping?object={}", object.name),
        )),
        Err(
            error @ (EngineError::BadRequest(_)
            | EngineError::Invalid(_)
            | EngineError::TooLarge(_)),
        ) => {
            let mut page = upload_page(visit, &desk)?;
            let (status, text) = crate::door::oops::said(&error, visit.ctx.lang);
            page.error = Some(text);
            Ok(Answer::page(visit, &desk.say("import"), &page)?.status(status))
        }
        Err(error) => Err(error),
    }
}

pub fn mapping(visit: &Visit) -> EngineResult<Answer> {
    let object = visit.ctx.object(visit.head.query("object"))?;
    let desk = Desk::new(visit)?;
    let preview = import::preview(&visit.ctx, visit.id()?, &object, None)?;
    let page = mapping_page(&desk, &object, (&preview, &preview.mapping));
    Answer::page(visit, &desk.say("import"), &page)
}

fn mapping_page(
    desk: &Desk<'_>,
    object: &Arc<Object>,
    (preview, mapping): (&Preview, &Mapping),
) -> ImportPage {
    let choose = |name: &str, key: &str, selected: bool| Choice {
        value: name.to_owned(),
        label: desk.say(key),
        selected,
        ..Choice::default()
    };
    let mode = mapping.mode.unwrap_or_default();
    let modes = [
        ("create", Mode::Create),
        ("update", Mode::Update),
        ("upsert", Mode::Upsert),
    ];
    ImportPage {
        step: "mapping".to_owned(),
        id: preview.id.to_string(),
        file_name: preview.file_name.clone(),
        action: format!("/import/{}/mapping?object={}", preview.id, object.name),
        back: format!("/import?object={}", object.name),
        modes: modes
            .map(|(name, one)| choose(name, &format!("import-mode-{name}"), one == mode))
            .into(),
        matches: matches(desk, object, mapping),
        columns: columns(desk, object, (preview, mapping)),
        preview_heads: preview.header.clone(),
        preview: preview.rows.iter().take(SHOWN).cloned().collect(),
        ..ImportPage::default()
    }
}

/// Fields by which one finds a record: those that are unique, indexed or searched.
fn matches(desk: &Desk<'_>, object: &Arc<Object>, mapping: &Mapping) -> Vec<Choice> {
    let fits = |field: &&guanxi_meta::Field| {
        matches!(
            field.kind.name(),
            "text" | "email" | "phone" | "number" | "person_name"
        ) && (field.name == object.title().name
            || field.uniqueness == guanxi_meta::table::Uniqueness::Unique
            || field.indexed == guanxi_meta::catalog::Indexed::Yes
            || field.searched == guanxi_meta::catalog::Searched::Yes)
    };
    let choice = |field: &guanxi_meta::Field| Choice {
        value: field.name.clone(),
        label: desk.label(&field.label, &field.name),
        selected: mapping.match_fields.contains(&field.name),
        ..Choice::default()
    };
    let id = Choice {
        value: "id".to_owned(),
        label: desk.label(&guanxi_meta::describe::system_label("id"), "id"),
        selected: mapping.match_fields.iter().any(|name| name == "id"),
        ..Choice::default()
    };
    let fields = object.fields.iter().filter(fits).map(choice);
    fields.chain([id]).collect()
}

fn columns(
    desk: &Desk<'_>,
    object: &Arc<Object>,
    (preview, mapping): (&Preview, &Mapping),
) -> Vec<MapColumn> {
    let grant = desk.ctx.grant(object, Action::Create);
    let written = object.fields.iter().enumerate().filter(|(at, field)| {
        grant.may_write(*at)
            && (field.kind.writable() == Writable::ByCaller || field.kind.name() == "number")
    });
    let mut fields: Vec<(String, String)> = written
        .map(|(_, field)| (field.name.clone(), desk.label(&field.label, &field.name)))
        .collect();
    for system in ["id", "owner", "department", "created_at"] {
        fields.push((
            system.to_owned(),
            desk.label(&guanxi_meta::describe::system_label(system), system),
        ));
    }
    let column = |(index, heading): (usize, &String)| {
        let mapped = mapping
            .columns
            .get(heading)
            .and_then(|column| column.field.as_ref());
        let chosen = mapped
            .and_then(|field| field.names().first().cloned())
            .unwrap_or_default();
        let samples = preview
            .rows
            .iter()
            .filter_map(|row| row.get(index))
            .filter(|cell| !cell.is_empty());
        let choice = |(name, label): &(String, String)| Choice {
            value: name.clone(),
            label: label.clone(),
            selected: *name == chosen,
            ..Choice::default()
        };
        MapColumn {
            index,
            heading: heading.clone(),
            samples: samples.take(3).cloned().collect(),
            fields: fields.iter().map(choice).collect(),
            is_guessed: !chosen.is_empty(),
        }
    };
    preview.header.iter().enumerate().map(column).collect()
}

/// What the form says of each column; what an earlier mapping knows beyond the field's name (values, dates) stays.
fn said(visit: &Visit, preview: &Preview) -> Mapping {
    let mut mapping = preview.mapping.clone();
    for (index, heading) in preview.header.iter().enumerate() {
        let field = visit.form.text(&format!("map.{index}"));
        let known = mapping.columns.entry(heading.clone()).or_default();
        let same = known
            .field
            .as_ref()
            .is_some_and(|known| known.names().first().map(String::as_str) == Some(field));
        if field.is_empty() {
            *known = ColumnMap {
                skip: true,
                ..ColumnMap::default()
            };
        } else if !same {
            *known = ColumnMap {
                field: Some(OneOrMany::One(field.to_owned())),
                ..ColumnMap::default()
            };
        }
    }
    mapping.mode = Mode::parse(visit.form.text("mode")).or(mapping.mode);
    mapping.match_fields = visit.form.all("match").map(str::to_owned).collect();
    mapping
}

/// The dry run.
pub fn check(visit: &Visit) -> EngineResult<Answer> {
    let object = visit.ctx.object(visit.head.query("object"))?;
    let id = visit.id()?;
    let preview = import::preview(&visit.ctx, id, &object, None)?;
    let mapping = said(visit, &preview);
    // A file that was tried before is tried anew, as another import of the same file.
    let id = if import::status(&visit.ctx, id)?.state == State::Received {
        id
    } else {
        import::again(&visit.ctx, id)?
    };
    match import::start(&visit.ctx, id, &request(&object.name, &mapping, Run::Dry)) {
        Ok(_) => Ok(Answer::see(visit, &format!("/import/{id}"))),
        Err(error @ (EngineError::BadRequest(_) | EngineError::Invalid(_))) => {
            let desk = Desk::new(visit)?;
            let mut page = mapping_page(&desk, &object, (&Preview { id, ..preview }, &mapping));
            page.error = Some(crate::door::oops::said(&error, visit.ctx.lang).1);
            Ok(Answer::page(visit, &desk.say("import"), &page)?
                .status(StatusCode::UNPROCESSABLE_ENTITY))
        }
        Err(error) => Err(error),
    }
}

fn request(object: &str, mapping: &Mapping, run: Run) -> Request {
    let (mode, match_fields) = (mapping.mode, mapping.match_fields.clone());
    Request {
        object: object.to_owned(),
        mapping: mapping.clone(),
        mode,
        match_fields,
        run,
    }
}

/// The run in earnest, with the mapping of the dry run that the reader has just seen.
pub fn run(visit: &Visit) -> EngineResult<Answer> {
    let tried = import::status(&visit.ctx, visit.id()?)?;
    if !tried.options.dry_run || tried.state != State::Done {
        return Ok(Answer::see(visit, &format!("/import/{}", tried.id)));
    }
    let id = import::again(&visit.ctx, tried.id)?;
    let mapping = Mapping {
        mode: Some(tried.options.mode),
        ..tried.options.mapping.clone()
    };
    import::start(
        &visit.ctx,
        id,
        &request(&tried.object, &mapping, Run::Write),
    )?;
    Ok(Answer::see(visit, &format!("/import/{id}")))
}

/// Wherever it is: to be mapped, at work, tried, done.
pub fn show(visit: &Visit) -> EngineResult<Answer> {
    let status = import::status(&visit.ctx, visit.id()?)?;
    let desk = Desk::new(visit)?;
    if status.state == State::Received {
        return Ok(Answer::see(visit, "/import"));
    }
    Answer::page(visit, &desk.say("import"), &progress_page(&desk, &status))
}

fn progress_page(desk: &Desk<'_>, status: &Status) -> ImportPage {
    let at = format!("/import/{}", status.id);
    let step = match (status.state, status.options.dry_run) {
        (State::Running | State::Undoing, _) => "running",
        (_, true) => "check",
        _ => "result",
    };
    let mut actions = Vec::new();
    if matches!(status.state, State::Done | State::Cancelled | State::Failed)
        && !status.options.dry_run
    {
        let undo = button(
            desk.say("import-undo"),
            "undo-2",
            format!("{at}/undo"),
            Method::Post,
        );
        let undo = crate::pages::Action {
            confirm: desk.say("import-undo-confirm"),
            ..undo
        };
        let open = button(
            desk.say("import-open"),
            "list",
            format!("/{}", status.object),
            Method::Link,
        );
        actions.extend([open, undo]);
    }
    ImportPage {
        step: step.to_owned(),
        id: status.id.to_string(),
        file_name: status.file_name.clone(),
        error: status
            .outcome
            .message
            .clone()
            .or_else(|| undone(desk, status)),
        action: at.clone(),
        back: if step == "check" {
            format!("{at}/mapping?object={}", status.object)
        } else {
            "/import".to_owned()
        },
        tallies: tallies(desk, status),
        errors: errors(desk, status),
        failed_file: (status.failed > 0).then(|| format!("{at}/failed")),
        progress: Some(progress_view(desk, status)),
        actions,
        ..ImportPage::default()
    }
}

fn undone(desk: &Desk<'_>, status: &Status) -> Option<String> {
    let undo = status
        .outcome
        .undo
        .as_ref()
        .filter(|_| status.state == State::Undone)?;
    let count = |key: &str, n: u64| desk.say_n(key, n);
    Some(
        [
            count("import-undone-removed", undo.removed),
            count("import-undone-restored", undo.restored),
            count("import-undone-kept", undo.kept),
        ]
        .join(" "),
    )
}

fn tallies(desk: &Desk<'_>, status: &Status) -> Vec<Tally> {
    let tally = |key: &str, value: u64, tone: &str| Tally {
        label: desk.say(key),
        value: desk.speaker.number(&value.to_string()),
        tone: tone.to_owned(),
        ..Tally::default()
    };
    let failed = if status.failed > 0 { "bad" } else { "" };
    vec![
        tally("import-rows", status.rows, ""),
        tally("import-created", status.created, "good"),
        tally("import-updated", status.updated, ""),
        tally("import-failed", status.failed, failed),
        tally("import-duplicates", status.outcome.duplicates, ""),
    ]
}

fn errors(desk: &Desk<'_>, status: &Status) -> Vec<RowError> {
    let object = desk.ctx.catalog.object(&status.object);
    let label = |name: &str| {
        let field = object.and_then(|object| object.field(name));
        field.map_or(name.to_owned(), |field| desk.label(&field.label, name))
    };
    let row = |error: &guanxi_engine::import::state::RowError| RowError {
        row: error.line,
        field: label(&error.field),
        value: String::new(),
        message: error.message.clone(),
    };
    status.outcome.errors.iter().take(ERRORS).map(row).collect()
}

fn progress_view(desk: &Desk<'_>, status: &Status) -> ImportProgress {
    let at = format!("/import/{}", status.id);
    // The end of the file is known in bytes, so progress is told in thousandths.
    let done = (status.progress() * 1000.0) as u64;
    ImportProgress {
        href: format!("{at}/progress"),
        done,
        total: 1000,
        text: desk.say_n("import-progress", status.rows),
        rate: String::new(),
        is_done: status.state.is_over(),
        result: at.clone(),
        cancel: format!("{at}/cancel"),
    }
}

pub fn progress(visit: &Visit) -> EngineResult<Answer> {
    let status = import::status(&visit.ctx, visit.id()?)?;
    let desk = Desk::new(visit)?;
    if status.state.is_over() {
        return Ok(Answer::see(visit, &format!("/import/{}", status.id)));
    }
    Answer::page(visit, &desk.say("import"), &progress_view(&desk, &status))
}

pub fn failed(visit: &Visit) -> EngineResult<Answer> {
    let mut bytes = Vec::new();
    import::failed_rows(&visit.ctx, visit.id()?, &mut bytes)?;
    let answer = Answer::body(Body::from(bytes), "text/csv; charset=utf-8");
    Ok(answer.with(
        header::CONTENT_DISPOSITION,
        "attachment; filename=\"failed.csv\"",
    ))
}

pub fn cancel(visit: &Visit) -> EngineResult<Answer> {
    let status = import::cancel(&visit.ctx, visit.id()?)?;
    Ok(Answer::anew(visit, &at(status.id)))
}

pub fn undo(visit: &Visit) -> EngineResult<Answer> {
    let id = visit.id()?;
    import::undo(&visit.ctx, id)?;
    Ok(Answer::anew(visit, &at(id)))
}

fn at(id: Uuid) -> String {
    href("import", id)
}
