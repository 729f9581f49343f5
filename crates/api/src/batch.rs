//! Up to 10,000 changes in one request.

use crate::Api;
use crate::answer::Answer;
use crate::body::{self, Raw};
use crate::problem::problem;
use crate::records::identity;
use crate::run::{Head, run_once};
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::Response;
use guanxi_engine::write::batch::{self, MOST, Mode};
use guanxi_engine::write::{Change, Saved};
use guanxi_engine::{Context, EngineError, EngineResult};
use guanxi_meta::fault::Fault;
use guanxi_meta::{FieldError, Object};
use serde_json::{Map, Value as Json, json};
use std::sync::Arc;

pub async fn run(
    State(api): State<Api>,
    Path(object): Path<String>,
    head: Head,
    Raw(bytes): Raw,
) -> Response<Body> {
    run_once(api, head, bytes, move |ctx, _, bytes| {
        let object = ctx.object(&object)?;
        let (mode, operations) = read(body::object(bytes)?)?;
        answer(ctx, &object, mode, operations)
    })
    .await
}

fn read(mut members: Map<String, Json>) -> EngineResult<(Mode, Vec<Json>)> {
    let mode = match members.remove("mode").as_ref().map(|mode| mode.as_str()) {
        None | Some(Some("atomic")) => Mode::Atomic,
        Some(Some("each")) => Mode::Each,
        Some(_) => return Err(crate::params::bad_value("mode", "atomic, each")),
    };
    let Some(Json::Array(operations)) = members.remove("operations") else {
        return Err(EngineError::bad("no_operations"));
    };
    if let Some(unknown) = members.keys().next() {
        return Err(crate::params::unknown(unknown, &["mode", "operations"]));
    }
    if operations.len() > MOST {
        return Err(EngineError::TooLarge(
            Fault::new("too_many_operations").with("max", MOST),
        ));
    }
    Ok((mode, operations))
}

fn answer(
    ctx: &Context,
    object: &Arc<Object>,
    mode: Mode,
    operations: Vec<Json>,
) -> EngineResult<Answer> {
    let read: Vec<EngineResult<Change>> = operations
        .into_iter()
        .map(|one| operation(object, one))
        .collect();
    let results = match mode {
        Mode::Atomic => {
            let mut changes = Vec::with_capacity(read.len());
            for (at, change) in read.into_iter().enumerate() {
                match change {
                    Ok(change) => changes.push(change),
                    Err(error) => return refused(ctx, at, error),
                }
            }
            match batch::run(ctx, changes, mode) {
                Ok(results) => results,
                Err((at, error)) => return refused(ctx, at, error),
            }
        }
        Mode::Each => each(ctx, read)?,
    };
    let results: Vec<Json> = results
        .into_iter()
        .map(|result| show(ctx, result))
        .collect();
    Ok(Answer::ok(json!({"results": results})))
}

/// The answer to a batch that was done as a whole.
pub fn all(saved: &[Saved]) -> Answer {
    let results: Vec<Json> = saved.iter().map(done).collect();
    Answer::ok(json!({"results": results}))
}

fn done(saved: &Saved) -> Json {
    json!({"id": saved.id, "version": saved.version})
}

/// Operations that do not even read keep their place among the results.
fn each(ctx: &Context, read: Vec<EngineResult<Change>>) -> EngineResult<Vec<EngineResult<Saved>>> {
    let mut changes = Vec::new();
    let mut places: Vec<Option<EngineError>> = Vec::with_capacity(read.len());
    for change in read {
        match change {
            Ok(change) => {
                changes.push(change);
                places.push(None);
            }
            Err(error) => places.push(Some(error)),
        }
    }
    let mut done = batch::run(ctx, changes, Mode::Each)
        .map_err(|(_, error)| error)?
        .into_iter();
    let lost = || {
        Err(EngineError::Broken(
            "an operation without a result".to_owned(),
        ))
    };
    Ok(places
        .into_iter()
        .map(|place| place.map_or_else(|| done.next().unwrap_or_else(lost), Err))
        .collect())
}

/// Members of an operation.
const OPERATION: [&str; 5] = ["op", "id", "fields", "if_match", "version"];

fn operation(object: &Arc<Object>, json: Json) -> EngineResult<Change> {
    let Json::Object(mut members) = json else {
        return Err(EngineError::bad("not_an_object"));
    };
    let id = match members.remove("id") {
        None | Some(Json::Null) => None,
        Some(Json::String(text)) => Some(identity(&text)?),
        Some(_) => return Err(EngineError::NotFound),
    };
    let if_match = match members
        .remove("if_match")
        .or_else(|| members.remove("version"))
    {
        None | Some(Json::Null) => None,
        Some(version) => Some(
            version
                .as_i64()
                .ok_or_else(|| crate::params::bad_value("if_match", "3"))?,
        ),
    };
    let fields = match members.remove("fields") {
        None | Some(Json::Null) => Map::new(),
        Some(Json::Object(fields)) => fields,
        Some(_) => return Err(EngineError::bad("not_an_object")),
    };
    let need = || EngineError::field("id", "required");
    let op = members.remove("op");
    if let Some(unknown) = members.keys().next() {
        return Err(crate::params::unknown(unknown, &OPERATION));
    }
    match op.as_ref().and_then(Json::as_str) {
        Some("create") => Ok(Change::create(object, fields)),
        Some("update") => Ok(Change::update(
            object,
            id.ok_or_else(need)?,
            if_match,
            fields,
        )),
        Some("remove") => Ok(Change::remove(object, id.ok_or_else(need)?, if_match)),
        _ => Err(crate::params::bad_value("op", "create, update, remove")),
    }
}

/// The error of an atomic batch says which operation it was. What is no operation's fault is told as ever.
fn refused(ctx: &Context, at: usize, error: EngineError) -> EngineResult<Answer> {
    let place = |errors: Vec<FieldError>| {
        let placed = errors.into_iter().map(|error| FieldError {
            field: format!("operations[{at}].{}", error.field),
            ..error
        });
        placed.collect()
    };
    let error = match error {
        EngineError::Invalid(errors) => EngineError::Invalid(place(errors)),
        EngineError::Taken(fault, errors) => EngineError::Taken(fault, place(errors)),
        EngineError::Outdated | EngineError::Store(_) | EngineError::Broken(_) => {
            return Err(error);
        }
        error => error,
    };
    let (status, mut document) = problem(&error, ctx.lang);
    document["operation"] = json!(at);
    Ok(Answer {
        status,
        ..Answer::ok(document)
    })
}

fn show(ctx: &Context, result: EngineResult<Saved>) -> Json {
    match result {
        Ok(saved) => done(&saved),
        Err(error) => json!({"error": problem(&error, ctx.lang).1}),
    }
}
