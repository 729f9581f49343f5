//! Server-sent events: what changed, as far as the caller may see it, and what the caller is told; resumes by position.

use crate::Api;
use crate::params;
use crate::problem::respond_problem;
use crate::run::Head;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, Response};
use axum::response::IntoResponse;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::{StreamExt, stream};
use guanxi_engine::events::{self, Change};
use guanxi_engine::notices::{self, Notice};
use guanxi_engine::{EngineError, EngineResult, record};
use guanxi_store::LogRow;
use serde_json::json;
use std::collections::VecDeque;
use std::convert::Infallible;
use tokio::sync::mpsc::{Receiver, channel};

/// Pieces of the log that wait for a slow reader; past that the stream ends and the reader resumes by position.
const WAITING: usize = 64;
/// Changes that a reader who was away is told of at a time.
const ROWS: u32 = 500;
/// Notices of which it is known that they were told: more than are read at a time.
const REMEMBERED: usize = 500;

pub async fn stream(State(api): State<Api>, headers: HeaderMap, head: Head) -> Response<Body> {
    let lang = crate::run::language(&headers).unwrap_or_default();
    let since = headers
        .get("last-event-id")
        .and_then(|id| id.to_str().ok()?.parse().ok());
    let reader = tokio::task::spawn_blocking(move || Reader::begin(api, head, since));
    match reader.await {
        Ok(Ok(reader)) => follow(reader).into_response(),
        Ok(Err(error)) => respond_problem(&error, lang),
        Err(panic) => respond_problem(&EngineError::Broken(panic.to_string()), lang),
    }
}

fn follow(reader: Reader) -> impl IntoResponse {
    let pieces = stream::unfold(reader, |reader| async { reader.next().await });
    let events = pieces.map(|piece| stream::iter(piece.into_iter().map(Ok::<Event, Infallible>)));
    Sse::new(events.flatten()).keep_alive(KeepAlive::default())
}

/// A caller's place in the log. The token is asked anew with each piece, so that the stream ends with it.
struct Reader {
    api: Api,
    head: Head,
    position: i64,
    /// Microseconds since 1970: older notices are not told, but to who was away.
    began: i64,
    /// When notices were asked for last.
    asked: i64,
    /// The notices that were told last. Which came first does not say which was written first.
    told: VecDeque<i64>,
    /// The log holds more than was read, and the follower has told of it before this reader listened.
    behind: bool,
    pieces: Receiver<Vec<LogRow>>,
}

impl Reader {
    /// Listens before it looks where the log ends: what is committed from here on comes by one way or the other.
    fn begin(api: Api, head: Head, since: Option<i64>) -> EngineResult<Reader> {
        let ctx = head.context(&api)?;
        params::none(&head.query)?;
        let (sender, pieces) = channel::<Vec<LogRow>>(WAITING);
        api.engine
            .listeners()
            .add(Box::new(move |rows| sender.try_send(rows.to_vec()).is_ok()));
        let position = match since {
            Some(position) => position,
            None => api.engine.store().log_head()?,
        };
        Ok(Reader {
            began: if since.is_some() {
                i64::MIN
            } else {
                ctx.now_micros()
            },
            asked: ctx.now_micros(),
            told: VecDeque::new(),
            behind: since.is_some(),
            api,
            head,
            position,
            pieces,
        })
    }

    /// The events of the next piece of the log; `None` ends the stream.
    async fn next(mut self) -> Option<(Vec<Event>, Reader)> {
        let rows = if self.behind {
            let (engine, position) = (self.api.engine.clone(), self.position);
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
        let ctx = self.head.context(&self.api)?;
        rows.retain(|row| row.position > self.position);
        let Some(last) = rows.last() else {
            self.behind = false;
            return Ok(Vec::new());
        };
        self.position = last.position;
        let mut told: Vec<Event> = events::admitted(&ctx, &rows)?.iter().map(change).collect();
        // Most notices are written with a change, at the same instant; the change may be told later than others.
        let first = rows.iter().map(|row| row.entry.at).min();
        let from = first.unwrap_or(self.asked).min(self.asked);
        self.asked = ctx.now_micros();
        for said in notices::since(&ctx, from.max(self.began))? {
            if self.is_news(said.seq) {
                told.push(notice(&said));
            }
        }
        Ok(told)
    }

    fn is_news(&mut self, seq: i64) -> bool {
        if self.told.contains(&seq) {
            return false;
        }
        if self.told.len() == REMEMBERED {
            self.told.pop_front();
        }
        self.told.push_back(seq);
        true
    }
}

fn change(change: &Change) -> Event {
    let data = json!({
        "object": change.object.name,
        "id": change.record,
        "version": change.version,
        "op": change.op,
    });
    Event::default()
        .event("change")
        .id(change.position.to_string())
        .data(data.to_string())
}

/// Without a position of its own: it was written with a change.
fn notice(notice: &Notice) -> Event {
    let about = notice
        .about
        .as_ref()
        .map(|(object, id)| json!({"object": object, "id": id}));
    let data = json!({
        "code": notice.code,
        "args": notice.args,
        "about": about,
        "at": record::instant(notice.at),
    });
    Event::default().event("notice").data(data.to_string())
}
