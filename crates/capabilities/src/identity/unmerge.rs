//! A merge taken apart: the journal backwards, as far as things still are as the merge left them.

use super::UNMERGE;
use super::journal::{Back, Journal, RowAct, RowChange};
use crate::common::{Values, conflict, set_values};
use guanxi_access::Action;
use guanxi_engine::engine::row_by_id;
use guanxi_engine::read::{lookup_in, reach};
use guanxi_engine::write::{Change, savepoint};
use guanxi_engine::{Context, EngineError, EngineResult, Record, system};
use guanxi_meta::table::Uniqueness;
use guanxi_meta::{Cell, Object};
use guanxi_query::cond::{Cond, Select};
use guanxi_store::{Set, Transaction};
use serde_json::{Value as Json, json};
use std::sync::Arc;
use uuid::Uuid;

/// What was not put back, since somebody had changed it.
#[derive(Default)]
struct Left {
    fields: Vec<Json>,
    /// The same of rows that the caller does not see.
    unseen: usize,
}

pub fn unmerge(ctx: &Context, tx: &mut dyn Transaction, id: Uuid) -> EngineResult<Option<Json>> {
    let select = Select::of(system::MERGE, &["object", "kept", "undone_at", "detail"])
        .filter(Cond::equal("id", id))
        .limit(1)
        .locked();
    let rows = tx.select(&select)?;
    let Some(row) = rows.first() else {
        return Ok(None);
    };
    let table = row.cells[0].text().unwrap_or_default();
    let object = ctx
        .catalog
        .objects
        .iter()
        .find(|object| object.table == table)
        .cloned();
    let (object, kept) = object.zip(row.cells[1].id()).ok_or(EngineError::NotFound)?;
    let journal = Journal::read(row.cells[3].text().unwrap_or_default())?;
    allowed(ctx, tx, &object, (kept, &journal))?;
    if row.cells[2].int().is_some() {
        return Err(conflict("already_undone"));
    }
    let rule = ctx.by_rule();
    let mut left = Left::default();
    // What is unique in the kept record goes back first, so that its first holder can have it again.
    let of_kept = |change: &&RowChange| change.act == RowAct::Changed && change.record == kept;
    for change in journal.changes.iter().filter(of_kept) {
        put_back(tx, (ctx, &rule), change, (Which::Unique, &mut left))?;
    }
    let removed = |change: &&RowChange| change.act == RowAct::Removed;
    for change in journal.changes.iter().filter(removed) {
        bring_back(tx, (ctx, &rule), (&object, change), &mut left)?;
    }
    move_back(tx, kept, &journal)?;
    for change in journal
        .changes
        .iter()
        .rev()
        .filter(|change| !removed(change))
    {
        put_back(tx, (ctx, &rule), change, (Which::All, &mut left))?;
    }
    let undone = [("undone_at", Set::To(Cell::Int(ctx.now_micros())))];
    tx.update(system::MERGE, &undone, &Cond::equal("id", id))?;
    tx.update(system::MERGED, &undone, &Cond::equal("merge", id))?;
    let answer = json!({
        "merge": id, "id": kept, "restored": journal.others, "left": left.fields, "left_unseen": left.unseen
    });
    Ok(Some(answer))
}

