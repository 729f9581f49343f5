//! Tables and indexes. Each step is idempotent and runs on the writer, alone in its commit.

use super::errors::convert;
use super::schema::columns_of;
use crate::error::{StoreError, StoreResult};
use crate::naming;
use crate::render::quoted;
use crate::{fail, log};
use guanxi_meta::table::Uniqueness;
use guanxi_meta::{ColumnSpec, ColumnType, IndexSpec, TableSpec};
use rusqlite::{Connection, TransactionBehavior};

/// What the store itself needs: the log, and its own facts with the file's identity.
pub fn prepare(connection: &mut Connection) -> StoreResult<()> {
    let step = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(convert)?;
    step.execute_batch(&format!(
        "CREATE TABLE IF NOT EXISTS {facts} (key TEXT PRIMARY KEY, value) WITHOUT ROWID;
         INSERT OR IGNORE INTO {facts} (key, value) VALUES ('identity', randomblob(16))",
        facts = naming::FACTS
    ))
    .map_err(convert)?;
    let log = log::spec();
    create_table(&step, &log)?;
    for index in &log.indexes {
        create_index(&step, &log, index)?;
    }
    step.commit().map_err(convert)
}

/// `AUTOINCREMENT`: a `seq` is never given twice, since the search index and shares speak of it, and a position of
/// the log must not come back after retention has emptied it.
pub fn create_table(connection: &Connection, table: &TableSpec) -> StoreResult<()> {
    let mut text = format!(
        "CREATE TABLE IF NOT EXISTS {} (\"seq\" INTEGER PRIMARY KEY AUTOINCREMENT",
        quoted(&table.name)
    );
    for column in &table.columns {
        text.push_str(", ");
        text.push_str(&definition(column));
    }
    text.push(')');
    connection.execute_batch(&text).map_err(convert)?;
    let present = columns_of(connection, &table.name)?;
    for column in &table.columns {
        match present.iter().find(|other| other.name == column.name) {
            Some(other) if other.ty != column.ty => {
                let place = format!("{}.{}", table.name, column.name);
                return Err(StoreError::Broken(format!(
                    "{place} exists with another type"
                )));
            }
            Some(_) => {}
            None => {
                let text = format!(
                    "ALTER TABLE {} ADD COLUMN {}",
                    quoted(&table.name),
                    definition(column)
                );
                connection.execute_batch(&text).map_err(convert)?;
            }
        }
    }
    fail::point(fail::Point::Ddl);
    Ok(())
}

pub fn create_index(
    connection: &Connection,
    table: &TableSpec,
    index: &IndexSpec,
) -> StoreResult<()> {
    let unique = match index.uniqueness {
        Uniqueness::Unique => "UNIQUE ",
        Uniqueness::Any => "",
    };
    let columns: Vec<String> = index.columns.iter().map(|column| quoted(column)).collect();
    let text = format!(
        "CREATE {unique}INDEX IF NOT EXISTS {} ON {} ({}){}",
        quoted(&naming::index_name(table, index)),
        quoted(&table.name),
        columns.join(", "),
        naming::which_rows(index)
    );
    connection.execute_batch(&text).map_err(convert)?;
    fail::point(fail::Point::Ddl);
    Ok(())
}

pub fn drop_index(
    connection: &Connection,
    table: &TableSpec,
    index: &IndexSpec,
) -> StoreResult<()> {
    let text = format!(
        "DROP INDEX IF EXISTS {}",
        quoted(&naming::index_name(table, index))
    );
    connection.execute_batch(&text).map_err(convert)?;
    fail::point(fail::Point::Ddl);
    Ok(())
}

/// A default that is not a number stands for the empty text, the empty bytes or the nil id.
fn definition(column: &ColumnSpec) -> String {
    let (ty, empty) = match column.ty {
        ColumnType::Int => ("INTEGER", None),
        ColumnType::Text => ("TEXT", Some("''")),
        ColumnType::Bytes => ("BLOB", Some("X''")),
        ColumnType::Id => ("BLOB(16)", Some("X'00000000000000000000000000000000'")),
    };
    let name = quoted(&column.name);
    match (column.default, empty) {
        (None, _) => format!("{name} {ty}"),
        (Some(number), None) => format!("{name} {ty} NOT NULL DEFAULT {number}"),
        (Some(_), Some(empty)) => format!("{name} {ty} NOT NULL DEFAULT {empty}"),
    }
}
