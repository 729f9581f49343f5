//! Indexes for the filters that people keep: made and dropped by a job, so that nobody waits for one who saves a view.

use crate::context::Context;
use crate::engine::Engine;
use crate::error::{EngineError, EngineResult};
use crate::jobs::{self, Handler, NewJob, Outcome, Turn};
use crate::system::{SAVED_VIEW, VIEW_INDEX};
use guanxi_meta::{Cell, IndexSpec, Object, TableSpec};
use guanxi_query::cond::{Cond, Direction, Op, Operand, Select};
use guanxi_query::{Purpose, check_as};
use guanxi_store::{Set, StoreExt, Transaction, View, Weight};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Indexes of one object: each costs every save.
pub const MOST: usize = 8;
/// Columns of one index.
const WIDEST: usize = 3;
/// Views of one object that are looked at.
const MOST_VIEWS: u32 = 2_000;

const KIND: &str = "view_indexes";
const SECOND: i64 = 1_000_000;
/// How long an index waits for a quiet moment where it would hold up who writes, before it is made all the same.
const PATIENCE: i64 = 86_400 * SECOND;
const LOOK_AGAIN: i64 = 60 * SECOND;
/// A moment is quiet when nobody has written for so long.
const QUIET_MS: u64 = 3_000;
/// Up to here an index is made before anybody notices; told by the highest `seq`.
const SOON: i64 = 100_000;

/// In the transaction that changes the saved views of an object.
pub fn follow(tx: &mut dyn Transaction, ctx: &Context, object: &str) -> EngineResult<()> {
    let job = NewJob::new(
        KIND,
        json!({ "object": object, "since": ctx.engine.clock().now().as_microsecond() }),
    );
    jobs::enqueue(tx, ctx, job.keyed(object))
}

/// Adds the indexes that are in use to the tables that are wanted, so that a plan leaves them alone.
pub fn keep(view: &mut (impl View + ?Sized), wanted: &mut [TableSpec]) -> EngineResult<()> {
    for (table, columns) in kept(view, None)? {
        let Some(spec) = wanted.iter_mut().find(|spec| spec.name == table) else {
            continue;
        };
        let there = |name: &String| spec.columns.iter().any(|column| column.name == *name);
        let index = index(&columns);
        if columns.iter().all(there) && !spec.indexes.contains(&index) {
            spec.indexes.push(index);
        }
    }
    Ok(())
}

fn index(columns: &[String]) -> IndexSpec {
    IndexSpec::new(columns.to_vec()).live()
}

/// Table and columns of indexes that were made whole.
fn kept(
    view: &mut (impl View + ?Sized),
    table: Option<&str>,
) -> EngineResult<Vec<(String, Vec<String>)>> {
    let mut select = Select::of(VIEW_INDEX, &["object", "columns"])
        .filter(!Cond::null("made_at"))
        .order("seq", Direction::Ascending);
    if let Some(table) = table {
        select = select.filter(Cond::equal("object", table));
    }
    let row = |row: &guanxi_store::Row| {
        let columns = row.cells[1].text()?.split(',').map(str::to_owned).collect();
        Some((row.cells[0].text()?.to_owned(), columns))
    };
    Ok(view.select(&select)?.iter().filter_map(row).collect())
}

pub struct ViewIndexes;

impl Handler for ViewIndexes {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn run(&self, turn: &Turn) -> EngineResult<Outcome> {
        let ctx = turn.system()?;
        let name = turn.job.input["object"].as_str().unwrap_or_default();
        let Some(object) = ctx.catalog.object(name).cloned() else {
            return Ok(Outcome::Done);
        };
        let wanted = wanted(&ctx, &object)?;
        let known: Vec<(String, Vec<String>)> = ctx
            .engine
            .store()
            .look(|view| kept(view, Some(&object.table)))?;
        for (_, columns) in &known {
            if !wanted.contains(columns) {
                drop_index(&ctx, &object, columns)?;
            }
        }
        for columns in wanted {
            if known.iter().any(|(_, known)| *known == columns) {
                continue;
            }
            if !is_quiet(turn, &object)? {
                return Ok(Outcome::Later(turn.now_micros() + LOOK_AGAIN));
            }
            make(turn, &object, columns)?;
        }
        Ok(Outcome::Done)
    }
}

/// Whether an index may be made now. Where making one holds up who writes, it waits for a moment in which nobody does.
fn is_quiet(turn: &Turn, object: &Object) -> EngineResult<bool> {
    let engine = turn.engine;
    let since = turn.job.input["since"].as_i64().unwrap_or(0);
    if !engine.store().indexing_blocks() || turn.now_micros() - since > PATIENCE {
        return Ok(true);
    }
    let last = Select::from(&object.table, Vec::new())
        .order("seq", Direction::Descending)
        .limit(1);
    let rows = engine
        .store()
        .look(|view| Ok::<_, EngineError>(view.select(&last)?))?;
    if rows.first().is_none_or(|row| row.seq <= SOON) {
        return Ok(true);
    }
    let before = engine.wait_commit(u64::MAX, 0);
    Ok(engine.wait_commit(before, QUIET_MS) == before)
}

