//! Declarations changed on a live system: usable at once, everywhere.

use crate::{keys, on_each};
use guanxi_testkit::app::{Administrator, Client};
use serde_json::{Value as Json, json};

#[test]
fn a_new_object_is_there_at_once_everywhere() {
    on_each(|app| {
        let (admin, sam) = (app.admin(), app.salesperson());
        let made = admin
            .post(
                "/meta/objects",
                json!({"name": "device", "label": {"zh": "设备", "en": "Device"}}),
            )
            .expect(201);
        assert_eq!(made.header("location"), "/api/v1/meta/objects/device");
        assert_eq!(made["label"], json!({"zh": "设备", "en": "Device"}));
        let names: Vec<&Json> = made["fields"]
            .as_array()
            .unwrap()
            .iter()
            .map(|field| &field["name"])
            .collect();
        assert_eq!(names, ["name"], "every object has a name");
        sam.get("/meta/objects/device").expect(200);
        admin.field("device", json!({"name": "serial", "label": {"zh": "序列号", "en": "Serial"}, "kind": "text", "searched": true}));
        admin.field(
            "device",
            json!({"name": "customer", "kind": "link", "to": "customer"}),
        );
        admin.field("device", json!({"name": "price", "kind": "money"}));
        let customer = sam.create("customer", json!({"name": "Device owner"}));
        let device = sam.create(
            "device",
            json!({"name": "锅炉一号", "serial": "XQZ-778", "customer": customer, "price": "12"}),
        );
        assert_eq!(
            sam.names(
                "device",
                &[
                    ("filter", "price > 10 and customer.name = \"Device owner\""),
                    ("sort", "-price,serial")
                ]
            ),
            ["锅炉一号"]
        );
        assert_eq!(
            sam.found("guolu yihao")
                .first()
                .map(String::as_str)
                .or(sam.found("锅炉一号").first().map(String::as_str)),
            Some("device:锅炉一号")
        );
        assert!(
            sam.found("xqz").contains(&"device:锅炉一号".to_owned()),
            "{:?}",
            sam.found("xqz")
        );
        sam.update("device", &device, json!({"serial": "XQZ-779"}))
            .expect(200);
        let history = sam
            .get(&format!("/records/device/{device}/history"))
            .expect(200);
        assert_eq!(
            history.rows()[0]["changes"],
            json!([{"field": "serial", "old": "XQZ-778", "new": "XQZ-779"}])
        );
        let related = sam
            .get(&format!("/records/customer/{customer}/related/device"))
            .expect(200);
        assert_eq!(related.rows()[0]["id"], device.as_str());
        sam.create(
            "task",
            json!({"subject": "look at it", "about": {"object": "device", "id": device}}),
        );
        assert_eq!(
            sam.get(&format!("/records/device/{device}/timeline"))
                .expect(200)
                .rows()
                .len(),
            1
        );
        let objects = sam.get("/meta/objects").expect(200);
        assert!(
            objects
                .rows()
                .iter()
                .any(|object| object["name"] == "device")
        );
        assert!(
            sam.get("/openapi.json").expect(200)["paths"]
                .get("/records/device")
                .is_some()
        );
        // A new object takes each role's default scope.
        app.colleague().read("device", &device).expect(404);
        app.manager().read("device", &device).expect(200);
        app.service().read("device", &device).expect(404);
        app.reader().read("device", &device).expect(200);
        app.reader()
            .post("/records/device", json!({"name": "x"}))
            .expect(403);
        sam.act(
            "device",
            &device,
            "share",
            json!({"with": app.id_of("colleague")}),
        )
        .expect(200);
        app.colleague().read("device", &device).expect(200);
        sam.delete(&format!("/records/device/{device}")).expect(204);
        sam.act("device", &device, "restore", json!({})).expect(200);
    });
}

