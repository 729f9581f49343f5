//! What follows from other records: formulas through links, roll-ups, and what reads them.

use crate::{field, names, now, sound, try_field};
use guanxi_engine::read::list::{Counting, ListRequest, count, list};
use guanxi_engine::write::{Change, batch, save};
use guanxi_engine::{Context, EngineError, Record, admin, jobs, read};
use guanxi_meta::Cell;
use guanxi_meta::overlay::Overlay;
use guanxi_store::{StoreExt, Weight};
use guanxi_testkit::{
    Backend, More, TestEngine, create, engine, members, object, refusal, update, words,
};
use serde_json::{Value as Json, json};

fn each(check: fn(&TestEngine)) {
    for backend in Backend::all() {
        check(&engine(backend));
    }
}

fn formula(test: &TestEngine, object: &str, name: &str, expression: &str) {
    let label = json!({ "zh": name, "en": name });
    let json = json!({ "name": name, "label": label, "kind": "formula", "expression": expression });
    field(test, object, json);
}

fn shown(ctx: &Context, record: &Record, field: &str) -> Json {
    let record = now(ctx, record);
    record.field_json(record.object.position(field).unwrap())
}

fn run(test: &TestEngine) {
    jobs::run_due(&test.engine).unwrap();
}

/// Three customers with an opportunity each, by the letter of their names.
fn three(test: &TestEngine) -> Vec<(Record, Record)> {
    let ctx = test.salesperson();
    ["a", "b", "c"]
        .map(|name| {
            let customer = create(&ctx, "customer", json!({ "name": name, "importance": 1 }));
            let deal = json!({ "name": name, "customer": customer.id, "amount": { "amount": "100", "currency": "CNY" } });
            (customer, create(&ctx, "opportunity", deal))
        })
        .to_vec()
}

#[test]
fn a_formula_follows_the_record_that_it_reads_through_a_link() {
    each(|test| {
        formula(test, "opportunity", "weight", "customer.importance * 10");
        let pairs = three(test);
        let ctx = test.salesperson();
        assert_eq!(shown(&ctx, &pairs[0].1, "weight"), json!(10));
        for ((customer, _), importance) in pairs.iter().zip([3, 1, 2]) {
            update(&ctx, customer, json!({ "importance": importance }));
        }
        // Until the job has run a reader sees the value before.
        assert_eq!(shown(&ctx, &pairs[0].1, "weight"), json!(10));
        let version = now(&ctx, &pairs[0].1).version;
        run(test);
        assert_eq!(shown(&ctx, &pairs[0].1, "weight"), json!(30));
        assert_eq!(
            names(&ctx, "opportunity", "weight >= 20", "-weight"),
            ["a", "c"]
        );
        assert_eq!(names(&ctx, "opportunity", "", "weight"), ["b", "c", "a"]);
        // Nobody changed the opportunity: no version, no history, no conflict with who is editing it.
        let record = now(&ctx, &pairs[0].1);
        assert_eq!(record.version, version);
        let (history, _) = read::history::history(&ctx, &record.object, record.id, "", 50).unwrap();
        assert_eq!(history.len(), 1);
        let change = Change::update(
            &record.object,
            record.id,
            Some(version),
            members(json!({ "name": "a" })),
        );
        save(&ctx, change).unwrap();
        sound(test);
    });
}

