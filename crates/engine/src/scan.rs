//! Filters, orders and exact counts that no index serves, from the columnar copy.
//!
//! The copy proposes rows, the database answers them: grant and filter are asked again with the rows themselves, so
//! that a row which changed in between is not shown to somebody who may not see it.

use crate::context::Context;
use crate::error::EngineResult;
use crate::read::list::{PATIENCE, Question, drives};
use guanxi_access::{Action, Rows};
use guanxi_columns::{Ask, From};
use guanxi_meta::table::{ColumnSpec, TableSpec, Uniqueness};
use guanxi_meta::{Cell, Field, Object};
use guanxi_query::cond::{Cond, Direction, Measure, Op, Operand, Select};
use guanxi_store::{Row, StoreExt};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

/// Up to so many rows the database looks at each as quickly as the copy would.
const FEW_ROWS: i64 = 5_000;

/// The page from the columnar copy; `None` where the database itself serves it well.
pub fn page(
    ctx: &Context,
    question: &Question,
    after: Option<&(Vec<Cell>, i64)>,
    limit: u32,
) -> EngineResult<Option<Vec<Row>>> {
    if is_served_in_order(question) || leads_to_few(question) || !is_large(ctx, &question.object)? {
        return Ok(None);
    }
    let (table, cond) = (table(&question.object), whole(question));
    let ask = Ask {
        table: &table,
        cond: &cond,
        patience: PATIENCE,
    };
    let from = From {
        after: after.map(|(cells, seq)| (cells.as_slice(), *seq)),
        limit: limit as usize,
    };
    match ctx.engine.columns().page(ask, &question.order, from)? {
        Some(seqs) => rows(ctx, question, &cond, &seqs),
        None => Ok(None),
    }
}

/// The exact count from the columnar copy; `None` without one.
pub fn count(ctx: &Context, question: &Question) -> EngineResult<Option<u64>> {
    if leads_to_few(question) || !is_large(ctx, &question.object)? {
        return Ok(None);
    }
    let (table, cond) = (table(&question.object), whole(question));
    Ok(ctx.engine.columns().count(Ask {
        table: &table,
        cond: &cond,
        patience: PATIENCE,
    })?)
}

impl Question {
    /// What `totals` answers, from the columnar copy where the table is large: count and sums per value of a column.
    pub fn lanes(&self, ctx: &Context, group: &str, sums: &[String]) -> EngineResult<Vec<Row>> {
        if !leads_to_few(self) && is_large(ctx, &self.object)? {
            let (table, cond) = (table(&self.object), whole(self));
            let ask = Ask {
                table: &table,
                cond: &cond,
                patience: PATIENCE,
            };
            let measures: Vec<Measure> = std::iter::once(Measure::Count)
                .chain(sums.iter().cloned().map(Measure::Sum))
                .collect();
            if let Some(rows) = ctx
                .engine
                .columns()
                .group(ask, &[group.to_owned()], &measures)?
            {
                return Ok(rows);
            }
        }
        ctx.engine
            .store()
            .look_within(PATIENCE, |view| self.totals(view, group, sums))
    }
}

/// Of these rows those that the caller may read, in their order; without a copy all, since the database is asked next.
pub fn permitted(ctx: &Context, object: &Arc<Object>, seqs: &[i64]) -> EngineResult<Vec<i64>> {
    /// A search does not wait for the copy: it only becomes quicker by it.
    const AT_ONCE: Duration = Duration::ZERO;
    let grant = ctx.grant(object, Action::Read);
    if grant.rows == Rows::All || !is_large(ctx, object)? {
        return Ok(seqs.to_vec());
    }
    let (table, cond) = (table(object), grant.cond().and(Cond::null("deleted_at")));
    let ask = Ask {
        table: &table,
        cond: &cond,
        patience: AT_ONCE,
    };
    Ok(ctx
        .engine
        .columns()
        .standing(ask, seqs)?
        .unwrap_or_else(|| seqs.to_vec()))
}

/// Everything that is asked of a row: that it is there, the filter, the grant.
fn whole(question: &Question) -> Cond {
    Cond::null("deleted_at")
        .and(question.grant.cond())
        .and(question.cond.clone())
}

/// The rows of `Question::columns()` in this order; `None` when one of them no longer matches, since then another
/// one belongs on the page.
fn rows(
    ctx: &Context,
    question: &Question,
    cond: &Cond,
    seqs: &[i64],
) -> EngineResult<Option<Vec<Row>>> {
    if seqs.is_empty() {
        return Ok(Some(Vec::new()));
    }
    let cells = seqs.iter().map(|seq| Cell::Int(*seq)).collect();
    let select = Select::from(&question.object.table, question.columns())
        .filter(Cond::among("seq", cells))
        .filter(cond.clone());
    let found = ctx
        .engine
        .store()
        .look_within(PATIENCE, |view| view.select(&select))?;
    let mut by_seq: HashMap<i64, Row> = found.into_iter().map(|row| (row.seq, row)).collect();
    Ok(seqs.iter().map(|seq| by_seq.remove(seq)).collect())
}

/// Whether the rows come from an index in their order, one after another, without a look at others.
fn is_served_in_order(question: &Question) -> bool {
    let indexed =
        |column: &str| column == Object::TITLE_KEY || column == "created_at" || column == "seq";
    question.cond == Cond::True
        && question.order.len() <= 1
        && question.order.iter().all(|key| indexed(&key.column))
}

/// Whether an index leads to the few rows that are asked about.
fn leads_to_few(question: &Question) -> bool {
    drives(&question.object, &question.cond) || names_one(&question.object, &question.cond)
}

/// Whether the condition names a row by something that is unique.
fn names_one(object: &Object, cond: &Cond) -> bool {
    match cond {
        Cond::All(parts) => parts.iter().any(|part| names_one(object, part)),
        Cond::Compare {
            column,
            op: Op::Equal,
            with: Operand::Cell(_),
        } => {
            let unique =
                |field: &Field| field.uniqueness == Uniqueness::Unique && field.column == *column;
            column == "seq" || object.fields.iter().any(unique)
        }
        Cond::In { column, .. } => column == "seq",
        _ => false,
    }
}

/// Whether a copy is worth its memory: told by the highest `seq`, which the database knows without counting.
fn is_large(ctx: &Context, object: &Object) -> EngineResult<bool> {
    let last = Select::from(&object.table, Vec::new())
        .order("seq", Direction::Descending)
        .limit(1);
    let rows = ctx.engine.store().look(|view| view.select(&last))?;
    Ok(rows.first().is_some_and(|row| row.seq > FEW_ROWS))
}

/// The columns that the copy may hold: every change of theirs is in the log.
pub fn table(object: &Object) -> TableSpec {
    let system = Object::SYSTEM
        .iter()
        .map(|(name, ty, _)| ColumnSpec::new(*name, *ty));
    let title = ColumnSpec::new(Object::TITLE_KEY, guanxi_meta::ColumnType::Bytes);
    let fields = object.fields.iter();
    let own = fields.flat_map(|field| field.kind.columns(field));
    TableSpec::new(&object.table, system.chain([title]).chain(own).collect())
}
