//! SQLite: the suite, durability across openings, the search file, the copy.

use guanxi_meta::{Cell, ColumnSpec, ColumnType, TableSpec};
use guanxi_query::cond::{Cond, Select};
use guanxi_store::sqlite::SqliteStore;
use guanxi_store::{LogEntry, Store, StoreError, StoreExt, Weight, conformance};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

fn open(path: &Path) -> Arc<dyn Store> {
    Arc::new(SqliteStore::open(path).unwrap())
}

#[test]
fn the_suite_passes() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!(
        "sqlite:{}",
        folder.path().join("deep/er/suite.db").display()
    );
    conformance::run(&guanxi_store::open(&url).unwrap());
}

fn fill(store: &Arc<dyn Store>, count: i64) {
    let table = TableSpec::new("thing", vec![ColumnSpec::new("name", ColumnType::Text)]);
    store.create_table(&table).unwrap();
    store
        .change::<_, StoreError>(Weight::Light, move |transaction| {
            let rows = (0..count)
                .map(|n| vec![Cell::from(format!("n{n}"))])
                .collect();
            let seqs = transaction.insert("thing", &["name"], rows)?;
            transaction.log(&[entry(seqs[0])])
        })
        .unwrap();
}

fn entry(seq: i64) -> LogEntry {
    LogEntry {
        at: 0,
        actor: 0,
        via: "job".to_owned(),
        object: "thing".to_owned(),
        record: uuid::Uuid::nil(),
        seq,
        version: 1,
        op: "create".to_owned(),
        old: None,
    }
}

fn count(store: &Arc<dyn Store>) -> u64 {
    store
        .look::<_, StoreError>(|view| view.count("thing", &[], &Cond::True, None))
        .unwrap()
}

#[test]
fn a_file_is_opened_again_with_everything() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.db");
    let store = open(&path);
    fill(&store, 10);
    store
        .index("thing", &[(1, Some("wx".to_owned()))], Some(1))
        .unwrap();
    drop(store);
    let store = open(&path);
    assert_eq!(count(&store), 10);
    assert_eq!(
        (store.log_head().unwrap(), store.indexed_to().unwrap()),
        (1, 1)
    );
}

#[test]
fn a_seq_is_never_given_twice() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder.path().join("a.db"));
    fill(&store, 3);
    let again = store
        .change::<_, StoreError>(Weight::Light, |transaction| {
            transaction.delete("thing", &Cond::True)?;
            transaction.insert("thing", &["name"], vec![vec![Cell::from("x")]])
        })
        .unwrap();
    assert_eq!(again, [4]);
}

#[test]
fn a_search_file_that_does_not_fit_is_made_anew() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.db");
    let search = folder.path().join("a.db.search");
    let index = |store: &Arc<dyn Store>| {
        store
            .index("thing", &[(1, Some("wx".to_owned()))], Some(1))
            .unwrap()
    };
    let store = open(&path);
    fill(&store, 1);
    index(&store);
    drop(store);

    std::fs::write(
        &search,
        "this is no database, however long the text may be made".repeat(100),
    )
    .unwrap();
    let store = open(&path);
    assert_eq!(store.indexed_to().unwrap(), 0);
    index(&store);
    drop(store);

    std::fs::remove_file(&search).unwrap();
    let store = open(&path);
    assert_eq!(store.indexed_to().unwrap(), 0);
    index(&store);
    drop(store);

    // Another database in the same place.
    for file in ["a.db", "a.db-wal", "a.db-shm"] {
        let _ = std::fs::remove_file(folder.path().join(file));
    }
    let store = open(&path);
    fill(&store, 1);
    assert_eq!(store.indexed_to().unwrap(), 0);
}

#[test]
fn a_copy_opens_and_is_consistent() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder.path().join("a.db"));
    fill(&store, 1_000);
    let copy = folder.path().join("copy.db");
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            for _ in 0..50 {
                fill(&store, 10);
            }
        });
        while !writer.is_finished() {
            store.backup(&copy).unwrap();
            let copied = open(&copy);
            let (rows, head) = (count(&copied), copied.log_head().unwrap());
            // Each change of ten rows is logged once.
            assert_eq!(rows, 1_000 + 10 * (head as u64 - 1));
            drop(copied);
        }
    });
    assert!(!folder.path().join("copy.db.part").exists());
}

#[test]
fn two_processes_share_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.db");
    let (one, two) = (open(&path), open(&path));
    fill(&one, 1);
    fill(&two, 1);
    std::thread::scope(|scope| {
        for store in [&one, &two] {
            scope.spawn(|| {
                for _ in 0..30 {
                    fill(store, 1);
                }
            });
        }
    });
    assert_eq!((count(&one), count(&two)), (62, 62));
    // A column that the other one made.
    let mut table = TableSpec::new("thing", vec![ColumnSpec::new("name", ColumnType::Text)]);
    table
        .columns
        .push(ColumnSpec::new("level", ColumnType::Int));
    two.create_table(&table).unwrap();
    let select = Select::of("thing", &["level"]).limit(1);
    assert_eq!(
        one.look::<_, StoreError>(|view| view.select(&select))
            .unwrap()[0]
            .cells,
        [Cell::Null]
    );
}

#[test]
fn a_reader_that_stays_does_not_stop_writers() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder.path().join("a.db"));
    fill(&store, 1);
    store
        .look_within::<_, StoreError>(Duration::from_secs(9), |view| {
            let before = view.count("thing", &[], &Cond::True, None)?;
            for _ in 0..20 {
                fill(&store, 5);
            }
            assert_eq!(view.count("thing", &[], &Cond::True, None)?, before);
            Ok(())
        })
        .unwrap();
    assert_eq!(count(&store), 101);
}
