//! Nesting, lengths, numbers: too much is refused at once, in words.

use crate::on_each;
use guanxi_testkit::app::Reply;
use serde_json::json;
use std::time::{Duration, Instant};

/// What a refusal may take; a blow-up takes minutes.
const PATIENCE: Duration = Duration::from_secs(5);

fn quickly(what: &str, body: impl FnOnce() -> Reply) -> Reply {
    let since = Instant::now();
    let reply = body();
    assert!(since.elapsed() < PATIENCE, "{what}: {:?}", since.elapsed());
    assert!(reply.status < 500, "{what}: {}", reply.text);
    if reply.status >= 400 {
        reply.is_problem();
    }
    reply
}

#[test]
fn filters_that_are_too_long_or_too_deep() {
    on_each(|app| {
        let sam = app.salesperson();
        let ask = |filter: String| {
            let what = filter.chars().take(40).collect::<String>();
            quickly(&what, || {
                sam.ask("/records/customer", &[("filter", &filter)])
            })
        };
        ask(format!("name = \"{}\"", "a".repeat(20_000))).expect(400);
        ask(vec!["name=\"a\""; 3_000].join(" or ")).expect(400);
        for open in ["(", "not ", "-", "not ("] {
            ask(format!(
                "{}name = \"a\"",
                open.repeat(60_000 / (3 * open.len()))
            ))
            .expect(400);
            ask(open.repeat(1_000)).expect(400);
        }
        ask(format!(
            "{}name = \"a\"{}",
            "(".repeat(500),
            ")".repeat(500)
        ));
        ask(format!("name in ({})", vec!["\"a\""; 3_000].join(",")));
        ask(format!("employees = {}", "9".repeat(500))).expect(400);
        ask("employees = 1e999".to_owned()).expect(400);
        ask(format!("employees = {}", vec!["1"; 2_000].join(" + ")));
        ask(format!("created_at > today() - {}d", "9".repeat(18)));
        ask("created_at > today() - 99999999d".to_owned());
        ask(format!("{}name = \"a\"", "parent.".repeat(200))).expect(400);
        ask(format!("name ~ \"{}\"", "%_\\\\".repeat(1_000)));
        ask(format!("name ~ \"{}\"", "(a+)+".repeat(500)));
        sam.ask(
            "/records/customer",
            &[("sort", &vec!["name"; 5_000].join(","))],
        )
        .expect(400);
        quickly("expand", || {
            sam.ask(
                "/records/customer",
                &[("expand", &vec!["parent"; 5_000].join(","))],
            )
        });
        quickly("search", || {
            sam.ask("/search", &[("q", &"锅炉 ".repeat(2_500))])
        });
        quickly("search", || {
            sam.ask("/search", &[("q", &"a".repeat(60_000))])
        });
        quickly("cursor", || {
            sam.ask("/records/customer", &[("cursor", &"A".repeat(50_000))])
        })
        .expect(400);
    });
}

#[test]
fn bodies_that_are_too_large_too_deep_or_too_wide() {
    on_each(|app| {
        let sam = app.salesperson();
        let post = |path: &str, body: Vec<u8>| sam.request("POST", path).bytes(body).send();
        let large = format!("{{\"name\": \"{}\"}}", "a".repeat(3 << 20)).into_bytes();
        let refused = post("/records/customer", large.clone()).expect(413);
        // Its rest is not read, so that the next request needs another connection.
        assert_eq!(refused.header("connection"), "close");
        sam.request(
            "PATCH",
            "/records/customer/01890a5d-ac96-774b-bcce-b302099a8057",
        )
        .bytes(large.clone())
        .send()
        .expect(413);
        sam.post(
            "/records/customer",
            json!({"name": "x", "description": "长".repeat(500_000)}),
        )
        .expect(422);
        app.nobody()
            .request("POST", "/records/customer")
            .bytes(large.clone())
            .send()
            .expect(401);
        post("/records/customer/batch", vec![b' '; 65 << 20]).expect(413);
        app.nobody()
            .request("POST", "/records/customer/batch")
            .bytes(vec![b' '; 65 << 20])
            .send()
            .expect(401);
        for deep in ["[", "{\"a\":"] {
            quickly("deep", || {
                post("/records/customer", deep.repeat(100_000).into_bytes())
            })
            .expect(400);
        }
        let deep = format!(
            "{{\"name\": \"x\", \"tags\": {}{}}}",
            "[".repeat(100),
            "]".repeat(100)
        );
        quickly("deep value", || {
            post("/records/customer", deep.into_bytes())
        })
        .expect(422);
        let wide: serde_json::Map<String, serde_json::Value> = (0..50_000)
            .map(|at| (format!("f{at}"), json!(at)))
            .collect();
        quickly("wide", || sam.post("/records/customer", json!(wide))).expect(400);
        quickly("tags", || {
            sam.post(
                "/records/customer",
                json!({"name": "x", "tags": vec!["t"; 20_000]}),
            )
        });
        let many: Vec<String> = (0..20_000).map(|at| format!("tag {at}")).collect();
        quickly("tags", || {
            sam.post("/records/customer", json!({"name": "x", "tags": many}))
        })
        .expect(422);
        let phones: Vec<String> = (0..5_000).map(|at| format!("1380000{at:04}")).collect();
        quickly("phones", || {
            sam.post("/records/customer", json!({"name": "x", "phones": phones}))
        })
        .expect(422);
    });
}

