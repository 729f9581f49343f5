//! History, the record as it was, the timeline.

use crate::{alone_on_each, keys, on_each};
use serde_json::{Value as Json, json};

#[test]
fn each_change_tells_old_and_new_without_a_gap() {
    on_each(|app| {
        let (sam, mia) = (app.salesperson(), app.manager());
        let made = sam
            .post("/records/customer", json!({"name": "历史", "level": "key"}))
            .expect(201);
        let id = made.id();
        sam.update(
            "customer",
            &id,
            json!({"level": "watch", "tags": ["a", "b"]}),
        )
        .expect(200);
        mia.update(
            "customer",
            &id,
            json!({"level": null, "annual_revenue": {"amount": "5", "currency": "CNY"}}),
        )
        .expect(200);
        sam.update("customer", &id, json!({"name": "历史二"}))
            .expect(200);
        let path = format!("/records/customer/{id}/history");
        let all = sam.get(&path).expect(200);
        assert_eq!(keys(&all.json), ["data", "next", "count"]);
        let versions: Vec<&Json> = all.rows().iter().map(|entry| &entry["version"]).collect();
        assert_eq!(versions, [4, 3, 2, 1]);
        for entry in all.rows() {
            for member in ["version", "at", "by", "via", "changes"] {
                assert!(entry.get(member).is_some(), "{member}: {entry}");
            }
            assert_eq!(entry["via"], "api");
        }
        assert_eq!(all.rows()[1]["by"], app.id_of("manager").as_str());
        // Walked from the newest to the oldest, every old value is the new one of the change before.
        let mut state = sam.read("customer", &id).expect(200).json;
        for entry in all.rows() {
            for change in entry["changes"].as_array().unwrap() {
                let field = change["field"].as_str().unwrap();
                assert_eq!(
                    state[field], change["new"],
                    "{field} at {}",
                    entry["version"]
                );
                state[field] = change["old"].clone();
            }
        }
        for field in ["name", "level", "tags", "annual_revenue"] {
            assert_eq!(state[field], made[field], "{field}");
        }
        let page = sam.ask(&path, &[("limit", "3")]).expect(200);
        let rest = sam
            .ask(
                &path,
                &[("limit", "3"), ("cursor", page["next"].as_str().unwrap())],
            )
            .expect(200);
        assert_eq!(
            (page.rows().len(), rest.rows().len(), &rest["next"]),
            (3, 1, &Json::Null)
        );
        app.stranger().get(&path).expect(404);
        app.nobody().get(&path).expect(401);
    });
}

#[test]
fn a_record_is_read_as_it_was() {
    alone_on_each(|app| {
        let (sam, admin) = (app.salesperson(), app.admin());
        let clock = &app.test.clock;
        clock.advance(60);
        let id = sam.create("customer", json!({"name": "As it was", "level": "key"}));
        clock.advance(3_600);
        sam.update(
            "customer",
            &id,
            json!({"name": "As it became", "level": null}),
        )
        .expect(200);
        clock.advance(3_600);
        sam.update("customer", &id, json!({"level": "watch"}))
            .expect(200);
        clock.advance(3_600);
        let path = format!("/records/customer/{id}");
        let at = |instant: &str| sam.ask(&path, &[("as_of", instant)]);
        let then = at("2026-03-02T01:30:00Z").expect(200);
        assert_eq!(
            [&then["name"], &then["level"], &then["version"]],
            [&json!("As it was"), &json!("key"), &json!(1)]
        );
        let then = at("2026-03-02T10:30:00+08:00").expect(200);
        assert_eq!(
            [&then["name"], &then["level"], &then["version"]],
            [&json!("As it became"), &Json::Null, &json!(2)]
        );
        assert_eq!(at("2027-01-01T00:00:00Z").expect(200)["level"], "watch");
        at("2026-03-02T00:30:00Z").expect(404);
        at("yesterday").expect(400);
        app.stranger()
            .ask(&path, &[("as_of", "2026-03-02T01:30:00Z")])
            .expect(404);
        // Under today's rights: what was mine then and is not now is not shown.
        admin
            .update("customer", &id, json!({"owner": app.id_of("stranger")}))
            .expect(200);
        sam.ask(&path, &[("as_of", "2026-03-02T01:30:00Z")])
            .expect(404);
        let then = app
            .stranger()
            .ask(&path, &[("as_of", "2026-03-02T01:30:00Z")])
            .expect(200);
        assert_eq!(then["owner"], app.id_of("salesperson").as_str());
        let some = app
            .stranger()
            .ask(
                &path,
                &[("as_of", "2026-03-02T01:30:00Z"), ("fields", "level")],
            )
            .expect(200);
        assert_eq!(
            [&some["level"], &some["name"]],
            [&json!("key"), &Json::Null]
        );
        app.stranger()
            .ask(
                &path,
                &[("as_of", "2026-03-02T01:30:00Z"), ("fields", "nothing")],
            )
            .expect(400);
    });
}