/// A value of each kind, another one, and a filter that the first meets and the second does not.
#[rustfmt::skip]
fn kinds() -> Vec<(Json, Json, Json, &'static str)> {
    let choices = json!([{"value": "a", "label": {"zh": "甲", "en": "A"}}, {"value": "b", "label": {"zh": "乙", "en": "B"}}]);
    vec![
        (json!({"kind": "text"}), json!("alpha"), json!("beta"), "F = \"alpha\""),
        (json!({"kind": "long_text"}), json!("line\nline"), json!("other"), "F ~ \"line\""),
        (json!({"kind": "rich_text"}), json!("<p>bold</p>"), json!("<p>thin</p>"), "F ~ \"bold\""),
        (json!({"kind": "integer"}), json!(41), json!(7), "F > 40"),
        (json!({"kind": "decimal", "scale": 3}), json!("1.250"), json!("0.125"), "F >= 1.25"),
        (json!({"kind": "money"}), json!({"amount": "10.00", "currency": "CNY"}), json!({"amount": "9.99", "currency": "CNY"}), "F >= 10"),
        (json!({"kind": "percent"}), json!("12.5"), json!("99"), "F < 50"),
        (json!({"kind": "date"}), json!("2026-01-31"), json!("2025-01-31"), "F >= date(\"2026-01-01\")"),
        (json!({"kind": "instant"}), json!("2026-01-31T08:00:00Z"), json!("2025-01-31T08:00:00Z"), "F > today() - 90d"),
        (json!({"kind": "duration"}), json!("PT1H30M"), json!("PT5M"), "F > 1h"),
        (json!({"kind": "bool"}), json!(true), json!(false), "F = true"),
        (json!({"kind": "choice", "choices": choices}), json!("a"), json!("b"), "F in (\"a\")"),
        (json!({"kind": "multi_choice", "choices": choices}), json!(["a", "b"]), json!(["b"]), "\"a\" in F"),
        (json!({"kind": "email"}), json!("kind@example.com"), json!("other@example.com"), "F = \"kind@example.com\""),
        (json!({"kind": "phone"}), json!("0551-63344556"), json!("010-62345678"), "F ^= \"0551\""),
        (json!({"kind": "url"}), json!("https://example.com/a"), json!("https://example.org"), "F ~ \"example.com\""),
        (json!({"kind": "address"}), json!("安徽省合肥市长江西路 99 号"), json!("北京市"), "F ~ \"合肥\""),
        (json!({"kind": "person_name"}), json!("王小明"), json!("李雷"), "F = \"王小明\""),
        (json!({"kind": "rating"}), json!(5), json!(2), "F > 3"),
        (json!({"kind": "json"}), json!({"a": [1, 2]}), json!({"b": 1}), "not (F is null)"),
    ]
}

#[test]
fn a_field_of_every_kind_works_at_once() {
    on_each(|app| {
        let (admin, sam) = (app.admin(), app.salesperson());
        admin.object("specimen", json!([]));
        for (at, (declared, first, second, filter)) in kinds().into_iter().enumerate() {
            let kind = declared["kind"].as_str().unwrap().to_owned();
            let name = format!("f_{kind}");
            let mut field = declared;
            field["name"] = json!(name);
            let made = admin.field("specimen", field);
            assert_eq!(made["kind"], kind.as_str());
            let one = sam
                .post(
                    "/records/specimen",
                    json!({"name": format!("{kind} one"), name.as_str(): first}),
                )
                .expect(201);
            let two = sam.create(
                "specimen",
                json!({"name": format!("{kind} two"), name.as_str(): second}),
            );
            let shown = one[&*name].clone();
            assert!(!shown.is_null(), "{kind}: {}", one.text);
            assert_eq!(
                sam.read("specimen", &one.id()).expect(200)[&*name],
                shown,
                "{kind}"
            );
            let filter = format!("name ^= \"{kind} \" and {}", filter.replace('F', &name));
            let found = sam.ask("/records/specimen", &[("filter", &filter)]);
            assert_eq!(found.status, 200, "{kind}: {}", found.text);
            let expected = if kind == "json" { 2 } else { 1 };
            assert_eq!(found.rows().len(), expected, "{kind}: {filter}");
            if !["json", "multi_choice", "rich_text", "long_text", "address"]
                .contains(&kind.as_str())
            {
                let sorted = sam.names(
                    "specimen",
                    &[
                        ("filter", &format!("name ^= \"{kind} \"")),
                        ("sort", &format!("-{name},name")),
                        ("limit", "1"),
                    ],
                );
                assert_eq!(sorted.len(), 2, "{kind}");
            }
            sam.update("specimen", &two, json!({name.as_str(): first}))
                .expect(200);
            let history = sam
                .get(&format!("/records/specimen/{two}/history"))
                .expect(200);
            assert_eq!(history.rows()[0]["changes"][0]["new"], shown, "{kind}");
            sam.update("specimen", &two, json!({name.as_str(): null}))
                .expect(200);
            assert_eq!(
                sam.read("specimen", &two).expect(200)[&*name],
                Json::Null,
                "{kind}"
            );
            assert_eq!(
                sam.names(
                    "specimen",
                    &[("filter", &format!("name ^= \"{kind} \" and {name} is null"))]
                )
                .len(),
                1,
                "{kind}"
            );
            assert!(
                sam.post(
                    "/records/specimen",
                    json!({"name": "wrong", name.as_str(): [[{"x": [1]}]]})
                )
                .status
                    == if kind == "json" { 201 } else { 422 },
                "{kind} {at}"
            );
        }
    });
}

