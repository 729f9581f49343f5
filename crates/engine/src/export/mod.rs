//! Exports: the rows that the caller may both read and take away, in short ranges of keys, so that no reader keeps
//! the database from tidying up. What is written can be imported again unchanged.

mod cells;
mod keys;
mod parquet;
pub mod safe;
mod sink;

use crate::context::Context;
use crate::error::{EngineError, EngineResult};
use cells::Layout;
use guanxi_access::Action;
use guanxi_meta::Object;
use guanxi_query::cond::{Cond, Direction, Select};
use guanxi_query::{Purpose, Sort, check_as};
use guanxi_store::{Row, StoreExt};
use sink::Sink;
use std::io::Write;
use std::sync::Arc;
use std::sync::mpsc::sync_channel;

#[derive(Debug, Clone, Default)]
pub struct Request {
    /// In the filter language; empty for all.
    pub filter: String,
    /// Empty for the order in which records were made.
    pub sort: String,
    /// Names; empty for every field that the caller may read.
    pub fields: Vec<String>,
    pub format: Format,
    pub heading: Heading,
    pub links: Links,
    pub mark: Mark,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Format {
    #[default]
    Csv,
    Xlsx,
    /// For other engines: every field as a column of its own type.
    Parquet,
    /// One array of the API's flat objects.
    Json,
}

impl Format {
    pub fn parse(text: &str) -> Option<Format> {
        match text {
            "csv" => Some(Format::Csv),
            "xlsx" => Some(Format::Xlsx),
            "parquet" => Some(Format::Parquet),
            "json" => Some(Format::Json),
            _ => None,
        }
    }

    /// As `parse` reads it, and a file's name ends.
    pub fn name(self) -> &'static str {
        match self {
            Format::Csv => "csv",
            Format::Xlsx => "xlsx",
            Format::Parquet => "parquet",
            Format::Json => "json",
        }
    }

    pub fn media_type(self) -> &'static str {
        match self {
            Format::Csv => "text/csv; charset=utf-8",
            Format::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Format::Parquet => "application/vnd.apache.parquet",
            Format::Json => "application/json",
        }
    }
}

/// What the first row says.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Heading {
    /// Names, as the API and mappings write them.
    #[default]
    Name,
    /// Labels in the caller's language.
    Label,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Links {
    /// The names of what links lead to, as far as the caller may see it.
    #[default]
    Names,
    Ids,
}

/// Whether a CSV file begins with the mark by which Excel knows UTF-8.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Mark {
    #[default]
    None,
    Utf8,
}

/// Rows of one reading.
const ROWS: u32 = 2_000;
/// `seq`s of one reading: a filter that matches little must not hold a reader for the whole table.
const RANGE: i64 = 20_000;
/// Readings ahead of the writer.
const AHEAD: usize = 3;

/// Writes the rows to `out` and answers how many. The caller needs the right to export, beside that to read.
pub fn run(
    ctx: &Context,
    object: &Arc<Object>,
    request: &Request,
    out: &mut (dyn Write + Send),
) -> EngineResult<u64> {
    let (read, export) = (
        ctx.grant(object, Action::Read),
        ctx.grant(object, Action::Export),
    );
    if read.is_empty() {
        return Err(EngineError::NotFound);
    }
    if export.is_empty() {
        return Err(EngineError::Forbidden("export"));
    }
    let mut cond = Cond::null("deleted_at").and(read.cond()).and(export.cond());
    if !request.filter.trim().is_empty() {
        let typed = check_as(&ctx.catalog, object, &request.filter, Purpose::Filter, ctx)?;
        cond = cond.and(typed.lower(ctx)?);
    }
    let layout = Layout::new(ctx, object, request)?;
    let order = match request.sort.trim() {
        "" => None,
        text => {
            let order = Sort::parse(object, text, ctx)?.orders();
            Some(keys::sorted(ctx, object, &cond, order)?)
        }
    };
    let mut sink = Sink::new(ctx, object, request, (&layout, out))?;
    let source = Source {
        ctx,
        object,
        cond,
        columns: layout.columns().to_vec(),
    };
    // The database is read on a thread beside the one that writes the file.
    let count = std::thread::scope(|scope| {
        let (send, receive) = sync_channel::<Vec<Row>>(AHEAD);
        let reader = scope.spawn(move || match order {
            None => source.walk(&mut |rows| send.send(rows).is_ok()),
            Some(seqs) => source.pick(&seqs, &mut |rows| send.send(rows).is_ok()),
        });
        let mut count = 0;
        for rows in receive {
            count += rows.len() as u64;
            sink.put(ctx, &rows)?;
        }
        match reader.join() {
            Ok(outcome) => outcome.map(|()| count),
            Err(_) => Err(EngineError::Broken(
                "the reader of an export panicked".to_owned(),
            )),
        }
    })?;
    sink.finish()?;
    Ok(count)
}

struct Source<'a> {
    ctx: &'a Context,
    object: &'a Object,
    cond: Cond,
    columns: Vec<String>,
}

impl Source<'_> {
    /// All rows in the order of their making. `take` answers whether to go on.
    fn walk(&self, take: &mut dyn FnMut(Vec<Row>) -> bool) -> EngineResult<()> {
        keys::ranges(self.ctx, self.object, |range| {
            let select = Select::from(&self.object.table, self.columns.clone())
                .filter(range.and(self.cond.clone()))
                .order("seq", Direction::Ascending)
                .limit(ROWS);
            let rows = self
                .ctx
                .engine
                .store()
                .look(|view| Ok::<_, EngineError>(view.select(&select)?))?;
            let next = (rows.len() == ROWS as usize)
                .then(|| rows.last().map(|row| row.seq))
                .flatten();
            let go_on = rows.is_empty() || take(rows);
            Ok((go_on, next))
        })
    }

    /// These rows in this order.
    fn pick(&self, seqs: &[i64], take: &mut dyn FnMut(Vec<Row>) -> bool) -> EngineResult<()> {
        /// Keys of one list.
        const KEYS: usize = 500;
        for chunk in seqs.chunks(KEYS) {
            let rows = keys::by_seq(self.ctx, self.object, chunk, (&self.columns, &self.cond))?;
            if !take(rows) {
                break;
            }
        }
        Ok(())
    }
}
