//! What is hidden by row or by field is not to be inferred through any door.

use crate::on_each;
use guanxi_testkit::app::TestApp;
use serde_json::{Value as Json, json};

/// Makes a role that is a salesperson's, but reads neither of these fields.
fn blind(app: &TestApp, name: &str) {
    let mut role = app.admin().get("/meta/roles/salesperson").expect(200).json;
    for field in [
        "customer.credit",
        "customer.id_number",
        "customer.phone",
        "opportunity.amount",
        "opportunity.expected",
        "contact.name",
    ] {
        role["fields"][field] = json!("none");
    }
    app.admin()
        .put(&format!("/meta/roles/{name}"), role)
        .expect(200);
}

#[test]
fn a_hidden_field_is_unknown_at_every_door() {
    on_each(|app| {
        blind(app, "blind_one");
        let (admin, sam) = (
            app.admin(),
            app.join("blind_one", "blind_one", "Sales/East"),
        );
        let me = app.id_of("blind_one");
        let secret = json!({"name": "Hidden Fields", "credit": 5, "id_number": "ZX4711QQ", "phone": "0551-69997777", "owner": me});
        let id = admin.create("customer", secret);
        let customer = "/records/customer";
        for name in ["credit", "id_number", "phone"] {
            let (hidden, none) = (name, "nothing");
            let pair = |ask: &dyn Fn(&str) -> guanxi_testkit::app::Reply| {
                let (hidden, none) = (ask(hidden).expect(400), ask(none).expect(400));
                let length = |text: &str| {
                    // The place in the text, and names that are like the wrong one, follow from what was asked.
                    let piece = text.split("\"length\"").next().unwrap();
                    [" Did you mean", "; did you mean", ": check the name"]
                        .iter()
                        .fold(piece, |text, end| text.split(end).next().unwrap())
                        .trim_end_matches("\",\"position\":0,")
                        .to_owned()
                };
                assert_eq!(
                    length(&hidden.text.replace(name, "nothing")),
                    length(&none.text),
                    "{name} can be told from what is not there"
                );
            };
            pair(&|field| sam.ask(customer, &[("sort", field)]));
            pair(&|field| sam.ask(customer, &[("sort", &format!("-{field},name"))]));
            pair(&|field| sam.ask(customer, &[("fields", field)]));
            pair(&|field| sam.ask(customer, &[("expand", field)]));
            pair(&|field| sam.update("customer", &id, json!({field: "1"})));
            pair(&|field| sam.post(customer, json!({"name": "x", field: "1"})));
            pair(&|field| sam.ask(&format!("{customer}/{id}"), &[("fields", field)]));
            for filter in [
                "F = 5",
                "F is null",
                "F >= 3",
                "F ~ \"ZX\"",
                "not (F is null)",
            ] {
                sam.ask(customer, &[("filter", &filter.replace('F', name))])
                    .expect(400);
            }
            sam.ask(
                "/records/contact",
                &[("filter", &format!("customer.{name} is null"))],
            )
            .expect(400);
            sam.act(
                "customer",
                &id,
                "merge",
                json!({"with": [id], "choose": {name: id}}),
            );
        }
        sam.update("customer", &id, json!({"level": "key"}))
            .expect(200);
        admin
            .update(
                "customer",
                &id,
                json!({"id_number": "ZX4712QQ", "credit": 4}),
            )
            .expect(200);
        for path in [
            format!("{customer}/{id}"),
            format!("{customer}/{id}?expand=owner,parent"),
            format!("{customer}/{id}?as_of=2030-01-01T00:00:00Z"),
            format!("{customer}/{id}/history"),
            format!("{customer}/{id}/timeline"),
            customer.to_owned(),
            "/search?q=hidden%20fields".to_owned(),
            "/meta/objects/customer".to_owned(),
            "/openapi.json".to_owned(),
        ] {
            let reply = sam.get(&path).expect(200);
            for piece in ["ZX47", "id_number", "\"credit\"", "69997777"] {
                assert!(!reply.text.contains(piece), "{path}: {piece}");
            }
        }
        for q in ["ZX4712QQ", "zx47", "69997777", "6999", "055169997777"] {
            assert!(sam.found(q).is_empty(), "{q}");
            assert!(!admin.found(q).is_empty(), "{q}");
        }
    });
}

