//! Changing what exists, on a live system: a change of declarations is applied to a copy, checked as a whole,
//! journalled, its tables are made, and then the version is flipped for every process.

use crate::context::Context;
use crate::engine::touch_catalogue;
use crate::error::{EngineError, EngineResult};
use crate::publishing::{self, Publishing};
use crate::system;
use guanxi_meta::overlay::Overlay;
use guanxi_meta::{Catalog, Cell, FieldError};
use guanxi_query::cond::{Aggregate, Cond, Measure};
use guanxi_store::{StoreError, StoreExt, Weight, fail};
use serde_json::Value as Json;

/// How often a change is checked anew because the right to publish was lost under way.
const MOST_TRIES: usize = 5;

/// Publishes changes to everyone at once; all of them or none. Another process that publishes is waited for, and the
/// changes are applied to what there is then.
pub fn publish(ctx: &Context, changes: Vec<Overlay>) -> EngineResult<()> {
    ctx.administer()?;
    for _ in 1..MOST_TRIES {
        match publish_once(ctx, changes.clone()) {
            Err(EngineError::Outdated) => {}
            outcome => return outcome,
        }
    }
    publish_once(ctx, changes)
}

fn publish_once(ctx: &Context, changes: Vec<Overlay>) -> EngineResult<()> {
    let publishing = Publishing::wait(&ctx.engine)?;
    let ctx = ctx.engine.again(ctx)?;
    let fence = publishing.fence();
    publishing.during(|| flip(&ctx, changes, fence))?;
    fail::point(fail::Point::PublishFlip);
    // What is to be taken away may wait; it is no reason to refuse what is done.
    if let Err(error) = publishing::tighten_holding(&ctx.engine, &publishing) {
        tracing::warn!(%error, "what the declarations no longer want is taken away later");
    }
    Ok(())
}

fn flip(ctx: &Context, changes: Vec<Overlay>, fence: i64) -> EngineResult<()> {
    let (mut declarations, version) = ctx.engine.declarations()?;
    let mut settled = Vec::with_capacity(changes.len());
    for change in changes {
        let change = declarations.settle(change);
        declarations.apply(&change).map_err(refusal)?;
        settled.push(change);
    }
    let catalog = declarations
        .catalog(version + 1, &crate::formulas::check)
        .map_err(|errors| {
            EngineError::Invalid(errors.into_iter().map(FieldError::from).collect())
        })?;
    check_rows(ctx, &catalog)?;
    // What is added is there before anybody can ask for it.
    let is_loose = publishing::add(&ctx.engine, &catalog).map_err(duplicates)?;
    let (now, by) = (ctx.now_micros(), ctx.actor.seq());
    let texts: Vec<String> = settled
        .iter()
        .filter_map(|change| serde_json::to_string(change).ok())
        .collect();
    let context = ctx.clone();
    ctx.engine.store().change(Weight::Light, move |tx| {
        // Somebody else took over in between: what was checked is not what would be.
        let is_same = crate::engine::versions(tx)?.catalogue == version;
        if !is_same || !publishing::holds(tx, fence)? {
            return Err(EngineError::Outdated);
        }
        for text in &texts {
            let row = vec![Cell::Int(now), Cell::Int(by), Cell::from(text.as_str())];
            tx.insert(system::OVERLAY, &["at", "by", "change"], vec![row])?;
        }
        if is_loose {
            publishing::note_loose(tx)?;
        }
        crate::formulas::settle(tx, &context, &catalog)?;
        touch_catalogue(tx)
    })?;
    ctx.engine.announce();
    ctx.engine.refresh()
}

/// A unique index that can't be made, because rows came in after they were looked at.
fn duplicates(error: EngineError) -> EngineError {
    match error {
        EngineError::Store(StoreError::NotUnique { .. }) => {
            EngineError::field("unique", "has_duplicates")
        }
        error => error,
    }
}

/// A name that is taken is a conflict, everything else an invalid field.
fn refusal(errors: Vec<guanxi_meta::FieldError>) -> EngineError {
    let is_taken =
        |code: &str| ["name_taken", "duplicate_object", "duplicate_name"].contains(&code);
    match errors.iter().find(|error| is_taken(error.fault.code)) {
        Some(taken) => EngineError::Taken(taken.fault.clone(), errors.clone()),
        None => EngineError::Invalid(errors),
    }
}

/// What the new catalogue asks of rows that exist: unique fields have no duplicates.
fn check_rows(ctx: &Context, wanted: &Catalog) -> EngineResult<()> {
    use guanxi_meta::table::Uniqueness;
    for object in &wanted.objects {
        let Some(known) = ctx
            .catalog
            .objects
            .iter()
            .find(|known| known.table == object.table)
        else {
            continue;
        };
        for field in object
            .fields
            .iter()
            .filter(|field| field.uniqueness == Uniqueness::Unique)
        {
            let before = known
                .fields
                .iter()
                .find(|before| before.column == field.column);
            let Some(before) = before.filter(|before| before.uniqueness == Uniqueness::Any) else {
                continue;
            };
            let aggregate = Aggregate {
                table: object.table.clone(),
                branches: Vec::new(),
                cond: (!Cond::null(&before.column)).and(Cond::null("deleted_at")),
                group: vec![before.column.clone()],
                measures: vec![Measure::Count],
            };
            let rows = ctx
                .engine
                .store()
                .look(|view| Ok::<_, EngineError>(view.aggregate(&aggregate)?))?;
            if rows.iter().any(|row| row.cells[1].int().unwrap_or(0) > 1) {
                return Err(EngineError::field("unique", "has_duplicates"));
            }
        }
    }
    Ok(())
}

/// Replaces a role. The pool flag and the right to administer stay as they are unless they are named.
pub fn set_role(ctx: &Context, name: &str, role: Json) -> EngineResult<()> {
    publish(
        ctx,
        vec![Overlay::SetRole {
            name: name.to_owned(),
            role,
        }],
    )
}
