//! The project's own benchmark: the data of the bars, measured over real HTTP, laid beside plain rusqlite and beside
//! the machine's own limits in the same run.

mod bulk;
mod child;
mod creates;
mod data;
mod figures;
mod host;
mod http;
mod machine;
mod reads;
mod report;

use crate::cli::{Bench, BenchPart};
use crate::terminal;
use anyhow::Context as _;
use data::Data;
use host::Host;
use reads::Reading;
use report::{Line, Report};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// The size that growth is measured from.
const SMALL: usize = 10_000;

pub fn run(arguments: Bench) -> anyhow::Result<ExitCode> {
    let scratch = Scratch::make(arguments.keep.as_deref())?;
    let postgres = arguments
        .database
        .db
        .as_deref()
        .filter(|url| !url.starts_with("sqlite:"));
    let mut report = Report::default();
    say("the machine's own limits");
    report.add_or_reason("The machine", machine::limits(&scratch.folder));
    match postgres {
        Some(url) => on_postgres(url, &arguments, &mut report)?,
        None => on_sqlite(&arguments, &scratch, &mut report)?,
    }
    let head = json!({"size": arguments.size, "db": if postgres.is_some() { "postgres" } else { "sqlite" },
        "version": env!("CARGO_PKG_VERSION"), "debug": cfg!(debug_assertions)});
    if arguments.json {
        terminal::json(&report.json(&head));
    } else {
        println!("{}", report.text());
    }
    Ok(ExitCode::SUCCESS)
}

fn on_sqlite(arguments: &Bench, scratch: &Scratch, report: &mut Report) -> anyhow::Result<()> {
    let size = arguments.size;
    let folder = &scratch.folder;
    if arguments.wants(BenchPart::Import) {
        say("import, and the same by plain rusqlite");
        report.add_or_reason(
            "Import (a new organisation, CSV)",
            bulk::import(folder, size),
        );
        scratch.forget("import");
    }
    let compared = size > SMALL && arguments.wants(BenchPart::Read);
    let small = if compared {
        Some(small(scratch)?)
    } else {
        None
    };
    if arguments.only == [BenchPart::Import] {
        return Ok(());
    }
    let kept = scratch.data(size);
    say("data");
    // Kept data stays as it is: what is measured works on a copy.
    drop(Data::at(&data::url(&kept), size)?);
    let work = folder.join("work");
    data::copy(&kept, &work)?;
    let data = Data::at(&data::url(&work), size)?;
    if arguments.wants(BenchPart::Read) {
        let host = Host::start(&data.engine)?;
        readings(&data, &host, small.as_deref(), report);
        host.stop();
    }
    // Creations last, since they make the data more than it was.
    rest(&data, Some(&data::file(&work)), arguments, report);
    Ok(())
}

/// What is measured alike on both databases, after the readings.
fn rest(data: &Data, file: Option<&Path>, arguments: &Bench, report: &mut Report) {
    if arguments.wants(BenchPart::Export) {
        say("export");
        report.add_or_reason("Export", bulk::export(data));
    }
    if arguments.wants(BenchPart::Start) {
        say("start and memory");
        report.add_or_reason("Start and memory", child::lines(data));
    }
    if arguments.wants(BenchPart::Create) {
        say("creations, and the same by plain rusqlite");
        report.add_or_reason("Creating through REST, durable", creates::lines(data, file));
    }
}

/// A schema of its own, gone afterwards. What lies beside a file of SQLite has no meaning here.
fn on_postgres(url: &str, arguments: &Bench, report: &mut Report) -> anyhow::Result<()> {
    let separator = if url.contains('?') { '&' } else { '?' };
    let url = format!("{url}{separator}schema=bench_{}", std::process::id());
    say("data");
    let outcome = Data::at(&url, arguments.size).and_then(|data| {
        if arguments.wants(BenchPart::Read) {
            let host = Host::start(&data.engine)?;
            readings(&data, &host, None, report);
            host.stop();
        }
        rest(&data, None, arguments, report);
        Ok(())
    });
    let dropped = guanxi_store::postgres::drop_schema(&url)
        .context("The bench's schema could not be dropped.");
    outcome.and(dropped)
}

fn readings(data: &Data, host: &Host, small: Option<&[Reading]>, report: &mut Report) {
    say("reading");
    let rest = reads::rest(data, host).map(|readings| reads::rest_lines(&readings, small));
    report.add_or_reason("Reading over REST, one client", rest);
    report.add_or_reason("Reading as pages, one client", reads::pages(data, host));
    report.add_or_reason("Without an index", reads::ad_hoc(data, host));
    let bar = "≤ 100 ms".to_owned();
    let reason = "the cube belongs to analysis, which this release does not have";
    report.add(
        "Analysis",
        vec![Line::missing(
            "a cube over 10,000,000 order lines",
            bar,
            reason,
        )],
    );
}

/// The same readings at the small size, in the same run on the same machine.
fn small(scratch: &Scratch) -> anyhow::Result<Vec<Reading>> {
    say("reading at 10,000, for comparison");
    let home = scratch.folder.join("small");
    std::fs::create_dir_all(&home)?;
    let data = Data::at(&data::url(&home), SMALL)?;
    let host = Host::start(&data.engine)?;
    let readings = reads::rest(&data, &host);
    host.stop();
    drop(data);
    scratch.forget("small");
    readings
}

fn say(what: &str) {
    eprintln!("bench: {what}");
}

/// Where the run writes. All of it goes afterwards, save what is kept.
struct Scratch {
    folder: PathBuf,
    kept: Option<PathBuf>,
}

impl Scratch {
    fn make(kept: Option<&Path>) -> anyhow::Result<Scratch> {
        let parent = kept.map_or_else(std::env::temp_dir, Path::to_owned);
        let folder = parent.join(format!("guanxi-bench-{}", std::process::id()));
        std::fs::create_dir_all(&folder)
            .with_context(|| format!("The folder {} can't be made.", folder.display()))?;
        Ok(Scratch {
            folder,
            kept: kept.map(Path::to_owned),
        })
    }

    fn data(&self, size: usize) -> PathBuf {
        self.kept
            .as_ref()
            .unwrap_or(&self.folder)
            .join(format!("data-{size}"))
    }

    fn forget(&self, part: &str) {
        let _goes_at_the_end = std::fs::remove_dir_all(self.folder.join(part));
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.folder) {
            eprintln!("bench: {} stays: {error}", self.folder.display());
        }
    }
}
