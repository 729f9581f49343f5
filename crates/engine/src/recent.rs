//! What a person looked at last.

use crate::context::Context;
use crate::error::{EngineError, EngineResult, beside_reading};
use crate::read::lookup_in;
use crate::record::Record;
use crate::system::RECENT;
use guanxi_access::Action;
use guanxi_meta::Cell;
use guanxi_query::cond::{Cond, Direction, Op, Select};
use guanxi_store::{Row, Set, StoreError, StoreExt, Weight};

/// Kept per person.
const MOST: u32 = 40;
/// A record that is looked at again within this time is not written again, in microseconds.
const AGAIN: i64 = 300_000_000;

/// Remembers that the caller looked at the record.
pub fn touch(ctx: &Context, record: &Record) -> EngineResult<()> {
    let (person, now) = (ctx.actor.seq(), ctx.now_micros());
    let this = Cond::equal("person", person)
        .and(Cond::equal("object", record.object.name.as_str()))
        .and(Cond::equal("record", record.id));
    let select = Select::of(RECENT, &["at"]).filter(this.clone()).limit(1);
    let known = ctx
        .engine
        .store()
        .look(|view| Ok::<_, EngineError>(view.select(&select)?))?;
    if known
        .first()
        .and_then(|row| row.cells[0].int())
        .is_some_and(|at| now - at < AGAIN)
    {
        return Ok(());
    }
    let (object, id) = (record.object.name.clone(), record.id);
    let written = ctx.engine.store().change(Weight::Light, move |tx| {
        if tx.update(RECENT, &[("at", Set::To(Cell::Int(now)))], &this)? == 0 {
            let row = vec![
                Cell::Int(person),
                Cell::from(object.as_str()),
                Cell::Id(id),
                Cell::Int(now),
            ];
            tx.insert(RECENT, &["person", "object", "record", "at"], vec![row])?;
            forget(tx, person)?;
        }
        Ok::<_, EngineError>(())
    });
    match written {
        // Two tabs at the same moment: one of them has written it.
        Err(EngineError::Store(StoreError::NotUnique { .. })) => Ok(()),
        outcome => beside_reading(outcome),
    }
}

fn forget(tx: &mut dyn guanxi_store::Transaction, person: i64) -> EngineResult<()> {
    let rows = tx.select(&of(person).limit(MOST + 1))?;
    if let Some(oldest) = rows.get(MOST as usize).and_then(|row| row.cells[2].int()) {
        tx.delete(
            RECENT,
            &Cond::equal("person", person).and(Cond::compare("at", Op::LessOrEqual, oldest)),
        )?;
    }
    Ok(())
}

/// The records that the caller looked at last and still sees, newest first.
pub fn list(ctx: &Context, limit: usize) -> EngineResult<Vec<Record>> {
    let select = of(ctx.actor.seq()).limit(MOST);
    ctx.engine.store().look(|view| {
        let rows: Vec<Row> = view.select(&select)?;
        let mut records = Vec::new();
        for row in rows {
            let object = row.cells[0]
                .text()
                .and_then(|name| ctx.catalog.object(name));
            let (Some(object), Some(id)) = (object, row.cells[1].id()) else {
                continue;
            };
            let grant = ctx.grant(object, Action::Read);
            records.extend(lookup_in(view, ctx, object, id)?.map(|record| record.seen_by(&grant)));
            if records.len() == limit {
                break;
            }
        }
        Ok(records)
    })
}

fn of(person: i64) -> Select {
    Select::of(RECENT, &["object", "record", "at"])
        .filter(Cond::equal("person", person))
        .order("at", Direction::Descending)
}
