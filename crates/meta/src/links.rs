//! The table of links of fields that lead to several records. A row keeps its list in the order that people gave it;
//! this table answers the other way round: which rows have that record in their list.

use crate::catalog::{Field, Object};
use crate::table::{ColumnSpec, ColumnType, TableSpec};

pub const TABLE: &str = "gx_link";
/// Which field, by [`key`].
pub const FIELD: &str = "field";
/// The `seq` of the row that has the list.
pub const RECORD: &str = "record";
/// The id of a record in it.
pub const TARGET: &str = "target";

/// Names a field for all time; `None` for fields that do not lead to several records.
pub fn key(object: &Object, field: &Field) -> Option<String> {
    (field.kind.name() == "many_links").then(|| format!("{}.{}", object.table, field.column))
}

/// One table for all fields, of the same three columns whatever is declared.
pub fn spec() -> TableSpec {
    let columns = vec![
        ColumnSpec::new(FIELD, ColumnType::Text),
        ColumnSpec::new(RECORD, ColumnType::Int),
        ColumnSpec::new(TARGET, ColumnType::Id),
    ];
    TableSpec::new(TABLE, columns)
        .unique(&[FIELD, RECORD, TARGET])
        .index(&[FIELD, TARGET, RECORD])
}
