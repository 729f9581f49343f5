//! The description of the API is a valid OpenAPI 3.1 document of what is really there.

use crate::{keys, on_each};
use guanxi_testkit::app::TestApp;
use serde_json::{Value as Json, json};
use std::collections::HashSet;

#[test]
fn the_document_is_valid_and_complete() {
    on_each(|app| {
        app.admin().object("turbine", json!([{"name": "power", "kind": "decimal"}, {"name": "owned_by", "kind": "link", "to": "customer"}]));
        for caller in ["admin", "salesperson", "reader"] {
            let document = app.caller(caller).get("/openapi.json").expect(200).json;
            check(&document);
            for path in [
                "/records/turbine",
                "/records/turbine/{id}",
                "/records/turbine/batch",
                "/records/customer/{id}/history",
                "/search",
            ] {
                assert!(document["paths"].get(path).is_some(), "{caller}: {path}");
            }
            assert!(
                document["components"]["schemas"]["turbine"]["properties"]
                    .get("power")
                    .is_some()
            );
        }
        let document = app.salesperson().get("/openapi.json").expect(200).json;
        for (object, noun) in [
            ("opportunity", "closure"),
            ("customer", "handover"),
            ("lead", "conversion"),
            ("customer", "claim"),
        ] {
            let path = format!("/records/{object}/{{id}}/{noun}");
            assert!(
                document["paths"][&path]["post"]["requestBody"].is_object(),
                "{path}"
            );
        }
        hides(app);
    });
}

/// What the caller may not reach is not described.
fn hides(app: &TestApp) {
    let document = app.reader().get("/openapi.json").expect(200);
    assert!(
        document["components"]["schemas"]["customer"]["properties"]
            .get("id_number")
            .is_none(),
        "hidden from readers"
    );
    assert!(
        document["components"]["schemas"]["customer.write"]["properties"]
            .as_object()
            .is_none_or(|fields| !fields.contains_key("id_number"))
    );
    app.nobody().get("/openapi.json").expect(401);
}

/// Every address that the router has is described, and nothing else.
#[test]
fn the_document_has_every_route() {
    on_each(|app| {
        let document = app.admin().get("/openapi.json").expect(200).json;
        let described: HashSet<(String, String)> = document["paths"]
            .as_object()
            .unwrap()
            .iter()
            .flat_map(|(path, item)| {
                let methods = keys(item).into_iter().filter(|key| key != "parameters");
                methods
                    .map(|method| (method.to_uppercase(), path.clone()))
                    .collect::<Vec<_>>()
            })
            .collect();
        for (method, path) in guanxi_api::ROUTES
            .iter()
            .filter_map(|(method, path)| Some((method, path.strip_prefix("/api/v1")?)))
        {
            let concrete = path
                .replace("/records/{object}", "/records/opportunity")
                .replace("{noun}", "closure");
            let known = described.contains(&((*method).to_owned(), concrete.clone()));
            assert!(known, "{method} {path} is not in the document");
        }
    });
}

/// The structure of OpenAPI 3.1, as far as this document uses it.
fn check(document: &Json) {
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    for member in ["title", "version"] {
        assert!(document["info"][member].is_string(), "info.{member}");
    }
    let allowed = [
        "openapi",
        "info",
        "jsonSchemaDialect",
        "servers",
        "paths",
        "webhooks",
        "components",
        "security",
        "tags",
        "externalDocs",
    ];
    assert!(
        keys(document)
            .iter()
            .all(|key| allowed.contains(&key.as_str())),
        "{:?}",
        keys(document)
    );
    let mut operations = HashSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        assert!(path.starts_with('/'), "{path}");
        check_item(path, item, &mut operations);
    }
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        assert!(
            name.chars()
                .all(|c| c.is_ascii_alphanumeric() || "._-".contains(c)),
            "{name}"
        );
        check_schema(schema, name);
    }
    check_references(document, document);
}

