//! `import` and `export`.

use super::{acting, engine};
use crate::cli::{Export, Import};
use crate::terminal;
use anyhow::{Context as _, bail};
use guanxi_engine::import::{self, Mapping, Mode, Request, Run, State, Status};
use guanxi_engine::{Context, Engine, export as exports};
use indicatif::ProgressBar;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::ExitCode;
use uuid::Uuid;

pub fn import(arguments: Import) -> anyhow::Result<ExitCode> {
    let engine = engine(arguments.database.db.as_deref())?;
    let ctx = acting_or_first(&engine, arguments.user.as_deref(), "import")?;
    let bar = terminal::bar(1000, "import");
    let status = match &arguments.undo {
        Some(id) => take_back(&ctx, id, &bar)?,
        None => bring_in(&ctx, &arguments, &bar)?,
    };
    bar.finish_and_clear();
    show(&ctx, &arguments, &status)
}

fn take_back(ctx: &Context, id: &str, bar: &ProgressBar) -> anyhow::Result<Status> {
    let id: Uuid = id.parse().with_context(|| format!("{id} is no import."))?;
    Ok(import::undo_now(ctx, id, &mut |status| {
        advance(bar, status)
    })?)
}

fn bring_in(ctx: &Context, arguments: &Import, bar: &ProgressBar) -> anyhow::Result<Status> {
    let (Some(name), Some(path)) = (&arguments.object, &arguments.file) else {
        bail!("Give OBJECT and FILE.")
    };
    let object = ctx
        .object(name)
        .with_context(|| format!("There is no object {name}."))?;
    let mode = match arguments.mode.as_deref() {
        None => None,
        Some(text) => Some(
            Mode::parse(text)
                .with_context(|| format!("--mode takes create, update or upsert, not {text}."))?,
        ),
    };
    let mut file =
        std::fs::File::open(path).with_context(|| format!("{} can't be read.", path.display()))?;
    let file_name = path
        .file_name()
        .and_then(|name| name.to_str())
        .unwrap_or("file");
    let id = import::receive(ctx, file_name, &mut file)?;
    // Without one, what the headings say.
    let mapping = match &arguments.map {
        Some(path) => mapping(path)?,
        None => Mapping::default(),
    };
    let match_fields = arguments.match_fields.as_deref().unwrap_or_default();
    let request = Request {
        object: object.name.clone(),
        mapping,
        mode,
        match_fields: match_fields
            .split(',')
            .map(str::trim)
            .filter(|name| !name.is_empty())
            .map(str::to_owned)
            .collect(),
        run: if arguments.dry_run {
            Run::Dry
        } else {
            Run::Write
        },
    };
    Ok(import::run_now(ctx, id, &request, &mut |status| {
        advance(bar, status)
    })?)
}

fn mapping(path: &Path) -> anyhow::Result<Mapping> {
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("{} can't be read.", path.display()))?;
    Mapping::parse(&text).with_context(|| format!("{}:", path.display()))
}

fn advance(bar: &ProgressBar, status: &Status) {
    bar.set_position((status.progress() * 1000.0) as u64);
}

/// Exit 0 unless nothing passed.
fn show(ctx: &Context, arguments: &Import, status: &Status) -> anyhow::Result<ExitCode> {
    // Whoever reads the report may stand in another folder.
    let failed_file = if status.failed > 0 {
        Some(std::path::absolute(import::failed_file(ctx, status.id)?)?)
    } else {
        None
    };
    let mut report = status.to_json();
    report["failed_file"] = serde_json::json!(failed_file);
    if arguments.json {
        terminal::json(&report);
    } else {
        eprintln!(
            "{}: {} rows, {} created, {} updated, {} failed. Undo: guanxi import --undo {}",
            status.state.name(),
            status.rows,
            status.created,
            status.updated,
            status.failed,
            status.id
        );
        if let Some(path) = &failed_file {
            eprintln!("The rows that failed, with reasons: {}", path.display());
        }
        if let Some(message) = &status.outcome.message {
            eprintln!("{message}");
        }
    }
    let passed = status.rows == 0 || status.failed < status.rows;
    let ended_well = !matches!(status.state, State::Failed);
    Ok(if passed && ended_well {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

pub fn export(arguments: Export) -> anyhow::Result<ExitCode> {
    let engine = engine(arguments.database.db.as_deref())?;
    let ctx = acting_or_first(&engine, arguments.user.as_deref(), "export")?;
    let object = ctx
        .object(&arguments.object)
        .with_context(|| format!("There is no object {}.", arguments.object))?;
    let format = exports::Format::parse(&arguments.format).with_context(|| {
        format!(
            "--format takes csv, xlsx, parquet or json, not {}.",
            arguments.format
        )
    })?;
    let fields = arguments.fields.as_deref().unwrap_or_default();
    let request = exports::Request {
        filter: arguments.filter.clone(),
        fields: fields
            .split(',')
            .map(str::trim)
            .filter(|name| !name.is_empty())
            .map(str::to_owned)
            .collect(),
        format,
        ..exports::Request::default()
    };
    let mut out = BufWriter::with_capacity(1 << 20, std::io::stdout());
    let rows = exports::run(&ctx, &object, &request, &mut out)?;
    out.flush().context("Standard output was closed.")?;
    eprintln!("{rows} rows");
    Ok(ExitCode::SUCCESS)
}

/// In the name of the person that was named, else of the first administrator, so that records have an author.
fn acting_or_first(engine: &Engine, email: Option<&str>, via: &str) -> anyhow::Result<Context> {
    if email.is_some() {
        return acting(engine, email, via);
    }
    let system = engine.system(via)?;
    let administers = |name: &String| {
        system
            .catalog
            .roles
            .get(name)
            .is_some_and(|role| role.administer)
    };
    let mut people: Vec<i64> = system
        .directory
        .users()
        .filter(|user| user.active && user.roles.iter().any(administers))
        .map(|user| user.seq)
        .collect();
    people.sort_unstable();
    match people.first() {
        Some(person) => Ok(engine.context(*person, via)?),
        None => bail!("There is no administrator yet. `guanxi init` makes the first."),
    }
}
