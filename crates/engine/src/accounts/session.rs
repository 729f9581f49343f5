//! Sessions of the browser: a random secret in a cookie, its digest in the database.

use super::{digest, secret};
use crate::context::Context;
use crate::engine::Engine;
use crate::error::{EngineError, EngineResult, beside_reading};
use crate::system;
use guanxi_meta::Cell;
use guanxi_query::cond::{Cond, Direction, Op, Select};
use guanxi_store::{Row, Set, StoreExt, Weight};

const DAY: i64 = 86_400_000_000;
/// A session that is used lives on, to this age.
const LONGEST: i64 = 30 * DAY;
/// Without use it ends sooner.
const IDLE: i64 = 7 * DAY;
/// `seen_at` is written at most this often, so that reading pages does not write.
const SEEN_EVERY: i64 = 600_000_000;

/// What a person sees of the own sessions.
#[derive(Debug, Clone)]
pub struct Session {
    pub seq: i64,
    pub created_at: i64,
    pub seen_at: i64,
    pub agent: String,
    pub address: String,
}

/// A new session; every log-in makes one, so that a planted secret is never taken over.
pub fn start(ctx: &Context, person: i64, agent: &str, address: &str) -> EngineResult<String> {
    let (text, digest) = secret("")?;
    let now = ctx.now_micros();
    let (agent, address) = (
        agent.chars().take(200).collect::<String>(),
        address.to_owned(),
    );
    ctx.engine.store().change(Weight::Light, move |tx| {
        let names = [
            "digest",
            "person",
            "created_at",
            "seen_at",
            "expires_at",
            "agent",
            "address",
        ];
        let row = vec![
            Cell::Bytes(digest.clone()),
            Cell::Int(person),
            Cell::Int(now),
            Cell::Int(now),
            Cell::Int(now + LONGEST),
            Cell::from(agent.as_str()),
            Cell::from(address.as_str()),
        ];
        tx.insert(system::SESSION, &names, vec![row])?;
        tx.delete(system::SESSION, &Cond::compare("expires_at", Op::Less, now))?;
        Ok::<_, EngineError>(())
    })?;
    Ok(text)
}

/// The context of whoever holds this secret; a disabled person's sessions end at once.
pub fn resume(engine: &Engine, secret: &str, via: &str) -> EngineResult<Context> {
    let select = Select::of(system::SESSION, &["person", "seen_at", "expires_at"])
        .filter(Cond::equal("digest", Cell::Bytes(digest(secret))))
        .limit(1);
    let rows = engine
        .store()
        .look(|view| Ok::<_, EngineError>(view.select(&select)?))?;
    let row = rows.first().ok_or(EngineError::Unauthorized)?;
    let int = |at: usize| row.cells[at].int().unwrap_or(0);
    let now = engine.clock().now().as_microsecond();
    if int(2) < now || int(1) + IDLE < now {
        return Err(EngineError::Unauthorized);
    }
    let ctx = engine.context(int(0), via)?;
    if now - int(1) > SEEN_EVERY {
        let seq = row.seq;
        beside_reading(engine.store().change(Weight::Light, move |tx| {
            tx.update(
                system::SESSION,
                &[("seen_at", Set::To(Cell::Int(now)))],
                &Cond::equal("seq", seq),
            )?;
            Ok::<_, EngineError>(())
        }))?;
    }
    Ok(ctx)
}

pub fn end(engine: &Engine, secret: &str) -> EngineResult<()> {
    let digest = digest(secret);
    engine.store().change(Weight::Light, move |tx| {
        tx.delete(
            system::SESSION,
            &Cond::equal("digest", Cell::Bytes(digest.clone())),
        )?;
        Ok::<_, EngineError>(())
    })
}

/// The `seq` of the session with this secret, as `list` names it.
pub fn number(engine: &Engine, secret: &str) -> EngineResult<Option<i64>> {
    let select = Select::of(system::SESSION, &["person"])
        .filter(Cond::equal("digest", Cell::Bytes(digest(secret))))
        .limit(1);
    let rows = engine
        .store()
        .look(|view| Ok::<_, EngineError>(view.select(&select)?))?;
    Ok(rows.first().map(|row| row.seq))
}

/// The caller's own sessions, newest first.
pub fn list(ctx: &Context) -> EngineResult<Vec<Session>> {
    let select = Select::of(
        system::SESSION,
        &["created_at", "seen_at", "agent", "address"],
    )
    .filter(Cond::equal("person", ctx.actor.seq()))
    .order("seq", Direction::Descending)
    .limit(100);
    let rows = ctx
        .engine
        .store()
        .look(|view| Ok::<_, EngineError>(view.select(&select)?))?;
    Ok(rows.iter().map(session).collect())
}

/// Ends one of the caller's own.
pub fn revoke(ctx: &Context, seq: i64) -> EngineResult<()> {
    let person = ctx.actor.seq();
    let gone = ctx.engine.store().change(Weight::Light, move |tx| {
        let own = Cond::equal("seq", seq).and(Cond::equal("person", person));
        Ok::<_, EngineError>(tx.delete(system::SESSION, &own)?)
    })?;
    if gone == 0 {
        Err(EngineError::NotFound)
    } else {
        Ok(())
    }
}

/// Sessions that nobody can resume any more.
pub(crate) fn ended(now: i64) -> Cond {
    Cond::compare("expires_at", Op::Less, now).or(Cond::compare("seen_at", Op::Less, now - IDLE))
}

fn session(row: &Row) -> Session {
    let text = |at: usize| row.cells[at].text().unwrap_or_default().to_owned();
    let int = |at: usize| row.cells[at].int().unwrap_or(0);
    Session {
        seq: row.seq,
        created_at: int(0),
        seen_at: int(1),
        agent: text(2),
        address: text(3),
    }
}
