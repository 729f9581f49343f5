//! Roles: read and replaced, in force with the next request.

use crate::on_each;
use serde_json::{Value as Json, json};

#[test]
fn a_change_of_a_role_is_in_force_at_once() {
    on_each(|app| {
        let admin = app.admin();
        let role = admin.get("/meta/roles/salesperson").expect(200).json;
        admin.put("/meta/roles/changing", role.clone()).expect(200);
        let join = |name: &str, department: &str| app.join(name, "changing", department);
        let (sam, cora, stan) = (
            join("roles_sam", "Sales/East"),
            join("roles_cora", "Sales/East"),
            join("roles_stan", "Sales/West"),
        );
        let id = sam.create("customer", json!({"name": "Rights", "credit": 4}));
        assert_eq!(role["objects"]["customer"]["read"], "own");
        assert_eq!(role["default"]["read"], "own");
        let put = |role: &Json| admin.put("/meta/roles/changing", role.clone());
        let mut team = role.clone();
        team["objects"]["customer"]["read"] = json!("team");
        assert_eq!(
            put(&team).expect(200)["objects"]["customer"]["read"],
            "team"
        );
        cora.read("customer", &id).expect(200);
        cora.update("customer", &id, json!({"name": "x"}))
            .expect(403);
        stan.read("customer", &id).expect(404);
        team["objects"]["customer"]["update"] = json!("team");
        put(&team).expect(200);
        cora.update("customer", &id, json!({"name": "Rights 2"}))
            .expect(200);
        team["objects"]["customer"] = json!({"read": "all"});
        put(&team).expect(200);
        stan.read("customer", &id).expect(200);
        sam.update("customer", &id, json!({"name": "x"}))
            .expect(403);
        sam.post("/records/customer", json!({"name": "x"}))
            .expect(403);
        sam.delete(&format!("/records/customer/{id}")).expect(403);
        let mut none = role.clone();
        none["objects"]["customer"] = json!({});
        put(&none).expect(200);
        for path in [
            "/records/customer",
            "/meta/objects/customer",
            &format!("/records/customer/{id}"),
        ] {
            sam.get(path).expect(404);
        }
        assert!(sam.found("Rights").is_empty());
        put(&role).expect(200);
        sam.read("customer", &id).expect(200);
        cora.read("customer", &id).expect(404);
        sam.act("customer", &id, "release", json!({})).expect(200);
        cora.read("customer", &id).expect(200);
    });
}

#[test]
fn fields_are_hidden_or_only_read() {
    on_each(|app| {
        let admin = app.admin();
        let mut role = admin.get("/meta/roles/salesperson").expect(200).json;
        admin.put("/meta/roles/partly", role.clone()).expect(200);
        let sam = app.join("partly", "partly", "Sales/East");
        let id = sam.create(
            "customer",
            json!({"name": "Fields", "credit": 4, "level": "key"}),
        );
        role["fields"]["customer.credit"] = json!("none");
        role["fields"]["customer.level"] = json!("read");
        admin.put("/meta/roles/partly", role).expect(200);
        let read = sam.read("customer", &id).expect(200);
        assert!(read.json.get("credit").is_none());
        assert_eq!(read["level"], "key");
        assert_eq!(
            sam.update("customer", &id, json!({"level": "watch"}))
                .expect(422)
                .errors(),
            ["level:no_write_right"]
        );
        sam.update("customer", &id, json!({"credit": 1}))
            .expect(400);
        assert_eq!(admin.read("customer", &id).expect(200)["credit"], 4);
        let described = sam.get("/meta/objects/customer").expect(200);
        assert!(
            described["fields"]
                .as_array()
                .unwrap()
                .iter()
                .all(|field| field["name"] != "credit")
        );
        assert!(
            !described.text.contains("\"credit\""),
            "nor in layouts and views"
        );
    });
}

#[test]
fn a_role_that_makes_no_sense_is_refused() {
    on_each(|app| {
        let admin = app.admin();
        let put = |role: Json| admin.put("/meta/roles/salesperson", role);
        put(json!({"default": {"read": "everything"}})).expect(422);
        put(json!({"objects": {"nothing": {"read": "all"}}})).expect(422);
        put(json!({"fields": {"customer.nothing": "read"}})).expect(422);
        put(json!({"fields": {"customer.name": "perhaps"}})).expect(422);
        put(json!({"nothing": 1})).expect(422);
        put(json!([])).expect(400);
        admin
            .put("/meta/roles/administrator", json!({"administer": false}))
            .expect(422);
        admin.get("/meta/roles/nothing").expect(404);
        for caller in [
            app.caller("salesperson"),
            app.caller("manager"),
            app.caller("reader"),
        ] {
            caller.get("/meta/roles/salesperson").expect(403);
            caller
                .put(
                    "/meta/roles/salesperson",
                    json!({"default": {"read": "all"}}),
                )
                .expect(403);
        }
        app.nobody()
            .put("/meta/roles/salesperson", json!({}))
            .expect(401);
        assert_eq!(
            admin.get("/meta/roles/administrator").expect(200)["default"]["delete"],
            "all"
        );
        // A new role, and somebody who has it.
        admin
            .put("/meta/roles/trainee", json!({"default": {"read": "team"}}))
            .expect(200);
        let trainee = app.join("trainee", "trainee", "Sales/East");
        let id = app
            .salesperson()
            .create("customer", json!({"name": "For trainees"}));
        trainee.read("customer", &id).expect(200);
        trainee
            .update("customer", &id, json!({"name": "x"}))
            .expect(403);
    });
}
