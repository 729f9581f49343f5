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

use crate::cli::Bench;
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
        Some(url) => on_postgres(url, arguments.size, &mut report)?,
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
    say("import, and the same by plain rusqlite");
    report.add_or_reason(
        "Import (a new organisation, CSV)",
        bulk::import(folder, size),
    );
    scratch.forget("import");
    let small = if size > SMALL {
        Some(small(scratch)?)
    } else {
        None
    };
    let kept = scratch.data(size);
    say("data");
    // Kept data stays as it is: what is measured works on a copy.
    drop(Data::at(&data::url(&kept), size)?);
    let work = folder.join("work");
    data::copy(&kept, &work)?;
    let data = Data::at(&data::url(&work), size)?;
    let host = Host::start(&data.engine)?;
    readings(&data, &host, small.as_deref(), report);
    host.stop();
    say("export");
    report.add_or_reason("Export", bulk::export(&data));
    say("start and memory");
    report.add_or_reason("Start and memory", child::lines(&data));
    // Last, since it makes the data more than it was.
    say("creations, and the same by plain rusqlite");
    let lines = creates::lines(&data, Some(&data::file(&work)));
    report.add_or_reason("Creating through REST, durable", lines);
    Ok(())
}

/// A schema of its own, gone afterwards. What lies beside a file of SQLite has no meaning here.
fn on_postgres(url: &str, size: usize, report: &mut Report) -> anyhow::Result<()> {
    let separator = if url.contains('?') { '&' } else { '?' };
    let url = format!("{url}{separator}schema=bench_{}", std::process::id());
    say("data");
    let outcome = Data::at(&url, size).and_then(|data| {
        let host = Host::start(&data.engine)?;
        readings(&data, &host, None, report);
        host.stop();
        report.add_or_reason("Export", bulk::export(&data));
        report.add_or_reason("Start and memory", child::lines(&data));
        report.add_or_reason(
            "Creating through REST, durable",
            creates::lines(&data, None),
        );
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
