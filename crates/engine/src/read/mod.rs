//! The one read path. Lists, pickers, boards, search, related, history, export and files reach rows through a grant.

pub mod cursor;
pub mod history;
pub mod list;
pub mod timeline;

use crate::context::Context;
use crate::engine::row_by_id;
use crate::error::{EngineError, EngineResult};
use crate::record::Record;
use guanxi_access::{Action, Grant, Reason};
use guanxi_meta::Object;
use guanxi_meta::fault::Fault;
use guanxi_meta::kind::nearest;
use guanxi_query::cond::{Cond, Select};
use guanxi_store::{StoreExt, View};
use serde_json::Value as Json;
use std::sync::Arc;
use uuid::Uuid;

/// How a grant reaches a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    Scope,
    /// Shared by the user with this `seq`.
    Share {
        by: i64,
    },
}

/// Whether and how the grant reaches the record: by its standing, else by a share.
pub fn reach(
    view: &mut (impl View + ?Sized),
    grant: &Grant,
    record: &Record,
) -> EngineResult<Option<Reach>> {
    if grant.admits(record.standing()) {
        return Ok(Some(Reach::Scope));
    }
    if !grant.follows_shares() {
        return Ok(None);
    }
    let select = Select::of(guanxi_access::grant::SHARES, &["by"])
        .filter(grant.share_cond().and(Cond::equal("record", record.id)))
        .limit(1);
    let rows = view.select(&select)?;
    Ok(rows.first().map(|row| Reach::Share {
        by: row.cells[0].int().unwrap_or(0),
    }))
}

/// The record, if it exists, is not deleted and the caller may read it.
pub fn lookup(ctx: &Context, object: &Arc<Object>, id: Uuid) -> EngineResult<Option<Record>> {
    let found = ctx
        .engine
        .store()
        .look(|view| lookup_in(view, ctx, object, id))?;
    Ok(found.map(|record| record.seen_by(&ctx.grant(object, Action::Read))))
}

/// The same within a view or transaction that is already open.
pub fn lookup_in(
    view: &mut (impl View + ?Sized),
    ctx: &Context,
    object: &Arc<Object>,
    id: Uuid,
) -> EngineResult<Option<Record>> {
    let select = Select::from(&object.table, object.columns())
        .filter(Cond::equal("id", id))
        .limit(1);
    let rows = view.select(&select)?;
    let found = rows
        .first()
        .map(|row| Record::from_row(object, row))
        .filter(|record| record.deleted_at.is_none());
    let Some(record) = found else { return Ok(None) };
    Ok(reach(view, &ctx.grant(object, Action::Read), &record)?.map(|_| record))
}

/// The record, or 404.
pub fn get(ctx: &Context, object: &Arc<Object>, id: Uuid) -> EngineResult<Record> {
    lookup(ctx, object, id)?.ok_or(EngineError::NotFound)
}

/// What the caller may do with one record that it sees.
pub fn may(ctx: &Context, record: &Record, action: Action) -> EngineResult<bool> {
    let grant = ctx.grant(&record.object, action);
    ctx.engine
        .store()
        .look(|view| Ok(reach(view, &grant, record)?.is_some()))
}

/// Why the caller of `ctx` sees this record: an explanation of the decision, also of a refusal.
pub fn explain(ctx: &Context, object: &Arc<Object>, id: Uuid) -> EngineResult<Explanation> {
    let grant = ctx.grant(object, Action::Read);
    ctx.engine.store().look(|view| {
        let Some(record) = row_by_id(view, object, id)? else {
            return Ok(Explanation {
                exists: false,
                reasons: Vec::new(),
                record: None,
            });
        };
        let mut reasons = grant.reasons(record.standing());
        if let Some(Reach::Share { by }) = reach(view, &grant, &record)? {
            reasons.push(Reason::Share {
                by: ctx.user_name(by).to_owned(),
            });
        }
        Ok(Explanation {
            exists: record.deleted_at.is_none(),
            reasons,
            record: Some(record),
        })
    })
}

