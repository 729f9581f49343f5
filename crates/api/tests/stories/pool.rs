//! 公海: claimed by one, released by its owner, within a quota.

use crate::{alone_on_each, on_each};
use guanxi_capabilities::pool::{Quota, set_quota};
use guanxi_testkit::{at_once, object};
use serde_json::{Value as Json, json};

#[test]
fn of_many_callers_one_claims() {
    on_each(|app| {
        let people: Vec<String> = (0..10).map(|at| format!("claimer{at}")).collect();
        for person in &people {
            app.join(person, "salesperson", "Sales/West");
        }
        let id = app
            .salesperson()
            .create("customer", json!({"name": "Wanted", "owner": null}));
        let replies = at_once(20, |at| {
            app.caller(&people[at % people.len()])
                .act("customer", &id, "claim", json!({}))
                .status
        });
        assert_eq!(
            replies.iter().filter(|status| **status == 200).count(),
            1,
            "{replies:?}"
        );
        assert!(
            replies.iter().all(|status| [200, 409].contains(status)),
            "{replies:?}"
        );
        let owner = app.admin().read("customer", &id).expect(200)["owner"].clone();
        assert!(
            people
                .iter()
                .any(|person| owner == app.id_of(person).as_str())
        );
        app.reader()
            .act("customer", &id, "claim", json!({}))
            .expect(403);
        app.nobody()
            .act("customer", &id, "claim", json!({}))
            .expect(401);
    });
}

#[test]
fn a_quota_holds_under_many_calls() {
    alone_on_each(|app| {
        let (admin, sam) = (app.admin(), app.salesperson());
        let ctx = app.test.admin();
        let customer = object(&ctx, "customer");
        set_quota(
            &ctx,
            &customer,
            Quota {
                claims_a_day: Some(3),
                owned: None,
            },
        )
        .unwrap();
        let ids: Vec<String> = (0..20)
            .map(|at| {
                admin.create(
                    "customer",
                    json!({"name": format!("Pool {at}"), "owner": null}),
                )
            })
            .collect();
        let replies = at_once(20, |at| {
            app.salesperson()
                .act("customer", &ids[at], "claim", json!({}))
                .status
        });
        assert_eq!(
            replies.iter().filter(|status| **status == 200).count(),
            3,
            "{replies:?}"
        );
        let refused = sam
            .act(
                "customer",
                &ids[replies.iter().position(|status| *status == 409).unwrap()],
                "claim",
                json!({}),
            )
            .expect(409);
        assert!(
            refused["detail"].as_str().unwrap().contains('3'),
            "{}",
            refused.text
        );
        // Not by the other door either.
        let left = replies.iter().position(|status| *status == 409).unwrap();
        sam.update(
            "customer",
            &ids[left],
            json!({"owner": app.id_of("salesperson")}),
        )
        .expect(409);
        app.test.clock.advance(24 * 3_600);
        sam.act("customer", &ids[left], "claim", json!({}))
            .expect(200);
        set_quota(
            &ctx,
            &customer,
            Quota {
                claims_a_day: None,
                owned: Some(4),
            },
        )
        .unwrap();
        let left = replies.iter().rposition(|status| *status == 409).unwrap();
        sam.act("customer", &ids[left], "claim", json!({}))
            .expect(409);
    });
}

#[test]
fn what_is_released_is_everybodys_to_claim() {
    on_each(|app| {
        let (sam, stan) = (app.salesperson(), app.stranger());
        let id = sam.create("customer", json!({"name": "Released"}));
        stan.act("customer", &id, "claim", json!({})).expect(404);
        sam.act("customer", &id, "claim", json!({})).expect(409);
        sam.act("customer", &id, "release", json!({"reason": "no answer"}))
            .expect(200);
        assert_eq!(stan.read("customer", &id).expect(200)["owner"], Json::Null);
        app.service()
            .act("customer", &id, "claim", json!({}))
            .expect(403);
        stan.act("customer", &id, "claim", json!({})).expect(200);
        assert_eq!(
            stan.read("customer", &id).expect(200)["owner"],
            app.id_of("stranger").as_str()
        );
        // Who comes a moment too late is told so; what was never in the pool is not there.
        sam.act("customer", &id, "claim", json!({})).expect(409);
        sam.act("customer", &id, "release", json!({})).expect(404);
    });
}
