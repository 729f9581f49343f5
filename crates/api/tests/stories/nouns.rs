//! Things done to a record that are not editing it.

use crate::on_each;
use guanxi_testkit::at_once;
use serde_json::{Value as Json, json};

#[test]
fn a_deal_is_closed_and_opened_again() {
    on_each(|app| {
        let sam = app.salesperson();
        let deal = sam.create("opportunity", json!({"name": "Closing", "amount": "10"}));
        sam.update("opportunity", &deal, json!({"stage": "proposal"}))
            .expect(200);
        assert_eq!(
            sam.act("opportunity", &deal, "closure", json!({}))
                .expect(422)
                .errors(),
            ["outcome:required"]
        );
        sam.act(
            "opportunity",
            &deal,
            "closure",
            json!({"outcome": "perhaps"}),
        )
        .expect(422);
        sam.act(
            "opportunity",
            &deal,
            "closure",
            json!({"outcome": "won", "nothing": 1}),
        )
        .expect(400);
        sam.act("opportunity", &deal, "reopening", json!({}))
            .expect(409);
        let lost = sam
            .act(
                "opportunity",
                &deal,
                "closure",
                json!({"outcome": "lost", "reason": "a reason of ours"}),
            )
            .expect(200);
        assert_eq!(lost["stage"], "lost");
        sam.act("opportunity", &deal, "closure", json!({"outcome": "won"}))
            .expect(409);
        let again = sam
            .act("opportunity", &deal, "reopening", json!({}))
            .expect(200);
        assert_eq!(again["stage"], "proposal");
        let now = sam.read("opportunity", &deal).expect(200);
        assert_eq!(
            [&now["closed_at"], &now["close_reason"]],
            [&Json::Null, &Json::Null]
        );
        app.stranger()
            .act("opportunity", &deal, "closure", json!({"outcome": "won"}))
            .expect(404);
        app.reader()
            .act("opportunity", &deal, "closure", json!({"outcome": "won"}))
            .expect(403);
        app.nobody()
            .act("opportunity", &deal, "closure", json!({"outcome": "won"}))
            .expect(401);
        sam.act("customer", &deal, "closure", json!({"outcome": "won"}))
            .expect(404);
        sam.update("opportunity", &deal, json!({"stage": "nothing"}))
            .expect(422);
    });
}

#[test]
fn a_handover_takes_along_what_is_open() {
    on_each(|app| {
        let (sam, cora) = (app.salesperson(), app.colleague());
        let customer = sam.create("customer", json!({"name": "Handed over"}));
        let contact = sam.create(
            "contact",
            json!({"name": "Hand Over", "customer": customer}),
        );
        let open = sam.create("opportunity", json!({"name": "open", "customer": customer}));
        let won = sam.create("opportunity", json!({"name": "won", "customer": customer}));
        sam.act("opportunity", &won, "closure", json!({"outcome": "won"}))
            .expect(200);
        let task = sam.create(
            "task",
            json!({"subject": "call back", "customer": customer}),
        );
        assert_eq!(
            sam.act("customer", &customer, "handover", json!({}))
                .expect(422)
                .errors(),
            ["to:required"]
        );
        let to = app.id_of("colleague");
        sam.act(
            "customer",
            &customer,
            "handover",
            json!({"to": to, "note": "take care"}),
        )
        .expect(200);
        for (object, id) in [
            ("customer", &customer),
            ("contact", &contact),
            ("opportunity", &open),
            ("task", &task),
        ] {
            assert_eq!(
                cora.read(object, id).expect(200)["owner"],
                to.as_str(),
                "{object}"
            );
            sam.read(object, id).expect(404);
        }
        assert_eq!(
            sam.read("opportunity", &won).expect(200)["owner"],
            app.id_of("salesperson").as_str()
        );
        let entry = cora
            .get(&format!("/records/customer/{customer}/history"))
            .expect(200)
            .rows()[0]
            .clone();
        assert_eq!(entry["op"], "handover");
        let change = entry["changes"]
            .as_array()
            .unwrap()
            .iter()
            .find(|change| change["field"] == "owner")
            .unwrap()
            .clone();
        assert_eq!(
            change,
            json!({"field": "owner", "old": app.id_of("salesperson"), "new": to})
        );
        sam.act("customer", &customer, "handover", json!({"to": to}))
            .expect(404);
        app.service()
            .act("customer", &customer, "handover", json!({"to": to}))
            .expect(403);
    });
}

