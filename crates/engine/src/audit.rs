//! What must hold of a database, looked at as a whole: for `doctor --deep` and after crashes.

use crate::engine::Engine;
use crate::error::{EngineError, EngineResult};
use crate::record::Record;
use guanxi_meta::catalog::Access;
use guanxi_meta::{Cell, Object};
use guanxi_query::cond::{Aggregate, Cond, Direction, Measure, Op, Select};
use guanxi_store::StoreExt;
use std::collections::HashSet;
use std::sync::Arc;
use uuid::Uuid;

/// What one look found.
#[derive(Debug, Clone)]
pub struct Finding {
    pub name: &'static str,
    pub looked_at: u64,
    pub problems: u64,
    /// One of the problems, in words.
    pub example: String,
}

impl Finding {
    fn new(name: &'static str) -> Finding {
        Finding {
            name,
            looked_at: 0,
            problems: 0,
            example: String::new(),
        }
    }

    fn look(&mut self, problem: Option<String>) {
        self.looked_at += 1;
        if let Some(problem) = problem {
            self.problems += 1;
            if self.example.is_empty() {
                self.example = problem;
            }
        }
    }
}

/// Rows that are read at a time, so that no reader is long.
const ROWS: u32 = 2_000;

/// Every look, each over all rows.
pub fn run(engine: &Engine) -> EngineResult<Vec<Finding>> {
    Ok(vec![
        versions(engine)?,
        links(engine)?,
        numbers(engine)?,
        rollups(engine)?,
        parents(engine)?,
    ])
}

/// Each record has as many log rows as its version says, so that its past can be rebuilt without a gap.
fn versions(engine: &Engine) -> EngineResult<Finding> {
    let mut finding = Finding::new("history");
    each_record(engine, &mut |_, record| {
        let rows = engine
            .store()
            .look(|view| view.log_of(&record.object.table, record.id, None, 10_000))?;
        let newest = rows.first().map(|row| row.entry.version);
        let chain = rows
            .windows(2)
            .all(|pair| pair[0].entry.version == pair[1].entry.version + 1);
        let broken = newest != Some(record.version)
            || !chain
            || rows.last().is_some_and(|row| row.entry.version != 1);
        finding.look(broken.then(|| {
            format!(
                "{} {} at version {}",
                record.object.name, record.id, record.version
            )
        }));
        Ok(())
    })?;
    Ok(finding)
}

/// Links lead to rows that exist, deleted ones included.
fn links(engine: &Engine) -> EngineResult<Finding> {
    let mut finding = Finding::new("links");
    let catalog = engine.catalog();
    let mut known: HashSet<(String, Uuid)> = HashSet::new();
    each_record(engine, &mut |_, record| {
        for (at, field) in record.object.fields.iter().enumerate() {
            let target = match &record.values[at] {
                guanxi_meta::Value::Reference { object, id } => Some((object.clone(), *id)),
                guanxi_meta::Value::Id(id) if field.kind.name() == "link" => {
                    Some((field.options.to.clone().unwrap_or_default(), *id))
                }
                _ => None,
            };
            let Some((to, id)) = target else { continue };
            let Some(object) = catalog.object(&to) else {
                continue;
            };
            let exists = known.contains(&(to.clone(), id)) || exists(engine, object, id)?;
            if exists && known.len() < 1_000_000 {
                known.insert((to, id));
            }
            finding.look(
                (!exists).then(|| format!("{} {}.{}", record.object.name, record.id, field.name)),
            );
        }
        Ok(())
    })?;
    Ok(finding)
}

fn exists(engine: &Engine, object: &Arc<Object>, id: Uuid) -> EngineResult<bool> {
    let this = Cond::equal("id", id);
    Ok(engine
        .store()
        .look(|view| view.count(&object.table, &[], &this, Some(1)))?
        == 1)
}

/// Business numbers are unique among all rows, deleted ones included.
fn numbers(engine: &Engine) -> EngineResult<Finding> {
    let mut finding = Finding::new("numbers");
    for object in &engine.catalog().objects {
        for field in object
            .fields
            .iter()
            .filter(|field| field.kind.name() == "number")
        {
            let aggregate = Aggregate {
                table: object.table.clone(),
                branches: Vec::new(),
                cond: !Cond::null(&field.column),
                group: vec![field.column.clone()],
                measures: vec![Measure::Count],
            };
            for row in engine.store().look(|view| view.aggregate(&aggregate))? {
                let count = row.cells[1].int().unwrap_or(0);
                finding.look((count > 1).then(|| {
                    format!(
                        "{}.{}: {:?} × {count}",
                        object.name, field.name, row.cells[0]
                    )
                }));
            }
        }
    }
    Ok(finding)
}

