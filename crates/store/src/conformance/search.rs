//! The search index, whichever way it is fed, and the copy.

use super::Named;
use crate::search::{SearchExpr, SearchFeed, SearchPage, Tokens};
use crate::traits::{Store, StoreExt, Weight};
use crate::{StoreError, StoreResult};
use guanxi_meta::{ColumnSpec, ColumnType, TableSpec};
use std::sync::Arc;

pub const CASES: &[Named] = &[
    ("postings come newest first", postings),
    ("tokens are replaced and removed", replaced),
    ("a table without an index answers nothing", unindexed),
    ("the index remembers its position", position),
    ("optimise keeps everything", optimised),
];

fn prepare(store: &Arc<dyn Store>, name: &str) {
    store
        .create_table(&TableSpec::new(
            name,
            vec![ColumnSpec::new("name", ColumnType::Text)],
        ))
        .unwrap();
}

/// Feeds the index the way that the store wants.
fn feed(store: &Arc<dyn Store>, table: &str, rows: &[(i64, Option<&str>)]) {
    let rows: Vec<(i64, Option<Tokens>)> = rows
        .iter()
        .map(|(seq, tokens)| (*seq, tokens.map(str::to_owned)))
        .collect();
    match store.search_feed() {
        SearchFeed::FromLog => {
            let position = store.indexed_to().unwrap();
            store.index(table, &rows, Some(position)).unwrap();
        }
        SearchFeed::InTransaction => {
            let table = table.to_owned();
            store
                .change::<_, StoreError>(Weight::Light, move |transaction| {
                    transaction.index(&table, &rows)
                })
                .unwrap();
        }
    }
}

fn token(text: &str) -> SearchExpr {
    SearchExpr::Token(text.to_owned())
}

fn find(store: &Arc<dyn Store>, table: &str, expr: SearchExpr) -> Vec<i64> {
    page(store, table, expr, None, 100).unwrap()
}

fn page(
    store: &Arc<dyn Store>,
    table: &str,
    expr: SearchExpr,
    before: Option<i64>,
    limit: u32,
) -> StoreResult<Vec<i64>> {
    let page = SearchPage {
        table: table.to_owned(),
        expr,
        before,
        limit,
    };
    store.look(|view| view.search(&page))
}

fn postings(store: &Arc<dyn Store>) {
    prepare(store, "posted");
    feed(
        store,
        "posted",
        &[
            (1, Some("h5408 g540880a5 phe pge ihf")),
            (2, Some("wbeta wb h5408")),
            (7, Some("d131 d1312 h5408 h5408")),
            (9, Some("wbeta d131")),
        ],
    );
    assert_eq!(find(store, "posted", token("h5408")), [7, 2, 1]);
    assert_eq!(
        page(store, "posted", token("h5408"), Some(7), 1).unwrap(),
        [2]
    );
    assert_eq!(
        find(
            store,
            "posted",
            SearchExpr::All(vec![token("h5408"), token("d131")])
        ),
        [7]
    );
    let either = SearchExpr::Any(vec![
        SearchExpr::All(vec![token("wbeta"), token("d131")]),
        SearchExpr::All(vec![
            token("phe"),
            SearchExpr::Any(vec![token("ihf"), token("nothing")]),
        ]),
    ]);
    assert_eq!(find(store, "posted", either), [9, 1]);
    assert!(find(store, "posted", token("h540")).is_empty());
    assert!(find(store, "posted", SearchExpr::All(Vec::new())).is_empty());
}

fn replaced(store: &Arc<dyn Store>) {
    prepare(store, "replaced");
    feed(
        store,
        "replaced",
        &[(1, Some("wold")), (2, Some("wold")), (3, Some("wold"))],
    );
    feed(
        store,
        "replaced",
        &[(1, Some("wnew")), (2, None), (4, None), (3, Some(""))],
    );
    assert!(find(store, "replaced", token("wold")).is_empty());
    assert_eq!(find(store, "replaced", token("wnew")), [1]);
    feed(store, "replaced", &[(2, Some("wold wnew"))]);
    assert_eq!(find(store, "replaced", token("wnew")), [2, 1]);
}

fn unindexed(store: &Arc<dyn Store>) {
    prepare(store, "unindexed");
    assert!(find(store, "unindexed", token("wold")).is_empty());
}

fn position(store: &Arc<dyn Store>) {
    if store.search_feed() == SearchFeed::InTransaction {
        return;
    }
    let before = store.indexed_to().unwrap();
    store.index("", &[], Some(before + 10)).unwrap();
    assert_eq!(store.indexed_to().unwrap(), before + 10);
    prepare(store, "positioned");
    store
        .index("positioned", &[(1, Some("wa".to_owned()))], None)
        .unwrap();
    assert_eq!(store.indexed_to().unwrap(), before + 10);
    assert!(
        find(store, "positioned", token("wa")).is_empty(),
        "found before a position said that it is whole"
    );
    store
        .index(
            "positioned",
            &[(2, Some("wa".to_owned()))],
            Some(before + 3),
        )
        .unwrap();
    assert_eq!(
        store.indexed_to().unwrap(),
        before + 10,
        "a position went back"
    );
    assert_eq!(find(store, "positioned", token("wa")), [2, 1]);
}

fn optimised(store: &Arc<dyn Store>) {
    prepare(store, "optimised");
    for seq in 1..40 {
        feed(store, "optimised", &[(seq, Some("wx"))]);
    }
    store.optimise().unwrap();
    assert_eq!(find(store, "optimised", token("wx")).len(), 39);
    assert!(store.size().unwrap() > 0);
}
