use crate::on_each;
use guanxi_capabilities::pipeline::stays;
use guanxi_engine::Record;
use guanxi_testkit::*;
use serde_json::json;

fn probability(deal: &Record) -> serde_json::Value {
    deal.field_json(deal.object.position("probability").unwrap())
}

#[test]
fn a_new_deal_begins_at_the_first_open_stage() {
    on_each(|test| {
        let sam = test.salesperson();
        let deal = create(&sam, "opportunity", json!({"name": "Boiler"}));
        assert_eq!(deal.get("pipeline").text(), Some("standard"));
        assert_eq!(deal.get("stage").text(), Some("qualify"));
        assert_eq!(probability(&deal), json!(20));
        assert!(deal.get("closed_at").is_null());
        let renewal = create(
            &sam,
            "opportunity",
            json!({"name": "Boiler", "pipeline": "renewal"}),
        );
        assert_eq!(renewal.get("stage").text(), Some("due"));
    });
}

#[test]
fn probability_follows_the_stage_unless_the_caller_named_it() {
    on_each(|test| {
        let sam = test.salesperson();
        let deal = create(
            &sam,
            "opportunity",
            json!({"name": "Boiler", "probability": 33}),
        );
        assert_eq!(probability(&deal), json!(33));
        assert_eq!(
            probability(&update(&sam, &deal, json!({"stage": "proposal"}))),
            json!(40)
        );
        assert_eq!(
            probability(&update(
                &sam,
                &deal,
                json!({"stage": "quotation", "probability": 55})
            )),
            json!(55)
        );
        assert_eq!(
            probability(&update(&sam, &deal, json!({"name": "Boilers"}))),
            json!(55)
        );
        assert_eq!(
            probability(&update(&sam, &deal, json!({"probability": null}))),
            json!(60)
        );
    });
}

#[test]
fn a_stage_belongs_to_the_pipeline() {
    on_each(|test| {
        let sam = test.salesperson();
        let deal = create(&sam, "opportunity", json!({"name": "Boiler"}));
        assert_eq!(
            refusal(try_update(&sam, &deal, json!({"stage": "due"}))),
            "422 stage:stage_not_in_pipeline"
        );
        let moved = update(&sam, &deal, json!({"pipeline": "renewal"}));
        assert_eq!(
            moved.get("stage").text(),
            Some("due"),
            "a pipeline without the stage begins anew"
        );
        let won = update(&sam, &deal, json!({"stage": "won"}));
        let back = update(&sam, &won, json!({"pipeline": "standard"}));
        assert_eq!(
            back.get("stage").text(),
            Some("won"),
            "a stage of both stays"
        );
    });
}

#[test]
fn a_stage_may_ask_for_fields() {
    for backend in Backend::all() {
        let mut declarations = core();
        let object = declarations
            .objects
            .iter_mut()
            .find(|object| object.name == "opportunity")
            .unwrap();
        object.pipelines[0].stages[2].required = vec!["amount".to_owned(), "close_date".to_owned()];
        let test = organisation(backend, declarations);
        let sam = test.salesperson();
        let deal = create(
            &sam,
            "opportunity",
            json!({"name": "Boiler", "close_date": "2026-06-01"}),
        );
        let outcome = try_update(&sam, &deal, json!({"stage": "quotation"}));
        assert_eq!(refusal(outcome), "422 amount:required_for_stage");
        let amount = json!({"amount": "10", "currency": "CNY"});
        let entered = update(&sam, &deal, json!({"stage": "quotation", "amount": amount}));
        assert_eq!(entered.get("stage").text(), Some("quotation"));
        assert_eq!(
            refusal(try_update(&sam, &deal, json!({"amount": null}))),
            "422 amount:required_for_stage"
        );
        update(&sam, &deal, json!({"stage": "negotiation", "amount": null}));
    }
}