fn check_item(path: &str, item: &Json, operations: &mut HashSet<String>) {
    let in_path: HashSet<String> = path
        .split('/')
        .filter_map(|part| Some(part.strip_prefix('{')?.strip_suffix('}')?.to_owned()))
        .collect();
    let shared = item["parameters"].as_array().cloned().unwrap_or_default();
    for (method, operation) in item
        .as_object()
        .unwrap()
        .iter()
        .filter(|(key, _)| *key != "parameters")
    {
        assert!(
            [
                "get", "put", "post", "delete", "patch", "options", "head", "trace"
            ]
            .contains(&method.as_str()),
            "{path} {method}"
        );
        let id = operation["operationId"]
            .as_str()
            .unwrap_or_else(|| panic!("{path} {method} has no operationId"));
        assert!(operations.insert(id.to_owned()), "{id} is there twice");
        assert!(
            operation["tags"]
                .as_array()
                .is_some_and(|tags| tags.iter().all(Json::is_string))
        );
        let mut named = HashSet::new();
        let own = operation["parameters"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        for parameter in shared.iter().chain(&own) {
            let place = parameter["in"].as_str().unwrap();
            assert!(["query", "header", "path", "cookie"].contains(&place));
            let name = parameter["name"].as_str().unwrap();
            assert!(
                named.insert((place.to_owned(), name.to_owned())),
                "{path} {method}: {name} twice"
            );
            assert!(parameter.get("schema").is_some() || parameter.get("content").is_some());
            assert!(
                place != "path" || parameter["required"] == true,
                "{path}: {name}"
            );
            check_schema(&parameter["schema"], path);
        }
        let declared: HashSet<String> = named
            .iter()
            .filter(|(place, _)| place == "path")
            .map(|(_, name)| name.clone())
            .collect();
        assert_eq!(declared, in_path, "{path} {method}");
        let responses = operation["responses"].as_object().unwrap();
        assert!(!responses.is_empty());
        for (status, response) in responses {
            assert!(
                status == "default"
                    || status
                        .parse::<u16>()
                        .is_ok_and(|status| (100..600).contains(&status)),
                "{status}"
            );
            assert!(
                response.get("$ref").is_some() || response["description"].is_string(),
                "{path} {method} {status}"
            );
            for media in response["content"].as_object().into_iter().flatten() {
                check_schema(&media.1["schema"], path);
            }
        }
        if let Some(body) = operation.get("requestBody") {
            let content = body["content"]
                .as_object()
                .unwrap_or_else(|| panic!("{path} {method}: a body without content"));
            content
                .values()
                .for_each(|media| check_schema(&media["schema"], path));
        }
    }
}

/// JSON Schema 2020-12: types are known, members are schemas.
fn check_schema(schema: &Json, place: &str) {
    const TYPES: [&str; 7] = [
        "null", "boolean", "object", "array", "number", "string", "integer",
    ];
    let Json::Object(members) = schema else {
        assert!(schema.is_boolean(), "{place}: {schema}");
        return;
    };
    match members.get("type") {
        None => {}
        Some(Json::String(name)) => assert!(TYPES.contains(&name.as_str()), "{place}: {name}"),
        Some(Json::Array(names)) => assert!(
            names
                .iter()
                .all(|name| TYPES.contains(&name.as_str().unwrap_or_default())),
            "{place}"
        ),
        Some(other) => panic!("{place}: {other}"),
    }
    assert!(
        members.get("nullable").is_none(),
        "{place}: nullable is of OpenAPI 3.0"
    );
    for (key, list) in [
        ("anyOf", true),
        ("oneOf", true),
        ("allOf", true),
        ("items", false),
        ("not", false),
        ("additionalProperties", false),
    ] {
        match members.get(key) {
            Some(Json::Array(all)) if list => all.iter().for_each(|one| check_schema(one, place)),
            Some(one) if !list => check_schema(one, place),
            Some(other) => panic!("{place}: {key} {other}"),
            None => {}
        }
    }
    for (name, one) in members
        .get("properties")
        .and_then(Json::as_object)
        .into_iter()
        .flatten()
    {
        check_schema(one, &format!("{place}.{name}"));
    }
    if let Some(required) = members.get("required") {
        assert!(
            required
                .as_array()
                .is_some_and(|names| names.iter().all(Json::is_string)),
            "{place}: required {required}"
        );
    }
    assert!(members.get("enum").is_none_or(Json::is_array), "{place}");
}

/// Each `$ref` leads somewhere in the document.
fn check_references(json: &Json, document: &Json) {
    match json {
        Json::Object(members) => {
            if let Some(Json::String(to)) = members.get("$ref") {
                let pointer = to.strip_prefix('#').unwrap_or_else(|| panic!("{to}"));
                assert!(document.pointer(pointer).is_some(), "{to}");
            }
            members
                .values()
                .for_each(|member| check_references(member, document));
        }
        Json::Array(items) => items
            .iter()
            .for_each(|item| check_references(item, document)),
        _ => {}
    }
}
