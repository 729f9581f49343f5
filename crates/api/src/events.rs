//! Server-sent events: what changed, as far as the caller may see it; resumes by position.

use crate::Api;
use crate::problem::respond_problem;
use crate::run::Head;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, Response};
use axum::response::IntoResponse;
use axum::response::sse::{Event, KeepAlive, Sse};
use guanxi_engine::{Context, Engine, EngineResult, read};
use guanxi_store::LogRow;
use serde_json::json;
use std::convert::Infallible;
use tokio::sync::mpsc::{Sender, channel};
use tokio_stream::StreamExt;
use tokio_stream::wrappers::ReceiverStream;

/// Pieces of the log that wait for a slow reader; past that the stream ends and the reader resumes by position.
const WAITING: usize = 64;
/// Changes that a reader who was away is told of at most; past that it loads anew.
const RESUME: u32 = 1_000;

pub async fn stream(State(api): State<Api>, headers: HeaderMap, head: Head) -> Response<Body> {
    let engine = api.engine.clone();
    let lang = crate::run::language(&headers).unwrap_or_default();
    let since = headers
        .get("last-event-id")
        .and_then(|id| id.to_str().ok()?.parse().ok());
    let caller = tokio::task::spawn_blocking(move || {
        let ctx = head.context(&api)?;
        crate::params::none(&head.query)?;
        let missed = missed(&api.engine, since)?;
        Ok((ctx, missed))
    });
    match caller.await {
        Ok(Ok((ctx, missed))) => follow(&engine, ctx.actor.seq(), missed).into_response(),
        Ok(Err(error)) => respond_problem(&error, lang),
        Err(panic) => respond_problem(&guanxi_engine::EngineError::Broken(panic.to_string()), lang),
    }
}

/// What a reader who was away has not been told.
fn missed(engine: &Engine, since: Option<i64>) -> EngineResult<Vec<LogRow>> {
    match since {
        Some(position) => Ok(engine.store().log_after(position, RESUME)?),
        None => Ok(Vec::new()),
    }
}

/// A stream of `change` events for a person, whose rights are asked anew with each piece.
fn follow(engine: &Engine, person: i64, missed: Vec<LogRow>) -> impl IntoResponse + use<> {
    let (sender, receiver) = channel::<Vec<LogRow>>(WAITING);
    // The channel is new and empty: there is room.
    let _room = sender.try_send(missed);
    listen(engine, sender);
    let engine = engine.clone();
    let events = ReceiverStream::new(receiver).then(move |rows| {
        let engine = engine.clone();
        async move {
            tokio::task::spawn_blocking(move || admitted(&engine, person, rows))
                .await
                .unwrap_or_default()
        }
    });
    let stream =
        events.map(|list| tokio_stream::iter(list.into_iter().map(Ok::<Event, Infallible>)));
    Sse::new(flatten(stream)).keep_alive(KeepAlive::default())
}

fn flatten<S, I>(stream: S) -> impl tokio_stream::Stream<Item = Result<Event, Infallible>>
where
    S: tokio_stream::Stream<Item = I>,
    I: tokio_stream::Stream<Item = Result<Event, Infallible>>,
{
    use futures_util::StreamExt as _;
    stream.flatten()
}

fn listen(engine: &Engine, sender: Sender<Vec<LogRow>>) {
    engine
        .listeners()
        .add(Box::new(move |rows| sender.try_send(rows.to_vec()).is_ok()));
}

/// The changes that this person may see today, as events.
fn admitted(engine: &Engine, person: i64, rows: Vec<LogRow>) -> Vec<Event> {
    let Ok(ctx) = engine.context(person, "events") else {
        return Vec::new();
    };
    rows.iter()
        .filter_map(|row| event(&ctx, row).ok().flatten())
        .collect()
}

fn event(ctx: &Context, row: &LogRow) -> EngineResult<Option<Event>> {
    let Some(object) = ctx
        .catalog
        .objects
        .iter()
        .find(|object| object.table == row.entry.object)
    else {
        return Ok(None);
    };
    // Whoever could see a record is told that it is gone.
    let known = read::explain(ctx, object, row.entry.record)?;
    let told = known.allowed() || (row.entry.op == "remove" && !known.reasons.is_empty());
    if !told {
        return Ok(None);
    }
    let data = json!({
        "object": object.name,
        "id": row.entry.record,
        "version": row.entry.version,
        "op": row.entry.op,
    });
    Ok(Some(
        Event::default()
            .event("change")
            .id(row.position.to_string())
            .data(data.to_string()),
    ))
}
