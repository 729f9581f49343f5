//! Roll-ups: counts and sums on a parent, carried as differences in the transaction of the child's change. They
//! count all rows, have no version and no history, and parents are locked in the order of their ids.

use crate::capability::{Draft, Touched};
use crate::context::Context;
use crate::error::EngineResult;
use crate::formulas;
use crate::record::Record;
use guanxi_meta::{Field, Object};
use guanxi_query::cond::{Aggregate, Cond, Measure, Op};
use guanxi_store::{Set, Transaction};
use std::collections::BTreeMap;
use std::sync::Arc;
use uuid::Uuid;

/// Carries what `draft` changed into every roll-up that counts this object.
/// Answers what it changed.
pub fn carry(tx: &mut dyn Transaction, ctx: &Context, draft: &Draft) -> EngineResult<Vec<Touched>> {
    let mut touched = Vec::new();
    let child = draft.after.object.clone();
    for (parent, field) in ctx.rollups(&child.name) {
        let Some(through) = field.options.through.as_deref() else {
            continue;
        };
        let old = draft
            .before
            .as_ref()
            .and_then(|record| contribution(ctx, record, parent, field, through));
        let new = contribution(ctx, &draft.after, parent, field, through);
        if old == new {
            continue;
        }
        if ctx.formulas.is_recounted(&child, parent, field) {
            let parents = [old, new].into_iter().flatten().map(|(id, _)| id);
            formulas::recount(tx, ctx, parent, parents)?;
            continue;
        }
        match field.options.measure.as_deref() {
            Some("min" | "max") => extremes(tx, ctx, &child, parent, field, [old, new])?,
            _ => differences(tx, parent, field, [old, new])?,
        }
        let parents = [old, new].into_iter().flatten();
        touched.extend(parents.map(|(id, _)| Touched::new(parent, id, field)));
    }
    Ok(touched)
}

/// Which parent a row counts for, and how much (1 for a count, the scaled amount for a sum).
fn contribution(
    ctx: &Context,
    record: &Record,
    parent: &Object,
    field: &Field,
    through: &str,
) -> Option<(Uuid, i64)> {
    if record.deleted_at.is_some() || !ctx.formulas.holds(ctx, record, parent, field) {
        return None;
    }
    let to = record.get(through).id()?;
    let amount = match (
        field.options.measure.as_deref(),
        field.options.field.as_deref(),
    ) {
        (Some("count"), _) | (_, None) => 1,
        (_, Some(name)) => number(record, name)?,
    };
    Some((to, amount))
}

/// The cell that the database would compare: scaled, in the organisation's currency.
fn number(record: &Record, name: &str) -> Option<i64> {
    let at = record.object.position(name)?;
    let field = &record.object.fields[at];
    let mut cells = Vec::new();
    field.kind.store(field, &record.values[at], &mut cells);
    cells.first()?.int()
}

fn differences(
    tx: &mut dyn Transaction,
    parent: &Object,
    field: &Field,
    [old, new]: [Option<(Uuid, i64)>; 2],
) -> EngineResult<()> {
    let mut by_parent: BTreeMap<Uuid, i64> = BTreeMap::new();
    if let Some((id, amount)) = old {
        *by_parent.entry(id).or_default() -= amount;
    }
    if let Some((id, amount)) = new {
        *by_parent.entry(id).or_default() += amount;
    }
    for (id, amount) in by_parent.into_iter().filter(|(_, amount)| *amount != 0) {
        tx.update(
            &parent.table,
            &[(&field.column, Set::Add(amount))],
            &Cond::equal("id", id),
        )?;
    }
    Ok(())
}

/// The least and the greatest can't be carried as differences when the one that was it goes: they are asked for anew.
fn extremes(
    tx: &mut dyn Transaction,
    ctx: &Context,
    child: &Arc<Object>,
    parent: &Object,
    field: &Field,
    sides: [Option<(Uuid, i64)>; 2],
) -> EngineResult<()> {
    let (Some(through), Some(of)) = (&field.options.through, &field.options.field) else {
        return Ok(());
    };
    let (Some(link), Some(measured)) = (child.field(through), child.field(of)) else {
        return Ok(());
    };
    let mut parents: Vec<Uuid> = sides.into_iter().flatten().map(|(id, _)| id).collect();
    parents.sort();
    parents.dedup();
    let measure = match field.options.measure.as_deref() {
        Some("min") => Measure::Min(measured.column.clone()),
        _ => Measure::Max(measured.column.clone()),
    };
    for id in parents {
        let counted = Cond::compare(&link.column, Op::Equal, id).and(Cond::null("deleted_at"));
        let aggregate = Aggregate {
            table: child.table.clone(),
            branches: Vec::new(),
            cond: counted.and(ctx.formulas.rollup_cond(ctx, parent, field)?),
            group: Vec::new(),
            measures: vec![measure.clone()],
        };
        let cell = tx
            .aggregate(&aggregate)?
            .first()
            .map(|row| row.cells[0].clone())
            .unwrap_or_default();
        tx.update(
            &parent.table,
            &[(&field.column, Set::To(cell))],
            &Cond::equal("id", id),
        )?;
    }
    Ok(())
}
