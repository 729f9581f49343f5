//! A whole organisation goes from one database into another, and the checksums say that nothing was lost on the way.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use guanxi_engine::copying::{checksum, copy, index};
use guanxi_engine::{EngineError, audit, search};
use guanxi_query::cond::Cond;
use guanxi_store::{Set, StoreExt, Weight};
use guanxi_testkit::{Backend, Leftover, create, engine, object, try_remove, update};
use serde_json::json;

#[test]
fn a_copy_holds_the_same_on_either_database() {
    for from in Backend::all() {
        for to in Backend::all() {
            let test = engine(from);
            let ctx = test.salesperson();
            let customer = create(
                &ctx,
                "customer",
                json!({ "name": "合肥锅炉", "phone": "0551-6543210" }),
            );
            let customer = update(
                &ctx,
                &customer,
                json!({ "description": "说明", "birthday": "2001-03-02" }),
            );
            create(
                &ctx,
                "contact",
                json!({ "name": "王梅", "customer": customer.id }),
            );
            let gone = create(&ctx, "customer", json!({ "name": "Gone" }));
            try_remove(&ctx, &gone).unwrap();
            let folder = tempfile::tempdir().unwrap();
            let url = to.url(folder.path());
            let _leftover = Leftover::of(&url);
            let store = guanxi_store::open(&url).unwrap();
            let mut told = 0;
            let sums = copy(test.engine.store(), &*store, &mut |rows| told = rows).unwrap();
            assert_eq!(told, sums.rows);
            assert_eq!(
                sums,
                checksum(test.engine.store()).unwrap(),
                "{from:?} to {to:?}"
            );
            assert_eq!(sums, checksum(&*store).unwrap(), "{from:?} to {to:?}");
            // Never on top of anything.
            let again = copy(test.engine.store(), &*store, &mut |_| {});
            assert!(matches!(again, Err(EngineError::Broken(_))));
            drop(store);
            let copied = test.on(&url);
            index(&copied).unwrap();
            let system = copied.system("test").unwrap();
            let found = search::search(&system, "hfgl", None, 5).unwrap();
            assert_eq!(
                found.first().map(|hit| hit.record.id),
                Some(customer.id),
                "{from:?} to {to:?}"
            );
            // Numbers and rows go on where they stood.
            let next = create(&system, "customer", json!({ "name": "Next" }));
            assert!(next.seq > gone.seq && next.get("number").text() > gone.get("number").text());
            let mut troubles = audit::run(&copied, &mut |_| {}).unwrap();
            troubles.retain(|finding| finding.problems > 0);
            assert!(troubles.is_empty(), "{from:?} to {to:?}: {troubles:#?}");
        }
    }
}

#[test]
fn a_copy_is_of_one_moment_while_others_write() {
    for backend in Backend::all() {
        let test = engine(backend);
        let folder = tempfile::tempdir().unwrap();
        let url = Backend::Sqlite.url(folder.path());
        let store = guanxi_store::open(&url).unwrap();
        let done = std::sync::atomic::AtomicBool::new(false);
        let copied = std::thread::scope(|scope| {
            scope.spawn(|| {
                let ctx = test.salesperson();
                while !done.load(std::sync::atomic::Ordering::Relaxed) {
                    let one = create(&ctx, "customer", json!({ "name": "Meanwhile" }));
                    create(
                        &ctx,
                        "opportunity",
                        json!({ "name": "D", "customer": one.id }),
                    );
                }
            });
            let copied = copy(test.engine.store(), &*store, &mut |_| {});
            done.store(true, std::sync::atomic::Ordering::Relaxed);
            copied
        });
        copied.unwrap();
        drop(store);
        let mut troubles = audit::run(&test.on(&url), &mut |_| {}).unwrap();
        troubles.retain(|finding| finding.problems > 0);
        assert!(troubles.is_empty(), "{backend:?}: {troubles:#?}");
    }
}

#[test]
fn one_cell_more_is_another_checksum() {
    let test = engine(Backend::Sqlite);
    let ctx = test.salesperson();
    let customer = create(&ctx, "customer", json!({ "name": "A" }));
    let before = checksum(test.engine.store()).unwrap();
    assert_eq!(before, checksum(test.engine.store()).unwrap());
    let table = object(&ctx, "customer").table.clone();
    let this = Cond::equal("id", customer.id);
    test.engine
        .store()
        .change(Weight::Light, move |tx| {
            tx.update(&table, &[("version", Set::Add(1))], &this)?;
            Ok::<_, EngineError>(())
        })
        .unwrap();
    let after = checksum(test.engine.store()).unwrap();
    assert_eq!(after.rows, before.rows);
    assert_ne!(after.checksum, before.checksum);
}
