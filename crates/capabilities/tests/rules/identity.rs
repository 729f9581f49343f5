use crate::on_each;
use guanxi_capabilities::identity::{duplicates, merged_into, preview::preview, unmerge};
use guanxi_engine::{Context, Record, system};
use guanxi_meta::Cell;
use guanxi_query::cond::{Cond, Select};
use guanxi_store::StoreExt;
use guanxi_testkit::*;
use serde_json::{Value as Json, json};
use uuid::Uuid;

fn found(ctx: &Context, object_name: &str, values: Json) -> Vec<(String, &'static str)> {
    let object = object(ctx, object_name);
    let found = ctx
        .engine
        .store()
        .look(|view| duplicates(view, ctx, &object, &members(values.clone())))
        .unwrap();
    found
        .iter()
        .map(|duplicate| (duplicate.record.title(), duplicate.reason.code()))
        .collect()
}

#[test]
fn records_that_look_the_same_are_found_before_a_save() {
    on_each(|test| {
        let (sam, stan) = (test.salesperson(), test.stranger());
        let boiler = create(
            &sam,
            "customer",
            json!({
                "name": "合肥锅炉有限公司", "phones": ["0551-6234 5678", "13800138000"], "email": "Info@HFGL.cn"
            }),
        );
        create(&sam, "customer", json!({"name": "合肥锅炉配件有限公司"}));
        create(&sam, "customer", json!({"name": "Acme Co., Ltd."}));
        create(
            &stan,
            "customer",
            json!({"name": "Acme Inc", "phone": "400-800-8888"}),
        );
        for (values, expected) in [
            (
                json!({"name": "合肥锅炉"}),
                vec![("合肥锅炉有限公司", "same_name")],
            ),
            (
                json!({"name": "X", "phone": "+86 551 62345678"}),
                vec![("合肥锅炉有限公司", "same_phone")],
            ),
            (
                json!({"email": "info@hfgl.CN"}),
                vec![("合肥锅炉有限公司", "same_email")],
            ),
            (
                json!({"name": "ACME"}),
                vec![("Acme Co., Ltd.", "same_name")],
            ),
            (json!({"phone": "4008008888"}), vec![]),
            (json!({"name": "合肥", "phone": "no number"}), vec![]),
            (json!({"id": boiler.id, "name": "合肥锅炉"}), vec![]),
        ] {
            let expected: Vec<(String, &str)> = expected
                .into_iter()
                .map(|(name, why)| (name.to_owned(), why))
                .collect();
            assert_eq!(
                found(&sam, "customer", values.clone()),
                expected,
                "{values}"
            );
        }
        assert_eq!(
            found(&test.head(), "customer", json!({"name": "ACME"})).len(),
            2,
            "only what the caller may read"
        );
        create(
            &sam,
            "contact",
            json!({"name": "Li Na", "mobile": "13900139000", "customer": boiler.id}),
        );
        assert_eq!(
            found(&sam, "contact", json!({"phone": "139 0013 9000"})),
            [("Li Na".to_owned(), "same_phone")]
        );
    });
}

/// Everything that a merge may touch, as the database has it: versions and times of change aside.
fn picture(test: &TestEngine) -> Vec<(String, Vec<Vec<Cell>>)> {
    let ctx = test.system();
    let mut tables = Vec::new();
    for object in &ctx.catalog.objects {
        let kept = ["version", "updated_at", "updated_by"];
        let columns: Vec<String> = object
            .columns()
            .into_iter()
            .filter(|c| !kept.contains(&c.as_str()))
            .collect();
        tables.push((object.table.clone(), columns));
    }
    let named = |names: &[&str]| {
        names
            .iter()
            .map(|name| (*name).to_owned())
            .collect::<Vec<_>>()
    };
    tables.push((
        "record_share".into(),
        named(&["person", "object", "record", "writable"]),
    ));
    tables.push((
        system::FOLLOW.into(),
        named(&["person", "object", "record"]),
    ));
    tables.push((system::FILE.into(), named(&["id", "object", "record"])));
    let rows = |(table, columns): (String, Vec<String>)| {
        let select =
            Select::from(&table, columns).order("seq", guanxi_query::cond::Direction::Ascending);
        let rows = ctx
            .engine
            .store()
            .look(|view| view.select(&select))
            .unwrap();
        (table, rows.into_iter().map(|row| row.cells).collect())
    };
    tables.into_iter().map(rows).collect()
}

struct Scene {
    kept: Record,
    other: Record,
    third: Record,
    hidden: Record,
    choose: Json,
}

