//! Tables and indexes.

use super::Named;
use crate::traits::{Row, Set, Store, StoreExt, Weight};
use crate::{StoreError, log};
use guanxi_meta::{Cell, ColumnSpec, ColumnType, IndexSpec, TableSpec};
use guanxi_query::cond::{Cond, Select};
use std::sync::Arc;
use uuid::Uuid;

pub const CASES: &[Named] = &[
    ("tables are made once and grow", tables),
    (
        "eight threads make the same table at once",
        concurrent_tables,
    ),
    ("a unique index that the rows contradict", contradicted),
    ("what a removed row held is free again", freed),
    ("every type comes back as it went in", types),
    ("a seq may be given", given_seq),
    ("an unknown column is an error", unknown),
    ("names of words and great length", names),
];

fn spec(name: &str) -> TableSpec {
    let columns = vec![
        ColumnSpec::new("id", ColumnType::Id),
        ColumnSpec::new("name", ColumnType::Text),
        ColumnSpec::new("version", ColumnType::Int).default(1),
    ];
    TableSpec::new(name, columns)
        .unique(&["id"])
        .index(&["name", "version"])
}

fn make(store: &Arc<dyn Store>, table: &TableSpec) {
    store.create_table(table).unwrap();
    for index in &table.indexes {
        store.create_index(table, index).unwrap();
    }
}

/// The table as the store describes it, its parts sorted.
fn described(store: &Arc<dyn Store>, name: &str) -> Option<TableSpec> {
    let mut table = store
        .tables()
        .unwrap()
        .into_iter()
        .find(|table| table.name == name)?;
    table
        .columns
        .sort_by(|left, right| left.name.cmp(&right.name));
    table
        .indexes
        .sort_by(|left, right| left.columns.cmp(&right.columns));
    Some(table)
}

fn tables(store: &Arc<dyn Store>) {
    let mut table = spec("made_once");
    assert_eq!(described(store, "made_once"), None);
    make(store, &table);
    make(store, &table);
    assert_eq!(described(store, "made_once"), Some(sorted(&table)));
    let added = store
        .change::<_, StoreError>(Weight::Light, |transaction| {
            transaction.insert("made_once", &["name"], vec![vec![Cell::from("before")]])
        })
        .unwrap();
    table
        .columns
        .push(ColumnSpec::new("level", ColumnType::Int).default(7));
    table
        .columns
        .push(ColumnSpec::new("note", ColumnType::Text));
    make(store, &table);
    assert_eq!(described(store, "made_once"), Some(sorted(&table)));
    let select = Select::of("made_once", &["name", "level", "note", "version"]);
    let rows = store
        .look::<_, StoreError>(|view| view.select(&select))
        .unwrap();
    let cells = vec![Cell::from("before"), Cell::Int(7), Cell::Null, Cell::Int(1)];
    assert_eq!(
        rows,
        [Row {
            seq: added[0],
            cells
        }]
    );
    let index = table.indexes.remove(1);
    store.drop_index(&table, &index).unwrap();
    store.drop_index(&table, &index).unwrap();
    assert_eq!(described(store, "made_once"), Some(sorted(&table)));
    assert!(
        store
            .tables()
            .unwrap()
            .iter()
            .all(|table| table.name != log::TABLE)
    );
}

fn sorted(table: &TableSpec) -> TableSpec {
    let mut table = table.clone();
    table
        .columns
        .sort_by(|left, right| left.name.cmp(&right.name));
    table
        .indexes
        .sort_by(|left, right| left.columns.cmp(&right.columns));
    table
}

fn concurrent_tables(store: &Arc<dyn Store>) {
    for round in 0..3 {
        let table = spec(&format!("at_once_{round}"));
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| make(store, &table));
            }
        });
        assert_eq!(described(store, &table.name), Some(sorted(&table)));
    }
}

fn contradicted(store: &Arc<dyn Store>) {
    let mut table = spec("contradicted");
    table.indexes.clear();
    make(store, &table);
    let insert = |name: &'static str| {
        store.change::<_, StoreError>(Weight::Light, move |transaction| {
            transaction.insert("contradicted", &["name"], vec![vec![Cell::from(name)]])
        })
    };
    insert("twice").unwrap();
    insert("twice").unwrap();
    let index = IndexSpec::new(vec!["name".to_owned()]).unique();
    let refused = store.create_index(&table, &index);
    assert!(
        matches!(refused, Err(StoreError::NotUnique { .. })),
        "{refused:?}"
    );
    store
        .change::<_, StoreError>(Weight::Light, |transaction| {
            transaction.delete("contradicted", &Cond::equal("name", "twice"))
        })
        .unwrap();
    store.create_index(&table, &index).unwrap();
    insert("twice").unwrap();
    let Err(StoreError::NotUnique { table, columns }) = insert("twice") else {
        panic!("the same name came in twice");
    };
    assert_eq!(
        (table.as_str(), columns),
        ("contradicted", vec!["name".to_owned()])
    );
}

