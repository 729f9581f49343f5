//! What nobody needs any more goes, once a day, and nothing else does.

use guanxi_engine::accounts::session;
use guanxi_engine::import::{self, Mapping, Request, Run};
use guanxi_engine::{EngineError, jobs, system};
use guanxi_meta::Cell;
use guanxi_query::cond::Cond;
use guanxi_store::{StoreExt, Weight, log};
use guanxi_testkit::{Backend, TestEngine, create, engine, update};
use serde_json::json;
use uuid::Uuid;

const DAY: i64 = 86_400;

fn each(check: fn(&TestEngine)) {
    for backend in Backend::all() {
        check(&engine(backend));
    }
}

fn count(test: &TestEngine, table: &str, cond: &Cond) -> u64 {
    test.engine
        .store()
        .look(|view| Ok::<_, EngineError>(view.count(table, &[], cond, None)?))
        .unwrap()
}

fn insert(test: &TestEngine, table: &'static str, row: Vec<(&'static str, Cell)>) {
    test.engine
        .store()
        .change::<_, EngineError>(Weight::Light, move |tx| {
            let names: Vec<&str> = row.iter().map(|(name, _)| *name).collect();
            let cells = row.iter().map(|(_, cell)| cell.clone()).collect();
            tx.insert(table, &names, vec![cells])?;
            Ok(())
        })
        .unwrap();
}

fn days(test: &TestEngine, days: i64) {
    for _ in 0..days {
        test.clock.advance(DAY);
        jobs::run_due(&test.engine).unwrap();
    }
}

#[test]
fn rows_go_when_they_had_their_time() {
    each(|test| {
        jobs::run_due(&test.engine).unwrap();
        let ctx = test.salesperson();
        session::start(&ctx, ctx.actor.seq(), "test", "::1").unwrap();
        let now = Cell::Int(ctx.now_micros());
        let key = vec![
            ("person", Cell::Int(1)),
            ("key", Cell::from("k")),
            ("at", now.clone()),
        ];
        insert(test, system::IDEMPOTENCY, key);
        for read_at in [Cell::Null, now.clone()] {
            let notice = vec![
                ("id", Cell::Id(Uuid::now_v7())),
                ("person", Cell::Int(1)),
                ("code", Cell::from("x")),
                ("at", now.clone()),
                ("read_at", read_at),
            ];
            insert(test, system::NOTICE, notice);
        }
        let all = |test: &TestEngine| {
            [system::SESSION, system::IDEMPOTENCY, system::NOTICE]
                .map(|table| count(test, table, &Cond::True))
        };
        assert_eq!(all(test), [1, 1, 2]);
        days(test, 1);
        assert_eq!(all(test), [1, 1, 2]);
        days(test, 2);
        assert_eq!(all(test), [1, 0, 2]);
        days(test, 6);
        assert_eq!(all(test), [0, 0, 2]);
        days(test, 90);
        assert_eq!(all(test), [0, 0, 1]);
        // Kinds that come again have one row, whatever is old.
        let standing = Cond::equal("kind", guanxi_engine::housekeeping::KIND);
        assert_eq!(count(test, system::JOB, &standing), 1);
    });
}

#[test]
fn files_of_imports_go_a_week_after_they_ended() {
    each(|test| {
        jobs::run_due(&test.engine).unwrap();
        let ctx = test.salesperson();
        let receive = || import::receive(&ctx, "a.csv", &mut "name\nA\n".as_bytes()).unwrap();
        let (never, ended) = (receive(), receive());
        let request = Request {
            object: "customer".to_owned(),
            mapping: Mapping::default(),
            mode: None,
            match_fields: Vec::new(),
            run: Run::Write,
        };
        import::run_now(&ctx, ended, &request, &mut |_| {}).unwrap();
        let folder = |id: Uuid| test.engine.files().join("imports").join(id.to_string());
        days(test, 6);
        assert!(folder(never).exists() && folder(ended).exists());
        days(test, 3);
        assert!(!folder(never).exists() && !folder(ended).exists());
        // What it did can still be taken back.
        let undone = import::undo_now(&test.salesperson(), ended, &mut |_| {});
        assert_eq!(undone.unwrap().outcome.undo.unwrap().removed, 1);
    });
}

/// The log tells its followers of derived values for a day; what was done by somebody stays.
#[test]
fn the_log_is_thinned_of_what_nobody_did() {
    each(|test| {
        jobs::run_due(&test.engine).unwrap();
        let ctx = test.salesperson();
        let customer = create(&ctx, "customer", json!({ "name": "C" }));
        let deal = json!({ "name": "D", "customer": customer.id });
        let deal = create(&ctx, "opportunity", deal);
        let amount = json!({ "amount": { "amount": "5", "currency": "CNY" } });
        update(&ctx, &deal, amount);
        guanxi_engine::search::index_all(&test.engine).unwrap();
        let derived = Cond::equal("op", log::DERIVED);
        let whole = count(test, log::TABLE, &!derived.clone());
        assert_eq!(count(test, log::TABLE, &derived), 2);
        days(test, 1);
        days(test, 2);
        assert_eq!(count(test, log::TABLE, &derived), 0);
        assert_eq!(count(test, log::TABLE, &!derived), whole);
    });
}
