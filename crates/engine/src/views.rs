//! Views that people keep for themselves: a list's address with a name.

use crate::context::Context;
use crate::error::{EngineError, EngineResult};
use crate::system::SAVED_VIEW;
use guanxi_meta::Cell;
use guanxi_query::cond::{Cond, Direction, Select};
use guanxi_store::{StoreExt, Weight};
use uuid::Uuid;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedView {
    pub id: Uuid,
    pub name: String,
    /// The list's query string.
    pub query: String,
}

/// Views of one person on one object.
const MOST: u32 = 50;
/// Characters.
const LONGEST_NAME: usize = 60;
const LONGEST_QUERY: usize = 4_000;

/// The caller's own views of the object, oldest first.
pub fn list(ctx: &Context, object: &str) -> EngineResult<Vec<SavedView>> {
    let select = Select::of(SAVED_VIEW, &["id", "name", "query"])
        .filter(own(ctx).and(Cond::equal("object", object)))
        .order("seq", Direction::Ascending)
        .limit(MOST);
    let rows = ctx
        .engine
        .store()
        .look(|view| Ok::<_, EngineError>(view.select(&select)?))?;
    let text =
        |row: &guanxi_store::Row, at: usize| row.cells[at].text().unwrap_or_default().to_owned();
    let view = |row: &guanxi_store::Row| SavedView {
        id: row.cells[0].id().unwrap_or_default(),
        name: text(row, 1),
        query: text(row, 2),
    };
    Ok(rows.iter().map(view).collect())
}

/// Keeps the query under the name; one of the same name is replaced.
pub fn save(ctx: &Context, object: &str, name: &str, query: &str) -> EngineResult<Uuid> {
    let name: String = name.trim().chars().take(LONGEST_NAME).collect();
    if name.is_empty() {
        return Err(EngineError::field("name", "required"));
    }
    if query.len() > LONGEST_QUERY || list(ctx, object)?.len() >= MOST as usize {
        return Err(EngineError::field("name", "too_many"));
    }
    let (id, person) = (ctx.engine.ids().next(), ctx.actor.seq());
    let (object, query) = (object.to_owned(), query.to_owned());
    let same = own(ctx)
        .and(Cond::equal("object", object.as_str()))
        .and(Cond::equal("name", name.as_str()));
    ctx.engine.store().change(Weight::Light, move |tx| {
        tx.delete(SAVED_VIEW, &same)?;
        let texts = [&object, &name, &query].map(|text| Cell::from(text.as_str()));
        let mut row = vec![Cell::Id(id), Cell::Int(person), Cell::Int(0)];
        row.extend(texts);
        tx.insert(
            SAVED_VIEW,
            &["id", "person", "shared", "object", "name", "query"],
            vec![row],
        )?;
        Ok::<_, EngineError>(())
    })?;
    Ok(id)
}

/// Forgets one of the caller's own.
pub fn remove(ctx: &Context, id: Uuid) -> EngineResult<()> {
    let this = own(ctx).and(Cond::equal("id", id));
    let gone = ctx.engine.store().change(Weight::Light, move |tx| {
        Ok::<_, EngineError>(tx.delete(SAVED_VIEW, &this)?)
    })?;
    if gone == 0 {
        Err(EngineError::NotFound)
    } else {
        Ok(())
    }
}

fn own(ctx: &Context) -> Cond {
    Cond::equal("person", ctx.actor.seq())
}