#[test]
fn entering_an_end_closes_and_leaving_it_reopens() {
    on_each(|test| {
        let sam = test.salesperson();
        let deal = create(&sam, "opportunity", json!({"name": "Boiler"}));
        let lost = update(
            &sam,
            &deal,
            json!({"stage": "lost", "close_reason": "price"}),
        );
        assert_eq!(*lost.get("closed_at"), guanxi_meta::Value::Instant(sam.now));
        let open = update(&sam, &deal, json!({"stage": "proposal"}));
        assert!(open.get("closed_at").is_null() && open.get("close_reason").is_null());
    });
}

#[test]
fn closure_and_reopening_are_nouns() {
    on_each(|test| {
        let sam = test.salesperson();
        let deal = create(
            &sam,
            "opportunity",
            json!({"name": "Boiler", "stage": "negotiation"}),
        );
        let answer = acted(
            &sam,
            &deal,
            "closure",
            json!({"outcome": "lost", "reason": "price", "note": "too dear"}),
        );
        assert_eq!(answer["stage"], json!("lost"));
        let closed = again(&sam, &deal);
        assert_eq!(closed.get("close_reason").text(), Some("price"));
        assert_eq!(closed.get("close_note").text(), Some("too dear"));
        assert_eq!(probability(&closed), json!(0));
        assert_eq!(
            refusal(try_act(&sam, &deal, "closure", json!({"outcome": "won"}))),
            "409 already_closed"
        );
        assert_eq!(
            acted(&sam, &deal, "reopening", json!({}))["stage"],
            json!("negotiation"),
            "where it came from"
        );
        assert_eq!(
            refusal(try_act(&sam, &deal, "reopening", json!({}))),
            "409 not_closed"
        );
        assert_eq!(
            refusal(try_act(&sam, &deal, "closure", json!({"outcome": "drawn"}))),
            "422 outcome:unknown_choice"
        );
        assert_eq!(
            refusal(try_act(&sam, &deal, "closure", json!({}))),
            "422 outcome:required"
        );
        assert_eq!(
            refusal(try_act(&sam, &deal, "closure", json!({"result": "won"}))),
            "400 unknown_input"
        );
        assert_eq!(
            refusal(try_act(
                &test.stranger(),
                &deal,
                "closure",
                json!({"outcome": "won"})
            )),
            "404"
        );
        let history = guanxi_engine::read::history::history(&sam, &deal.object, deal.id, "", 10)
            .unwrap()
            .0;
        assert_eq!(
            history
                .iter()
                .map(|entry| entry.op.as_str())
                .collect::<Vec<_>>(),
            ["reopening", "closure", "create"]
        );
    });
}

#[test]
fn of_many_closures_at_once_one_counts() {
    on_each(|test| {
        let sam = test.salesperson();
        let deal = create(&sam, "opportunity", json!({"name": "Boiler"}));
        let outcomes = at_once(20, |_| {
            try_act(&sam, &deal, "closure", json!({"outcome": "won"})).map_err(|e| words(&e))
        });
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
        assert!(
            outcomes
                .iter()
                .all(|outcome| outcome.as_ref().is_ok_and(|_| true)
                    || outcome == &Err("409 already_closed".to_owned()))
        );
    });
}

#[test]
fn stages_are_read_from_the_history() {
    on_each(|test| {
        let sam = test.salesperson();
        let deal = create(&sam, "opportunity", json!({"name": "Boiler"}));
        for stage in ["proposal", "quotation", "won"] {
            test.clock.advance(3600);
            update(&test.salesperson(), &deal, json!({"stage": stage}));
        }
        let stays = stays(&sam, &deal.object, deal.id).unwrap();
        let names: Vec<&str> = stays.iter().map(|stay| stay.stage.as_str()).collect();
        assert_eq!(names, ["qualify", "proposal", "quotation", "won"]);
        assert_eq!(
            stays[1].left_at.unwrap() - stays[1].entered_at,
            3_600_000_000
        );
        assert_eq!(stays[3].left_at, None);
    });
}
