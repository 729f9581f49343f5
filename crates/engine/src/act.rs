//! Nouns: what is done to a record that is not editing it. One door for all of them: found, typed, locked, allowed,
//! done, all in one transaction.

use crate::capability::{Act, Capability, Input, Noun, On};
use crate::context::Context;
use crate::error::{EngineError, EngineResult};
use crate::idempotency::{self, Done};
use crate::read::{lookup_in, may, reach};
use crate::record::Record;
use guanxi_access::Action;
use guanxi_meta::fault::{Fault, FieldError};
use guanxi_meta::{Field, Object, Value};
use guanxi_query::cond::{Cond, Select};
use guanxi_store::{Transaction, Weight};
use serde_json::{Map, Value as Json};
use std::sync::Arc;
use uuid::Uuid;

/// The nouns of an object that the caller may use on some of its records.
pub fn nouns(ctx: &Context, object: &Arc<Object>) -> Vec<Noun> {
    let mut nouns = ctx.engine.capabilities().nouns(object);
    nouns.retain(|noun| !ctx.grant(object, noun.needs).is_empty());
    nouns
}

/// The nouns that the caller may use on this record as it stands now: what its page offers.
pub fn offered(ctx: &Context, record: &Record) -> EngineResult<Vec<Noun>> {
    let on = if record.deleted_at.is_some() {
        On::Removed
    } else {
        On::Live
    };
    let mut offered = Vec::new();
    for capability in ctx.engine.capabilities().of(&record.object) {
        for noun in capability.nouns(&record.object) {
            if noun.on == on
                && capability.offers(ctx, record, noun.name)
                && may(ctx, record, noun.needs)?
            {
                offered.push(noun);
            }
        }
    }
    Ok(offered)
}

/// Does `noun` to the record: 404 where the caller does not see it, 403 where it may not, 400 for an unknown input,
/// 422 for values that can't be taken. The answer is the noun's own.
pub fn act(
    ctx: &Context,
    object: &Arc<Object>,
    id: Uuid,
    noun: &str,
    input: Map<String, Json>,
) -> EngineResult<Json> {
    ctx.under_newest(|ctx| {
        let object = ctx.catalog.now(object).ok_or(EngineError::NotFound)?;
        act_once(ctx, object, (id, noun), input.clone())
    })
}

fn act_once(
    ctx: &Context,
    object: &Arc<Object>,
    (id, noun): (Uuid, &str),
    input: Map<String, Json>,
) -> EngineResult<Json> {
    let (capability, noun) = ctx
        .engine
        .capabilities()
        .for_noun(object, noun)
        .ok_or(EngineError::NotFound)?;
    let said = read(&noun, input)?;
    let (context, object) = (ctx.clone(), object.clone());
    let answer = ctx.change(Weight::Light, move |tx| {
        let request = Request {
            capability: &*capability,
            noun: &noun,
            said: &said,
        };
        let answer = perform(&context, tx, &request, (&object, id))?;
        idempotency::seal(tx, &context, &Done::Acted(&answer))?;
        Ok::<_, EngineError>(answer)
    })?;
    ctx.engine.announce();
    Ok(answer)
}

/// Takes back an act that left a journal (a merge) under this id.
pub fn undo_merge(ctx: &Context, journal: Uuid) -> EngineResult<Json> {
    ctx.under_newest(|ctx| undo_merge_once(ctx, journal))
}

fn undo_merge_once(ctx: &Context, journal: Uuid) -> EngineResult<Json> {
    let context = ctx.clone();
    let answer = ctx.change(Weight::Bulk, move |tx| {
        for capability in context.engine.capabilities().all() {
            if let Some(answer) = capability.undo(&context, tx, journal)? {
                return Ok(answer);
            }
        }
        Err(EngineError::NotFound)
    })?;
    ctx.engine.announce();
    Ok(answer)
}

/// The live record, locked, if the caller sees it and may do this with it: what a noun asks about a further record.
pub fn admit(
    ctx: &Context,
    tx: &mut dyn Transaction,
    object: &Arc<Object>,
    (id, needs): (Uuid, Action),
) -> EngineResult<Record> {
    let record = locked(tx, object, id)?.ok_or(EngineError::NotFound)?;
    allowed(ctx, tx, (On::Live, needs), &record)?;
    Ok(record)
}

/// Inputs with the kind that reads them, and what is wrong with them.
struct Said {
    values: Vec<(&'static str, Field, Value)>,
    errors: Vec<FieldError>,
}

struct Request<'a> {
    capability: &'a dyn Capability,
    noun: &'a Noun,
    said: &'a Said,
}

