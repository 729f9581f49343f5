//! The machine's own limits, so that figures of two machines can be laid side by side.

use super::figures::{grouped, rate, round};
use super::report::Line;
use anyhow::Context as _;
use guanxi_meta::Cell;
use guanxi_store::LogEntry;
use guanxi_store::yardstick::{Plain, Save};
use serde_json::json;
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;
use std::time::{Duration, Instant};
use uuid::Uuid;

const SYNCS: u64 = 300;
const COMMITS: usize = 500;
const BLOCK: usize = 64 << 20;

pub fn limits(folder: &Path) -> anyhow::Result<Vec<Line>> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let (syncs, commits, copies) = (syncs(folder)?, commits(folder)?, copies());
    Ok(vec![
        Line::new("processors", cores.to_string(), json!({"cores": cores})),
        Line::new(
            "durable writes of 4 KiB to the folder (fdatasync)",
            format!("{}/s", grouped(syncs)),
            json!({"per_s": round(syncs)}),
        ),
        Line::new(
            "plain SQLite, one small row and its log row a commit",
            format!("{}/s", grouped(commits)),
            json!({"per_s": round(commits)}),
        ),
        Line::new(
            "other work before the run (load average)",
            load(),
            json!({"load": load()}),
        ),
        Line::new(
            "memory copied",
            format!("{copies:.1} GB/s"),
            json!({"gb_per_s": round(copies)}),
        ),
    ])
}

/// Figures of a machine that does something else are worth less: of the last minute.
fn load() -> String {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().unwrap_or_default().to_owned()
}

/// In place, as a write-ahead log that starts over is written.
fn syncs(folder: &Path) -> anyhow::Result<f64> {
    let path = folder.join("syncs");
    let mut file = std::fs::File::create(&path).context("a file for the syncs")?;
    let block = [7_u8; 4096];
    file.write_all(&block.repeat(256))?;
    file.sync_all()?;
    let start = Instant::now();
    for turn in 0..SYNCS {
        file.seek(SeekFrom::Start(turn % 256 * 4096))?;
        file.write_all(&block)?;
        file.sync_data()?;
    }
    let took = start.elapsed();
    std::fs::remove_file(path)?;
    Ok(rate(SYNCS, took))
}

fn commits(folder: &Path) -> anyhow::Result<f64> {
    let path = folder.join("commits.db");
    // Opening makes the log's table; the small rows go there too, since it is one.
    drop(guanxi_store::open(&format!("sqlite:{}", path.display()))?);
    let entry = LogEntry {
        at: 1,
        actor: 1,
        via: "bench".to_owned(),
        object: "customer".to_owned(),
        record: Uuid::nil(),
        seq: 1,
        version: 1,
        op: "create".to_owned(),
        old: None,
    };
    let saves = vec![Save::new(vec![Cell::Int(1), Cell::from("small")], &entry); COMMITS];
    let columns = ["at".to_owned(), "via".to_owned()];
    let took: Duration = Plain::open(&path, guanxi_store::log::TABLE, &columns)?
        .singly(&saves)?
        .iter()
        .sum();
    for suffix in ["", "-wal", "-shm", ".search", ".search-wal", ".search-shm"] {
        let _was_not_there = std::fs::remove_file(folder.join(format!("commits.db{suffix}")));
    }
    Ok(rate(COMMITS as u64, took))
}

fn copies() -> f64 {
    let source = vec![1_u8; BLOCK];
    let mut target = vec![0_u8; BLOCK];
    let turns = 8;
    let start = Instant::now();
    for _ in 0..turns {
        target.copy_from_slice(std::hint::black_box(&source));
        std::hint::black_box(&mut target);
    }
    (BLOCK * turns) as f64 / start.elapsed().as_secs_f64() / 1e9
}
