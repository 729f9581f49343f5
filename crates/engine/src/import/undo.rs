//! Taking an import back, along the change log: what it made is removed, what it changed is restored where it still
//! stands as the import left it. Everything else is reported and stays.

use super::run::Work;
use super::state::{self, Left, MOST_ERRORS, State, Status, Undone};
use crate::context::Context;
use crate::engine::Engine;
use crate::error::{EngineError, EngineResult};
use crate::record::Record;
use crate::write::{self, Change};
use guanxi_access::Action;
use guanxi_meta::Object;
use guanxi_meta::kind::Writable;
use guanxi_query::cond::{Cond, Direction, Op, Select};
use guanxi_store::{LogRow, StoreExt, Transaction, Weight, fail, log};
use serde_json::{Map, Value as Json};
use std::sync::Arc;
use uuid::Uuid;

/// Rows of the log that one transaction goes through.
const ROWS: u32 = 1_000;
/// Changes of one record that are looked back through.
const MOST_CHANGES: u32 = 1_000;

/// Goes on from where it stands to the end of what the import wrote.
pub fn run(work: &mut Work, tell: &mut dyn FnMut(&Status)) -> EngineResult<()> {
    loop {
        let Some(undo) = work.status.outcome.undo.clone() else {
            return work.finish(State::Undone, None);
        };
        let rows = written(&work.engine, &format!("import:{}", work.status.id), &undo)?;
        let Some(last) = rows.last().map(|row| row.position) else {
            return work.finish(State::Undone, None);
        };
        piece(work, rows, last)?;
        fail::point(fail::Point::UndoPiece);
        tell(&work.status);
    }
}

/// What was written under a mark, from where an undo stands. Read from the log itself: all of it was committed before,
/// while followers of the log are not told of it as long as an older transaction of somebody else is open.
fn written(engine: &Engine, mark: &str, undo: &Undone) -> EngineResult<Vec<LogRow>> {
    let select = Select::of(log::TABLE, &log::COLUMNS)
        .filter(Cond::compare("seq", Op::Greater, undo.position))
        .filter(Cond::compare("seq", Op::LessOrEqual, undo.until))
        .filter(Cond::equal("via", mark).and(!Cond::equal("op", log::DERIVED)))
        .order("seq", Direction::Ascending)
        .limit(ROWS);
    let rows = engine.store().look(|view| view.select(&select))?;
    Ok(rows
        .into_iter()
        .map(|row| LogRow::from_cells(row.seq, row.cells))
        .collect())
}

/// Takes back everything that the caller did under this mark (`bulk:ID`) between two positions of the log: created
/// records are removed, removed ones come back, a changed field gets back what it held where it still holds what it was
/// given. The rest is counted and stays.
pub fn along(ctx: &Context, mark: &str, (from, until): (i64, i64)) -> EngineResult<Undone> {
    let ctx = ctx.through(&format!("undo:{mark}"));
    let mut undo = Undone {
        position: from,
        until,
        ..Undone::default()
    };
    loop {
        let rows = written(&ctx.engine, mark, &undo)?;
        let Some(last) = rows.last().map(|row| row.position) else {
            return Ok(undo);
        };
        let mine = |row: &LogRow| row.entry.actor == ctx.actor.seq();
        let rows: Vec<LogRow> = rows.into_iter().filter(mine).collect();
        let rows = Arc::new(rows);
        undo = ctx.under_newest(|ctx| {
            let (context, before, rows) = (ctx.clone(), undo.clone(), rows.clone());
            ctx.change(Weight::Bulk, move |tx| {
                let mut undo = before.clone();
                for row in rows.iter() {
                    take_back(tx, &context, row, &mut undo)?;
                }
                Ok::<_, EngineError>(undo)
            })
        })?;
        undo.position = last;
        ctx.engine.announce();
    }
}

/// Under which mark was done what this undo takes back.
fn undone_mark(via: &str) -> String {
    let mark = via.strip_prefix("undo:").unwrap_or(via);
    if mark.contains(':') {
        mark.to_owned()
    } else {
        format!("import:{mark}")
    }
}

fn piece(work: &mut Work, rows: Vec<LogRow>, last: i64) -> EngineResult<()> {
    let via = format!("undo:{}", work.status.id);
    let ctx = match work.status.person {
        0 => work.engine.system(&via)?,
        person => work.engine.context(person, &via)?,
    };
    let (job, lease) = (Arc::new((ctx, rows, work.status.clone())), work.lease);
    work.status = job.0.clone().change(Weight::Bulk, move |tx| {
        let (ctx, rows, status) = &*job;
        lease.hold(tx, &ctx.engine)?;
        let mut status = status.clone();
        let mut undo = status.outcome.undo.take().unwrap_or_default();
        for row in rows {
            take_back(tx, ctx, row, &mut undo)?;
        }
        undo.position = last;
        status.outcome.undo = Some(undo);
        state::keep(tx, &status)?;
        Ok::<_, EngineError>(status)
    })?;
    work.engine.announce();
    Ok(())
}

