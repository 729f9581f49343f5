//! The ways through a table: by ranges of `seq`, or by a list of them in another order.

use super::RANGE;
use crate::context::Context;
use crate::error::{EngineError, EngineResult};
use guanxi_meta::{Cell, Object};
use guanxi_query::cond::{Cond, Direction, Op, Order, Select};
use guanxi_store::{Row, StoreExt};
use std::cmp::Ordering;
use std::collections::HashMap;

/// Calls `read` with a condition on `seq`, range by range, until the table's present end. `read` answers whether to go on, and where in this range if it was not all.
pub fn ranges(
    ctx: &Context,
    object: &Object,
    mut read: impl FnMut(Cond) -> EngineResult<(bool, Option<i64>)>,
) -> EngineResult<()> {
    let end = last(ctx, object)?;
    let mut from = 0;
    while from < end {
        let to = from.saturating_add(RANGE).min(end);
        let mut after = from;
        loop {
            let range = Cond::compare("seq", Op::Greater, after).and(Cond::compare(
                "seq",
                Op::LessOrEqual,
                to,
            ));
            let (go_on, next) = read(range)?;
            if !go_on {
                return Ok(());
            }
            match next {
                Some(seq) => after = seq,
                None => break,
            }
        }
        from = to;
    }
    Ok(())
}

fn last(ctx: &Context, object: &Object) -> EngineResult<i64> {
    let select = Select::of(&object.table, &["id"])
        .order("seq", Direction::Descending)
        .limit(1);
    let rows = ctx
        .engine
        .store()
        .look(|view| Ok::<_, EngineError>(view.select(&select)?))?;
    Ok(rows.first().map_or(0, |row| row.seq))
}

/// The `seq`s of all rows in this order, sorted here: the database would sort anew for each page where no index
/// helps. Nulls last, as in lists.
pub fn sorted(
    ctx: &Context,
    object: &Object,
    cond: &Cond,
    order: Vec<Order>,
) -> EngineResult<Vec<i64>> {
    /// Keys held in memory: about 100 bytes each.
    const MOST: usize = 5_000_000;
    /// Rows of one reading.
    const ROWS: u32 = 20_000;
    let columns: Vec<String> = order.iter().map(|order| order.column.clone()).collect();
    let mut keys: Vec<(Vec<Cell>, i64)> = Vec::new();
    ranges(ctx, object, |range| {
        let select = Select::from(&object.table, columns.clone())
            .filter(range.and(cond.clone()))
            .order("seq", Direction::Ascending)
            .limit(ROWS);
        let rows = ctx
            .engine
            .store()
            .look(|view| Ok::<_, EngineError>(view.select(&select)?))?;
        let next = (rows.len() == ROWS as usize)
            .then(|| rows.last().map(|row| row.seq))
            .flatten();
        keys.extend(rows.into_iter().map(|row| (row.cells, row.seq)));
        if keys.len() > MOST {
            return Err(EngineError::bad("too_many_to_sort"));
        }
        Ok((true, next))
    })?;
    keys.sort_unstable_by(|a, b| compare(&order, a, b));
    Ok(keys.into_iter().map(|(_, seq)| seq).collect())
}

fn compare(
    order: &[Order],
    (a, a_seq): &(Vec<Cell>, i64),
    (b, b_seq): &(Vec<Cell>, i64),
) -> Ordering {
    for (key, (a, b)) in order.iter().zip(a.iter().zip(b)) {
        let by_value = match (a.is_null(), b.is_null()) {
            (true, true) => Ordering::Equal,
            (true, false) => Ordering::Greater,
            (false, true) => Ordering::Less,
            _ if key.direction == Direction::Descending => b.cmp(a),
            _ => a.cmp(b),
        };
        if by_value != Ordering::Equal {
            return by_value;
        }
    }
    match order.first().map(|key| key.direction) {
        Some(Direction::Descending) => b_seq.cmp(a_seq),
        _ => a_seq.cmp(b_seq),
    }
}

/// The rows with these `seq`s that still meet the condition, in the order of the list.
pub fn by_seq(
    ctx: &Context,
    object: &Object,
    seqs: &[i64],
    (columns, cond): (&[String], &Cond),
) -> EngineResult<Vec<Row>> {
    let among = Cond::among("seq", seqs.iter().copied().map(Cell::Int).collect());
    let select = Select::from(&object.table, columns.to_vec()).filter(among.and(cond.clone()));
    let rows = ctx
        .engine
        .store()
        .look(|view| Ok::<_, EngineError>(view.select(&select)?))?;
    let mut by_seq: HashMap<i64, Row> = rows.into_iter().map(|row| (row.seq, row)).collect();
    Ok(seqs.iter().filter_map(|seq| by_seq.remove(seq)).collect())
}
