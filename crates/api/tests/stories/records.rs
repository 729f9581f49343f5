//! One record: what it is given, what it answers, what is there afterwards.

use crate::on_each;
use serde_json::{Value as Json, json};

#[test]
fn only_the_name_is_needed() {
    on_each(|app| {
        let admin = app.admin();
        for (object, title) in [
            ("customer", "name"),
            ("contact", "name"),
            ("lead", "name"),
            ("opportunity", "name"),
            ("product", "name"),
            ("competitor", "name"),
            ("task", "subject"),
            ("call", "subject"),
            ("meeting", "subject"),
            ("note", "subject"),
            ("visit", "subject"),
            ("department", "name"),
        ] {
            let path = format!("/records/{object}");
            let made = admin.post(&path, json!({title: "Only a name"})).expect(201);
            assert_eq!(made[title], "Only a name");
            assert_eq!(
                admin.post(&path, json!({})).expect(422).errors(),
                [format!("{title}:required")],
                "{object}"
            );
            assert_eq!(
                admin.post(&path, json!({title: "  "})).expect(422).errors(),
                [format!("{title}:required")]
            );
        }
    });
}

#[test]
fn defaults_are_filled_and_an_owner_of_null_is_the_pool() {
    on_each(|app| {
        let sam = app.salesperson();
        let one = sam
            .post("/records/customer", json!({"name": "Defaults"}))
            .expect(201);
        assert_eq!(
            [&one["type"], &one["status"]],
            ["organisation", "potential"]
        );
        assert_eq!(one["owner"], app.id_of("salesperson").as_str());
        assert!(one["department"].is_string());
        let pool = sam
            .post("/records/customer", json!({"name": "Pool", "owner": null}))
            .expect(201);
        assert_eq!(pool["owner"], Json::Null);
        app.colleague().read("customer", &pool.id()).expect(200);
        app.stranger().read("customer", &pool.id()).expect(200);
        let given = json!({"name": "Given", "owner": app.id_of("colleague")});
        assert_eq!(
            sam.post("/records/customer", given.clone())
                .expect(422)
                .errors(),
            ["owner:not_yours_to_give"]
        );
        let given = app.manager().post("/records/customer", given).expect(201);
        assert_eq!(given["owner"], app.id_of("colleague").as_str());
    });
}

#[test]
fn a_patch_changes_what_it_names() {
    on_each(|app| {
        let sam = app.salesperson();
        let made = sam
            .post(
                "/records/customer",
                json!({"name": "Patch", "level": "key", "description": "a"}),
            )
            .expect(201);
        let patched = sam
            .update(
                "customer",
                &made.id(),
                json!({"level": null, "description": "b"}),
            )
            .expect(200);
        assert_eq!(
            [&patched["name"], &patched["level"], &patched["description"]],
            [&json!("Patch"), &Json::Null, &json!("b")]
        );
        assert_eq!(patched["version"], 2);
        assert_eq!(patched.header("etag"), "\"2\"");
        let same = sam
            .update("customer", &made.id(), json!({"description": "b"}))
            .expect(200);
        assert_eq!(same["version"], 2, "nothing changed");
        // What was read may be sent back whole.
        let read = sam.read("customer", &made.id()).expect(200);
        let back = sam
            .update("customer", &made.id(), read.json.clone())
            .expect(200);
        assert_eq!(back.json, read.json);
        sam.update("customer", &made.id(), json!({"nothing": 1}))
            .expect(400);
        sam.post("/records/customer", json!({"name": "x", "nothing": 1}))
            .expect(400);
        sam.request("PATCH", &format!("/records/customer/{}", made.id()))
            .bytes(b"[1]".to_vec())
            .send()
            .expect(400);
        sam.request("PATCH", &format!("/records/customer/{}", made.id()))
            .bytes(b"{\"name\":".to_vec())
            .send()
            .expect(400);
    });
}

#[test]
fn what_is_removed_is_gone_from_every_door_and_can_come_back() {
    on_each(|app| {
        let sam = app.salesperson();
        let id = sam.create("customer", json!({"name": "Removed Ltd"}));
        let note = sam.create(
            "note",
            json!({"subject": "a note", "about": {"object": "customer", "id": id}}),
        );
        sam.delete(&format!("/records/customer/{id}")).expect(204);
        sam.read("customer", &id).expect(404);
        sam.get(&format!("/records/customer/{id}/history"))
            .expect(404);
        sam.get(&format!("/records/customer/{id}/timeline"))
            .expect(404);
        sam.update("customer", &id, json!({"name": "x"}))
            .expect(404);
        sam.delete(&format!("/records/customer/{id}")).expect(404);
        assert!(
            sam.names("customer", &[("filter", "name = \"Removed Ltd\"")])
                .is_empty()
        );
        assert!(sam.found("Removed Ltd").is_empty());
        let about = json!({"subject": "late", "about": {"object": "customer", "id": id}});
        assert_eq!(
            sam.post("/records/task", about).expect(422).errors()[0],
            "about:not_found"
        );
        let expanded = sam
            .ask(&format!("/records/note/{note}"), &[("expand", "about")])
            .expect(200);
        assert_eq!(expanded.json.get("expand"), None);
        app.colleague()
            .act("customer", &id, "restore", json!({}))
            .expect(404);
        sam.act("customer", &id, "restore", json!({})).expect(200);
        sam.read("customer", &id).expect(200);
        assert_eq!(sam.found("Removed Ltd"), ["customer:Removed Ltd"]);
        sam.act("customer", &id, "restore", json!({})).expect(409);
    });
}

#[test]
fn business_numbers_count_on() {
    on_each(|app| {
        let sam = app.salesperson();
        let number = |name: &str| {
            let made = sam
                .post("/records/lead", json!({"name": name, "number": "mine"}))
                .expect(201);
            made["number"].as_str().unwrap().to_owned()
        };
        let (first, second) = (number("一"), number("二"));
        assert_ne!(first, "mine");
        assert!(first < second, "{first} {second}");
    });
}

#[test]
fn a_unique_value_is_taken_once() {
    on_each(|app| {
        let admin = app.admin();
        admin.object(
            "machine",
            json!([{"name": "serial", "kind": "text", "unique": true}]),
        );
        let path = "/records/machine";
        let first = admin
            .post(path, json!({"name": "a", "serial": "S-1"}))
            .expect(201);
        let taken = admin
            .post(path, json!({"name": "b", "serial": "S-1"}))
            .expect(409);
        assert_eq!(taken.errors(), ["serial:not_unique"]);
        assert!(!taken.text.contains(&first.id()));
        let second = admin
            .post(path, json!({"name": "b", "serial": "S-2"}))
            .expect(201);
        admin
            .update("machine", &second.id(), json!({"serial": "S-1"}))
            .expect(409);
        for _ in 0..2 {
            admin
                .post(path, json!({"name": "several without one"}))
                .expect(201);
        }
    });
}
