//! Statements on one connection: what a body of the caller works with.

use super::Shared;
use super::errors::convert;
use super::link::{Deadline, Link};
use crate::error::{StoreError, StoreResult};
use crate::log::{self, LogEntry, LogRow};
use crate::render::{self, Param, Statement, Target};
use crate::search::{SearchPage, Tokens};
use crate::traits::{Row, Set, Transaction, View};
use guanxi_meta::{Cell, ColumnType};
use guanxi_query::cond::{Aggregate, Cond, Measure, Select};
use rusqlite::types::{ToSql, ToSqlOutput, ValueRef};
use rusqlite::{Connection, params_from_iter};
use std::time::Duration;
use uuid::Uuid;

const TARGET: &Target = &Target::Sqlite;

pub struct Session<'a> {
    shared: &'a Shared,
    connection: &'a Connection,
    limit: Option<(&'a Deadline, Duration)>,
    /// Savepoints that are open.
    depth: usize,
}

impl<'a> Session<'a> {
    pub fn reading(shared: &'a Shared, link: &'a Link<'_>, limit: Option<Duration>) -> Session<'a> {
        let limit = limit.map(|limit| (link.deadline(), limit));
        Session {
            shared,
            connection: link.connection(),
            limit,
            depth: 0,
        }
    }

    pub fn writing(shared: &'a Shared, connection: &'a Connection) -> Session<'a> {
        Session {
            shared,
            connection,
            limit: None,
            depth: 0,
        }
    }

    /// Runs a statement within the time limit and reads its rows: an optional `seq`, then cells of these types.
    fn rows(
        &self,
        statement: &Statement,
        has_seq: bool,
        types: &[ColumnType],
    ) -> StoreResult<Vec<Row>> {
        let _watch = self
            .limit
            .map(|(deadline, limit)| Watch::new(deadline, limit));
        let mut prepared = self
            .connection
            .prepare_cached(&statement.text)
            .map_err(convert)?;
        let mut found = prepared
            .query(params_from_iter(statement.params.iter().map(Bound)))
            .map_err(convert)?;
        let mut rows = Vec::new();
        while let Some(row) = found.next().map_err(convert)? {
            let seq = if has_seq {
                row.get(0).map_err(convert)?
            } else {
                0
            };
            let mut cells = Vec::with_capacity(types.len());
            for (index, ty) in (usize::from(has_seq)..).zip(types) {
                cells.push(cell(row.get_ref(index).map_err(convert)?, *ty)?);
            }
            rows.push(Row { seq, cells });
        }
        Ok(rows)
    }

    fn execute(&self, statement: &Statement) -> StoreResult<u64> {
        let mut prepared = self
            .connection
            .prepare_cached(&statement.text)
            .map_err(convert)?;
        let changed = prepared
            .execute(params_from_iter(statement.params.iter().map(Bound)))
            .map_err(convert)?;
        Ok(changed as u64)
    }

    fn types<'c>(
        &self,
        table: &str,
        columns: impl Iterator<Item = &'c str> + Clone,
    ) -> StoreResult<Vec<ColumnType>> {
        self.shared.schema.types(self.connection, table, columns)
    }
}

impl View for Session<'_> {
    fn select(&mut self, select: &Select) -> StoreResult<Vec<Row>> {
        let types = self.types(&select.table, select.columns.iter().map(String::as_str))?;
        let limit = select.limit.map_or(usize::MAX, |rows| rows as usize);
        let mut rows = Vec::new();
        for segment in render::segments(select) {
            if rows.len() >= limit {
                break;
            }
            let found = self.rows(&render::select(TARGET, select, segment), true, &types)?;
            if rows.is_empty() {
                rows = found;
            } else {
                rows.extend(found);
            }
        }
        rows.truncate(limit);
        Ok(rows)
    }

    fn count(
        &mut self,
        table: &str,
        branches: &[Cond],
        cond: &Cond,
        limit: Option<u32>,
    ) -> StoreResult<u64> {
        let statement = render::count(TARGET, table, branches, cond, limit);
        let rows = self.rows(&statement, true, &[])?;
        Ok(rows.first().map_or(0, |row| row.seq.unsigned_abs()))
    }

    fn aggregate(&mut self, aggregate: &Aggregate) -> StoreResult<Vec<Row>> {
        let mut types = self.types(&aggregate.table, aggregate.group.iter().map(String::as_str))?;
        for measure in &aggregate.measures {
            types.push(match measure {
                Measure::Count | Measure::Sum(_) => ColumnType::Int,
                Measure::Min(column) | Measure::Max(column) => {
                    self.types(&aggregate.table, std::iter::once(column.as_str()))?[0]
                }
            });
        }
        self.rows(&render::aggregate(TARGET, aggregate), false, &types)
    }

    fn log_of(
        &mut self,
        object: &str,
        record: Uuid,
        before: Option<i64>,
        limit: u32,
    ) -> StoreResult<Vec<LogRow>> {
        let question = log::of_record(object, record, before, limit);
        let rows = self.select(&question)?;
        Ok(rows
            .into_iter()
            .map(|row| LogRow::from_cells(row.seq, row.cells))
            .collect())
    }

    fn search(&mut self, page: &SearchPage) -> StoreResult<Vec<i64>> {
        self.shared
            .search
            .find(page, self.limit.map(|(_, limit)| limit))
    }
}

