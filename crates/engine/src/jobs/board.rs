//! What administrators see of jobs, and what they may do about those that were given up.

use super::State;
use crate::context::Context;
use crate::error::{EngineError, EngineResult};
use crate::system::JOB;
use guanxi_meta::Cell;
use guanxi_query::cond::{Cond, Direction, Select};
use guanxi_store::{Row, Set, StoreExt, Weight};
use serde_json::{Value as Json, json};
use uuid::Uuid;

/// A job as it stands.
#[derive(Debug, Clone)]
pub struct Entry {
    pub id: Uuid,
    pub kind: String,
    pub state: String,
    /// Tries that did not get it any further.
    pub tries: i64,
    pub error: Option<String>,
    /// Microseconds since 1970, as the others.
    pub run_at: i64,
    pub created_at: i64,
    pub finished_at: Option<i64>,
}

/// Rows of one answer.
pub const MOST: u32 = 200;

/// The latest jobs, newest first; of one state where one is named.
pub fn list(ctx: &Context, state: Option<State>) -> EngineResult<Vec<Entry>> {
    ctx.administer()?;
    let columns = [
        "id",
        "kind",
        "state",
        "tries",
        "error",
        "run_at",
        "created_at",
        "finished_at",
    ];
    let mut select = Select::of(JOB, &columns)
        .order("seq", Direction::Descending)
        .limit(MOST);
    if let Some(state) = state {
        select = select.filter(Cond::equal("state", state.name()));
    }
    let rows = ctx
        .engine
        .store()
        .look(|view| Ok::<_, EngineError>(view.select(&select)?))?;
    Ok(rows.iter().map(entry).collect())
}

fn entry(row: &Row) -> Entry {
    let text = |at: usize| row.cells[at].text().map(str::to_owned);
    let int = |at: usize| row.cells[at].int().unwrap_or(0);
    Entry {
        id: row.cells[0].id().unwrap_or_default(),
        kind: text(1).unwrap_or_default(),
        state: text(2).unwrap_or_default(),
        tries: int(3),
        error: text(4),
        run_at: int(5),
        created_at: int(6),
        finished_at: row.cells[7].int(),
    }
}

impl Entry {
    pub fn to_json(&self) -> Json {
        json!({
            "id": self.id,
            "kind": self.kind,
            "state": self.state,
            "tries": self.tries,
            "error": self.error,
            "run_at": crate::record::instant(self.run_at),
            "created_at": crate::record::instant(self.created_at),
            "finished_at": self.finished_at.map(crate::record::instant),
        })
    }
}

/// A dead job waits again, as if it were new.
pub fn again(ctx: &Context, id: Uuid) -> EngineResult<()> {
    ctx.administer()?;
    let now = ctx.now_micros();
    let dead = Cond::equal("id", id).and(Cond::equal("state", State::Dead.name()));
    let revived = ctx.engine.store().change(Weight::Light, move |tx| {
        let set = [
            ("state", Set::To(Cell::from(State::Waiting.name()))),
            ("tries", Set::To(Cell::Int(0))),
            ("run_at", Set::To(Cell::Int(now))),
        ];
        Ok::<_, EngineError>(tx.update(JOB, &set, &dead)?)
    })?;
    if revived == 0 {
        return Err(EngineError::NotFound);
    }
    ctx.engine.announce();
    Ok(())
}