#[test]
fn twenty_callers_convert_a_lead_once() {
    on_each(|app| {
        let sam = app.salesperson();
        let lead = sam.create("lead", json!({"name": "李雷", "company": "Converted Ltd", "phone": "13900139000", "email": "l@example.com"}));
        let replies = at_once(20, |_| {
            app.salesperson()
                .act("lead", &lead, "conversion", json!({"amount": "500"}))
        });
        let done: Vec<_> = replies.iter().filter(|reply| reply.status == 200).collect();
        assert_eq!(
            done.len(),
            1,
            "{:?}",
            replies.iter().map(|reply| reply.status).collect::<Vec<_>>()
        );
        assert!(
            replies
                .iter()
                .all(|reply| [200, 409].contains(&reply.status))
        );
        let made = done[0];
        assert_eq!(
            sam.names("customer", &[("filter", "name = \"Converted Ltd\"")])
                .len(),
            1
        );
        let id = |what: &str| made[what].as_str().unwrap().to_owned();
        let contact = sam.read("contact", &id("contact")).expect(200);
        assert_eq!(
            [&contact["name"], &contact["customer"]],
            [&json!("李雷"), &made["customer"]]
        );
        assert_eq!(
            sam.read("customer", &id("customer")).expect(200)["phone"],
            "13900139000"
        );
        let deal = sam.read("opportunity", &id("opportunity")).expect(200);
        assert_eq!(
            deal["amount"],
            json!({"amount": "500.00", "currency": "CNY"})
        );
        assert_eq!(
            [&deal["customer"], &deal["contact"]],
            [&made["customer"], &made["contact"]]
        );
        let lead = sam.read("lead", &lead).expect(200);
        assert_eq!(
            [&lead["status"], &lead["converted_customer"]],
            [&json!("converted"), &made["customer"]]
        );
        let (mine, other) = (
            sam.create("lead", json!({"name": "No deal"})),
            sam.create("customer", json!({"name": "Existing"})),
        );
        let joined = sam
            .act(
                "lead",
                &mine,
                "conversion",
                json!({"customer": other, "opportunity": false}),
            )
            .expect(200);
        assert_eq!(
            [&joined["customer"], &joined["opportunity"]],
            [&json!(other), &Json::Null]
        );
    });
}

#[test]
fn merged_records_are_one_until_they_are_unmerged() {
    on_each(|app| {
        let sam = app.salesperson();
        let kept = sam.create(
            "customer",
            json!({"name": "Merged A", "phone": "010-11111111"}),
        );
        let other = sam.create(
            "customer",
            json!({"name": "Merged B", "phone": "010-22222222", "level": "key"}),
        );
        let contact = sam.create("contact", json!({"name": "Of B", "customer": other}));
        let deal = sam.create(
            "opportunity",
            json!({"name": "Of B", "customer": other, "amount": "7"}),
        );
        let task = sam.create(
            "task",
            json!({"subject": "Of B", "about": {"object": "customer", "id": other}}),
        );
        let merge = sam
            .act(
                "customer",
                &kept,
                "merge",
                json!({"with": [other], "choose": {"phone": other, "level": other, "name": kept}}),
            )
            .expect(200)["merge"]
            .as_str()
            .unwrap()
            .to_owned();
        let now = sam.read("customer", &kept).expect(200);
        assert_eq!(
            [&now["name"], &now["phone"], &now["level"]],
            ["Merged A", "010-22222222", "key"]
        );
        assert_eq!(now["open_opportunities"], 1);
        sam.read("customer", &other).expect(404);
        sam.act("customer", &other, "restore", json!({}))
            .expect(409);
        for (object, id) in [
            ("contact", &contact),
            ("opportunity", &deal),
            ("task", &task),
        ] {
            assert_eq!(
                sam.read(object, id).expect(200)["customer"],
                kept.as_str(),
                "{object}"
            );
        }
        assert_eq!(
            sam.read("task", &task).expect(200)["about"],
            json!({"object": "customer", "id": kept})
        );
        app.stranger()
            .delete(&format!("/merges/{merge}"))
            .expect(404);
        app.nobody().delete(&format!("/merges/{merge}")).expect(401);
        sam.update("customer", &kept, json!({"level": "watch"}))
            .expect(200);
        sam.delete(&format!("/merges/{merge}")).expect(200);
        let (a, b) = (
            sam.read("customer", &kept).expect(200),
            sam.read("customer", &other).expect(200),
        );
        assert_eq!(
            [&a["phone"], &a["level"]],
            ["010-11111111", "watch"],
            "what was changed since stays"
        );
        assert_eq!([&b["phone"], &b["level"]], ["010-22222222", "key"]);
        assert_eq!(
            [&a["open_opportunities"], &b["open_opportunities"]],
            [&json!(0), &json!(1)]
        );
        for (object, id) in [
            ("contact", &contact),
            ("opportunity", &deal),
            ("task", &task),
        ] {
            assert_eq!(
                sam.read(object, id).expect(200)["customer"],
                other.as_str(),
                "{object}"
            );
        }
        assert!(
            sam.delete(&format!("/merges/{merge}")).status >= 400,
            "once"
        );
        sam.delete("/merges/nothing").expect(404);
        assert_eq!(
            sam.act("customer", &kept, "merge", json!({"with": []}))
                .expect(422)
                .errors(),
            ["with:required"]
        );
        sam.act("customer", &kept, "merge", json!({"with": [kept]}))
            .expect(422);
    });
}

