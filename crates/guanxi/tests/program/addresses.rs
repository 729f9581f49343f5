//! Pages and REST share one address.

use guanxi_testkit::Backend;
use guanxi_testkit::app::TestApp;
use serde_json::json;
use std::collections::BTreeSet;

fn app() -> TestApp {
    TestApp::new(Backend::Sqlite, |engine| {
        guanxi::server::router(engine).unwrap()
    })
}

/// A program that misspells an address must not be shown a page to log in.
#[test]
fn below_the_api_nothing_is_a_page() {
    let app = app();
    let paths = [
        "//api",
        "/",
        "/nothing",
        "/records",
        "/records/customer/a/b/c/d/e",
        "//api/v2/records",
        "//api/nothing",
    ];
    for path in paths {
        for caller in [
            app.nobody().request("GET", path),
            app.admin().request("GET", path),
        ] {
            caller.send().expect(404);
        }
        app.admin()
            .request("POST", path)
            .json(json!({}))
            .send()
            .expect(404);
    }
}

/// Else the object would stand behind the address and be seen by nobody.
#[test]
fn no_object_takes_the_name_of_an_address() {
    let app = app();
    let routes = guanxi_api::ROUTES.iter().chain(guanxi_web::ROUTES);
    let firsts: BTreeSet<&str> = routes
        .filter_map(|(_, path)| path.split('/').nth(1))
        .filter(|first| !first.is_empty() && !first.starts_with('{'))
        .collect();
    assert!(
        firsts.contains("import") && firsts.contains("settings"),
        "{firsts:?}"
    );
    for name in firsts {
        let object = json!({"name": name, "label": {"zh": "甲", "en": "A"}});
        let refused = app.admin().post("/meta/objects", object).expect(422);
        assert_eq!(refused.errors(), ["name:reserved_name"], "{name}");
    }
}
