use crate::on_each;
use guanxi_capabilities::pool::{Quota, quota, set_quota};
use guanxi_engine::{Context, Record};
use guanxi_store::StoreExt;
use guanxi_testkit::*;
use serde_json::json;

fn pooled(ctx: &Context, name: &str) -> Record {
    create(ctx, "customer", json!({"name": name, "owner": null}))
}

#[test]
fn what_is_in_the_pool_can_be_claimed_once() {
    on_each(|test| {
        let (sam, cora) = (test.salesperson(), test.colleague());
        let record = pooled(&test.admin(), "Acme");
        assert!(sees(&sam, &record) && sees(&cora, &record));
        acted(&sam, &record, "claim", json!({}));
        let claimed = again(&sam, &record);
        assert_eq!(
            (claimed.owner, claimed.department),
            (sam.actor.seq(), sam.actor.department())
        );
        assert_eq!(
            refusal(try_act(&sam, &record, "claim", json!({}))),
            "409 already_claimed"
        );
        assert_eq!(
            refusal(try_act(&cora, &record, "claim", json!({}))),
            "409 already_claimed",
            "seen a moment ago"
        );
        test.clock.advance(3600);
        let cora = test.colleague();
        assert_eq!(
            refusal(try_act(&cora, &record, "claim", json!({}))),
            "404",
            "not hers to know"
        );
        let own = create(&sam, "customer", json!({"name": "Never in the pool"}));
        assert_eq!(refusal(try_act(&cora, &own, "claim", json!({}))), "404");
        assert_eq!(
            refusal(try_act(&test.service(), &record, "claim", json!({}))),
            "403 update"
        );
        assert_eq!(
            refusal(try_act(&test.manager(), &record, "claim", json!({}))),
            "403 pool"
        );
    });
}

#[test]
fn of_two_hundred_claims_at_once_one_wins() {
    on_each(|test| {
        let record = pooled(&test.admin(), "Acme");
        let people = [test.salesperson(), test.colleague(), test.stranger()];
        let outcomes = at_once(200, |at| {
            try_act(&people[at % 3], &record, "claim", json!({})).map_err(|e| words(&e))
        });
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
        for outcome in outcomes.into_iter().filter_map(Result::err) {
            assert_eq!(outcome, "409 already_claimed");
        }
    });
}

#[test]
fn released_records_come_back_to_the_pool_with_a_reason() {
    on_each(|test| {
        let (sam, stan) = (test.salesperson(), test.stranger());
        let record = create(&sam, "customer", json!({"name": "Acme"}));
        let contact = create(
            &sam,
            "contact",
            json!({"name": "Li Na", "customer": record.id}),
        );
        assert!(!sees(&stan, &record) && !sees(&stan, &contact));
        acted(
            &sam,
            &record,
            "release",
            json!({"reason": "no budget this year"}),
        );
        assert_eq!(again(&stan, &record).owner, 0);
        assert!(
            sees(&stan, &contact),
            "contacts stand where their customer stands"
        );
        let notes = guanxi_engine::read::timeline::timeline(&stan, &record, "", 10)
            .unwrap()
            .entries;
        assert_eq!(notes.len(), 1);
        assert_eq!(notes[0].get("body").text(), Some("no budget this year"));
        assert!(
            again(&stan, &record).get("last_contact_at").is_null(),
            "the house's note is no contact"
        );
        assert_eq!(
            refusal(try_act(&sam, &record, "release", json!({}))),
            "409 already_in_pool"
        );
    });
}

#[test]
fn the_quota_holds_at_any_number_of_callers() {
    on_each(|test| {
        let admin = test.admin();
        let customers = object(&admin, "customer");
        assert_eq!(
            refusal(set_quota(&test.manager(), &customers, Quota::default())),
            "403 administer"
        );
        set_quota(
            &admin,
            &customers,
            Quota {
                claims_a_day: Some(5),
                owned: None,
            },
        )
        .unwrap();
        let read = test
            .engine
            .store()
            .look(|view| quota(view, &customers))
            .unwrap();
        assert_eq!(read.claims_a_day, Some(5));
        let records: Vec<Record> = (0..30)
            .map(|at| pooled(&admin, &format!("Pool {at}")))
            .collect();
        let sam = test.salesperson();
        let outcomes = at_once(30, |at| {
            try_act(&sam, &records[at], "claim", json!({})).map_err(|e| words(&e))
        });
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 5);
        assert!(
            outcomes
                .iter()
                .filter_map(|o| o.as_ref().err())
                .all(|words| words == "409 quota_claims_a_day")
        );
        let left = records
            .iter()
            .find(|record| again(&admin, record).owner == 0)
            .unwrap();
        let by_edit = try_update(&sam, left, json!({"owner": me(&sam)}));
        assert_eq!(
            refusal(by_edit),
            "409 quota_claims_a_day",
            "by whichever door"
        );
        test.clock.advance(86_400);
        acted(&test.salesperson(), left, "claim", json!({}));
    });
}

#[test]
fn nobody_claims_more_than_may_be_owned() {
    on_each(|test| {
        let (admin, sam) = (test.admin(), test.salesperson());
        set_quota(
            &admin,
            &object(&admin, "customer"),
            Quota {
                claims_a_day: None,
                owned: Some(3),
            },
        )
        .unwrap();
        create(&sam, "customer", json!({"name": "Own"}));
        let records: Vec<Record> = (0..20)
            .map(|at| pooled(&admin, &format!("Pool {at}")))
            .collect();
        let outcomes = at_once(20, |at| {
            try_act(&sam, &records[at], "claim", json!({})).map_err(|e| words(&e))
        });
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 2);
        assert!(
            outcomes
                .iter()
                .filter_map(|o| o.as_ref().err())
                .all(|words| words == "409 quota_owned")
        );
    });
}
