//! Links of fields that lead to several records, as rows of a table of their own: written in the transaction of the
//! record, so that both ends say the same.

use crate::capability::Draft;
use crate::engine::Engine;
use crate::error::{EngineError, EngineResult};
use crate::record::Record;
use crate::system;
use guanxi_meta::{Catalog, Cell, Field, Object, Value, links};
use guanxi_query::cond::{Cond, Direction, Op, Select};
use guanxi_store::{StoreExt, Transaction, Weight};
use std::collections::BTreeSet;
use std::sync::Arc;
use uuid::Uuid;

const COLUMNS: [&str; 3] = [links::FIELD, links::RECORD, links::TARGET];

/// After the row is written: what came into its lists and what went.
pub fn keep(tx: &mut dyn Transaction, draft: &Draft) -> EngineResult<()> {
    let (before, after) = (&draft.before, &draft.after);
    for (at, field) in after.object.fields.iter().enumerate() {
        let Some(key) = links::key(&after.object, field) else {
            continue;
        };
        let was = before.as_ref().map(|record| targets(&record.values[at]));
        let was = was.unwrap_or_default();
        let is = targets(&after.values[at]);
        let gone: Vec<Cell> = was.difference(&is).copied().map(Cell::Id).collect();
        if !gone.is_empty() {
            let mine = Cond::equal(links::FIELD, key.as_str())
                .and(Cond::equal(links::RECORD, after.seq))
                .and(Cond::among(links::TARGET, gone));
            tx.delete(links::TABLE, &mine)?;
        }
        insert(tx, &key, after.seq, is.difference(&was).copied())?;
    }
    Ok(())
}

fn targets(value: &Value) -> BTreeSet<Uuid> {
    value.list().iter().filter_map(Value::id).collect()
}

fn insert(
    tx: &mut dyn Transaction,
    key: &str,
    seq: i64,
    ids: impl Iterator<Item = Uuid>,
) -> EngineResult<()> {
    let row = |id| vec![Cell::from(key), Cell::Int(seq), Cell::Id(id)];
    let rows: Vec<Vec<Cell>> = ids.map(row).collect();
    if !rows.is_empty() {
        tx.insert(links::TABLE, &COLUMNS, rows)?;
    }
    Ok(())
}

/// Fills the table from lists that an earlier version wrote, once for each field. A run that was cut off begins anew.
pub fn fill(engine: &Engine, catalog: &Catalog) -> EngineResult<()> {
    for object in &catalog.objects {
        for field in &object.fields {
            let Some(key) = links::key(object, field) else {
                continue;
            };
            let name = format!("links:{key}");
            let known = Cond::equal("name", name.as_str());
            let store = engine.store();
            if store.look(|view| view.count(system::SETTING, &[], &known, Some(1)))? == 0 {
                fill_field(engine, object, (field, &key))?;
                let row = vec![Cell::from(name), Cell::from("whole")];
                let set = store.change(Weight::Light, move |tx| {
                    tx.insert(system::SETTING, &["name", "value"], vec![row.clone()])?;
                    Ok(())
                });
                match set {
                    // Another process was at the same.
                    Ok(())
                    | Err(EngineError::Store(guanxi_store::StoreError::NotUnique { .. })) => {}
                    Err(error) => return Err(error),
                }
            }
        }
    }
    Ok(())
}

fn fill_field(
    engine: &Engine,
    object: &Arc<Object>,
    (field, key): (&Field, &str),
) -> EngineResult<()> {
    /// Rows of one transaction.
    const ROWS: u32 = 1_000;
    let at = object.position(&field.name).unwrap_or_default();
    let mut after = 0;
    loop {
        let select = Select::from(&object.table, object.columns())
            .filter(!Cond::null(&field.column))
            .filter(Cond::compare("seq", Op::Greater, after))
            .order("seq", Direction::Ascending)
            .limit(ROWS)
            .locked();
        let (object, key) = (object.clone(), key.to_owned());
        let last = engine.store().change(Weight::Bulk, move |tx| {
            let rows = tx.select(&select)?;
            let seqs = rows.iter().map(|row| Cell::Int(row.seq)).collect();
            let old = Cond::equal(links::FIELD, key.as_str()).and(Cond::among(links::RECORD, seqs));
            tx.delete(links::TABLE, &old)?;
            for row in &rows {
                let record = Record::from_row(&object, row);
                insert(tx, &key, row.seq, targets(&record.values[at]).into_iter())?;
            }
            Ok::<_, EngineError>(rows.last().map(|row| row.seq))
        })?;
        match last {
            Some(last) => after = last,
            None => return Ok(()),
        }
    }
}
