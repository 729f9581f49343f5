//! Effects outside the house: mails, messages, calls of other systems. Each is a row with one identity, written in the
//! transaction of what it follows from, and carried out by a job afterwards: at least once, under the same identity
//! each time, so that the receiver can tell a repetition from a second effect.

use crate::context::Context;
use crate::error::{EngineError, EngineResult};
use crate::jobs::{self, Handler, NewJob, Outcome, Turn};
use crate::system::OUTBOX;
use guanxi_meta::Cell;
use guanxi_query::cond::{Cond, Direction, Select};
use guanxi_store::{Row, Set, StoreExt, Transaction, Weight};
use serde_json::{Value as Json, json};
use std::sync::Arc;
use uuid::Uuid;

/// A way out of the house. The program hands the implementations in.
pub trait Channel: Send + Sync {
    /// As rows name it.
    fn name(&self) -> &'static str;

    /// Carries an effect out, outside of any transaction. It may be asked for one again that it has carried out
    /// already, when nobody could keep that; the id tells.
    fn send(&self, effect: &Effect) -> Result<(), Unsent>;
}

/// What is to be carried out.
#[derive(Debug, Clone)]
pub struct Effect {
    pub id: Uuid,
    pub payload: Json,
    /// Microseconds since 1970.
    pub created_at: i64,
}

/// Why an effect was not carried out, in words for administrators; nothing secret stands in them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unsent {
    /// The other side is away or busy: try again.
    Again(String),
    /// It will never be taken.
    Never(String),
}

/// The channels of a program.
#[derive(Clone, Default)]
pub struct Channels(Vec<Arc<dyn Channel>>);

impl Channels {
    pub fn new(list: Vec<Arc<dyn Channel>>) -> Channels {
        Channels(list)
    }

    pub fn lookup(&self, name: &str) -> Option<&Arc<dyn Channel>> {
        self.0.iter().find(|channel| channel.name() == name)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Waiting,
    Sent,
    /// Refused for good, or not taken for three days.
    Dead,
}

impl State {
    pub const ALL: [State; 3] = [State::Waiting, State::Sent, State::Dead];

    pub fn name(self) -> &'static str {
        match self {
            State::Waiting => "waiting",
            State::Sent => "sent",
            State::Dead => "dead",
        }
    }

    pub fn parse(text: &str) -> Option<State> {
        State::ALL.into_iter().find(|state| state.name() == text)
    }
}

const KIND: &str = "outbox";
const SECOND: i64 = 1_000_000;
/// How long an effect is tried, and the longest pause between two tries.
const TRIED_FOR: i64 = 3 * 86_400 * SECOND;
const LONGEST_PAUSE: i64 = 3_600 * SECOND;
/// Characters of an error that is kept.
const LONGEST_ERROR: usize = 500;
/// Rows of one answer.
const MOST: u32 = 200;

const COLUMNS: [&str; 9] = [
    "id",
    "channel",
    "payload",
    "state",
    "tries",
    "run_at",
    "error",
    "created_at",
    "sent_at",
];

/// Puts an effect into the outbox; with the caller's transaction it is there, or it is not. The caller announces after
/// the commit.
pub fn put(
    tx: &mut dyn Transaction,
    ctx: &Context,
    channel: &str,
    payload: &Json,
) -> EngineResult<Uuid> {
    let id = ctx.engine.ids().next();
    let now = ctx.engine.clock().now().as_microsecond();
    let row = vec![
        Cell::Id(id),
        Cell::from(channel),
        Cell::from(payload.to_string()),
        Cell::from(State::Waiting.name()),
        Cell::Int(0),
        Cell::Int(now),
        Cell::Null,
        Cell::Int(now),
        Cell::Null,
    ];
    tx.insert(OUTBOX, &COLUMNS, vec![row])?;
    send_later(tx, ctx, id)?;
    Ok(id)
}

fn send_later(tx: &mut dyn Transaction, ctx: &Context, id: Uuid) -> EngineResult<()> {
    jobs::enqueue(
        tx,
        ctx,
        NewJob::new(KIND, json!({ "effect": id })).keyed(id.to_string()),
    )
}

/// An effect as it stands.
#[derive(Debug, Clone)]
pub struct Entry {
    pub effect: Effect,
    pub channel: String,
    pub state: State,
    pub tries: i64,
    pub error: Option<String>,
    /// When it is tried next, or was tried last.
    pub run_at: i64,
    pub sent_at: Option<i64>,
}

impl Entry {
    fn read(row: &Row) -> Entry {
        let text = |at: usize| row.cells[at].text().unwrap_or_default();
        let int = |at: usize| row.cells[at].int().unwrap_or(0);
        Entry {
            effect: Effect {
                id: row.cells[0].id().unwrap_or_default(),
                payload: serde_json::from_str(text(2)).unwrap_or_default(),
                created_at: int(7),
            },
            channel: text(1).to_owned(),
            state: State::parse(text(3)).unwrap_or(State::Dead),
            tries: int(4),
            run_at: int(5),
            error: row.cells[6].text().map(str::to_owned),
            sent_at: row.cells[8].int(),
        }
    }

