//! Tokens of programs: shown once, kept as a digest, with the rights of the person who made them.

use super::{digest, secret};
use crate::context::Context;
use crate::engine::Engine;
use crate::error::{EngineError, EngineResult, beside_reading};
use crate::system;
use guanxi_meta::Cell;
use guanxi_query::cond::{Cond, Direction, Select};
use guanxi_store::{Set, StoreExt, Weight};
use uuid::Uuid;

/// So that people and scanners recognise one that leaked.
const PREFIX: &str = "gx_";
/// `used_at` is written at most this often, in microseconds.
const USED_EVERY: i64 = 600_000_000;

#[derive(Debug, Clone)]
pub struct Token {
    pub id: Uuid,
    pub name: String,
    pub created_at: i64,
    pub used_at: Option<i64>,
}

/// A new token for a person: the caller's own, or anybody's for who administers. The secret is answered once.
pub fn create(ctx: &Context, person: i64, name: &str) -> EngineResult<String> {
    if ctx.actor.seq() != person {
        ctx.administer()?;
    }
    let (text, digest) = secret(PREFIX)?;
    let (now, id, name) = (
        ctx.now_micros(),
        ctx.engine.ids().next(),
        name.chars().take(100).collect::<String>(),
    );
    ctx.engine.store().change(Weight::Light, move |tx| {
        let names = ["id", "digest", "person", "name", "created_at"];
        let row = vec![
            Cell::Id(id),
            Cell::Bytes(digest.clone()),
            Cell::Int(person),
            Cell::from(name.as_str()),
            Cell::Int(now),
        ];
        tx.insert(system::TOKEN, &names, vec![row])?;
        Ok::<_, EngineError>(())
    })?;
    Ok(text)
}

/// The context of the person whose token this is.
pub fn resume(engine: &Engine, secret: &str, via: &str) -> EngineResult<Context> {
    if !secret.starts_with(PREFIX) {
        return Err(EngineError::Unauthorized);
    }
    let select = Select::of(system::TOKEN, &["person", "used_at", "expires_at"])
        .filter(Cond::equal("digest", Cell::Bytes(digest(secret))))
        .limit(1);
    let rows = engine
        .store()
        .look(|view| Ok::<_, EngineError>(view.select(&select)?))?;
    let row = rows.first().ok_or(EngineError::Unauthorized)?;
    let now = engine.clock().now().as_microsecond();
    if row.cells[2].int().is_some_and(|expires| expires < now) {
        return Err(EngineError::Unauthorized);
    }
    let ctx = engine.context(row.cells[0].int().unwrap_or(0), via)?;
    if now - row.cells[1].int().unwrap_or(0) > USED_EVERY {
        let seq = row.seq;
        beside_reading(engine.store().change(Weight::Light, move |tx| {
            tx.update(
                system::TOKEN,
                &[("used_at", Set::To(Cell::Int(now)))],
                &Cond::equal("seq", seq),
            )?;
            Ok::<_, EngineError>(())
        }))?;
    }
    Ok(ctx)
}

/// The caller's own tokens, newest first.
pub fn list(ctx: &Context) -> EngineResult<Vec<Token>> {
    let select = Select::of(system::TOKEN, &["id", "name", "created_at", "used_at"])
        .filter(Cond::equal("person", ctx.actor.seq()))
        .order("seq", Direction::Descending)
        .limit(200);
    let rows = ctx
        .engine
        .store()
        .look(|view| Ok::<_, EngineError>(view.select(&select)?))?;
    let token = |row: &guanxi_store::Row| Token {
        id: row.cells[0].id().unwrap_or_default(),
        name: row.cells[1].text().unwrap_or_default().to_owned(),
        created_at: row.cells[2].int().unwrap_or(0),
        used_at: row.cells[3].int(),
    };
    Ok(rows.iter().map(token).collect())
}

pub fn revoke(ctx: &Context, id: Uuid) -> EngineResult<()> {
    let person = ctx.actor.seq();
    let gone = ctx.engine.store().change(Weight::Light, move |tx| {
        let own = Cond::equal("id", id).and(Cond::equal("person", person));
        Ok::<_, EngineError>(tx.delete(system::TOKEN, &own)?)
    })?;
    if gone == 0 {
        Err(EngineError::NotFound)
    } else {
        Ok(())
    }
}
