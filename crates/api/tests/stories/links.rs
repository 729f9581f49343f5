//! Links: they lead to what the caller sees, or to nothing, and which of the two nobody can tell.

use crate::on_each;
use serde_json::{Value as Json, json};

const NOBODY: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

#[test]
fn an_invisible_target_looks_like_none() {
    on_each(|app| {
        let (sam, stan) = (app.salesperson(), app.stranger());
        let theirs = stan.create("customer", json!({"name": "Not Sam's"}));
        let person = stan.create("contact", json!({"name": "Nor his", "customer": theirs}));
        let mine = sam.create("customer", json!({"name": "Sam's"}));
        let product = app
            .admin()
            .create("product", json!({"name": "Boiler of links"}));
        let about = |id: &str| json!({"object": "customer", "id": id});
        let cases = |id: &str| -> Vec<(&str, Json)> {
            vec![
                ("customer", json!({"name": "x", "parent": id})),
                ("contact", json!({"name": "x", "customer": id})),
                ("opportunity", json!({"name": "x", "customer": id})),
                ("task", json!({"subject": "x", "customer": id})),
                ("task", json!({"subject": "x", "about": about(id)})),
                ("task", json!({"subject": "x", "contact": id})),
                (
                    "opportunity",
                    json!({"name": "x", "products": [product, id]}),
                ),
            ]
        };
        for ((object, hidden), (_, none)) in cases(&theirs).into_iter().zip(cases(NOBODY)) {
            let path = format!("/records/{object}");
            let (hidden, none) = (
                sam.post(&path, hidden).expect(422),
                sam.post(&path, none).expect(422),
            );
            assert!(
                hidden.errors()[0].ends_with(":not_found"),
                "{}",
                hidden.text
            );
            assert_eq!(hidden.text, none.text);
        }
        let put_below = |id: &str| {
            sam.update("customer", &mine, json!({"parent": id}))
                .expect(422)
        };
        assert_eq!(put_below(&theirs).text, put_below(NOBODY).text);
        let contact = sam
            .post("/records/task", json!({"subject": "x", "contact": person}))
            .expect(422);
        assert_eq!(contact.errors(), ["contact:not_found"]);
        for wrong in [json!("not an id"), json!(5), json!({"id": mine})] {
            sam.post("/records/contact", json!({"name": "x", "customer": wrong}))
                .expect(422);
        }
        for about in [
            json!({"object": "nothing", "id": mine}),
            json!({"object": "contact", "id": mine}),
            json!(mine),
        ] {
            sam.post("/records/task", json!({"subject": "x", "about": about}))
                .expect(422);
        }
    });
}

#[test]
fn nouns_do_not_tell_either() {
    on_each(|app| {
        let (sam, stan) = (app.salesperson(), app.stranger());
        let theirs = stan.create("customer", json!({"name": "Merge of West"}));
        let mine = sam.create("customer", json!({"name": "Merge of East"}));
        let merge = |id: &str| sam.act("customer", &mine, "merge", json!({"with": [id]}));
        let (hidden, none) = (merge(&theirs).expect(422), merge(NOBODY).expect(422));
        assert_eq!(hidden.errors(), ["with:not_found"]);
        assert_eq!(hidden.text, none.text);
        let (hidden, none) = (
            sam.act("customer", &theirs, "merge", json!({"with": [mine]})),
            sam.act("customer", NOBODY, "merge", json!({"with": [mine]})),
        );
        assert_eq!(hidden.expect(404).text, none.expect(404).text);
        assert_eq!(
            sam.act("customer", &mine, "handover", json!({"to": NOBODY}))
                .expect(422)
                .errors(),
            ["to:not_found"]
        );
        let lead = sam.create("lead", json!({"name": "Lead of links"}));
        let convert = |id: &str| sam.act("lead", &lead, "conversion", json!({"customer": id}));
        assert_eq!(
            convert(&theirs).expect(422).text,
            convert(NOBODY).expect(422).text
        );
    });
}

