//! Conditions, counts and groups mean the same on every store.

use super::Named;
use super::model::{Dice, Model, NAMES, cell, holds, random_cond};
use crate::StoreError;
use crate::traits::{Store, StoreExt};
use guanxi_meta::{Cell, text};
use guanxi_query::cond::{Aggregate, Cond, Measure, Op, Select};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub const CASES: &[Named] = &[
    (
        "random conditions answer what the model answers",
        conditions,
    ),
    (
        "nothing is equal to null, and not is its opposite",
        negation,
    ),
    ("folding in the database is folding in Rust", folding),
    ("counts stop at their limit", counts),
    ("groups and measures", groups),
    ("among follows rows of another table", among),
];

fn seqs(store: &Arc<dyn Store>, select: &Select) -> BTreeSet<i64> {
    let rows = store
        .look::<_, StoreError>(|view| view.select(select))
        .unwrap();
    rows.into_iter().map(|row| row.seq).collect()
}

fn conditions(store: &Arc<dyn Store>) {
    let model = Model::fill(store, "cond_random", 300);
    let mut dice = Dice::new(11);
    for _ in 0..250 {
        let cond = random_cond(&mut dice, &model, 3);
        let expected: BTreeSet<i64> = model
            .rows
            .iter()
            .filter(|row| holds(&cond, row))
            .map(|row| row.seq)
            .collect();
        let found = seqs(store, &Select::of("cond_random", &[]).filter(cond.clone()));
        assert_eq!(found, expected, "{cond:?}");
    }
}

fn negation(store: &Arc<dyn Store>) {
    let model = Model::fill(store, "cond_not", 120);
    let ask = |cond: &Cond| seqs(store, &Select::of("cond_not", &[]).filter(cond.clone()));
    let all: BTreeSet<i64> = model.rows.iter().map(|row| row.seq).collect();
    assert!(ask(&Cond::equal("rank", Cell::Null)).is_empty());
    assert_eq!(ask(&!Cond::equal("rank", Cell::Null)), all);
    for cond in [
        Cond::equal("rank", 3),
        Cond::compare("owner", Op::Less, 2),
        Cond::null("name"),
        Cond::equal("rank", 1).and(Cond::equal("owner", 1)),
        Cond::among("rank", vec![Cell::Int(1), Cell::Null]),
    ] {
        let (yes, no) = (ask(&cond), ask(&!cond.clone()));
        assert!(yes.is_disjoint(&no), "{cond:?}");
        assert_eq!(yes.len() + no.len(), all.len(), "{cond:?}");
    }
}

fn folding(store: &Arc<dyn Store>) {
    let model = Model::fill(store, "cond_fold", 200);
    let words = [
        "société",
        "ＡＢＣ",
        "ＺÜＲＩＣＨ",
        "STRASSE",
        "ελλασ",
        "锅炉",
        "%",
        "_",
        "\\",
        "İ",
        "ŁÓDŹ",
        "ｶﾞ",
        "①",
        "\u{202d}a",
    ];
    let mut texts: Vec<String> = NAMES
        .iter()
        .chain(&words)
        .map(|&text| text.to_owned())
        .collect();
    texts.extend([
        "Łódź İstanbul Ørsted Þór".to_owned(),
        "ｶﾞｽ e\u{301}te\u{301}".to_owned(),
    ]);
    let rows: Vec<Vec<Cell>> = texts
        .iter()
        .map(|text| vec![Cell::from(text.as_str())])
        .collect();
    let added = store
        .change::<_, StoreError>(crate::Weight::Light, move |transaction| {
            transaction.insert("cond_fold", &["name"], rows.clone())
        })
        .unwrap();
    let mut all: Vec<(i64, String)> = added.into_iter().zip(texts.clone()).collect();
    all.extend(
        model
            .rows
            .iter()
            .filter_map(|row| Some((row.seq, cell(row, "name").text()?.to_owned()))),
    );
    for word in &texts {
        let folded = text::fold(word);
        type Test = fn(&str, &str) -> bool;
        let tests: [(Cond, Test); 2] = [
            (
                Cond::Contains {
                    column: "name".to_owned(),
                    folded: folded.clone(),
                },
                |a, b| a.contains(b),
            ),
            (
                Cond::StartsWith {
                    column: "name".to_owned(),
                    folded: folded.clone(),
                },
                |a, b| a.starts_with(b),
            ),
        ];
        for (cond, test) in tests {
            let expected: BTreeSet<i64> = all
                .iter()
                .filter(|(_, text)| test(&text::fold(text), &folded))
                .map(|(seq, _)| *seq)
                .collect();
            assert_eq!(
                seqs(store, &Select::of("cond_fold", &[]).filter(cond.clone())),
                expected,
                "{cond:?}"
            );
        }
    }
}

