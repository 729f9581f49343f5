//! Live changes for a browser: what changed, as far as its reader may see it, and how much is unread.

use crate::door::head::Head;
use crate::door::{Site, oops};
use axum::body::Body;
use axum::extract::{RawPathParams, Request, State};
use axum::http::Response;
use axum::response::IntoResponse;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::StreamExt;
use guanxi_access::Action;
use guanxi_engine::accounts::session;
use guanxi_engine::engine::row_by_id;
use guanxi_engine::read::reach;
use guanxi_engine::{Context, Engine, EngineError, EngineResult, notices};
use guanxi_store::{LogRow, StoreExt};
use serde_json::json;
use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use tokio::sync::mpsc::channel;
use tokio_stream::wrappers::ReceiverStream;

/// Pieces of the log that wait for a slow reader; past that the stream ends and the browser comes again.
const WAITING: usize = 64;
/// Changes that a browser that was away is told of.
const RESUME: u32 = 500;

/// Who listens; the session is asked anew with each piece, so that the stream ends with it.
#[derive(Clone)]
struct Listener {
    engine: Engine,
    secret: String,
    /// What the reader was told last.
    unread: Arc<AtomicU32>,
}

pub async fn stream(
    State(site): State<Site>,
    params: RawPathParams,
    request: Request,
) -> Response<Body> {
    let head = Head::read(&request, &params);
    let since = request
        .headers()
        .get("last-event-id")
        .and_then(|id| id.to_str().ok()?.parse::<i64>().ok());
    let Some(secret) = head.cookie("gx_session").map(str::to_owned) else {
        return oops::log_in_first(&head);
    };
    let listener = Listener {
        engine: site.engine.clone(),
        secret,
        unread: Arc::new(AtomicU32::new(u32::MAX)),
    };
    let first = listener.clone();
    let missed = tokio::task::spawn_blocking(move || first.missed(since)).await;
    match missed {
        Ok(Ok(missed)) => follow(listener, missed).into_response(),
        Ok(Err(EngineError::Unauthorized)) => oops::log_in_first(&head),
        Ok(Err(error)) => oops::blunt(&site, &head, &error),
        Err(panic) => oops::blunt(&site, &head, &EngineError::Broken(panic.to_string())),
    }
}

fn follow(listener: Listener, missed: Vec<LogRow>) -> impl IntoResponse {
    let (sender, receiver) = channel::<Vec<LogRow>>(WAITING);
    let _full = sender.try_send(missed);
    listener
        .engine
        .listeners()
        .add(Box::new(move |rows| sender.try_send(rows.to_vec()).is_ok()));
    let events = ReceiverStream::new(receiver)
        .then(move |rows| {
            let listener = listener.clone();
            async move {
                tokio::task::spawn_blocking(move || listener.events(rows))
                    .await
                    .ok()
                    .and_then(Result::ok)
            }
        })
        // Without a session there is nothing more to tell.
        .take_while(|events| std::future::ready(events.is_some()))
        .map(|events| {
            tokio_stream::iter(
                events
                    .unwrap_or_default()
                    .into_iter()
                    .map(Ok::<Event, Infallible>),
            )
        });
    Sse::new(events.flatten()).keep_alive(KeepAlive::default())
}

impl Listener {
    fn context(&self) -> EngineResult<Context> {
        session::resume(&self.engine, &self.secret, "web")
    }

    fn missed(&self, since: Option<i64>) -> EngineResult<Vec<LogRow>> {
        self.context()?;
        match since {
            Some(position) => Ok(self.engine.store().log_after(position, RESUME)?),
            None => Ok(Vec::new()),
        }
    }

    fn events(&self, rows: Vec<LogRow>) -> EngineResult<Vec<Event>> {
        let ctx = self.context()?;
        let mut events = Vec::new();
        for row in rows.iter().filter(|row| !row.entry.is_derived()) {
            events.extend(change(&ctx, row)?);
        }
        events.extend(self.told(&ctx)?);
        Ok(events)
    }

    /// Only when the number is another than before.
    fn told(&self, ctx: &Context) -> EngineResult<Option<Event>> {
        let unread = notices::unread(ctx)?;
        let before = self.unread.swap(unread, Ordering::Relaxed);
        let data = json!({ "unread": unread }).to_string();
        Ok((before != unread).then(|| Event::default().event("notice").data(data)))
    }
}

/// The change as an event, if the reader sees the record as it stands now; of a removed one that it is gone.
fn change(ctx: &Context, row: &LogRow) -> EngineResult<Option<Event>> {
    let Some(object) = ctx
        .catalog
        .objects
        .iter()
        .find(|object| object.table == row.entry.object)
    else {
        return Ok(None);
    };
    let grant = ctx.grant(object, Action::Read);
    if grant.is_empty() {
        return Ok(None);
    }
    let seen = ctx.engine.store().look(|view| {
        let Some(record) = row_by_id(view, object, row.entry.record)? else {
            return Ok::<_, EngineError>(None);
        };
        Ok(reach(view, &grant, &record)?.map(|_| record))
    })?;
    let Some(record) = seen else { return Ok(None) };
    let data = json!({
        "object": object.name,
        "id": record.id,
        "version": record.version,
        "removed": record.deleted_at.is_some(),
    });
    Ok(Some(
        Event::default()
            .event("change")
            .id(row.position.to_string())
            .data(data.to_string()),
    ))
}
