//! The same request twice is done once: its answer is written with the caller's key in the transaction of what it
//! did, and kept for 24 hours. A crash leaves both or neither.

use crate::context::Context;
use crate::error::{EngineError, EngineResult};
use crate::files::Attachment;
use crate::import::Status;
use crate::system;
use crate::write::Saved;
use guanxi_meta::Cell;
use guanxi_meta::fault::Fault;
use guanxi_query::cond::{Cond, Op, Select};
use guanxi_store::{StoreError, StoreExt, Transaction, Weight};
use serde_json::Value as Json;
use sha2::{Digest, Sha256};
use std::collections::hash_map::Entry;
use std::sync::Arc;

pub(crate) const KEEP: i64 = 24 * 3_600_000_000;

/// An answer that was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    pub body: String,
    /// Header lines that belong to it (`ETag`, `Location`), as JSON.
    pub headers: String,
}

#[derive(Debug)]
pub enum Claim {
    /// Nobody has sent this key: do the work with `Context::once`, then `finish`.
    Mine(Once),
    Answered(Answer),
}

/// What a transaction did, from which its answer is made.
pub enum Done<'a> {
    Saved(&'a Saved),
    Acted(&'a Json),
    Many(&'a [Saved]),
    Attached(&'a Attachment),
    /// An import, or its undo, is on its way.
    Begun(&'a Status),
}

/// How the door that was asked answers; it runs within the transaction and asks no database.
pub type Render = fn(&Context, &Done) -> EngineResult<Answer>;

/// A key in flight; let go when the last copy is dropped.
#[derive(Debug, Clone)]
pub struct Once {
    key: String,
    digest: Vec<u8>,
    person: i64,
    render: Render,
    _held: Arc<Held>,
}

struct Held {
    ctx: Context,
    key: (i64, String),
}

impl std::fmt::Debug for Held {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Held")
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.ctx.engine.in_flight().lock().remove(&self.key);
    }
}

/// Claims a key for a request with this body. In flight: 409; another body under the same key: 422.
pub fn claim(ctx: &Context, key: &str, body: &[u8], render: Render) -> EngineResult<Claim> {
    let (digest, person) = (Sha256::digest(body).to_vec(), ctx.actor.seq());
    let mine = (person, key.to_owned());
    match ctx.engine.in_flight().lock().entry(mine.clone()) {
        Entry::Vacant(free) => {
            free.insert(digest.clone());
        }
        Entry::Occupied(held) if *held.get() != digest => return Err(reused()),
        Entry::Occupied(_) => {
            return Err(EngineError::Taken(Fault::new("key_in_flight"), Vec::new()));
        }
    }
    let held = Arc::new(Held {
        ctx: ctx.clone(),
        key: mine,
    });
    let select = Select::of(
        system::IDEMPOTENCY,
        &["digest", "status", "answer", "headers"],
    )
    .filter(known(person, key).and(Cond::compare(
        "at",
        Op::GreaterOrEqual,
        ctx.now_micros() - KEEP,
    )))
    .limit(1);
    let rows = ctx
        .engine
        .store()
        .look(|view| Ok::<_, EngineError>(view.select(&select)?))?;
    let Some(row) = rows.first() else {
        return Ok(Claim::Mine(Once {
            key: key.to_owned(),
            digest,
            person,
            render,
            _held: held,
        }));
    };
    if row.cells[0] != Cell::Bytes(digest) {
        return Err(reused());
    }
    let text = |at: usize| row.cells[at].text().unwrap_or_default().to_owned();
    let status = row.cells[1]
        .int()
        .and_then(|status| u16::try_from(status).ok())
        .unwrap_or(500);
    Ok(Claim::Answered(Answer {
        status,
        body: text(2),
        headers: text(3),
    }))
}

/// Writes the answer in the transaction of what it answers; where another process was quicker with the same key,
/// everything is rolled back.
pub fn seal(tx: &mut dyn Transaction, ctx: &Context, done: &Done) -> EngineResult<()> {
    let Some(once) = &ctx.once else { return Ok(()) };
    let answer = (once.render)(ctx, done)?;
    write(tx, ctx, once, &answer)
}

/// Keeps an answer that no transaction wrote (a refusal, a piecewise batch); one that invites another try (5xx, 429)
/// is not kept.
pub fn finish(ctx: &Context, once: &Once, answer: &Answer) -> EngineResult<()> {
    if answer.status >= 500 || answer.status == 429 {
        return Ok(());
    }
    let (context, once, answer) = (ctx.clone(), once.clone(), answer.clone());
    ctx.engine.store().change(Weight::Light, move |tx| {
        if tx.count(
            system::IDEMPOTENCY,
            &[],
            &known(once.person, &once.key),
            Some(1),
        )? > 0
        {
            return Ok(());
        }
        write(tx, &context, &once, &answer)
    })
}

fn write(
    tx: &mut dyn Transaction,
    ctx: &Context,
    once: &Once,
    answer: &Answer,
) -> EngineResult<()> {
    let now = ctx.now_micros();
    let expired = known(once.person, &once.key).and(Cond::compare("at", Op::Less, now - KEEP));
    tx.delete(system::IDEMPOTENCY, &expired)?;
    let row = vec![
        Cell::Int(once.person),
        Cell::from(once.key.as_str()),
        Cell::Bytes(once.digest.clone()),
        Cell::Int(i64::from(answer.status)),
        Cell::from(answer.body.as_str()),
        Cell::from(answer.headers.as_str()),
        Cell::Int(now),
    ];
    let names = [
        "person", "key", "digest", "status", "answer", "headers", "at",
    ];
    match tx.insert(system::IDEMPOTENCY, &names, vec![row]) {
        Ok(_) => Ok(()),
        Err(StoreError::NotUnique { .. }) => {
            Err(EngineError::Taken(Fault::new("key_in_flight"), Vec::new()))
        }
        Err(error) => Err(error.into()),
    }
}

fn reused() -> EngineError {
    EngineError::Invalid(vec![Fault::new("key_reused").at("Idempotency-Key")])
}

fn known(person: i64, key: &str) -> Cond {
    Cond::equal("person", person).and(Cond::equal("key", key))
}
