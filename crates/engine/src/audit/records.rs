//! Each record with its past, what it links to, where it stands and how it is ordered.

use super::{Finding, each_page};
use crate::context::Context;
use crate::engine::Engine;
use crate::error::EngineResult;
use crate::record::Record;
use guanxi_access::Standing;
use guanxi_meta::catalog::Access;
use guanxi_meta::{Cell, Object, Value, text};
use guanxi_query::cond::{Cond, Direction, Select};
use guanxi_store::{LogRow, Row, View, log};
use serde_json::Value as Json;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use uuid::Uuid;

/// Log rows that are read at a time.
const LOG_ROWS: u32 = 20_000;

struct Findings {
    history: Finding,
    links: Finding,
    standing: Finding,
    order: Finding,
}

pub fn look(engine: &Engine) -> EngineResult<Vec<Finding>> {
    let ctx = engine.system("audit")?;
    let restore = "Restore these records from the last backup, and report this as a defect.";
    let mut found = Findings {
        history: Finding::new("history", restore),
        links: Finding::new(
            "links",
            "Save each of these records with that field empty or set anew, and report this as a defect.",
        ),
        standing: Finding::new(
            "standing",
            "Hand the parent record over to its owner once more: what belongs to it moves along.",
        ),
        order: Finding::new(
            "order",
            "Change the name of each of these records and change it back.",
        ),
    };
    for object in &ctx.catalog.objects {
        let mut columns = object.columns();
        columns.push(Object::TITLE_KEY.to_owned());
        let select = Select::from(&object.table, columns);
        each_page(engine, &select, &mut |view, rows| {
            let records: Vec<Record> = rows
                .iter()
                .map(|row| Record::from_row(object, row))
                .collect();
            histories(view, object, &records, &mut found.history)?;
            links(view, &ctx, &records, &mut found.links)?;
            standings(view, &ctx, object, (&records, &mut found.standing))?;
            order(rows, &records, &mut found.order);
            Ok(())
        })?;
    }
    let mut stored = Finding::new("stored", restore);
    created(engine, &ctx, &mut stored)?;
    Ok(vec![
        stored,
        found.history,
        found.links,
        found.standing,
        found.order,
    ])
}

fn place(record: &Record) -> String {
    format!("{} {}", record.object.name, record.id)
}

/// What the log says was created has its row.
fn created(engine: &Engine, ctx: &Context, finding: &mut Finding) -> EngineResult<()> {
    let select = Select::of(log::TABLE, &["object", "record"]).filter(Cond::equal("version", 1));
    each_page(engine, &select, &mut |view, rows| {
        let mut wanted = Wanted::default();
        for row in rows {
            // A table that no object has any more keeps its rows, and nobody asks for them.
            let (Some(table), Some(id)) = (row.cells[0].text(), row.cells[1].id()) else {
                finding.look(Some(format!("the log's row {} names no record", row.seq)));
                continue;
            };
            if let Some(object) = super::called(&ctx.catalog.objects, table) {
                wanted.want(object, id, || format!("{} {id}", object.name));
            }
        }
        wanted.find(view, finding)
    })
}

/// As many log rows as the version says, without a gap, ending where the record stands now: else its past could not be
/// rebuilt from the present backwards.
fn histories(
    view: &mut dyn View,
    object: &Object,
    records: &[Record],
    finding: &mut Finding,
) -> EngineResult<()> {
    let ids = records.iter().map(|record| Cell::Id(record.id)).collect();
    let these = Cond::among("record", ids).and(Cond::equal("object", object.table.as_str()));
    let select = Select::of(log::TABLE, &log::COLUMNS)
        .filter(these.and(!Cond::equal("op", log::DERIVED)))
        .order("seq", Direction::Descending)
        .limit(LOG_ROWS);
    let rows = view.select(&select)?;
    let whole = rows.len() < LOG_ROWS as usize;
    if !whole && records.len() > 1 {
        let (left, right) = records.split_at(records.len() / 2);
        histories(view, object, left, finding)?;
        return histories(view, object, right, finding);
    }
    let mut by_record: HashMap<Uuid, Vec<LogRow>> = HashMap::new();
    for row in rows {
        let row = LogRow::from_cells(row.seq, row.cells);
        by_record.entry(row.entry.record).or_default().push(row);
    }
    for record in records {
        let rows = by_record.remove(&record.id).unwrap_or_default();
        let problem = broken(record, &rows, whole);
        finding.look(problem.map(|problem| format!("{}: {problem}", place(record))));
    }
    Ok(())
}

