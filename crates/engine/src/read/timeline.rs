//! Everything that happened with a record, and the lists that hang on it.

use crate::context::Context;
use crate::error::{EngineError, EngineResult};
use crate::read::list::{ListRequest, MOST_ROWS, Page, list};
use crate::read::{cursor, get};
use crate::record::Record;
use guanxi_access::Action;
use guanxi_meta::{Cell, ColumnType, Object, Value, links};
use guanxi_query::cond::{Cond, Direction, Select};
use guanxi_store::StoreExt;
use std::sync::Arc;
use uuid::Uuid;

/// A page of activities around a record, newest first.
#[derive(Debug, Clone)]
pub struct Timeline {
    pub entries: Vec<Record>,
    pub next: Option<String>,
}

/// Activities that name the record by a link or by `about`, of every kind that the caller may read.
pub fn timeline(
    ctx: &Context,
    of: &Record,
    cursor_text: &str,
    limit: u32,
) -> EngineResult<Timeline> {
    let limit = limit.clamp(1, MOST_ROWS);
    let question = cursor::question(&["timeline", &of.id.to_string()]);
    let after = match cursor_text {
        "" => None,
        text => Some(cursor::read(text, question, &[ColumnType::Id])?),
    };
    let mut entries: Vec<Record> = Vec::new();
    for activity in ctx
        .catalog
        .objects
        .iter()
        .filter(|object| object.is_activity())
    {
        let grant = ctx.grant(activity, Action::Read);
        let about = about(activity, of);
        if grant.is_empty() || about == Cond::False {
            continue;
        }
        let mut select = Select::from(&activity.table, activity.columns())
            .filter(about.and(grant.cond()).and(Cond::null("deleted_at")))
            .order("created_at", Direction::Descending)
            .limit(limit + 1);
        select.cond = select.cond.and(older(after.as_ref()));
        let rows = ctx.engine.store().look(|view| view.select(&select))?;
        entries.extend(
            rows.iter()
                .map(|row| Record::from_row(activity, row).seen_by(&grant)),
        );
    }
    entries.sort_by_key(|entry| std::cmp::Reverse((entry.created_at, entry.id)));
    let more = entries.len() > limit as usize;
    entries.truncate(limit as usize);
    let next = entries.last().filter(|_| more).map(|last| {
        let keys = [Cell::Id(last.id)];
        cursor::write(question, &keys, last.created_at)
    });
    Ok(Timeline { entries, next })
}

/// Strictly after the last entry of the page before, by time and, within the same microsecond, by id.
fn older(after: Option<&(Vec<Cell>, i64)>) -> Cond {
    use guanxi_query::cond::Op;
    let Some((keys, at)) = after else {
        return Cond::True;
    };
    let same = Cond::equal("created_at", *at).and(Cond::compare("id", Op::Less, keys[0].clone()));
    Cond::compare("created_at", Op::Less, *at).or(same)
}

fn about(activity: &Object, of: &Record) -> Cond {
    let mut cond = Cond::False;
    for field in activity
        .fields
        .iter()
        .filter(|field| field.kind.name() == "link")
    {
        match field.options.to.as_deref() {
            Some("*") => {
                let object =
                    Cond::equal(&format!("{}_object", field.column), of.object.name.as_str());
                cond = cond.or(Cond::equal(&field.column, of.id).and(object));
            }
            Some(to) if to == of.object.name => cond = cond.or(Cond::equal(&field.column, of.id)),
            _ => {}
        }
    }
    cond
}

/// A list that hangs on a record: `contact` or `contact.customer` (those whose link names it), or one of its own
/// fields with several links.
pub fn related(
    ctx: &Context,
    object: &Arc<Object>,
    id: Uuid,
    relation: &str,
    request: ListRequest,
) -> EngineResult<(Arc<Object>, Page)> {
    let record = get(ctx, object, id)?;
    let (target, within) = relation_of(ctx, &record, relation)?;
    let request = ListRequest {
        within: Some(within),
        ..request
    };
    let page = list(ctx, &target, &request)?;
    Ok((target, page))
}

/// The object of a relation and the condition that its rows meet.
pub fn relation_of(
    ctx: &Context,
    record: &Record,
    relation: &str,
) -> EngineResult<(Arc<Object>, Cond)> {
    let object = &record.object;
    if let Some(at) = object
        .position(relation)
        .filter(|&at| object.fields[at].kind.name() == "many_links")
    {
        let field = &object.fields[at];
        if !ctx.grant(object, Action::Read).may_read(at) {
            return Err(EngineError::NotFound);
        }
        let target = ctx.object(field.options.to.as_deref().unwrap_or_default())?;
        let ids = record.values[at]
            .list()
            .iter()
            .filter_map(Value::id)
            .map(Cell::Id)
            .collect();
        return Ok((target, Cond::among("id", ids)));
    }
    let (name, field) = relation.split_once('.').unwrap_or((relation, ""));
    let target = ctx.object(name)?;
    let links = |f: &guanxi_meta::Field| {
        let to = f.options.to.as_deref();
        let leads = to == Some("*") || to == Some(object.name.as_str());
        leads
            && matches!(f.kind.name(), "link" | "many_links")
            && (field.is_empty() || f.name == field)
    };
    let at = target
        .fields
        .iter()
        .position(links)
        .ok_or(EngineError::NotFound)?;
    if !ctx.grant(&target, Action::Read).may_read(at) {
        return Err(EngineError::NotFound);
    }
    let found = &target.fields[at];
    let cond = match (found.kind.name(), found.options.to.as_deref()) {
        ("many_links", _) => {
            let key = links::key(&target, found).unwrap_or_default();
            Cond::linked(&key, vec![Cell::Id(record.id)])
        }
        (_, Some("*")) => Cond::equal(&found.column, record.id).and(Cond::equal(
            &format!("{}_object", found.column),
            object.name.as_str(),
        )),
        _ => Cond::equal(&found.column, record.id),
    };
    Ok((target.clone(), cond))
}