#[test]
fn a_share_opens_one_record() {
    on_each(|app| {
        let (sam, stan) = (app.salesperson(), app.stranger());
        let id = sam.create("customer", json!({"name": "Shared one"}));
        let to = app.id_of("stranger");
        sam.act("customer", &id, "share", json!({"with": to}))
            .expect(200);
        stan.read("customer", &id).expect(200);
        assert_eq!(
            stan.names("customer", &[("filter", "name = \"Shared one\"")]),
            ["Shared one"]
        );
        assert_eq!(stan.found("Shared one"), ["customer:Shared one"]);
        stan.update("customer", &id, json!({"level": "key"}))
            .expect(403);
        stan.delete(&format!("/records/customer/{id}")).expect(403);
        stan.act(
            "customer",
            &id,
            "share",
            json!({"with": app.id_of("colleague")}),
        )
        .expect(403);
        sam.act("customer", &id, "share", json!({"with": to, "write": true}))
            .expect(200);
        stan.update("customer", &id, json!({"level": "key"}))
            .expect(200);
        let taken = stan.update("customer", &id, json!({"owner": to}));
        assert!(
            taken.status >= 400,
            "a share is no way to own: {}",
            taken.text
        );
        sam.act("customer", &id, "unshare", json!({"with": to}))
            .expect(200);
        stan.read("customer", &id).expect(404);
        assert!(stan.found("Shared one").is_empty());
    });
}

#[test]
fn every_noun_is_listed_with_its_inputs() {
    on_each(|app| {
        let sam = app.salesperson();
        let nouns = |object: &str| -> Vec<String> {
            let described = sam.get(&format!("/meta/objects/{object}")).expect(200);
            described["nouns"]
                .as_array()
                .unwrap()
                .iter()
                .map(|noun| noun["name"].as_str().unwrap().to_owned())
                .collect()
        };
        for (object, wanted) in [
            (
                "customer",
                vec![
                    "merge", "handover", "claim", "release", "share", "unshare", "restore",
                ],
            ),
            ("lead", vec!["conversion", "claim", "release", "merge"]),
            ("opportunity", vec!["closure", "reopening"]),
            ("task", vec!["completion"]),
        ] {
            let listed = nouns(object);
            assert!(
                wanted
                    .iter()
                    .all(|noun| listed.iter().any(|name| name == noun)),
                "{object}: {listed:?}"
            );
        }
        let closure = sam.get("/meta/objects/opportunity").expect(200);
        let closure = closure["nouns"]
            .as_array()
            .unwrap()
            .iter()
            .find(|noun| noun["name"] == "closure")
            .unwrap()
            .clone();
        let outcome = closure["inputs"]
            .as_array()
            .unwrap()
            .iter()
            .find(|input| input["name"] == "outcome")
            .unwrap()
            .clone();
        assert_eq!(outcome["required"], true);
    });
}
