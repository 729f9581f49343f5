//! The OpenAPI 3.1 document, made from the live catalogue: what an administrator added a minute ago is in it.

use crate::Api;
use crate::answer::Answer;
use crate::run::{Head, run};
use axum::body::Body;
use axum::extract::State;
use axum::http::Response;
use guanxi_access::Action;
use guanxi_engine::capability::Noun;
use guanxi_engine::{Context, act};
use guanxi_meta::catalog::Required;
use guanxi_meta::kind::Writable;
use guanxi_meta::{Field, Object};
use serde_json::{Map, Value as Json, json};
use std::sync::Arc;

pub async fn document(State(api): State<Api>, head: Head) -> Response<Body> {
    run(api, head, |ctx, _| Ok(Answer::ok(describe(ctx)))).await
}

/// The document for this caller: objects that it may not reach are not in it.
pub fn describe(ctx: &Context) -> Json {
    let mut paths = fixed_paths();
    let mut schemas = fixed_schemas();
    for object in &ctx.catalog.objects {
        if ctx.grant(object, Action::Read).is_empty() {
            continue;
        }
        object_paths(ctx, object, &mut paths);
        schemas.insert(object.name.clone(), schema(ctx, object, Side::Read));
        schemas.insert(
            format!("{}.write", object.name),
            schema(ctx, object, Side::Write),
        );
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": ctx.engine.settings().organisation,
            "version": format!("1.{}", ctx.catalog.version),
            "description": "Customers, deals, service: one engine of declarations. Errors are problem details (RFC 9457).",
        },
        "servers": [{"url": "/api/v1"}],
        "security": [{"bearer": []}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
            "responses": {"problem": {
                "description": "What went wrong, by field where it is about fields.",
                "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/problem"}}},
            }},
        },
    })
}

fn object_paths(ctx: &Context, object: &Arc<Object>, paths: &mut Map<String, Json>) {
    let (name, label) = (&object.name, object.label.get(ctx.lang, &object.name));
    let record = json!({"$ref": format!("#/components/schemas/{name}")});
    let write = json!({"$ref": format!("#/components/schemas/{name}.write")});
    let page = json!({
        "type": "object",
        "required": ["data", "next", "count"],
        "properties": {
            "data": {"type": "array", "items": record},
            "next": {"type": ["string", "null"]},
            "count": {"$ref": "#/components/schemas/count"},
        },
    });
    let one =
        |summary: &str, id: &str, body: Option<&Json>, status: &str, answer: Option<&Json>| {
            operation(Described {
                tag: label,
                summary,
                id: format!("{id}_{name}"),
                body,
                status,
                answer,
            })
        };
    paths.insert(
        format!("/records/{name}"),
        json!({
            "get": with_parameters(one("List", "list", None, "200", Some(&page)), list_parameters()),
            "post": with_parameters(one("Create", "create", Some(&write), "201", Some(&record)), vec![idempotency()]),
        }),
    );
    let batch = json!({"$ref": "#/components/schemas/batch"});
    let results = json!({"$ref": "#/components/schemas/results"});
    let batched = one(
        "Up to 10,000 changes",
        "batch",
        Some(&batch),
        "200",
        Some(&results),
    );
    paths.insert(
        format!("/records/{name}/batch"),
        json!({"post": with_parameters(batched, vec![idempotency()])}),
    );
    let mut by_id = json!({
        "get": with_parameters(one("Read", "read", None, "200", Some(&record)), read_parameters()),
        "patch": with_parameters(one("Change", "update", Some(&write), "200", Some(&record)), vec![if_match()]),
        "delete": with_parameters(one("Remove", "remove", None, "204", None), vec![if_match()]),
    });
    by_id["parameters"] = json!([path_parameter("id")]);
    paths.insert(format!("/records/{name}/{{id}}"), by_id);
    let (list, plain) = (
        json!({"$ref": "#/components/schemas/list"}),
        json!({"type": "object"}),
    );
    for (address, summary, answer) in [
        ("history", "Changes, newest first", &list),
        ("timeline", "Activities around the record", &list),
        ("explanation", "Why the caller sees it", &plain),
        ("files", "What is attached", &list),
    ] {
        let mut item = json!({"get": one(summary, address, None, "200", Some(answer))});
        item["parameters"] = json!([path_parameter("id")]);
        paths.insert(format!("/records/{name}/{{id}}/{address}"), item);
    }
    let mut related = json!({"get": with_parameters(one("A list that hangs on the record", "related", None, "200", Some(&list)), list_parameters())});
    related["parameters"] = json!([path_parameter("id"), path_parameter("relation")]);
    paths.insert(
        format!("/records/{name}/{{id}}/related/{{relation}}"),
        related,
    );
    for noun in act::nouns(ctx, object) {
        let body = noun_schema(&noun);
        let summary = noun.label.get(ctx.lang, noun.name);
        let mut item = json!({"post": with_parameters(one(summary, noun.name, Some(&body), "200", Some(&plain)), vec![idempotency()])});
        item["parameters"] = json!([path_parameter("id")]);
        paths.insert(format!("/records/{name}/{{id}}/{}", noun.name), item);
    }
}