fn take_back(
    tx: &mut dyn Transaction,
    ctx: &Context,
    row: &LogRow,
    undo: &mut Undone,
) -> EngineResult<()> {
    let entry = &row.entry;
    let Some(object) = ctx
        .catalog
        .objects
        .iter()
        .find(|object| object.table == entry.object)
        .cloned()
    else {
        return Ok(());
    };
    let outcome = match entry.op.as_str() {
        "create" => {
            let change = Change::remove(&object, entry.record, None);
            write::savepoint(tx, |tx| write::apply_change(tx, ctx, change.clone()))
                .map(|_| undo.removed += 1)
        }
        "remove" => {
            let change = Change::restore(&object, entry.record);
            write::savepoint(tx, |tx| write::apply_change(tx, ctx, change.clone()))
                .map(|_| undo.restored += 1)
        }
        _ => restore(tx, ctx, (&object, entry.record), undo),
    };
    match outcome {
        Ok(()) => Ok(()),
        Err(EngineError::Store(error)) => Err(EngineError::Store(error)),
        // Removed meanwhile, by hand or by this undo, or out of the caller's reach.
        Err(EngineError::NotFound) if entry.op != "create" => Ok(()),
        Err(_) => {
            leave(undo, entry.record, None);
            Ok(())
        }
    }
}

fn leave(undo: &mut Undone, id: Uuid, field: Option<String>) {
    undo.kept += 1;
    if undo.left.len() < MOST_ERRORS {
        undo.left.push(Left { id, field });
    }
}

/// Once for each record: at the first change that the import made to it.
fn restore(
    tx: &mut dyn Transaction,
    ctx: &Context,
    (object, id): (&Arc<Object>, Uuid),
    undo: &mut Undone,
) -> EngineResult<()> {
    let import = undone_mark(&ctx.via);
    let mut history = tx.log_of(&object.table, id, None, MOST_CHANGES)?;
    history.reverse();
    let mine: Vec<usize> = (0..history.len())
        .filter(|at| history[*at].entry.via == import)
        .collect();
    // Undone already, in an earlier piece: a record that the import changed several times stands in the log as often.
    if history.iter().any(|row| *row.entry.via == *ctx.via) {
        return Ok(());
    }
    if mine.iter().any(|at| history[*at].entry.op == "create") {
        return Ok(());
    }
    let Some(record) =
        crate::engine::row_by_id(tx, object, id)?.filter(|record| record.deleted_at.is_none())
    else {
        return Err(EngineError::NotFound);
    };
    let changes: Vec<(bool, Map<String, Json>)> = history
        .iter()
        .enumerate()
        .map(|(at, row)| (mine.contains(&at), old_values(row)))
        .collect();
    let mut fields = Map::new();
    for (column, was) in first_values(&changes) {
        let Some((name, now)) = present(ctx, object, &record, &column) else {
            continue;
        };
        match after_import(&changes, &column) {
            // The next change after the import's tells what the import left.
            Some(left) if left != now => leave(undo, id, Some(name)),
            _ if was == now => {}
            _ => {
                fields.insert(name, was);
            }
        }
    }
    if fields.is_empty() {
        return Ok(());
    }
    let restored = fields.len() as u64;
    // What the caller may change by hand, he may change back; nothing else.
    if crate::read::reach(tx, &ctx.grant(object, Action::Update), &record)?.is_none() {
        return Err(EngineError::Forbidden("update"));
    }
    let change = Change {
        act: "undo",
        ..Change::update(object, id, None, fields)
    };
    write::savepoint(tx, |tx| write::apply_change(tx, ctx, change.clone()))?;
    undo.restored += restored;
    Ok(())
}

fn old_values(row: &LogRow) -> Map<String, Json> {
    row.entry
        .old
        .as_deref()
        .and_then(|text| serde_json::from_str(text).ok())
        .unwrap_or_default()
}

/// What each field that the import changed held before it.
fn first_values(changes: &[(bool, Map<String, Json>)]) -> Map<String, Json> {
    let mut first = Map::new();
    for (_, old) in changes.iter().filter(|(mine, _)| *mine) {
        for (column, value) in old {
            first.entry(column.clone()).or_insert_with(|| value.clone());
        }
    }
    first
}

/// What the import left in a field, if somebody has changed it since.
fn after_import(changes: &[(bool, Map<String, Json>)], column: &str) -> Option<Json> {
    let last = changes
        .iter()
        .rposition(|(mine, old)| *mine && old.contains_key(column))?;
    changes[last + 1..]
        .iter()
        .find_map(|(_, old)| old.get(column).cloned())
}

/// The name of a column's field and what it holds now; `None` where the engine keeps it itself.
fn present(
    ctx: &Context,
    object: &Object,
    record: &Record,
    column: &str,
) -> Option<(String, Json)> {
    match column {
        "owner" => return Some(("owner".to_owned(), ctx.user_json(record.owner))),
        "department" if object.position("department").is_none() => {
            return Some((
                "department".to_owned(),
                ctx.department_json(record.department),
            ));
        }
        _ => {}
    }
    let at = object
        .fields
        .iter()
        .position(|field| field.column == column)?;
    let field = &object.fields[at];
    (field.kind.writable() == Writable::ByCaller)
        .then(|| (field.name.clone(), record.field_json(at)))
}
