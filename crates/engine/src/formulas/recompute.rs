//! Formulas that read what another transaction changed: through links, or a roll-up that a child carries. A job
//! enqueued in that transaction computes them anew, in pieces; until then a reader sees the value before.
//!
//! A value that is computed anew is no change of the record by anybody: it has no version and no history, as roll-ups
//! have none. The log says that the row is another now, for what follows it.

use super::{Linked, Reader, compute_with};
use crate::capability::{Draft, Touched};
use crate::context::Context;
use crate::engine::Engine;
use crate::error::{EngineError, EngineResult};
use crate::jobs::{self, Handler, NewJob, Outcome, Turn};
use crate::record::Record;
use crate::{system, write};
use guanxi_meta::{Catalog, Cell, Field, Object};
use guanxi_query::cond::{Aggregate, Cond, Direction, Measure, Op, Select};
use guanxi_query::typed::leads_to;
use guanxi_store::{Set, StoreExt, Transaction, View, Weight};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::Arc;
use uuid::Uuid;

const KIND: &str = "formulas";
/// Rows of one transaction.
const ROWS: u32 = 500;

/// In the transaction of a save: whoever reads through a link what has changed is computed anew.
pub fn follow(tx: &mut dyn Transaction, ctx: &Context, draft: &Draft) -> EngineResult<()> {
    let (Some(before), after) = (&draft.before, &draft.after) else {
        // Nobody leads to a record that is only being made.
        return Ok(());
    };
    let differs = |name: &String| {
        let get = |record| guanxi_query::Fields::get(record, &[name.as_str()]);
        get(before) != get(after)
    };
    let is_read = |reader: &Reader| !reader.hops.is_empty() && reader.reads.iter().any(differs);
    if ctx
        .formulas
        .readers(&after.object.table)
        .iter()
        .any(is_read)
    {
        enqueue(tx, ctx, &after.object, (after.seq, after.id))?;
    }
    Ok(())
}

/// In the transaction that changed a column without a save: formulas of the record itself read it too.
pub fn touched(
    tx: &mut dyn Transaction,
    ctx: &Context,
    touched: &Touched,
    seq: i64,
) -> EngineResult<()> {
    let is_read = |reader: &Reader| reader.reads.contains(&touched.field);
    let readers = ctx.formulas.readers(&touched.object.table);
    if readers.iter().any(is_read) {
        enqueue(tx, ctx, &touched.object, (seq, touched.id))?;
    }
    // What is counted further up counts it anew.
    for (parent, field) in ctx.rollups(&touched.object.name) {
        let through = field.options.through.as_deref();
        let link = through.and_then(|through| touched.object.field(through));
        let Some(link) = link.filter(|_| ctx.formulas.rollup_reads(parent, field, &touched.field))
        else {
            continue;
        };
        let this = Cond::compare("seq", Op::Equal, seq);
        let select = Select::of(&touched.object.table, &[&link.column]).filter(this);
        let above = tx.select(&select)?;
        let above = above.first().and_then(|row| row.cells[0].id());
        recount(tx, ctx, parent, above.into_iter())?;
    }
    Ok(())
}

/// Has the roll-ups of these records counted anew.
pub fn recount(
    tx: &mut dyn Transaction,
    ctx: &Context,
    object: &Object,
    ids: impl Iterator<Item = Uuid>,
) -> EngineResult<()> {
    for id in ids {
        let task = Task {
            table: object.table.clone(),
            counted: Some(id),
            ..Task::default()
        };
        let key = format!("{}:{id}", object.table);
        jobs::enqueue(tx, ctx, NewJob::new(KIND, task.to_json()).keyed(key))?;
    }
    Ok(())
}

fn enqueue(
    tx: &mut dyn Transaction,
    ctx: &Context,
    object: &Object,
    (seq, id): (i64, Uuid),
) -> EngineResult<()> {
    let task = Task {
        table: object.table.clone(),
        record: Some((seq, id)),
        ..Task::default()
    };
    let key = format!("{}:{seq}", object.table);
    jobs::enqueue(tx, ctx, NewJob::new(KIND, task.to_json()).keyed(key))
}

/// What is to be computed anew, and how far that is.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Task {
    table: String,
    /// The record that changed, by `seq` and id: its readers. None: every row of the table, roll-ups too.
    record: Option<(i64, Uuid)>,
    /// The one row of the table whose roll-ups are counted anew.
    #[serde(default)]
    counted: Option<Uuid>,
    /// The catalogue that `reader` counts in.
    version: i64,
    reader: usize,
    /// Rows up to this one are done.
    after: i64,
}

impl Task {
    fn to_json(&self) -> Json {
        json!(self)
    }
}

pub struct Recompute;

