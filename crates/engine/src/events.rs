//! What just happened, to whoever listens: each process follows the log once and tells its listeners. Listeners send
//! only what their caller's grant admits.

use crate::context::Context;
use crate::engine::Engine;
use crate::error::{EngineError, EngineResult};
use guanxi_access::Action;
use guanxi_meta::{Cell, Object};
use guanxi_query::cond::{Cond, Select};
use guanxi_store::{LogRow, StoreExt};
use parking_lot::Mutex;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// Called with each piece of the log; `false` ends the listening.
pub type Listener = Box<dyn Fn(&[LogRow]) -> bool + Send + Sync>;

#[derive(Default)]
pub struct Listeners(Mutex<Vec<Listener>>);

impl Listeners {
    pub fn add(&self, listener: Listener) {
        self.0.lock().push(listener);
    }

    fn tell(&self, rows: &[LogRow]) {
        self.0.lock().retain(|listener| listener(rows));
    }
}

/// Rows of one look at the log.
const ROWS: u32 = 500;
/// Another process's commits are seen within this time, in milliseconds.
const EVERY_MS: u64 = 400;
/// Commits that come this close together are read together: nobody sees the difference, and the log is not asked after
/// each of a thousand saves a second.
const GATHER: Duration = Duration::from_millis(40);

/// Follows the log for as long as `go_on` says; runs on a thread of its own.
pub fn follow(engine: &Engine, go_on: &dyn Fn() -> bool) -> EngineResult<()> {
    let mut position = engine.store().log_head()?;
    let mut seen = 0;
    while go_on() {
        let rows = engine.store().log_after(position, ROWS)?;
        match rows.last() {
            Some(last) => {
                position = last.position;
                engine.listeners().tell(&rows);
            }
            None => {
                seen = engine.wait_commit(seen, EVERY_MS);
                std::thread::sleep(GATHER);
            }
        }
    }
    Ok(())
}

/// A change of which somebody is told.
#[derive(Debug, Clone)]
pub struct Change {
    pub position: i64,
    pub object: Arc<Object>,
    pub record: Uuid,
    pub version: i64,
    pub op: String,
}

/// Of a piece of the log, the changes whose records the caller sees as they stand now; of a removed one that it is
/// gone. One question per object, however long the piece.
pub fn admitted(ctx: &Context, rows: &[LogRow]) -> EngineResult<Vec<Change>> {
    let mut ids: BTreeMap<&str, Vec<Cell>> = BTreeMap::new();
    for row in rows {
        let known = ids.entry(&row.entry.object).or_default();
        known.push(Cell::Id(row.entry.record));
    }
    let mut seen: HashMap<&str, (Arc<Object>, HashMap<Uuid, Gone>)> = HashMap::new();
    for (table, cells) in ids {
        let mut objects = ctx.catalog.objects.iter();
        let Some(object) = objects.find(|object| object.table == table) else {
            continue;
        };
        let grant = ctx.grant(object, Action::Read);
        if !grant.is_empty() {
            let these = Cond::In {
                column: "id".to_owned(),
                cells,
            };
            let select = Select::of(table, &["id", "deleted_at"]).filter(these.and(grant.cond()));
            seen.insert(table, (object.clone(), standing(ctx, &select)?));
        }
    }
    // What follows from other records would tell of thousands at once, and nobody did it.
    let done = rows.iter().filter(|row| !row.entry.is_derived());
    let told = done.filter_map(|row| {
        let (object, records) = seen.get(row.entry.object.as_str())?;
        let gone = *records.get(&row.entry.record)?;
        (gone == Gone::No || row.entry.op == "remove").then(|| Change {
            position: row.position,
            object: object.clone(),
            record: row.entry.record,
            version: row.entry.version,
            op: row.entry.op.clone(),
        })
    });
    Ok(told.collect())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Gone {
    No,
    Yes,
}

fn standing(ctx: &Context, select: &Select) -> EngineResult<HashMap<Uuid, Gone>> {
    let store = ctx.engine.store();
    let rows = store.look(|view| Ok::<_, EngineError>(view.select(select)?))?;
    let gone = |cell: &Cell| if cell.is_null() { Gone::No } else { Gone::Yes };
    Ok(rows
        .iter()
        .filter_map(|row| Some((row.cells[0].id()?, gone(&row.cells[1]))))
        .collect())
}
