//! Many callers at once: nothing is lost, nothing done twice.

use crate::on_each;
use guanxi_testkit::at_once;
use serde_json::json;
use std::collections::HashSet;

#[test]
fn no_update_is_lost() {
    on_each(|app| {
        const CALLERS: usize = 20;
        const EACH: usize = 5;
        let id = app
            .salesperson()
            .create("customer", json!({"name": "Counted up", "employees": 0}));
        let path = format!("/records/customer/{id}");
        at_once(CALLERS, |_| {
            let sam = app.salesperson();
            for _ in 0..EACH {
                loop {
                    let read = sam.get(&path).expect(200);
                    let next = read["employees"].as_i64().unwrap() + 1;
                    let patch = sam
                        .request("PATCH", &path)
                        .with("if-match", read.header("etag"));
                    match patch.json(json!({"employees": next})).send().status {
                        200 => break,
                        412 => {}
                        other => panic!("{other}"),
                    }
                }
            }
        });
        let now = app.salesperson().get(&path).expect(200);
        assert_eq!(now["employees"], CALLERS * EACH);
        assert_eq!(now["version"], CALLERS * EACH + 1);
        let history = app
            .salesperson()
            .ask(&format!("{path}/history"), &[("limit", "500")])
            .expect(200);
        assert_eq!(history.rows().len(), CALLERS * EACH + 1);
    });
}

#[test]
fn of_two_hundred_with_one_etag_one_wins() {
    on_each(|app| {
        let id = app
            .salesperson()
            .create("customer", json!({"name": "One winner"}));
        let replies = at_once(200, |at| {
            let call = app
                .salesperson()
                .request("PATCH", &format!("/records/customer/{id}"))
                .with("if-match", "\"1\"");
            call.json(json!({"employees": at})).send().status
        });
        assert_eq!(
            replies.iter().filter(|status| **status == 200).count(),
            1,
            "{replies:?}"
        );
        assert!(replies.iter().all(|status| [200, 412].contains(status)));
    });
}

#[test]
fn business_numbers_are_unique_and_without_gaps() {
    on_each(|app| {
        app.admin().object(
            "ticket",
            json!([{"name": "code", "kind": "number", "pattern": "T-{000000}", "unique": true}]),
        );
        let codes = at_once(40, |at| {
            let sam = app.salesperson();
            let mut codes = Vec::new();
            for of in 0..3 {
                let made = sam
                    .post("/records/ticket", json!({"name": format!("{at}.{of}")}))
                    .expect(201);
                codes.push(made["code"].as_str().unwrap().to_owned());
            }
            codes
        });
        let codes: HashSet<String> = codes.into_iter().flatten().collect();
        let expected: HashSet<String> = (1..=120).map(|at| format!("T-{at:06}")).collect();
        assert_eq!(codes, expected);
    });
}

#[test]
fn a_unique_value_has_one_holder() {
    on_each(|app| {
        app.admin().object(
            "seat",
            json!([{"name": "code", "kind": "text", "unique": true}]),
        );
        let replies = at_once(40, |_| {
            app.salesperson()
                .post("/records/seat", json!({"name": "s", "code": "12A"}))
                .status
        });
        assert_eq!(
            replies.iter().filter(|status| **status == 201).count(),
            1,
            "{replies:?}"
        );
        assert!(
            replies.iter().all(|status| [201, 409].contains(status)),
            "{replies:?}"
        );
    });
}

#[test]
fn roll_ups_count_every_child() {
    on_each(|app| {
        let (first, second) = (
            app.salesperson()
                .create("customer", json!({"name": "Sum A"})),
            app.salesperson()
                .create("customer", json!({"name": "Sum B"})),
        );
        at_once(20, |at| {
            let sam = app.salesperson();
            let (from, to) = if at % 2 == 0 {
                (&first, &second)
            } else {
                (&second, &first)
            };
            let deal = sam.create(
                "opportunity",
                json!({"name": "s", "customer": from, "amount": "10"}),
            );
            sam.update("opportunity", &deal, json!({"customer": to}))
                .expect(200);
            sam.update("opportunity", &deal, json!({"amount": "11"}))
                .expect(200);
        });
        for id in [&first, &second] {
            let sum = app.salesperson().read("customer", id).expect(200);
            assert_eq!(sum["open_opportunities"], 10);
            assert_eq!(sum["open_amount"]["amount"], "110.00");
        }
    });
}

#[test]
fn merges_and_handovers_at_once_leave_one_truth() {
    on_each(|app| {
        let sam = app.salesperson();
        let kept = sam.create("customer", json!({"name": "Truth A"}));
        let other = sam.create("customer", json!({"name": "Truth B"}));
        for _ in 0..5 {
            sam.create("contact", json!({"name": "Truth T", "customer": other}));
        }
        let to = app.id_of("colleague");
        let replies = at_once(10, |at| match at % 2 {
            0 => {
                app.admin()
                    .act("customer", &kept, "merge", json!({"with": [other]}))
                    .status
            }
            _ => {
                app.admin()
                    .act("customer", &other, "handover", json!({"to": to}))
                    .status
            }
        });
        assert!(
            replies
                .iter()
                .all(|status| [200, 404, 409, 422].contains(status)),
            "{replies:?}"
        );
        assert_eq!(
            replies
                .iter()
                .step_by(2)
                .filter(|status| **status == 200)
                .count(),
            1,
            "{replies:?}"
        );
        let contacts = app
            .admin()
            .get(&format!("/records/customer/{kept}/related/contact"))
            .expect(200);
        assert_eq!(contacts.rows().len(), 5);
        app.admin().read("customer", &other).expect(404);
        let owner = app.admin().read("customer", &kept).expect(200)["owner"].clone();
        assert!(
            contacts
                .rows()
                .iter()
                .all(|contact| contact["owner"] == owner),
            "contacts stand where their customer stands"
        );
    });
}

#[test]
fn declarations_change_while_others_write() {
    on_each(|app| {
        app.admin().object("busy", json!([]));
        let replies = at_once(12, |at| {
            if at < 2 {
                for of in 0..3 {
                    let field = json!({"name": format!("f{at}_{of}"), "kind": "text"});
                    // Two administrators at the same moment: one is told to look again.
                    while app
                        .admin()
                        .post("/meta/objects/busy/fields", field.clone())
                        .status
                        != 201
                    {}
                }
                return 201;
            }
            let sam = app.salesperson();
            let mut worst = 0;
            for of in 0..5 {
                worst = worst.max(
                    sam.post("/records/busy", json!({"name": format!("{at}.{of}")}))
                        .status,
                );
                worst = worst.max(sam.get("/records/busy").status);
            }
            worst
        });
        assert!(replies.iter().all(|status| *status <= 201), "{replies:?}");
        assert_eq!(app.admin().names("busy", &[]).len(), 50);
        assert_eq!(
            app.admin().get("/meta/objects/busy").expect(200)["fields"]
                .as_array()
                .unwrap()
                .len(),
            7
        );
    });
}