/// Counts and sums on parents equal a count and a sum over the children.
fn rollups(engine: &Engine) -> EngineResult<Finding> {
    let mut finding = Finding::new("roll-ups");
    let ctx = engine.system("audit")?;
    for child in &ctx.catalog.objects {
        for (parent, field) in ctx.rollups(&child.name) {
            let Some(link) = field
                .options
                .through
                .as_deref()
                .and_then(|name| child.field(name))
            else {
                continue;
            };
            let measured = field
                .options
                .field
                .as_deref()
                .and_then(|name| child.field(name));
            let measure = match (field.options.measure.as_deref(), measured) {
                (Some("sum"), Some(summed)) => Measure::Sum(summed.column.clone()),
                (Some("count"), _) => Measure::Count,
                _ => continue,
            };
            let counted = ctx
                .formulas
                .rollup_cond(&ctx, parent, field)?
                .and(Cond::null("deleted_at"));
            let select = Select::of(&parent.table, &["id", &field.column])
                .filter(!Cond::null(&field.column));
            each_row(engine, select, &mut |row| {
                let this = Cond::compare(&link.column, Op::Equal, row.cells[0].clone())
                    .and(counted.clone());
                let aggregate = Aggregate {
                    table: child.table.clone(),
                    branches: Vec::new(),
                    cond: this,
                    group: Vec::new(),
                    measures: vec![measure.clone()],
                };
                let rows = engine.store().look(|view| view.aggregate(&aggregate))?;
                let truth = rows
                    .first()
                    .and_then(|found| found.cells[0].int())
                    .unwrap_or(0);
                let kept = row.cells[1].int().unwrap_or(0);
                finding.look(
                    (truth != kept)
                        .then(|| format!("{}.{}: {kept}, not {truth}", parent.name, field.name)),
                );
                Ok(())
            })?;
        }
    }
    Ok(finding)
}

/// Rows that stand where their parent stands really do.
fn parents(engine: &Engine) -> EngineResult<Finding> {
    let mut finding = Finding::new("standing");
    let catalog = engine.catalog();
    each_record(engine, &mut |_, record| {
        let Access::Parent(link) = &record.object.access else {
            return Ok(());
        };
        let to = record
            .object
            .field(link)
            .and_then(|field| field.options.to.as_deref());
        let (Some(parent), Some(id)) =
            (to.and_then(|to| catalog.object(to)), record.get(link).id())
        else {
            return Ok(());
        };
        let found = engine
            .store()
            .look(|view| crate::engine::row_by_id(view, parent, id))?;
        let apart = found.is_some_and(|found| found.standing() != record.standing());
        finding.look(apart.then(|| format!("{} {}", record.object.name, record.id)));
        Ok(())
    })?;
    Ok(finding)
}

type EachRecord<'a> = dyn FnMut(&Arc<Object>, &Record) -> EngineResult<()> + 'a;

/// Every record of every object that is not deleted, in short reads.
fn each_record(engine: &Engine, look: &mut EachRecord) -> EngineResult<()> {
    for object in &engine.catalog().objects {
        let select = Select::from(&object.table, object.columns()).filter(Cond::null("deleted_at"));
        each_row(engine, select, &mut |row| {
            look(object, &Record::from_row(object, row))
        })?;
    }
    Ok(())
}

fn each_row(
    engine: &Engine,
    select: Select,
    look: &mut dyn FnMut(&guanxi_store::Row) -> EngineResult<()>,
) -> EngineResult<()> {
    let mut after = 0;
    loop {
        let page = select
            .clone()
            .filter(Cond::compare("seq", Op::Greater, Cell::Int(after)))
            .order("seq", Direction::Ascending)
            .limit(ROWS);
        let rows = engine
            .store()
            .look(|view| Ok::<_, EngineError>(view.select(&page)?))?;
        for row in &rows {
            look(row)?;
        }
        match rows.last() {
            Some(last) if rows.len() == ROWS as usize => after = last.seq,
            _ => return Ok(()),
        }
    }
}
