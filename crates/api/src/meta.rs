//! `/meta`: what exists, and changing it on a live system with the keys of the TOML declarations.

use crate::Api;
use crate::answer::Answer;
use crate::body::{self, Raw};
use crate::records::envelope;
use crate::run::{Head, run, run_once};
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::Response;
use guanxi_access::Action;
use guanxi_engine::capability::Noun;
use guanxi_engine::{Context, EngineError, EngineResult, act, admin};
use guanxi_meta::{Field, Object, Overlay};
use serde_json::{Map, Value as Json, json};
use std::sync::Arc;

/// The caller: who, which roles, which language.
pub async fn me(State(api): State<Api>, head: Head) -> Response<Body> {
    run(api, head, |ctx, _| {
        let user = ctx.person().ok_or(EngineError::Unauthorized)?;
        Ok(Answer::ok(json!({
            "id": user.id, "name": user.name, "email": user.email, "roles": user.roles,
            "department": ctx.department_json(user.department), "language": ctx.lang.code(),
            "time_zone": ctx.zone.iana_name(),
        })))
    })
    .await
}

pub async fn objects(State(api): State<Api>, head: Head) -> Response<Body> {
    run(api, head, |ctx, _| {
        let reached = ctx
            .catalog
            .objects
            .iter()
            .filter(|object| !ctx.grant(object, Action::Read).is_empty());
        let data = reached.map(|object| describe(ctx, object)).collect();
        Ok(Answer::ok(envelope(data, None, None)))
    })
    .await
}

pub async fn object(
    State(api): State<Api>,
    Path(object): Path<String>,
    head: Head,
) -> Response<Body> {
    run(api, head, move |ctx, _| {
        Ok(Answer::ok(describe(ctx, &ctx.object(&object)?)))
    })
    .await
}

/// The declaration, without the fields that the caller may not read, with the nouns that it may use.
fn describe(ctx: &Context, object: &Arc<Object>) -> Json {
    let grant = ctx.grant(object, Action::Read);
    let mut json = object.describe();
    let hidden = |name: &str| object.position(name).is_some_and(|at| !grant.may_read(at));
    if let Some(fields) = json["fields"].as_array_mut() {
        fields.retain(|field| !hidden(field["name"].as_str().unwrap_or_default()));
    }
    if let Some(views) = json["views"].as_array_mut() {
        views.retain(|view| {
            ["filter", "sort"]
                .iter()
                .all(|key| !mentions(&view[key], &hidden))
        });
    }
    without(&mut json["views"], &hidden);
    without(&mut json["layout"], &hidden);
    json["nouns"] = act::nouns(ctx, object).iter().map(describe_noun).collect();
    json
}

/// Whether a word of a filter or sort names a hidden field.
fn mentions(text: &Json, hidden: &impl Fn(&str) -> bool) -> bool {
    let mut words = text
        .as_str()
        .unwrap_or_default()
        .split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    words.any(hidden)
}

/// Takes the names of hidden fields out of every list of columns and fields.
fn without(json: &mut Json, hidden: &impl Fn(&str) -> bool) {
    match json {
        Json::Array(items) => {
            items.retain(|item| !item.as_str().is_some_and(hidden));
            items.iter_mut().for_each(|item| without(item, hidden));
        }
        Json::Object(members) => members
            .values_mut()
            .for_each(|member| without(member, hidden)),
        _ => {}
    }
}

fn describe_noun(noun: &Noun) -> Json {
    let inputs = noun.inputs.iter().map(|input| {
        json!({"name": input.name, "kind": input.kind, "required": input.required, "label": input.label})
    });
    json!({"name": noun.name, "label": noun.label, "needs": noun.needs.name(), "inputs": inputs.collect::<Vec<_>>()})
}

pub async fn create_object(State(api): State<Api>, head: Head, Raw(bytes): Raw) -> Response<Body> {
    run_once(api, head, bytes, |ctx, _, bytes| {
        ctx.administer()?;
        let members = body::object(bytes)?;
        let name = new_name(&members)?;
        admin::publish(
            ctx,
            vec![Overlay::AddObject {
                table: None,
                object: Json::Object(members),
            }],
        )?;
        let ctx = ctx.engine.again(ctx)?;
        let made = ctx
            .catalog
            .object(&name)
            .cloned()
            .ok_or(EngineError::NotFound)?;
        Ok(Answer::created(
            describe(&ctx, &made),
            format!("/api/v1/meta/objects/{name}"),
        ))
    })
    .await
}

pub async fn update_object(
    State(api): State<Api>,
    Path(object): Path<String>,
    head: Head,
    Raw(bytes): Raw,
) -> Response<Body> {
    run(api, head, move |ctx, _| {
        let object = administered(ctx, &object)?;
        let patch = Json::Object(body::object(&bytes)?);
        admin::publish(
            ctx,
            vec![Overlay::UpdateObject {
                table: object.table.clone(),
                patch,
            }],
        )?;
        let ctx = ctx.engine.again(ctx)?;
        let now = ctx
            .catalog
            .objects
            .iter()
            .find(|one| one.table == object.table)
            .ok_or(EngineError::NotFound)?;
        Ok(Answer::ok(describe(&ctx, now)))
    })
    .await
}

