//! Saved views have indexes for their filters, which come and go with them.

use crate::{field, sound};
use guanxi_engine::views::Sharing;
use guanxi_engine::{Context, jobs, view_indexes, views};
use guanxi_meta::IndexSpec;
use guanxi_testkit::{Backend, More, TestEngine, create, engine, object};
use serde_json::json;

fn each(check: fn(&TestEngine)) {
    for backend in Backend::all() {
        check(&engine(backend));
    }
}

fn keep(ctx: &Context, name: &str, query: &str) -> uuid::Uuid {
    views::save(ctx, "customer", (name, query), Sharing::Nobody).unwrap()
}

/// Columns of the indexes of customers that no declaration asks for.
fn further(test: &TestEngine) -> Vec<String> {
    let customer = object(&test.admin(), "customer");
    let declared = customer.table_spec();
    let tables = test.engine.store().tables().unwrap();
    let table = tables
        .into_iter()
        .find(|table| table.name == customer.table)
        .unwrap();
    let further = |index: &IndexSpec| !declared.indexes.contains(index);
    let mut names: Vec<String> = table
        .indexes
        .into_iter()
        .filter(further)
        .map(|index| index.columns.join(","))
        .collect();
    names.sort();
    names
}

fn run(test: &TestEngine) {
    jobs::run_due(&test.engine).unwrap();
}

#[test]
fn an_index_comes_with_a_view_and_goes_with_the_last_one() {
    each(|test| {
        let (one, other) = (test.salesperson(), test.manager());
        create(
            &one,
            "customer",
            json!({ "name": "A", "industry": "steel" }),
        );
        let query = "filter=industry+%3D+%22steel%22+and+importance+%3E%3D+3&sort=name";
        let first = keep(&one, "Steel", query);
        let second = keep(&other, "Stahl", query);
        // What no index serves, and what one serves already.
        keep(&one, "Boiler", "filter=name+~+%22boiler%22");
        keep(&one, "Bad", "filter=nonsense+%3D+1");
        keep(&one, "All", "sort=-created_at");
        assert!(further(test).is_empty());
        run(test);
        let column = |name: &str| {
            let customer = object(&test.admin(), "customer");
            customer.field(name).unwrap().column.clone()
        };
        let wanted = format!("{},{}", column("industry"), column("importance"));
        assert_eq!(further(test), [wanted.as_str()]);
        // Neither publishing nor another start takes it away.
        let label = json!({ "zh": "新", "en": "New" });
        field(
            test,
            "customer",
            json!({ "name": "newer", "label": label, "kind": "text" }),
        );
        drop(test.another(More::default()));
        assert_eq!(further(test), [wanted.as_str()]);
        views::remove(&one, first).unwrap();
        run(test);
        assert_eq!(further(test), [wanted.as_str()]);
        views::remove(&other, second).unwrap();
        run(test);
        assert!(further(test).is_empty());
        sound(test);
    });
}

#[test]
fn an_object_has_a_few_of_them_and_those_that_most_people_ask_for() {
    each(|test| {
        let ctx = test.salesperson();
        let fields = [
            "importance",
            "friendliness",
            "satisfaction",
            "credit",
            "birthday",
            "follow_up_on",
            "status",
            "level",
            "source",
            "type",
            "industry",
        ];
        let condition = |name: &str| match name {
            "birthday" | "follow_up_on" => format!("{name}+>=+2026-01-01"),
            "importance" | "friendliness" | "satisfaction" | "credit" => format!("{name}+>=+3"),
            "status" => "status+%3D+%22active%22".to_owned(),
            "level" => "level+%3D+%22a%22".to_owned(),
            "type" => "type+%3D+%22person%22".to_owned(),
            _ => format!("{name}+%3D+%22x%22"),
        };
        for name in fields {
            keep(&ctx, name, &format!("filter={}", condition(name)));
        }
        let loved = format!("filter={}", condition("industry"));
        keep(&test.manager(), "loved", &loved);
        run(test);
        let names = further(test);
        assert!(names.len() <= view_indexes::MOST, "{names:?}");
        assert!(names.len() > 4, "{names:?}");
        let customer = object(&ctx, "customer");
        let industry = &customer.field("industry").unwrap().column;
        assert!(names.contains(industry), "{names:?}");
    });
}