struct Described<'a> {
    tag: &'a str,
    summary: &'a str,
    id: String,
    body: Option<&'a Json>,
    status: &'a str,
    answer: Option<&'a Json>,
}

fn operation(what: Described) -> Json {
    let mut answer = json!({"description": what.summary});
    if let Some(schema) = what.answer {
        answer["content"] = json!({"application/json": {"schema": schema}});
    }
    let mut operation = json!({
        "tags": [what.tag],
        "summary": what.summary,
        "operationId": what.id,
        "responses": {what.status: answer, "default": {"$ref": "#/components/responses/problem"}},
    });
    if let Some(schema) = what.body {
        operation["requestBody"] =
            json!({"required": true, "content": {"application/json": {"schema": schema}}});
    }
    operation
}

fn with_parameters(mut operation: Json, parameters: Vec<Json>) -> Json {
    operation["parameters"] = Json::Array(parameters);
    operation
}

fn path_parameter(name: &str) -> Json {
    json!({"name": name, "in": "path", "required": true, "schema": {"type": "string"}})
}

fn query_parameter(name: &str, schema: Json, description: &str) -> Json {
    json!({"name": name, "in": "query", "schema": schema, "description": description})
}

fn list_parameters() -> Vec<Json> {
    let text = || json!({"type": "string"});
    vec![
        query_parameter(
            "filter",
            text(),
            "A condition, such as `stage in (\"won\",\"lost\") and amount >= 10000`.",
        ),
        query_parameter("sort", text(), "`-created_at,name`"),
        query_parameter(
            "fields",
            text(),
            "Members of the answer, separated by commas.",
        ),
        query_parameter(
            "expand",
            text(),
            "Links whose records stand beside their ids: `customer,customer.owner`.",
        ),
        query_parameter(
            "limit",
            json!({"type": "integer", "minimum": 1, "maximum": 500, "default": 50}),
            "Rows of a page.",
        ),
        query_parameter("cursor", text(), "`next` of the page before."),
        query_parameter(
            "count",
            json!({"enum": ["none", "estimate", "exact"], "default": "none"}),
            "Estimates are exact up to 1,000.",
        ),
    ]
}

fn read_parameters() -> Vec<Json> {
    let text = || json!({"type": "string"});
    vec![
        query_parameter(
            "fields",
            text(),
            "Members of the answer, separated by commas.",
        ),
        query_parameter(
            "expand",
            text(),
            "Links whose records stand beside their ids.",
        ),
        query_parameter(
            "as_of",
            json!({"type": "string", "format": "date-time"}),
            "The record as it was at this instant.",
        ),
    ]
}

fn if_match() -> Json {
    json!({"name": "If-Match", "in": "header", "schema": {"type": "string"}, "description": "The ETag that was read; 412 if it is no longer the newest."})
}