impl Transaction for Session<'_> {
    fn insert(
        &mut self,
        table: &str,
        columns: &[&str],
        rows: Vec<Vec<Cell>>,
    ) -> StoreResult<Vec<i64>> {
        let text = render::insert_one(TARGET, table, columns);
        let mut prepared = self.connection.prepare_cached(&text).map_err(convert)?;
        let mut seqs = Vec::with_capacity(rows.len());
        for row in &rows {
            seqs.push(
                prepared
                    .insert(params_from_iter(row.iter().map(BoundCell)))
                    .map_err(convert)?,
            );
        }
        Ok(seqs)
    }

    fn update(&mut self, table: &str, set: &[(&str, Set)], cond: &Cond) -> StoreResult<u64> {
        self.execute(&render::update(TARGET, table, set, cond))
    }

    fn delete(&mut self, table: &str, cond: &Cond) -> StoreResult<u64> {
        self.execute(&render::delete(TARGET, table, cond))
    }

    fn log(&mut self, entries: &[LogEntry]) -> StoreResult<()> {
        let rows = entries.iter().map(LogEntry::cells).collect();
        self.insert(log::TABLE, &log::COLUMNS, rows).map(drop)
    }

    fn index(&mut self, _table: &str, _rows: &[(i64, Option<Tokens>)]) -> StoreResult<()> {
        Err(StoreError::Broken(
            "on SQLite the search index is fed from the log".to_owned(),
        ))
    }

    fn savepoint(
        &mut self,
        body: &mut dyn FnMut(&mut dyn Transaction) -> StoreResult<()>,
    ) -> StoreResult<()> {
        let name = format!("s{}", self.depth);
        let run = |text: &str| {
            let mut statement = self.connection.prepare_cached(text).map_err(convert)?;
            statement.execute([]).map(drop).map_err(convert)
        };
        run(&format!("SAVEPOINT {name}"))?;
        let mut inner = Session {
            shared: self.shared,
            connection: self.connection,
            limit: self.limit,
            depth: self.depth + 1,
        };
        let result = body(&mut inner);
        // A full disk may have ended the whole transaction; then there is nothing left to go back to.
        if self.connection.is_autocommit() {
            return result;
        }
        if result.is_err() {
            run(&format!("ROLLBACK TO {name}"))?;
        }
        run(&format!("RELEASE {name}"))?;
        result
    }

    fn is_awaited(&self) -> bool {
        self.shared.writer.is_awaited()
    }
}

/// Sets a deadline for as long as it lives.
struct Watch<'a> {
    deadline: &'a Deadline,
}

impl<'a> Watch<'a> {
    fn new(deadline: &'a Deadline, limit: Duration) -> Watch<'a> {
        deadline.set(limit);
        Watch { deadline }
    }
}

impl Drop for Watch<'_> {
    fn drop(&mut self) {
        self.deadline.clear();
    }
}

struct Bound<'a>(&'a Param);

impl ToSql for Bound<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        match self.0 {
            Param::Cell(cell) => Ok(borrowed(cell)),
            Param::Cells(_) => Err(rusqlite::Error::ToSqlConversionFailure(
                "SQLite has no arrays".into(),
            )),
        }
    }
}

struct BoundCell<'a>(&'a Cell);

impl ToSql for BoundCell<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(borrowed(self.0))
    }
}

fn borrowed(cell: &Cell) -> ToSqlOutput<'_> {
    ToSqlOutput::Borrowed(match cell {
        Cell::Null => ValueRef::Null,
        Cell::Int(number) => ValueRef::Integer(*number),
        Cell::Text(text) => ValueRef::Text(text.as_bytes()),
        Cell::Bytes(bytes) => ValueRef::Blob(bytes),
        Cell::Id(id) => ValueRef::Blob(id.as_bytes()),
    })
}

fn cell(value: ValueRef<'_>, ty: ColumnType) -> StoreResult<Cell> {
    let broken = || StoreError::Broken(format!("a column of type {ty:?} holds another type"));
    Ok(match (value, ty) {
        (ValueRef::Null, _) => Cell::Null,
        (ValueRef::Integer(number), ColumnType::Int) => Cell::Int(number),
        (ValueRef::Text(bytes), ColumnType::Text) => {
            Cell::Text(std::str::from_utf8(bytes).map_err(|_| broken())?.to_owned())
        }
        (ValueRef::Blob(bytes), ColumnType::Bytes) => Cell::Bytes(bytes.to_vec()),
        (ValueRef::Blob(bytes), ColumnType::Id) => {
            Cell::Id(Uuid::from_slice(bytes).map_err(|_| broken())?)
        }
        _ => return Err(broken()),
    })
}
