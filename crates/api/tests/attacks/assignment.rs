//! Mass assignment, writes out of reach, relations written from the other end.

use crate::on_each;
use serde_json::{Value as Json, json};

#[test]
fn what_the_house_keeps_is_not_assigned() {
    on_each(|app| {
        let sam = app.salesperson();
        let theirs = app
            .stranger()
            .create("customer", json!({"name": "Assigned West"}));
        let made = sam
            .post("/records/customer", json!({"name": "Assigned", "id": theirs, "version": 77, "created_at": "2001-01-01T00:00:00Z",
                "updated_at": "2001-01-01T00:00:00Z", "created_by": app.id_of("admin"), "updated_by": app.id_of("admin"),
                "deleted_at": "2001-01-01T00:00:00Z", "number": "C-1", "birthday_month_day": 1231, "open_opportunities": 9,
                "open_amount": "9", "won_amount": "9"}))
            .expect(201);
        assert_ne!(made["id"], theirs.as_str());
        assert_eq!(made["version"], 1);
        for member in ["created_by", "updated_by"] {
            assert_eq!(made[member], app.id_of("salesperson").as_str(), "{member}");
        }
        assert!(made["created_at"].as_str().unwrap() > "2020");
        assert_ne!(made["number"], "C-1");
        assert_eq!(
            [&made["birthday_month_day"], &made["open_opportunities"]],
            [&Json::Null, &json!(0)]
        );
        let patched = sam.update("customer", &made.id(), json!({"id": theirs, "version": 1, "created_by": app.id_of("admin"), "number": "C-1", "won_amount": "5"}));
        let patched = patched.expect(200);
        for member in ["id", "created_by", "number", "won_amount", "version"] {
            assert_eq!(patched[member], made[member], "{member}");
        }
        for unknown in [
            "seq",
            "title_key",
            "password",
            "hash",
            "table",
            "roles",
            "phone_key",
            "annual_revenue_amount",
        ] {
            sam.update("customer", &made.id(), json!({unknown: 1}))
                .expect(400);
        }
        let operation =
            json!({"op": "create", "id": theirs, "fields": {"name": "Assigned too", "id": theirs}});
        let batch = sam
            .post(
                "/records/customer/batch",
                json!({"operations": [operation]}),
            )
            .expect(200);
        assert_ne!(batch["results"][0]["id"], theirs.as_str());
    });
}

#[test]
fn nobody_writes_a_row_out_of_the_own_reach() {
    on_each(|app| {
        let (sam, mia) = (app.salesperson(), app.manager());
        let west =
            app.admin().read("user", &app.id_of("stranger")).expect(200)["department"].clone();
        let mine = sam.create("customer", json!({"name": "Reach"}));
        for (fields, error) in [
            (
                json!({"owner": app.id_of("stranger")}),
                "owner:not_yours_to_give",
            ),
            (json!({"department": west}), "department:not_yours_to_give"),
        ] {
            let mut new = fields.clone();
            new["name"] = json!("Reach");
            let update = sam.update("customer", &mine, fields.clone());
            // What stays with its owner may carry another department.
            if error.starts_with("owner") {
                assert_eq!(update.expect(422).errors(), [error]);
                assert_eq!(
                    sam.post("/records/customer", new.clone())
                        .expect(422)
                        .errors(),
                    [error]
                );
            }
            assert_eq!(
                mia.post(
                    "/records/customer",
                    json!({"name": "x", "owner": app.id_of("stranger")})
                )
                .expect(422)
                .errors(),
                ["owner:not_yours_to_give"]
            );
        }
        let theirs = app
            .stranger()
            .create("customer", json!({"name": "Reach West"}));
        let reply = sam.update(
            "customer",
            &theirs,
            json!({"owner": app.id_of("salesperson")}),
        );
        reply.expect(404);
        assert_eq!(
            app.stranger().read("customer", &theirs).expect(200)["version"],
            1,
            "nothing was written first"
        );
        // A contact put under another's customer would leave the caller's reach, or enter it.
        let contact = app
            .stranger()
            .create("contact", json!({"name": "Rita Reach", "customer": theirs}));
        sam.update("contact", &contact, json!({"customer": mine}))
            .expect(404);
        app.admin()
            .act(
                "customer",
                &theirs,
                "share",
                json!({"with": app.id_of("salesperson"), "write": true}),
            )
            .expect(200);
        let moved = sam.update(
            "customer",
            &theirs,
            json!({"owner": app.id_of("salesperson")}),
        );
        assert_eq!(moved.expect(422).errors(), ["owner:not_yours_to_give"]);
    });
}