#[test]
fn links_numbers_formulas_and_roll_ups_work_at_once() {
    on_each(|app| {
        let (admin, sam) = (app.admin(), app.salesperson());
        admin.object(
            "rental",
            json!([{"name": "days", "kind": "integer"}, {"name": "rate", "kind": "money"}]),
        );
        admin.field(
            "rental",
            json!({"name": "code", "kind": "number", "pattern": "R-{yyyy}-{0000}", "unique": true}),
        );
        admin.field("rental", json!({"name": "total", "kind": "formula", "expression": "rate * days", "result": "money"}));
        admin.field(
            "rental",
            json!({"name": "customer", "kind": "link", "to": "customer"}),
        );
        admin.field(
            "rental",
            json!({"name": "products", "kind": "many_links", "to": "product"}),
        );
        admin.field("customer", json!({"name": "rentals", "kind": "roll_up", "of": "rental", "through": "customer", "measure": "count"}));
        admin.field("customer", json!({"name": "rented", "kind": "roll_up", "of": "rental", "through": "customer", "measure": "sum", "field": "total"}));
        let customer = sam.create("customer", json!({"name": "Rents"}));
        let product = admin.create("product", json!({"name": "Rented boiler"}));
        let fields = json!({"name": "r1", "days": 3, "rate": "100.50", "customer": customer, "products": [product]});
        let rental = sam.post("/records/rental", fields).expect(201);
        assert_eq!(rental["code"], "R-2026-0001");
        assert_eq!(
            rental["total"],
            json!({"amount": "301.50", "currency": "CNY"})
        );
        let parent = sam.read("customer", &customer).expect(200);
        assert_eq!(
            [&parent["rentals"], &parent["rented"]["amount"]],
            [&json!(1), &json!("301.50")]
        );
        assert_eq!(
            sam.names("customer", &[("filter", "rentals = 1 and rented > 300")]),
            ["Rents"]
        );
        assert_eq!(
            sam.names(
                "rental",
                &[
                    ("filter", "total > 300 and code = \"R-2026-0001\""),
                    ("sort", "-total")
                ]
            ),
            ["r1"]
        );
        sam.update(
            "rental",
            &rental.id(),
            json!({"days": 10, "total": "1", "code": "mine"}),
        )
        .expect(200);
        let parent = sam.read("customer", &customer).expect(200);
        assert_eq!(parent["rented"]["amount"], "1005.00");
        assert_eq!(
            sam.read("rental", &rental.id()).expect(200)["code"],
            "R-2026-0001"
        );
        sam.delete(&format!("/records/rental/{}", rental.id()))
            .expect(204);
        assert_eq!(sam.read("customer", &customer).expect(200)["rentals"], 0);
        for wrong in [
            "rate *",
            "nothing + 1",
            "rate + name",
            "today()",
            "rental.days",
        ] {
            let field =
                json!({"name": "bad", "kind": "formula", "expression": wrong, "result": "money"});
            admin.post("/meta/objects/rental/fields", field).expect(422);
        }
    });
}

fn refused(admin: &Client<Administrator>, path: &str, body: Json, status: u16) {
    admin.post(path, body).expect(status);
}

