//! The database's own health, and that its tables and indexes are those of the catalogue.

use super::Finding;
use crate::engine::Engine;
use crate::error::EngineResult;
use guanxi_meta::plan::{self, Step};
use guanxi_meta::{Lang, TableSpec};

pub fn look(engine: &Engine) -> EngineResult<Vec<Finding>> {
    let mut storage = Finding::new(
        "storage",
        "Stop the program, copy the database files away, and restore the last backup.",
    );
    let damage = engine.store().damage()?;
    storage.look(None);
    damage.into_iter().for_each(|text| storage.problem(text));
    let mut shape = Finding::new(
        "tables",
        "Start the program once more on this database: it makes what is missing. If a unique index can't be made, \
         the search for that field's values shows the duplicates to be merged first.",
    );
    let mut wanted: Vec<TableSpec> = crate::system::tables();
    let catalog = engine.catalog();
    wanted.extend(catalog.objects.iter().map(|object| object.table_spec()));
    let plan = plan::diff(&engine.store().tables()?, &wanted);
    shape.looked_at = wanted.len() as u64;
    for step in &plan.steps {
        // What is there beyond what is wanted costs a little time and no truth.
        if !matches!(step, Step::DropIndex { .. }) {
            shape.problem(format!(
                "missing: {}",
                step.describe().get(Lang::En, "a step")
            ));
        }
    }
    for problem in &plan.problems {
        shape.problem(problem.message(Lang::En));
    }
    Ok(vec![storage, shape])
}
