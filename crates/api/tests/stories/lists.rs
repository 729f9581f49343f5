//! Lists: envelope, order, pages, counts, members, expanded links.

use crate::{keys, on_each};
use guanxi_testkit::app::Caller;
use serde_json::{Value as Json, json};

/// So many products, of which lists are made; `code` marks them as this story's.
fn products(admin: &Caller, mark: &str, fields: &[Json]) -> Vec<String> {
    let operations: Vec<Json> = fields
        .iter()
        .map(|fields| {
            let mut fields = fields.clone();
            fields["category"] = json!(mark);
            json!({"op": "create", "fields": fields})
        })
        .collect();
    let done = admin
        .post("/records/product/batch", json!({"operations": operations}))
        .expect(200);
    done["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["id"].as_str().unwrap().to_owned())
        .collect()
}

fn of(mark: &str) -> String {
    format!("category = \"{mark}\"")
}

#[test]
fn a_list_is_an_envelope_with_the_newest_first() {
    on_each(|app| {
        let admin = app.admin();
        let fields: Vec<Json> = (0..5)
            .map(|at| json!({"name": format!("envelope {at}")}))
            .collect();
        products(&admin, "envelope", &fields);
        let list = admin
            .ask("/records/product", &[("filter", &of("envelope"))])
            .expect(200);
        assert_eq!(keys(&list.json), ["data", "next", "count"]);
        assert_eq!([&list["next"], &list["count"]], [&Json::Null, &Json::Null]);
        let names = admin.names("product", &[("filter", &of("envelope"))]);
        assert_eq!(
            names,
            [
                "envelope 4",
                "envelope 3",
                "envelope 2",
                "envelope 1",
                "envelope 0"
            ]
        );
        let empty = admin
            .ask(
                "/records/product",
                &[("filter", "name = \"nothing is called so\"")],
            )
            .expect(200);
        assert_eq!(empty.json, json!({"data": [], "next": null, "count": null}));
    });
}

#[test]
fn pages_go_by_key_and_insertions_do_not_shift_them() {
    on_each(|app| {
        let admin = app.admin();
        let fields: Vec<Json> = (0..25)
            .map(|at| json!({"name": format!("paged {at:02}")}))
            .collect();
        products(&admin, "paged", &fields);
        let ask = |sort: &str, cursor: &str| {
            let parameters = [
                ("filter", &*of("paged")),
                ("sort", sort),
                ("limit", "10"),
                ("cursor", cursor),
            ];
            admin.ask("/records/product", &parameters)
        };
        let first = ask("name", "").expect(200);
        assert_eq!(first.rows().len(), 10);
        // One before the page's end, one after it: the first is never seen, the second is.
        products(
            &admin,
            "paged",
            &[json!({"name": "paged 00a"}), json!({"name": "paged 12a"})],
        );
        let second = ask("name", first["next"].as_str().unwrap()).expect(200);
        let third = ask("name", second["next"].as_str().unwrap()).expect(200);
        let names: Vec<&str> = [&first, &second, &third]
            .iter()
            .flat_map(|page| page.rows())
            .map(|row| row["name"].as_str().unwrap())
            .collect();
        let mut expected: Vec<String> = (0..25).map(|at| format!("paged {at:02}")).collect();
        expected.insert(13, "paged 12a".to_owned());
        assert_eq!(names, expected);
        assert_eq!(third["next"], Json::Null);
        let exact = admin
            .ask(
                "/records/product",
                &[("filter", &of("paged")), ("limit", "27")],
            )
            .expect(200);
        assert_eq!(
            exact["next"],
            Json::Null,
            "a page that holds the last row has no next"
        );
    });
}

#[test]
fn a_cursor_is_of_its_question_only() {
    on_each(|app| {
        let admin = app.admin();
        products(
            &admin,
            "cursor",
            &[json!({"name": "cursor 1"}), json!({"name": "cursor 2"})],
        );
        let filter = of("cursor");
        let one = [("filter", filter.as_str()), ("limit", "1")];
        let page = admin.ask("/records/product", &one).expect(200);
        let next = page["next"].as_str().unwrap();
        let with = |extra: &[(&str, &str)]| {
            let mut all = extra.to_vec();
            all.push(("cursor", next));
            admin.ask("/records/product", &all)
        };
        with(&one).expect(200);
        with(&[("filter", &filter), ("limit", "7")]).expect(200);
        with(&[]).expect(400);
        with(&[("filter", &filter), ("sort", "name")]).expect(400);
        with(&[("filter", "category = \"other\"")]).expect(400);
        admin
            .ask("/records/customer", &[("cursor", next)])
            .expect(400);
        admin
            .ask("/records/product", &[("cursor", "bm90IGEgY3Vyc29y")])
            .expect(400);
        admin
            .ask("/records/product", &[("cursor", "%%%")])
            .expect(400);
        admin.ask("/records/product", &[("cursor", "")]).expect(200);
        admin
            .ask("/search", &[("q", "cursor"), ("cursor", "x")])
            .expect(400);
    });
}

#[test]
fn nulls_stand_last_and_ids_break_ties() {
    on_each(|app| {
        let admin = app.admin();
        let price = |amount: &str| json!({"amount": amount, "currency": "CNY"});
        let fields = [
            json!({"name": "nulls b", "price": price("2")}),
            json!({"name": "nulls none"}),
            json!({"name": "nulls a", "price": price("10")}),
            json!({"name": "nulls nothing"}),
            json!({"name": "nulls c", "price": price("2")}),
        ];
        products(&admin, "nulls", &fields);
        let sorted = |sort: &str| {
            admin.names(
                "product",
                &[("filter", &of("nulls")), ("sort", sort), ("limit", "2")],
            )
        };
        let short = |names: Vec<String>| {
            names
                .iter()
                .map(|name| name.replace("nulls ", ""))
                .collect::<Vec<_>>()
                .join(" ")
        };
        assert_eq!(short(sorted("price,name")), "b c a none nothing");
        assert_eq!(short(sorted("-price,-name")), "a c b nothing none");
        // Without a second key the tie is broken the same way on every page.
        let up = short(sorted("price"));
        assert!(
            up == "b c a none nothing" || up == "c b a nothing none",
            "{up}"
        );
        admin
            .ask("/records/product", &[("sort", "price,,name")])
            .expect(400);
        admin
            .ask("/records/product", &[("sort", "nothing")])
            .expect(400);
    });
}

#[test]
fn chinese_names_stand_in_the_order_of_pinyin() {
    on_each(|app| {
        let admin = app.admin();
        let names = ["张三", "安徽", "Beta", "北京", "alpha", "重庆"];
        products(&admin, "pinyin", &names.map(|name| json!({"name": name})));
        let sorted = admin.names(
            "product",
            &[("filter", &of("pinyin")), ("sort", "name"), ("limit", "4")],
        );
        let han: Vec<&String> = sorted.iter().filter(|name| !name.is_ascii()).collect();
        assert_eq!(han, ["安徽", "北京", "重庆", "张三"]);
        let latin: Vec<&String> = sorted.iter().filter(|name| name.is_ascii()).collect();
        assert_eq!(latin, ["alpha", "Beta"]);
    });
}

#[test]
fn counts_are_asked_for() {
    on_each(|app| {
        let admin = app.admin();
        let fields: Vec<Json> = (0..1_100)
            .map(|at| json!({"name": format!("counted {at}")}))
            .collect();
        products(&admin, "counted", &fields);
        let count = |how: &str, filter: &str| {
            let parameters = [("filter", filter), ("count", how), ("limit", "1")];
            admin.ask("/records/product", &parameters).expect(200)["count"].clone()
        };
        let all = of("counted");
        assert_eq!(count("none", &all), Json::Null);
        assert_eq!(
            count("estimate", &all),
            json!({"value": 1000, "exact": false})
        );
        assert_eq!(count("exact", &all), json!({"value": 1100, "exact": true}));
        let some = format!("{all} and name = \"counted 7\"");
        assert_eq!(count("estimate", &some), json!({"value": 1, "exact": true}));
        admin
            .ask("/records/product", &[("count", "roughly")])
            .expect(400);
        assert_eq!(
            admin
                .ask("/records/product", &[("filter", &all)])
                .expect(200)
                .rows()
                .len(),
            50
        );
        let most = admin
            .ask("/records/product", &[("filter", &all), ("limit", "500")])
            .expect(200);
        assert_eq!(most.rows().len(), 500);
        for limit in ["0", "501", "-1", "ten", "99999999999999999999"] {
            admin
                .ask("/records/product", &[("limit", limit)])
                .expect(400);
        }
        assert_eq!(
            admin
                .names(
                    "product",
                    &[("filter", &all), ("limit", "500"), ("sort", "name")]
                )
                .len(),
            1_100
        );
    });
}

#[test]
fn the_answer_has_the_members_that_were_asked_for() {
    on_each(|app| {
        let sam = app.salesperson();
        let id = sam.create(
            "customer",
            json!({"name": "Members", "phone": "010-62345678"}),
        );
        let filter = "name = \"Members\"";
        let list = sam
            .ask(
                "/records/customer",
                &[("filter", filter), ("fields", "name,owner")],
            )
            .expect(200);
        assert_eq!(keys(&list.rows()[0]), ["id", "version", "owner", "name"]);
        let one = sam
            .ask(&format!("/records/customer/{id}"), &[("fields", "phone")])
            .expect(200);
        assert_eq!(keys(&one.json), ["id", "version", "phone", "phones"]);
        sam.ask("/records/customer", &[("fields", "name,nothing")])
            .expect(400);
        sam.ask(&format!("/records/customer/{id}"), &[("fields", "nothing")])
            .expect(400);
        let all = sam.read("customer", &id).expect(200);
        for member in [
            "id",
            "version",
            "created_at",
            "updated_at",
            "owner",
            "name",
            "type",
            "status",
            "level",
            "source",
            "industry",
            "region",
            "address",
            "phone",
            "email",
            "website",
            "parent",
            "department",
            "tags",
            "birthday",
            "importance",
            "friendliness",
            "satisfaction",
            "credit",
            "description",
        ] {
            assert!(all.json.get(member).is_some(), "{member}");
        }
    });
}

#[test]
fn links_are_expanded_as_far_as_they_are_seen() {
    on_each(|app| {
        let (sam, stan) = (app.salesperson(), app.stranger());
        let group = stan.create("customer", json!({"name": "Group of West"}));
        let customer = app.admin().create(
            "customer",
            json!({"name": "Expanded", "parent": group, "owner": app.id_of("salesperson")}),
        );
        let contact = sam.create(
            "contact",
            json!({"name": "Eva Expand", "customer": customer}),
        );
        let path = format!("/records/contact/{contact}");
        let one = sam
            .ask(&path, &[("expand", "customer,customer.owner")])
            .expect(200);
        assert_eq!(one["customer"], customer.as_str());
        let beside = &one["expand"]["customer"];
        assert_eq!(beside["name"], "Expanded");
        assert_eq!(beside["expand"]["owner"]["name"], "Sam Sales");
        assert!(beside["expand"]["owner"].get("password").is_none());
        let deeper = sam.ask(&path, &[("expand", "customer.parent")]).expect(200);
        let beside = &deeper["expand"]["customer"];
        assert_eq!(beside["parent"], group.as_str());
        assert_eq!(
            beside.get("expand").and_then(|expand| expand.get("parent")),
            None,
            "the group is not Sam's to see"
        );
        let seen = app
            .admin()
            .ask(&path, &[("expand", "customer.parent")])
            .expect(200);
        assert_eq!(
            seen["expand"]["customer"]["expand"]["parent"]["name"],
            "Group of West"
        );
        let list = sam
            .ask(
                "/records/contact",
                &[("filter", "name = \"Eva Expand\""), ("expand", "customer")],
            )
            .expect(200);
        assert_eq!(list.rows()[0]["expand"]["customer"]["name"], "Expanded");
        sam.ask(&path, &[("expand", "nothing")]).expect(400);
        sam.ask(&path, &[("expand", "name")]).expect(400);
        sam.ask(&path, &[("expand", "customer.nothing")])
            .expect(400);
        sam.ask(&path, &[("expand", "customer.parent.parent.parent")])
            .expect(400);
    });
}

#[test]
fn what_is_not_known_is_refused() {
    on_each(|app| {
        let sam = app.salesperson();
        let id = sam.create("customer", json!({"name": "Refusals"}));
        for path in [
            "/records/customer?nothing=1",
            "/records/customer?limit=1&limit=2",
            "/records/customer?filter=nothing%20%3D%201",
            "/records/customer?filter=name%20%3D",
            "/records/customer?filter=name",
            "/records/customer?filter=name%20%3D%205",
            "/search?q=a&nothing=1",
        ] {
            sam.get(path).expect(400);
        }
        // A slip of the pen is told with what was perhaps meant, if the caller may read that.
        for parameters in [
            ("fields", "nmae"),
            ("sort", "nmae"),
            ("expand", "ower"),
            ("filter", "nmae is null"),
        ] {
            let refused = sam.ask("/records/customer", &[parameters]).expect(400);
            let detail = refused["detail"].as_str().unwrap();
            assert!(detail.to_lowercase().contains("did you mean"), "{detail}");
        }
        let refused = sam
            .post("/records/customer", json!({"nmae": "x"}))
            .expect(400);
        assert!(
            refused["detail"].as_str().unwrap().contains("“name”"),
            "{}",
            refused.text
        );
        for path in ["history", "timeline"] {
            sam.get(&format!("/records/customer/{id}/{path}?nothing=1"))
                .expect(400);
            sam.get(&format!("/records/customer/{id}/{path}?cursor=nothing"))
                .expect(400);
        }
        sam.get("/records/nothing").expect(404);
        sam.get("/records/customer/nothing").expect(404);
        sam.get("/records/customer/01890a5d-ac96-774b-bcce-b302099a8057")
            .expect(404);
        sam.get("/nothing").expect(404);
        sam.get(&format!("/records/customer/{id}/related/nothing"))
            .expect(404);
        sam.act("customer", &id, "nothing", json!({})).expect(404);
        sam.request("PUT", "/records/customer")
            .json(json!({}))
            .send()
            .expect(405);
    });
}

#[test]
fn filters_reach_through_links_and_know_people_and_days() {
    on_each(|app| {
        let (sam, admin) = (app.salesperson(), app.admin());
        let customer = sam.create(
            "customer",
            json!({"name": "锅炉 Filters", "region": "anhui", "level": "key"}),
        );
        sam.create(
            "opportunity",
            json!({"name": "Filters deal", "customer": customer, "amount": "12000"}),
        );
        let count = |caller: &Caller, object: &str, filter: &str| {
            caller
                .ask(&format!("/records/{object}"), &[("filter", filter)])
                .expect(200)
                .rows()
                .len()
        };
        for (object, filter, expected) in [
            ("customer", "name ~ \"锅炉 f\"", 1),
            ("customer", "name ^= \"锅炉 Filters\"", 1),
            ("customer", "name ^= \"Filters\"", 0),
            (
                "customer",
                "name = \"锅炉 Filters\" and level in (\"key\", \"strategic\")",
                1,
            ),
            (
                "customer",
                "name = \"锅炉 Filters\" and level not in (\"key\")",
                0,
            ),
            ("customer", "name = \"锅炉 Filters\" and owner = $me", 1),
            (
                "customer",
                "name = \"锅炉 Filters\" and owner.department under $me.department",
                1,
            ),
            (
                "customer",
                "name = \"锅炉 Filters\" and created_at >= today() - 30d",
                1,
            ),
            (
                "customer",
                "name = \"锅炉 Filters\" and birthday is null and not (owner is null)",
                1,
            ),
            (
                "opportunity",
                "customer.name = \"锅炉 Filters\" and amount >= 10000",
                1,
            ),
            (
                "opportunity",
                "customer.name = \"锅炉 Filters\" and amount > 12000",
                0,
            ),
            (
                "opportunity",
                "customer.region = \"anhui\" and name = \"Filters deal\"",
                1,
            ),
            (
                "opportunity",
                "stage in (\"won\",\"lost\") and customer.name ~ \"Filters\"",
                0,
            ),
        ] {
            assert_eq!(count(&sam, object, filter), expected, "{filter}");
        }
        assert_eq!(
            count(
                &admin,
                "customer",
                "name = \"锅炉 Filters\" and owner = $me"
            ),
            0
        );
        let wrong = sam
            .ask(
                "/records/customer",
                &[("filter", "name ~ \"a\" and levle = \"key\"")],
            )
            .expect(400);
        assert_eq!(wrong["position"], 15);
        assert!(
            wrong["detail"].as_str().unwrap().contains("level"),
            "{}",
            wrong.text
        );
    });
}
