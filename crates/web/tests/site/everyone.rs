//! Every address, as nobody and as the least of users.

use crate::browser::site;
use axum::http::Method;
use guanxi_testkit::create;
use guanxi_web::ROUTES;
use serde_json::json;

/// The only addresses that answer nobody: this list may only shrink.
const OPEN: [&str; 2] = ["/login", "/assets/{name}"];

fn filled(path: &str, id: &str) -> String {
    let parts = [
        ("{object}", "customer"),
        ("{id}", id),
        ("{field}", "name"),
        ("{noun}", "handover"),
    ];
    let rest = [("{view}", id), ("{what}", "edit"), ("{name}", "app.css")];
    parts
        .iter()
        .chain(&rest)
        .fold(path.to_owned(), |path, (name, value)| {
            path.replace(name, value)
        })
}

#[test]
fn nobody_gets_in_anywhere() {
    let site = site();
    let record = create(
        &site.test.salesperson(),
        "customer",
        json!({"name": "Secret Ltd"}),
    );
    let nobody = site.nobody();
    for (methods, path) in ROUTES {
        for method in methods.split(' ') {
            let method = Method::from_bytes(method.as_bytes()).unwrap();
            let address = filled(path, &record.id.to_string());
            let plain = nobody.send(method.clone(), &address, &[], &[]);
            let script = nobody.send(method.clone(), &address, &[("hx-request", "true")], &[]);
            if OPEN.contains(path) {
                continue;
            }
            assert!(
                matches!(plain.status.as_u16(), 303 | 401),
                "{method} {address}: {}",
                plain.status
            );
            assert!(
                plain.status != 303 || plain.to().starts_with("/login"),
                "{method} {address}: {}",
                plain.to()
            );
            assert!(
                script.status == 401 || script.to().starts_with("/login"),
                "{method} {address}: {}",
                script.status
            );
            assert!(
                !plain.has("Secret") && !script.has("Secret"),
                "{method} {address}"
            );
        }
    }
    nobody.get("/no/such/address/at/all").is(303);
}

#[test]
fn a_planted_session_is_nobody() {
    let site = site();
    let nobody = site.nobody();
    nobody.set_cookie("gx_session", "gx_session");
    nobody.get("/customer").is(303);
}

/// Reading is all that `read_only` may: every other method on every address leaves things as they are.
#[test]
fn who_may_only_read_changes_nothing() {
    let site = site();
    let record = create(
        &site.test.salesperson(),
        "customer",
        json!({"name": "Steady Ltd"}),
    );
    let (id, reader) = (record.id.to_string(), site.person("reader"));
    // Their own: session, language, profile, password, what they follow and keep for themselves.
    let own = [
        "/logout",
        "/settings/",
        "/notices/read",
        "/{object}/views",
        "/{object}/columns",
        "/{object}/{id}/follow",
    ];
    for (methods, path) in ROUTES {
        if own.iter().any(|own| path.starts_with(own)) || OPEN.contains(path) {
            continue;
        }
        for method in methods.split(' ').filter(|method| *method != "GET") {
            let method = Method::from_bytes(method.as_bytes()).unwrap();
            let address = filled(path, &id);
            let to = guanxi_testkit::me(&site.test.manager()).to_string();
            let form = [
                ("name", "Changed"),
                ("subject", "Changed"),
                ("object", "customer"),
                ("kind", "note"),
                ("body", "Changed"),
                ("stage", "won"),
                ("to", &to),
                ("ids", &id),
                ("status", "lost"),
                ("with", &id),
            ];
            let reply = reader.write(method.clone(), (&address, record.version), &form);
            let code = reply.status.as_u16();
            assert!(
                matches!(code, 400 | 403 | 404 | 422),
                "{method} {address}: {code} {}",
                reply.main()
            );
        }
    }
    let after = guanxi_testkit::again(&site.test.admin(), &record);
    assert_eq!(
        (after.version, after.title()),
        (record.version, "Steady Ltd".to_owned())
    );
    for path in [
        "/customer/new",
        &format!("/customer/{id}/edit"),
        &format!("/customer/{id}/remove"),
        "/customer/export",
        "/customer/bulk/edit",
    ] {
        reader.get(path).is(403);
    }
    for path in [
        "/settings/users",
        "/settings/departments",
        "/settings/roles",
        "/settings/choices",
    ] {
        reader.get(path).is(403);
    }
    let page = reader.get(&format!("/customer/{id}")).is(200);
    assert!(
        page.has("Steady Ltd") && !page.has("/edit\"") && !page.has("data-editable"),
        "nothing to edit is offered"
    );
}

/// Every page that can be opened without knowing anything, in both languages.
#[test]
fn every_list_and_page_opens_for_everybody() {
    let site = site();
    create(
        &site.test.salesperson(),
        "customer",
        json!({"name": "Ordinary Ltd"}),
    );
    for person in [
        "admin",
        "head",
        "manager",
        "salesperson",
        "service",
        "reader",
    ] {
        let browser = site.person(person);
        let mut paths: Vec<String> = [
            "/",
            "/notices",
            "/search?q=ordinary",
            "/palette",
            "/palette?q=new",
            "/import",
            "/settings/profile",
            "/settings/access",
        ]
        .map(str::to_owned)
        .into();
        for object in &site.test.engine.catalog().objects {
            if site.test.person(person).object(&object.name).is_ok() {
                paths.push(format!("/{}", object.name));
                paths.extend(
                    object
                        .views
                        .iter()
                        .map(|view| format!("/{}?view={}", object.name, view.name)),
                );
                paths.push(format!("/{}?view=board", object.name));
                paths.push(format!("/{}/filter", object.name));
                paths.push(format!("/{}/columns", object.name));
                paths.push(format!("/{}/views/new", object.name));
            }
        }
        for path in paths {
            let page = browser.get(&path).is(200);
            assert!(
                !page.has("⟦"),
                "{path} as {person}: {}",
                page.body
                    .split('⟦')
                    .nth(1)
                    .unwrap()
                    .chars()
                    .take(40)
                    .collect::<String>()
            );
        }
    }
}