/// The row is there before the index, so that one which was cut off is known; it counts from when the index is whole.
fn make(turn: &Turn, object: &Arc<Object>, columns: Vec<String>) -> EngineResult<()> {
    let this = this(object, &columns);
    let (table, joined) = (object.table.clone(), columns.join(","));
    let row = this.clone();
    turn.commit(move |tx| {
        if tx.count(VIEW_INDEX, &[], &row, Some(1))? == 0 {
            let cells = vec![Cell::from(table.as_str()), Cell::from(joined.as_str())];
            tx.insert(VIEW_INDEX, &["object", "columns"], vec![cells])?;
        }
        Ok(((), None))
    })?;
    let spec = object.table_spec();
    turn.engine.store().create_index(&spec, &index(&columns))?;
    let now = turn.now_micros();
    turn.commit(move |tx| {
        tx.update(VIEW_INDEX, &[("made_at", Set::To(Cell::Int(now)))], &this)?;
        Ok(((), None))
    })
}

fn drop_index(ctx: &Context, object: &Arc<Object>, columns: &[String]) -> EngineResult<()> {
    let (spec, index) = (object.table_spec(), index(columns));
    // One that has been declared meanwhile stays.
    if !spec.indexes.contains(&index) {
        ctx.engine.store().drop_index(&spec, &index)?;
    }
    let this = this(object, columns);
    ctx.engine.store().change(Weight::Light, move |tx| {
        tx.delete(VIEW_INDEX, &this)?;
        Ok(())
    })
}

fn this(object: &Object, columns: &[String]) -> Cond {
    Cond::equal("object", object.table.as_str())
        .and(Cond::equal("columns", columns.join(",").as_str()))
}

/// What the views of an object ask for, most asked for first, as far as no declared index serves it.
fn wanted(ctx: &Context, object: &Arc<Object>) -> EngineResult<Vec<Vec<String>>> {
    let select = Select::of(SAVED_VIEW, &["person", "query"])
        .filter(Cond::equal("object", object.name.as_str()))
        .order("seq", Direction::Ascending)
        .limit(MOST_VIEWS);
    let rows = ctx
        .engine
        .store()
        .look(|view| Ok::<_, EngineError>(view.select(&select)?))?;
    let declared = object.table_spec().indexes;
    let serves = |columns: &[String]| {
        let begins = |index: &IndexSpec| index.columns.starts_with(columns);
        declared.iter().any(begins)
    };
    let mut asked: BTreeMap<Vec<String>, usize> = BTreeMap::new();
    for row in rows {
        let person = row.cells[0].int().unwrap_or(0);
        let query = row.cells[1].text().unwrap_or_default();
        let columns = asked_for(&ctx.engine, object, person, query).unwrap_or_default();
        if !columns.is_empty() && !serves(&columns) {
            *asked.entry(columns).or_default() += 1;
        }
    }
    let mut all: Vec<(Vec<String>, usize)> = asked.into_iter().collect();
    all.sort_by_key(|(_, views)| std::cmp::Reverse(*views));
    all.truncate(MOST);
    Ok(all.into_iter().map(|(columns, _)| columns).collect())
}

/// The columns of one view's filter; `None` where it no longer reads, or its owner has gone.
fn asked_for(
    engine: &Engine,
    object: &Arc<Object>,
    person: i64,
    query: &str,
) -> Option<Vec<String>> {
    let pairs: Vec<(String, String)> = serde_urlencoded::from_str(query).ok()?;
    let filter = &pairs.iter().find(|(name, _)| name == "filter")?.1;
    let ctx = engine.context(person, "job").ok()?;
    let typed = check_as(&ctx.catalog, object, filter, Purpose::Filter, &ctx).ok()?;
    Some(columns_of(object, &typed.lower(&ctx).ok()?))
}

/// Columns that are compared with one value each, then one that is compared with a range.
fn columns_of(object: &Object, cond: &Cond) -> Vec<String> {
    let parts = match cond {
        Cond::All(parts) => parts.as_slice(),
        one => std::slice::from_ref(one),
    };
    let own = |column: &str| {
        let mut fields = object.fields.iter();
        fields.any(|field| field.kind.keys(field).iter().any(|key| key == column))
    };
    let (mut exact, mut ranges) = (BTreeSet::new(), BTreeSet::new());
    for part in parts {
        match part {
            Cond::Compare {
                column,
                op: Op::Equal,
                with: Operand::Cell(_),
            }
            | Cond::In { column, .. }
                if own(column) =>
            {
                exact.insert(column.clone());
            }
            Cond::Compare {
                column,
                with: Operand::Cell(_),
                ..
            } if own(column) => {
                ranges.insert(column.clone());
            }
            _ => {}
        }
    }
    let range = ranges.into_iter().find(|column| !exact.contains(column));
    let exact = exact.into_iter().take(WIDEST - 1);
    exact.chain(range).collect()
}
