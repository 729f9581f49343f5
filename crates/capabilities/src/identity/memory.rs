//! Merges that were done, for the pages of the records that took others in, and what taking one back would do.

use super::journal::{Back, FieldChange, Journal, RowAct, RowChange};
use guanxi_access::Action;
use guanxi_engine::engine::row_by_id;
use guanxi_engine::read::{lookup_in, reach};
use guanxi_engine::{Context, EngineError, EngineResult, Record, system};
use guanxi_meta::Object;
use guanxi_query::cond::{Cond, Direction, Op, Select};
use guanxi_store::{Row, StoreExt, View};
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::sync::Arc;
use uuid::Uuid;

#[derive(Debug, Clone)]
pub struct Merge {
    pub id: Uuid,
    /// The record that stayed, as it is now.
    pub kept: Record,
    /// Titles of those that went into it and that the caller may bring back; the others have none.
    pub others: Vec<String>,
    /// `seq` of the user.
    pub person: i64,
    /// Microseconds since 1970.
    pub at: i64,
    pub undone_at: Option<i64>,
    /// Whether the caller may take it back.
    pub is_undoable: bool,
    journal: Journal,
}

/// What un-merging would do.
#[derive(Debug, Clone)]
pub struct Outlook {
    pub merge: Merge,
    /// Fields of the kept record: name, what it holds now, what it gets back; the same twice where somebody changed it
    /// since, so that it stays. As the API writes values.
    pub fields: Vec<(String, Json, Json)>,
    /// Rows of other objects that lead back where they led, as far as nobody has moved them since: object, how many.
    pub along: Vec<(String, u64)>,
}

/// Merges of one answer.
const MOST: u32 = 50;

const COLUMNS: [&str; 7] = [
    "id",
    "object",
    "kept",
    "person",
    "at",
    "undone_at",
    "detail",
];

/// Merges into this record, newest first, if the caller sees it.
pub fn merges_into(ctx: &Context, object: &Arc<Object>, kept: Uuid) -> EngineResult<Vec<Merge>> {
    let this = Cond::equal("object", object.table.as_str()).and(Cond::equal("kept", kept));
    merges(ctx, this).map(|(found, _)| found)
}

/// Merges of the organisation, newest first; `before` is the answer's second part of the page before.
pub fn all_merges(ctx: &Context, before: Option<i64>) -> EngineResult<(Vec<Merge>, Option<i64>)> {
    ctx.administer()?;
    merges(
        ctx,
        Cond::compare("seq", Op::Less, before.unwrap_or(i64::MAX)),
    )
}

fn merges(ctx: &Context, cond: Cond) -> EngineResult<(Vec<Merge>, Option<i64>)> {
    let select = Select::of(system::MERGE, &COLUMNS)
        .filter(cond)
        .order("seq", Direction::Descending)
        .limit(MOST + 1);
    ctx.engine.store().look(|view| {
        let rows: Vec<Row> = view.select(&select)?;
        let mut found = Vec::with_capacity(rows.len());
        for row in rows.iter().take(MOST as usize) {
            found.extend(merge(view, ctx, row)?);
        }
        let next = rows
            .get(MOST as usize)
            .and(rows.get(MOST as usize - 1))
            .map(|row| row.seq);
        Ok((found, next))
    })
}

/// What taking this merge back would do; nothing is there for whoever does not see the record that stayed.
pub fn outlook(ctx: &Context, id: Uuid) -> EngineResult<Outlook> {
    let select = Select::of(system::MERGE, &COLUMNS)
        .filter(Cond::equal("id", id))
        .limit(1);
    let found = ctx.engine.store().look(|view| {
        let rows: Vec<Row> = view.select(&select)?;
        match rows.first() {
            Some(row) => merge(view, ctx, row),
            None => Ok(None),
        }
    })?;
    let merge = found.ok_or(EngineError::NotFound)?;
    let mut along: BTreeMap<String, u64> = BTreeMap::new();
    for change in merge
        .journal
        .changes
        .iter()
        .filter(|change| change.act == RowAct::Changed && change.record != merge.kept.id)
    {
        let object = ctx
            .catalog
            .objects
            .iter()
            .find(|object| object.table == change.object)
            .filter(|object| !ctx.grant(object, Action::Read).is_empty());
        if let Some(object) = object {
            *along.entry(object.name.clone()).or_default() += 1;
        }
    }
    let fields = fields(ctx, &merge);
    Ok(Outlook {
        merge,
        fields,
        along: along.into_iter().collect(),
    })
}

fn fields(ctx: &Context, merge: &Merge) -> Vec<(String, Json, Json)> {
    let object = &merge.kept.object;
    let grant = ctx.grant(object, Action::Read);
    let of_kept =
        |change: &&RowChange| change.act == RowAct::Changed && change.record == merge.kept.id;
    let changes = merge.journal.changes.iter().filter(of_kept);
    let field = |change: &FieldChange| {
        let at = object
            .fields
            .iter()
            .position(|field| field.column == change.column)
            .filter(|at| grant.may_read(*at))?;
        let field = &object.fields[at];
        let now = merge.kept.field_json(at);
        let then = match change.back(&merge.kept) {
            Back::To(cells) => field.kind.to_json(field, &field.kind.load(field, &cells)),
            Back::Done | Back::Left => now.clone(),
        };
        Some((field.name.clone(), now, then))
    };
    changes
        .flat_map(|change| &change.fields)
        .filter_map(field)
        .collect()
}

/// The merge of the row, if the caller sees the record that stayed.
fn merge(view: &mut dyn View, ctx: &Context, row: &Row) -> EngineResult<Option<Merge>> {
    let table = row.cells[1].text().unwrap_or_default();
    let object = ctx
        .catalog
        .objects
        .iter()
        .find(|object| object.table == table);
    let (Some(object), Some(kept)) = (object, row.cells[2].id()) else {
        return Ok(None);
    };
    let Some(kept) = lookup_in(view, ctx, object, kept)? else {
        return Ok(None);
    };
    let journal = Journal::read(row.cells[6].text().unwrap_or_default())?;
    let mut is_undoable = reach(view, &ctx.grant(object, Action::Update), &kept)?.is_some();
    let remove = ctx.grant(object, Action::Delete);
    let mut others = Vec::with_capacity(journal.others.len());
    for other in &journal.others {
        let known = row_by_id(view, object, *other)?;
        let within = match &known {
            Some(record) => reach(view, &remove, record)?.is_some(),
            None => false,
        };
        is_undoable &= within;
        others.push(
            known
                .filter(|_| within)
                .map_or(String::new(), |record| record.title()),
        );
    }
    let int = |at: usize| row.cells[at].int();
    Ok(Some(Merge {
        id: row.cells[0].id().unwrap_or_default(),
        kept,
        others,
        person: int(3).unwrap_or(0),
        at: int(4).unwrap_or(0),
        undone_at: int(5),
        is_undoable: is_undoable && int(5).is_none(),
        journal,
    }))
}
