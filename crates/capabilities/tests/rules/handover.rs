use crate::on_each;
use guanxi_capabilities::handover::{Many, many, owned_by};
use guanxi_engine::{Context, Record, system};
use guanxi_query::cond::{Cond, Select};
use guanxi_store::StoreExt;
use guanxi_testkit::*;
use serde_json::json;

struct Family {
    customer: Record,
    goes: Vec<Record>,
    stays: Vec<Record>,
}

fn family(owner: &Context, other: &Context) -> Family {
    let customer = create(owner, "customer", json!({"name": "Acme"}));
    let id = customer.id;
    let contact = create(owner, "contact", json!({"name": "Li Na", "customer": id}));
    let deal = create(
        owner,
        "opportunity",
        json!({"name": "Boiler", "customer": id}),
    );
    let won = create(
        owner,
        "opportunity",
        json!({"name": "Pump", "customer": id, "stage": "won"}),
    );
    let task = create(
        owner,
        "task",
        json!({"subject": "Call back", "customer": id}),
    );
    let done = create(
        owner,
        "call",
        json!({"subject": "Called", "customer": id, "status": "done"}),
    );
    let about = create(
        owner,
        "meeting",
        json!({"subject": "Meet", "about": {"object": "customer", "id": id}}),
    );
    let child = create(
        owner,
        "customer",
        json!({"name": "Acme East", "parent": id}),
    );
    let unrelated = create(other, "task", json!({"subject": "Not about it"}));
    Family {
        customer,
        goes: vec![contact, deal, task, about],
        stays: vec![won, done, child, unrelated],
    }
}

#[test]
fn a_customer_goes_with_everything_open() {
    on_each(|test| {
        let (sam, cora, admin) = (test.salesperson(), test.colleague(), test.admin());
        let family = family(&sam, &cora);
        let owners: Vec<i64> = family.stays.iter().map(|record| record.owner).collect();
        let answer = acted(
            &sam,
            &family.customer,
            "handover",
            json!({"to": me(&cora), "note": "Please call Li Na"}),
        );
        assert_eq!(answer["moved"], json!(3), "contacts follow by themselves");
        for record in family.goes.iter().chain([&family.customer]) {
            let moved = again(&cora, record);
            assert_eq!(
                (moved.owner, moved.department),
                (cora.actor.seq(), cora.actor.department()),
                "{}",
                record.title()
            );
            assert!(!sees(&sam, record), "{}", record.title());
            let history =
                guanxi_engine::read::history::history(&cora, &record.object, record.id, "", 1)
                    .unwrap()
                    .0;
            assert_eq!(history[0].op, "handover");
            assert_eq!(history[0].by, sam.actor.seq());
        }
        for (record, owner) in family.stays.iter().zip(owners) {
            assert_eq!(again(&admin, record).owner, owner, "{}", record.title());
        }
        let notes = guanxi_engine::read::timeline::timeline(&cora, &family.customer, "", 50)
            .unwrap()
            .entries;
        assert!(
            notes
                .iter()
                .any(|note| note.get("body").text() == Some("Please call Li Na"))
        );
        assert_eq!(notices(&cora), ["handover"]);
    });
}

fn notices(ctx: &Context) -> Vec<String> {
    let select =
        Select::of(system::NOTICE, &["code"]).filter(Cond::equal("person", ctx.actor.seq()));
    let rows = ctx
        .engine
        .store()
        .look(|view| view.select(&select))
        .unwrap();
    rows.iter()
        .filter_map(|row| row.cells[0].text().map(str::to_owned))
        .collect()
}

#[test]
fn handing_over_asks_for_rights_and_for_somebody_who_is_there() {
    on_each(|test| {
        let (sam, cora, admin) = (test.salesperson(), test.colleague(), test.admin());
        let customer = create(&sam, "customer", json!({"name": "Acme"}));
        let to = json!({"to": me(&cora)});
        assert_eq!(
            refusal(try_act(&test.stranger(), &customer, "handover", to.clone())),
            "404"
        );
        assert_eq!(
            refusal(try_act(&test.service(), &customer, "handover", to.clone())),
            "403 update"
        );
        assert_eq!(
            refusal(try_act(&sam, &customer, "handover", json!({}))),
            "422 to:required"
        );
        assert_eq!(
            refusal(try_act(
                &sam,
                &customer,
                "handover",
                json!({"to": customer.id})
            )),
            "422 to:not_found"
        );
        assert_eq!(
            refusal(try_act(
                &sam,
                &customer,
                "handover",
                json!({"to": me(&sam)})
            )),
            "409 already_owner"
        );
        guanxi_engine::accounts::disable(&admin, cora.actor.seq()).unwrap();
        assert_eq!(
            refusal(try_act(&test.salesperson(), &customer, "handover", to)),
            "422 to:user_not_active"
        );
    });
}

#[test]
fn whoever_leaves_hands_over_all_at_once() {
    on_each(|test| {
        let (sam, cora, manager) = (test.salesperson(), test.colleague(), test.manager());
        for at in 0..60 {
            let customer = create(&sam, "customer", json!({"name": format!("Customer {at}")}));
            create(
                &sam,
                "task",
                json!({"subject": "Call", "customer": customer.id}),
            );
        }
        let foreign = create(&test.stranger(), "customer", json!({"name": "Foreign"}));
        let customers = object(&manager, "customer");
        let mut ids = owned_by(&manager, &customers, sam.actor.seq()).unwrap();
        assert_eq!(ids.len(), 60);
        ids.push(foreign.id);
        let results = many(
            &manager,
            &customers,
            &Many {
                ids,
                to: me(&cora),
                note: None,
            },
        )
        .unwrap();
        assert_eq!(
            results
                .iter()
                .filter(|result| matches!(result, Ok(1)))
                .count(),
            60
        );
        assert_eq!(
            words(results[60].as_ref().unwrap_err()),
            "404",
            "one refusal stops no other"
        );
        assert!(
            owned_by(&manager, &customers, sam.actor.seq())
                .unwrap()
                .is_empty()
        );
        assert_eq!(notices(&cora), ["handover_many"], "told once");
    });
}

#[test]
fn a_new_owner_by_plain_edit_takes_the_contacts_along() {
    on_each(|test| {
        let (sam, cora, manager) = (test.salesperson(), test.colleague(), test.manager());
        let customer = create(&sam, "customer", json!({"name": "Acme"}));
        let contact = create(
            &sam,
            "contact",
            json!({"name": "Li Na", "customer": customer.id}),
        );
        update(&manager, &customer, json!({"owner": me(&cora)}));
        assert!(sees(&cora, &contact) && !sees(&sam, &contact));
    });
}
