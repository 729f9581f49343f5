//! What people with bad intentions write.

use crate::browser::site;
use axum::http::Method;
use guanxi_engine::admin;
use guanxi_meta::overlay::Overlay;
use guanxi_testkit::create;
use serde_json::json;

const SCRIPT: &str = "<script>alert(1)</script>";
const BREAKOUT: &str = "\"><img src=x onerror=alert(1)>";

#[test]
fn stored_script_is_text_everywhere() {
    let site = site();
    let sam = site.salesperson();
    let ctx = site.test.salesperson();
    let name = format!("{SCRIPT}{BREAKOUT}");
    let record = create(
        &ctx,
        "customer",
        json!({"name": name, "description": name, "source": name, "address": name}),
    );
    let deal = create(
        &ctx,
        "opportunity",
        json!({"name": name, "customer": record.id, "next_step": name}),
    );
    create(
        &ctx,
        "note",
        json!({"subject": name, "body": name, "customer": record.id}),
    );
    create(
        &ctx,
        "contact",
        json!({"name": name, "title": name, "customer": record.id}),
    );
    let at = format!("/customer/{}", record.id);
    let paths = [
        "/",
        "/customer",
        "/customer?view=board",
        "/opportunity?view=board",
        "/search?q=script",
        "/palette?q=script",
        &at,
        &format!("{at}?tab=history"),
        &format!("{at}/edit"),
        &format!("{at}/peek"),
        &format!("{at}/why"),
        &format!("{at}/remove"),
        &format!("{at}/cell/name"),
        &format!("{at}/cell/source"),
        &format!("{at}/timeline"),
        "/customer/options?q=script",
        "/customer/options?field=source&q=%3Cscript%3E",
        &format!("/opportunity/{}", deal.id),
        "/customer?filter=name%20~%20%22%3Cscript%3E%22",
        "/search?q=%3Cscript%3Ealert(1)%3C%2Fscript%3E",
        "/customer/new?name=%22%3E%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E",
    ];
    for path in paths {
        for page in [sam.get(path), sam.fragment(path)] {
            assert!(
                !page.has("<script>alert") && !page.has("<img src=x"),
                "{path}: {}",
                page.main()
            );
            assert!(!page.header("hx-trigger").contains("<script>"), "{path}");
        }
    }
}

#[test]
fn addresses_of_scripts_are_not_links() {
    let site = site();
    let sam = site.salesperson();
    let ctx = site.test.salesperson();
    let outcome = guanxi_testkit::try_create(
        &ctx,
        "customer",
        json!({"name": "Link", "website": "javascript:alert(1)"}),
    );
    if let Ok(record) = outcome {
        assert!(
            !sam.get(&format!("/customer/{}", record.id))
                .has("href=\"javascript:")
        );
    }
}

#[test]
fn labels_of_declarations_are_text() {
    let site = site();
    let table = site
        .test
        .engine
        .catalog()
        .object("customer")
        .unwrap()
        .table
        .clone();
    let field = json!({"name": "odd", "kind": "choice", "label": {"zh": BREAKOUT, "en": BREAKOUT},
        "choices": [{"value": "a", "label": {"zh": SCRIPT, "en": SCRIPT}, "tone": "jade"}]});
    admin::publish(
        &site.test.admin(),
        vec![Overlay::AddField {
            table,
            column: None,
            field,
        }],
    )
    .unwrap();
    let ctx = site.test.salesperson();
    let record = create(&ctx, "customer", json!({"name": "Odd Ltd", "odd": "a"}));
    let sam = site.salesperson();
    for path in [
        "/customer?columns=name,odd",
        "/customer/filter?field=odd",
        "/customer/columns",
        &format!("/customer/{}/cell/odd", record.id),
        "/customer?filter=odd%20%3D%20%22a%22",
    ] {
        let page = sam.fragment(path).is(200);
        assert!(
            !page.has("<script>alert") && !page.has("<img src=x"),
            "{path}"
        );
    }
}