    pub fn to_json(&self) -> Json {
        json!({
            "id": self.effect.id,
            "channel": self.channel,
            "payload": self.effect.payload,
            "state": self.state.name(),
            "tries": self.tries,
            "error": self.error,
            "run_at": crate::record::instant(self.run_at),
            "created_at": crate::record::instant(self.effect.created_at),
            "sent_at": self.sent_at.map(crate::record::instant),
        })
    }
}

/// The latest effects, newest first; of one state where one is named. For administrators.
pub fn list(ctx: &Context, state: Option<State>) -> EngineResult<Vec<Entry>> {
    ctx.administer()?;
    let mut select = Select::of(OUTBOX, &COLUMNS)
        .order("seq", Direction::Descending)
        .limit(MOST);
    if let Some(state) = state {
        select = select.filter(Cond::equal("state", state.name()));
    }
    let rows = ctx
        .engine
        .store()
        .look(|view| Ok::<_, EngineError>(view.select(&select)?))?;
    Ok(rows.iter().map(Entry::read).collect())
}

/// Has an effect carried out again under its own identity: one that was given up, or that the other side lost.
pub fn replay(ctx: &Context, id: Uuid) -> EngineResult<()> {
    ctx.administer()?;
    let context = ctx.clone();
    ctx.engine.store().change(Weight::Light, move |tx| {
        let now = context.now_micros();
        let over = [State::Sent, State::Dead].map(|state| Cell::from(state.name()));
        let this = Cond::equal("id", id).and(Cond::among("state", over.to_vec()));
        let set = [
            ("state", Set::To(Cell::from(State::Waiting.name()))),
            ("tries", Set::To(Cell::Int(0))),
            ("run_at", Set::To(Cell::Int(now))),
        ];
        if tx.update(OUTBOX, &set, &this)? == 0 {
            return Err(EngineError::NotFound);
        }
        send_later(tx, &context, id)
    })?;
    ctx.engine.announce();
    Ok(())
}

/// Carries effects out.
pub struct Sender;

impl Handler for Sender {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn run(&self, turn: &Turn) -> EngineResult<Outcome> {
        let id = turn.job.input["effect"].as_str().unwrap_or_default();
        let id: Uuid = id
            .parse()
            .map_err(|_| EngineError::Broken(format!("no effect: {id}")))?;
        let select = Select::of(OUTBOX, &COLUMNS)
            .filter(Cond::equal("id", id))
            .limit(1);
        let rows = turn
            .engine
            .store()
            .look(|view| Ok::<_, EngineError>(view.select(&select)?))?;
        let waits = rows
            .first()
            .map(Entry::read)
            .filter(|entry| entry.state == State::Waiting);
        match waits {
            Some(entry) => attempt(turn, &entry),
            None => Ok(Outcome::Done),
        }
    }
}

fn attempt(turn: &Turn, entry: &Entry) -> EngineResult<Outcome> {
    let channel = turn.engine.channels().lookup(&entry.channel);
    let outcome = match channel {
        Some(channel) => channel.send(&entry.effect),
        // Another program on this database may have it, or the next version of this one.
        None => Err(Unsent::Again(format!("no channel {}", entry.channel))),
    };
    let now = turn.now_micros();
    let tries = entry.tries + 1;
    let next = now + pause(tries);
    // A replay of something old has its three days too.
    let since = entry.run_at.min(now) - elapsed(entry.tries);
    let (state, error) = match outcome {
        Ok(()) => (State::Sent, None),
        Err(Unsent::Never(error)) => (State::Dead, Some(error)),
        Err(Unsent::Again(error)) if next - since > TRIED_FOR => (State::Dead, Some(error)),
        Err(Unsent::Again(error)) => (State::Waiting, Some(error)),
    };
    let error: Option<String> = error.map(|text| text.chars().take(LONGEST_ERROR).collect());
    let set = vec![
        ("state", Set::To(Cell::from(state.name()))),
        ("tries", Set::To(Cell::Int(tries))),
        (
            "run_at",
            Set::To(Cell::Int(if state == State::Waiting { next } else { now })),
        ),
        ("error", Set::To(Cell::from(error))),
        (
            "sent_at",
            Set::To(Cell::from((state == State::Sent).then_some(now))),
        ),
    ];
    let this = Cond::equal("id", entry.effect.id);
    turn.commit(move |tx| {
        tx.update(OUTBOX, &set, &this)?;
        Ok(((), None))
    })?;
    Ok(match state {
        State::Waiting => Outcome::Later(next),
        State::Sent | State::Dead => Outcome::Done,
    })
}

/// After so many tries: 2, 4, 8 … seconds, an hour at most.
fn pause(tries: i64) -> i64 {
    (SECOND << tries.clamp(1, 12)).min(LONGEST_PAUSE)
}

/// All pauses up to that try.
fn elapsed(tries: i64) -> i64 {
    (1..=tries).map(pause).sum()
}
