//! Reading what the caller wrote: everything that needs no database, before the transaction.

use super::{Authority, Change, Origin, Target};
use crate::context::Context;
use crate::error::{EngineError, EngineResult};
use crate::read::unknown_field;
use guanxi_access::Action;
use guanxi_meta::fault::{Fault, FieldError};
use guanxi_meta::kind::Writable;
use guanxi_meta::{Object, Value};
use serde_json::{Map, Value as Json};
use std::sync::Arc;
use uuid::Uuid;

/// A change whose values are read and typed.
#[derive(Debug, Clone)]
pub struct Prepared {
    pub object: Arc<Object>,
    pub target: Target,
    pub act: &'static str,
    pub origin: Origin,
    /// Position of the field, its new value.
    pub values: Vec<(usize, Value)>,
    /// Positions whose value names all of several; the others amend the first.
    pub whole: Vec<usize>,
    /// Values of fields that the caller may only read: they may come back as they were read, and not otherwise.
    pub guarded: Vec<(usize, Value)>,
    /// `Some(0)`: into the pool.
    pub owner: Option<i64>,
    pub department: Option<i64>,
    /// Names as the caller wrote them, for conflicts.
    pub named: Vec<String>,
    pub errors: Vec<FieldError>,
    pub fields: Map<String, Json>,
}

/// System members that a caller may send back, unread, in the object that it was given.
const PASSED_OVER: [&str; 7] = [
    "id",
    "version",
    "created_at",
    "updated_at",
    "created_by",
    "updated_by",
    "deleted_at",
];

impl Prepared {
    /// What was asked.
    pub fn again(&self) -> Change {
        Change {
            object: self.object.clone(),
            target: self.target.clone(),
            fields: self.fields.clone(),
            act: self.act,
            origin: self.origin,
        }
    }
}

/// Types the values and finds what is wrong with them; an unknown field is a bad request at once.
pub fn prepare(ctx: &Context, change: Change) -> EngineResult<Prepared> {
    let object = change.object;
    allowed_at_all(ctx, &object, &change.target, change.origin)?;
    let mut prepared = Prepared {
        object: object.clone(),
        target: change.target,
        act: change.act,
        origin: change.origin,
        values: Vec::with_capacity(change.fields.len()),
        whole: Vec::new(),
        guarded: Vec::new(),
        owner: None,
        department: None,
        named: change.fields.keys().cloned().collect(),
        errors: Vec::new(),
        fields: change.fields,
    };
    let fields = std::mem::take(&mut prepared.fields);
    for (name, json) in &fields {
        read_member(ctx, &mut prepared, name, json)?;
    }
    prepared.fields = fields;
    Ok(prepared)
}

/// A caller without the action on any row is told before anything is read of the input.
fn allowed_at_all(
    ctx: &Context,
    object: &Arc<Object>,
    target: &Target,
    origin: Origin,
) -> EngineResult<()> {
    if ctx.grant(object, Action::Read).is_empty() {
        return Err(EngineError::NotFound);
    }
    let action = match target {
        Target::Create => Action::Create,
        Target::Update { .. } => Action::Update,
        Target::Remove { .. } | Target::Restore { .. } => Action::Delete,
    };
    let bound = origin.authority == Authority::Caller;
    // Updates and removals answer 404 before 403, so they wait for the row.
    if bound && action == Action::Create && ctx.grant(object, action).is_empty() {
        return Err(EngineError::Forbidden("create"));
    }
    Ok(())
}

fn read_member(
    ctx: &Context,
    prepared: &mut Prepared,
    name: &str,
    json: &Json,
) -> EngineResult<()> {
    match name {
        "owner" => read_owner(ctx, prepared, json),
        "department" => read_department(ctx, prepared, json),
        name if PASSED_OVER.contains(&name) => {}
        name => return read_field(ctx, prepared, name, json),
    }
    Ok(())
}

fn read_owner(ctx: &Context, prepared: &mut Prepared, json: &Json) {
    let found = match json {
        Json::Null => Some(0),
        Json::String(text) if text.is_empty() => Some(0),
        Json::String(text) => user_seq(ctx, text),
        _ => None,
    };
    match found {
        Some(seq) => prepared.owner = Some(seq),
        None => prepared.errors.push(Fault::new("not_found").at("owner")),
    }
}

fn user_seq(ctx: &Context, id: &str) -> Option<i64> {
    ctx.directory
        .user_by_id(id.parse::<Uuid>().ok()?)
        .map(|user| user.seq)
}

fn read_department(ctx: &Context, prepared: &mut Prepared, json: &Json) {
    let found = match json {
        Json::Null => Some(0),
        Json::String(text) if text.is_empty() => Some(0),
        Json::String(text) => {
            let id = text.parse::<Uuid>().ok();
            id.and_then(|id| ctx.directory.department_by_id(id))
                .map(|department| department.seq)
        }
        _ => None,
    };
    match found {
        Some(seq) => prepared.department = Some(seq),
        None => prepared
            .errors
            .push(Fault::new("not_found").at("department")),
    }
}

fn read_field(ctx: &Context, prepared: &mut Prepared, name: &str, json: &Json) -> EngineResult<()> {
    let object = prepared.object.clone();
    let unknown = || unknown_field(ctx, &object, name);
    let Some(at) = position(&object, name) else {
        // Members that a read added beside a field (`phones`, `address_parts`) come back unread.
        return if is_extra(&object, name) {
            Ok(())
        } else {
            Err(unknown())
        };
    };
    let (read, write) = (
        ctx.grant(&object, Action::Read),
        ctx.grant(&object, Action::Update),
    );
    if !read.may_read(at) {
        return Err(unknown());
    }
    let field = &object.fields[at];
    let by_noun = prepared.origin.authority == Authority::Noun;
    if field.kind.writable() == Writable::ByEngine && !by_noun {
        return Ok(());
    }
    let whole = json.is_array() || field.name != name;
    let value = match json {
        Json::Null => Ok(Value::Null),
        Json::String(text) if text.trim().is_empty() => Ok(Value::Null),
        json => field.kind.parse(field, json),
    };
    match value {
        Ok(value) if !write.may_write(at) && !by_noun => prepared.guarded.push((at, value)),
        Err(_) if !write.may_write(at) && !by_noun => {
            prepared.errors.push(Fault::new("no_write_right").at(name))
        }
        // Where a request has both `phone` and `phones`, the one that names all decides.
        Ok(_) if prepared.whole.contains(&at) && !whole => {}
        Ok(value) => {
            prepared.values.push((at, value));
            if whole {
                prepared.whole.push(at);
            }
        }
        Err(fault) => prepared.errors.push(fault.at(name)),
    }
    Ok(())
}

/// By name, or by another name under which the kind takes its value (`phones` for `phone`).
fn position(object: &Object, name: &str) -> Option<usize> {
    object.position(name).or_else(|| {
        let takes = |field: &guanxi_meta::Field| {
            field.kind.aliases(field).iter().any(|alias| alias == name)
        };
        object.fields.iter().position(takes)
    })
}

fn is_extra(object: &Object, name: &str) -> bool {
    name.strip_suffix("_parts")
        .is_some_and(|field| object.position(field).is_some())
        || name == "expand"
}