fn freed(store: &Arc<dyn Store>) {
    let mut table = spec("freed");
    table.indexes = vec![IndexSpec::new(vec!["name".to_owned()]).unique().live()];
    table
        .columns
        .push(ColumnSpec::new("deleted_at", ColumnType::Int));
    make(store, &table);
    assert_eq!(described(store, &table.name), Some(sorted(&table)));
    let insert = |deleted_at: Option<i64>| {
        store.change::<_, StoreError>(Weight::Light, move |transaction| {
            let row = vec![Cell::from("once"), Cell::from(deleted_at)];
            transaction.insert("freed", &["name", "deleted_at"], vec![row])
        })
    };
    insert(Some(1)).unwrap();
    insert(Some(2)).unwrap();
    insert(None).unwrap();
    let Err(StoreError::NotUnique { columns, .. }) = insert(None) else {
        panic!("two live rows have the same name");
    };
    assert_eq!(columns, ["name"]);
}

fn types(store: &Arc<dyn Store>) {
    let columns = [
        ("number", ColumnType::Int),
        ("text", ColumnType::Text),
        ("bytes", ColumnType::Bytes),
        ("id", ColumnType::Id),
    ];
    let specs = columns
        .iter()
        .map(|(name, ty)| ColumnSpec::new(*name, *ty))
        .collect();
    make(store, &TableSpec::new("typed", specs));
    let names: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
    let rows = vec![
        vec![
            Cell::Int(i64::MIN),
            Cell::from(""),
            Cell::Bytes(Vec::new()),
            Cell::Id(Uuid::nil()),
        ],
        vec![
            Cell::Int(i64::MAX),
            Cell::from("𠮷野家 'x' \"y\" \\ %"),
            Cell::Bytes((0..=255).collect()),
            Cell::Id(Uuid::max()),
        ],
        vec![Cell::Null, Cell::Null, Cell::Null, Cell::Null],
    ];
    let written = rows.clone();
    let seqs = store
        .change::<_, StoreError>(Weight::Light, move |transaction| {
            let names: Vec<&str> = ["number", "text", "bytes", "id"].to_vec();
            let mut seqs = transaction.insert("typed", &names, written.clone())?;
            for row in &written {
                seqs.extend(transaction.insert("typed", &names, vec![row.clone()])?);
            }
            Ok(seqs)
        })
        .unwrap();
    assert!(seqs.is_sorted() && seqs.len() == 6);
    let select = Select::of("typed", &names).order("seq", guanxi_query::cond::Direction::Ascending);
    let found = store
        .look::<_, StoreError>(|view| view.select(&select))
        .unwrap();
    let cells: Vec<Vec<Cell>> = found.into_iter().map(|row| row.cells).collect();
    assert_eq!(cells, [rows.clone(), rows].concat());
    let changed = store
        .change::<_, StoreError>(Weight::Light, |transaction| {
            let set = [
                ("text", Set::To(Cell::Null)),
                ("bytes", Set::To(Cell::Bytes(vec![1]))),
            ];
            transaction.update("typed", &set, &Cond::equal("id", Uuid::max()))?;
            transaction.update("typed", &[("number", Set::Add(5))], &Cond::null("number"))
        })
        .unwrap();
    assert_eq!(changed, 2);
    let five = Select::of("typed", &["number"]).filter(Cond::equal("number", 5));
    assert_eq!(
        store
            .look::<_, StoreError>(|view| view.select(&five))
            .unwrap()
            .len(),
        2
    );
}

fn given_seq(store: &Arc<dyn Store>) {
    make(store, &spec("given"));
    let seqs = store
        .change::<_, StoreError>(Weight::Light, |transaction| {
            let row = |seq| vec![Cell::Int(seq), Cell::from("x")];
            let mut seqs = transaction.insert("given", &["seq", "name"], vec![row(70), row(50)])?;
            seqs.extend(transaction.insert("given", &["name"], vec![vec![Cell::from("y")]])?);
            Ok(seqs)
        })
        .unwrap();
    assert_eq!(seqs[..2], [70, 50]);
    assert!(seqs[2] > 70, "{seqs:?}");
}

fn unknown(store: &Arc<dyn Store>) {
    make(store, &spec("known"));
    let asked = store.look::<_, StoreError>(|view| view.select(&Select::of("known", &["nothing"])));
    assert!(matches!(asked, Err(StoreError::Broken(_))), "{asked:?}");
}

fn names(store: &Arc<dyn Store>) {
    let long = "n".repeat(41);
    for name in ["order", "user", &long] {
        let columns: Vec<String> = ["select", "group"]
            .map(str::to_owned)
            .into_iter()
            .chain([long.clone()])
            .collect();
        let specs = columns
            .iter()
            .map(|column| ColumnSpec::new(column.as_str(), ColumnType::Int))
            .collect();
        let mut table = TableSpec::new(name, specs);
        let all: Vec<&str> = columns.iter().map(String::as_str).collect();
        table = table.unique(&all).index(&all[..2]).index(&all[1..]);
        make(store, &table);
        assert_eq!(described(store, name), Some(sorted(&table)));
        let into = name.to_owned();
        let insert = move |transaction: &mut dyn crate::Transaction| {
            transaction.insert(
                &into,
                &["select", "group"],
                vec![vec![Cell::Int(1), Cell::Int(2)]],
            )
        };
        store
            .change::<_, StoreError>(Weight::Light, insert)
            .unwrap();
        let cond = Cond::equal("select", 1).and(Cond::equal("group", 2));
        let select = Select::of(name, &["group"]).filter(cond);
        assert_eq!(
            store
                .look::<_, StoreError>(|view| view.select(&select))
                .unwrap()
                .len(),
            1
        );
    }
}