#[test]
fn a_formula_follows_through_two_links_and_through_another_formula() {
    each(|test| {
        formula(test, "customer", "above", "parent.importance + 1");
        formula(test, "opportunity", "top", "customer.above * 10");
        formula(test, "opportunity", "far", "customer.parent.importance");
        formula(test, "opportunity", "boss", "owner.name");
        let ctx = test.salesperson();
        let group = create(
            &ctx,
            "customer",
            json!({ "name": "Group", "importance": 1 }),
        );
        let plant = create(
            &ctx,
            "customer",
            json!({ "name": "Plant", "parent": group.id }),
        );
        let deal = create(
            &ctx,
            "opportunity",
            json!({ "name": "D", "customer": plant.id }),
        );
        assert_eq!(shown(&ctx, &deal, "top"), json!(20));
        assert_eq!(shown(&ctx, &deal, "far"), json!(1));
        assert_eq!(shown(&ctx, &deal, "boss"), json!("Sam Sales"));
        update(&ctx, &group, json!({ "importance": 4 }));
        run(test);
        assert_eq!(shown(&ctx, &plant, "above"), json!(5));
        assert_eq!(shown(&ctx, &deal, "top"), json!(50));
        assert_eq!(shown(&ctx, &deal, "far"), json!(4));
        let admin = test.admin();
        let person = now(&admin, &person(&admin, "Sam Sales"));
        update(&admin, &person, json!({ "name": "Sam Seller" }));
        run(test);
        assert_eq!(
            shown(&test.salesperson(), &deal, "boss"),
            json!("Sam Seller")
        );
    });
}

fn person(ctx: &Context, name: &str) -> Record {
    let request = ListRequest {
        filter: format!("name = \"{name}\""),
        ..ListRequest::default()
    };
    let page = list(ctx, &object(ctx, "user"), &request).unwrap();
    page.records[0].clone()
}

#[test]
fn many_dependants_are_computed_in_pieces_and_survive_a_kill() {
    each(|test| {
        formula(test, "opportunity", "weight", "customer.importance * 10");
        let ctx = test.salesperson();
        let customer = create(&ctx, "customer", json!({ "name": "Big", "importance": 1 }));
        let opportunity = object(&ctx, "opportunity");
        let changes: Vec<Change> = (0..600)
            .map(|at| json!({ "name": format!("d{at}"), "customer": customer.id }))
            .map(|fields| Change::create(&opportunity, members(fields)))
            .collect();
        let saved = batch::run(&ctx, changes, batch::Mode::Atomic);
        let saved = saved.unwrap_or_else(|(_, error)| panic!("{}", words(&error)));
        let deals: Vec<Record> = saved.into_iter().map(|one| one.unwrap().record).collect();
        run(test);
        update(&ctx, &customer, json!({ "importance": 2 }));
        // The process that wrote it is gone; another finds the job.
        let other = test.another(More::default());
        jobs::run_due(&other).unwrap();
        for deal in [&deals[0], &deals[300], &deals[599]] {
            assert_eq!(shown(&ctx, deal, "weight"), json!(20));
        }
        let request = ListRequest {
            filter: "weight = 20".to_owned(),
            count: Counting::Exact,
            ..ListRequest::default()
        };
        let all = count(&ctx, &object(&ctx, "opportunity"), &request).unwrap();
        assert_eq!(all.value, 600);
    });
}

#[test]
fn what_is_published_is_computed_for_rows_that_are_there() {
    each(|test| {
        let pairs = three(test);
        let ctx = test.salesperson();
        formula(test, "opportunity", "weight", "customer.importance * 10");
        let sum = json!({
            "name": "deal_sum", "label": { "zh": "合计", "en": "Sum" }, "kind": "roll_up",
            "measure": "sum", "of": "opportunity", "through": "customer", "field": "amount",
        });
        field(test, "customer", sum);
        run(test);
        let ctx_now = test.salesperson();
        assert_eq!(shown(&ctx_now, &pairs[1].1, "weight"), json!(10));
        assert_eq!(
            shown(&ctx_now, &pairs[1].0, "deal_sum")["amount"],
            json!("100.00")
        );
        let admin = test.admin();
        let table = object(&admin, "opportunity").table.clone();
        let column = object(&admin, "opportunity")
            .field("weight")
            .unwrap()
            .column
            .clone();
        let patch = json!({ "expression": "customer.importance * 100" });
        let changed = Overlay::UpdateField {
            table,
            column,
            patch,
        };
        admin::publish(&admin, vec![changed]).unwrap();
        run(test);
        assert_eq!(
            shown(&test.salesperson(), &pairs[1].1, "weight"),
            json!(100)
        );
        drop(ctx);
        sound(test);
    });
}

