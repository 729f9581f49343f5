//! The list of routes is the router's, and none of them answers nobody.

use crate::{alone_on_each, on_each};
use guanxi_testkit::Backend;
use serde_json::json;
use std::collections::BTreeSet;

/// What answers without a token. This list may only shrink.
const OPEN: [&str; 2] = ["/healthz", "/readyz"];

/// A route as an address: of records that are not there.
pub fn concrete(path: &str) -> String {
    let at_root = match path.strip_prefix("/api/v1") {
        Some(below) => below.to_owned(),
        None => format!("/{path}"),
    };
    at_root
        .replace("{object}", "customer")
        .replace("{id}", "01890a5d-ac96-774b-bcce-b302099a8057")
        .replace("{field}", "name")
        .replace("{role}", "salesperson")
        .replace("{relation}", "contact")
        .replace("{noun}", "claim")
}

#[test]
fn the_list_is_the_routers() {
    let test = guanxi_testkit::engine(Backend::Sqlite);
    // The router tells its addresses only to whoever debugs it.
    let shown = format!("{:?}", guanxi_api::router(test.engine.clone()));
    let is_address = |text: &&str| {
        text.starts_with('/')
            && !text.contains(['*', ' '])
            && !text.contains("__private")
            && !["/", "/api", "/api/v1"].contains(text)
    };
    let routed: BTreeSet<&str> = shown.split('"').filter(is_address).collect();
    let listed: BTreeSet<&str> = guanxi_api::ROUTES.iter().map(|(_, path)| *path).collect();
    assert!(
        routed.len() > 15,
        "the router shows its addresses no longer: {shown}"
    );
    assert_eq!(listed, routed);
}

#[test]
fn each_address_has_the_methods_of_the_list() {
    on_each(|app| {
        let paths: BTreeSet<&str> = guanxi_api::ROUTES.iter().map(|(_, path)| *path).collect();
        for path in paths {
            let reply = app.admin().request("TRACE", &concrete(path)).send();
            let allowed: BTreeSet<&str> = reply
                .header("allow")
                .split(',')
                .filter(|name| !["HEAD", ""].contains(name))
                .collect();
            let listed: BTreeSet<&str> = guanxi_api::ROUTES
                .iter()
                .filter(|(_, known)| *known == path)
                .map(|(method, _)| *method)
                .collect();
            assert_eq!(allowed, listed, "{path}: {}", reply.status);
        }
    });
}

#[test]
fn no_route_answers_nobody() {
    on_each(|app| {
        for (method, path) in guanxi_api::ROUTES {
            for caller in [
                app.nobody().request(method, &concrete(path)),
                app.bearer("gx_nobody").request(method, &concrete(path)),
            ] {
                let reply = caller.json(json!({})).send();
                if OPEN.contains(path) {
                    assert_eq!(reply.status, 200, "{method} {path}");
                } else {
                    assert_eq!(
                        reply.expect(401).header("www-authenticate"),
                        "Bearer",
                        "{method} {path}"
                    );
                }
            }
        }
    });
}

/// Readers may write nothing at all, whatever the route.
#[test]
fn the_least_of_users_changes_nothing() {
    alone_on_each(|app| {
        let customer = app.admin().create("customer", json!({"name": "Untouched"}));
        let before = app.test.whole_log();
        for (method, path) in guanxi_api::ROUTES
            .iter()
            .filter(|(method, _)| *method != "GET")
        {
            let path = concrete(path).replace("01890a5d-ac96-774b-bcce-b302099a8057", &customer);
            for noun in ["claim", "release", "handover", "merge", "share", "restore"] {
                let path = path.replace("/claim", &format!("/{noun}"));
                let body = json!({"name": "x", "label": {"en": "x"}, "operations": [{"op": "remove", "id": customer}]});
                let reply = app.reader().request(method, &path).json(body).send();
                assert!(
                    [400, 403, 404, 422].contains(&reply.status),
                    "{method} {path}: {} {}",
                    reply.status,
                    reply.text
                );
            }
        }
        assert_eq!(app.test.whole_log(), before);
        assert_eq!(
            app.admin().read("customer", &customer).expect(200)["name"],
            "Untouched"
        );
    });
}

/// A misspelt parameter is told, not passed over: on every address, also on those that take none.
#[test]
fn an_unknown_parameter_is_a_bad_request_everywhere() {
    on_each(|app| {
        for (method, path) in guanxi_api::ROUTES
            .iter()
            .filter(|(_, path)| path.starts_with("/api/v1"))
        {
            let asked = format!("{}?no_such_parameter=1", concrete(path));
            let keyed = app.admin().request(method, &asked);
            for call in [
                app.admin().request(method, &asked),
                keyed.with("idempotency-key", "unknown"),
            ] {
                let reply = call.json(json!({})).send().expect(400);
                assert!(
                    reply["detail"]
                        .as_str()
                        .unwrap()
                        .contains("no_such_parameter"),
                    "{method} {path}: {}",
                    reply.text
                );
            }
            app.nobody().request(method, &asked).send().expect(401);
        }
        let near = app
            .admin()
            .ask("/records/customer", &[("filtr", "name is null")]);
        assert!(
            near.expect(400)["detail"]
                .as_str()
                .unwrap()
                .contains("did you mean filter")
        );
    });
}
