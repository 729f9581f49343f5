//! `/jobs` and `/outbox`: what works beside requests, for administrators.

use crate::Api;
use crate::answer::Answer;
use crate::body::Raw;
use crate::params;
use crate::records::identity;
use crate::run::{Head, run_asked, run_once};
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{Response, StatusCode};
use guanxi_engine::{EngineResult, jobs, outbox};
use serde_json::{Value as Json, json};

pub async fn jobs(State(api): State<Api>, head: Head) -> Response<Body> {
    run_asked(api, head, move |ctx, head| {
        let state = state(&head.query, jobs::State::parse, || {
            jobs::State::ALL.map(jobs::State::name).join(", ")
        })?;
        let entries = jobs::list(ctx, state)?;
        Ok(page(entries.iter().map(jobs::Entry::to_json).collect()))
    })
    .await
}

/// A job that was given up waits again.
pub async fn retry(
    State(api): State<Api>,
    Path(id): Path<String>,
    head: Head,
    Raw(bytes): Raw,
) -> Response<Body> {
    run_once(api, head, bytes, move |ctx, _, _| {
        jobs::again(ctx, identity(&id)?)?;
        Ok(accepted())
    })
    .await
}

pub async fn outbox(State(api): State<Api>, head: Head) -> Response<Body> {
    run_asked(api, head, move |ctx, head| {
        let state = state(&head.query, outbox::State::parse, || {
            outbox::State::ALL.map(outbox::State::name).join(", ")
        })?;
        let entries = outbox::list(ctx, state)?;
        Ok(page(entries.iter().map(outbox::Entry::to_json).collect()))
    })
    .await
}

/// An effect is carried out again, under its own identity.
pub async fn replay(
    State(api): State<Api>,
    Path(id): Path<String>,
    head: Head,
    Raw(bytes): Raw,
) -> Response<Body> {
    run_once(api, head, bytes, move |ctx, _, _| {
        outbox::replay(ctx, identity(&id)?)?;
        Ok(accepted())
    })
    .await
}

/// The one parameter: of which state.
fn state<S>(
    query: &str,
    parse: fn(&str) -> Option<S>,
    known: fn() -> String,
) -> EngineResult<Option<S>> {
    let given = params::read(query, &["state"])?;
    match given.get("state").map(String::as_str) {
        None | Some("") => Ok(None),
        Some(text) => match parse(text) {
            Some(state) => Ok(Some(state)),
            None => Err(params::bad_value("state", &known())),
        },
    }
}

fn page(data: Vec<Json>) -> Answer {
    Answer::ok(json!({ "data": data, "next": null, "count": null }))
}

fn accepted() -> Answer {
    Answer {
        status: StatusCode::ACCEPTED,
        ..Answer::ok(json!({}))
    }
}
