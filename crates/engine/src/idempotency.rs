//! The same request twice is done once: its answer is kept with the caller's key for 24 hours.

use crate::context::Context;
use crate::error::{EngineError, EngineResult};
use crate::system;
use guanxi_meta::Cell;
use guanxi_meta::fault::Fault;
use guanxi_query::cond::{Cond, Op, Select};
use guanxi_store::{Set, StoreError, StoreExt, Weight};
use sha2::{Digest, Sha256};

const KEEP: i64 = 24 * 3_600_000_000;
/// A claim without an answer for this long is of a process that died, in microseconds.
const ABANDONED: i64 = 60_000_000;

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
    /// Nobody has sent this key: do the work, then `finish`.
    Mine,
    Answered(Answer),
}

/// Claims a key for a request with this body. In flight elsewhere: 409; another body under the same key: 422.
pub fn claim(ctx: &Context, key: &str, body: &[u8]) -> EngineResult<Claim> {
    let digest = Sha256::digest(body).to_vec();
    let (key, person, now) = (key.to_owned(), ctx.actor.seq(), ctx.now_micros());
    let outcome = ctx.engine.store().change(Weight::Light, move |tx| {
        let this = Cond::equal("person", person).and(Cond::equal("key", key.as_str()));
        tx.delete(system::IDEMPOTENCY, &this.clone().and(Cond::compare("at", Op::Less, now - KEEP)))?;
        let select = Select::of(system::IDEMPOTENCY, &["digest", "status", "answer", "headers", "at"]).filter(this.clone());
        if let Some(row) = tx.select(&select.limit(1).locked())?.first() {
            if row.cells[0] != Cell::Bytes(digest.clone()) {
                let fault = Fault::new("key_reused").at("Idempotency-Key");
                return Err(EngineError::Invalid(vec![fault]));
            }
            if let Some(status) = row.cells[1].int() {
                let text = |at: usize| row.cells[at].text().unwrap_or_default().to_owned();
                let status = u16::try_from(status).unwrap_or(500);
                return Ok(Claim::Answered(Answer { status, body: text(2), headers: text(3) }));
            }
            if now - row.cells[4].int().unwrap_or(0) < ABANDONED {
                return Err(EngineError::Taken(Fault::new("key_in_flight"), Vec::new()));
            }
            tx.update(system::IDEMPOTENCY, &[("at", Set::To(Cell::Int(now)))], &this)?;
            return Ok(Claim::Mine);
        }
        let row = vec![Cell::Int(person), Cell::from(key.as_str()), Cell::Bytes(digest.clone()), Cell::Int(now)];
        tx.insert(system::IDEMPOTENCY, &["person", "key", "digest", "at"], vec![row])?;
        Ok(Claim::Mine)
    });
    match outcome {
        // Two requests at the same moment: the second finds the first one's row.
        Err(EngineError::Store(StoreError::NotUnique { .. })) => {
            Err(EngineError::Taken(Fault::new("key_in_flight"), Vec::new()))
        }
        outcome => outcome,
    }
}

/// Keeps the answer; an answer that invites another try (5xx, 429) frees the key instead.
pub fn finish(ctx: &Context, key: &str, answer: &Answer) -> EngineResult<()> {
    let this = Cond::equal("person", ctx.actor.seq()).and(Cond::equal("key", key));
    let answer = answer.clone();
    ctx.engine.store().change(Weight::Light, move |tx| {
        if answer.status >= 500 || answer.status == 429 {
            tx.delete(system::IDEMPOTENCY, &this)?;
        } else {
            let set = [
                ("status", Set::To(Cell::Int(i64::from(answer.status)))),
                ("answer", Set::To(Cell::from(answer.body.as_str()))),
                ("headers", Set::To(Cell::from(answer.headers.as_str()))),
            ];
            tx.update(system::IDEMPOTENCY, &set, &this)?;
        }
        Ok::<_, EngineError>(())
    })
}
