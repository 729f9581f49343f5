//! Idempotency-Key: the same request twice is done once.

use crate::{alone_on_each, on_each};
use guanxi_engine::{EngineError, idempotency};
use guanxi_testkit::app::{Caller, Reply};
use serde_json::{Value as Json, json};

fn keyed(caller: &Caller, path: &str, key: &str, body: Json) -> Reply {
    caller
        .request("POST", path)
        .with("idempotency-key", key)
        .json(body)
        .send()
}

#[test]
fn a_repeated_request_answers_what_the_first_one_did() {
    on_each(|app| {
        let sam = app.salesperson();
        let body = json!({"name": "Once only"});
        let first = keyed(&sam, "/records/customer", "once-1", body.clone()).expect(201);
        let again = keyed(&sam, "/records/customer", "once-1", body.clone()).expect(201);
        assert_eq!(first.text, again.text);
        for header in ["etag", "location", "content-type"] {
            assert_eq!(first.header(header), again.header(header), "{header}");
        }
        assert_eq!(
            sam.names("customer", &[("filter", "name = \"Once only\"")])
                .len(),
            1
        );
        assert_eq!(
            keyed(
                &sam,
                "/records/customer",
                "once-1",
                json!({"name": "Other"})
            )
            .expect(422)
            .errors()
            .len(),
            1
        );
        keyed(&sam, "/records/lead", "once-1", body.clone()).expect(422);
        // A key is its caller's own.
        keyed(
            &app.colleague(),
            "/records/customer",
            "once-1",
            body.clone(),
        )
        .expect(201);
        assert_eq!(
            app.admin()
                .names("customer", &[("filter", "name = \"Once only\"")])
                .len(),
            2
        );
        keyed(&sam, "/records/customer", "", body.clone()).expect(400);
        keyed(&sam, "/records/customer", &"k".repeat(256), body.clone()).expect(400);
        keyed(&sam, "/records/customer", "锁", body).expect(400);
    });
}

#[test]
fn errors_are_kept_too_and_nouns_and_batches_take_keys() {
    on_each(|app| {
        let sam = app.salesperson();
        let wrong = json!({"name": "Once wrong", "level": "nothing"});
        let first = keyed(&sam, "/records/customer", "once-2", wrong.clone()).expect(422);
        assert_eq!(
            keyed(&sam, "/records/customer", "once-2", wrong)
                .expect(422)
                .text,
            first.text
        );
        let deal = sam.create("opportunity", json!({"name": "Once deal"}));
        let path = format!("/records/opportunity/{deal}/closure");
        let first = keyed(&sam, &path, "once-3", json!({"outcome": "won"})).expect(200);
        assert_eq!(
            keyed(&sam, &path, "once-3", json!({"outcome": "won"}))
                .expect(200)
                .text,
            first.text
        );
        keyed(&sam, &path, "once-4", json!({"outcome": "won"})).expect(409);
        let batch =
            json!({"operations": [{"op": "create", "fields": {"name": "Once in a batch"}}]});
        let first = keyed(&sam, "/records/customer/batch", "once-5", batch.clone()).expect(200);
        assert_eq!(
            keyed(&sam, "/records/customer/batch", "once-5", batch)
                .expect(200)
                .text,
            first.text
        );
        assert_eq!(
            sam.names("customer", &[("filter", "name = \"Once in a batch\"")])
                .len(),
            1
        );
        // What nobody may do is not remembered for somebody who may.
        keyed(
            &app.nobody(),
            "/records/customer",
            "once-6",
            json!({"name": "x"}),
        )
        .expect(401);
    });
}

#[test]
fn forms_with_files_take_keys_too() {
    on_each(|app| {
        let sam = app.salesperson();
        let send = |path: &str, key: &str, members: &[(&str, &str)], file: (&str, &[u8])| {
            sam.request("POST", path)
                .form(members, file)
                .with("idempotency-key", key)
                .send()
        };
        let rows = ("once.csv", "name\nOnce imported\n".as_bytes());
        let import =
            |key: &str, rows: (&str, &[u8])| send("/imports", key, &[("object", "customer")], rows);
        let first = import("once-form-1", rows).expect(202);
        let again = import("once-form-1", rows).expect(202);
        assert_eq!(first.text, again.text);
        assert_eq!(first.header("location"), again.header("location"));
        import("once-form-1", ("once.csv", b"name\nAnother\n")).expect(422);
        let path = format!("/imports/{}", first.id());
        while sam.get(&path).expect(200)["state"] == "running" {
            std::thread::yield_now();
        }
        let named = [("filter", "name = \"Once imported\"")];
        assert_eq!(sam.names("customer", &named).len(), 1);
        let undo = || keyed(&sam, &format!("{path}/undo"), "once-form-2", json!({}));
        assert_eq!(undo().expect(202).text, undo().expect(202).text);
        let id = sam.create("customer", json!({"name": "Once a file"}));
        let members = [("object", "customer"), ("record", id.as_str())];
        let attach = |bytes: &[u8]| send("/files", "once-form-3", &members, ("a.txt", bytes));
        assert_eq!(
            attach(b"one").expect(201).text,
            attach(b"one").expect(201).text
        );
        attach(b"two").expect(422);
        let files = sam
            .get(&format!("/records/customer/{id}/files"))
            .expect(200);
        assert_eq!(files.rows().len(), 1);
    });
}

#[test]
fn a_key_in_flight_is_a_conflict() {
    on_each(|app| {
        let sam = app.salesperson();
        let body = json!({"name": "In flight"});
        let asked = format!("POST /records/customer\0{body}");
        let ctx = app.test.salesperson();
        let held = idempotency::claim(&ctx, "once-7", asked.as_bytes(), |_, _| {
            Err(EngineError::NotFound)
        });
        assert!(matches!(held, Ok(idempotency::Claim::Mine(_))));
        keyed(&sam, "/records/customer", "once-7", body.clone()).expect(409);
        keyed(
            &sam,
            "/records/customer",
            "once-7",
            json!({"name": "other"}),
        )
        .expect(422);
        assert!(
            sam.names("customer", &[("filter", "name = \"In flight\"")])
                .is_empty()
        );
        // Callers at the same moment: one does it, the others wait or are told to.
        let replies = guanxi_testkit::at_once(20, |_| {
            keyed(
                &app.salesperson(),
                "/records/customer",
                "once-8",
                json!({"name": "At once"}),
            )
            .status
        });
        assert!(
            replies.iter().all(|status| [201, 409].contains(status)),
            "{replies:?}"
        );
        assert!(replies.contains(&201));
        assert_eq!(
            sam.names("customer", &[("filter", "name = \"At once\"")])
                .len(),
            1
        );
    });
}

#[test]
fn a_key_is_free_again_after_a_day() {
    alone_on_each(|app| {
        let sam = app.salesperson();
        let body = json!({"name": "Daily"});
        let first = keyed(&sam, "/records/customer", "daily", body.clone())
            .expect(201)
            .id();
        app.test.clock.advance(23 * 3_600);
        assert_eq!(
            keyed(&sam, "/records/customer", "daily", body.clone())
                .expect(201)
                .id(),
            first
        );
        app.test.clock.advance(2 * 3_600);
        assert_ne!(
            keyed(&sam, "/records/customer", "daily", body)
                .expect(201)
                .id(),
            first
        );
    });
}
