//! `/records`: any object, one record or a list.

use crate::Api;
use crate::answer::Answer;
use crate::body::{self, Raw};
use crate::params;
use crate::run::{Head, run, run_asked, run_once};
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::Response;
use guanxi_access::Action;
use guanxi_engine::read::list::{Count, list as list_records};
use guanxi_engine::read::{self, history};
use guanxi_engine::write::{Change, Saved, save};
use guanxi_engine::{Context, EngineError, EngineResult, Record, act};
use guanxi_meta::Object;
use jiff::Timestamp;
use serde_json::{Value as Json, json};
use std::sync::Arc;
use uuid::Uuid;

pub async fn list(
    State(api): State<Api>,
    Path(object): Path<String>,
    head: Head,
) -> Response<Body> {
    run_asked(api, head, move |ctx, head| {
        let object = ctx.object(&object)?;
        let asked = params::list(&head.query)?;
        let page = list_records(ctx, &object, &asked.request)?;
        let data = show(ctx, &object, &page.records, &asked)?;
        Ok(Answer::ok(envelope(data, page.next, page.count)))
    })
    .await
}

pub async fn get(
    State(api): State<Api>,
    Path((object, id)): Path<(String, String)>,
    head: Head,
) -> Response<Body> {
    run_asked(api, head, move |ctx, head| {
        let (object, id) = (ctx.object(&object)?, identity(&id)?);
        let asked = params::read(&head.query, &["fields", "expand", "as_of"])?;
        let fields = asked
            .get("fields")
            .map(|text| params::names(text))
            .filter(|names| !names.is_empty());
        known_fields(ctx, &object, fields.as_deref())?;
        if let Some(at) = asked.get("as_of") {
            let at: Timestamp = at
                .parse()
                .map_err(|_| params::bad_value("as_of", "2026-01-31T09:00:00Z"))?;
            return Ok(Answer::ok(past(ctx, (&object, id), at, fields.as_deref())?));
        }
        let record = read::get(ctx, &object, id)?;
        let expand = asked
            .get("expand")
            .map(|text| params::names(text))
            .unwrap_or_default();
        let json = show_one(ctx, &record, fields.as_deref(), &expand)?;
        Ok(Answer::ok(json).version(record.version))
    })
    .await
}

/// The record as it was, with the members that were asked for.
fn past(
    ctx: &Context,
    (object, id): (&Arc<Object>, Uuid),
    at: Timestamp,
    fields: Option<&[String]>,
) -> EngineResult<Json> {
    let mut members = history::as_of(ctx, object, id, at)?;
    if let Some(names) = fields {
        const ALWAYS: [&str; 3] = ["id", "version", "as_of"];
        members.retain(|member, _| ALWAYS.contains(&member.as_str()) || names.contains(member));
    }
    Ok(Json::Object(members))
}

pub async fn create(
    State(api): State<Api>,
    Path(object): Path<String>,
    head: Head,
    Raw(bytes): Raw,
) -> Response<Body> {
    run_once(api, head, bytes, move |ctx, _, bytes| {
        let object = ctx.object(&object)?;
        let saved = save(ctx, Change::create(&object, body::object(bytes)?))?;
        created(ctx, &saved)
    })
    .await
}

/// The answer to a creation.
pub fn created(ctx: &Context, saved: &Saved) -> EngineResult<Answer> {
    let location = format!("/api/v1/records/{}/{}", saved.record.object.name, saved.id);
    let json = show_one(ctx, &saved.record, None, &[])?;
    Ok(Answer::created(json, location).version(saved.version))
}

pub async fn update(
    State(api): State<Api>,
    Path((object, id)): Path<(String, String)>,
    head: Head,
    Raw(bytes): Raw,
) -> Response<Body> {
    run(api, head, move |ctx, head| {
        let (object, id) = (ctx.object(&object)?, identity(&id)?);
        let change = Change::update(
            &object,
            id,
            head.version(|| version_of(ctx, &object, id))?,
            body::object(&bytes)?,
        );
        let saved = save(ctx, change)?;
        // A change may take the row out of the caller's sight: what is not seen is not answered.
        let json = match read::lookup(ctx, &object, id)? {
            Some(record) => show_one(ctx, &record, None, &[])?,
            None => json!({"id": saved.id, "version": saved.version}),
        };
        Ok(Answer::ok(json).version(saved.version))
    })
    .await
}

