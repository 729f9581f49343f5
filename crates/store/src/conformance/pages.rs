//! Pages by key: every row once, in the same order, whatever the keys, the nulls and the branches.

use super::Named;
use super::model::{Dice, Model, random_cond};
use crate::StoreError;
use crate::traits::{Row, Store, StoreExt};
use guanxi_meta::Cell;
use guanxi_query::cond::{Cond, Direction, Lock, Order, Select};
use std::sync::Arc;

pub const CASES: &[Named] = &[
    ("pages by key follow the model", pages),
    ("branches are merged in order", branches),
    ("many branches", many_branches),
    ("locked rows come in order, also from branches", locked),
];

fn answer(store: &Arc<dyn Store>, select: &Select) -> Vec<Row> {
    store
        .look::<_, StoreError>(|view| view.select(select))
        .unwrap()
}

/// Walks through all pages and compares each with the model.
fn walk(store: &Arc<dyn Store>, model: &Model, mut select: Select) {
    let whole = model.select(&Select {
        limit: None,
        ..select.clone()
    });
    let mut walked = Vec::new();
    loop {
        let page = answer(store, &select);
        assert_eq!(page, model.select(&select), "{select:?}");
        let Some(last) = page.last() else { break };
        select.after = Some((last.cells[..select.order.len()].to_vec(), last.seq));
        walked.extend(page);
        assert!(walked.len() <= whole.len(), "rows come twice: {select:?}");
    }
    assert_eq!(walked, whole, "{select:?}");
}

fn random_orders(dice: &mut Dice) -> Vec<Order> {
    let mut columns = vec!["rank", "owner", "name", "key"];
    (0..dice.roll(4))
        .map(|_| {
            let column = columns.remove(dice.roll(columns.len() as u64) as usize);
            let direction = *dice.pick(&[Direction::Ascending, Direction::Descending]);
            Order {
                column: column.to_owned(),
                direction,
            }
        })
        .collect()
}

/// The order's columns come first among the columns, so that `walk` finds the last row's keys.
fn random_select(dice: &mut Dice, table: &str) -> Select {
    let order = random_orders(dice);
    let mut columns: Vec<String> = order.iter().map(|order| order.column.clone()).collect();
    columns.push("id".to_owned());
    let mut select = Select::from(table, columns).limit(1 + dice.roll(40) as u32);
    select.order = order;
    select
}

fn pages(store: &Arc<dyn Store>) {
    let model = Model::fill(store, "page_random", 160);
    let mut dice = Dice::new(5);
    for _ in 0..40 {
        let mut select = random_select(&mut dice, "page_random");
        if dice.roll(2) == 0 {
            select.cond = random_cond(&mut dice, &model, 1);
        }
        walk(store, &model, select);
    }
    // `seq` as a key of its own.
    for direction in [Direction::Ascending, Direction::Descending] {
        let select = Select::of("page_random", &["seq", "id"])
            .order("seq", direction)
            .limit(33);
        let rows = answer(store, &select);
        let expected = model.select(&Select {
            order: Vec::new(),
            ..select.clone()
        });
        if direction == Direction::Descending {
            assert_eq!(rows, expected);
        } else {
            let first: Vec<i64> = model.rows.iter().take(33).map(|row| row.seq).collect();
            assert_eq!(rows.iter().map(|row| row.seq).collect::<Vec<_>>(), first);
        }
    }
}

fn branches(store: &Arc<dyn Store>) {
    let model = Model::fill(store, "page_branch", 160);
    let mut dice = Dice::new(9);
    let all: Vec<Cond> = (-2..5)
        .map(|owner| Cond::equal("owner", owner))
        .chain([Cond::null("owner")])
        .collect();
    for _ in 0..40 {
        let mut select = random_select(&mut dice, "page_branch");
        select.branches = all.iter().filter(|_| dice.roll(2) == 0).cloned().collect();
        select.branches.push(Cond::False);
        if dice.roll(2) == 0 {
            select.cond = random_cond(&mut dice, &model, 1);
        }
        walk(store, &model, select);
    }
}

fn many_branches(store: &Arc<dyn Store>) {
    let model = Model::fill(store, "page_many", 60);
    let mut select = Select::of("page_many", &["rank"])
        .order("rank", Direction::Ascending)
        .limit(25);
    select.branches = (-300..700)
        .map(|owner| Cond::equal("owner", owner))
        .collect();
    walk(store, &model, select);
}

fn locked(store: &Arc<dyn Store>) {
    let model = Model::fill(store, "page_lock", 50);
    let mut select = Select::of("page_lock", &["rank"])
        .order("rank", Direction::Descending)
        .limit(20);
    select.branches = vec![Cond::equal("owner", 1), Cond::equal("owner", 2)];
    let expected = model.select(&select);
    select.lock = Lock::ForUpdate;
    let rows = store
        .change::<_, StoreError>(crate::Weight::Light, move |transaction| {
            transaction.select(&select)
        })
        .unwrap();
    assert_eq!(rows, expected);
    assert!(rows.iter().any(|row| row.cells != [Cell::Null]));
}
