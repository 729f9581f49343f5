//! From what is stored and what the caller wants to the record as it is to become.

use super::{Authority, Prepared, Target};
use crate::capability::Draft;
use crate::context::{Actor, Context};
use crate::engine::row_by_id;
use crate::error::{EngineError, EngineResult, Stale, StaleField};
use crate::read::reach;
use crate::record::Record;
use guanxi_access::Action;
use guanxi_meta::fault::Fault;
use guanxi_meta::kind::Writable;
use guanxi_meta::{Cell, Field, Value};
use guanxi_query::cond::{Cond, Select};
use guanxi_store::Transaction;
use serde_json::Value as Json;
use std::collections::HashSet;
use uuid::Uuid;

/// Finds the row and whether the caller may do this to it; nothing is written before this has passed.
pub fn begin(tx: &mut dyn Transaction, ctx: &Context, prepared: &Prepared) -> EngineResult<Draft> {
    let (before, after) = match prepared.target {
        Target::Create => {
            let given = prepared.origin.id.filter(|_| ctx.administers());
            (
                None,
                Record::blank(
                    &prepared.object,
                    given.unwrap_or_else(|| ctx.engine.ids().next()),
                ),
            )
        }
        Target::Update { id, if_match } => {
            let found = locked(tx, ctx, prepared, id, Action::Update)?;
            unless_stale(ctx, tx, prepared, (&found, if_match))?;
            (Some(found.clone()), found)
        }
        Target::Remove { id, if_match } => {
            let found = locked(tx, ctx, prepared, id, Action::Delete)?;
            unless_stale(ctx, tx, prepared, (&found, if_match))?;
            let gone = Record {
                deleted_at: Some(ctx.now_micros()),
                ..found.clone()
            };
            (Some(found), gone)
        }
        Target::Restore { id } => {
            let found = removed(tx, ctx, prepared, id)?;
            let back = Record {
                deleted_at: None,
                ..found.clone()
            };
            (Some(found), back)
        }
    };
    let (named, errors) = (prepared.named.clone(), prepared.errors.clone());
    Ok(Draft {
        before,
        after,
        named,
        errors,
        act: prepared.act,
        touched: Vec::new(),
    })
}

/// What a new record has before the caller's values.
pub fn defaults(ctx: &Context, draft: &mut Draft) {
    if !draft.is_new() {
        return;
    }
    let object = draft.after.object.clone();
    for (at, field) in object.fields.iter().enumerate() {
        if field.kind.writable() == Writable::ByEngine {
            draft.after.values[at] = empty(field);
        }
        let Some(default) = &field.default else {
            continue;
        };
        if let Ok(value) = field.kind.parse(field, default) {
            draft.after.values[at] = value;
        }
    }
    draft.after.owner = ctx.actor.seq();
    draft.after.department = ctx.actor.department();
}

/// What the columns of a field hold before anybody writes: a count of nothing is 0, everything else null.
fn empty(field: &Field) -> Value {
    let cells: Vec<Cell> = field
        .kind
        .columns(field)
        .iter()
        .map(|column| Cell::from(column.default))
        .collect();
    if cells.iter().all(Cell::is_null) {
        Value::Null
    } else {
        field.kind.load(field, &cells)
    }
}

/// The caller's values; a new owner brings the department along.
pub fn take(ctx: &Context, prepared: &Prepared, draft: &mut Draft) -> EngineResult<()> {
    refuse_guarded(prepared, draft);
    for (at, value) in &prepared.values {
        let field = &prepared.object.fields[*at];
        let given = value.clone();
        let amends = !given.is_null() && !prepared.whole.contains(at);
        let old = &draft.after.values[*at];
        draft.after.values[*at] = if amends {
            field.kind.amend(field, old, given)
        } else {
            given
        };
    }
    if let Some(owner) = prepared.owner {
        draft.after.owner = owner;
        draft.after.department = ctx.directory.user(owner).map_or(0, |user| user.department);
    }
    if let Some(department) = prepared.department {
        draft.after.department = department;
    }
    stamp(ctx, prepared, draft);
    Ok(())
}

/// A program may send back the whole record that it read; what it may not write must stand there already.
fn refuse_guarded(prepared: &Prepared, draft: &mut Draft) {
    for (at, value) in &prepared.guarded {
        let field = &prepared.object.fields[*at];
        let old = &draft.after.values[*at];
        let same = value == old
            || (!value.is_null() && field.kind.amend(field, old, value.clone()) == *old);
        if !same && draft.errors.iter().all(|error| error.field != field.name) {
            draft
                .errors
                .push(Fault::new("no_write_right").at(&field.name));
        }
    }
}

