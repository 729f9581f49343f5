//! Columns that follow from other records: roll-ups, the last contact, formulas through links. They change without a
//! version and without an entry of their own in the history, but not behind the back of what follows the log.

use super::{rollup, row};
use crate::capability::{Draft, Touched};
use crate::context::Context;
use crate::error::EngineResult;
use crate::formulas;
use guanxi_meta::Cell;
use guanxi_query::cond::{Cond, Select};
use guanxi_store::log::DERIVED;
use guanxi_store::{LogEntry, Transaction};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// Tells the log which rows are others now, each once, and has formulas computed that read them.
pub fn log(tx: &mut dyn Transaction, ctx: &Context, touched: Vec<Touched>) -> EngineResult<()> {
    let mut by_table: BTreeMap<String, Vec<Touched>> = BTreeMap::new();
    for one in touched {
        by_table
            .entry(one.object.table.clone())
            .or_default()
            .push(one);
    }
    for (table, touched) in by_table {
        let ids: BTreeSet<Uuid> = touched.iter().map(|one| one.id).collect();
        let these = Cond::among("id", ids.into_iter().map(Cell::Id).collect());
        let rows = tx.select(&Select::of(&table, &["id", "version"]).filter(these))?;
        let entries: Vec<LogEntry> = rows
            .iter()
            .map(|row| {
                let id = row.cells[0].id().unwrap_or_default();
                entry(ctx, &table, (row.seq, id), row.cells[1].int().unwrap_or(0))
            })
            .collect();
        tx.log(&entries)?;
        for one in &touched {
            if let Some(row) = rows.iter().find(|row| row.cells[0].id() == Some(one.id)) {
                formulas::touched(tx, ctx, one, row.seq)?;
            }
        }
    }
    Ok(())
}

/// Writes what was computed anew for a row, and what follows from that.
pub fn save(tx: &mut dyn Transaction, ctx: &Context, draft: &mut Draft) -> EngineResult<()> {
    if !row::differs(draft) {
        return Ok(());
    }
    row::rewrite(tx, draft)?;
    let after = &draft.after;
    let place = (after.seq, after.id);
    tx.log(&[entry(ctx, &after.object.table, place, after.version)])?;
    let touched = rollup::carry(tx, ctx, draft)?;
    crate::search::index_in_transaction(tx, ctx, draft)?;
    formulas::follow(tx, ctx, draft)?;
    log(tx, ctx, touched)
}

fn entry(ctx: &Context, table: &str, (seq, id): (i64, Uuid), version: i64) -> LogEntry {
    LogEntry {
        at: ctx.now_micros(),
        actor: 0,
        via: ctx.via.to_string(),
        object: table.to_owned(),
        record: id,
        seq,
        version,
        op: DERIVED.to_owned(),
        old: None,
    }
}