/// What needs no database. An input that the noun does not have is a bad request at once.
fn read(noun: &Noun, mut input: Map<String, Json>) -> EngineResult<Said> {
    let mut said = Said {
        values: Vec::new(),
        errors: Vec::new(),
    };
    for declared in &noun.inputs {
        let field = declared
            .field()
            .ok_or_else(|| EngineError::Broken(format!("no kind {}", declared.kind)))?;
        let value = match input.remove(declared.name) {
            None | Some(Json::Null) => Ok(Value::Null),
            Some(Json::String(text)) if text.trim().is_empty() => Ok(Value::Null),
            Some(json) => field.kind.parse(&field, &json),
        };
        match value {
            Ok(Value::Null) if declared.required => {
                said.errors.push(Fault::new("required").at(declared.name))
            }
            Ok(Value::Null) => {}
            Ok(value) => said.values.push((declared.name, field, value)),
            Err(fault) => said.errors.push(fault.at(declared.name)),
        }
    }
    match input.keys().next() {
        Some(unknown) => Err(EngineError::BadRequest(
            Fault::new("unknown_input")
                .with("input", unknown)
                .with("noun", noun.name),
        )),
        None => Ok(said),
    }
}

fn perform(
    ctx: &Context,
    tx: &mut dyn Transaction,
    request: &Request,
    (object, id): (&Arc<Object>, Uuid),
) -> EngineResult<Json> {
    let Request {
        capability,
        noun,
        said,
    } = request;
    let record = locked(tx, object, id)?.ok_or(EngineError::NotFound)?;
    let mut act = Act {
        noun: noun.name,
        record,
        input: Input::default(),
    };
    if let Err(refusal) = allowed(ctx, tx, (noun.on, noun.needs), &act.record) {
        capability.missed(ctx, tx, &act)?;
        return Err(refusal);
    }
    if noun.on == On::Removed && act.record.deleted_at.is_none() {
        return Err(EngineError::Taken(Fault::new("not_removed"), Vec::new()));
    }
    act.input = input(ctx, tx, said)?;
    capability.act(ctx, tx, &act)
}

fn locked(
    tx: &mut dyn Transaction,
    object: &Arc<Object>,
    id: Uuid,
) -> EngineResult<Option<Record>> {
    let select = Select::from(&object.table, object.columns())
        .filter(Cond::equal("id", id))
        .limit(1)
        .locked();
    Ok(tx
        .select(&select)?
        .first()
        .map(|row| Record::from_row(object, row)))
}

fn allowed(
    ctx: &Context,
    tx: &mut dyn Transaction,
    (on, needs): (On, Action),
    record: &Record,
) -> EngineResult<()> {
    if reach(tx, &ctx.grant(&record.object, Action::Read), record)?.is_none() {
        return Err(EngineError::NotFound);
    }
    if on == On::Live && record.deleted_at.is_some() {
        return Err(EngineError::NotFound);
    }
    if reach(tx, &ctx.grant(&record.object, needs), record)?.is_none() {
        return Err(EngineError::Forbidden(needs.name()));
    }
    Ok(())
}

/// Links lead to what the caller may see; then everything that is wrong is told at once.
fn input(ctx: &Context, tx: &mut dyn Transaction, said: &Said) -> EngineResult<Input> {
    let mut errors = said.errors.clone();
    let mut input = Input::default();
    for (name, field, value) in &said.values {
        if finds(ctx, tx, field, value)? {
            input.0.insert(name, value.clone());
        } else {
            errors.push(Fault::new("not_found").at(*name));
        }
    }
    if errors.is_empty() {
        Ok(input)
    } else {
        Err(EngineError::Invalid(errors))
    }
}

fn finds(
    ctx: &Context,
    tx: &mut dyn Transaction,
    field: &Field,
    value: &Value,
) -> EngineResult<bool> {
    let ids: Vec<Uuid> = match (field.kind.name(), value) {
        ("link" | "many_links", Value::List(items)) => items.iter().filter_map(Value::id).collect(),
        ("link" | "many_links", value) => value.id().into_iter().collect(),
        _ => return Ok(true),
    };
    let to = match value {
        Value::Reference { object, .. } => object.as_str(),
        _ => field.options.to.as_deref().unwrap_or_default(),
    };
    if to == "user" {
        return Ok(ids.iter().all(|id| ctx.directory.user_by_id(*id).is_some()));
    }
    let Some(object) = ctx.catalog.object(to) else {
        return Ok(false);
    };
    for id in ids {
        if lookup_in(tx, ctx, object, id)?.is_none() {
            return Ok(false);
        }
    }
    Ok(true)
}
