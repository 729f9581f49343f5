//! Lists of links and the table that answers the other way round say the same.

use super::{Finding, each_page};
use crate::engine::Engine;
use crate::error::EngineResult;
use crate::record::Record;
use guanxi_meta::{Cell, Field, Object, Value, links};
use guanxi_query::cond::{Cond, Select};
use std::collections::BTreeSet;
use std::sync::Arc;
use uuid::Uuid;

pub fn look(engine: &Engine) -> EngineResult<Vec<Finding>> {
    let mut finding = Finding::new(
        "lists of links",
        "Delete the settings that begin with `links:` and start the program anew: it fills the table.",
    );
    for object in &engine.catalog().objects {
        for field in &object.fields {
            if let Some(key) = links::key(object, field) {
                both_ways(engine, object, (field, &key), &mut finding)?;
            }
        }
    }
    Ok(vec![finding])
}

fn both_ways(
    engine: &Engine,
    object: &Arc<Object>,
    (field, key): (&Field, &str),
    finding: &mut Finding,
) -> EngineResult<()> {
    let at = object.position(&field.name).unwrap_or_default();
    let lists = Select::from(&object.table, object.columns()).filter(!Cond::null(&field.column));
    each_page(engine, &lists, &mut |view, rows| {
        let seqs = rows.iter().map(|row| Cell::Int(row.seq)).collect();
        let of = Cond::equal(links::FIELD, key).and(Cond::among(links::RECORD, seqs));
        let kept =
            view.select(&Select::of(links::TABLE, &[links::RECORD, links::TARGET]).filter(of))?;
        for row in rows {
            let record = Record::from_row(object, row);
            let list: BTreeSet<Uuid> = record.values[at]
                .list()
                .iter()
                .filter_map(Value::id)
                .collect();
            let of_row = kept
                .iter()
                .filter(|kept| kept.cells[0].int() == Some(row.seq));
            let kept: BTreeSet<Uuid> = of_row.filter_map(|kept| kept.cells[1].id()).collect();
            finding.look((kept != list).then(|| format!("{key} of {}", record.id)));
        }
        Ok(())
    })?;
    // Links of rows that have no list.
    let all = Select::of(links::TABLE, &[links::RECORD]).filter(Cond::equal(links::FIELD, key));
    each_page(engine, &all, &mut |view, rows| {
        let wanted: BTreeSet<i64> = rows.iter().filter_map(|row| row.cells[0].int()).collect();
        let cells = wanted.iter().copied().map(Cell::Int).collect();
        let there = Cond::among("seq", cells).and(!Cond::null(&field.column));
        let found = view.select(&Select::from(&object.table, Vec::new()).filter(there))?;
        let found: BTreeSet<i64> = found.iter().map(|row| row.seq).collect();
        for seq in wanted.difference(&found) {
            finding.look(Some(format!(
                "{key}: links of row {seq}, which has no list"
            )));
        }
        Ok(())
    })
}
