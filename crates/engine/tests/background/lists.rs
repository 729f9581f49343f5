//! Fields that lead to several records: found from both ends, whatever happens to either.

use crate::{field, names, now, sound};
use guanxi_engine::read::history::as_of;
use guanxi_engine::read::list::{Counting, ListRequest, count};
use guanxi_engine::read::timeline::related;
use guanxi_engine::write::{Change, save};
use guanxi_engine::{Context, EngineError, Record};
use guanxi_meta::{Cell, links};
use guanxi_query::cond::Cond;
use guanxi_store::{StoreExt, Weight};
use guanxi_testkit::{
    Backend, More, TestEngine, acted, create, engine, object, refusal, try_create, update, words,
};
use serde_json::json;

fn each(check: fn(&TestEngine)) {
    for backend in Backend::all() {
        let test = engine(backend);
        let partners = json!({
            "name": "partners", "label": { "zh": "伙伴", "en": "Partners" },
            "kind": "many_links", "to": "customer",
        });
        field(&test, "opportunity", partners);
        check(&test);
    }
}

fn customer(ctx: &Context, name: &str) -> Record {
    create(ctx, "customer", json!({ "name": name }))
}

fn deal(ctx: &Context, name: &str, partners: &[&Record]) -> Record {
    let partners: Vec<_> = partners.iter().map(|partner| partner.id).collect();
    create(
        ctx,
        "opportunity",
        json!({ "name": name, "partners": partners }),
    )
}

/// Deals that hang on a customer as a partner.
fn around(ctx: &Context, of: &Record) -> Vec<String> {
    let request = ListRequest {
        sort: "name".to_owned(),
        ..ListRequest::default()
    };
    let page = related(
        ctx,
        &object(ctx, "customer"),
        of.id,
        "opportunity.partners",
        request,
    );
    let (_, page) = page.unwrap_or_else(|error| panic!("{}", words(&error)));
    page.records.iter().map(Record::title).collect()
}

#[test]
fn a_list_of_links_is_filtered_from_either_end() {
    each(|test| {
        let ctx = test.salesperson();
        let [a, b, c] = ["a", "b", "c"].map(|name| customer(&ctx, name));
        let one = deal(&ctx, "one", &[&a, &b]);
        deal(&ctx, "two", &[&b]);
        deal(&ctx, "none", &[]);
        let filtered = |filter: &str| names(&ctx, "opportunity", filter, "name");
        assert_eq!(
            filtered(&format!("partners = \"{}\"", b.id)),
            ["one", "two"]
        );
        assert_eq!(filtered(&format!("\"{}\" in partners", a.id)), ["one"]);
        assert_eq!(
            filtered(&format!("partners in (\"{}\", \"{}\")", a.id, c.id)),
            ["one"]
        );
        assert_eq!(filtered(&format!("partners != \"{}\"", b.id)), ["none"]);
        assert_eq!(filtered("partners is null"), ["none"]);
        assert_eq!(around(&ctx, &b), ["one", "two"]);
        assert_eq!(around(&ctx, &c), [""; 0]);
        // The order that people gave is the record's.
        update(&ctx, &one, json!({ "partners": [c.id, b.id] }));
        let shown = now(&ctx, &one);
        assert_eq!(
            shown.field_json(shown.object.position("partners").unwrap()),
            json!([c.id, b.id])
        );
        assert_eq!(around(&ctx, &a), [""; 0]);
        assert_eq!(around(&ctx, &c), ["one"]);
        sound(test);
    });
}

#[test]
fn both_ends_ask_for_rights() {
    each(|test| {
        let (ctx, stranger) = (test.salesperson(), test.stranger());
        let mine = customer(&ctx, "mine");
        deal(&ctx, "mine", &[&mine]);
        let refused = try_create(
            &stranger,
            "opportunity",
            json!({ "name": "x", "partners": [mine.id] }),
        );
        assert_eq!(refusal(refused), "422 partners:not_found");
        // Neither the record nor what hangs on it is there for whoever may not see it.
        let hidden = related(
            &stranger,
            &object(&stranger, "customer"),
            mine.id,
            "opportunity.partners",
            ListRequest::default(),
        );
        assert_eq!(refusal(hidden.map(|_| ())), "404");
        let filter = format!("partners = \"{}\"", mine.id);
        assert_eq!(names(&stranger, "opportunity", &filter, ""), [""; 0]);
        // Who sees the customer does not for that see the deals.
        acted(
            &ctx,
            &mine,
            "share",
            json!({ "with": guanxi_testkit::me(&stranger) }),
        );
        assert_eq!(around(&test.stranger(), &mine), [""; 0]);
    });
}