fn idempotency() -> Json {
    json!({"name": "Idempotency-Key", "in": "header", "schema": {"type": "string", "maxLength": 255}, "description": "The same answer for 24 hours."})
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Read,
    Write,
}

fn schema(ctx: &Context, object: &Arc<Object>, side: Side) -> Json {
    let (read, update) = (
        ctx.grant(object, Action::Read),
        ctx.grant(object, Action::Update),
    );
    let mut properties = Map::new();
    let mut required = Vec::new();
    if side == Side::Read {
        properties.insert("id".into(), json!({"type": "string", "format": "uuid"}));
        properties.insert("version".into(), json!({"type": "integer"}));
        properties.insert(
            "created_at".into(),
            json!({"type": "string", "format": "date-time"}),
        );
        properties.insert(
            "updated_at".into(),
            json!({"type": "string", "format": "date-time"}),
        );
        properties.insert(
            "created_by".into(),
            json!({"type": ["string", "null"], "format": "uuid"}),
        );
        properties.insert(
            "updated_by".into(),
            json!({"type": ["string", "null"], "format": "uuid"}),
        );
        required.extend(["id", "version", "created_at", "updated_at"].map(str::to_owned));
    }
    properties.insert("owner".into(), json!({"type": ["string", "null"], "format": "uuid", "description": "A user; null is the pool."}));
    properties.insert(
        "department".into(),
        json!({"type": ["string", "null"], "format": "uuid"}),
    );
    for (at, field) in object.fields.iter().enumerate() {
        let writable = field.kind.writable() == Writable::ByCaller && update.may_write(at);
        if !read.may_read(at) || (side == Side::Write && !writable) {
            continue;
        }
        properties.insert(field.name.clone(), field_schema(ctx, field));
        if side == Side::Write && field.required == Required::Yes {
            required.push(field.name.clone());
        }
    }
    let title = object.label.get(ctx.lang, &object.name);
    // A change names only what it changes, so `required` binds creations; the description says so.
    let required = if side == Side::Read {
        json!(required)
    } else {
        json!([])
    };
    json!({"type": "object", "title": title, "properties": properties, "required": required})
}

fn field_schema(ctx: &Context, field: &Field) -> Json {
    let inner = field.kind.schema(field);
    let mut description = field.label.get(ctx.lang, &field.name).to_owned();
    if field.required == Required::Yes {
        description.push_str(" *");
    }
    json!({"anyOf": [inner, {"type": "null"}], "description": description})
}

fn noun_schema(noun: &Noun) -> Json {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for input in &noun.inputs {
        let schema = match input.kind {
            "bool" => json!({"type": "boolean"}),
            "integer" => json!({"type": "integer"}),
            "many_links" | "multi_choice" => json!({"type": "array", "items": {"type": "string"}}),
            "json" => json!({}),
            _ => json!({"type": "string"}),
        };
        properties.insert(input.name.to_owned(), schema);
        if input.required {
            required.push(input.name);
        }
    }
    json!({"type": "object", "properties": properties, "required": required})
}

/// Addresses that are the same whatever objects there are.
fn fixed_paths() -> Map<String, Json> {
    let mut paths = Map::new();
    for fixed in FIXED {
        let body = match fixed.body {
            Sent::Nothing => None,
            Sent::Json => Some("application/json"),
            Sent::Form => Some("multipart/form-data"),
        };
        let answer = json!({"type": "object"});
        let media_type = match fixed.path {
            "/events" => "text/event-stream",
            "/imports/{id}/failed.csv" => "text/csv",
            "/files/{id}" => "*/*",
            _ => "application/json",
        };
        let what = Described {
            tag: "general",
            summary: fixed.summary,
            id: fixed.id.to_owned(),
            body: None,
            status: fixed.status,
            answer: (fixed.status != "204" && media_type == "application/json").then_some(&answer),
        };
        let mut operation = operation(what);
        if media_type != "application/json" && fixed.status != "204" {
            let content = json!({media_type: {"schema": {"type": "string"}}});
            operation["responses"][fixed.status]["content"] = content;
        }
        if let Some(media_type) = body {
            let schema = match fixed.path {
                "/imports" => form_schema(&["object", "mode", "match", "map", "dry_run"]),
                "/files" => form_schema(&["object", "record"]),
                _ => json!({"type": "object"}),
            };
            operation["requestBody"] =
                json!({"required": true, "content": {media_type: {"schema": schema}}});
        }
        let in_path = fixed
            .path
            .split('/')
            .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
        let mut parameters: Vec<Json> = in_path.map(path_parameter).collect();
        if fixed.path == "/search" {
            parameters.extend(search_parameters());
        }
        let item = paths.entry(fixed.path).or_insert_with(|| json!({}));
        item[fixed.method] = with_parameters(operation, parameters);
    }
    paths
}

