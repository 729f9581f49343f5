//! Live changes for a browser: what changed, as far as its reader may see it, and how much is unread.

use crate::door::head::Head;
use crate::door::{Site, oops};
use axum::body::Body;
use axum::extract::{RawPathParams, Request, State};
use axum::http::Response;
use axum::response::IntoResponse;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::{StreamExt, stream};
use guanxi_engine::accounts::session;
use guanxi_engine::events::{self, Change};
use guanxi_engine::{Context, Engine, EngineError, EngineResult, notices};
use guanxi_store::LogRow;
use serde_json::json;
use std::convert::Infallible;
use tokio::sync::mpsc::{Receiver, channel};

/// Pieces of the log that wait for a slow reader; past that the stream ends and the browser comes again.
const WAITING: usize = 64;
/// Changes that a browser that was away is told of at a time.
const ROWS: u32 = 500;

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
    let engine = site.engine.clone();
    let reader = tokio::task::spawn_blocking(move || Reader::begin(engine, secret, since)).await;
    match reader {
        Ok(Ok(reader)) => follow(reader).into_response(),
        Ok(Err(EngineError::Unauthorized)) => oops::log_in_first(&head),
        Ok(Err(error)) => oops::blunt(&site, &head, &error),
        Err(panic) => oops::blunt(&site, &head, &EngineError::Broken(panic.to_string())),
    }
}

fn follow(reader: Reader) -> impl IntoResponse {
    let pieces = stream::unfold(reader, |reader| async { reader.next().await });
    let events = pieces.map(|piece| stream::iter(piece.into_iter().map(Ok::<Event, Infallible>)));
    Sse::new(events.flatten()).keep_alive(KeepAlive::default())
}

/// A browser's place in the log. The session is asked anew with each piece, so that the stream ends with it.
struct Reader {
    engine: Engine,
    secret: String,
    position: i64,
    /// What the reader was told last of what is unread.
    unread: Option<u32>,
    /// The log may hold more than was read, of which listeners were told before this one was there.
    behind: bool,
    pieces: Receiver<Vec<LogRow>>,
}

impl Reader {
    /// Listens before it looks where the log ends: what is committed from here on comes by one way or the other.
    fn begin(engine: Engine, secret: String, since: Option<i64>) -> EngineResult<Reader> {
        let (sender, pieces) = channel::<Vec<LogRow>>(WAITING);
        engine
            .listeners()
            .add(Box::new(move |rows| sender.try_send(rows.to_vec()).is_ok()));
        let position = match since {
            Some(position) => position,
            None => engine.store().log_head()?,
        };
        let reader = Reader {
            engine,
            secret,
            position,
            unread: None,
            behind: true,
            pieces,
        };
        reader.context()?;
        Ok(reader)
    }

    fn context(&self) -> EngineResult<Context> {
        session::resume(&self.engine, &self.secret, "web")
    }

    /// The events of the next piece of the log; `None` ends the stream.
    async fn next(mut self) -> Option<(Vec<Event>, Reader)> {
        let rows = if self.behind {
            let (engine, position) = (self.engine.clone(), self.position);
            let read = move || engine.store().log_after(position, ROWS);
            tokio::task::spawn_blocking(read).await.ok()?.ok()?
        } else {
            self.pieces.recv().await?
        };
        let told = move || {
            let events = self.events(rows).ok()?;
            Some((events, self))
        };
        tokio::task::spawn_blocking(told).await.ok()?
    }

    fn events(&mut self, mut rows: Vec<LogRow>) -> EngineResult<Vec<Event>> {
        let ctx = self.context()?;
        rows.retain(|row| row.position > self.position);
        match rows.last() {
            Some(last) => self.position = last.position,
            None => self.behind = false,
        }
        let mut told: Vec<Event> = events::admitted(&ctx, &rows)?.iter().map(change).collect();
        told.extend(self.told(&ctx)?);
        Ok(told)
    }

    /// Only when the number is another than before.
    fn told(&mut self, ctx: &Context) -> EngineResult<Option<Event>> {
        let unread = notices::unread(ctx)?;
        let before = self.unread.replace(unread);
        let data = json!({ "unread": unread }).to_string();
        Ok((before != Some(unread)).then(|| Event::default().event("notice").data(data)))
    }
}

fn change(change: &Change) -> Event {
    let data = json!({
        "object": change.object.name,
        "id": change.record,
        "version": change.version,
        "removed": change.op == "remove",
    });
    Event::default()
        .event("change")
        .id(change.position.to_string())
        .data(data.to_string())
}
