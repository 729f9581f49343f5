//! Insertions, updates and deletions.

use super::{Param, Pen, Statement, Target};
use crate::traits::Set;
use guanxi_meta::{Cell, ColumnType};
use guanxi_query::cond::Cond;

/// One row with one placeholder per column; on PostgreSQL it answers `seq`.
pub fn insert_one(target: &Target, table: &str, columns: &[&str]) -> String {
    let mut pen = Pen::new(target);
    pen.insertion(table, columns);
    pen.push(" VALUES (");
    for index in 0..columns.len() {
        pen.comma(index);
        pen.bind(Param::Cell(Cell::Null));
    }
    pen.push(")");
    if !target.is_sqlite() {
        pen.push(" RETURNING ");
        pen.name("seq");
    }
    pen.text
}

/// Many rows from one array per column, so that one text serves every number of rows (PostgreSQL).
pub fn insert_many(target: &Target, table: &str, columns: &[(&str, ColumnType)]) -> String {
    let mut pen = Pen::new(target);
    let names: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
    pen.insertion(table, &names);
    pen.push(" SELECT ");
    for index in 0..columns.len() {
        pen.comma(index);
        pen.push("u.c");
        pen.number(index);
    }
    pen.push(" FROM unnest(");
    for (index, (_, ty)) in columns.iter().enumerate() {
        pen.comma(index);
        pen.push("CAST(");
        pen.bind(Param::Cells(Vec::new()));
        pen.push(match ty {
            ColumnType::Int => " AS bigint[])",
            ColumnType::Text => " AS text[])",
            ColumnType::Bytes => " AS bytea[])",
            ColumnType::Id => " AS uuid[])",
        });
    }
    pen.push(") AS u(");
    for index in 0..columns.len() {
        pen.comma(index);
        pen.push("c");
        pen.number(index);
    }
    pen.push(") RETURNING ");
    pen.name("seq");
    pen.text
}

pub fn update(target: &Target, table: &str, set: &[(&str, Set)], cond: &Cond) -> Statement {
    let mut pen = Pen::new(target);
    pen.push("UPDATE ");
    let alias = pen.aliased(table);
    pen.push(" SET ");
    for (index, (column, to)) in set.iter().enumerate() {
        pen.comma(index);
        pen.name(column);
        pen.push(" = ");
        match to {
            Set::To(cell) => pen.cell(cell),
            Set::Add(number) => {
                pen.push("COALESCE(");
                pen.column(alias, column);
                pen.push(", 0) + ");
                pen.cell(&Cell::Int(*number));
            }
        }
    }
    pen.push(" WHERE ");
    pen.cond(cond, alias);
    pen.finish()
}

pub fn delete(target: &Target, table: &str, cond: &Cond) -> Statement {
    let mut pen = Pen::new(target);
    let alias = {
        pen.push("DELETE");
        pen.from(table)
    };
    pen.push(" WHERE ");
    pen.cond(cond, alias);
    pen.finish()
}

impl Pen<'_> {
    fn insertion(&mut self, table: &str, columns: &[&str]) {
        self.push("INSERT INTO ");
        self.table(table);
        self.push(" (");
        self.names(columns.iter().copied());
        self.push(")");
    }
}