/// Three customers of one salesperson with everything that can hang on a customer, some of it out of sight.
fn scene(test: &TestEngine) -> Scene {
    let (sam, stan, admin) = (test.salesperson(), test.stranger(), test.admin());
    let kept = create(
        &sam,
        "customer",
        json!({"name": "Acme", "phone": "010-62345678"}),
    );
    let other = create(
        &sam,
        "customer",
        json!({
            "name": "Acme Ltd", "phones": ["0551-62345678", "13800138000"], "website": "https://acme.example", "tags": ["vip"],
            "parent": kept.id, "annual_revenue": {"amount": "12.50", "currency": "CNY"}
        }),
    );
    let third = create(
        &sam,
        "customer",
        json!({"name": "ACME Inc", "level": "key", "parent": other.id}),
    );
    update(&sam, &kept, json!({"parent": null}));
    let contact = create(
        &sam,
        "contact",
        json!({"name": "Li Na", "customer": other.id}),
    );
    create(
        &sam,
        "related_party",
        json!({"name": "Group", "customer": third.id, "related": other.id}),
    );
    create(
        &sam,
        "opportunity",
        json!({"name": "Boiler", "customer": other.id, "contact": contact.id, "amount": {"amount": "10", "currency": "CNY"}}),
    );
    create(
        &sam,
        "task",
        json!({"subject": "Call", "about": {"object": "customer", "id": other.id}}),
    );
    create(
        &sam,
        "customer",
        json!({"name": "Acme East", "parent": third.id}),
    );
    acted(
        &sam,
        &other,
        "share",
        json!({"with": me(&stan), "write": true}),
    );
    acted(&sam, &kept, "share", json!({"with": me(&stan)}));
    acted(&sam, &third, "share", json!({"with": me(&test.service())}));
    acted(&sam, &other, "follow", json!({}));
    let hidden = create(
        &test.stranger(),
        "opportunity",
        json!({"name": "Hidden", "customer": other.id}),
    );
    file(&admin, &other);
    let choose = json!({
        "name": other.id, "phone": other.id, "website": other.id, "tags": other.id, "number": other.id, "level": third.id,
        "annual_revenue": other.id, "description": kept.id
    });
    Scene {
        kept,
        other,
        third,
        hidden,
        choose,
    }
}

fn file(ctx: &Context, record: &Record) {
    let (id, object, record) = (
        ctx.engine.ids().next(),
        record.object.name.clone(),
        record.id,
    );
    let row = move || vec![Cell::Id(id), Cell::from(object.as_str()), Cell::Id(record)];
    let done = ctx
        .engine
        .store()
        .change(guanxi_store::Weight::Light, move |tx| {
            tx.insert(system::FILE, &["id", "object", "record"], vec![row()])
        });
    done.unwrap();
}

#[test]
fn a_merge_moves_everything_and_can_be_taken_apart() {
    on_each(|test| {
        let Scene {
            kept,
            other,
            third,
            hidden,
            choose,
        } = scene(test);
        let sam = test.salesperson();
        let before = picture(test);
        let answer = acted(
            &sam,
            &kept,
            "merge",
            json!({"with": [other.id, third.id], "choose": choose}),
        );
        let one = again(&sam, &kept);
        assert_eq!(
            (one.title().as_str(), one.get("level").text()),
            ("Acme Ltd", Some("key"))
        );
        assert_eq!(
            one.get("number"),
            other.get("number"),
            "a unique value passes over"
        );
        assert_eq!(one.get("phone"), other.get("phone"), "all of several");
        assert!(!sees(&sam, &other) && !sees(&sam, &third));
        assert_eq!(
            again(&test.stranger(), &hidden).get("customer").id(),
            Some(kept.id),
            "also what the caller does not see"
        );
        let into = test
            .engine
            .store()
            .look(|view| merged_into(view, other.id))
            .unwrap();
        assert_eq!(into, Some(kept.id));
        let ids = [Cell::Id(other.id), Cell::Id(third.id)];
        // A person's share of each of them is one share now; the weaker ones rest with what was removed.
        for (table, rows) in picture(test)
            .into_iter()
            .filter(|(table, _)| table != "record_share")
        {
            let rest = rows.iter().filter(|row| !ids.contains(&row[0]));
            assert!(
                rest.flatten().all(|cell| !ids.contains(cell)),
                "{table} still leads to one that is gone"
            );
        }
        update(
            &test.stranger(),
            &kept,
            json!({"description": "the stronger share stayed"}),
        );
        update(&sam, &kept, json!({"description": null}));
        assert_eq!(
            refusal(try_act(&sam, &other, "restore", json!({}))),
            "409 merged_away"
        );
        let merge: Uuid = answer["merge"].as_str().unwrap().parse().unwrap();
        assert_eq!(refusal(unmerge(&test.stranger(), merge)), "403 delete");
        let undone = unmerge(&sam, merge).unwrap();
        assert_eq!(
            (&undone["left"], &undone["left_unseen"]),
            (&json!([]), &json!(0))
        );
        for (was, is) in before.iter().zip(picture(test)) {
            assert_eq!(was, &is);
        }
        assert_eq!(refusal(unmerge(&sam, merge)), "409 already_undone");
        assert_eq!(refusal(unmerge(&sam, kept.id)), "404");
    });
}

