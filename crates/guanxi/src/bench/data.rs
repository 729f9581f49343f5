//! The data of the bars: customers with Chinese and Latin names, one contact each, opportunities for a tenth, ten
//! change-log rows for each customer, 40 users in a tree of twelve departments.
//!
//! Records come in by the write path. Of a customer's ten log rows the first is its creation; the nine updates are
//! written in bulk through the store's log as changes made long ago (of one field, to and fro), in nine rounds over all
//! customers, so that the rows of one customer lie as far apart as years of work leave them.

use super::http::Caller;
use crate::commands::demo::{change, id};
use crate::demo::{DemoRecord, Plan};
use crate::house::{self, Configuration};
use crate::terminal;
use anyhow::{Context as _, bail};
use guanxi_engine::accounts::{session, token};
use guanxi_engine::write::{Prepared, apply_creates, prepare};
use guanxi_engine::{Context, Engine, EngineError, EngineResult, search, settings};
use guanxi_meta::{Cell, Object};
use guanxi_query::cond::{Cond, Direction, Op, Select};
use guanxi_store::{LogEntry, SearchFeed, Set, StoreExt, Transaction, Weight};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use uuid::Uuid;

/// Rows of one commit, and of one insertion.
const CHUNK: usize = 50_000;
const PIECE: usize = 500;
/// Change-log rows of each customer, its creation among them.
const LOGGED: i64 = 10;
/// Between two updates of one customer.
const MONTH: i64 = 30 * 86_400_000_000;
/// The setting that a complete set of data carries: its size.
const DONE: &str = "bench";
/// Objects in the order in which their links find each other.
const OBJECTS: [&str; 7] = [
    "department",
    "user",
    "competitor",
    "product",
    "customer",
    "contact",
    "opportunity",
];

/// A filled database and who asks it.
pub struct Data {
    pub engine: Engine,
    pub url: String,
    pub plan: Plan,
    pub size: usize,
}

/// The people of the bars.
#[derive(Debug, Clone, Copy)]
pub enum Person {
    Administrator,
    /// Of all sales departments.
    Manager,
    Salesperson,
}

impl Person {
    /// The key in the demonstration's list.
    fn key(self) -> u64 {
        match self {
            Person::Administrator => 0,
            Person::Manager => 1,
            Person::Salesperson => 4,
        }
    }
}

impl Data {
    /// Opens what is there, or fills it.
    pub fn at(url: &str, size: usize) -> anyhow::Result<Data> {
        let data = Data::open(url, size)?;
        let system = data.engine.system("bench")?;
        match settings::get(&system, DONE)? {
            Some(known) if known == size.to_string() => return Ok(data),
            Some(known) => {
                bail!("The data there is of size {known}; name another folder with --keep.")
            }
            None if system.directory.users().next().is_some() => {
                bail!(
                    "The data there is not complete; remove it, or name another folder with --keep."
                )
            }
            None => {}
        }
        fill(&data, &OBJECTS)?;
        past(&data)?;
        data.engine.store().optimise()?;
        settings::set(&data.engine.system("bench")?, DONE, &size.to_string())?;
        Ok(data)
    }

    /// Only the organisation: people and departments, for an import.
    pub fn organisation(url: &str, size: usize) -> anyhow::Result<Data> {
        let data = Data::open(url, size)?;
        fill(&data, &OBJECTS[..2])?;
        Ok(data)
    }

    fn open(url: &str, size: usize) -> anyhow::Result<Data> {
        let engine = house::open(url, &Configuration::default())?;
        let today = engine.clock().now().to_zoned(engine.zone()).date();
        Ok(Data {
            engine,
            url: url.to_owned(),
            plan: Plan::new(size, today),
            size,
        })
    }

    pub fn context(&self, person: Person) -> anyhow::Result<Context> {
        let system = self.engine.system("bench")?;
        let user = system
            .directory
            .user_by_id(id("user", person.key()))
            .context("a person of the bench")?
            .seq;
        Ok(self.engine.context(user, "bench")?)
    }

    pub fn token(&self, person: Person) -> anyhow::Result<Caller> {
        let ctx = self.context(person)?;
        Ok(Caller::Token(token::create(
            &ctx,
            ctx.actor.seq(),
            "bench",
        )?))
    }

    pub fn session(&self, person: Person) -> anyhow::Result<Caller> {
        let ctx = self.context(person)?;
        Ok(Caller::Session(session::start(
            &ctx,
            ctx.actor.seq(),
            "bench",
            "127.0.0.1",
        )?))
    }

    pub fn object(&self, name: &str) -> anyhow::Result<Arc<Object>> {
        self.engine
            .catalog()
            .object(name)
            .cloned()
            .with_context(|| format!("the object {name}"))
    }
}

/// Where a database's files lie, for a copy of it.
pub fn copy(from: &Path, to: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            std::fs::copy(entry.path(), to.join(entry.file_name()))
                .context("The kept data can't be copied.")?;
        }
    }
    Ok(())
}

pub fn url(folder: &Path) -> String {
    format!("sqlite:{}", file(folder).display())
}

pub fn file(folder: &Path) -> PathBuf {
    folder.join("guanxi.db")
}