#[test]
fn rights_are_not_written_by_those_who_have_them() {
    on_each(|app| {
        let sam = app.salesperson();
        let me = app.id_of("salesperson");
        for fields in [
            json!({"roles": ["administrator"]}),
            json!({"email": "x@example.com"}),
            json!({"active": false}),
            json!({"roles": []}),
        ] {
            let reply = sam.update("user", &me, fields.clone());
            assert!(
                [403, 422].contains(&reply.status),
                "{fields}: {}",
                reply.text
            );
        }
        let department =
            app.admin().read("user", &app.id_of("stranger")).expect(200)["department"].clone();
        assert!(
            sam.update("user", &me, json!({"department": department}))
                .status
                >= 400
        );
        sam.update("user", &me, json!({"title": "Account manager"}))
            .expect(200);
        sam.update("user", &app.id_of("colleague"), json!({"title": "x"}))
            .expect(403);
        sam.post(
            "/records/user",
            json!({"name": "New", "email": "new@example.com", "roles": ["administrator"]}),
        )
        .expect(403);
        app.manager()
            .post(
                "/records/user",
                json!({"name": "New", "email": "new@example.com"}),
            )
            .expect(403);
        sam.delete(&format!("/records/user/{me}")).expect(403);
        sam.post("/records/department", json!({"name": "Mine"}))
            .expect(403);
        assert_eq!(
            app.admin().read("user", &me).expect(200)["roles"],
            json!(["salesperson"])
        );
        let last = app
            .admin()
            .update(
                "user",
                &app.id_of("admin"),
                json!({"roles": ["salesperson"]}),
            )
            .expect(422);
        assert_eq!(last.errors(), ["roles:last_administrator"]);
        let unknown = app
            .admin()
            .update("user", &me, json!({"roles": ["god"]}))
            .expect(422);
        assert_eq!(unknown.errors(), ["roles:unknown_role"]);
    });
}

#[test]
fn only_from_the_own_end_is_a_relation_written() {
    on_each(|app| {
        let (sam, stan) = (app.salesperson(), app.stranger());
        let deal = stan.create("opportunity", json!({"name": "Deal of West"}));
        let mine = sam.create("customer", json!({"name": "Relations"}));
        sam.update("opportunity", &deal, json!({"customer": mine}))
            .expect(404);
        let task = stan.create("task", json!({"subject": "West's"}));
        sam.update(
            "task",
            &task,
            json!({"about": {"object": "customer", "id": mine}}),
        )
        .expect(404);
        // Lists of links name each only what the caller sees.
        let lead = stan.create("lead", json!({"name": "Lead of West"}));
        sam.act("lead", &lead, "conversion", json!({})).expect(404);
        let merge = sam.act(
            "customer",
            &mine,
            "merge",
            json!({"with": [stan.create("customer", json!({"name": "West"}))]}),
        );
        assert_eq!(merge.expect(422).errors(), ["with:not_found"]);
        // Seen, but not the caller's to remove.
        let seen = stan.create("customer", json!({"name": "Seen West"}));
        stan.act(
            "customer",
            &seen,
            "share",
            json!({"with": app.id_of("salesperson"), "write": true}),
        )
        .expect(200);
        sam.act("customer", &mine, "merge", json!({"with": [seen]}))
            .expect(403);
        stan.read("customer", &seen).expect(200);
    });
}
