//! Changing what exists, on a live system: a change of declarations is applied to a copy, checked as a whole,
//! journalled, its tables are made, and then the version is flipped for every process.

use crate::context::Context;
use crate::engine::touch_catalogue;
use crate::error::{EngineError, EngineResult};
use crate::system;
use guanxi_meta::fault::Fault;
use guanxi_meta::overlay::Overlay;
use guanxi_meta::{Catalog, Cell, FieldError};
use guanxi_query::cond::{Aggregate, Cond, Measure};
use guanxi_store::{StoreExt, Weight};
use serde_json::Value as Json;

/// How often a change is checked anew because another process published meanwhile.
const MOST_TRIES: usize = 20;

/// Publishes changes to everyone at once; all of them or none. Where somebody else published meanwhile, the changes are
/// applied to what there is now, and checked against it.
pub fn publish(ctx: &Context, changes: Vec<Overlay>) -> EngineResult<()> {
    ctx.administer()?;
    let _one_at_a_time = ctx.engine.publishing().lock();
    for _ in 1..MOST_TRIES {
        match publish_once(&ctx.engine.again(ctx)?, changes.clone()) {
            Err(EngineError::Taken(fault, _)) if fault.code == CHANGED => {}
            outcome => return outcome,
        }
    }
    publish_once(&ctx.engine.again(ctx)?, changes)
}

const CHANGED: &str = "declarations_changed";

fn publish_once(ctx: &Context, changes: Vec<Overlay>) -> EngineResult<()> {
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
    // What is added is there before anybody can ask for it; nothing is taken away.
    ctx.engine.raise_tables(&catalog)?;
    let (now, by) = (ctx.now_micros(), ctx.actor.seq());
    let texts: Vec<String> = settled
        .iter()
        .filter_map(|change| serde_json::to_string(change).ok())
        .collect();
    ctx.engine.store().change(Weight::Light, move |tx| {
        // Somebody else published in between: what was checked is not what would be.
        if crate::engine::versions(tx)?.catalogue != version {
            return Err(EngineError::Taken(Fault::new(CHANGED), Vec::new()));
        }
        for text in &texts {
            let row = vec![Cell::Int(now), Cell::Int(by), Cell::from(text.as_str())];
            tx.insert(system::OVERLAY, &["at", "by", "change"], vec![row])?;
        }
        touch_catalogue(tx)
    })?;
    ctx.engine.refresh()
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
