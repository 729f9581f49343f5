//! Statements in one transaction: what a body of the caller works with.

use super::PostgresStore;
use super::ddl;
use super::errors::Trouble;
use super::params::{Bound, decode};
use super::server::Server;
use crate::error::{StoreError, StoreResult};
use crate::log::{self, LogEntry, LogRow};
use crate::naming;
use crate::render::{self, Statement, quoted};
use crate::search::{SearchPage, Tokens, Words};
use crate::traits::{Row, Set, Transaction, View};
use deadpool_postgres::Client;
use deadpool_postgres::tokio_postgres::Row as Found;
use guanxi_meta::{Cell, ColumnType};
use guanxi_query::cond::{Aggregate, Cond, Select};
use parking_lot::RwLock;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use uuid::Uuid;

/// Rows of one insertion statement.
const MOST_ROWS: usize = 5_000;

const WORDS: Words = Words {
    quote: '\'',
    and: " & ",
    or: " | ",
};

/// The types of columns, read when first asked for.
#[derive(Default)]
pub struct Types {
    tables: RwLock<HashMap<String, Arc<HashMap<String, ColumnType>>>>,
}

pub struct Session<'a> {
    store: &'a PostgresStore,
    client: &'a Client,
    /// What makes this try worthless, whatever the body makes of the error that it saw.
    pub trouble: Option<Trouble>,
    /// The transaction has a number; it needs one before it draws a position of the log.
    is_numbered: bool,
    /// A statement failed and no savepoint was gone back to: PostgreSQL would answer a commit by rolling back.
    pub is_failed: bool,
    depth: usize,
}

impl<'a> Session<'a> {
    pub fn begin(
        store: &'a PostgresStore,
        client: &'a Client,
        text: &str,
    ) -> Result<Session<'a>, Trouble> {
        store.server.run(client, text)?;
        Ok(Session {
            store,
            client,
            trouble: None,
            is_numbered: false,
            is_failed: false,
            depth: 0,
        })
    }

    fn noted<T>(&mut self, result: Result<T, Trouble>) -> StoreResult<T> {
        self.is_failed |= result.is_err();
        match result {
            Ok(value) => Ok(value),
            Err(Trouble::Final(error)) => Err(error),
            Err(trouble) => {
                let seen = trouble.seen();
                self.trouble = Some(trouble);
                Err(seen)
            }
        }
    }

    fn ask(&mut self, text: &str, params: &[Bound<'_>]) -> StoreResult<Vec<Found>> {
        let result = self.store.server.ask(self.client, text, params);
        self.noted(result)
    }

    fn found(&mut self, statement: &Statement) -> StoreResult<Vec<Found>> {
        let params: Vec<Bound<'_>> = statement.params.iter().map(Bound::Param).collect();
        self.ask(&statement.text, &params)
    }

    fn execute(&mut self, statement: &Statement) -> StoreResult<u64> {
        let params: Vec<Bound<'_>> = statement.params.iter().map(Bound::Param).collect();
        let result = self
            .store
            .server
            .change(self.client, &statement.text, &params);
        let changed = self.noted(result)?;
        self.is_numbered |= changed > 0;
        Ok(changed)
    }

    /// The types of a table's columns; asks again when one is unknown.
    fn types(&mut self, table: &str, columns: &[&str]) -> StoreResult<Vec<ColumnType>> {
        let find = |known: &HashMap<String, ColumnType>| -> Result<Vec<ColumnType>, String> {
            columns
                .iter()
                .map(|&name| known.get(name).copied().ok_or_else(|| name.to_owned()))
                .collect()
        };
        let known = self.store.types.tables.read().get(table).map(Arc::clone);
        if let Some(types) = known.and_then(|known| find(&known).ok()) {
            return Ok(types);
        }
        let rows = self.ask(
            ddl::COLUMNS,
            &[Bound::Text(&self.store.schema), Bound::Text(table)],
        )?;
        let fresh: HashMap<String, ColumnType> = rows
            .iter()
            .map(|row| (row.get(0), ddl::type_of(row.get(1))))
            .collect();
        let types =
            find(&fresh).map_err(|name| StoreError::Broken(format!("no column {table}.{name}")))?;
        self.store
            .types
            .tables
            .write()
            .insert(table.to_owned(), Arc::new(fresh));
        Ok(types)
    }

    /// One statement for all numbers of rows: an array per column.
    fn insert_many(
        &mut self,
        table: &str,
        columns: &[&str],
        rows: &[Vec<Cell>],
    ) -> StoreResult<Vec<i64>> {
        let types = self.types(table, columns)?;
        let typed: Vec<(&str, ColumnType)> = columns.iter().copied().zip(types).collect();
        let text = render::insert_many(&self.store.target, table, &typed);
        let column = |index: usize| {
            rows.iter()
                .map(|row| row.get(index).unwrap_or(&Cell::Null))
                .collect()
        };
        let params: Vec<Bound<'_>> = (0..columns.len())
            .map(|index| Bound::Column(column(index)))
            .collect();
        let found = self.ask(&text, &params)?;
        // The sequence counts up along the arrays.
        let mut seqs: Vec<i64> = found.iter().map(|row| row.get(0)).collect();
        seqs.sort_unstable();
        Ok(seqs)
    }

    /// After rows with a `seq` of their own: the sequence goes on behind them.
    fn catch_up(&mut self, table: &str, highest: i64) -> StoreResult<()> {
        let place = format!("{}.{}", quoted(&self.store.schema), quoted(table));
        let text = "SELECT setval(s, greatest(nextval(s), $2)) FROM (SELECT CAST(pg_get_serial_sequence($1, 'seq') AS regclass) AS s) AS found";
        self.ask(text, &[Bound::Text(&place), Bound::Int(highest)])
            .map(drop)
    }
}