fn counts(store: &Arc<dyn Store>) {
    let model = Model::fill(store, "cond_count", 300);
    let cond = Cond::compare("rank", Op::Greater, 0);
    let branches = [
        Cond::equal("owner", 1),
        Cond::equal("owner", 2),
        Cond::null("owner"),
    ];
    let all = model.rows.iter().filter(|row| holds(&cond, row)).count() as u64;
    let some = model
        .rows
        .iter()
        .filter(|row| holds(&cond, row) && branches.iter().any(|branch| holds(branch, row)))
        .count() as u64;
    let count = |branches: &[Cond], limit| {
        store
            .look::<_, StoreError>(|view| view.count("cond_count", branches, &cond, limit))
            .unwrap()
    };
    assert_eq!(count(&[], None), all);
    assert_eq!(count(&branches, None), some);
    assert_eq!(count(&branches, Some(20)), some.min(20));
    assert_eq!(count(&[], Some(100_000)), all);
    assert_eq!(count(&[Cond::False], None), 0);
}

fn groups(store: &Arc<dyn Store>) {
    let model = Model::fill(store, "cond_group", 200);
    let question = Aggregate {
        table: "cond_group".to_owned(),
        branches: vec![
            Cond::compare("rank", Op::Less, 3),
            Cond::compare("rank", Op::GreaterOrEqual, 3),
        ],
        cond: Cond::True,
        group: vec!["owner".to_owned()],
        measures: vec![
            Measure::Count,
            Measure::Sum("rank".to_owned()),
            Measure::Min("name".to_owned()),
            Measure::Max("id".to_owned()),
        ],
    };
    // PostgreSQL before 18 has no max() of uuid.
    let question = Aggregate {
        measures: question.measures[..3].to_vec(),
        ..question
    };
    let mut expected: BTreeMap<(bool, Cell), (i64, i64, Cell)> = BTreeMap::new();
    for row in model.rows.iter().filter(|row| !cell(row, "rank").is_null()) {
        let (owner, name) = (cell(row, "owner"), cell(row, "name"));
        let entry = expected
            .entry((owner.is_null(), owner))
            .or_insert((0, 0, Cell::Null));
        entry.0 += 1;
        entry.1 += cell(row, "rank").int().unwrap();
        if entry.2.is_null() || (!name.is_null() && name < entry.2) {
            entry.2 = name;
        }
    }
    let expected: Vec<Vec<Cell>> = expected
        .into_iter()
        .map(|((_, owner), (count, sum, name))| vec![owner, Cell::Int(count), Cell::Int(sum), name])
        .collect();
    let rows = store
        .look::<_, StoreError>(|view| view.aggregate(&question))
        .unwrap();
    assert_eq!(
        rows.into_iter().map(|row| row.cells).collect::<Vec<_>>(),
        expected
    );
    let none = Aggregate {
        group: Vec::new(),
        branches: vec![Cond::False],
        ..question
    };
    let rows = store
        .look::<_, StoreError>(|view| view.aggregate(&none))
        .unwrap();
    assert_eq!(rows[0].cells, [Cell::Int(0), Cell::Null, Cell::Null]);
}

fn among(store: &Arc<dyn Store>) {
    let left = Model::fill(store, "cond_left", 150);
    let right = Model::fill(store, "cond_right", 30);
    let inner = Cond::compare("rank", Op::Greater, 2);
    let ranks: BTreeSet<Cell> = right
        .rows
        .iter()
        .filter(|row| holds(&inner, row))
        .map(|row| cell(row, "owner"))
        .collect();
    let expected: BTreeSet<i64> = left
        .rows
        .iter()
        .filter(|row| !cell(row, "rank").is_null() && ranks.contains(&cell(row, "rank")))
        .map(|row| row.seq)
        .collect();
    let cond = Cond::Among {
        column: "rank".to_owned(),
        table: "cond_right".to_owned(),
        select: "owner".to_owned(),
        cond: Box::new(inner),
    };
    assert!(!expected.is_empty());
    assert_eq!(
        seqs(store, &Select::of("cond_left", &[]).filter(cond)),
        expected
    );
}