/// The same rights as for merging: to change the kept record, and to remove (here: bring back) the others.
fn allowed(
    ctx: &Context,
    tx: &mut dyn Transaction,
    object: &Arc<Object>,
    (kept, journal): (Uuid, &Journal),
) -> EngineResult<()> {
    let kept = lookup_in(tx, ctx, object, kept)?.ok_or(EngineError::NotFound)?;
    if reach(tx, &ctx.grant(object, Action::Update), &kept)?.is_none() {
        return Err(EngineError::Forbidden("update"));
    }
    for other in &journal.others {
        let record = row_by_id(tx, object, *other)?.ok_or(EngineError::NotFound)?;
        if reach(tx, &ctx.grant(object, Action::Delete), &record)?.is_none() {
            return Err(EngineError::Forbidden("delete"));
        }
    }
    Ok(())
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Which {
    Unique,
    All,
}

/// The old values of a row where it still holds the new ones.
fn put_back(
    tx: &mut dyn Transaction,
    (ctx, rule): (&Context, &Context),
    change: &RowChange,
    (which, left): (Which, &mut Left),
) -> EngineResult<()> {
    let object = ctx
        .catalog
        .objects
        .iter()
        .find(|object| object.table == change.object)
        .cloned();
    let now = match &object {
        Some(object) => {
            row_by_id(tx, object, change.record)?.filter(|record| record.deleted_at.is_none())
        }
        None => None,
    };
    let (Some(object), Some(now)) = (object, now) else {
        // Removed since; with it went what the merge had changed in it.
        left.unseen += usize::from(which == Which::All);
        return Ok(());
    };
    let mut values = Values::default();
    for field in &change.fields {
        let is_unique = object
            .fields
            .iter()
            .any(|f| f.column == field.column && f.uniqueness == Uniqueness::Unique);
        if which == Which::Unique && !is_unique {
            continue;
        }
        match field.back(&now) {
            Back::Done => {}
            Back::To(cells) => field.put(&object, &cells, &mut values),
            Back::Left if which == Which::All => tell(ctx, tx, &now, (&field.column, left))?,
            Back::Left => {}
        }
    }
    if values.is_empty() {
        return Ok(());
    }
    let update = Change::update(&object, now.id, None, Default::default()).as_part_of(UNMERGE);
    match savepoint(tx, |tx| {
        set_values(tx, rule, update.clone(), values.clone())
    }) {
        Ok(_) => Ok(()),
        // What it led to is gone for good, or its unique value is somebody else's now.
        Err(EngineError::Invalid(_) | EngineError::Taken(..)) => {
            for field in &change.fields {
                tell(ctx, tx, &now, (&field.column, left))?;
            }
            Ok(())
        }
        Err(error) => Err(error),
    }
}

/// A removed record comes back with what it had given up.
fn bring_back(
    tx: &mut dyn Transaction,
    (ctx, rule): (&Context, &Context),
    (object, change): (&Arc<Object>, &RowChange),
    left: &mut Left,
) -> EngineResult<()> {
    let now = row_by_id(tx, object, change.record)?.ok_or(EngineError::NotFound)?;
    let mut values = Values::default();
    for field in &change.fields {
        match field.back(&now) {
            Back::Done => {}
            Back::To(cells) => field.put(object, &cells, &mut values),
            Back::Left => tell(ctx, tx, &now, (&field.column, left))?,
        }
    }
    let restore = Change::restore(object, change.record).as_part_of(UNMERGE);
    match savepoint(tx, |tx| {
        set_values(tx, rule, restore.clone(), values.clone())
    }) {
        Err(EngineError::Taken(..)) if !values.is_empty() => {
            for field in &change.fields {
                tell(ctx, tx, &now, (&field.column, left))?;
            }
            set_values(tx, rule, restore, Values::default()).map(|_| ())
        }
        outcome => outcome.map(|_| ()),
    }
}

/// Names the field to a caller who sees the row; else only that there was one.
fn tell(
    ctx: &Context,
    tx: &mut dyn Transaction,
    row: &Record,
    (column, left): (&str, &mut Left),
) -> EngineResult<()> {
    let grant = ctx.grant(&row.object, Action::Read);
    let at = row
        .object
        .fields
        .iter()
        .position(|field| field.column == column);
    let readable = at.is_none_or(|at| grant.may_read(at));
    if readable && reach(tx, &grant, row)?.is_some() {
        let field = at.map_or(column, |at| row.object.fields[at].name.as_str());
        left.fields
            .push(json!({ "object": row.object.name, "id": row.id, "field": field }));
    } else {
        left.unseen += 1;
    }
    Ok(())
}

/// Shares, followers and files that are still with the kept record.
fn move_back(tx: &mut dyn Transaction, kept: Uuid, journal: &Journal) -> EngineResult<()> {
    for beside in journal.beside.iter().rev() {
        let still = Cond::equal("seq", beside.seq).and(Cond::equal("record", kept));
        match beside.from {
            Some(from) => tx.update(
                &beside.table,
                &[("record", Set::To(Cell::Id(from)))],
                &still,
            )?,
            None => tx.update(
                &beside.table,
                &[("writable", Set::To(Cell::Int(0)))],
                &still,
            )?,
        };
    }
    Ok(())
}
