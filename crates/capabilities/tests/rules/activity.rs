use crate::on_each;
use guanxi_meta::Value;
use guanxi_testkit::*;
use serde_json::json;

#[test]
fn the_customer_is_filled_from_what_it_is_about() {
    on_each(|test| {
        let sam = test.salesperson();
        let customer = create(&sam, "customer", json!({"name": "Acme"}));
        let contact = create(
            &sam,
            "contact",
            json!({"name": "Li Na", "customer": customer.id}),
        );
        let deal = create(
            &sam,
            "opportunity",
            json!({"name": "Boiler", "customer": customer.id, "contact": contact.id}),
        );
        for (about, id) in [
            ("customer", customer.id),
            ("contact", contact.id),
            ("opportunity", deal.id),
        ] {
            let task = create(
                &sam,
                "task",
                json!({"subject": "Do", "about": {"object": about, "id": id}}),
            );
            assert_eq!(task.get("customer").id(), Some(customer.id), "{about}");
            assert_eq!(
                task.get("contact").id(),
                (about != "customer").then_some(contact.id),
                "{about}"
            );
            assert_eq!(task.get("status").text(), Some("planned"));
        }
        let call = create(
            &sam,
            "call",
            json!({"subject": "Call", "contact": contact.id}),
        );
        assert_eq!(call.get("customer").id(), Some(customer.id));
        let other = create(&sam, "customer", json!({"name": "Other"}));
        let named = create(
            &sam,
            "call",
            json!({"subject": "Call", "contact": contact.id, "customer": other.id}),
        );
        assert_eq!(
            named.get("customer").id(),
            Some(other.id),
            "what the caller said stays"
        );
    });
}

#[test]
fn completing_sets_the_end_and_the_customers_last_contact() {
    on_each(|test| {
        let sam = test.salesperson();
        let customer = create(&sam, "customer", json!({"name": "Acme"}));
        let call = create(
            &sam,
            "call",
            json!({
                "subject": "Call", "customer": customer.id, "start_at": "2026-03-02T00:30:00Z"
            }),
        );
        assert!(again(&sam, &customer).get("last_contact_at").is_null());
        acted(
            &sam,
            &call,
            "completion",
            json!({"result": "wants an offer", "outcome": "reached"}),
        );
        let done = again(&sam, &call);
        assert_eq!(done.get("status").text(), Some("done"));
        assert_eq!(done.get("result").text(), Some("wants an offer"));
        assert_eq!(*done.get("end_at"), Value::Instant(sam.now));
        assert_eq!(*done.get("duration"), Value::Duration(1_800_000_000));
        let heard = again(&sam, &customer);
        assert_eq!(*heard.get("last_contact_at"), Value::Instant(sam.now));
        assert_eq!(
            heard.version, customer.version,
            "like a roll-up, no change of its own"
        );
        assert_eq!(
            refusal(try_act(&sam, &call, "completion", json!({}))),
            "409 already_done"
        );
        let older = json!({"subject": "Before", "customer": customer.id, "status": "done", "end_at": "2025-01-01T00:00:00Z"});
        create(&sam, "visit", older);
        assert_eq!(
            *again(&sam, &customer).get("last_contact_at"),
            Value::Instant(sam.now),
            "never back in time"
        );
    });
}
