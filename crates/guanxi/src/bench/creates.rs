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
use guanxi_engine::{Context, EngineError, Record};
use guanxi_meta::{Cell, Object};
use guanxi_query::cond::{Cond, Direction, Op, Select};
use guanxi_store::StoreExt;
use guanxi_store::yardstick::{Plain, Save};
use serde_json::json;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Clients, and creations of each in one round.
const LOADS: [(usize, usize); 3] = [(1, 300), (8, 150), (64, 50)];
/// Product and plain rusqlite take turns, so that what else the machine does falls on both.
const ROUNDS: usize = 3;
/// The bar is on eight clients: the share of plain rusqlite.
const BAR: f64 = 0.6;
const BARRED: usize = 8;

/// What one side came to in all rounds.
#[derive(Default)]
struct Side {
    took: Vec<Duration>,
    all: Duration,
}

impl Side {
    fn add(&mut self, (took, all): (Vec<Duration>, Duration)) {
        self.took.extend(took);
        self.all += all;
    }

    fn figures(self) -> (Times, f64) {
        let per_s = rate(self.took.len() as u64, self.all);
        (Times::of(self.took), per_s)
    }
}

/// Through REST, and where there is a file, by plain rusqlite on it while the server is gone.
pub fn lines(data: &Data, file: Option<&Path>) -> anyhow::Result<Vec<Line>> {
    let object = data.object("customer")?;
    let columns = columns(&object);
    let mut bodies = Bodies::new(data)?;
    let mut lines = Vec::new();
    for (clients, each) in LOADS {
        let (mut product, mut plain) = (Side::default(), Side::default());
        for _ in 0..ROUNDS {
            let parts: anyhow::Result<Vec<Vec<Vec<u8>>>> = (0..clients)
                .map(|_| (0..each).map(|_| bodies.next()).collect())
                .collect();
            let before = data.engine.store().log_head()?;
            let host = Host::start(&data.engine)?;
            let loaded = load(data, &host, parts?);
            host.stop();
            product.add(loaded?);
            let after = data.engine.store().log_head()?;
            if let Some(file) = file {
                let saves = saves(data, &object, (before, after))?;
                plain.add(Plain::open(file, &object.table, &columns)?.grouped(clients, &saves)?);
            }
        }
        lines.push(line(
            clients,
            product.figures(),
            file.map(|_| plain.figures()),
        ));
    }
    Ok(lines)
}

/// Customers that are not there yet, as a client writes them.
struct Bodies {
    ctx: Context,
    object: Arc<Object>,
    plan: Plan,
    key: u64,
}

impl Bodies {
    fn new(data: &Data) -> anyhow::Result<Bodies> {
        let more = ROUNDS
            * LOADS
                .iter()
                .map(|(clients, each)| clients * each)
                .sum::<usize>();
        Ok(Bodies {
            ctx: data.context(Person::Salesperson)?,
            object: data.object("customer")?,
            plan: Plan::new(data.size + more, day(data)),
            key: data.size as u64,
        })
    }

    fn next(&mut self) -> anyhow::Result<Vec<u8>> {
        let record = self
            .plan
            .record("customer", self.key)
            .context("one more customer")?;
        self.key += 1;
        let mut fields = change(&self.ctx, &self.object, &record).fields;
        // What the caller may not see it may not link to, and it keeps what it makes.
        for name in ["parent", "competitors", "owner", "last_contact_at"] {
            fields.remove(name);
        }
        Ok(serde_json::to_vec(&fields)?)
    }
}

fn day(data: &Data) -> jiff::civil::Date {
    data.engine
        .clock()
        .now()
        .to_zoned(data.engine.zone())
        .date()
}

/// What each request took, and all of them together.
fn load(
    data: &Data,
    host: &Host,
    parts: Vec<Vec<Vec<u8>>>,
) -> anyhow::Result<(Vec<Duration>, Duration)> {
    let caller = data.token(Person::Salesperson)?;
    let clients: anyhow::Result<Vec<Client>> = parts
        .iter()
        .map(|_| Client::connect(host.address, &caller))
        .collect();
    let mut clients = clients?;
    // Connections, threads and the token's first use are not what is measured.
    for client in &mut clients {
        client.timed("/api/v1/records/customer?limit=1")?;
    }
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
        let joined = threads.into_iter().map(|thread| {
            thread
                .join()
                .map_err(|_| anyhow::anyhow!("a client panicked"))?
        });
        joined.collect::<anyhow::Result<Vec<Vec<Duration>>>>()
    })?;
    Ok((took.into_iter().flatten().collect(), start.elapsed()))
}

fn line(clients: usize, (times, per_s): (Times, f64), plain: Option<(Times, f64)>) -> Line {
    let name = format!(
        "creations, {clients} client{}",
        if clients == 1 { "" } else { "s" }
    );
    let shown = format!("{}/s {}", grouped(per_s), times.words());
    let mut values = times.json();
    values["per_s"] = json!(round(per_s));
    let Some((plain, plain_per_s)) = plain else {
        let line = Line::new(name, shown, values);
        return if clients == BARRED {
            line.note("the bar is about SQLite")
        } else {
            line
        };
    };
    let share = per_s / plain_per_s;
    values["plain"] = plain.json();
    values["plain"]["per_s"] = json!(round(plain_per_s));
    values["share_of_plain"] = json!(round(share));
    let note = format!(
        "plain rusqlite: {}/s {}; share {share:.2}",
        grouped(plain_per_s),
        plain.words()
    );
    let line = Line::new(name, shown, values).note(note);
    if clients == BARRED {
        line.bar("≥ 60 % of plain", Verdict::at_least(share, BAR))
    } else {
        line
    }
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
    for row in data
        .engine
        .store()
        .log_after(from, u32::try_from(to - from)?)?
    {
        let mut entry = row.entry;
        if entry.object != object.table || entry.old.is_some() {
            continue;
        }
        let select = Select::from(&object.table, object.columns())
            .filter(Cond::equal("seq", entry.seq))
            .limit(1);
        let rows = data
            .engine
            .store()
            .look(|view| Ok::<_, EngineError>(view.select(&select)?))?;
        let mut cells =
            Record::from_row(object, rows.first().context("a customer that was made")?).cells();
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
pub fn rows_after(
    data: &Data,
    object: &Arc<Object>,
    after: i64,
    limit: u32,
) -> anyhow::Result<Vec<(i64, Record)>> {
    let select = Select::from(&object.table, object.columns())
        .filter(Cond::compare("seq", Op::Greater, after))
        .order("seq", Direction::Ascending)
        .limit(limit);
    let rows = data
        .engine
        .store()
        .look(|view| Ok::<_, EngineError>(view.select(&select)?))?;
    Ok(rows
        .iter()
        .map(|row| (row.seq, Record::from_row(object, row)))
        .collect())
}