#[test]
fn the_timeline_holds_every_kind_of_activity() {
    on_each(|app| {
        let (sam, admin) = (app.salesperson(), app.admin());
        let customer = sam.create("customer", json!({"name": "Timeline"}));
        let other = sam.create("customer", json!({"name": "Timeline other"}));
        let contact = sam.create("contact", json!({"name": "Tim Line", "customer": customer}));
        for object in ["task", "call", "meeting", "note", "visit"] {
            sam.create(object, json!({"subject": format!("a {object}"), "about": {"object": "customer", "id": customer}}));
        }
        sam.create(
            "call",
            json!({"subject": "with the contact", "contact": contact}),
        );
        sam.create("call", json!({"subject": "elsewhere", "customer": other}));
        admin.create(
            "note",
            json!({"subject": "not Sam's", "customer": customer}),
        );
        let path = format!("/records/customer/{customer}/timeline");
        let subjects = |rows: &Vec<Json>| {
            rows.iter()
                .map(|row| row["subject"].as_str().unwrap().to_owned())
                .collect::<Vec<_>>()
        };
        let all = sam.get(&path).expect(200);
        assert_eq!(keys(&all.json), ["data", "next", "count"]);
        assert_eq!(
            subjects(all.rows()),
            [
                "with the contact",
                "a visit",
                "a note",
                "a meeting",
                "a call",
                "a task"
            ]
        );
        assert!(
            all.rows()
                .iter()
                .all(|entry| entry["object"].is_string() && entry["at"].is_string())
        );
        assert_eq!(admin.get(&path).expect(200).rows().len(), 7);
        let mut paged = Vec::new();
        let mut cursor = String::new();
        loop {
            let page = sam
                .ask(&path, &[("limit", "4"), ("cursor", &cursor)])
                .expect(200);
            paged.extend(subjects(page.rows()));
            match page["next"].as_str() {
                Some(next) => cursor = next.to_owned(),
                None => break,
            }
        }
        assert_eq!(paged, subjects(all.rows()));
        let foreign = sam.ask(&path, &[("limit", "1")]).expect(200)["next"]
            .as_str()
            .unwrap()
            .to_owned();
        sam.ask(
            &format!("/records/customer/{other}/timeline"),
            &[("cursor", &foreign)],
        )
        .expect(400);
        app.stranger().get(&path).expect(404);
    });
}

#[test]
fn why_a_record_is_seen() {
    on_each(|app| {
        let sam = app.salesperson();
        let id = sam.create("customer", json!({"name": "Explained"}));
        let path = format!("/records/customer/{id}/explanation");
        let codes = |reply: guanxi_testkit::app::Reply| -> Vec<String> {
            let reasons = reply.expect(200)["reasons"].as_array().cloned().unwrap();
            reasons
                .iter()
                .map(|reason| reason["code"].as_str().unwrap().to_owned())
                .collect()
        };
        assert_eq!(codes(sam.get(&path)), ["owner", "role"]);
        assert_eq!(codes(app.manager().get(&path)), ["role"]);
        sam.act(
            "customer",
            &id,
            "share",
            json!({"with": app.id_of("stranger")}),
        )
        .expect(200);
        assert_eq!(codes(app.stranger().get(&path)), ["share"]);
        app.colleague().get(&path).expect(404);
    });
}