#[test]
fn a_hidden_title_is_not_told_by_search_or_timeline() {
    on_each(|app| {
        blind(app, "blind_two");
        let sam = app.join("blind_two", "blind_two", "Sales/East");
        let customer = sam.create("customer", json!({"name": "Holder"}));
        app.admin().create(
            "contact",
            json!({"name": "Zacharias Unseen", "customer": customer, "mobile": "13700137000"}),
        );
        assert!(sam.found("zacharias").is_empty());
        let hits = sam.ask("/search", &[("q", "13700137000")]).expect(200);
        assert_eq!(hits.rows().len(), 1);
        assert!(!hits.text.contains("Zacharias"), "{}", hits.text);
        let related = sam
            .get(&format!("/records/customer/{customer}/related/contact"))
            .expect(200);
        assert!(!related.text.contains("Zacharias"));
        sam.ask("/records/contact", &[("sort", "name")]).expect(400);
    });
}

#[test]
fn rows_out_of_reach_are_not_to_be_counted_filtered_or_sorted() {
    on_each(|app| {
        let (sam, stan) = (app.salesperson(), app.stranger());
        let theirs = stan.create(
            "customer",
            json!({"name": "Xenolith Holdings", "phone": "0551-61118222", "description": "secret"}),
        );
        let mine = sam.create("customer", json!({"name": "Unrelated of East"}));
        let deal = app.admin().create(
            "opportunity",
            json!({"name": "Across", "customer": theirs, "owner": app.id_of("salesperson")}),
        );
        stan.create(
            "note",
            json!({"subject": "Xenolith note", "customer": theirs}),
        );
        for how in ["estimate", "exact"] {
            let count = sam
                .ask(
                    "/records/customer",
                    &[("filter", "name ~ \"Xenolith\""), ("count", how)],
                )
                .expect(200);
            assert_eq!(count["count"]["value"], 0);
            assert!(count.rows().is_empty());
        }
        // Through a link of a row that the caller does see.
        for filter in [
            "customer.name = \"Xenolith Holdings\"",
            "customer.name ^= \"Xeno\"",
            "customer.description ~ \"sec\"",
            "customer.owner.name is not null",
            "not (customer.name = \"Xenolith Holdings\") and not (customer.name is null)",
        ] {
            let all = format!("name = \"Across\" and {filter}");
            let reply = sam.ask("/records/opportunity", &[("filter", &all)]);
            assert!(
                reply.status == 400 || reply.rows().is_empty(),
                "{filter}: {}",
                reply.text
            );
        }
        sam.ask("/records/opportunity", &[("sort", "customer.name")])
            .expect(400);
        let expanded = sam
            .ask(
                &format!("/records/opportunity/{deal}"),
                &[("expand", "customer,customer.owner")],
            )
            .expect(200);
        assert!(!expanded.text.contains("Xenolith"));
        for q in ["xenolith", "xeno", "61118222", "6111"] {
            assert!(sam.found(q).iter().all(|hit| !hit.contains("Xeno")), "{q}");
        }
        for path in [
            "history",
            "timeline",
            "explanation",
            "related/contact",
            "files",
        ] {
            let (hidden, none) = (
                sam.get(&format!("/records/customer/{theirs}/{path}")),
                sam.get(&format!(
                    "/records/customer/01890a5d-ac96-774b-bcce-b302099a8057/{path}"
                )),
            );
            assert_eq!(hidden.expect(404).text, none.expect(404).text, "{path}");
        }
        for noun in [
            "claim", "release", "handover", "merge", "share", "unshare", "follow", "restore",
            "nothing",
        ] {
            let ask = |id: &str| {
                sam.act(
                    "customer",
                    id,
                    noun,
                    json!({"to": app.id_of("colleague"), "with": mine}),
                )
            };
            let (hidden, none) = (ask(&theirs), ask("01890a5d-ac96-774b-bcce-b302099a8057"));
            assert_eq!(
                (hidden.status, hidden.text),
                (none.status, none.text),
                "{noun}"
            );
        }
        let patch = |id: &str| {
            sam.request("PATCH", &format!("/records/customer/{id}"))
                .with("if-match", "\"9\"")
                .json(json!({"name": "x"}))
                .send()
        };
        assert_eq!(
            patch(&theirs).expect(404).text,
            patch("01890a5d-ac96-774b-bcce-b302099a8057")
                .expect(404)
                .text
        );
        assert_eq!(stan.read("customer", &theirs).expect(200)["version"], 1);
    });
}