#[test]
fn a_tree_does_not_lead_back_to_itself() {
    on_each(|app| {
        let sam = app.salesperson();
        let top = sam.create("customer", json!({"name": "Top"}));
        let below = sam.create("customer", json!({"name": "Below", "parent": top}));
        assert_eq!(
            sam.update("customer", &top, json!({"parent": below}))
                .expect(422)
                .errors(),
            ["parent:ring"]
        );
        assert_eq!(
            sam.update("customer", &top, json!({"parent": top}))
                .expect(422)
                .errors(),
            ["parent:ring"]
        );
    });
}

#[test]
fn a_contact_stands_where_its_customer_stands() {
    on_each(|app| {
        let (sam, cora) = (app.salesperson(), app.colleague());
        let customer = sam.create("customer", json!({"name": "Moves along"}));
        let contact = sam.create(
            "contact",
            json!({"name": "Along Anna", "customer": customer}),
        );
        cora.read("contact", &contact).expect(404);
        sam.act(
            "customer",
            &customer,
            "handover",
            json!({"to": app.id_of("colleague")}),
        )
        .expect(200);
        cora.read("contact", &contact).expect(200);
        sam.read("contact", &contact).expect(404);
        sam.read("customer", &customer).expect(404);
        // Who may not change the customer does not take its contacts by naming another owner.
        let mine = sam.create("customer", json!({"name": "Keeps"}));
        let person = sam.create("contact", json!({"name": "Kept Karl", "customer": mine}));
        let _either = sam.update("contact", &person, json!({"owner": app.id_of("colleague")}));
        cora.read("contact", &person).expect(404);
    });
}

#[test]
fn related_lists_are_lists() {
    on_each(|app| {
        let (sam, admin) = (app.salesperson(), app.admin());
        let customer = sam.create("customer", json!({"name": "Related"}));
        for at in 0..3 {
            sam.create(
                "contact",
                json!({"name": format!("Rela Ted{at}"), "customer": customer}),
            );
        }
        let boiler = admin.create("product", json!({"name": "Related boiler"}));
        let deal = sam.create(
            "opportunity",
            json!({"name": "Related deal", "customer": customer, "products": [boiler]}),
        );
        let path = format!("/records/customer/{customer}/related");
        let page = sam
            .ask(
                &format!("{path}/contact"),
                &[("limit", "2"), ("sort", "name"), ("count", "exact")],
            )
            .expect(200);
        assert_eq!(page.rows().len(), 2);
        assert_eq!(page["count"], json!({"value": 3, "exact": true}));
        let next = page["next"].as_str().unwrap();
        let rest = sam
            .ask(
                &format!("{path}/contact"),
                &[("limit", "2"), ("sort", "name"), ("cursor", next)],
            )
            .expect(200);
        assert_eq!(rest.rows().len(), 1);
        sam.ask(
            "/records/contact",
            &[("limit", "2"), ("sort", "name"), ("cursor", next)],
        )
        .expect(400);
        assert_eq!(
            sam.get(&format!("{path}/opportunity.customer"))
                .expect(200)
                .rows()[0]["id"],
            deal.as_str()
        );
        let products = sam
            .get(&format!("/records/opportunity/{deal}/related/products"))
            .expect(200);
        assert_eq!(products.rows()[0]["id"], boiler.as_str());
        let back = sam
            .get(&format!("/records/product/{boiler}/related/opportunity"))
            .expect(200);
        assert_eq!(back.rows()[0]["id"], deal.as_str());
        assert!(
            app.stranger()
                .get(&format!("/records/product/{boiler}/related/opportunity"))
                .expect(200)
                .rows()
                .is_empty()
        );
        app.stranger().get(&format!("{path}/contact")).expect(404);
        for wrong in [
            "nothing",
            "contact.nothing",
            "nothing.customer",
            "name",
            "user",
        ] {
            sam.get(&format!("{path}/{wrong}")).expect(404);
        }
    });
}