pub async fn remove_object(
    State(api): State<Api>,
    Path(object): Path<String>,
    head: Head,
) -> Response<Body> {
    run(api, head, move |ctx, _| {
        let object = administered(ctx, &object)?;
        admin::publish(
            ctx,
            vec![Overlay::RemoveObject {
                table: object.table.clone(),
            }],
        )?;
        Ok(Answer::nothing())
    })
    .await
}

pub async fn create_field(
    State(api): State<Api>,
    Path(object): Path<String>,
    head: Head,
    Raw(bytes): Raw,
) -> Response<Body> {
    run_once(api, head, bytes, move |ctx, _, bytes| {
        let object = administered(ctx, &object)?;
        let members = body::object(bytes)?;
        let name = new_name(&members)?;
        let table = object.table.clone();
        admin::publish(
            ctx,
            vec![Overlay::AddField {
                table,
                column: None,
                field: Json::Object(members),
            }],
        )?;
        let json = field_json(ctx, &object.table, |field| field.name == name)?;
        Ok(Answer::created(
            json,
            format!("/api/v1/meta/objects/{}/fields/{name}", object.name),
        ))
    })
    .await
}

pub async fn update_field(
    State(api): State<Api>,
    Path((object, field)): Path<(String, String)>,
    head: Head,
    Raw(bytes): Raw,
) -> Response<Body> {
    run(api, head, move |ctx, _| {
        let object = administered(ctx, &object)?;
        let column = column(&object, &field)?;
        let patch = Json::Object(body::object(&bytes)?);
        let (table, this) = (object.table.clone(), column.clone());
        admin::publish(
            ctx,
            vec![Overlay::UpdateField {
                table,
                column: this,
                patch,
            }],
        )?;
        Ok(Answer::ok(field_json(ctx, &object.table, |field| {
            field.column == column
        })?))
    })
    .await
}

pub async fn remove_field(
    State(api): State<Api>,
    Path((object, field)): Path<(String, String)>,
    head: Head,
) -> Response<Body> {
    run(api, head, move |ctx, _| {
        let object = administered(ctx, &object)?;
        let column = column(&object, &field)?;
        admin::publish(
            ctx,
            vec![Overlay::RemoveField {
                table: object.table.clone(),
                column,
            }],
        )?;
        Ok(Answer::nothing())
    })
    .await
}

/// What is new has a name; an `extends`, as packs have it, is no new object.
fn new_name(members: &Map<String, Json>) -> EngineResult<String> {
    if members.contains_key("extends") {
        return Err(EngineError::field("extends", "read_only"));
    }
    match members
        .get("name")
        .and_then(Json::as_str)
        .filter(|name| !name.is_empty())
    {
        Some(name) => Ok(name.to_owned()),
        None => Err(EngineError::field("name", "required")),
    }
}

/// The object, for whoever may change declarations.
fn administered(ctx: &Context, name: &str) -> EngineResult<Arc<Object>> {
    let object = ctx.object(name)?;
    ctx.administer()?;
    Ok(object)
}

fn column(object: &Object, field: &str) -> EngineResult<String> {
    object
        .field(field)
        .map(|field| field.column.clone())
        .ok_or(EngineError::NotFound)
}

fn field_json(ctx: &Context, table: &str, wanted: impl Fn(&Field) -> bool) -> EngineResult<Json> {
    let catalog = ctx.engine.catalog();
    let object = catalog
        .objects
        .iter()
        .find(|object| object.table == table)
        .ok_or(EngineError::NotFound)?;
    object
        .fields
        .iter()
        .find(|field| wanted(field))
        .map(Field::describe)
        .ok_or(EngineError::NotFound)
}

pub async fn roles(State(api): State<Api>, head: Head) -> Response<Body> {
    run(api, head, |ctx, _| {
        ctx.administer()?;
        let roles = ctx
            .catalog
            .roles
            .iter()
            .map(|(name, role)| named(name, role));
        Ok(Answer::ok(envelope(roles.collect(), None, None)))
    })
    .await
}

pub async fn role(State(api): State<Api>, Path(role): Path<String>, head: Head) -> Response<Body> {
    run(api, head, move |ctx, _| {
        ctx.administer()?;
        let found = ctx.catalog.roles.get(&role).ok_or(EngineError::NotFound)?;
        Ok(Answer::ok(named(&role, found)))
    })
    .await
}

/// Replaces a role. `pool` and `administer` stay as they are unless they are named.
pub async fn set_role(
    State(api): State<Api>,
    Path(role): Path<String>,
    head: Head,
    Raw(bytes): Raw,
) -> Response<Body> {
    run(api, head, move |ctx, _| {
        ctx.administer()?;
        let mut members = body::object(&bytes)?;
        members.remove("name");
        if let Some(known) = ctx.catalog.roles.get(&role) {
            members.entry("pool").or_insert(json!(known.pool));
            members
                .entry("administer")
                .or_insert(json!(known.administer));
        }
        admin::set_role(ctx, &role, Json::Object(members))?;
        let catalog = ctx.engine.catalog();
        let now = catalog.roles.get(&role).ok_or(EngineError::NotFound)?;
        Ok(Answer::ok(named(&role, now)))
    })
    .await
}

fn named(name: &str, role: &guanxi_meta::role::Role) -> Json {
    let mut json = serde_json::to_value(role).unwrap_or_default();
    json["name"] = json!(name);
    json
}