/// Whether a record is seen and by which reasons; `record` for whoever explains on another's behalf.
#[derive(Debug, Clone)]
pub struct Explanation {
    pub exists: bool,
    pub reasons: Vec<Reason>,
    pub record: Option<Record>,
}

impl Explanation {
    pub fn allowed(&self) -> bool {
        self.exists && !self.reasons.is_empty()
    }
}

/// Adds `{"expand": …}` beside links: `a` or `a.b`, three deep at most. A linked record that the caller may not see
/// stays out.
pub fn expand(ctx: &Context, record: &Record, json: &mut Json, paths: &[&str]) -> EngineResult<()> {
    for path in paths {
        let (link, rest) = path.split_once('.').unwrap_or((path, ""));
        if path.split('.').count() > 3 {
            return Err(EngineError::bad("expand_too_deep"));
        }
        let Some((target, id)) = linked(ctx, record, link)? else {
            continue;
        };
        let Some(found) = lookup(ctx, &target, id)? else {
            continue;
        };
        let grant = ctx.grant(&target, Action::Read);
        let mut inner = found.to_json(ctx, &grant, None);
        if !rest.is_empty() {
            expand(ctx, &found, &mut inner, &[rest])?;
        }
        if let Some(members) = json.as_object_mut() {
            let beside = members
                .entry("expand")
                .or_insert_with(|| Json::Object(serde_json::Map::new()));
            if let Some(beside) = beside.as_object_mut() {
                beside.insert(link.to_owned(), inner);
            }
        }
    }
    Ok(())
}

/// The same words for a field that there is not and one that the caller may not read, with the nearest of those that
/// it may.
pub fn unknown_field(ctx: &Context, object: &Arc<Object>, name: &str) -> EngineError {
    let grant = ctx.grant(object, Action::Read);
    let fields = object.fields.iter().enumerate();
    let readable = fields
        .filter(|(at, _)| grant.may_read(*at))
        .map(|(_, field)| field.name.as_str());
    let system = Object::SYSTEM
        .iter()
        .map(|(name, _, _)| *name)
        .filter(|name| *name != "deleted_at");
    EngineError::BadRequest(
        Fault::new("unknown_field")
            .with("name", name)
            .with("object", &object.name)
            .near(nearest(name, readable.chain(system))),
    )
}

/// Where a link of the record leads: also the system's `owner`, `department`, `created_by`, `updated_by`.
pub fn linked(
    ctx: &Context,
    record: &Record,
    link: &str,
) -> EngineResult<Option<(Arc<Object>, Uuid)>> {
    let person = |seq: i64| {
        ctx.directory
            .user(seq)
            .map(|user| ("user".to_owned(), user.id))
    };
    let target = match link {
        "owner" => person(record.owner),
        "created_by" => person(record.created_by),
        "updated_by" => person(record.updated_by),
        "department" => ctx
            .directory
            .department(record.department)
            .map(|d| ("department".to_owned(), d.id)),
        name => {
            let grant = ctx.grant(&record.object, Action::Read);
            let at = record
                .object
                .position(name)
                .filter(|at| grant.may_read(*at));
            let at = at.ok_or_else(|| unknown_field(ctx, &record.object, name))?;
            let field = &record.object.fields[at];
            if field.kind.name() != "link" {
                return Err(EngineError::bad("not_a_link"));
            }
            match &record.values[at] {
                guanxi_meta::Value::Reference { object, id } => Some((object.clone(), *id)),
                guanxi_meta::Value::Id(id) => {
                    Some((field.options.to.clone().unwrap_or_default(), *id))
                }
                _ => None,
            }
        }
    };
    Ok(target.and_then(|(name, id)| Some((ctx.catalog.object(&name)?.clone(), id))))
}