#[test]
fn names_that_are_taken_reserved_or_malformed_are_refused() {
    on_each(|app| {
        let admin = app.admin();
        admin.object("taken", json!([{"name": "colour", "kind": "text"}]));
        let object = |name: &str| json!({"name": name, "label": {"zh": "甲", "en": "A"}});
        for name in ["taken", "customer", "user"] {
            refused(&admin, "/meta/objects", object(name), 409);
        }
        let long = "a".repeat(42);
        for name in [
            "search",
            "settings",
            "insight",
            "dashboards",
            "portal",
            "login",
            "api",
            "docs",
            "mcp",
            "forms",
            "new",
            "Upper",
            "1st",
            "_x",
            "",
            "a-b",
            "a b",
            "名",
            "a.b",
            "a;drop",
            long.as_str(),
            "batch\"",
        ] {
            refused(&admin, "/meta/objects", object(name), 422);
        }
        admin
            .post("/meta/objects", object(&"a".repeat(41)))
            .expect(201);
        for body in [
            json!({}),
            json!({"label": {"en": "A"}}),
            json!({"name": 5}),
            json!({"name": "okay", "nothing": 1}),
        ] {
            refused(&admin, "/meta/objects", body, 422);
        }
        let fields = "/meta/objects/taken/fields";
        let field = |name: &str| json!({"name": name, "kind": "text"});
        for name in ["colour", "name"] {
            refused(&admin, fields, field(name), 409);
        }
        for name in [
            "id",
            "version",
            "owner",
            "created_at",
            "department",
            "and",
            "null",
            "expand",
            "Upper",
            "x y",
            "",
            "x\"; --",
            long.as_str(),
        ] {
            refused(&admin, fields, field(name), 422);
        }
        // Words of SQL are fine: they never reach it as words.
        for name in [
            "select", "order", "group", "table", "from", "where", "user", "limit", "primary",
            "rowid",
        ] {
            admin.field("taken", field(name));
        }
        let id = admin.create(
            "taken",
            json!({"name": "sql", "select": "1", "order": "2", "rowid": "3"}),
        );
        assert_eq!(
            admin.names(
                "taken",
                &[
                    ("filter", "select = \"1\" and rowid = \"3\""),
                    ("sort", "order,-group")
                ]
            ),
            ["sql"]
        );
        assert_eq!(admin.read("taken", &id).expect(200)["order"], "2");
        for body in [
            json!({"name": "a", "kind": "nothing"}),
            json!({"name": "a"}),
            json!({"name": "a", "kind": "text", "nothing": 1}),
            json!({"name": "a", "kind": "link"}),
            json!({"name": "a", "kind": "link", "to": "nothing"}),
            json!({"name": "a", "kind": "choice"}),
        ] {
            refused(&admin, fields, body, 422);
        }
        refused(&admin, "/meta/objects/nothing/fields", field("a"), 404);
        app.salesperson()
            .post("/meta/objects", object("mine"))
            .expect(403);
        app.salesperson().post(fields, field("mine")).expect(403);
        app.nobody()
            .post("/meta/objects", object("mine"))
            .expect(401);
    });
}