impl Handler for Recompute {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn run(&self, turn: &Turn) -> EngineResult<Outcome> {
        let ctx = turn.system()?;
        let input = serde_json::from_value(turn.job.input.clone());
        let mut task: Task = input.map_err(|error| EngineError::Broken(error.to_string()))?;
        if task.version != ctx.catalog.version {
            // Who reads what is told anew.
            (task.version, task.reader, task.after) = (ctx.catalog.version, 0, 0);
        }
        let works = works(&ctx, &task);
        while let Some(work) = works.get(task.reader) {
            if !turn.goes_on() {
                return Ok(turn.later());
            }
            if rest(&ctx, work, task.after)? {
                let (ctx, work, state) = (ctx.clone(), work.clone(), task.clone());
                task = turn.commit(move |tx| {
                    let mut state = state.clone();
                    match piece(tx, &ctx, &work, state.after)? {
                        Some(last) => state.after = last,
                        None => (state.reader, state.after) = (state.reader + 1, 0),
                    }
                    let kept = state.to_json();
                    Ok((state, Some(kept)))
                })?;
            } else {
                (task.reader, task.after) = (task.reader + 1, 0);
            }
        }
        Ok(Outcome::Done)
    }
}

/// Rows of one object that are to be computed anew.
#[derive(Clone)]
struct Work {
    object: Arc<Object>,
    cond: Cond,
    rollups: Rollups,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Rollups {
    Kept,
    Counted,
}

fn works(ctx: &Context, task: &Task) -> Vec<Work> {
    let Some((seq, id)) = task.record else {
        let mut objects = ctx.catalog.objects.iter();
        let found = objects.find(|object| object.table == task.table);
        let cond = task.counted.map(|id| Cond::equal("id", id));
        return found
            .map(|object| Work {
                object: object.clone(),
                cond: cond.unwrap_or(Cond::True),
                rollups: Rollups::Counted,
            })
            .into_iter()
            .collect();
    };
    let work = |reader: &Reader| Work {
        object: reader.object.clone(),
        cond: leads_to(&reader.hops, seq, id),
        rollups: Rollups::Kept,
    };
    ctx.formulas.readers(&task.table).iter().map(work).collect()
}

fn select(work: &Work, after: i64) -> Select {
    Select::from(&work.object.table, Vec::new())
        .filter(
            work.cond
                .clone()
                .and(Cond::compare("seq", Op::Greater, after)),
        )
        .order("seq", Direction::Ascending)
}

/// Whether there is anything left of it: told without a transaction, since most records lead nowhere.
fn rest(ctx: &Context, work: &Work, after: i64) -> EngineResult<bool> {
    let one = select(work, after).limit(1);
    let store = ctx.engine.store();
    Ok(!store
        .look(|view| Ok::<_, EngineError>(view.select(&one)?))?
        .is_empty())
}

/// Computes the next rows; the last of them, or `None` where there are no more.
fn piece(
    tx: &mut dyn Transaction,
    ctx: &Context,
    work: &Work,
    after: i64,
) -> EngineResult<Option<i64>> {
    let mut rows = select(work, after).limit(ROWS).locked();
    rows.columns = work.object.columns();
    let mut found = tx.select(&rows)?;
    let Some(last) = found.last().map(|row| row.seq) else {
        return Ok(None);
    };
    let mut counted = Vec::new();
    if work.rollups == Rollups::Counted {
        let ids = found.iter().filter_map(|row| row.cells[0].id()).collect();
        counted = count(tx, ctx, &work.object, ids)?;
        found = tx.select(&rows)?;
    }
    let mut linked = Linked::default();
    for row in &found {
        let record = Record::from_row(&work.object, row);
        let mut draft = Draft::derived(record);
        compute_with(tx, ctx, &mut draft, &mut linked)?;
        write::derived::save(tx, ctx, &mut draft)?;
    }
    write::derived::log(tx, ctx, counted)?;
    Ok((found.len() == ROWS as usize).then_some(last))
}

/// Counts the roll-ups of locked rows anew. A child that is being saved meanwhile waits for the lock with its
/// difference, so nothing is counted twice.
fn count(
    tx: &mut dyn Transaction,
    ctx: &Context,
    object: &Arc<Object>,
    ids: Vec<Uuid>,
) -> EngineResult<Vec<Touched>> {
    let mut touched = Vec::new();
    for field in &object.fields {
        let Some(aggregate) = aggregate(ctx, object, field, &ids)? else {
            continue;
        };
        let mut truth: HashMap<Uuid, Cell> = HashMap::new();
        for row in tx.aggregate(&aggregate)? {
            if let Some(id) = row.cells[0].id() {
                truth.insert(id, row.cells[1].clone());
            }
        }
        let begins = field.kind.columns(field).first().and_then(|c| c.default);
        let nothing = Cell::from(begins);
        let kept = Select::of(&object.table, &["id", &field.column]).filter(Cond::among(
            "id",
            ids.iter().copied().map(Cell::Id).collect(),
        ));
        for row in tx.select(&kept)? {
            let Some(id) = row.cells[0].id() else {
                continue;
            };
            let now = truth.get(&id).filter(|cell| !cell.is_null());
            let now = now.unwrap_or(&nothing);
            if row.cells[1] != *now {
                let set = [(field.column.as_str(), Set::To(now.clone()))];
                tx.update(&object.table, &set, &Cond::equal("seq", row.seq))?;
                touched.push(Touched::new(object, id, field));
            }
        }
    }
    Ok(touched)
}

/// What a roll-up counts for these parents; `None` for other fields.
fn aggregate(
    ctx: &Context,
    object: &Object,
    field: &Field,
    ids: &[Uuid],
) -> EngineResult<Option<Aggregate>> {
    let options = &field.options;
    if field.kind.name() != "roll_up" {
        return Ok(None);
    }
    let child = options.of.as_deref().and_then(|of| ctx.catalog.object(of));
    let Some((child, link)) = child.and_then(|child| {
        let link = child.field(options.through.as_deref()?)?;
        Some((child, link))
    }) else {
        return Ok(None);
    };
    let measured = options.field.as_deref().and_then(|name| child.field(name));
    let measure = match (options.measure.as_deref(), measured) {
        (Some("sum"), Some(of)) => Measure::Sum(of.column.clone()),
        (Some("min"), Some(of)) => Measure::Min(of.column.clone()),
        (Some("max"), Some(of)) => Measure::Max(of.column.clone()),
        _ => Measure::Count,
    };
    let these = Cond::among(&link.column, ids.iter().copied().map(Cell::Id).collect());
    Ok(Some(Aggregate {
        table: child.table.clone(),
        branches: Vec::new(),
        cond: these
            .and(Cond::null("deleted_at"))
            .and(ctx.formulas.rollup_cond(ctx, object, field)?),
        group: vec![link.column.clone()],
        measures: vec![measure],
    }))
}

/// In the transaction that makes a catalogue valid: rows of objects whose formulas or roll-ups are other ones than the
/// rows were computed by are computed anew.
pub fn settle(tx: &mut dyn Transaction, ctx: &Context, catalog: &Catalog) -> EngineResult<()> {
    for (table, digest) in unsettled(tx, catalog)? {
        let name = setting(&table);
        let this = Cond::equal("name", name.as_str());
        let set = [("value", Set::To(Cell::from(digest.as_str())))];
        if tx.update(system::SETTING, &set, &this)? == 0 {
            let row = vec![Cell::from(name), Cell::from(digest)];
            tx.insert(system::SETTING, &["name", "value"], vec![row])?;
        }
        if tx.count(&table, &[], &Cond::True, Some(1))? > 0 {
            let task = Task {
                table: table.clone(),
                ..Task::default()
            };
            jobs::enqueue(tx, ctx, NewJob::new(KIND, task.to_json()).keyed(table))?;
        }
    }
    Ok(())
}

/// The same where a program with other packs opens the database.
pub fn settle_at_start(engine: &Engine) -> EngineResult<()> {
    let catalog = engine.catalog();
    let lacking = engine.store().look(|view| unsettled(view, &catalog))?;
    if lacking.is_empty() {
        return Ok(());
    }
    let ctx = engine.system("job")?;
    engine
        .store()
        .change(Weight::Light, move |tx| settle(tx, &ctx, &catalog))
}

fn setting(table: &str) -> String {
    format!("derived:{table}")
}

/// Tables whose derived columns are computed otherwise than the setting says, with the digest of how.
fn unsettled(
    view: &mut (impl View + ?Sized),
    catalog: &Catalog,
) -> EngineResult<Vec<(String, String)>> {
    let rows = view.select(&Select::of(system::SETTING, &["name", "value"]))?;
    let text = |row: &guanxi_store::Row, at: usize| row.cells[at].text().unwrap_or("").to_owned();
    let known: HashMap<String, String> = rows
        .iter()
        .map(|row| (text(row, 0), text(row, 1)))
        .collect();
    let differs = |(table, digest): &(String, String)| known.get(&setting(table)) != Some(digest);
    let all = catalog.objects.iter().filter_map(|object| {
        let digest = digest(object)?;
        Some((object.table.clone(), digest))
    });
    Ok(all.filter(differs).collect())
}

/// Of how an object's derived columns are computed; `None` where it has none.
fn digest(object: &Object) -> Option<String> {
    let derived = |field: &&Field| matches!(field.kind.name(), "formula" | "roll_up");
    let lines: Vec<String> = object
        .fields
        .iter()
        .filter(derived)
        .map(|field| json!([field.column, field.kind.name(), field.options]).to_string())
        .collect();
    let digest = || Sha256::digest(lines.join("\n"));
    (!lines.is_empty()).then(|| digest().iter().map(|byte| format!("{byte:02x}")).collect())
}
