//! Import and export of all customers.

use super::creates::{columns, rows_after};
use super::data::{self, Data, Person};
use super::figures::{Memory, grouped, megabytes, rate, round};
use super::report::{Line, Verdict};
use crate::demo::{DemoRecord, DemoValue};
use anyhow::{Context as _, bail};
use guanxi_engine::export::{self, Request as Export};
use guanxi_engine::import::{self, Request, Run, Status};
use guanxi_meta::text;
use guanxi_store::yardstick::{Plain, PlainSearch, Save};
use serde_json::json;
use std::io::Write;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

const COLUMNS: [&str; 17] = [
    "name",
    "type",
    "status",
    "level",
    "source",
    "industry",
    "region",
    "address",
    "phone",
    "email",
    "website",
    "employees",
    "founded_year",
    "birthday",
    "importance",
    "description",
    "owner",
];
/// Rows of a commit of plain rusqlite: what the design measured as quickest.
const COMMIT: u32 = 50_000;
const SHARE_BAR: f64 = 0.6;
const TAIL_BAR: f64 = 0.7;
const MEMORY_BAR: f64 = 150.0;
const EXPORT_BAR: f64 = 200_000.0;

/// When how many rows were done.
struct Progress {
    start: Instant,
    ticks: Vec<(u64, Duration)>,
}

/// Into a new organisation with the same people; then plain rusqlite writes what it wrote.
pub fn import(folder: &Path, size: usize) -> anyhow::Result<Vec<Line>> {
    let home = folder.join("import");
    std::fs::create_dir_all(&home)?;
    let data = Data::organisation(&data::url(&home), size)?;
    let csv = folder.join("customers.csv");
    write_csv(&data, &csv)?;
    let idle = Memory::of(None).now;
    let peak = Peak::watch();
    let (status, progress) = run(&data, &csv)?;
    let took = progress.start.elapsed();
    let above = megabytes(peak.end().saturating_sub(idle));
    if status.created != size as u64 {
        let first = status
            .outcome
            .errors
            .first()
            .map(|error| error.message.clone())
            .unwrap_or_default();
        bail!(
            "{} of {size} rows came in; {} failed: {first}",
            status.created,
            status.failed
        );
    }
    let product = rate(status.created, took);
    let (first, last) = (progress.rate(0.0, 0.1), progress.rate(0.9, 1.0));
    let (plain_took, plain_progress) = plainly(&data, &home)?;
    let plain = rate(status.created, plain_took);
    let plain_tail = plain_progress.rate(0.9, 1.0) / plain_progress.rate(0.0, 0.1).max(1e-9);
    let share = product / plain;
    let tail = last / first.max(1e-9);
    let rows_only = rate(
        status.created,
        progress.ticks.last().map_or(took, |tick| tick.1),
    );
    let values = json!({"rows_per_s": round(product), "rows_per_s_without_search_tail": round(rows_only),
        "plain_rows_per_s": round(plain), "share_of_plain": round(share)});
    let note = format!(
        "plain rusqlite {}/s, share {share:.2}; until the last row {}/s, then the rest of the search text",
        grouped(plain),
        grouped(rows_only)
    );
    Ok(vec![
        Line::new("import, all of it", format!("{} rows/s", grouped(product)), values)
            .bar("≥ 60 % of plain", Verdict::at_least(share, SHARE_BAR))
            .note(note),
        Line::new(
            "the last tenth against the first",
            format!("{tail:.2} ({} and {} rows/s)", grouped(last), grouped(first)),
            json!({"ratio": round(tail), "first_rows_per_s": round(first), "last_rows_per_s": round(last)}),
        )
        .bar("≥ 0.7", Verdict::at_least(tail, TAIL_BAR))
        .note(format!("plain rusqlite, whose indexes grow as these do: {plain_tail:.2}")),
        Line::new("memory above idle", format!("{above:.0} MB"), json!({"mb": round(above)}))
            .bar("≤ 150 MB", Verdict::at_most(above, MEMORY_BAR)),
    ])
}

fn run(data: &Data, csv: &Path) -> anyhow::Result<(Status, Progress)> {
    let ctx = data.context(Person::Administrator)?;
    let object = data.object("customer")?;
    let mut progress = Progress {
        start: Instant::now(),
        ticks: Vec::new(),
    };
    let id = import::receive(&ctx, "customers.csv", &mut std::fs::File::open(csv)?)?;
    let mapping = import::preview(&ctx, id, &object, None)?.mapping;
    let request = Request {
        object: "customer".to_owned(),
        mapping,
        mode: None,
        match_fields: Vec::new(),
        run: Run::Write,
    };
    let bar = crate::terminal::bar(data.size as u64, "import");
    let status = import::run_now(&ctx, id, &request, &mut |status| {
        bar.set_position(status.rows);
        progress.ticks.push((status.rows, progress.start.elapsed()));
    })?;
    bar.finish_and_clear();
    Ok((status, progress))
}

impl Progress {
    /// Rows per second between two shares of the rows.
    fn rate(&self, from: f64, to: f64) -> f64 {
        let rows = self.ticks.last().map_or(0, |tick| tick.0) as f64;
        let when = |share: f64| {
            let wanted = rows * share;
            let (mut before, mut at) = (0.0, 0.0);
            for (done, time) in &self.ticks {
                let (done, time) = (*done as f64, time.as_secs_f64());
                if done >= wanted && done > before {
                    return at + (time - at) * (wanted - before) / (done - before);
                }
                (before, at) = (done, time);
            }
            at
        };
        rows * (to - from) / (when(to) - when(from)).max(1e-9)
    }
}