#[test]
fn fields_change_and_go_on_a_live_object() {
    on_each(|app| {
        let (admin, sam) = (app.admin(), app.salesperson());
        admin.object(
            "gadget",
            json!([{"name": "colour", "kind": "choice", "choices": [{"value": "red"}]}]),
        );
        let path = "/meta/objects/gadget/fields";
        let id = sam.create("gadget", json!({"name": "g", "colour": "red"}));
        let patched = admin.patch(&format!("{path}/colour"), json!({"label": {"zh": "颜色", "en": "Colour"}, "choices": [{"value": "red"}, {"value": "blue"}]})).expect(200);
        assert_eq!(patched["label"]["zh"], "颜色");
        sam.update("gadget", &id, json!({"colour": "blue"}))
            .expect(200);
        admin
            .patch(&format!("{path}/colour"), json!({"name": "shade"}))
            .expect(200);
        assert_eq!(
            sam.read("gadget", &id).expect(200)["shade"],
            "blue",
            "a renamed field keeps its values"
        );
        sam.ask("/records/gadget", &[("filter", "colour = \"blue\"")])
            .expect(400);
        // A conflict is told by the new name.
        let stale = sam
            .request("PATCH", &format!("/records/gadget/{id}"))
            .with("if-match", "\"1\"")
            .json(json!({"shade": "red"}))
            .send()
            .expect(412);
        assert_eq!(stale["conflicts"][0]["field"], "shade", "{}", stale.text);
        admin
            .patch(&format!("{path}/shade"), json!({"kind": "text"}))
            .expect(422);
        admin
            .patch(&format!("{path}/shade"), json!({"name": "name"}))
            .expect(409);
        admin
            .patch(&format!("{path}/nothing"), json!({}))
            .expect(404);
        admin
            .patch(&format!("{path}/shade"), json!({"required": true}))
            .expect(200);
        assert_eq!(
            sam.post("/records/gadget", json!({"name": "x"}))
                .expect(422)
                .errors(),
            ["shade:required"]
        );
        admin.delete(&format!("{path}/shade")).expect(204);
        assert!(
            sam.read("gadget", &id)
                .expect(200)
                .json
                .get("shade")
                .is_none()
        );
        sam.post("/records/gadget", json!({"name": "x", "shade": "red"}))
            .expect(400);
        sam.create("gadget", json!({"name": "x"}));
        let history = sam
            .get(&format!("/records/gadget/{id}/history"))
            .expect(200);
        assert!(
            !history.text.contains("blue"),
            "what was removed is not shown: {}",
            history.text
        );
        admin.field("gadget", json!({"name": "shade", "kind": "integer"}));
        assert_eq!(sam.read("gadget", &id).expect(200)["shade"], Json::Null);
        admin.delete(&format!("{path}/name")).expect(422);
        admin.delete("/meta/objects/gadget").expect(204);
        sam.get("/records/gadget").expect(404);
        sam.read("gadget", &id).expect(404);
        app.salesperson()
            .delete("/meta/objects/customer")
            .expect(403);
    });
}

#[test]
fn a_unique_field_asks_of_what_is_there() {
    on_each(|app| {
        let admin = app.admin();
        admin.object("plate", json!([{"name": "code", "kind": "text"}]));
        for code in ["a", "a"] {
            admin.create("plate", json!({"name": "p", "code": code}));
        }
        admin
            .patch("/meta/objects/plate/fields/code", json!({"unique": true}))
            .expect(422);
        let list = admin.get("/records/plate").expect(200);
        admin
            .update(
                "plate",
                list.rows()[0]["id"].as_str().unwrap(),
                json!({"code": "b"}),
            )
            .expect(200);
        admin
            .patch("/meta/objects/plate/fields/code", json!({"unique": true}))
            .expect(200);
        admin
            .post("/records/plate", json!({"name": "p", "code": "a"}))
            .expect(409);
    });
}

#[test]
fn descriptions_have_the_keys_of_declarations() {
    on_each(|app| {
        let sam = app.salesperson();
        let customer = sam.get("/meta/objects/customer").expect(200);
        for key in ["name", "label", "fields", "nouns"] {
            assert!(
                keys(&customer.json).iter().any(|known| known == key),
                "{key}"
            );
        }
        let field = |name: &str| {
            customer["fields"]
                .as_array()
                .unwrap()
                .iter()
                .find(|field| field["name"] == name)
                .unwrap()
                .clone()
        };
        assert_eq!(
            [&field("name")["kind"], &field("name")["required"]],
            [&json!("text"), &json!(true)]
        );
        assert_eq!(
            [&field("parent")["kind"], &field("parent")["to"]],
            ["link", "customer"]
        );
        assert!(
            field("type")["choices"]
                .as_array()
                .unwrap()
                .iter()
                .any(|choice| choice["value"] == "person")
        );
        sam.get("/meta/objects/nothing").expect(404);
        app.nobody().get("/meta/objects").expect(401);
        let names: Vec<String> = sam
            .get("/meta/objects")
            .expect(200)
            .rows()
            .iter()
            .map(|object| object["name"].as_str().unwrap().to_owned())
            .collect();
        for object in [
            "customer",
            "contact",
            "lead",
            "opportunity",
            "task",
            "call",
            "meeting",
            "note",
            "visit",
            "product",
            "competitor",
            "user",
            "department",
        ] {
            assert!(names.iter().any(|name| name == object), "{object}");
        }
    });
}
