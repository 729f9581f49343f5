//! Work that waits or is under way: somebody is at it.

use super::{Finding, each_page};
use crate::engine::Engine;
use crate::error::EngineResult;
use crate::import::KIND;
use crate::system;
use guanxi_query::cond::{Cond, Select};
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

/// Microseconds that a lease may be over, or work may wait, before somebody should have taken it.
const LATE: i64 = 600_000_000;

pub fn look(engine: &Engine) -> EngineResult<Vec<Finding>> {
    let mut jobs = Finding::new(
        "jobs",
        "Let `guanxi serve` run: it takes over what nobody is at. If it runs, look into its log for the reason.",
    );
    let now = engine.clock().now().as_microsecond();
    let mut imports: HashSet<Uuid> = HashSet::new();
    let columns = ["id", "kind", "state", "lease_until"];
    each_page(
        engine,
        &Select::of(system::JOB, &columns),
        &mut |_, rows| {
            for row in rows {
                let id = row.cells[0].id().unwrap_or_default();
                let (kind, state) = (row.cells[1].text(), row.cells[2].text());
                let until = row.cells[3].int().unwrap_or(0);
                if kind == Some(KIND) {
                    imports.insert(id);
                }
                let left = state == Some("running") && now - until > LATE;
                let kind = kind.unwrap_or("?");
                jobs.look(
                    left.then(|| format!("{kind} {id}: left {} s ago", (now - until) / 1_000_000)),
                );
            }
            Ok(())
        },
    )?;
    let columns = ["id", "state", "created", "updated", "failed", "done"];
    each_page(
        engine,
        &Select::of(system::IMPORT, &columns),
        &mut |_, rows| {
            for row in rows {
                let id = row.cells[0].id().unwrap_or_default();
                let state = row.cells[1].text().unwrap_or_default();
                let count = |at: usize| row.cells[at].int().unwrap_or(0);
                let begun = matches!(state, "running" | "undoing");
                let problem = if begun && !imports.contains(&id) {
                    Some("is at work, and no job is".to_owned())
                } else if count(2) + count(3) + count(4) > count(5) {
                    Some(format!("more rows written than the {} read", count(5)))
                } else {
                    None
                };
                jobs.look(problem.map(|problem| format!("import {id}: {problem}")));
            }
            Ok(())
        },
    )?;
    Ok(vec![jobs, outbox(engine, now)?, merges(engine)?])
}

/// Each outbound effect has one id, which its index keeps; what has waited for long is told.
fn outbox(engine: &Engine, now: i64) -> EngineResult<Finding> {
    let mut finding = Finding::new(
        "outbox",
        "Let `guanxi serve` run: it sends what waits. If it runs, look at what the other side answers.",
    );
    let select = Select::of(system::OUTBOX, &["id", "channel", "state", "run_at"]);
    each_page(engine, &select, &mut |_, rows| {
        for row in rows {
            let waits = matches!(row.cells[2].text(), Some("waiting" | "pending" | "queued"));
            let since = now - row.cells[3].int().unwrap_or(now);
            finding.look((waits && since > LATE).then(|| {
                let id = row.cells[0].id().unwrap_or_default();
                let channel = row.cells[1].text().unwrap_or("?");
                format!("{channel} {id}: waits since {} s", since / 1_000_000)
            }));
        }
        Ok(())
    })?;
    Ok(finding)
}

/// A merged record is removed and what it went into is there, unless the merge was taken back.
fn merges(engine: &Engine) -> EngineResult<Finding> {
    let mut finding = Finding::new(
        "merges",
        "Restore the records from a backup, and report this as a defect.",
    );
    let catalog = engine.catalog();
    let mut objects: HashMap<Uuid, String> = HashMap::new();
    each_page(
        engine,
        &Select::of(system::MERGE, &["id", "object"]),
        &mut |_, rows| {
            for row in rows {
                let object = row.cells[1].text().unwrap_or_default().to_owned();
                objects.insert(row.cells[0].id().unwrap_or_default(), object);
            }
            Ok(())
        },
    )?;
    let select =
        Select::of(system::MERGED, &["record", "kept", "merge"]).filter(Cond::null("undone_at"));
    each_page(engine, &select, &mut |view, rows| {
        for row in rows {
            let ids = [0, 1, 2].map(|at| row.cells[at].id().unwrap_or_default());
            let [record, kept, merge] = ids;
            let object = objects
                .get(&merge)
                .and_then(|name| super::called(&catalog.objects, name));
            let Some(object) = object else {
                finding.look(Some(format!("{record} was merged by no merge")));
                continue;
            };
            let live = |id: Uuid| Cond::equal("id", id).and(Cond::null("deleted_at"));
            let still_there = view.count(&object.table, &[], &live(record), Some(1))? > 0;
            let lost = view.count(&object.table, &[], &Cond::equal("id", kept), Some(1))? == 0;
            finding.look((still_there || lost).then(|| {
                let which = if lost {
                    "into nothing"
                } else {
                    "and still there"
                };
                format!("{} {record}: merged {which}", object.name)
            }));
        }
        Ok(())
    })?;
    Ok(finding)
}
