//! PostgreSQL: the suite, several stores on one schema, lost connections. Each test has a schema of its own.

use guanxi_meta::{Cell, ColumnSpec, ColumnType, TableSpec};
use guanxi_query::cond::{Cond, Select};
use guanxi_store::{Store, StoreError, StoreExt, Weight, conformance};
use std::sync::Arc;
use tokio_postgres::NoTls;

/// A schema that is dropped in the end.
struct Schema {
    url: String,
    name: String,
}

impl Schema {
    /// None, with a word about it, when no server is given.
    fn new(name: &str) -> Option<Schema> {
        let Ok(url) = std::env::var("GUANXI_TEST_PG") else {
            eprintln!("skipped: GUANXI_TEST_PG names no PostgreSQL server");
            return None;
        };
        let schema = Schema {
            url,
            name: format!("store_{name}_{}", std::process::id()),
        };
        schema.run(&format!("DROP SCHEMA IF EXISTS {} CASCADE", schema.name));
        Some(schema)
    }

    fn open(&self) -> Arc<dyn Store> {
        let joint = if self.url.contains('?') { '&' } else { '?' };
        guanxi_store::open(&format!("{}{joint}schema={}", self.url, self.name)).unwrap()
    }

    /// Runs statements on a connection of its own.
    fn run(&self, text: &str) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let (client, connection) = tokio_postgres::connect(&self.url, NoTls).await.unwrap();
            let driver = tokio::spawn(connection);
            client.batch_execute(text).await.unwrap();
            drop(client);
            let _ = driver.await;
        });
    }
}

impl Drop for Schema {
    fn drop(&mut self) {
        self.run(&format!("DROP SCHEMA IF EXISTS {} CASCADE", self.name));
    }
}

fn table() -> TableSpec {
    TableSpec::new("thing", vec![ColumnSpec::new("name", ColumnType::Text)]).unique(&["name"])
}

fn add(store: &Arc<dyn Store>, name: &str) -> Result<Vec<i64>, StoreError> {
    let row = vec![vec![Cell::from(name)]];
    store.change(Weight::Light, move |transaction| {
        transaction.insert("thing", &["name"], row.clone())
    })
}

#[test]
fn the_suite_passes() {
    let Some(schema) = Schema::new("suite") else {
        return;
    };
    conformance::run(&schema.open());
}

#[test]
fn two_open_a_new_schema_at_once() {
    let Some(schema) = Schema::new("twice") else {
        return;
    };
    std::thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| schema.open().create_table(&table()).unwrap());
        }
    });
    assert_eq!(add(&schema.open(), "a").unwrap(), [1]);
}

#[test]
fn an_index_is_made_beside_writers_and_a_broken_one_again() {
    let Some(schema) = Schema::new("index") else {
        return;
    };
    let store = schema.open();
    let table = table();
    store.create_table(&table).unwrap();
    for name in ["a", "b"] {
        add(&store, name).unwrap();
    }
    // As a build that was killed leaves it.
    schema.run(&format!(
        "CREATE UNIQUE INDEX ix_thing_name ON {0}.thing (name);
         UPDATE pg_index SET indisvalid = false WHERE indexrelid = '{0}.ix_thing_name'::regclass",
        schema.name
    ));
    assert!(store.tables().unwrap()[0].indexes.is_empty());
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| store.create_index(&table, &table.indexes[0]).unwrap());
        }
        for number in 0..20 {
            add(&store, &format!("n{number}")).unwrap();
        }
    });
    assert_eq!(store.tables().unwrap()[0].indexes, table.indexes);
    assert!(matches!(
        add(&store, "a"),
        Err(StoreError::NotUnique { .. })
    ));
}

#[test]
fn a_lost_connection_is_noticed_and_replaced() {
    let Some(schema) = Schema::new("lost") else {
        return;
    };
    let store = schema.open();
    store.create_table(&table()).unwrap();
    add(&store, "a").unwrap();
    let kill = format!(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE application_name = 'guanxi' AND query LIKE '%{}%' AND pid <> pg_backend_pid()",
        schema.name
    );
    for _ in 0..3 {
        let select = Select::of("thing", &["name"]).filter(Cond::equal("name", "a"));
        let mut runs = 0;
        let rows = store
            .look::<_, StoreError>(|view| {
                runs += 1;
                let rows = view.select(&select)?;
                if runs == 1 {
                    schema.run(&kill);
                }
                view.select(&select)?;
                Ok(rows)
            })
            .unwrap();
        assert_eq!((rows.len(), runs), (1, 2));
    }
    assert_eq!(add(&store, "b").unwrap().len(), 1);
}

#[test]
fn an_error_that_was_passed_over_is_not_committed() {
    let Some(schema) = Schema::new("passed") else {
        return;
    };
    let store = schema.open();
    let table = table();
    store.create_table(&table).unwrap();
    store.create_index(&table, &table.indexes[0]).unwrap();
    let result = store.change::<_, StoreError>(Weight::Light, |transaction| {
        let row = || vec![vec![Cell::from("same")]];
        transaction.insert("thing", &["name"], row())?;
        let _ = transaction.insert("thing", &["name"], row());
        Ok(())
    });
    assert!(matches!(result, Err(StoreError::Broken(_))), "{result:?}");
}
