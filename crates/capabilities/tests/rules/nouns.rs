use crate::on_each;
use guanxi_capabilities::follow::followers;
use guanxi_engine::act::{nouns, offered};
use guanxi_store::StoreExt;
use guanxi_testkit::*;
use serde_json::json;

#[test]
fn every_object_tells_its_nouns_in_both_languages() {
    on_each(|test| {
        let admin = test.admin();
        let of = |name: &str| -> Vec<&str> {
            nouns(&admin, &object(&admin, name))
                .iter()
                .map(|noun| noun.name)
                .collect()
        };
        let sets = [
            (
                "customer",
                vec![
                    "claim", "release", "handover", "merge", "share", "unshare", "follow",
                    "unfollow", "restore",
                ],
            ),
            ("contact", vec!["merge", "follow", "unfollow", "restore"]),
            (
                "opportunity",
                vec![
                    "closure",
                    "reopening",
                    "share",
                    "unshare",
                    "follow",
                    "unfollow",
                    "restore",
                ],
            ),
            (
                "task",
                vec![
                    "completion",
                    "share",
                    "unshare",
                    "follow",
                    "unfollow",
                    "restore",
                ],
            ),
            ("user", vec!["follow", "unfollow", "restore"]),
        ];
        for (name, expected) in sets {
            assert_eq!(of(name), expected, "{name}");
        }
        assert!(of("lead").contains(&"conversion"));
        for object in &admin.catalog.objects {
            for noun in nouns(&admin, object) {
                let labels = noun
                    .inputs
                    .iter()
                    .map(|input| &input.label)
                    .chain([&noun.label]);
                assert!(
                    labels
                        .into_iter()
                        .all(|label| label.0.contains_key("zh") && label.0.contains_key("en")),
                    "{}",
                    noun.name
                );
                assert!(
                    noun.inputs.iter().all(|input| input.field().is_some()),
                    "{}",
                    noun.name
                );
            }
        }
        let reader = test.reader();
        let few: Vec<&str> = nouns(&reader, &object(&reader, "customer"))
            .iter()
            .map(|noun| noun.name)
            .collect();
        assert_eq!(
            few,
            ["follow", "unfollow"],
            "nobody is offered what nothing allows"
        );
    });
}

#[test]
fn a_record_offers_what_can_be_done_to_it() {
    on_each(|test| {
        let (sam, admin) = (test.salesperson(), test.admin());
        let of = |ctx: &guanxi_engine::Context, record: &guanxi_engine::Record| -> Vec<&str> {
            offered(ctx, record)
                .unwrap()
                .iter()
                .map(|noun| noun.name)
                .collect()
        };
        let deal = create(&sam, "opportunity", json!({"name": "Boiler"}));
        assert_eq!(
            of(&sam, &deal),
            ["closure", "share", "unshare", "follow", "unfollow"]
        );
        assert_eq!(
            of(&sam, &update(&sam, &deal, json!({"stage": "won"})))[0],
            "reopening"
        );
        let customer = create(&admin, "customer", json!({"name": "Acme", "owner": null}));
        assert_eq!(
            of(&sam, &customer)[..2],
            ["claim", "handover"],
            "no release of what nobody owns, no merge of what is not his"
        );
        assert_eq!(of(&sam, &try_remove(&sam, &deal).unwrap()), ["restore"]);
    });
}

#[test]
fn numbers_are_unique_from_the_first_on() {
    on_each(|test| {
        let sam = test.salesperson();
        let mut numbers = at_once(20, |at| {
            let made = create(&sam, "customer", json!({"name": format!("Customer {at}")}));
            made.get("number").text().map(str::to_owned).unwrap()
        });
        numbers.sort();
        let expected: Vec<String> = (1..=20)
            .map(|count| format!("C-202603-{count:05}"))
            .collect();
        assert_eq!(numbers, expected);
    });
}

#[test]
fn what_was_removed_is_restored() {
    on_each(|test| {
        let (sam, stan) = (test.salesperson(), test.stranger());
        let record = create(&sam, "customer", json!({"name": "Acme"}));
        assert_eq!(
            refusal(try_act(&sam, &record, "restore", json!({}))),
            "409 not_removed"
        );
        try_remove(&sam, &record).unwrap();
        assert_eq!(
            refusal(try_act(&sam, &record, "handover", json!({"to": me(&stan)}))),
            "404",
            "gone for other nouns"
        );
        assert_eq!(
            refusal(try_act(&stan, &record, "restore", json!({}))),
            "404"
        );
        acted(&sam, &record, "restore", json!({}));
        assert_eq!(again(&sam, &record).values, record.values);
        assert_eq!(
            refusal(try_act(&sam, &record, "conversion", json!({}))),
            "404",
            "not a noun of this object"
        );
    });
}

#[test]
fn following_twice_is_following_once() {
    on_each(|test| {
        let sam = test.salesperson();
        let record = create(&sam, "customer", json!({"name": "Acme"}));
        let who = || {
            test.engine
                .store()
                .look(|view| followers(view, &record.object, record.id))
                .unwrap()
        };
        for _ in 0..2 {
            assert_eq!(
                acted(&sam, &record, "follow", json!({}))["follows"],
                json!(true)
            );
        }
        assert_eq!(who(), [sam.actor.seq()]);
        acted(&sam, &record, "unfollow", json!({}));
        assert!(who().is_empty());
        assert_eq!(
            refusal(try_act(&test.stranger(), &record, "follow", json!({}))),
            "404"
        );
    });
}