impl View for Session<'_> {
    fn select(&mut self, select: &Select) -> StoreResult<Vec<Row>> {
        let limit = select.limit.map_or(usize::MAX, |rows| rows as usize);
        let mut rows = Vec::new();
        for segment in render::segments(select) {
            if rows.len() >= limit {
                break;
            }
            let found = self.found(&render::select(&self.store.target, select, segment))?;
            for row in &found {
                let cells = (1..=select.columns.len()).map(|index| decode(row, index));
                rows.push(Row {
                    seq: row.get(0),
                    cells: cells.collect::<StoreResult<_>>()?,
                });
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
        let found = self.found(&render::count(
            &self.store.target,
            table,
            branches,
            cond,
            limit,
        ))?;
        Ok(found
            .first()
            .map_or(0, |row| row.get::<_, i64>(0).unsigned_abs()))
    }

    fn aggregate(&mut self, aggregate: &Aggregate) -> StoreResult<Vec<Row>> {
        let found = self.found(&render::aggregate(&self.store.target, aggregate))?;
        let row = |row: &Found| -> StoreResult<Row> {
            Ok(Row {
                seq: 0,
                cells: (0..row.len())
                    .map(|index| decode(row, index))
                    .collect::<StoreResult<_>>()?,
            })
        };
        found.iter().map(row).collect()
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
        let Some(expression) = page.expr.written(&WORDS) else {
            return Ok(Vec::new());
        };
        let text = format!(
            "SELECT \"seq\" FROM {}.{} WHERE tokens @@ CAST(CAST($1 AS text) AS tsquery) AND \"seq\" < $2 \
             ORDER BY \"seq\" DESC LIMIT $3",
            quoted(&self.store.schema),
            quoted(&naming::search_table(&page.table))
        );
        let before = page.before.unwrap_or(i64::MAX);
        let params = [
            Bound::Text(&expression),
            Bound::Int(before),
            Bound::Int(i64::from(page.limit)),
        ];
        Ok(self
            .ask(&text, &params)?
            .iter()
            .map(|row| row.get(0))
            .collect())
    }
}

impl Transaction for Session<'_> {
    fn insert(
        &mut self,
        table: &str,
        columns: &[&str],
        rows: Vec<Vec<Cell>>,
    ) -> StoreResult<Vec<i64>> {
        let mut seqs = Vec::with_capacity(rows.len());
        if let [row] = rows.as_slice() {
            let text = render::insert_one(&self.store.target, table, columns);
            let params: Vec<Bound<'_>> = row.iter().map(Bound::Cell).collect();
            seqs.extend(
                self.ask(&text, &params)?
                    .iter()
                    .map(|row| row.get::<_, i64>(0)),
            );
        } else {
            for chunk in rows.chunks(MOST_ROWS) {
                seqs.extend(self.insert_many(table, columns, chunk)?);
            }
        }
        self.is_numbered |= !rows.is_empty();
        if let Some(place) = columns.iter().position(|&column| column == "seq") {
            seqs = rows.iter().filter_map(|row| row[place].int()).collect();
            if let Some(&highest) = seqs.iter().max() {
                self.catch_up(table, highest)?;
            }
        }
        Ok(seqs)
    }

    fn update(&mut self, table: &str, set: &[(&str, Set)], cond: &Cond) -> StoreResult<u64> {
        self.execute(&render::update(&self.store.target, table, set, cond))
    }

    fn delete(&mut self, table: &str, cond: &Cond) -> StoreResult<u64> {
        self.execute(&render::delete(&self.store.target, table, cond))
    }

    fn log(&mut self, entries: &[LogEntry]) -> StoreResult<()> {
        if !self.is_numbered {
            self.ask("SELECT CAST(pg_current_xact_id() AS text)", &[])?;
            self.is_numbered = true;
        }
        self.insert(
            log::TABLE,
            &log::COLUMNS,
            entries.iter().map(LogEntry::cells).collect(),
        )
        .map(drop)
    }

    fn index(&mut self, table: &str, rows: &[(i64, Option<Tokens>)]) -> StoreResult<()> {
        let place = format!(
            "{}.{}",
            quoted(&self.store.schema),
            quoted(&naming::search_table(table))
        );
        let (mut seqs, mut tokens, mut gone) = (Vec::new(), Vec::new(), Vec::new());
        for (seq, text) in rows {
            match text.as_deref().filter(|text| !text.is_empty()) {
                Some(text) => {
                    seqs.push(Cell::Int(*seq));
                    tokens.push(Cell::from(text));
                }
                None => gone.push(Cell::Int(*seq)),
            }
        }
        if !gone.is_empty() {
            let text = format!("DELETE FROM {place} WHERE \"seq\" = ANY(CAST($1 AS bigint[]))");
            self.ask(&text, &[Bound::Column(gone.iter().collect())])?;
        }
        if !seqs.is_empty() {
            let text = format!(
                "INSERT INTO {place} (\"seq\", tokens) \
                 SELECT u.c0, array_to_tsvector(array_remove(string_to_array(u.c1, ' '), '')) \
                 FROM unnest(CAST($1 AS bigint[]), CAST($2 AS text[])) AS u(c0, c1) \
                 ON CONFLICT (\"seq\") DO UPDATE SET tokens = EXCLUDED.tokens"
            );
            self.ask(
                &text,
                &[
                    Bound::Column(seqs.iter().collect()),
                    Bound::Column(tokens.iter().collect()),
                ],
            )?;
        }
        self.is_numbered = true;
        Ok(())
    }

    fn savepoint(
        &mut self,
        body: &mut dyn FnMut(&mut dyn Transaction) -> StoreResult<()>,
    ) -> StoreResult<()> {
        let name = format!("s{}", self.depth);
        let result = self
            .store
            .server
            .run(self.client, &format!("SAVEPOINT {name}"));
        self.noted(result)?;
        let is_numbered = self.is_numbered;
        self.depth += 1;
        let result = body(self);
        self.depth -= 1;
        let end = if result.is_ok() {
            format!("RELEASE {name}")
        } else {
            // The number of the whole transaction stays, but a savepoint of its own may have been all that had one.
            self.is_numbered = is_numbered;
            format!("ROLLBACK TO {name}; RELEASE {name}")
        };
        let ended = self.store.server.run(self.client, &end);
        self.is_failed &= result.is_ok();
        self.noted(ended)?;
        result
    }

    /// Others run beside it, but wait where both touch the same row, as a counter of business numbers is.
    fn is_awaited(&self) -> bool {
        self.store.writing.load(Ordering::Relaxed) > 1
    }
}

/// Every posting of a table's search index, in pieces.
pub fn postings(
    server: &Server,
    schema: &str,
    table: &str,
    look: &mut dyn FnMut(i64, &str),
) -> StoreResult<()> {
    /// Rows of one piece.
    const ROWS: i64 = 5_000;
    let client = server.client()?;
    let text = format!(
        "SELECT \"seq\", tsvector_to_array(tokens) FROM {}.{} WHERE \"seq\" > $1 ORDER BY \"seq\" LIMIT $2",
        quoted(schema),
        quoted(&naming::search_table(table))
    );
    let mut after = -1;
    loop {
        let params = [Bound::Int(after), Bound::Int(ROWS)];
        let found = server.ask(&client, &text, &params).map_err(Trouble::last)?;
        for row in &found {
            after = row.get(0);
            let tokens: Vec<&str> = row.get(1);
            tokens.into_iter().for_each(|token| look(after, token));
        }
        if found.len() < ROWS as usize {
            return Ok(());
        }
    }
}
