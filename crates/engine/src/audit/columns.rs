//! The columnar copy of this process answers as the database does. Where nothing is in memory yet it is read now, so in
//! a process of its own this compares reading; in a server's or a test's it compares following the log.

use super::Finding;
use crate::engine::Engine;
use crate::error::EngineResult;
use crate::scan;
use guanxi_columns::Ask;
use guanxi_meta::{ColumnType, Object, TableSpec};
use guanxi_query::cond::{Aggregate, Cond, Measure};
use guanxi_store::{Row, StoreExt};
use std::time::Duration;

/// How long reading one column may take.
const PATIENCE: Duration = Duration::from_secs(120);
/// How often both are asked anew when somebody wrote between the two questions.
const TRIES: usize = 20;

pub fn look(engine: &Engine) -> EngineResult<Vec<Finding>> {
    let mut finding = Finding::new(
        "columns",
        "Start the server anew, which reads the copy anew, and report this as a defect.",
    );
    for object in &engine.catalog().objects {
        let rows = engine
            .store()
            .look(|view| view.count(&object.table, &[], &Cond::True, Some(1)))?;
        if rows == 0 {
            continue;
        }
        let table = scan::table(object);
        for column in &table.columns {
            let measures = match column.ty {
                ColumnType::Int => vec![
                    Measure::Count,
                    Measure::Min(column.name.clone()),
                    Measure::Max(column.name.clone()),
                ],
                // How often each text comes would be as much as the texts: how many there are is asked instead.
                _ => vec![Measure::Count],
            };
            let cond = match column.ty {
                ColumnType::Int => Cond::null("deleted_at"),
                _ => Cond::null("deleted_at").and(!Cond::null(&column.name)),
            };
            if let Some(apart) = compare(engine, object, &table, (cond, measures))? {
                finding
                    .look(apart.map(|words| format!("{}.{}: {words}", object.name, column.name)));
            }
        }
    }
    Ok(vec![finding])
}

/// `None` where the copy does not answer or the log did not stand still.
fn compare(
    engine: &Engine,
    object: &Object,
    table: &TableSpec,
    (cond, measures): (Cond, Vec<Measure>),
) -> EngineResult<Option<Option<String>>> {
    let aggregate = Aggregate {
        table: object.table.clone(),
        branches: Vec::new(),
        cond,
        group: vec!["owner".to_owned()],
        measures,
    };
    for _ in 0..TRIES {
        let before = engine.store().log_head()?;
        let ask = Ask {
            table,
            cond: &aggregate.cond,
            patience: PATIENCE,
        };
        let copied = engine
            .columns()
            .group(ask, &aggregate.group, &aggregate.measures)?;
        let Some(copied) = copied.map(sorted) else {
            return Ok(None);
        };
        let stored = sorted(engine.store().look(|view| view.aggregate(&aggregate))?);
        if copied == stored {
            return Ok(Some(None));
        }
        if engine.store().log_is_whole()? && engine.store().log_head()? == before {
            let first = copied
                .iter()
                .zip(&stored)
                .find(|(left, right)| left != right);
            let words = match first {
                Some((left, right)) => format!(
                    "{:?} in the copy, {:?} in the rows",
                    left.cells, right.cells
                ),
                None => format!(
                    "{} owners in the copy, {} in the rows",
                    copied.len(),
                    stored.len()
                ),
            };
            return Ok(Some(Some(words)));
        }
    }
    Ok(None)
}

fn sorted(mut rows: Vec<Row>) -> Vec<Row> {
    rows.sort_by(|left, right| left.cells.cmp(&right.cells));
    rows
}
