//! What the store adds to plain rusqlite: `cargo run --release -p guanxi-store --example raw [postgres://…]`.

use guanxi_meta::{Cell, ColumnSpec, ColumnType, TableSpec};
use guanxi_query::cond::{Cond, Direction, Select};
use guanxi_store::{LogEntry, Store, StoreError, StoreExt, Transaction, Weight};
use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant};
use uuid::Uuid;

const COLUMNS: [&str; 5] = ["id", "owner", "name", "key", "amount"];
const LOADED: i64 = 200_000;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let plain = plain(&folder.path().join("plain.db"))?;
    println!("plain rusqlite, one commit each       {:>9}", show(plain));
    let url = std::env::args().nth(1);
    let url = url.unwrap_or_else(|| format!("sqlite:{}", folder.path().join("store.db").display()));
    let store = guanxi_store::open(&url)?;
    prepare(&store)?;
    let one = saves(&store, 1, 1_000)?;
    println!(
        "store, 1 caller                       {:>9}   ratio {:.2}",
        show(one),
        ratio(one, plain)
    );
    let eight = saves(&store, 8, 500)?;
    println!(
        "store, 8 callers, per save            {:>9}   ratio {:.2}",
        show(eight),
        ratio(eight, plain)
    );
    let load = Instant::now();
    for start in (0..LOADED).step_by(20_000) {
        store.change::<_, StoreError>(Weight::Bulk, move |transaction| {
            let rows = (start..start + 20_000).map(row).collect();
            transaction.insert("customer", &COLUMNS, rows)
        })?;
    }
    println!(
        "bulk, per row                         {:>9}",
        show(load.elapsed() / LOADED as u32)
    );
    store.optimise()?;
    println!(
        "page of 50 by key, one owner          {:>9}",
        show(pages(&store, 1)?)
    );
    println!(
        "page of 50 by key, 20 owners merged   {:>9}",
        show(pages(&store, 20)?)
    );
    println!(
        "one row by id                         {:>9}",
        show(lookups(&store)?)
    );
    Ok(())
}

fn show(each: Duration) -> String {
    format!("{:.1} µs", each.as_secs_f64() * 1e6)
}

fn ratio(one: Duration, other: Duration) -> f64 {
    one.as_secs_f64() / other.as_secs_f64()
}

fn id(number: i64) -> Uuid {
    Uuid::from_u128((number as u128).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835))
}

fn row(number: i64) -> Vec<Cell> {
    let key = (number * 7_919) % 1_000_003;
    let name = format!("customer number {number}");
    vec![
        Cell::Id(id(number)),
        Cell::Int(number % 50),
        Cell::from(name),
        Cell::Bytes(key.to_be_bytes().to_vec()),
        Cell::Int(number * 100),
    ]
}

fn entry(seq: i64, record: Uuid) -> LogEntry {
    LogEntry {
        at: 1_700_000_000_000_000,
        actor: 1,
        via: "web".to_owned(),
        object: "customer".to_owned(),
        record,
        seq,
        version: 1,
        op: "create".to_owned(),
        old: None,
    }
}

/// The same rows, indexes and durability by hand.
fn plain(path: &std::path::Path) -> Result<Duration, Box<dyn Error>> {
    let connection = rusqlite::Connection::open(path)?;
    connection.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
         CREATE TABLE customer (seq INTEGER PRIMARY KEY, id BLOB, owner INTEGER, name TEXT, key BLOB, amount INTEGER);
         CREATE UNIQUE INDEX a ON customer (id); CREATE INDEX b ON customer (owner, key);
         CREATE TABLE log (seq INTEGER PRIMARY KEY, at, actor, via, object, record, record_seq, version, op);
         CREATE INDEX c ON log (record)",
    )?;
    let count = 1_000_u32;
    let start = Instant::now();
    for number in 0..count {
        connection.execute_batch("BEGIN IMMEDIATE")?;
        let id = id(i64::from(number));
        connection
            .prepare_cached(
                "INSERT INTO customer (id, owner, name, key, amount) VALUES (?, ?, ?, ?, ?)",
            )?
            .execute((
                id.as_bytes(),
                number % 50,
                format!("customer number {number}"),
                number.to_be_bytes(),
                number,
            ))?;
        connection
            .prepare_cached("INSERT INTO log (at, actor, via, object, record, record_seq, version, op) VALUES (1, 1, 'web', 'customer', ?, ?, 1, 'create')")?
            .execute((id.as_bytes(), number))?;
        connection.execute_batch("COMMIT")?;
    }
    Ok(start.elapsed() / count)
}

fn prepare(store: &Arc<dyn Store>) -> Result<(), StoreError> {
    let types = [
        ColumnType::Id,
        ColumnType::Int,
        ColumnType::Text,
        ColumnType::Bytes,
        ColumnType::Int,
    ];
    let columns = COLUMNS
        .iter()
        .zip(types)
        .map(|(name, ty)| ColumnSpec::new(*name, ty))
        .collect();
    let table = TableSpec::new("customer", columns)
        .unique(&["id"])
        .index(&["owner", "key"]);
    store.create_table(&table)?;
    table
        .indexes
        .iter()
        .try_for_each(|index| store.create_index(&table, index))
}

fn save(transaction: &mut dyn Transaction, number: i64) -> Result<(), StoreError> {
    let seqs = transaction.insert("customer", &COLUMNS, vec![row(number)])?;
    transaction.log(&[entry(seqs[0], id(number))])
}

fn saves(store: &Arc<dyn Store>, callers: i64, each: i64) -> Result<Duration, StoreError> {
    let start = Instant::now();
    std::thread::scope(|scope| {
        let caller = |caller: i64| {
            (0..each).try_for_each(|turn| {
                let number = -(1 + caller * each + turn + callers * 1_000_000);
                store.change::<_, StoreError>(Weight::Light, move |transaction| {
                    save(transaction, number)
                })
            })
        };
        let threads: Vec<_> = (0..callers)
            .map(|number| scope.spawn(move || caller(number)))
            .collect();
        threads.into_iter().try_for_each(|thread| {
            thread
                .join()
                .unwrap_or_else(|_| Err(StoreError::Broken("a caller panicked".to_owned())))
        })
    })?;
    Ok(start.elapsed() / (callers * each) as u32)
}

/// Walks through pages of one branch per owner.
fn pages(store: &Arc<dyn Store>, owners: i64) -> Result<Duration, StoreError> {
    let mut select = Select::of("customer", &["key", "id", "name", "amount"])
        .order("key", Direction::Ascending)
        .limit(50);
    select.branches = (0..owners)
        .map(|owner| Cond::equal("owner", owner))
        .collect();
    let turns = 1_000;
    let start = Instant::now();
    for _ in 0..turns {
        let rows = store.look::<_, StoreError>(|view| view.select(&select))?;
        select.after = rows.last().map(|row| (vec![row.cells[0].clone()], row.seq));
    }
    Ok(start.elapsed() / turns)
}

fn lookups(store: &Arc<dyn Store>) -> Result<Duration, StoreError> {
    let turns = 5_000;
    let start = Instant::now();
    for number in 0..turns {
        let sought = id((i64::from(number) * 7_919) % LOADED);
        let select = Select::of("customer", &["name", "owner", "amount"])
            .filter(Cond::equal("id", sought))
            .limit(1);
        let rows = store.look::<_, StoreError>(|view| view.select(&select))?;
        if rows.len() != 1 {
            return Err(StoreError::Broken("a row is missing".to_owned()));
        }
    }
    Ok(start.elapsed() / turns)
}