#[test]
fn numbers_beyond_measure() {
    on_each(|app| {
        let sam = app.salesperson();
        for number in [
            "1e400",
            "-1e400",
            "99999999999999999999999",
            "1e308",
            "0.1e-400",
            "9223372036854775808",
            "-9223372036854775809",
            "1.5",
            "NaN",
        ] {
            let body = format!("{{\"name\": \"x\", \"employees\": {number}}}").into_bytes();
            let reply = sam.request("POST", "/records/customer").bytes(body).send();
            assert!(
                [400, 422].contains(&reply.status) || number == "0.1e-400",
                "{number}: {}",
                reply.text
            );
            let body = format!("{{\"name\": \"x\", \"amount\": \"{number}\"}}").into_bytes();
            let reply = sam
                .request("POST", "/records/opportunity")
                .bytes(body)
                .send();
            assert!(
                [201, 422].contains(&reply.status),
                "{number}: {}",
                reply.text
            );
        }
        for day in ["99999-01-01", "-0001-01-01", "2026-13-01", "0000-00-00"] {
            sam.post("/records/customer", json!({"name": "x", "birthday": day}))
                .expect(422);
        }
        for at in [
            "9999-12-31T23:59:59Z",
            "0001-01-01T00:00:00Z",
            "9999-12-31T23:59:60-23:59",
        ] {
            let reply = sam.post("/records/task", json!({"subject": "x", "due_at": at}));
            assert!([201, 422].contains(&reply.status), "{at}: {}", reply.text);
        }
        let id = sam.create("customer", json!({"name": "Numbers"}));
        for at in [
            "9999-12-31T23:59:59Z",
            "0001-01-01T00:00:00Z",
            "-009999-01-01T00:00:00Z",
        ] {
            let reply = sam.ask(&format!("/records/customer/{id}"), &[("as_of", at)]);
            assert!(
                [200, 400, 404].contains(&reply.status),
                "{at}: {}",
                reply.text
            );
        }
    });
}

#[test]
fn pictures_of_rich_text_and_addresses_do_not_run() {
    on_each(|app| {
        let (admin, sam) = (app.admin(), app.salesperson());
        admin.object("article", json!([{"name": "text", "kind": "rich_text"}]));
        let text = "<p onclick=\"x()\">a</p><script>alert(1)</script><img src=x onerror=x()><a href=\"javascript:x()\">b</a><svg/onload=x()>";
        let made = sam
            .post(
                "/records/article",
                json!({"name": "<script>", "text": text}),
            )
            .expect(201);
        let kept = made["text"].as_str().unwrap();
        for evil in [
            "onclick",
            "<script",
            "onerror",
            "javascript:",
            "<svg",
            "<img",
        ] {
            assert!(!kept.contains(evil), "{kept}");
        }
        for url in [
            "javascript:alert(1)",
            "JaVaScRiPt:x",
            "data:text/html,x",
            "vbscript:x",
            " javascript:x",
            "java\tscript:x",
            "file:///etc/passwd",
        ] {
            let reply = sam.post("/records/customer", json!({"name": "x", "website": url}));
            let shown = reply["website"].as_str().unwrap_or("https://").to_owned();
            assert!(
                reply.status == 422 || shown.starts_with("http"),
                "{url}: {}",
                reply.text
            );
        }
        assert_eq!(made.header("content-type"), "application/json");
    });
}
