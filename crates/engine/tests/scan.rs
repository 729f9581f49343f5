//! Lists of a large table come from the columnar copy: the same rows for the same person as from the database.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use guanxi_engine::Context;
use guanxi_engine::read::list::{Counting, ListRequest, list};
use guanxi_meta::Cell;
use guanxi_store::{StoreExt, Weight};
use guanxi_testkit::{Backend, TestEngine, acted, create, engine, me, object, try_remove, update};
use serde_json::json;
use uuid::Uuid;

/// Every page of a list, and its exact count.
fn every(ctx: &Context, filter: &str, sort: &str) -> (Vec<Uuid>, u64) {
    let customers = object(ctx, "customer");
    let mut request = ListRequest {
        filter: filter.to_owned(),
        sort: sort.to_owned(),
        limit: Some(3),
        count: Counting::Exact,
        ..ListRequest::default()
    };
    let mut ids = Vec::new();
    loop {
        let page = list(ctx, &customers, &request)
            .unwrap_or_else(|error| panic!("{filter} by {sort}: {error}"));
        let count = page.count.unwrap();
        assert!(count.exact);
        ids.extend(page.records.iter().map(|record| record.id));
        match page.next {
            Some(next) => request.cursor = next,
            None => return (ids, count.value),
        }
    }
}

const QUESTIONS: [(&str, &str); 9] = [
    ("region = \"East\"", ""),
    ("region in (\"East\", \"West\") and name ~ \"锅炉\"", "name"),
    ("not (region = \"East\")", "-region,name"),
    ("", "region,-name"),
    ("owner = $me", "updated_at"),
    ("name ^= \"合肥\" or industry is null", "-industry"),
    ("tags = null or created_at > today() - 3d", "-name"),
    ("phone ~ \"138\"", "id"),
    ("owner.name ~ \"s\" and region = \"East\"", "owner,name"),
];

/// A row far above the others makes the table look large; it is deleted, so nobody sees it.
fn pretend_large(test: &TestEngine) {
    let row = vec![
        Cell::Int(20_000),
        Cell::Id(Uuid::from_u128(7)),
        Cell::Int(1),
    ];
    let table = object(&test.system(), "customer").table.clone();
    let change = move |tx: &mut dyn guanxi_store::Transaction| {
        tx.insert(&table, &["seq", "id", "deleted_at"], vec![row.clone()])
            .map(drop)
    };
    test.engine
        .store()
        .change::<_, guanxi_store::StoreError>(Weight::Light, change)
        .unwrap();
}

#[test]
fn the_copy_gives_everybody_the_rows_that_the_database_gives() {
    for backend in Backend::all() {
        same_rows(&engine(backend));
    }
}

fn same_rows(test: &TestEngine) {
    let people = [
        "admin",
        "head",
        "manager",
        "salesperson",
        "colleague",
        "stranger",
        "service",
        "reader",
    ];
    let mut made = Vec::new();
    for at in 0..48 {
        // Only some may leave a record to nobody.
        let ctx = test.person(people[if at % 5 == 0 { 0 } else { at % 6 }]);
        let region = ["East", "West", "North"][at % 3];
        let mut fields =
            json!({ "name": format!("合肥{}{at}", ["锅炉", "电力"][at % 2]), "region": region });
        if at % 4 == 0 {
            fields["industry"] = json!("energy");
        }
        if at % 5 == 0 {
            fields["owner"] = json!(null);
        }
        made.push(create(&ctx, "customer", fields));
    }
    let ask = |filter: &str, sort: &str| -> Vec<Option<(Vec<Uuid>, u64)>> {
        people
            .iter()
            .map(|person| {
                let ctx = test.person(person);
                // A question that this pack cannot be asked is none.
                let request = ListRequest {
                    filter: filter.to_owned(),
                    sort: sort.to_owned(),
                    ..ListRequest::default()
                };
                list(&ctx, &object(&ctx, "customer"), &request)
                    .ok()
                    .map(|_| every(&ctx, filter, sort))
            })
            .collect()
    };
    let small: Vec<_> = QUESTIONS
        .iter()
        .map(|(filter, sort)| ask(filter, sort))
        .collect();
    assert_eq!(test.engine.columns().bytes(), 0);
    assert!(small.iter().filter(|answers| answers[0].is_some()).count() > QUESTIONS.len() / 2);
    pretend_large(test);
    for ((filter, sort), expected) in QUESTIONS.iter().zip(&small) {
        assert_eq!(&ask(filter, sort), expected, "{filter} by {sort}");
    }
    assert!(
        test.engine.columns().bytes() > 0,
        "nothing came from the copy"
    );
}

#[test]
fn a_save_a_removal_and_a_handover_are_in_the_next_answer() {
    for backend in Backend::all() {
        next_answers(&engine(backend));
    }
}

fn next_answers(test: &TestEngine) {
    let (sam, stan) = (test.salesperson(), test.stranger());
    let first = create(
        &sam,
        "customer",
        json!({ "name": "First", "region": "East" }),
    );
    pretend_large(test);
    let east = |ctx: &Context| every(ctx, "region = \"East\"", "name");
    assert_eq!(east(&sam), (vec![first.id], 1));
    assert_eq!(east(&stan), (vec![], 0));
    let second = create(
        &sam,
        "customer",
        json!({ "name": "Second", "region": "East" }),
    );
    assert_eq!(east(&sam), (vec![first.id, second.id], 2));
    update(&sam, &second, json!({ "region": "West" }));
    assert_eq!(east(&sam), (vec![first.id], 1));
    acted(
        &test.admin(),
        &first,
        "handover",
        json!({ "to": me(&stan) }),
    );
    assert_eq!(east(&stan), (vec![first.id], 1));
    assert_eq!(
        every(&sam, "region in (\"East\", \"West\")", "name"),
        (vec![second.id], 1)
    );
    try_remove(&test.admin(), &first).unwrap();
    assert_eq!(east(&stan), (vec![], 0));
}
