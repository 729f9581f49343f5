//! Business numbers are given once, counters stand where the next number is free, and unique values are unique: asked of
//! the rows, since an index that is damaged or missing would not say so.

use super::{Finding, each_page};
use crate::engine::Engine;
use crate::error::EngineResult;
use crate::system;
use guanxi_meta::numbering::Numbering;
use guanxi_meta::table::Uniqueness;
use guanxi_meta::{Cell, Field, Object};
use guanxi_query::cond::{Cond, Select};
use guanxi_store::StoreExt;
use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasher, RandomState};

/// Hashes that are held at a time: 16 MB. Where there are more rows, they are gone through in several passes.
const MOST_HASHES: u64 = 1_000_000;

pub fn look(engine: &Engine) -> EngineResult<Vec<Finding>> {
    let mut numbers = Finding::new(
        "numbers",
        "Give all but one of the records with the same number another one, and report this as a defect.",
    );
    let mut unique = Finding::new(
        "unique",
        "Merge the records with the same value or change it on all but one; then start the program once more, which \
         makes the index that keeps them apart.",
    );
    let mut counters = Finding::new(
        "counters",
        "Numbers that were written by hand or imported run ahead of the counter: creations are refused until it has \
         passed them. Change those numbers.",
    );
    for object in &engine.catalog().objects {
        for field in &object.fields {
            let is_number = field.kind.name() == "number";
            if is_number {
                repeated(engine, object, field, &mut numbers)?;
                behind(engine, object, field, &mut counters)?;
            } else if field.uniqueness != Uniqueness::Any {
                repeated(engine, object, field, &mut unique)?;
            }
        }
    }
    Ok(vec![numbers, unique, counters])
}

/// Values that come twice: among all rows for a number, among those that are not removed for anything else.
fn repeated(
    engine: &Engine,
    object: &Object,
    field: &Field,
    finding: &mut Finding,
) -> EngineResult<()> {
    let mut select = Select::from(&object.table, field.kind.keys(field));
    if field.kind.name() != "number" {
        select = select.filter(Cond::null("deleted_at"));
    }
    let count = engine
        .store()
        .look(|view| view.count(&object.table, &[], &Cond::True, None))?;
    let passes = count / MOST_HASHES + 1;
    let state = RandomState::new();
    for pass in 0..passes {
        let mut hashes: Vec<(u64, i64)> = Vec::new();
        each_page(engine, &select, &mut |_, rows| {
            for row in rows {
                if row.cells.iter().any(Cell::is_null) {
                    continue;
                }
                let hash = state.hash_one(&row.cells);
                if hash % passes == pass {
                    hashes.push((hash, row.seq));
                }
            }
            Ok(())
        })?;
        finding.looked_at += hashes.len() as u64;
        hashes.sort_unstable();
        // A page that was read twice has its rows twice.
        hashes.dedup();
        for pair in hashes.windows(2).filter(|pair| pair[0].0 == pair[1].0) {
            let (one, other) = (pair[0].1, pair[1].1);
            if same(engine, &select, [one, other])? {
                let (object, field) = (&object.name, &field.name);
                finding.problem(format!(
                    "{object}.{field}: rows {one} and {other} have the same"
                ));
            }
        }
    }
    Ok(())
}

/// Whether two rows have the same cells now: hashes propose.
fn same(engine: &Engine, select: &Select, seqs: [i64; 2]) -> EngineResult<bool> {
    let these = Cond::among("seq", seqs.map(Cell::Int).to_vec());
    let select = select.clone().filter(these);
    let rows = engine.store().look(|view| view.select(&select))?;
    Ok(rows.len() == 2 && rows[0].cells == rows[1].cells)
}

/// Counters that stand below a number that was given.
fn behind(
    engine: &Engine,
    object: &Object,
    field: &Field,
    finding: &mut Finding,
) -> EngineResult<()> {
    let pattern = field.options.pattern.as_deref().unwrap_or_default();
    let Ok(numbering) = Numbering::parse(pattern) else {
        return Ok(());
    };
    let mut highest: BTreeMap<String, u64> = BTreeMap::new();
    let select = Select::of(&object.table, &[&field.column]).filter(!Cond::null(&field.column));
    each_page(engine, &select, &mut |_, rows| {
        let read = |row: &guanxi_store::Row| numbering.read(row.cells[0].text()?);
        for (period, count) in rows.iter().filter_map(read) {
            let known = highest.entry(period).or_default();
            *known = count.max(*known);
        }
        Ok(())
    })?;
    // Read after the rows: a counter is never behind a number that was committed before.
    let mut counters: HashMap<String, i64> = HashMap::new();
    let select = Select::of(system::COUNTER, &["name", "value"]);
    each_page(engine, &select, &mut |_, rows| {
        for row in rows {
            let name = row.cells[0].text().unwrap_or_default().to_owned();
            counters.insert(name, row.cells[1].int().unwrap_or(0));
        }
        Ok(())
    })?;
    for (period, count) in highest {
        let name = format!("{}.{}:{period}", object.table, field.column);
        let stands = counters.get(&name).copied().unwrap_or(0);
        let (object, field) = (&object.name, &field.name);
        finding.look((stands.unsigned_abs() < count).then(|| {
            format!("{object}.{field} {period}: {count} was given, the counter stands at {stands}")
        }));
    }
    Ok(())
}
