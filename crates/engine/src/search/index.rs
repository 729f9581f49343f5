//! How the index follows the records: on PostgreSQL in the transaction of the save, on SQLite from the log.

use super::{is_searched, searched};
use crate::capability::Draft;
use crate::context::Context;
use crate::engine::Engine;
use crate::error::{EngineError, EngineResult, beside_reading};
use crate::record::Record;
use guanxi_meta::{Cell, Object, text};
use guanxi_query::cond::{Cond, Select};
use guanxi_store::{LogRow, Row, SearchFeed, StoreError, StoreExt, Tokens, Transaction};
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

/// Rows of the log that are read together, and pieces of so many rows that one commit of the index takes where it is
/// far behind: each commit leaves the index a segment, and segments have to be merged later.
const PIECE: u32 = 2_000;
const PIECES: i64 = 10;
/// Saves that come this close together are indexed together. A search does not wait for it, since it brings the index
/// up to date itself.
const GATHER: Duration = Duration::from_millis(250);
/// How long a search waits for the index to reach the log's head.
const PATIENCE: Duration = Duration::from_secs(2);

/// Where the database indexes in the transaction itself.
pub fn index_in_transaction(
    tx: &mut dyn Transaction,
    ctx: &Context,
    draft: &Draft,
) -> EngineResult<()> {
    let record = &draft.after;
    if ctx.engine.store().search_feed() == SearchFeed::FromLog || !is_searched(&record.object) {
        return Ok(());
    }
    let now = tokens(record);
    if draft
        .before
        .as_ref()
        .is_some_and(|before| tokens(before) == now)
    {
        return Ok(());
    }
    tx.index(&record.object.table, &[(record.seq, now)])?;
    Ok(())
}

/// The tokens of a record; none for one that is deleted.
pub fn tokens(record: &Record) -> Option<Tokens> {
    if record.deleted_at.is_some() {
        return None;
    }
    let mut buffer = String::new();
    for (_, text) in record.searched() {
        text::index_tokens(&text, &mut buffer);
    }
    Some(buffer)
}

/// Brings the index to the log's head, or as far as patience goes; a write is found by the next search.
pub fn catch_up(engine: &Engine) -> EngineResult<()> {
    if engine.store().search_feed() == SearchFeed::InTransaction {
        return Ok(());
    }
    let head = engine.store().log_head()?;
    if engine.store().indexed_to()? >= head {
        return Ok(());
    }
    let since = Instant::now();
    let _one_at_a_time = engine.indexing().lock();
    loop {
        match index_step(engine) {
            Ok(true) if since.elapsed() < PATIENCE => {}
            Ok(_) => return Ok(()),
            // What is in the index is found; the rest once there is room again.
            Err(error @ EngineError::Store(StoreError::Full)) => return beside_reading(Err(error)),
            Err(error) => return Err(error),
        }
    }
}

/// Follows the log for as long as `go_on` says.
pub fn follow(engine: &Engine, go_on: &dyn Fn() -> bool) -> EngineResult<()> {
    let mut seen = 0;
    while go_on() {
        if engine.store().search_feed() == SearchFeed::FromLog {
            let _one_at_a_time = engine.indexing().lock();
            while index_step(engine)? && go_on() {}
        }
        seen = engine.wait_commit(seen, 1_000);
        std::thread::sleep(GATHER);
    }
    Ok(())
}

/// Everything, now: after a large import and in tests.
pub fn index_all(engine: &Engine) -> EngineResult<()> {
    if engine.store().search_feed() == SearchFeed::FromLog {
        let _one_at_a_time = engine.indexing().lock();
        while index_step(engine)? {}
    }
    Ok(())
}

/// Reads the next of the log into the index, in one commit: a piece, or several where it is far behind. `false` when
/// there was none.
fn index_step(engine: &Engine) -> EngineResult<bool> {
    let store = engine.store();
    let (start, head) = (store.indexed_to()?, store.log_head()?);
    let pieces = ((head - start) / i64::from(PIECE)).clamp(1, PIECES);
    let mut at = start;
    for _ in 0..pieces {
        let rows = store.log_after(at, PIECE)?;
        let Some(last) = rows.last().map(|row| row.position) else {
            break;
        };
        index_rows(engine, rows)?;
        at = last;
    }
    if at == start {
        return Ok(false);
    }
    store.index("", &[], Some(at))?;
    Ok(true)
}

fn index_rows(engine: &Engine, rows: Vec<LogRow>) -> EngineResult<()> {
    let catalog = engine.catalog();
    let mut by_table: BTreeMap<String, BTreeSet<i64>> = BTreeMap::new();
    // Of what follows from other records, only formulas hold text that is searched.
    let holds_formula = |table: &str| {
        let object = catalog.objects.iter().find(|object| object.table == table);
        object.is_some_and(|object| {
            searched(object).any(|at| object.fields[at].kind.name() == "formula")
        })
    };
    for row in rows {
        if row.entry.is_derived() && !holds_formula(&row.entry.object) {
            continue;
        }
        by_table
            .entry(row.entry.object)
            .or_default()
            .insert(row.entry.seq);
    }
    for (table, seqs) in by_table {
        let Some(object) = catalog.objects.iter().find(|object| object.table == table) else {
            continue;
        };
        if is_searched(object) {
            let documents = documents(engine, object, seqs)?;
            engine.store().index(&table, &documents, None)?;
        }
    }
    Ok(())
}

/// The tokens of these rows, in their order; none for one that is gone. Reads no other columns than those searched.
fn documents(
    engine: &Engine,
    object: &Object,
    seqs: BTreeSet<i64>,
) -> EngineResult<Vec<(i64, Option<Tokens>)>> {
    let mut columns = Vec::new();
    let mut fields = Vec::new();
    for at in searched(object) {
        let field = &object.fields[at];
        let start = columns.len();
        columns.extend(
            field
                .kind
                .columns(field)
                .into_iter()
                .map(|column| column.name),
        );
        fields.push((field, start..columns.len()));
    }
    let cells: Vec<Cell> = seqs.iter().copied().map(Cell::Int).collect();
    let select = Select::from(&object.table, columns)
        .filter(Cond::among("seq", cells).and(Cond::null("deleted_at")));
    let rows = engine
        .store()
        .look(|view| Ok::<_, EngineError>(view.select(&select)?))?;
    let mut found: BTreeMap<i64, Tokens> = BTreeMap::new();
    let mut text = String::new();
    let mut tokens = |row: &Row| {
        let mut buffer = String::new();
        for (field, cells) in &fields {
            text.clear();
            field
                .kind
                .write_text(field, &row.cells[cells.clone()], &mut text);
            if !text.is_empty() {
                text::index_tokens(&text, &mut buffer);
            }
        }
        buffer
    };
    found.extend(rows.iter().map(|row| (row.seq, tokens(row))));
    Ok(seqs
        .into_iter()
        .map(|seq| (seq, found.remove(&seq)))
        .collect())
}
