//! The row and its change-log row.

use super::{Prepared, Target};
use crate::capability::Draft;
use crate::context::Context;
use crate::error::{EngineError, EngineResult};
use crate::record::Record;
use guanxi_meta::fault::Fault;
use guanxi_meta::{Cell, Object};
use guanxi_query::cond::Cond;
use guanxi_store::{LogEntry, Set, StoreError, Transaction};
use serde_json::{Map, json};

/// Whether there is anything to write.
pub fn differs(draft: &Draft) -> bool {
    let Some(before) = &draft.before else {
        return true;
    };
    let after = &draft.after;
    before.values != after.values
        || before.standing() != after.standing()
        || before.deleted_at != after.deleted_at
}

pub fn write(
    tx: &mut dyn Transaction,
    _ctx: &Context,
    prepared: &Prepared,
    draft: &mut Draft,
) -> EngineResult<()> {
    if prepared.target != Target::Create {
        return rewrite(tx, draft);
    }
    let object = &prepared.object;
    let mut columns = object.columns();
    columns.push(Object::TITLE_KEY.to_owned());
    let names: Vec<&str> = columns.iter().map(String::as_str).collect();
    tx.insert(&object.table, &names, vec![draft.after.cells()])
        .map(|seqs| draft.after.seq = seqs[0])
        .map_err(|error| translate(error, Some(&draft.after)))
}

/// Writes what differs from the row as it was.
pub fn rewrite(tx: &mut dyn Transaction, draft: &Draft) -> EngineResult<()> {
    let after = &draft.after;
    let mut columns = after.object.columns();
    columns.push(Object::TITLE_KEY.to_owned());
    let before = draft.before.as_ref().map(Record::cells).unwrap_or_default();
    let set = changed_cells(&columns, before, after.cells());
    tx.update(&after.object.table, &set, &Cond::equal("seq", after.seq))
        .map(drop)
        .map_err(|error| translate(error, Some(after)))
}

/// Inserts the rows of many creations of one object.
pub fn write_all(tx: &mut dyn Transaction, drafts: &mut [(usize, Draft)]) -> EngineResult<()> {
    let Some((_, first)) = drafts.first() else {
        return Ok(());
    };
    let object = first.after.object.clone();
    let mut columns = object.columns();
    columns.push(Object::TITLE_KEY.to_owned());
    let names: Vec<&str> = columns.iter().map(String::as_str).collect();
    let rows = drafts
        .iter()
        .map(|(_, draft)| draft.after.cells())
        .collect();
    let seqs = tx
        .insert(&object.table, &names, rows)
        .map_err(|error| translate(error, None))?;
    for ((_, draft), seq) in drafts.iter_mut().zip(seqs) {
        draft.after.seq = seq;
    }
    Ok(())
}

/// Only the columns that differ, so that an update touches no index that it need not.
fn changed_cells(columns: &[String], before: Vec<Cell>, after: Vec<Cell>) -> Vec<(&str, Set)> {
    let pairs = columns.iter().zip(before.into_iter().zip(after));
    pairs
        .filter(|(_, (old, new))| old != new)
        .map(|(name, (_, new))| (name.as_str(), Set::To(new)))
        .collect()
}

pub fn log(tx: &mut dyn Transaction, ctx: &Context, draft: &Draft) -> EngineResult<()> {
    tx.log(&[entry(ctx, draft)])?;
    Ok(())
}

pub fn log_all(
    tx: &mut dyn Transaction,
    ctx: &Context,
    drafts: &[(usize, Draft)],
) -> EngineResult<()> {
    let entries: Vec<LogEntry> = drafts.iter().map(|(_, draft)| entry(ctx, draft)).collect();
    tx.log(&entries)?;
    Ok(())
}

fn entry(ctx: &Context, draft: &Draft) -> LogEntry {
    let after = &draft.after;
    LogEntry {
        at: after.updated_at,
        actor: after.updated_by,
        via: ctx.via.to_string(),
        object: after.object.table.clone(),
        record: after.id,
        seq: after.seq,
        version: after.version,
        op: draft.act.to_owned(),
        old: old_values(ctx, draft),
    }
}

/// The old values of what changed; a creation keeps none, since the past is rebuilt backwards from the present.
fn old_values(ctx: &Context, draft: &Draft) -> Option<String> {
    let before = draft.before.as_ref()?;
    let after = &draft.after;
    let mut old = Map::new();
    if before.owner != after.owner {
        old.insert("owner".into(), ctx.user_json(before.owner));
    }
    if before.department != after.department {
        old.insert("department".into(), ctx.department_json(before.department));
    }
    if before.deleted_at != after.deleted_at {
        old.insert(
            "deleted_at".into(),
            before
                .deleted_at
                .map_or(json!(null), crate::record::instant),
        );
    }
    for (at, field) in after.object.fields.iter().enumerate() {
        if before.values[at] != after.values[at] {
            old.insert(field.column.clone(), before.kept_json(at));
        }
    }
    Some(serde_json::Value::Object(old).to_string())
}

/// A refusal of the database in the words of the engine.
pub fn translate(error: StoreError, record: Option<&Record>) -> EngineError {
    let StoreError::NotUnique { columns, .. } = &error else {
        return EngineError::Store(error);
    };
    let taken = |column: &String| {
        let at = record.and_then(|record| {
            record
                .object
                .fields
                .iter()
                .position(|field| field.kind.keys(field).contains(column))
        });
        let (Some(record), Some(at)) = (record, at) else {
            return Fault::new("not_unique").at(column);
        };
        let field = &record.object.fields[at];
        Fault::new("not_unique")
            .with("value", field.kind.to_text(field, &record.values[at]))
            .at(&field.name)
    };
    let errors: Vec<_> = columns.iter().map(taken).collect();
    EngineError::Taken(Fault::new("not_unique"), errors)
}
