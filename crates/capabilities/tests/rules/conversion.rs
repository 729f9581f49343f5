use crate::on_each;
use guanxi_capabilities::pool::{Quota, set_quota};
use guanxi_engine::read::get;
use guanxi_testkit::*;
use serde_json::{Value as Json, json};
use uuid::Uuid;

fn id(json: &Json) -> Uuid {
    json.as_str()
        .and_then(|text| text.parse().ok())
        .unwrap_or_default()
}

#[test]
fn a_lead_becomes_customer_contact_and_opportunity() {
    on_each(|test| {
        let sam = test.salesperson();
        let lead = create(
            &sam,
            "lead",
            json!({
                "name": "李强", "company": "合肥锅炉", "phone": "0551-62345678", "email": "li@example.com", "title": "厂长",
                "industry": "machinery", "region": "anhui", "budget": {"amount": "5000.00", "currency": "CNY"}, "source": "event"
            }),
        );
        let call = create(
            &sam,
            "call",
            json!({"subject": "First", "about": {"object": "lead", "id": lead.id}}),
        );
        let answer = acted(
            &sam,
            &lead,
            "conversion",
            json!({"opportunity": "节能改造"}),
        );
        let customer = get(&sam, &object(&sam, "customer"), id(&answer["customer"])).unwrap();
        assert_eq!(customer.title(), "合肥锅炉");
        assert_eq!(customer.get("type").text(), Some("organisation"));
        assert_eq!(
            customer.get("status").text(),
            Some("potential"),
            "its own default, not the lead's"
        );
        assert_eq!(customer.get("industry").text(), Some("machinery"));
        assert_eq!(
            customer.field_json(customer.object.position("phone").unwrap()),
            json!("0551-62345678")
        );
        let contact = get(&sam, &object(&sam, "contact"), id(&answer["contact"])).unwrap();
        assert_eq!(
            (contact.title().as_str(), contact.get("customer").id()),
            ("李强", Some(customer.id))
        );
        assert_eq!(contact.get("title").text(), Some("厂长"));
        let deal = get(
            &sam,
            &object(&sam, "opportunity"),
            id(&answer["opportunity"]),
        )
        .unwrap();
        assert_eq!(
            (deal.title().as_str(), deal.get("customer").id()),
            ("节能改造", Some(customer.id))
        );
        assert_eq!(
            deal.field_json(deal.object.position("amount").unwrap())["amount"],
            json!("5000.00")
        );
        assert_eq!(deal.get("stage").text(), Some("qualify"));
        let lead = again(&sam, &lead);
        assert_eq!(lead.get("status").text(), Some("converted"));
        assert_eq!(lead.get("converted_customer").id(), Some(customer.id));
        assert_eq!(lead.get("converted_opportunity").id(), Some(deal.id));
        assert_eq!(again(&sam, &call).get("customer").id(), Some(customer.id));
        assert_eq!(
            refusal(try_act(&sam, &lead, "conversion", json!({}))),
            "409 already_converted"
        );
    });
}

#[test]
fn it_can_join_a_customer_that_exists_and_do_without_an_opportunity() {
    on_each(|test| {
        let (sam, stan) = (test.salesperson(), test.stranger());
        let customer = create(&sam, "customer", json!({"name": "Acme"}));
        let lead = create(&sam, "lead", json!({"name": "Jo Doe"}));
        let foreign = create(&stan, "customer", json!({"name": "Foreign"}));
        let hidden = try_act(&sam, &lead, "conversion", json!({"customer": foreign.id}));
        assert_eq!(refusal(hidden), "422 customer:not_found");
        assert_eq!(
            refusal(try_act(
                &sam,
                &lead,
                "conversion",
                json!({"opportunity": 7})
            )),
            "422 opportunity:not_a_title"
        );
        let answer = acted(
            &sam,
            &lead,
            "conversion",
            json!({"customer": customer.id, "opportunity": false}),
        );
        assert_eq!(
            (id(&answer["customer"]), &answer["opportunity"]),
            (customer.id, &Json::Null)
        );
    });
}

#[test]
fn of_twenty_conversions_at_once_one_happens() {
    on_each(|test| {
        let sam = test.salesperson();
        let lead = create(
            &sam,
            "lead",
            json!({"name": "Jo Doe", "company": "Only Once"}),
        );
        let outcomes = at_once(20, |_| {
            try_act(&sam, &lead, "conversion", json!({})).map_err(|e| words(&e))
        });
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
        assert!(
            outcomes
                .iter()
                .filter_map(|o| o.as_ref().err())
                .all(|words| words == "409 already_converted")
        );
        let request = guanxi_engine::read::list::ListRequest {
            filter: "name = \"Only Once\"".to_owned(),
            ..Default::default()
        };
        for name in ["customer", "opportunity"] {
            let found =
                guanxi_engine::read::list::list(&sam, &object(&sam, name), &request).unwrap();
            assert_eq!(found.records.len(), 1, "{name}");
        }
    });
}

#[test]
fn converting_needs_the_rights_and_the_quota() {
    on_each(|test| {
        let (admin, sam) = (test.admin(), test.salesperson());
        let lead = create(&admin, "lead", json!({"name": "Jo Doe", "owner": null}));
        let mine = create(&test.service(), "lead", json!({"name": "Service lead"}));
        assert_eq!(
            refusal(try_act(&test.service(), &mine, "conversion", json!({}))),
            "403 create"
        );
        set_quota(
            &admin,
            &object(&admin, "lead"),
            Quota {
                claims_a_day: Some(0),
                owned: None,
            },
        )
        .unwrap();
        assert_eq!(
            refusal(try_act(&sam, &lead, "conversion", json!({}))),
            "409 quota_claims_a_day"
        );
        let request = guanxi_engine::read::list::ListRequest {
            filter: "name = \"Jo Doe\"".to_owned(),
            ..Default::default()
        };
        let made =
            guanxi_engine::read::list::list(&sam, &object(&sam, "customer"), &request).unwrap();
        assert!(made.records.is_empty(), "all of it or nothing");
        set_quota(&admin, &object(&admin, "lead"), Quota::default()).unwrap();
        let answer = acted(&sam, &lead, "conversion", json!({}));
        let customer = get(&sam, &object(&sam, "customer"), id(&answer["customer"])).unwrap();
        assert_eq!(customer.owner, sam.actor.seq());
        assert_eq!(customer.get("type").text(), Some("person"));
        assert_eq!(again(&sam, &lead).owner, sam.actor.seq());
    });
}
