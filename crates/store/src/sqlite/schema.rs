//! What tables look like: for reading cells back, and for plans.

use super::errors::convert;
use crate::error::{StoreError, StoreResult};
use crate::naming;
use crate::render::quoted;
use guanxi_meta::table::{Rows, Uniqueness};
use guanxi_meta::{ColumnSpec, ColumnType, IndexSpec, TableSpec};
use parking_lot::RwLock;
use rusqlite::Connection;
use std::collections::HashMap;
use std::sync::Arc;

type Columns = HashMap<String, ColumnType>;

/// The types of columns, read when first asked for. A column never changes its type.
#[derive(Default)]
pub struct Schema {
    tables: RwLock<HashMap<String, Arc<Columns>>>,
}

impl Schema {
    /// The types of some columns of a table. Asks the database again for a column that it does not know: another
    /// process may have made it.
    pub fn types<'c>(
        &self,
        connection: &Connection,
        table: &str,
        columns: impl Iterator<Item = &'c str> + Clone,
    ) -> StoreResult<Vec<ColumnType>> {
        let known = self.tables.read().get(table).map(Arc::clone);
        if let Some(types) = known.and_then(|known| find(&known, columns.clone()).ok()) {
            return Ok(types);
        }
        let fresh: Columns = columns_of(connection, table)?
            .into_iter()
            .map(|column| (column.name, column.ty))
            .chain([("seq".to_owned(), ColumnType::Int)])
            .collect();
        let types = find(&fresh, columns)
            .map_err(|column| StoreError::Broken(format!("no column {table}.{column}")))?;
        self.tables
            .write()
            .insert(table.to_owned(), Arc::new(fresh));
        Ok(types)
    }
}

fn find<'c>(
    known: &Columns,
    columns: impl Iterator<Item = &'c str>,
) -> Result<Vec<ColumnType>, &'c str> {
    columns
        .map(|column| known.get(column).copied().ok_or(column))
        .collect()
}

/// Every table but the store's own.
pub fn tables(connection: &Connection) -> StoreResult<Vec<TableSpec>> {
    let mut statement = connection
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
        .map_err(convert)?;
    let names = statement
        .query_map([], |row| row.get::<_, String>(0))
        .map_err(convert)?;
    let mut tables = Vec::new();
    for name in names {
        let name = name.map_err(convert)?;
        if !naming::is_internal(&name) {
            let columns = columns_of(connection, &name)?;
            tables.push(TableSpec {
                columns,
                indexes: indexes_of(connection, &name)?,
                name,
            });
        }
    }
    Ok(tables)
}

/// The columns without `seq`; none when there is no such table.
pub fn columns_of(connection: &Connection, table: &str) -> StoreResult<Vec<ColumnSpec>> {
    let mut statement = connection
        .prepare(&format!("PRAGMA table_info({})", quoted(table)))
        .map_err(convert)?;
    let rows = statement.query_map([], |row| {
        let (name, ty): (String, String) = (row.get("name")?, row.get("type")?);
        let (not_null, default): (bool, Option<String>) =
            (row.get("notnull")?, row.get("dflt_value")?);
        let number = default.and_then(|text| text.parse().ok()).unwrap_or(0);
        Ok(ColumnSpec {
            name,
            ty: type_of(&ty),
            default: not_null.then_some(number),
        })
    });
    let columns: Vec<ColumnSpec> = rows.and_then(Iterator::collect).map_err(convert)?;
    Ok(columns
        .into_iter()
        .filter(|column| column.name != "seq")
        .collect())
}

fn indexes_of(connection: &Connection, table: &str) -> StoreResult<Vec<IndexSpec>> {
    let mut list = connection
        .prepare(&format!("PRAGMA index_list({})", quoted(table)))
        .map_err(convert)?;
    let rows = list.query_map([], |row| {
        Ok((
            row.get::<_, String>("name")?,
            row.get::<_, bool>("unique")?,
            row.get::<_, bool>("partial")?,
        ))
    });
    let found: Vec<(String, bool, bool)> = rows.and_then(Iterator::collect).map_err(convert)?;
    let mut indexes = Vec::new();
    for (name, unique, partial) in found {
        let mut info = connection
            .prepare(&format!("PRAGMA index_info({})", quoted(&name)))
            .map_err(convert)?;
        let columns = info
            .query_map([], |row| row.get("name"))
            .and_then(Iterator::collect);
        let uniqueness = if unique {
            Uniqueness::Unique
        } else {
            Uniqueness::Any
        };
        indexes.push(IndexSpec {
            columns: columns.map_err(convert)?,
            uniqueness,
            rows: if partial { Rows::Live } else { Rows::All },
        });
    }
    indexes.sort_by(|left, right| left.columns.cmp(&right.columns));
    Ok(indexes)
}

/// As declared in `create_table`: a blob of 16 bytes is an id.
fn type_of(declared: &str) -> ColumnType {
    match declared {
        "INTEGER" => ColumnType::Int,
        "BLOB(16)" => ColumnType::Id,
        "BLOB" => ColumnType::Bytes,
        _ => ColumnType::Text,
    }
}