fn stamp(ctx: &Context, prepared: &Prepared, draft: &mut Draft) {
    let now = ctx.now_micros();
    let actor = match &*ctx.actor {
        Actor::Person(user) => user.seq,
        Actor::System => 0,
    };
    let after = &mut draft.after;
    after.updated_at = now;
    after.updated_by = actor;
    match &draft.before {
        None => {
            after.created_at = prepared.origin.created_at.unwrap_or(now);
            after.created_by = prepared.origin.created_by.unwrap_or(actor);
        }
        Some(before) => after.version = before.version + 1,
    }
}

fn locked(
    tx: &mut dyn Transaction,
    ctx: &Context,
    prepared: &Prepared,
    id: Uuid,
    action: Action,
) -> EngineResult<Record> {
    let object = &prepared.object;
    let select = Select::from(&object.table, object.columns())
        .filter(Cond::equal("id", id).and(Cond::null("deleted_at")))
        .limit(1)
        .locked();
    let rows = tx.select(&select)?;
    let found = rows
        .first()
        .map(|row| Record::from_row(object, row))
        .ok_or(EngineError::NotFound)?;
    if reach(tx, &ctx.grant(object, Action::Read), &found)?.is_none() {
        return Err(EngineError::NotFound);
    }
    let bound = prepared.origin.authority == Authority::Caller;
    if bound && reach(tx, &ctx.grant(object, action), &found)?.is_none() {
        return Err(EngineError::Forbidden(action.name()));
    }
    Ok(found)
}

fn removed(
    tx: &mut dyn Transaction,
    ctx: &Context,
    prepared: &Prepared,
    id: Uuid,
) -> EngineResult<Record> {
    let object = &prepared.object;
    let found = row_by_id(tx, object, id)?.ok_or(EngineError::NotFound)?;
    if reach(tx, &ctx.grant(object, Action::Read), &found)?.is_none() {
        return Err(EngineError::NotFound);
    }
    let bound = prepared.origin.authority == Authority::Caller;
    if bound && reach(tx, &ctx.grant(object, Action::Delete), &found)?.is_none() {
        return Err(EngineError::Forbidden("delete"));
    }
    Ok(found)
}

/// A stale version always fails; the answer names the fields that both sides changed.
fn unless_stale(
    ctx: &Context,
    tx: &mut dyn Transaction,
    prepared: &Prepared,
    (found, if_match): (&Record, Option<i64>),
) -> EngineResult<()> {
    let Some(version) = if_match.filter(|version| *version != found.version) else {
        return Ok(());
    };
    let changed = changed_since(tx, found, version)?;
    let mut conflicts: Vec<StaleField> = prepared
        .values
        .iter()
        .map(|(at, value)| (*at, value, &prepared.object.fields[*at]))
        .filter(|(at, value, field)| {
            changed.contains(&field.column) && found.values[*at] != **value
        })
        .map(|(at, value, field)| StaleField {
            field: field.name.clone(),
            yours: if *value == Value::Null {
                Json::Null
            } else {
                field.kind.to_json(field, value)
            },
            theirs: found.field_json(at),
        })
        .collect();
    if let Some(owner) = prepared
        .owner
        .filter(|owner| *owner != found.owner && changed.contains("owner"))
    {
        let (yours, theirs) = (ctx.user_json(owner), ctx.user_json(found.owner));
        conflicts.push(StaleField {
            field: "owner".to_owned(),
            yours,
            theirs,
        });
    }
    Err(EngineError::Stale(Box::new(Stale {
        version: found.version,
        conflicts,
    })))
}

/// Permanent names of what changed after that version.
fn changed_since(
    tx: &mut dyn Transaction,
    found: &Record,
    version: i64,
) -> EngineResult<HashSet<String>> {
    /// Changes looked back through; older ones would not be resolved by a person anyway.
    const MOST: u32 = 200;
    let rows = tx.log_of(&found.object.table, found.id, None, MOST)?;
    let mut names = HashSet::new();
    for row in rows.iter().filter(|row| row.entry.version > version) {
        if let Some(Json::Object(old)) = row
            .entry
            .old
            .as_deref()
            .and_then(|text| serde_json::from_str(text).ok())
        {
            names.extend(old.keys().cloned());
        }
    }
    Ok(names)
}
