//! The copy answers what the store and a naive evaluation answer, whatever was written in between and by whom.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod model;

use guanxi_columns::{Ask, Columns, From, Limits};
use guanxi_meta::Cell;
use guanxi_query::cond::{Aggregate, Cond, Measure, Order, Select};
use guanxi_store::{Row, Store, StoreExt};
use model::{Bench, Dice, columns_of, random_cond, random_order};
use proptest::prelude::*;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

const WAIT: Duration = Duration::from_secs(30);

fn ask<'a>(bench: &'a Bench, cond: &'a Cond) -> Ask<'a> {
    Ask {
        table: &bench.spec,
        cond,
        patience: WAIT,
    }
}

fn stored(store: &dyn Store, cond: &Cond, order: &[Order], from: From<'_>) -> Vec<Row> {
    let mut select = Select::from(
        model::TABLE,
        order.iter().map(|order| order.column.clone()).collect(),
    )
    .filter(cond.clone())
    .limit(from.limit as u32);
    select.order = order.to_vec();
    select.after = from.after.map(|(cells, seq)| (cells.to_vec(), seq));
    store.look(|view| view.select(&select)).unwrap()
}

/// Everything that can be asked about one condition, from the copy and from the store.
fn check(bench: &Bench, columns: &Columns, cond: &Cond, dice: &mut Dice) {
    let expected: Vec<i64> = bench
        .rows
        .iter()
        .filter(|row| bench.holds(cond, row))
        .map(|row| row.seq)
        .collect();
    let counted = columns.count(ask(bench, cond)).unwrap();
    assert_eq!(counted, Some(expected.len() as u64), "count of {cond:?}");

    let every: Vec<i64> = bench
        .rows
        .iter()
        .map(|row| row.seq)
        .chain([0, -7, 1 << 40])
        .collect();
    assert_eq!(
        columns.standing(ask(bench, cond), &every).unwrap(),
        Some(expected),
        "standing of {cond:?}"
    );

    let order = random_order(dice);
    let mut after: Option<(Vec<Cell>, i64)> = None;
    let limit = 1 + dice.roll(9) as usize;
    for _ in 0..4 {
        let from = From {
            after: after.as_ref().map(|(cells, seq)| (cells.as_slice(), *seq)),
            limit,
        };
        let rows = stored(&*bench.store, cond, &order, from);
        let seqs: Vec<i64> = rows.iter().map(|row| row.seq).collect();
        assert_eq!(
            columns.page(ask(bench, cond), &order, from).unwrap(),
            Some(seqs),
            "{cond:?} by {order:?} {after:?}"
        );
        let Some(last) = rows.into_iter().next_back() else {
            break;
        };
        after = Some((last.cells, last.seq));
    }

    let group: Vec<String> = (0..dice.roll(3))
        .map(|_| dice.pick(&["kind", "rank", "name", "amount"]).to_string())
        .collect();
    let measures = [
        Measure::Count,
        Measure::Sum("amount".into()),
        Measure::Min("rank".into()),
        Measure::Max("amount".into()),
    ];
    let aggregate = Aggregate {
        table: model::TABLE.to_owned(),
        branches: Vec::new(),
        cond: cond.clone(),
        group: group.clone(),
        measures: measures.to_vec(),
    };
    let expected = bench.store.look(|view| view.aggregate(&aggregate)).unwrap();
    assert_eq!(
        columns.group(ask(bench, cond), &group, &measures).unwrap(),
        Some(expected),
        "{group:?} of {cond:?}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, max_shrink_iters: 0, ..ProptestConfig::default() })]

    #[test]
    fn the_copy_answers_what_the_store_answers_whatever_was_written_in_between(seed in any::<u64>()) {
        let mut dice = Dice::new(!seed);
        let mut bench = Bench::new(dice.roll(300) as usize, seed);
        let columns = columns_of(&bench, Limits::default());
        for _ in 0..4 {
            let rebuilt = columns_of(&bench, Limits::default());
            for _ in 0..6 {
                let cond = random_cond(&mut dice, &bench, 3);
                let again = dice.clone();
                check(&bench, &columns, &cond, &mut dice);
                check(&bench, &rebuilt, &cond, &mut again.clone());
            }
            bench.write_at_random(&mut dice, 60);
        }
    }
}

#[test]
fn every_committed_change_is_in_the_next_answer_while_others_write() {
    let bench = Arc::new(Bench::new(20_000, 3));
    let columns = columns_of(&bench, Limits::default());
    let other = columns_of(&bench, Limits::default());
    let (written, all) = (
        AtomicU64::new(0),
        Cond::equal("kind", "fresh").and(Cond::null("deleted_at")),
    );
    let writers = 3;
    std::thread::scope(|scope| {
        for writer in 0..writers {
            let (bench, written) = (bench.clone(), &written);
            scope.spawn(move || {
                for at in 0..60 {
                    bench.create_fresh(writer * 1_000 + at);
                    written.fetch_add(1, Ordering::SeqCst);
                }
            });
        }
        for columns in [&columns, &other] {
            let (bench, written, all) = (&bench, &written, &all);
            scope.spawn(move || {
                let end = std::time::Instant::now() + WAIT;
                while std::time::Instant::now() < end {
                    let before = written.load(Ordering::SeqCst);
                    let counted = columns.count(ask(bench, all)).unwrap().unwrap();
                    assert!(counted >= before, "{counted} of {before}");
                    if before == writers * 60 {
                        break;
                    }
                    // Another column now and then, so that loading and writing meet.
                    let cond =
                        Cond::compare("rank", guanxi_query::cond::Op::Less, counted as i64 % 5);
                    columns.count(ask(bench, &cond)).unwrap().unwrap();
                }
            });
        }
    });
    for columns in [columns, other] {
        assert_eq!(
            columns.count(ask(&bench, &all)).unwrap(),
            Some(writers * 60)
        );
    }
}

#[test]
fn another_process_sees_the_change_and_so_does_this_one() {
    let mut bench = Bench::new(500, 8);
    let columns = columns_of(&bench, Limits::default());
    let kind = Cond::equal("kind", "a");
    columns.count(ask(&bench, &kind)).unwrap().unwrap();
    // A second store on the same file stands for another process.
    let elsewhere = bench.elsewhere();
    let mut dice = Dice::new(4);
    let here = std::mem::replace(&mut bench.store, elsewhere);
    bench.write_at_random(&mut dice, 200);
    bench.store = here;
    for _ in 0..20 {
        let cond = random_cond(&mut dice, &bench, 2);
        check(&bench, &columns, &cond, &mut dice);
    }
}

#[test]
fn a_grant_is_a_condition_like_any_other() {
    let mut bench = Bench::new(400, 5);
    let columns = columns_of(&bench, Limits::default());
    let grant = |person: i64| model::grant(&bench.object(), person);
    let mut dice = Dice::new(9);
    for person in 1..6 {
        let cond = grant(person).cond().and(Cond::null("deleted_at"));
        let expected = bench.count(&cond);
        assert_eq!(columns.count(ask(&bench, &cond)).unwrap(), Some(expected));
    }
    // A share is no change of the row and no entry of the log; it counts at once, and its end too.
    let cond = grant(3).cond();
    let hidden = bench
        .rows
        .iter()
        .find(|row| !bench.holds_in_store(&cond, row.seq))
        .unwrap()
        .clone();
    let before = columns.count(ask(&bench, &cond)).unwrap().unwrap();
    bench.share(&hidden, 3);
    assert_eq!(columns.count(ask(&bench, &cond)).unwrap(), Some(before + 1));
    assert_eq!(
        columns.standing(ask(&bench, &cond), &[hidden.seq]).unwrap(),
        Some(vec![hidden.seq])
    );
    bench.unshare();
    assert_eq!(
        columns.standing(ask(&bench, &cond), &[hidden.seq]).unwrap(),
        Some(vec![])
    );
    // A row that is handed over stands elsewhere with the next answer.
    let cond = grant(4).cond().and(Cond::null("deleted_at"));
    for _ in 0..5 {
        bench.write_at_random(&mut dice, 50);
        assert_eq!(
            columns.count(ask(&bench, &cond)).unwrap(),
            Some(bench.count(&cond))
        );
    }
    assert_eq!(columns.count(ask(&bench, &Cond::False)).unwrap(), Some(0));
}

#[test]
fn what_the_copy_cannot_answer_is_left_to_the_database() {
    let bench = Bench::new(50, 6);
    let columns = columns_of(&bench, Limits::default());
    let none =
        |cond: Cond| assert_eq!(columns.count(ask(&bench, &cond)).unwrap(), None, "{cond:?}");
    none(Cond::equal("no_such_column", 1));
    none(Cond::equal("rank", "text"));
    none(Cond::equal("kind", 1));
    none(Cond::among("rank", vec![Cell::from(1), Cell::from("a")]));
    none(Cond::Contains {
        column: "rank".into(),
        folded: "1".into(),
    });
    none(!Cond::ListHas {
        column: "title_key".into(),
        item: "1".into(),
    });
    let by = |column: &str| {
        vec![Order {
            column: column.to_owned(),
            direction: guanxi_query::cond::Direction::Ascending,
        }]
    };
    let cells = [Cell::from("not a number")];
    let from = From {
        after: Some((&cells, 1)),
        limit: 5,
    };
    assert_eq!(
        columns
            .page(ask(&bench, &Cond::True), &by("rank"), from)
            .unwrap(),
        None
    );
    assert_eq!(
        columns
            .group(
                ask(&bench, &Cond::True),
                &[],
                &[Measure::Max("name".into())]
            )
            .unwrap(),
        None
    );
}

#[test]
fn a_number_that_stands_for_null_is_not_answered() {
    let mut bench = Bench::new(50, 6);
    let columns = columns_of(&bench, Limits::default());
    let cond = Cond::compare("amount", guanxi_query::cond::Op::Less, 0);
    assert!(columns.count(ask(&bench, &cond)).unwrap().is_some());
    bench.update(0, "amount", Cell::Int(i64::MIN));
    assert_eq!(columns.count(ask(&bench, &cond)).unwrap(), None);
    bench.update(0, "amount", Cell::Int(-1));
    let expected = bench.count(&cond);
    assert_eq!(
        columns
            .count(ask(&bench, &cond))
            .unwrap()
            .unwrap_or(expected),
        expected
    );
}

#[test]
fn memory_has_a_limit_and_idle_columns_go() {
    let bench = Bench::new(30_000, 7);
    let small = columns_of(
        &bench,
        Limits {
            memory_bytes: 300_000,
            ..Limits::default()
        },
    );
    let by_kind = Cond::equal("kind", "a");
    let by_rank = Cond::equal("rank", 1);
    let by_name = Cond::Contains {
        column: "name".into(),
        folded: "a".into(),
    };
    for cond in [&by_kind, &by_rank, &by_kind] {
        assert_eq!(
            small.count(ask(&bench, cond)).unwrap(),
            Some(bench.count(cond))
        );
        assert!(small.bytes() <= 300_000);
    }
    assert_eq!(
        small
            .count(ask(&bench, &by_name.clone().and(Cond::equal("amount", 1))))
            .unwrap(),
        None,
        "too large"
    );
    assert_eq!(
        small.count(ask(&bench, &by_rank)).unwrap(),
        Some(bench.count(&by_rank))
    );

    let idle = columns_of(
        &bench,
        Limits {
            idle: Duration::ZERO,
            ..Limits::default()
        },
    );
    idle.count(ask(&bench, &by_name)).unwrap().unwrap();
    assert!(idle.bytes() > 0);
    std::thread::sleep(Duration::from_millis(5));
    idle.tidy();
    assert_eq!(idle.bytes(), 0);
    assert_eq!(
        idle.count(ask(&bench, &by_name)).unwrap(),
        Some(bench.count(&by_name))
    );
}

#[test]
fn who_cannot_wait_is_answered_by_the_database_until_the_columns_are_there() {
    let bench = Bench::new(30_000, 2);
    let columns = columns_of(&bench, Limits::default());
    let cond = Cond::equal("kind", "a");
    let now = Ask {
        table: &bench.spec,
        cond: &cond,
        patience: Duration::ZERO,
    };
    assert_eq!(columns.count(now).unwrap(), None);
    let found = (0..3_000).find_map(|_| {
        std::thread::sleep(Duration::from_millis(10));
        columns.count(now).unwrap()
    });
    assert_eq!(found, Some(bench.count(&cond)));
}
