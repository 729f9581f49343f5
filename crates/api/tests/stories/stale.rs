//! ETag and If-Match: nobody overwrites what they have not seen.

use crate::on_each;
use serde_json::json;

#[test]
fn a_stale_etag_is_always_412_and_names_the_fields_in_conflict() {
    on_each(|app| {
        let (sam, mia) = (app.salesperson(), app.manager());
        let id = sam.create(
            "customer",
            json!({"name": "Stale", "level": "key", "description": "old"}),
        );
        let path = format!("/records/customer/{id}");
        let read = sam.read("customer", &id).expect(200);
        let tag = read.header("etag").to_owned();
        assert_eq!(tag, "\"1\"");
        mia.update(
            "customer",
            &id,
            json!({"description": "hers", "level": "watch"}),
        )
        .expect(200);
        let patch = |tag: &str, fields: serde_json::Value| {
            sam.request("PATCH", &path)
                .with("if-match", tag)
                .json(fields)
                .send()
        };
        let stale = patch(&tag, json!({"description": "mine", "name": "Stale 2"})).expect(412);
        let conflicts = stale["conflicts"].as_array().unwrap();
        assert_eq!(conflicts.len(), 1, "{}", stale.text);
        assert_eq!(conflicts[0]["field"], "description");
        assert_eq!(stale.errors(), ["description:stale_field"]);
        assert_eq!(
            [&conflicts[0]["yours"], &conflicts[0]["theirs"]],
            ["mine", "hers"]
        );
        assert_eq!(stale["version"], 2);
        // Stale is stale, whether or not the same fields are meant.
        assert_eq!(
            patch(&tag, json!({"name": "Stale 2"})).expect(412)["conflicts"],
            json!([])
        );
        patch(&tag, json!({})).expect(412);
        patch(&tag, json!({"level": "no such level"})).expect(412);
        for tag in ["\"99\"", "\"nonsense\"", "nonsense", "\"\""] {
            patch(tag, json!({"name": "Stale 2"})).expect(412);
        }
        sam.request("DELETE", &path)
            .with("if-match", &tag)
            .send()
            .expect(412);
        assert_eq!(
            sam.read("customer", &id).expect(200)["version"],
            2,
            "nothing was written"
        );
        patch("\"2\"", json!({"name": "Stale 3"})).expect(200);
        patch("*", json!({"name": "Stale 4"})).expect(200);
        patch("\"3\", \"4\"", json!({"name": "Stale 5"})).expect(200);
        sam.request("DELETE", &path)
            .with("if-match", "\"5\"")
            .send()
            .expect(204);
        sam.request("DELETE", &path)
            .with("if-match", "\"5\"")
            .send()
            .expect(404);
    });
}

#[test]
fn conflicts_tell_nothing_of_fields_that_are_hidden() {
    on_each(|app| {
        let admin = app.admin();
        let mut role = admin.get("/meta/roles/salesperson").expect(200).json;
        role["fields"]["customer.credit"] = json!("none");
        admin.put("/meta/roles/stale_seller", role).expect(200);
        let sam = app.join("stale_seller", "stale_seller", "Sales/East");
        let id = sam.create("customer", json!({"name": "Hidden conflict"}));
        admin
            .update("customer", &id, json!({"credit": 5}))
            .expect(200);
        let patch = sam
            .request("PATCH", &format!("/records/customer/{id}"))
            .with("if-match", "\"1\"");
        let stale = patch.json(json!({"name": "mine"})).send().expect(412);
        assert!(!stale.text.contains("credit"), "{}", stale.text);
        let patch = sam
            .request("PATCH", &format!("/records/customer/{id}"))
            .with("if-match", "\"1\"");
        patch.json(json!({"credit": 4})).send().expect(400);
    });
}
