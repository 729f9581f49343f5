//! Many changes in one request.

use crate::on_each;
use serde_json::{Value as Json, json};

#[test]
fn an_atomic_batch_is_all_or_nothing() {
    on_each(|app| {
        let sam = app.salesperson();
        let id = sam.create("customer", json!({"name": "Atomic 0"}));
        let create = |name: &str| json!({"op": "create", "fields": {"name": name}});
        let path = "/records/customer/batch";
        let wrong = json!({"mode": "atomic", "operations": [
            create("Atomic 1"),
            {"op": "update", "id": id, "fields": {"level": "nothing", "source": "a new source"}},
        ]});
        let refused = sam.post(path, wrong).expect(422);
        assert_eq!(refused.errors(), ["operations[1].level:unknown_choice"]);
        assert_eq!(refused["operation"], 1);
        assert!(
            sam.names("customer", &[("filter", "name = \"Atomic 1\"")])
                .is_empty()
        );
        let missing = json!({"operations": [create("Atomic 1"), {"op": "remove", "id": "01890a5d-ac96-774b-bcce-b302099a8057"}]});
        let refused = sam.post(path, missing).expect(404);
        refused.is_problem();
        assert_eq!(refused["operation"], 1);
        assert!(
            sam.names("customer", &[("filter", "name = \"Atomic 1\"")])
                .is_empty()
        );
        let right = json!({"mode": "atomic", "operations": [
            create("Atomic 1"),
            {"op": "update", "id": id, "fields": {"level": "key"}},
            create("Atomic 2"),
            {"op": "remove", "id": id},
        ]});
        let done = sam.post(path, right).expect(200);
        let results = done["results"].as_array().unwrap();
        assert_eq!(results.len(), 4);
        assert_eq!(
            [&results[1]["id"], &results[3]["id"]],
            [id.as_str(), id.as_str()]
        );
        assert_eq!(
            [
                &results[0]["version"],
                &results[1]["version"],
                &results[3]["version"]
            ],
            [&json!(1), &json!(2), &json!(3)]
        );
        sam.read("customer", &id).expect(404);
        sam.read("customer", results[2]["id"].as_str().unwrap())
            .expect(200);
    });
}

#[test]
fn in_a_batch_of_each_every_operation_stands_for_itself_in_its_place() {
    on_each(|app| {
        let (sam, stan) = (app.salesperson(), app.stranger());
        let theirs = stan.create("customer", json!({"name": "Each of West"}));
        let operations = json!([
            {"op": "create", "fields": {"name": "Each 0"}},
            {"op": "create", "fields": {}},
            {"op": "update", "id": theirs, "fields": {"name": "stolen"}},
            {"op": "update", "id": "01890a5d-ac96-774b-bcce-b302099a8057", "fields": {"name": "x"}},
            {"op": "create", "fields": {"name": "x", "nothing": 1}},
            {"op": "nothing"},
            {"op": "create", "fields": {"name": "x"}, "nothing": 1},
            {"op": "update", "id": theirs, "if_match": "\"1\"", "fields": {}},
            {"op": "update", "fields": {}},
            "nothing",
            {"op": "create", "fields": {"name": "Each 8", "owner": app.id_of("stranger")}},
            {"op": "create", "fields": {"name": "Each 9"}},
        ]);
        let done = sam
            .post(
                "/records/customer/batch",
                json!({"mode": "each", "operations": operations}),
            )
            .expect(200);
        let statuses: Vec<Json> = done["results"]
            .as_array()
            .unwrap()
            .iter()
            .map(|result| {
                result.get("error").map_or_else(
                    || result["version"].clone(),
                    |error| error["status"].clone(),
                )
            })
            .collect();
        assert_eq!(
            json!(statuses),
            json!([1, 422, 404, 404, 400, 400, 400, 400, 422, 400, 422, 1])
        );
        let (theirs, none) = (&done["results"][2]["error"], &done["results"][3]["error"]);
        assert_eq!(theirs, none, "what is not seen does not exist");
        assert_eq!(
            sam.names(
                "customer",
                &[("filter", "name ^= \"Each \""), ("sort", "name")]
            ),
            ["Each 0", "Each 9"]
        );
    });
}

#[test]
fn a_failing_database_check_fails_one_operation_alone() {
    on_each(|app| {
        let admin = app.admin();
        admin.object(
            "badge",
            json!([{"name": "code", "kind": "text", "unique": true}]),
        );
        let create =
            |code: &str| json!({"op": "create", "fields": {"name": "badge", "code": code}});
        let operations = json!([create("1"), create("1"), create("2")]);
        let done = admin
            .post(
                "/records/badge/batch",
                json!({"mode": "each", "operations": operations}),
            )
            .expect(200);
        assert_eq!(done["results"][1]["error"]["status"], 409);
        assert!(
            done["results"][0]["id"].is_string() && done["results"][2]["id"].is_string(),
            "{}",
            done.text
        );
        admin
            .post(
                "/records/badge/batch",
                json!({"operations": [create("3"), create("3")]}),
            )
            .expect(409);
        assert_eq!(admin.names("badge", &[]).len(), 2);
    });
}

#[test]
fn ten_thousand_operations_are_the_most() {
    on_each(|app| {
        let admin = app.admin();
        let create = |at: usize| json!({"op": "create", "fields": {"name": format!("bulk {at}"), "category": "bulk"}});
        let most: Vec<Json> = (0..10_000).map(create).collect();
        let done = admin
            .post(
                "/records/product/batch",
                json!({"mode": "each", "operations": most}),
            )
            .expect(200);
        let results = done["results"].as_array().unwrap();
        assert_eq!(results.len(), 10_000);
        let last = admin
            .read("product", results[9_999]["id"].as_str().unwrap())
            .expect(200);
        assert_eq!(last["name"], "bulk 9999");
        let more: Vec<Json> = (0..10_001).map(create).collect();
        admin
            .post(
                "/records/product/batch",
                json!({"mode": "each", "operations": more}),
            )
            .expect(413);
        let count = [
            ("filter", "category = \"bulk\""),
            ("count", "exact"),
            ("limit", "1"),
        ];
        assert_eq!(
            admin.ask("/records/product", &count).expect(200)["count"]["value"],
            10_000
        );
    });
}

#[test]
fn a_batch_that_makes_no_sense_is_refused() {
    on_each(|app| {
        let sam = app.salesperson();
        let path = "/records/customer/batch";
        sam.post(path, json!({"mode": "some", "operations": []}))
            .expect(400);
        sam.post(path, json!({"mode": 1, "operations": []}))
            .expect(400);
        sam.post(path, json!({"operations": {}})).expect(400);
        sam.post(path, json!({"operations": [], "nothing": 1}))
            .expect(400);
        sam.post(path, json!([])).expect(400);
        assert_eq!(
            sam.post(path, json!({"operations": []})).expect(200)["results"],
            json!([])
        );
        app.reader()
            .post(
                path,
                json!({"operations": [{"op": "create", "fields": {"name": "x"}}]}),
            )
            .expect(403);
        app.nobody()
            .post(path, json!({"operations": []}))
            .expect(401);
        let id = sam.create("customer", json!({"name": "Batch version"}));
        let stale = json!({"operations": [{"op": "update", "id": id, "version": 7, "fields": {"name": "x"}}]});
        sam.post(path, stale).expect(412);
    });
}
