//! Counts, sums and extremes on parents equal those over the children.

use super::{Finding, each_page};
use crate::context::Context;
use crate::engine::Engine;
use crate::error::EngineResult;
use guanxi_meta::{Cell, Field, Object};
use guanxi_query::cond::{Aggregate, Cond, Measure, Select};
use std::collections::HashMap;
use std::sync::Arc;

pub fn look(engine: &Engine) -> EngineResult<Vec<Finding>> {
    let mut finding = Finding::new(
        "roll-ups",
        "Change one of the records that are counted and change it back, or restore from a backup; report this as a \
         defect.",
    );
    let ctx = engine.system("audit")?;
    for child in &ctx.catalog.objects {
        for (parent, field) in ctx.rollups(&child.name) {
            if let Some(rollup) = Rollup::of(&ctx, child, (parent, field))? {
                rollup.look(engine, &mut finding)?;
            }
        }
    }
    Ok(vec![finding])
}

struct Rollup<'a> {
    parent: &'a Object,
    field: &'a Field,
    child: &'a Object,
    /// The children's column that leads to the parent.
    link: String,
    counted: Cond,
    measure: Measure,
}

impl<'a> Rollup<'a> {
    fn of(
        ctx: &Context,
        child: &'a Arc<Object>,
        (parent, field): (&'a Arc<Object>, &'a Field),
    ) -> EngineResult<Option<Rollup<'a>>> {
        let named = |name: &Option<String>| child.field(name.as_deref()?);
        let Some(link) = named(&field.options.through) else {
            return Ok(None);
        };
        let column = named(&field.options.field).map(|measured| measured.column.clone());
        let measure = match (field.options.measure.as_deref(), column) {
            (Some("count"), _) | (_, None) => Measure::Count,
            (Some("min"), Some(column)) => Measure::Min(column),
            (Some("max"), Some(column)) => Measure::Max(column),
            (_, Some(column)) => Measure::Sum(column),
        };
        let holds = ctx.formulas.rollup_cond(ctx, parent, field)?;
        Ok(Some(Rollup {
            parent,
            field,
            child,
            link: link.column.clone(),
            counted: Cond::null("deleted_at").and(holds),
            measure,
        }))
    }

    fn look(&self, engine: &Engine, finding: &mut Finding) -> EngineResult<()> {
        let select = Select::of(&self.parent.table, &["id", &self.field.column]);
        each_page(engine, &select, &mut |view, rows| {
            let ids = rows.iter().map(|row| row.cells[0].clone()).collect();
            let aggregate = Aggregate {
                table: self.child.table.clone(),
                branches: Vec::new(),
                cond: Cond::among(&self.link, ids).and(self.counted.clone()),
                group: vec![self.link.clone()],
                measures: vec![self.measure.clone()],
            };
            let truth: HashMap<Cell, Cell> = view
                .aggregate(&aggregate)?
                .into_iter()
                .map(|mut row| (row.cells.remove(0), row.cells.remove(0)))
                .collect();
            for row in rows {
                let (id, kept) = (&row.cells[0], self.number(&row.cells[1]));
                let truth = self.number(truth.get(id).unwrap_or(&Cell::Null));
                finding.look((kept != truth).then(|| {
                    let id = id.id().unwrap_or_default();
                    let (parent, field) = (&self.parent.name, &self.field.name);
                    format!("{parent} {id}.{field}: {kept:?}, not {truth:?}")
                }));
            }
            Ok(())
        })
    }

    /// Nothing counted is 0; the least of nothing is nothing.
    fn number(&self, cell: &Cell) -> Option<i64> {
        match self.measure {
            Measure::Count | Measure::Sum(_) => Some(cell.int().unwrap_or(0)),
            Measure::Min(_) | Measure::Max(_) => cell.int(),
        }
    }
}