/// A form with these members and a file.
fn form_schema(members: &[&str]) -> Json {
    let mut properties = Map::new();
    properties.insert("file".into(), json!({"type": "string", "format": "binary"}));
    for name in members {
        properties.insert((*name).to_owned(), json!({"type": "string"}));
    }
    json!({"type": "object", "required": ["file", "object"], "properties": properties})
}

fn search_parameters() -> [Json; 3] {
    let text = || json!({"type": "string"});
    [
        query_parameter("q", text(), "Chinese, pinyin, initials, words, digits."),
        query_parameter("object", text(), "Only this object."),
        query_parameter(
            "limit",
            json!({"type": "integer", "minimum": 1, "maximum": 500, "default": 20}),
            "Hits.",
        ),
    ]
}

enum Sent {
    Nothing,
    Json,
    Form,
}

struct Fixed {
    method: &'static str,
    path: &'static str,
    id: &'static str,
    summary: &'static str,
    body: Sent,
    status: &'static str,
}

const fn fixed(
    (method, path): (&'static str, &'static str),
    (id, summary): (&'static str, &'static str),
    body: Sent,
    status: &'static str,
) -> Fixed {
    Fixed {
        method,
        path,
        id,
        summary,
        body,
        status,
    }
}

const FIXED: &[Fixed] = &[
    fixed(
        ("get", "/search"),
        ("search", "Search"),
        Sent::Nothing,
        "200",
    ),
    fixed(("get", "/me"), ("me", "The caller"), Sent::Nothing, "200"),
    fixed(
        ("get", "/openapi.json"),
        ("openapi", "This document"),
        Sent::Nothing,
        "200",
    ),
    fixed(
        ("get", "/events"),
        ("events", "Server-sent events"),
        Sent::Nothing,
        "200",
    ),
    fixed(
        ("get", "/meta/objects"),
        ("meta_objects", "Objects"),
        Sent::Nothing,
        "200",
    ),
    fixed(
        ("post", "/meta/objects"),
        ("create_meta_object", "Add an object"),
        Sent::Json,
        "201",
    ),
    fixed(
        ("get", "/meta/objects/{object}"),
        ("meta_object", "One object"),
        Sent::Nothing,
        "200",
    ),
    fixed(
        ("patch", "/meta/objects/{object}"),
        ("update_meta_object", "Change an object"),
        Sent::Json,
        "200",
    ),
    fixed(
        ("delete", "/meta/objects/{object}"),
        ("remove_meta_object", "Remove an object"),
        Sent::Nothing,
        "204",
    ),
    fixed(
        ("post", "/meta/objects/{object}/fields"),
        ("create_meta_field", "Add a field"),
        Sent::Json,
        "201",
    ),
    fixed(
        ("patch", "/meta/objects/{object}/fields/{field}"),
        ("update_meta_field", "Change a field"),
        Sent::Json,
        "200",
    ),
    fixed(
        ("delete", "/meta/objects/{object}/fields/{field}"),
        ("remove_meta_field", "Remove a field"),
        Sent::Nothing,
        "204",
    ),
    fixed(
        ("get", "/meta/roles"),
        ("meta_roles", "Roles"),
        Sent::Nothing,
        "200",
    ),
    fixed(
        ("get", "/meta/roles/{role}"),
        ("meta_role", "One role"),
        Sent::Nothing,
        "200",
    ),
    fixed(
        ("put", "/meta/roles/{role}"),
        ("set_meta_role", "Replace a role"),
        Sent::Json,
        "200",
    ),
    fixed(
        ("delete", "/merges/{id}"),
        ("unmerge", "Take a merge back"),
        Sent::Nothing,
        "200",
    ),
    fixed(
        ("get", "/imports"),
        ("imports", "The caller's imports"),
        Sent::Nothing,
        "200",
    ),
    fixed(
        ("post", "/imports"),
        ("create_import", "Import a file"),
        Sent::Form,
        "202",
    ),
    fixed(
        ("get", "/imports/{id}"),
        ("import", "How far an import is"),
        Sent::Nothing,
        "200",
    ),
    fixed(
        ("get", "/imports/{id}/failed.csv"),
        ("import_failed", "Rows that failed"),
        Sent::Nothing,
        "200",
    ),
    fixed(
        ("post", "/imports/{id}/undo"),
        ("undo_import", "Take an import back"),
        Sent::Nothing,
        "202",
    ),
    fixed(
        ("get", "/jobs"),
        ("jobs", "What works in the background, for administrators"),
        Sent::Nothing,
        "200",
    ),
    fixed(
        ("post", "/jobs/{id}/retry"),
        ("retry_job", "Have a dead job tried anew"),
        Sent::Nothing,
        "202",
    ),
    fixed(
        ("get", "/outbox"),
        ("outbox", "Effects outside the house, for administrators"),
        Sent::Nothing,
        "200",
    ),
    fixed(
        ("post", "/outbox/{id}/replay"),
        (
            "replay_effect",
            "Carry an effect out again, under its own identity",
        ),
        Sent::Nothing,
        "202",
    ),
    fixed(
        ("post", "/files"),
        ("create_file", "Attach a file"),
        Sent::Form,
        "201",
    ),
    fixed(
        ("get", "/files/{id}"),
        ("file", "A file's content"),
        Sent::Nothing,
        "200",
    ),
    fixed(
        ("delete", "/files/{id}"),
        ("remove_file", "Remove a file"),
        Sent::Nothing,
        "204",
    ),
];