#[test]
fn an_object_that_nobody_granted_does_not_exist() {
    on_each(|app| {
        let admin = app.admin();
        admin.object("payroll", json!([{"name": "customer", "kind": "link", "to": "customer"}, {"name": "sum", "kind": "money"}]));
        let mut role = admin.get("/meta/roles/salesperson").expect(200).json;
        role["objects"]["payroll"] = json!({"read": "none"});
        admin.put("/meta/roles/unpaid", role).expect(200);
        let sam = app.join("unpaid", "unpaid", "Sales/East");
        let customer = sam.create("customer", json!({"name": "Paid"}));
        let entry = admin.create(
            "payroll",
            json!({"name": "Wages of Q", "customer": customer}),
        );
        for path in [
            "/records/payroll".to_owned(),
            format!("/records/payroll/{entry}"),
            "/meta/objects/payroll".to_owned(),
            format!("/records/customer/{customer}/related/payroll"),
            "/search?q=wages&object=payroll".to_owned(),
        ] {
            sam.get(&path).expect(404);
        }
        sam.post("/records/payroll", json!({"name": "x"}))
            .expect(404);
        sam.post("/records/payroll/batch", json!({"operations": []}))
            .expect(404);
        assert!(sam.found("wages").is_empty());
        for path in ["/meta/objects", "/openapi.json"] {
            assert!(
                !sam.get(path).expect(200).text.contains("payroll"),
                "{path}"
            );
        }
        let (hidden, none) = (
            sam.post(
                "/records/task",
                json!({"subject": "x", "about": {"object": "payroll", "id": entry}}),
            )
            .expect(422),
            sam.post(
                "/records/task",
                json!({"subject": "x", "about": {"object": "nothing", "id": entry}}),
            )
            .expect(422),
        );
        assert_eq!(hidden.text.replace("payroll", "nothing"), none.text);
        assert_eq!(sam.read("customer", &customer).expect(200)["name"], "Paid");
    });
}

#[test]
fn a_unique_value_of_a_hidden_row_tells_no_more_than_that_it_is_taken() {
    on_each(|app| {
        let admin = app.admin();
        admin.object("licence", json!([{"name": "code", "kind": "text", "unique": true}, {"name": "holder", "kind": "text"}]));
        let theirs = app
            .stranger()
            .post(
                "/records/licence",
                json!({"name": "West's licence", "code": "L-1", "holder": "Mr West"}),
            )
            .expect(201);
        let taken = app
            .salesperson()
            .post("/records/licence", json!({"name": "x", "code": "L-1"}))
            .expect(409);
        for piece in [
            "West",
            "Mr",
            &theirs.id(),
            "licence_code",
            "o_licence",
            "UNIQUE",
            "constraint",
        ] {
            assert!(!taken.text.contains(piece), "{piece}: {}", taken.text);
        }
        let batch = json!({"mode": "each", "operations": [{"op": "create", "fields": {"name": "x", "code": "L-1"}}]});
        let batch = app
            .salesperson()
            .post("/records/licence/batch", batch)
            .expect(200);
        assert_eq!(batch["results"][0]["error"]["status"], 409);
        assert!(!batch.text.contains("West"));
        app.salesperson()
            .update("licence", &theirs.id(), json!({"code": "L-2"}))
            .expect(404);
    });
}

#[test]
fn errors_do_not_show_the_inside() {
    on_each(|app| {
        let sam = app.salesperson();
        let id = sam.create("customer", json!({"name": "Inside"}));
        let replies = [
            sam.ask("/records/customer", &[("filter", "name = x'")]),
            sam.ask("/records/customer", &[("filter", "name = \"")]),
            sam.post("/records/customer", json!({"name": {"a": 1}})),
            sam.post("/records/customer", json!({"name": 5})),
            sam.act("customer", &id, "merge", json!({"with": "x"})),
            sam.request("POST", "/records/customer")
                .bytes(b"\xff\xfe".to_vec())
                .send(),
        ];
        for reply in replies {
            assert!((400..500).contains(&reply.status), "{}", reply.text);
            reply.is_problem();
            for piece in [
                "sqlite",
                "postgres",
                "SELECT",
                "o_customer",
                "panicked",
                ".rs",
                "serde",
                "axum",
                "/root",
                "thread",
            ] {
                assert!(!reply.text.contains(piece), "{piece}: {}", reply.text);
            }
        }
        assert_eq!(
            sam.post("/records/customer", json!({"name": null}))
                .expect(422)
                .json["errors"][0]["field"],
            Json::from("name")
        );
    });
}
