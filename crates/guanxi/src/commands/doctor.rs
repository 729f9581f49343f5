//! `doctor`: what is not as it should be, each with its remedy.

use crate::cli::Doctor;
use crate::house::{self, Configuration};
use crate::terminal;
use guanxi_engine::audit::Finding;
use guanxi_engine::{Engine, EngineError};
use guanxi_query::cond::{Cond, Select};
use guanxi_store::{StoreExt, shown};
use serde_json::{Value as Json, json};
use std::process::ExitCode;

/// One look, what was seen, and what to do if it is not well.
struct Check {
    name: &'static str,
    well: bool,
    seen: String,
    remedy: &'static str,
}

impl Check {
    fn new(name: &'static str, outcome: Result<String, String>, remedy: &'static str) -> Check {
        let well = outcome.is_ok();
        Check {
            name,
            well,
            seen: outcome.unwrap_or_else(|seen| seen),
            remedy,
        }
    }
}

pub fn run(arguments: Doctor) -> anyhow::Result<ExitCode> {
    let mut checks = Vec::new();
    let configuration = Configuration::load();
    let outcome = configuration
        .as_ref()
        .map(|_| "read".to_owned())
        .map_err(|error| format!("{error:#}"));
    checks.push(Check::new(
        "configuration",
        outcome,
        "Correct guanxi.toml or the GUANXI_* variables.",
    ));
    if let Ok(configuration) = &configuration {
        match configuration.database(arguments.database.db.as_deref()) {
            Ok(url) => checks.extend(look(&url, configuration, arguments.deep)),
            Err(error) => checks.push(Check::new(
                "database",
                Err(format!("{error:#}")),
                "Name a database with --db.",
            )),
        }
    }
    let well = checks.iter().all(|check| check.well);
    show(&checks, arguments.json);
    Ok(if well {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn look(url: &str, configuration: &Configuration, deep: bool) -> Vec<Check> {
    let engine = match house::open_existing(url, configuration) {
        Ok(engine) => engine,
        Err(error) => {
            let remedy =
                "Check the address, that the server runs, and that this account may write there.";
            return vec![Check::new("database", Err(format!("{error:#}")), remedy)];
        }
    };
    let mut checks = vec![
        Check::new(
            "database",
            Ok(format!("{} at {}", engine.store().kind(), shown(url))),
            "",
        ),
        Check::new(
            "clock",
            clock(&engine),
            "Set the machine's clock (chrony, systemd-timesyncd).",
        ),
        Check::new(
            "files",
            files(&engine),
            "Make the folder writable for this account, or set GUANXI_FILES.",
        ),
        Check::new(
            "people",
            people(&engine),
            "Run `guanxi init`, or give somebody the role administrator.",
        ),
        Check::new(
            "search",
            search(&engine),
            "Let `guanxi serve` run for a while; it brings the index up to date.",
        ),
    ];
    if deep {
        checks.extend(invariants(&engine));
    }
    checks
}

/// What takes long: every invariant over all rows, while others work.
fn invariants(engine: &Engine) -> Vec<Check> {
    let progress = crate::terminal::spinner("looking at every row");
    let found = guanxi_engine::audit::run(engine, &mut |finding| {
        progress.set_message(finding.name);
    });
    progress.finish_and_clear();
    let check = |finding: Finding| {
        let outcome = match finding.problems {
            0 => Ok(format!("{} looked at", finding.looked_at)),
            problems => Err(format!(
                "{problems} of {}: {}",
                finding.looked_at,
                finding.examples.join("; ")
            )),
        };
        Check::new(finding.name, outcome, finding.remedy)
    };
    match found {
        Ok(findings) => findings.into_iter().map(check).collect(),
        Err(error) => vec![Check::new(
            "invariants",
            Err(error.to_string()),
            "Check the database's own log, and look once more.",
        )],
    }
}

/// The newest change must not lie in the future.
fn clock(engine: &Engine) -> Result<String, String> {
    let say = |error: EngineError| error.to_string();
    let head = engine
        .store()
        .log_head()
        .map_err(|error| error.to_string())?;
    let rows = engine
        .store()
        .log_after(head - 1, 1)
        .map_err(|error| say(error.into()))?;
    let newest = rows.first().map_or(0, |row| row.entry.at);
    let ahead = (newest - engine.clock().now().as_microsecond()) / 1_000_000;
    if ahead > 60 {
        Err(format!("the newest change is {ahead} s in the future"))
    } else {
        Ok("plausible".to_owned())
    }
}

fn files(engine: &Engine) -> Result<String, String> {
    let folder = engine.files();
    std::fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let probe = folder.join(".doctor");
    std::fs::write(&probe, b"ok").map_err(|error| format!("{}: {error}", folder.display()))?;
    std::fs::remove_file(&probe).map_err(|error| format!("{}: {error}", folder.display()))?;
    Ok(format!("{} can be written", folder.display()))
}

fn people(engine: &Engine) -> Result<String, String> {
    let system = engine.system("doctor").map_err(|error| error.to_string())?;
    let administers = |name: &String| {
        system
            .catalog
            .roles
            .get(name)
            .is_some_and(|role| role.administer)
    };
    let active = system.directory.users().filter(|user| user.active);
    let (mut all, mut administrators) = (0, 0);
    for user in active {
        all += 1;
        administrators += usize::from(user.roles.iter().any(administers));
    }
    if administrators == 0 {
        Err(format!("{all} people, no administrator"))
    } else {
        Ok(format!("{all} people, {administrators} administrators"))
    }
}

fn search(engine: &Engine) -> Result<String, String> {
    let store = engine.store();
    if store.search_feed() == guanxi_store::SearchFeed::InTransaction {
        return Ok("kept in each transaction".to_owned());
    }
    let head = store.log_head().map_err(|error| error.to_string())?;
    let reached = store.indexed_to().map_err(|error| error.to_string())?;
    let waiting = store
        .look(|view| {
            Ok::<_, EngineError>(
                view.select(
                    &Select::of("gx_version", &["access"])
                        .filter(Cond::True)
                        .limit(1),
                )?,
            )
        })
        .map(|_| head - reached)
        .map_err(|error| error.to_string())?;
    if waiting > 100_000 {
        Err(format!("{waiting} changes behind"))
    } else {
        Ok(format!("{waiting} changes behind"))
    }
}

fn show(checks: &[Check], json: bool) {
    if json {
        let list: Vec<Json> = checks
            .iter()
            .map(|check| json!({"check": check.name, "ok": check.well, "seen": check.seen, "remedy": if check.well { "" } else { check.remedy }}))
            .collect();
        terminal::json(&json!({"ok": checks.iter().all(|check| check.well), "checks": list}));
        return;
    }
    for check in checks {
        println!(
            "{} {:16} {}",
            if check.well { "✓" } else { "✗" },
            check.name,
            check.seen
        );
        if !check.well {
            println!("  → {}", check.remedy);
        }
    }
}