fn fixed_schemas() -> Map<String, Json> {
    let schemas = json!({
        "count": {"anyOf": [{"type": "null"}, {"type": "object", "required": ["value", "exact"], "properties": {
            "value": {"type": "integer"}, "exact": {"type": "boolean"}}}]},
        "problem": {"type": "object", "required": ["type", "title", "status"], "properties": {
            "type": {"type": "string"}, "title": {"type": "string"}, "status": {"type": "integer"},
            "detail": {"type": "string"},
            "errors": {"type": "array", "items": {"type": "object", "properties": {
                "field": {"type": "string"}, "code": {"type": "string"}, "message": {"type": "string"}}}}}},
        "batch": {"type": "object", "required": ["operations"], "properties": {
            "mode": {"enum": ["atomic", "each"]},
            "operations": {"type": "array", "maxItems": 10000, "items": {"type": "object", "required": ["op"], "properties": {
                "op": {"enum": ["create", "update", "remove"]}, "id": {"type": "string", "format": "uuid"},
                "if_match": {"type": ["integer", "null"]},
                "fields": {"type": "object"}}}}}},
        "list": {"type": "object", "required": ["data", "next", "count"], "properties": {
            "data": {"type": "array", "items": {"type": "object"}}, "next": {"type": ["string", "null"]},
            "count": {"$ref": "#/components/schemas/count"}}},
        "results": {"type": "object", "properties": {"results": {"type": "array", "items": {"type": "object"}}}},
    });
    match schemas {
        Json::Object(members) => members,
        _ => Map::new(),
    }
}