fn version_of(ctx: &Context, object: &Arc<Object>, id: Uuid) -> EngineResult<i64> {
    Ok(read::get(ctx, object, id)?.version)
}

pub async fn remove(
    State(api): State<Api>,
    Path((object, id)): Path<(String, String)>,
    head: Head,
) -> Response<Body> {
    run(api, head, move |ctx, head| {
        let (object, id) = (ctx.object(&object)?, identity(&id)?);
        save(
            ctx,
            Change::remove(&object, id, head.version(|| version_of(ctx, &object, id))?),
        )?;
        Ok(Answer::nothing())
    })
    .await
}

/// Things done to a record that are not editing it.
pub async fn act(
    State(api): State<Api>,
    Path((object, id, noun)): Path<(String, String, String)>,
    head: Head,
    Raw(bytes): Raw,
) -> Response<Body> {
    run_once(api, head, bytes, move |ctx, _, bytes| {
        let (object, id) = (ctx.object(&object)?, identity(&id)?);
        let answer = act::act(ctx, &object, id, &noun, body::object_or_empty(bytes)?)?;
        Ok(Answer::ok(answer))
    })
    .await
}

pub async fn unmerge(State(api): State<Api>, Path(id): Path<String>, head: Head) -> Response<Body> {
    run(api, head, move |ctx, _| {
        Ok(Answer::ok(act::undo_merge(ctx, identity(&id)?)?))
    })
    .await
}

/// An id; what is no id names nothing.
pub fn identity(text: &str) -> EngineResult<Uuid> {
    text.parse().map_err(|_| EngineError::NotFound)
}

/// `{"data", "next", "count"}`.
pub fn envelope(data: Vec<Json>, next: Option<String>, count: Option<Count>) -> Json {
    let count = count.map(|count| json!({"value": count.value, "exact": count.exact}));
    // Member by member: `json!` would write all of `data` once more.
    let members = [
        ("data", Json::Array(data)),
        ("next", Json::from(next)),
        ("count", Json::from(count)),
    ];
    Json::Object(
        members
            .map(|(name, value)| (name.to_owned(), value))
            .into_iter()
            .collect(),
    )
}

pub fn show(
    ctx: &Context,
    object: &Arc<Object>,
    records: &[Record],
    asked: &params::ListParams,
) -> EngineResult<Vec<Json>> {
    known_fields(ctx, object, asked.fields.as_deref())?;
    records
        .iter()
        .map(|record| show_one(ctx, record, asked.fields.as_deref(), &asked.expand))
        .collect()
}

fn show_one(
    ctx: &Context,
    record: &Record,
    fields: Option<&[String]>,
    expand: &[String],
) -> EngineResult<Json> {
    let grant = ctx.grant(&record.object, Action::Read);
    let mut json = record.to_json(ctx, &grant, fields);
    if !expand.is_empty() {
        let paths: Vec<&str> = expand.iter().map(String::as_str).collect();
        read::expand(ctx, record, &mut json, &paths)?;
    }
    Ok(json)
}

fn known_fields(
    ctx: &Context,
    object: &Arc<Object>,
    fields: Option<&[String]>,
) -> EngineResult<()> {
    let grant = ctx.grant(object, Action::Read);
    let system = |name: &str| Object::SYSTEM.iter().any(|(system, _, _)| *system == name);
    let known =
        |name: &str| system(name) || object.position(name).is_some_and(|at| grant.may_read(at));
    match fields.unwrap_or_default().iter().find(|name| !known(name)) {
        None => Ok(()),
        Some(unknown) => Err(read::unknown_field(ctx, object, unknown)),
    }
}