#[test]
fn rich_text_keeps_only_what_is_safe() {
    let site = site();
    let table = site
        .test
        .engine
        .catalog()
        .object("customer")
        .unwrap()
        .table
        .clone();
    let field =
        json!({"name": "story", "kind": "rich_text", "label": {"zh": "故事", "en": "Story"}});
    admin::publish(
        &site.test.admin(),
        vec![Overlay::AddField {
            table,
            column: None,
            field,
        }],
    )
    .unwrap();
    let ctx = site.test.salesperson();
    let text = "<p>Good <strong>day</strong></p><img src=x onerror=alert(1)><a href=\"javascript:alert(1)\">x</a><script>alert(1)</script>";
    let record = create(&ctx, "customer", json!({"name": "Rich Ltd", "story": text}));
    let page = site
        .salesperson()
        .get(&format!("/customer/{}?columns=story", record.id))
        .is(200);
    assert!(!page.has("onerror") && !page.has("javascript:alert") && !page.has("<script>alert"));
    let row = site
        .salesperson()
        .get("/customer?columns=name,story")
        .is(200);
    assert!(
        row.has("<strong>day</strong>") && !row.has("onerror"),
        "{}",
        row.main()
    );
}

#[test]
fn files_are_downloads_never_pages() {
    let site = site();
    let sam = site.salesperson();
    let record = create(
        &site.test.salesperson(),
        "customer",
        json!({"name": "Files Ltd"}),
    );
    let at = format!("/customer/{}", record.id);
    let name = "<img src=x onerror=alert(1)>.html";
    sam.upload(
        &format!("{at}/files"),
        &[],
        (name, "<html><script>alert(1)</script></html>"),
    )
    .is(303);
    let page = sam.get(&format!("{at}?tab=files")).is(200);
    assert!(!page.has("<img src=x"), "{}", page.main());
    let id = page
        .body
        .split("/files/")
        .find_map(|rest| {
            rest.get(..36)
                .filter(|id| id.len() == 36 && !id.contains('"'))
        })
        .unwrap();
    let file = sam.get(&format!("/files/{id}")).is(200);
    assert_eq!(file.header("content-type"), "application/octet-stream");
    assert!(
        file.header("content-disposition")
            .starts_with("attachment;")
            && !file.header("content-disposition").contains('<')
    );
    assert_eq!(file.header("x-content-type-options"), "nosniff");
    assert!(file.header("content-security-policy").contains("sandbox"));
    site.person("stranger").get(&format!("/files/{id}")).is(404);
    site.person("reader")
        .post(&format!("/files/{id}/remove"), &[])
        .is(403);
    sam.post(&format!("/files/{id}/remove"), &[]).is(303);
    sam.get(&format!("/files/{id}")).is(404);
}

#[test]
fn nothing_is_written_that_the_form_does_not_offer() {
    let site = site();
    let sam = site.salesperson();
    let forged = [
        ("name", "Mass Ltd"),
        ("created_at", "2001-01-01T00:00:00Z"),
        ("version", "99"),
        ("id", "x"),
        ("number", "C-1"),
        ("last_contact_at", "2001-01-01T00:00"),
        ("deleted_at", "1"),
        ("open_amount", "1"),
    ];
    let reply = sam.post("/customer/new", &forged).is(303);
    let page = sam.get(reply.to()).is(200);
    assert!(!page.has("2001") && !page.has("C-1<"), "{}", page.main());
    let profile = [
        ("name", "Sam"),
        ("roles", "administrator"),
        ("department", "x"),
        ("email", "other@example.com"),
        ("active", "false"),
    ];
    sam.post("/settings/profile", &profile).is(303);
    let me = site.test.salesperson();
    let person = me.person().unwrap();
    assert_eq!(
        (person.roles.as_slice(), person.email.as_str()),
        (&["salesperson".to_owned()][..], "salesperson@example.com")
    );
}

#[test]
fn odd_requests_are_refused_in_peace() {
    let site = site();
    let sam = site.salesperson();
    for path in [
        "/customer/not-an-id",
        "/nonsense",
        "/customer/%00",
        "/customer?view=%00",
        "/files/x",
        "/import/x",
        "/settings/nonsense",
        "/user/../customer/x",
    ] {
        let status = sam.get(path).status.as_u16();
        assert!(matches!(status, 200 | 303 | 400 | 404), "{path}: {status}");
    }
    let deep = "(".repeat(5_000);
    sam.get(&format!("/customer?filter={deep}")).is(400);
    let big = "x".repeat(5 << 20);
    sam.post("/customer/new", &[("name", &big)]).is(413);
    sam.send(Method::PUT, "/customer/new", &[], &[]).is(405);
    let page = sam.get("/customer").is(200);
    assert!(
        page.header("content-security-policy")
            .contains("default-src 'none'")
    );
    assert_eq!(
        (page.header("cache-control"), page.header("x-frame-options")),
        ("no-store", "DENY")
    );
}