/// The same rows, indexes, log rows and search text. Reading them and cutting the tokens is not counted.
fn plainly(data: &Data, home: &Path) -> anyhow::Result<(Duration, Progress)> {
    let object = data.object("customer")?;
    let (from, to) = (data::file(home), home.join("plain.db"));
    let mut plain = Plain::like(&from, &to, &object.table, &columns(&object))?;
    let mut words = PlainSearch::create(&home.join("plain.search.db"))?;
    let entry = created(data, &object.table)?;
    let (mut after, mut took) = (0, Duration::ZERO);
    let mut progress = Progress {
        start: Instant::now(),
        ticks: Vec::new(),
    };
    let mut written = 0;
    loop {
        let rows = rows_after(data, &object, after, COMMIT)?;
        let Some((last, _)) = rows.last() else {
            return Ok((took, progress));
        };
        after = *last;
        let mut documents = Vec::with_capacity(rows.len());
        let mut saves = Vec::with_capacity(rows.len());
        for (seq, record) in rows {
            let mut tokens = String::new();
            record
                .searched()
                .iter()
                .for_each(|(_, words)| text::index_tokens(words, &mut tokens));
            documents.push((seq, tokens));
            let entry = guanxi_store::LogEntry {
                record: record.id,
                seq,
                ..entry.clone()
            };
            saves.push(Save::new(record.cells(), &entry));
        }
        let start = Instant::now();
        plain.bulk(&saves)?;
        words.bulk(&documents)?;
        took += start.elapsed();
        written += saves.len() as u64;
        progress.ticks.push((written, took));
    }
}

/// A log row of the import, for its texts.
fn created(data: &Data, table: &str) -> anyhow::Result<guanxi_store::LogEntry> {
    let head = data.engine.store().log_head()?;
    let rows = data.engine.store().log_after(head - 10, 10)?;
    rows.into_iter()
        .map(|row| row.entry)
        .find(|entry| entry.object == table)
        .context("a log row of the import")
}

/// As somebody else's system would write it.
fn write_csv(data: &Data, path: &Path) -> anyhow::Result<()> {
    let ctx = data.engine.system("bench")?;
    let email = |key: u64| {
        let user = ctx
            .directory
            .user_by_id(crate::commands::demo::id("user", key));
        user.map(|user| user.email.clone()).unwrap_or_default()
    };
    let mut file = csv::Writer::from_path(path)?;
    file.write_record(COLUMNS)?;
    for record in data.plan.records("customer") {
        let owner = record.owner.map(email).unwrap_or_default();
        let cell = |name: &&str| {
            if *name == "owner" {
                owner.clone()
            } else {
                cell(&record, name)
            }
        };
        file.write_record(COLUMNS.iter().map(cell))?;
    }
    file.flush()?;
    Ok(())
}

fn cell(record: &DemoRecord, name: &str) -> String {
    match record.get(name) {
        Some(DemoValue::Text(text)) => text.clone(),
        Some(DemoValue::Word(word)) => (*word).to_owned(),
        Some(DemoValue::Int(number)) => number.to_string(),
        Some(DemoValue::Date(date)) => date.to_string(),
        Some(DemoValue::Several(texts)) => texts.first().cloned().unwrap_or_default(),
        Some(DemoValue::Address(address)) => [
            address.province,
            address.city,
            address.district,
            &address.street,
        ]
        .concat(),
        _ => String::new(),
    }
}

/// All customers as CSV, for an administrator, who alone may take all of them away.
pub fn export(data: &Data) -> anyhow::Result<Vec<Line>> {
    let ctx = data.context(Person::Administrator)?;
    let object = data.object("customer")?;
    let mut out = Counting(0);
    let peak = Peak::watch();
    let idle = Memory::of(None).now;
    let start = Instant::now();
    let rows = export::run(&ctx, &object, &Export::default(), &mut out)?;
    let took = start.elapsed();
    let above = megabytes(peak.end().saturating_sub(idle));
    let per_s = rate(rows, took);
    let values =
        json!({"rows": rows, "rows_per_s": round(per_s), "bytes": out.0, "mb_above": round(above)});
    let note = format!(
        "{rows} rows with every field, {:.0} MB of CSV; memory above before {above:.0} MB",
        megabytes(out.0)
    );
    Ok(vec![
        Line::new(
            "export to CSV",
            format!("{} rows/s", grouped(per_s)),
            values,
        )
        .bar("≥ 200,000 rows/s", Verdict::at_least(per_s, EXPORT_BAR))
        .note(note),
    ])
}

/// Takes everything and keeps only how much it was.
struct Counting(u64);

impl Write for Counting {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0 += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Watches this process's memory for as long as something runs.
struct Peak {
    thread: std::thread::JoinHandle<u64>,
    going: std::sync::Arc<(AtomicBool, AtomicU64)>,
}

impl Peak {
    fn watch() -> Peak {
        let going = std::sync::Arc::new((AtomicBool::new(true), AtomicU64::new(0)));
        let shared = going.clone();
        let thread = std::thread::spawn(move || {
            while shared.0.load(Ordering::Relaxed) {
                shared.1.fetch_max(Memory::of(None).now, Ordering::Relaxed);
                std::thread::sleep(Duration::from_millis(20));
            }
            shared.1.load(Ordering::Relaxed)
        });
        Peak { thread, going }
    }

    fn end(self) -> u64 {
        self.going.0.store(false, Ordering::Relaxed);
        self.thread.join().unwrap_or_default()
    }
}