fn fill(data: &Data, objects: &[&'static str]) -> anyhow::Result<()> {
    let count = |name: &str| match name {
        // One each, although the demonstration gives some customers a second one.
        "contact" => data.size as u64,
        name => data.plan.count(name),
    };
    let bar = terminal::bar(objects.iter().map(|name| count(name)).sum(), "data");
    for name in objects {
        let ctx = data.engine.system("bench")?.remembering_links();
        let object = data.object(name)?;
        let keys: Vec<u64> = (0..count(name)).collect();
        for chunk in keys.chunks(CHUNK) {
            let (context, object, plan, chunk) =
                (ctx.clone(), object.clone(), data.plan, chunk.to_vec());
            let rows = chunk.len() as u64;
            data.engine
                .store()
                .change(Weight::Bulk, move |tx| {
                    let records = chunk
                        .iter()
                        .filter_map(|key| plan.record(&object.name, *key));
                    create(tx, &context, &object, records)
                })
                .with_context(|| format!("{name} of the bench"))?;
            bar.inc(rows);
        }
    }
    search::index_all(&data.engine)?;
    bar.finish_and_clear();
    Ok(())
}

/// By pieces, as an import inserts. One that may lead to a record of its own piece goes alone, after that piece.
fn create(
    tx: &mut dyn Transaction,
    ctx: &Context,
    object: &Arc<Object>,
    records: impl Iterator<Item = DemoRecord>,
) -> EngineResult<()> {
    let mut piece = Vec::with_capacity(PIECE);
    for record in records {
        let leads_to_its_like = record.get("parent").is_some();
        if leads_to_its_like || piece.len() == PIECE {
            insert(tx, ctx, &mut piece)?;
        }
        piece.push(prepare(ctx, change(ctx, object, &record))?);
        if leads_to_its_like {
            insert(tx, ctx, &mut piece)?;
        }
    }
    insert(tx, ctx, &mut piece)
}

fn insert(tx: &mut dyn Transaction, ctx: &Context, piece: &mut Vec<Prepared>) -> EngineResult<()> {
    for made in apply_creates(tx, ctx, piece)? {
        made?;
    }
    piece.clear();
    Ok(())
}

/// The nine updates. They leave no trace in the present but the version, so the search index need not read them.
fn past(data: &Data) -> anyhow::Result<()> {
    let object = data.object("customer")?;
    let field = object
        .field("importance")
        .context("the field that was changed")?
        .column
        .clone();
    let now = data.engine.clock().now().as_microsecond();
    let bar = terminal::bar(data.size as u64 * (LOGGED - 1).unsigned_abs(), "change log");
    for round in 2..=LOGGED {
        let mut after = 0;
        loop {
            let rows = customers(data, &object, after)?;
            let Some((last, _, _)) = rows.last().copied() else {
                break;
            };
            after = last;
            bar.inc(rows.len() as u64);
            let (table, field) = (object.table.clone(), field.clone());
            data.engine.store().change(Weight::Bulk, move |tx| {
                let at = now - (LOGGED + 1 - round) * MONTH;
                let entries: Vec<LogEntry> = rows
                    .iter()
                    .map(|(seq, id, owner)| {
                        update((*seq, *id, *owner), &table, &field, (round, at))
                    })
                    .collect();
                tx.log(&entries)?;
                if round == LOGGED {
                    let (first, last) = (rows.first().map_or(0, |row| row.0), last);
                    let these = Cond::compare("seq", Op::GreaterOrEqual, first).and(Cond::compare(
                        "seq",
                        Op::LessOrEqual,
                        last,
                    ));
                    tx.update(&table, &[("version", Set::To(Cell::Int(LOGGED)))], &these)?;
                }
                Ok::<_, EngineError>(())
            })?;
        }
    }
    bar.finish_and_clear();
    let store = data.engine.store();
    if store.search_feed() == SearchFeed::FromLog {
        store.index("", &[], Some(store.log_head()?))?;
    }
    Ok(())
}

/// (`seq`, id, owner) of the next customers.
fn customers(data: &Data, object: &Object, after: i64) -> anyhow::Result<Vec<(i64, Uuid, i64)>> {
    let select = Select::of(&object.table, &["id", "owner"])
        .filter(Cond::compare("seq", Op::Greater, after))
        .order("seq", Direction::Ascending)
        .limit(CHUNK as u32);
    let rows = data
        .engine
        .store()
        .look(|view| Ok::<_, EngineError>(view.select(&select)?))?;
    let row = |row: &guanxi_store::Row| {
        (
            row.seq,
            row.cells[0].id().unwrap_or_default(),
            row.cells[1].int().unwrap_or_default(),
        )
    };
    Ok(rows.iter().map(row).collect())
}

fn update(
    (seq, id, owner): (i64, Uuid, i64),
    table: &str,
    field: &str,
    (version, at): (i64, i64),
) -> LogEntry {
    LogEntry {
        at,
        actor: owner,
        via: "web".to_owned(),
        object: table.to_owned(),
        record: id,
        seq,
        version,
        op: "update".to_owned(),
        old: Some(json!({field: 1 + (seq + version) % 5}).to_string()),
    }
}
