//! Business numbers: counted in a row that the transaction locks, so that they are unique and, where nothing is
//! rolled back, without gaps. Never by the highest that exists: concurrent creations would be given the same.

use crate::capability::Draft;
use crate::context::Context;
use crate::error::{EngineError, EngineResult};
use crate::system;
use guanxi_meta::numbering::Numbering;
use guanxi_meta::{Cell, Value};
use guanxi_query::cond::{Cond, Select};
use guanxi_store::{Set, StoreError, Transaction};

pub fn assign(tx: &mut dyn Transaction, ctx: &Context, draft: &mut Draft) -> EngineResult<()> {
    if !draft.is_new() {
        return Ok(());
    }
    let object = draft.after.object.clone();
    for (at, field) in object.fields.iter().enumerate() {
        let Some(pattern) = field
            .options
            .pattern
            .as_deref()
            .filter(|_| field.kind.name() == "number")
        else {
            continue;
        };
        if !draft.after.values[at].is_null() {
            continue;
        }
        let numbering = Numbering::parse(pattern)
            .map_err(|fault| EngineError::Broken(fault.code.to_owned()))?;
        let today = ctx.now.to_zoned(ctx.zone.clone()).date();
        let counter = format!(
            "{}.{}:{}",
            object.table,
            field.column,
            numbering.period(today)
        );
        let count = next(tx, &counter)?;
        draft.after.values[at] = Value::Text(numbering.format(today, count.unsigned_abs()));
    }
    Ok(())
}

/// Numbers for many creations of one object: each counter is moved once, by as many as lack a number.
pub fn assign_all(
    tx: &mut dyn Transaction,
    ctx: &Context,
    drafts: &mut [(usize, Draft)],
) -> EngineResult<()> {
    let Some((_, first)) = drafts.first() else {
        return Ok(());
    };
    let object = first.after.object.clone();
    for (at, field) in object.fields.iter().enumerate() {
        let Some(pattern) = field
            .options
            .pattern
            .as_deref()
            .filter(|_| field.kind.name() == "number")
        else {
            continue;
        };
        let mut without: Vec<&mut Draft> = drafts
            .iter_mut()
            .map(|(_, draft)| draft)
            .filter(|draft| draft.after.values[at].is_null())
            .collect();
        if without.is_empty() {
            continue;
        }
        let numbering = Numbering::parse(pattern)
            .map_err(|fault| EngineError::Broken(fault.code.to_owned()))?;
        let today = ctx.now.to_zoned(ctx.zone.clone()).date();
        let counter = format!(
            "{}.{}:{}",
            object.table,
            field.column,
            numbering.period(today)
        );
        let count = without.len() as i64;
        let last = advance(tx, &counter, count)?;
        for (number, draft) in (last - count + 1..).zip(&mut without) {
            draft.after.values[at] = Value::Text(numbering.format(today, number.unsigned_abs()));
        }
    }
    Ok(())
}

/// The next of a counter; its row is locked until the transaction ends, so that a limit counted by it holds however many
/// callers come at once.
pub fn next(tx: &mut dyn Transaction, counter: &str) -> EngineResult<i64> {
    advance(tx, counter, 1)
}

/// Moves a counter on by `by` and answers where it stands then.
fn advance(tx: &mut dyn Transaction, counter: &str, by: i64) -> EngineResult<i64> {
    let this = Cond::equal("name", counter);
    let on = [("value", Set::Add(by))];
    if tx.update(system::COUNTER, &on, &this)? == 0 {
        if make(tx, counter, by)? == Made::Here {
            return Ok(by);
        }
        tx.update(system::COUNTER, &on, &this)?;
    }
    let rows = tx.select(
        &Select::of(system::COUNTER, &["value"])
            .filter(this)
            .limit(1),
    )?;
    Ok(rows
        .first()
        .and_then(|row| row.cells[0].int())
        .unwrap_or(by))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Made {
    Here,
    /// By another transaction, between our looking and our writing.
    Elsewhere,
}

fn make(tx: &mut dyn Transaction, counter: &str, by: i64) -> EngineResult<Made> {
    let mut made = Made::Here;
    let outcome = super::savepoint(tx, |tx| {
        let row = vec![Cell::from(counter), Cell::Int(by)];
        match tx.insert(system::COUNTER, &["name", "value"], vec![row]) {
            Err(StoreError::NotUnique { .. }) => {
                made = Made::Elsewhere;
                Err(EngineError::Broken(
                    "the counter is there already".to_owned(),
                ))
            }
            outcome => Ok(outcome.map(|_| ())?),
        }
    });
    if made == Made::Here {
        outcome.map(|()| made)
    } else {
        Ok(made)
    }
}