/// `rows` newest first; `whole` when the oldest is among them.
fn broken(record: &Record, rows: &[LogRow], whole: bool) -> Option<String> {
    let Some(newest) = rows.first().map(|row| &row.entry) else {
        return Some("no row in the log".to_owned());
    };
    if newest.version != record.version {
        let (known, logged) = (record.version, newest.version);
        return Some(format!("version {known}, and {logged} in the log"));
    }
    let gap = rows
        .windows(2)
        .find(|pair| pair[0].entry.version != pair[1].entry.version + 1);
    if let Some([newer, older]) = gap {
        let (newer, older) = (newer.entry.version, older.entry.version);
        return Some(format!("version {newer} follows {older} in the log"));
    }
    let oldest = rows.last().filter(|_| whole).map(|row| &row.entry);
    if let Some(oldest) = oldest.filter(|oldest| oldest.version != 1) {
        return Some(format!("the log begins at version {}", oldest.version));
    }
    if newest.at != record.updated_at || newest.actor != record.updated_by {
        return Some("changed without a row in the log".to_owned());
    }
    let mut removed = None;
    for row in rows {
        let text = row.entry.old.as_deref();
        let old = match text.map(serde_json::from_str) {
            Some(Ok(Json::Object(old))) => old,
            None if row.entry.version == 1 => continue,
            _ => {
                let version = row.entry.version;
                return Some(format!("the old values of version {version} can't be read"));
            }
        };
        // The newest mention tells how it stands now.
        if removed.is_none() {
            removed = old.get("deleted_at").map(Json::is_null);
        }
    }
    let is_removed = record.deleted_at.is_some();
    (removed.unwrap_or(false) != is_removed && whole)
        .then(|| "removed or restored without a row in the log".to_owned())
}

/// Ids of one object, each with the place that names it.
type Named<'a> = (&'a Arc<Object>, Vec<(Uuid, String)>);

/// Rows that something names, by object.
#[derive(Default)]
pub(super) struct Wanted<'a>(BTreeMap<&'a str, Named<'a>>);

impl<'a> Wanted<'a> {
    pub fn want(&mut self, object: &'a Arc<Object>, id: Uuid, place: impl FnOnce() -> String) {
        let (_, wanted) = self
            .0
            .entry(&object.table)
            .or_insert_with(|| (object, Vec::new()));
        wanted.push((id, place()));
    }

    /// Looks for all of them, removed records included.
    pub fn find(self, view: &mut dyn View, finding: &mut Finding) -> EngineResult<()> {
        /// Keys of one list.
        const KEYS: usize = 500;
        for (object, wanted) in self.0.into_values() {
            for piece in wanted.chunks(KEYS) {
                let ids = piece.iter().map(|(id, _)| Cell::Id(*id)).collect();
                let select = Select::of(&object.table, &["id"]).filter(Cond::among("id", ids));
                let rows = view.select(&select)?;
                let known: HashSet<Uuid> =
                    rows.iter().filter_map(|row| row.cells[0].id()).collect();
                for (id, place) in piece {
                    let lost = !known.contains(id);
                    finding.look(lost.then(|| format!("{place}: no {} {id}", object.name)));
                }
            }
        }
        Ok(())
    }
}

/// Links lead to rows that exist.
fn links(
    view: &mut dyn View,
    ctx: &Context,
    records: &[Record],
    finding: &mut Finding,
) -> EngineResult<()> {
    let mut wanted = Wanted::default();
    for record in records {
        for (field, value) in record.object.fields.iter().zip(&record.values) {
            let to = field.options.to.as_deref().unwrap_or_default();
            let targets: Vec<(&str, Uuid)> = match value {
                Value::Reference { object, id } => vec![(object, *id)],
                Value::Id(id) if field.kind.name() == "link" => vec![(to, *id)],
                Value::List(items) if field.kind.name() == "many_links" => items
                    .iter()
                    .filter_map(|item| Some((to, item.id()?)))
                    .collect(),
                _ => continue,
            };
            for (to, id) in targets {
                if let Some(object) = ctx.catalog.object(to) {
                    wanted.want(object, id, || format!("{}.{}", place(record), field.name));
                }
            }
        }
    }
    wanted.find(view, finding)
}

/// Rows that stand where their parent stands really do.
fn standings(
    view: &mut dyn View,
    ctx: &Context,
    object: &Object,
    (records, finding): (&[Record], &mut Finding),
) -> EngineResult<()> {
    let Access::Parent(link) = &object.access else {
        return Ok(());
    };
    let to = object
        .field(link)
        .and_then(|field| field.options.to.as_deref());
    let Some(parent) = to.and_then(|to| ctx.catalog.object(to)) else {
        return Ok(());
    };
    let live = records.iter().filter(|record| record.deleted_at.is_none());
    let led: Vec<(&Record, Uuid)> = live
        .filter_map(|record| Some((record, record.get(link).id()?)))
        .collect();
    let ids = led.iter().map(|(_, id)| Cell::Id(*id)).collect();
    let select =
        Select::of(&parent.table, &["id", "owner", "department"]).filter(Cond::among("id", ids));
    let standing = |row: &Row| {
        let owner = row.cells[1].int().unwrap_or(0);
        let department = row.cells[2].int().unwrap_or(0);
        Some((row.cells[0].id()?, Standing { owner, department }))
    };
    let known: HashMap<Uuid, Standing> =
        view.select(&select)?.iter().filter_map(standing).collect();
    for (record, id) in led {
        // A parent that is not there is a link that leads nowhere.
        let apart = known
            .get(&id)
            .is_some_and(|standing| *standing != record.standing());
        finding.look(
            apart.then(|| format!("{}: not where its {} {id} is", place(record), parent.name)),
        );
    }
    Ok(())
}

/// The key by which a name is ordered is the name's.
fn order(rows: &[Row], records: &[Record], finding: &mut Finding) {
    for (row, record) in rows.iter().zip(records) {
        let kept = row.cells.last();
        let apart = kept != Some(&Cell::Bytes(text::sort_key(&record.title())));
        finding.look(apart.then(|| place(record)));
    }
}
