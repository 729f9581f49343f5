//! Links lead to records that exist and that the caller may see: otherwise they are not found, whichever it is.

use crate::capability::Draft;
use crate::context::Context;
use crate::engine::row_by_id;
use crate::error::EngineResult;
use crate::read::reach;
use guanxi_access::Action;
use guanxi_meta::catalog::Access;
use guanxi_meta::fault::Fault;
use guanxi_meta::{Field, Value};
use guanxi_store::Transaction;
use uuid::Uuid;

/// Levels of a tree; a ring is found before this.
const DEEPEST: usize = 64;

pub fn check(tx: &mut dyn Transaction, ctx: &Context, draft: &mut Draft) -> EngineResult<()> {
    let object = draft.after.object.clone();
    for (at, field) in object.fields.iter().enumerate() {
        let before = draft.before.as_ref().map(|record| &record.values[at]);
        let value = draft.after.values[at].clone();
        if value.is_null() || before == Some(&value) {
            continue;
        }
        let mut found = true;
        for (to, id) in targets(field, &value) {
            found &= exists(tx, ctx, &to, id)?;
        }
        if !found {
            draft.errors.push(Fault::new("not_found").at(&field.name));
        } else if field.options.to.as_deref() == Some(&object.name) && field.kind.name() == "link" {
            ring(tx, draft, field, &value)?;
        }
    }
    Ok(())
}

/// An object with `access = "parent:link"` stands where its parent stands. A parent that was not found gives nothing,
/// or where the record would stand would tell that it exists.
pub fn inherit(tx: &mut dyn Transaction, ctx: &Context, draft: &mut Draft) -> EngineResult<()> {
    let object = draft.after.object.clone();
    let Access::Parent(link) = &object.access else {
        return Ok(());
    };
    let found = |field: &&Field| draft.errors.iter().all(|error| error.field != field.name);
    let Some(field) = object.field(link).filter(found) else {
        return Ok(());
    };
    let Some((to, id)) = targets(field, draft.after.get(link)).pop() else {
        return Ok(());
    };
    let Some(parent) = ctx.catalog.object(&to) else {
        return Ok(());
    };
    if let Some(record) = row_by_id(tx, parent, id)? {
        draft.after.owner = record.owner;
        draft.after.department = record.department;
    }
    Ok(())
}

/// The records that a value leads to: object and id.
fn targets(field: &Field, value: &Value) -> Vec<(String, Uuid)> {
    let to = || field.options.to.clone().unwrap_or_default();
    match (field.kind.name(), value) {
        ("link", Value::Reference { object, id }) => vec![(object.clone(), *id)],
        ("link", Value::Id(id)) => vec![(to(), *id)],
        ("many_links", Value::List(items)) => items
            .iter()
            .filter_map(Value::id)
            .map(|id| (to(), id))
            .collect(),
        _ => Vec::new(),
    }
}

fn exists(tx: &mut dyn Transaction, ctx: &Context, to: &str, id: Uuid) -> EngineResult<bool> {
    // Whom the directory does not know may have been made in this very transaction.
    let known = match to {
        "user" => ctx.directory.user_by_id(id).is_some(),
        "department" => ctx.directory.department_by_id(id).is_some(),
        _ => false,
    };
    if known {
        return Ok(true);
    }
    let Some(object) = ctx.catalog.object(to) else {
        return Ok(false);
    };
    if let Some(known) = ctx.seen_link(&object.table, id) {
        return Ok(known);
    }
    let grant = ctx.grant(object, Action::Read);
    let found = match row_by_id(tx, object, id)? {
        Some(record) if record.deleted_at.is_none() => reach(tx, &grant, &record)?.is_some(),
        _ => false,
    };
    ctx.remember_link(&object.table, id, found);
    Ok(found)
}

/// A tree (group of companies, departments) must not lead back to itself.
fn ring(
    tx: &mut dyn Transaction,
    draft: &mut Draft,
    field: &Field,
    value: &Value,
) -> EngineResult<()> {
    let object = draft.after.object.clone();
    let mut next = value.id();
    for _ in 0..DEEPEST {
        let Some(id) = next else { return Ok(()) };
        if id == draft.after.id {
            break;
        }
        next = row_by_id(tx, &object, id)?.and_then(|record| record.get(&field.name).id());
    }
    if next.is_some() {
        draft.errors.push(Fault::new("ring").at(&field.name));
    }
    Ok(())
}