/// A roll-up changes without a save, and what reads it follows all the same.
#[test]
fn a_formula_follows_a_roll_up_of_its_own_record() {
    each(|test| {
        let sum = json!({
            "name": "deal_count", "label": { "zh": "数", "en": "Count" }, "kind": "roll_up",
            "measure": "count", "of": "opportunity", "through": "customer",
        });
        field(test, "customer", sum);
        formula(test, "customer", "double", "deal_count * 2");
        formula(test, "opportunity", "siblings", "customer.double");
        let pairs = three(test);
        let ctx = test.salesperson();
        create(
            &ctx,
            "opportunity",
            json!({ "name": "more", "customer": pairs[0].0.id }),
        );
        run(test);
        assert_eq!(shown(&ctx, &pairs[0].0, "deal_count"), json!(2));
        assert_eq!(shown(&ctx, &pairs[0].0, "double"), json!(4));
        assert_eq!(shown(&ctx, &pairs[0].1, "siblings"), json!(4));
        assert_eq!(shown(&ctx, &pairs[1].1, "siblings"), json!(2));
        assert_eq!(names(&ctx, "customer", "double > 2", ""), ["a"]);
    });
}

/// What a group has open is the sum of what its customers have open, which is a sum itself: it follows a deal, a
/// customer that goes to another group, and the condition of what is counted.
#[test]
fn a_roll_up_follows_a_roll_up() {
    each(|test| {
        let sum = |name: &str, condition: Option<&str>| {
            let label = json!({ "zh": name, "en": name });
            let mut json = json!({ "name": name, "label": label, "kind": "roll_up", "of": "customer", "through": "parent",
                "measure": "sum", "field": "open_amount" });
            if let Some(condition) = condition {
                json["expression"] = json!(condition);
            }
            field(test, "customer", json);
        };
        sum("group_open", None);
        sum("group_large", Some("open_amount > 150"));
        let ctx = test.salesperson();
        let [one, other] =
            ["One", "Other"].map(|name| create(&ctx, "customer", json!({ "name": name })));
        let pairs = three(test);
        for (customer, _) in &pairs {
            update(&ctx, customer, json!({ "parent": one.id }));
        }
        let holds = |wanted: [[&str; 2]; 2]| {
            run(test);
            for (group, wanted) in [&one, &other].into_iter().zip(wanted) {
                for (name, wanted) in ["group_open", "group_large"].into_iter().zip(wanted) {
                    let shown = shown(&ctx, group, name);
                    let amount = shown["amount"].as_str().unwrap_or("0.00");
                    assert_eq!(amount, wanted, "{name} of {}", group.title());
                }
            }
            sound(test);
        };
        holds([["300.00", "0.00"], ["0.00", "0.00"]]);
        let fields = json!({ "amount": { "amount": "250", "currency": "CNY" } });
        update(&ctx, &pairs[0].1, fields);
        holds([["450.00", "250.00"], ["0.00", "0.00"]]);
        // The deal changes and the customer moves before the job comes to either.
        let fields = json!({ "amount": { "amount": "400", "currency": "CNY" } });
        update(&ctx, &pairs[0].1, fields);
        update(&ctx, &now(&ctx, &pairs[0].0), json!({ "parent": other.id }));
        holds([["200.00", "0.00"], ["400.00", "400.00"]]);
    });
}

#[test]
fn circles_and_long_chains_are_refused() {
    each(|test| {
        // A result that is declared does not let a circle hold itself up.
        let circle = json!({
            "name": "level_sum", "label": { "zh": "层", "en": "Level" }, "kind": "formula",
            "result": "integer", "expression": "parent.level_sum + 1",
        });
        assert!(refusal(try_field(test, "customer", circle)).contains("422"));
        formula(test, "customer", "f1", "parent.importance");
        for at in 2..=6 {
            formula_of(test, at).unwrap();
        }
        let refused = refusal(formula_of(test, 7));
        assert!(refused.contains("formula_too_deep"), "{refused}");
    });
}