#[test]
fn what_somebody_changed_since_stays_and_is_told() {
    on_each(|test| {
        let Scene {
            kept,
            other,
            third,
            choose,
            ..
        } = scene(test);
        let sam = test.salesperson();
        let deal = guanxi_engine::read::list::list(
            &sam,
            &object(&sam, "opportunity"),
            &Default::default(),
        )
        .unwrap();
        let deal = &deal.records[0];
        let merge = acted(
            &sam,
            &kept,
            "merge",
            json!({"with": [other.id, third.id], "choose": choose}),
        );
        update(&sam, &kept, json!({"name": "Acme International"}));
        let elsewhere = create(&sam, "customer", json!({"name": "Elsewhere"}));
        update(&sam, deal, json!({"customer": elsewhere.id}));
        let undone = unmerge(&sam, merge["merge"].as_str().unwrap().parse().unwrap()).unwrap();
        let left: Vec<(&str, &str)> = undone["left"]
            .as_array()
            .unwrap()
            .iter()
            .map(|l| (l["object"].as_str().unwrap(), l["field"].as_str().unwrap()))
            .collect();
        assert_eq!(left, [("opportunity", "customer"), ("customer", "name")]);
        assert_eq!(again(&sam, &kept).title(), "Acme International");
        assert_eq!(again(&sam, deal).get("customer").id(), Some(elsewhere.id));
        assert!(again(&sam, &kept).get("website").is_null());
        for field in [
            "name",
            "number",
            "phone",
            "parent",
            "tags",
            "annual_revenue",
        ] {
            assert_eq!(again(&sam, &other).get(field), other.get(field), "{field}");
        }
    });
}

#[test]
fn a_merge_is_shown_before_it_is_done() {
    on_each(|test| {
        let Scene {
            kept, other, third, ..
        } = scene(test);
        let sam = test.salesperson();
        let shown = preview(&sam, &kept.object, kept.id, &[other.id, third.id]).unwrap();
        assert_eq!(shown.records.len(), 3);
        let field = |name: &str| {
            shown
                .fields
                .iter()
                .find(|field| field.name == name)
                .unwrap()
        };
        assert_eq!(
            (
                field("name").proposed,
                field("website").proposed,
                field("level").proposed
            ),
            (0, 1, 2)
        );
        assert_eq!(
            field("website").values,
            [Json::Null, json!("https://acme.example"), Json::Null]
        );
        assert!(
            shown.along.contains(&("opportunity".to_owned(), 1)),
            "what the caller sees: {:?}",
            shown.along
        );
        let chosen = shown.choose();
        assert_eq!(chosen["website"], json!(other.id));
        acted(
            &sam,
            &kept,
            "merge",
            json!({"with": [other.id, third.id], "choose": chosen}),
        );
        assert_eq!(again(&sam, &kept).get("website"), other.get("website"));
    });
}

#[test]
fn a_merge_asks_for_rights_on_all_of_them() {
    on_each(|test| {
        let (sam, stan) = (test.salesperson(), test.stranger());
        let kept = create(&sam, "customer", json!({"name": "Acme"}));
        let foreign = create(&stan, "customer", json!({"name": "Acme West"}));
        let with = |id: Uuid| json!({"with": [id]});
        assert_eq!(
            refusal(try_act(&sam, &kept, "merge", with(foreign.id))),
            "422 with:not_found"
        );
        acted(
            &stan,
            &foreign,
            "share",
            json!({"with": me(&sam), "write": true}),
        );
        assert_eq!(
            refusal(try_act(&sam, &kept, "merge", with(foreign.id))),
            "403 delete"
        );
        assert_eq!(
            refusal(try_act(&sam, &kept, "merge", with(kept.id))),
            "422 with:required"
        );
        assert_eq!(
            refusal(try_act(&sam, &kept, "merge", json!({}))),
            "422 with:required"
        );
        let other = create(&sam, "customer", json!({"name": "Other"}));
        for (choose, expected) in [
            (json!({"nothing": other.id}), "400 unknown_field"),
            (json!({"name": foreign.id}), "422 choose.name:not_found"),
            (
                json!({"open_amount": other.id}),
                "422 choose.open_amount:read_only",
            ),
            (
                json!({"last_contact_at": other.id}),
                "422 choose.last_contact_at:no_write_right",
            ),
            (json!([other.id]), "422 choose:not_an_object"),
        ] {
            let outcome = try_act(
                &sam,
                &kept,
                "merge",
                json!({"with": [other.id], "choose": choose}),
            );
            assert_eq!(refusal(outcome), expected);
        }
        assert!(sees(&sam, &other), "nothing happened");
    });
}

#[test]
fn two_merges_in_opposite_directions_end_in_one() {
    on_each(|test| {
        let sam = test.salesperson();
        let pair = [
            create(&sam, "customer", json!({"name": "Acme"})),
            create(&sam, "customer", json!({"name": "Acme Ltd"})),
        ];
        let done = at_once(20, |at| {
            let (into, from) = (&pair[at % 2], &pair[1 - at % 2]);
            try_act(&sam, into, "merge", json!({"with": [from.id]})).is_ok()
        });
        assert_eq!(done.iter().filter(|done| **done).count(), 1);
        assert_eq!(pair.iter().filter(|record| sees(&sam, record)).count(), 1);
        let select = Select::of(system::MERGE, &["id"]).filter(Cond::True);
        assert_eq!(
            test.engine
                .store()
                .look(|view| view.select(&select))
                .unwrap()
                .len(),
            1
        );
    });
}