#[test]
fn removal_restoring_merging_and_unmerging_keep_the_ends_together() {
    each(|test| {
        let ctx = test.manager();
        let [kept, gone] = ["kept", "gone"].map(|name| customer(&ctx, name));
        let one = deal(&ctx, "one", &[&gone]);
        save(&ctx, Change::remove(&one.object, one.id, None)).unwrap();
        assert_eq!(around(&ctx, &gone), [""; 0]);
        save(&ctx, Change::restore(&one.object, one.id)).unwrap();
        assert_eq!(around(&ctx, &gone), ["one"]);
        let before = test.engine.clock().now();
        test.clock.advance(60);
        let ctx = test.manager();
        let merged = acted(&ctx, &kept, "merge", json!({ "with": [gone.id] }));
        assert_eq!(around(&ctx, &kept), ["one"]);
        let was = as_of(&ctx, &object(&ctx, "opportunity"), one.id, before).unwrap();
        assert_eq!(was["partners"], json!([gone.id]));
        sound(test);
        let id = merged["merge"].as_str().unwrap().parse().unwrap();
        guanxi_engine::act::undo_merge(&ctx, id).unwrap();
        assert_eq!(around(&ctx, &kept), [""; 0]);
        assert_eq!(around(&ctx, &gone), ["one"]);
        sound(test);
    });
}

/// Of a large table the columnar copy answers; of these links it asks the database.
#[test]
fn a_list_of_links_is_counted_in_a_large_table() {
    each(|test| {
        crate::derived::pretend_large(test, "opportunity");
        let ctx = test.salesperson();
        let [a, b] = ["a", "b"].map(|name| customer(&ctx, name));
        for at in 0..20 {
            deal(&ctx, &format!("d{at}"), &[&a]);
        }
        deal(&ctx, "both", &[&a, &b]);
        deal(&ctx, "last", &[&b]);
        let counted = |filter: String| {
            let request = ListRequest {
                filter,
                count: Counting::Exact,
                ..ListRequest::default()
            };
            count(&ctx, &object(&ctx, "opportunity"), &request)
                .unwrap()
                .value
        };
        assert_eq!(counted(format!("partners = \"{}\"", b.id)), 2);
        assert_eq!(
            counted(format!("partners = \"{}\" and name = \"both\"", b.id)),
            1
        );
        assert_eq!(counted(format!("not (partners = \"{}\")", b.id)), 20);
    });
}

/// What an earlier version wrote has no rows in the table yet: the next start makes them, once.
#[test]
fn lists_that_are_there_already_are_taken_over() {
    each(|test| {
        let ctx = test.salesperson();
        let a = customer(&ctx, "a");
        let one = deal(&ctx, "one", &[&a]);
        let key = links::key(&one.object, one.object.field("partners").unwrap()).unwrap();
        let name = format!("links:{key}");
        test.engine
            .store()
            .change::<_, EngineError>(Weight::Light, move |tx| {
                tx.delete(links::TABLE, &Cond::True)?;
                tx.delete("gx_setting", &Cond::equal("name", name.as_str()))?;
                // Half of a run that was cut off.
                let row = vec![
                    Cell::from(key.as_str()),
                    Cell::Int(one.seq),
                    Cell::Id(one.id),
                ];
                tx.insert(
                    links::TABLE,
                    &[links::FIELD, links::RECORD, links::TARGET],
                    vec![row],
                )?;
                Ok(())
            })
            .unwrap();
        assert_eq!(around(&ctx, &a), [""; 0]);
        drop(test.another(More::default()));
        assert_eq!(around(&ctx, &a), ["one"]);
        sound(test);
    });
}