fn formula_of(test: &TestEngine, at: usize) -> Result<(), EngineError> {
    let expression = format!("parent.f{} + 1", at - 1);
    let name = format!("f{at}");
    let label = json!({ "zh": name, "en": name });
    let json = json!({ "name": name, "label": label, "kind": "formula", "expression": expression });
    try_field(test, "customer", json)
}

/// What a child carries into a roll-up reaches whoever follows the log, once per save, and no history.
#[test]
fn a_roll_up_is_in_the_log_and_in_no_history() {
    each(|test| {
        let pairs = three(test);
        let ctx = test.salesperson();
        let customer = now(&ctx, &pairs[0].0);
        let from = test.whole_log();
        let fields = json!({ "amount": { "amount": "250", "currency": "CNY" } });
        update(&ctx, &pairs[0].1, fields);
        let rows = loop {
            let rows = test.engine.store().log_after(from, 100).unwrap();
            if rows.iter().any(|row| row.entry.is_derived()) {
                break rows;
            }
        };
        let derived: Vec<i64> = rows
            .iter()
            .filter(|row| row.entry.is_derived())
            .map(|row| row.entry.seq)
            .collect();
        assert_eq!(derived, [customer.seq]);
        let (history, _) =
            read::history::history(&ctx, &customer.object, customer.id, "", 50).unwrap();
        assert_eq!(history.len(), 1);
        assert_eq!(now(&ctx, &customer).version, customer.version);
        sound(test);
    });
}

/// Filters and orders of roll-ups are answered by the columnar copy, which hears of every change.
#[test]
fn the_columnar_copy_follows_roll_ups() {
    each(|test| {
        pretend_large(test, "customer");
        let pairs = three(test);
        let ctx = test.salesperson();
        let customers = object(&ctx, "customer");
        let asked = |filter: &str| {
            let request = ListRequest {
                filter: filter.to_owned(),
                count: Counting::Exact,
                ..ListRequest::default()
            };
            count(&ctx, &customers, &request).unwrap().value
        };
        assert_eq!(asked("open_opportunities > 0"), 3);
        let copied = test.engine.columns().bytes();
        let more = json!({ "name": "more", "customer": pairs[1].0.id });
        let deal = create(&ctx, "opportunity", more);
        assert_eq!(asked("open_opportunities > 1"), 1);
        assert_eq!(
            names(
                &ctx,
                "customer",
                "open_opportunities > 0",
                "-open_opportunities,name"
            ),
            ["b", "a", "c"]
        );
        let done = json!({ "subject": "Called", "status": "done", "customer": pairs[2].0.id });
        create(&ctx, "call", done);
        assert_eq!(asked("last_contact_at is not null"), 1);
        save(&ctx, Change::remove(&deal.object, deal.id, None)).unwrap();
        assert_eq!(asked("open_opportunities > 1"), 0);
        if test.engine.store().kind() == "sqlite" {
            // PostgreSQL asks the tables while it holds something back.
            assert!(copied > 0, "the copy was asked");
        }
    });
}

/// A row far above the others makes the table look large; it is deleted, so nobody sees it.
pub fn pretend_large(test: &TestEngine, name: &str) {
    let table = object(&test.system(), name).table.clone();
    let id = Cell::Id(uuid::Uuid::from_u128(7));
    test.engine
        .store()
        .change::<_, EngineError>(Weight::Light, move |tx| {
            let row = vec![Cell::Int(20_000), id.clone(), Cell::Int(1)];
            tx.insert(&table, &["seq", "id", "deleted_at"], vec![row])?;
            Ok(())
        })
        .unwrap();
}
