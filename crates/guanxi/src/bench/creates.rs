//! Creating through REST, each answer after a durable commit, beside plain rusqlite with group commit: the rows that
//! the product has just written, under new identities, into the same file with the same indexes.

use super::data::{Data, Person};
use super::figures::{Times, grouped, rate, round};
use super::host::Host;
use super::http::Client;
use super::report::{Line, Verdict};
use crate::commands::demo::change;
use crate::demo::Plan;
use anyhow::Context as _;
use guanxi_engine::{EngineError, Record};
use guanxi_meta::{Cell, Object};
use guanxi_query::cond::{Cond, Direction, Op, Select};
use guanxi_store::StoreExt;
use guanxi_store::yardstick::{Plain, Save};
use serde_json::json;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Clients, and creations of each.
const LOADS: [(usize, usize); 3] = [(1, 600), (8, 300), (64, 100)];
/// The bar is on eight clients: the share of plain rusqlite.
const BAR: f64 = 0.6;
const BARRED: usize = 8;

/// What one number of clients came to.
pub struct Load {
    clients: usize,
    times: Times,
    per_s: f64,
    /// Positions of the log before and after.
    log: (i64, i64),
}

/// Through REST.
pub fn product(data: &Data, host: &Host) -> anyhow::Result<Vec<Load>> {
    let ctx = data.context(Person::Salesperson)?;
    let object = data.object("customer")?;
    let plan = Plan::new(data.size + LOADS.iter().map(|(clients, each)| clients * each).sum::<usize>(), day(data));
    let mut key = data.size as u64;
    let mut loads = Vec::new();
    for (clients, each) in LOADS {
        let mut body = || -> anyhow::Result<Vec<u8>> {
            let mut fields = change(&ctx, &object, &plan.record("customer", key).context("one more customer")?).fields;
            key += 1;
            // What the caller may not see it may not link to, and it keeps what it makes.
            for name in ["parent", "competitors", "owner", "last_contact_at"] {
                fields.remove(name);
            }
            Ok(serde_json::to_vec(&fields)?)
        };
        let parts: anyhow::Result<Vec<Vec<Vec<u8>>>> =
            (0..clients).map(|_| (0..each).map(|_| body()).collect()).collect();
        loads.push(load(data, host, parts?)?);
    }
    Ok(loads)
}

fn day(data: &Data) -> jiff::civil::Date {
    data.engine.clock().now().to_zoned(data.engine.zone()).date()
}

fn load(data: &Data, host: &Host, parts: Vec<Vec<Vec<u8>>>) -> anyhow::Result<Load> {
    let caller = data.token(Person::Salesperson)?;
    let clients: anyhow::Result<Vec<Client>> = parts.iter().map(|_| Client::connect(host.address, &caller)).collect();
    let before = data.engine.store().log_head()?;
    let clients = clients?;
    let count = clients.len();
    let start = Instant::now();
    let took = std::thread::scope(|scope| {
        let work = |(mut client, bodies): (Client, Vec<Vec<u8>>)| {
            scope.spawn(move || -> anyhow::Result<Vec<Duration>> {
                let mut took = Vec::with_capacity(bodies.len());
                for body in bodies {
                    let start = Instant::now();
                    let reply = client.post("/api/v1/records/customer", &body)?;
                    took.push(start.elapsed());
                    reply.expect_success("a creation")?;
                }
                Ok(took)
            })
        };
        let threads: Vec<_> = clients.into_iter().zip(parts).map(work).collect();
        let joined = threads.into_iter().map(|thread| thread.join().map_err(|_| anyhow::anyhow!("a client panicked"))?);
        joined.collect::<anyhow::Result<Vec<Vec<Duration>>>>()
    })?;
    let all = start.elapsed();
    let took: Vec<Duration> = took.into_iter().flatten().collect();
    let per_s = rate(took.len() as u64, all);
    let log = (before, data.engine.store().log_head()?);
    Ok(Load { clients: count, times: Times::of(took), per_s, log })
}

