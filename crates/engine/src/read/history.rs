//! What a record was: read backwards from the present, under today's rights.

use crate::context::Context;
use crate::error::{EngineError, EngineResult};
use crate::read::{cursor, get};
use crate::record::Record;
use guanxi_access::Action;
use guanxi_meta::{Object, Value};
use guanxi_store::{LogRow, StoreExt};
use jiff::Timestamp;
use serde_json::{Map, Value as Json, json};
use std::sync::Arc;
use uuid::Uuid;

/// One change: who, when, by which door, and each field's old and new value.
#[derive(Debug, Clone)]
pub struct Entry {
    pub version: i64,
    pub at: i64,
    /// `seq` of the user, 0 for the system.
    pub by: i64,
    pub via: String,
    pub op: String,
    pub changes: Vec<FieldChange>,
}

#[derive(Debug, Clone)]
pub struct FieldChange {
    /// Today's name of the field.
    pub field: String,
    pub old: Json,
    pub new: Json,
}

/// What a change log holds beside fields. Anything else is a field that was removed, whose rights nobody knows.
const SYSTEM: [&str; 3] = ["owner", "department", "deleted_at"];

/// Changes that one question walks back through at most.
const DEEPEST: u32 = 10_000;

/// Entries, newest first, and where to go on.
pub fn history(
    ctx: &Context,
    object: &Arc<Object>,
    id: Uuid,
    cursor_text: &str,
    limit: u32,
) -> EngineResult<(Vec<Entry>, Option<String>)> {
    let record = get(ctx, object, id)?;
    let question = cursor::question(&["history", &id.to_string()]);
    let before = match cursor_text {
        "" => i64::MAX,
        text => cursor::read(text, question, &[])?.1,
    };
    let rows = ctx
        .engine
        .store()
        .look(|view| view.log_of(&object.table, id, None, DEEPEST))?;
    let mut state = known_state(ctx, &record);
    let mut entries = Vec::new();
    for row in &rows {
        let changes = step_back(ctx, object, &mut state, row);
        if row.position < before && entries.len() <= limit as usize {
            entries.push((row.position, entry(row, changes)));
        }
    }
    let more = entries.len() > limit as usize;
    entries.truncate(limit as usize);
    let next = entries
        .last()
        .filter(|_| more)
        .map(|(position, _)| cursor::write(question, &[], *position));
    Ok((entries.into_iter().map(|(_, entry)| entry).collect(), next))
}

/// The record as it was at `at`, of which the caller sees what it may see today; 404 if it was not there yet.
pub fn as_of(
    ctx: &Context,
    object: &Arc<Object>,
    id: Uuid,
    at: Timestamp,
) -> EngineResult<Map<String, Json>> {
    let record = get(ctx, object, id)?;
    let at = at.as_microsecond();
    let rows = ctx
        .engine
        .store()
        .look(|view| view.log_of(&object.table, id, None, DEEPEST))?;
    // An imported record keeps its original date, which lies before its first change.
    let born = rows
        .iter()
        .filter(|row| row.entry.old.is_none())
        .map(|row| row.entry.at)
        .min();
    if born.unwrap_or(record.created_at).min(record.created_at) > at {
        return Err(EngineError::NotFound);
    }
    let grant = ctx.grant(object, Action::Read);
    let Json::Object(mut members) = record.to_json(ctx, &grant, None) else {
        return Ok(Map::new());
    };
    for row in rows
        .iter()
        .filter(|row| row.entry.at > at && row.entry.old.is_some())
    {
        restore(ctx, object, &mut members, &row.entry.old, &record)?;
        members.insert("version".into(), json!(row.entry.version - 1));
    }
    if let Some(last) = rows.iter().find(|row| row.entry.at <= at) {
        members.insert("updated_at".into(), crate::record::instant(last.entry.at));
        members.insert("updated_by".into(), ctx.user_json(last.entry.actor));
    }
    members.insert("as_of".into(), crate::record::instant(at));
    Ok(members)
}

/// Puts the old values of one change back into the API's object, as far as the caller may read them.
fn restore(
    ctx: &Context,
    object: &Arc<Object>,
    members: &mut Map<String, Json>,
    old: &Option<String>,
    record: &Record,
) -> EngineResult<()> {
    let grant = ctx.grant(object, Action::Read);
    for (column, value) in old_values(old) {
        let Some(at) = object
            .fields
            .iter()
            .position(|field| field.column == column)
        else {
            if matches!(column.as_str(), "owner" | "department") {
                members.insert(column, value);
            }
            continue;
        };
        let field = &object.fields[at];
        if !grant.may_read(at) {
            continue;
        }
        let typed = if value.is_null() {
            Value::Null
        } else {
            field.kind.parse(field, &value).unwrap_or_default()
        };
        for (suffix, extra) in field.kind.extra_json(field, &typed) {
            members.insert(format!("{}{suffix}", field.name), extra);
        }
        let shown = if typed.is_null() {
            Json::Null
        } else {
            field.kind.to_json(field, &typed)
        };
        members.insert(field.name.clone(), shown);
    }
    debug_assert_eq!(
        record.object.table, object.table,
        "a record of another object"
    );
    Ok(())
}

/// Every loggable member as the API shows it, by permanent name.
fn known_state(ctx: &Context, record: &Record) -> Map<String, Json> {
    let fields = record.object.fields.iter().enumerate();
    let mut state: Map<String, Json> = fields
        .map(|(at, field)| (field.column.clone(), record.kept_json(at)))
        .collect();
    state.insert("owner".into(), ctx.user_json(record.owner));
    state.insert("department".into(), ctx.department_json(record.department));
    state
}

/// Takes one change back in `state`, and tells what it had changed among what the caller may read.
fn step_back(
    ctx: &Context,
    object: &Arc<Object>,
    state: &mut Map<String, Json>,
    row: &LogRow,
) -> Vec<FieldChange> {
    let grant = ctx.grant(object, Action::Read);
    let mut changes = Vec::new();
    for (column, old) in old_values(&row.entry.old) {
        let new = state.get(&column).cloned().unwrap_or(Json::Null);
        let at = object
            .fields
            .iter()
            .position(|field| field.column == column);
        let name = match at {
            Some(at) if grant.may_read(at) => Some(object.fields[at].name.clone()),
            Some(_) => None,
            None => SYSTEM.contains(&column.as_str()).then(|| column.clone()),
        };
        if let Some(field) = name {
            changes.push(FieldChange {
                field,
                old: old.clone(),
                new,
            });
        }
        state.insert(column, old);
    }
    changes
}

fn old_values(old: &Option<String>) -> Map<String, Json> {
    match old.as_deref().map(serde_json::from_str) {
        Some(Ok(Json::Object(members))) => members,
        _ => Map::new(),
    }
}

fn entry(row: &LogRow, changes: Vec<FieldChange>) -> Entry {
    let log = &row.entry;
    Entry {
        version: log.version,
        at: log.at,
        by: log.actor,
        via: log.via.clone(),
        op: log.op.clone(),
        changes,
    }
}