/// Plain rusqlite on the same file, once the server is gone; then both in one line for each number of clients.
pub fn beside_plain(data: &Data, path: &Path, loads: Vec<Load>) -> anyhow::Result<Vec<Line>> {
    let object = data.object("customer")?;
    let columns = columns(&object);
    let mut lines = Vec::new();
    for load in loads {
        let saves = saves(data, &object, load.log)?;
        let mut plain = Plain::open(path, &object.table, &columns)?;
        let (took, all) = plain.grouped(load.clients, &saves)?;
        let times = Times::of(took);
        lines.push(line(&load, Some((times, rate(times.count as u64, all)))));
    }
    Ok(lines)
}

/// Where there is no file to write plainly.
pub fn alone(loads: &[Load]) -> Vec<Line> {
    loads.iter().map(|load| line(load, None)).collect()
}

fn line(load: &Load, plain: Option<(Times, f64)>) -> Line {
    let name = format!("creations, {} client{}", load.clients, if load.clients == 1 { "" } else { "s" });
    let shown = format!("{}/s {}", grouped(load.per_s), load.times.words());
    let mut values = load.times.json();
    values["per_s"] = json!(round(load.per_s));
    let Some((times, per_s)) = plain else {
        let line = Line::new(name, shown, values);
        return if load.clients == BARRED { line.note("the bar is about SQLite") } else { line };
    };
    let share = load.per_s / per_s;
    values["plain"] = times.json();
    values["plain"]["per_s"] = json!(round(per_s));
    values["share_of_plain"] = json!(round(share));
    let note = format!("plain rusqlite: {}/s {}; share {share:.2}", grouped(per_s), times.words());
    let line = Line::new(name, shown, values).note(note);
    if load.clients == BARRED { line.bar("≥ 60 % of plain", Verdict::at_least(share, BAR)) } else { line }
}

/// Columns of a stored row, the title's key among them.
pub fn columns(object: &Object) -> Vec<String> {
    let mut columns = object.columns();
    columns.push(Object::TITLE_KEY.to_owned());
    columns
}

/// The customers that were made between two positions of the log, with their log rows, under new identities.
fn saves(data: &Data, object: &Arc<Object>, (from, to): (i64, i64)) -> anyhow::Result<Vec<Save>> {
    let number = columns(object).iter().position(|name| name == "number");
    let mut saves = Vec::new();
    for row in data.engine.store().log_after(from, u32::try_from(to - from)?)? {
        let mut entry = row.entry;
        if entry.object != object.table || entry.old.is_some() {
            continue;
        }
        let select = Select::from(&object.table, object.columns()).filter(Cond::equal("seq", entry.seq)).limit(1);
        let rows = data.engine.store().look(|view| Ok::<_, EngineError>(view.select(&select)?))?;
        let mut cells = Record::from_row(object, rows.first().context("a customer that was made")?).cells();
        entry.record = data.engine.ids().next();
        cells[0] = Cell::Id(entry.record);
        if let Some(Cell::Text(text)) = number.map(|at| &mut cells[at]) {
            text.insert(0, 'P');
        }
        saves.push(Save::new(cells, &entry));
    }
    Ok(saves)
}

/// The rows after a `seq`, as an import left them, in its order.
pub fn rows_after(data: &Data, object: &Arc<Object>, after: i64, limit: u32) -> anyhow::Result<Vec<(i64, Record)>> {
    let select = Select::from(&object.table, object.columns())
        .filter(Cond::compare("seq", Op::Greater, after))
        .order("seq", Direction::Ascending)
        .limit(limit);
    let rows = data.engine.store().look(|view| Ok::<_, EngineError>(view.select(&select)?))?;
    Ok(rows.iter().map(|row| (row.seq, Record::from_row(object, row))).collect())
}
