//! Lists: any object, any filter, any order, a page at a time by key. Page 10,000 costs what page 1 costs.

use crate::context::Context;
use crate::error::{EngineError, EngineResult};
use crate::read::cursor;
use crate::record::Record;
use guanxi_access::{Action, Grant};
use guanxi_meta::{Cell, ColumnType, Object, links};
use guanxi_query::cond::{Aggregate, Cond, Measure, Op, Operand, Order, Select};
use guanxi_query::{Purpose, Sort, check_as};
use guanxi_store::{Row, StoreError, StoreExt, View};
use std::sync::Arc;
use std::time::Duration;

/// What is asked of a list.
#[derive(Debug, Clone, Default)]
pub struct ListRequest {
    /// In the filter language; empty for all.
    pub filter: String,
    /// `-created_at,name`; empty for the newest first.
    pub sort: String,
    /// Rows; 1 to [`MOST_ROWS`].
    pub limit: Option<u32>,
    /// Empty for the first page.
    pub cursor: String,
    pub count: Counting,
    /// Beside the filter: what the address itself says (related lists, selected ids).
    pub within: Option<Cond>,
    /// Whose rows: another action's grant for exports.
    pub action: Option<Action>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Counting {
    #[default]
    None,
    /// Exact up to 1,000.
    Estimate,
    Exact,
}

#[derive(Debug, Clone)]
pub struct Page {
    pub records: Vec<Record>,
    pub next: Option<String>,
    pub count: Option<Count>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    pub value: u64,
    /// `false`: there are at least so many.
    pub exact: bool,
}

pub const DEFAULT_ROWS: u32 = 50;
pub const MOST_ROWS: u32 = 500;
/// How far a count goes before it is `1000+`.
const COUNT_TO: u32 = 1000;
/// How long a query may take that no index serves.
pub const PATIENCE: Duration = Duration::from_secs(2);

/// One page of what the caller may read.
pub fn list(ctx: &Context, object: &Arc<Object>, request: &ListRequest) -> EngineResult<Page> {
    let question = Question::new(ctx, object, request)?;
    let limit = request.limit.unwrap_or(DEFAULT_ROWS).clamp(1, MOST_ROWS);
    let after = question.after(&request.cursor)?;
    let rows = match crate::scan::page(ctx, &question, after.as_ref(), limit + 1)? {
        Some(rows) => rows,
        None => question.fetch(ctx, after, limit + 1)?,
    };
    let next = (rows.len() > limit as usize).then(|| question.cursor(&rows[limit as usize - 1]));
    let records = rows
        .iter()
        .take(limit as usize)
        .map(|row| Record::from_row(object, row).seen_by(&question.grant))
        .collect();
    let count = match request.count {
        Counting::None => None,
        counting => Some(question.count(ctx, counting)?),
    };
    Ok(Page {
        records,
        next,
        count,
    })
}

/// How many rows the caller may read that match.
pub fn count(ctx: &Context, object: &Arc<Object>, request: &ListRequest) -> EngineResult<Count> {
    Question::new(ctx, object, request)?.count(ctx, request.count)
}

/// A list's request, understood: what is asked of the store or of the columnar copy.
pub struct Question {
    pub object: Arc<Object>,
    pub grant: Arc<Grant>,
    pub cond: Cond,
    pub order: Vec<Order>,
    digest: u32,
}

impl Question {
    pub fn new(
        ctx: &Context,
        object: &Arc<Object>,
        request: &ListRequest,
    ) -> EngineResult<Question> {
        let grant = ctx.grant(object, request.action.unwrap_or(Action::Read));
        let mut cond = Cond::True;
        if !request.filter.trim().is_empty() {
            let typed = check_as(&ctx.catalog, object, &request.filter, Purpose::Filter, ctx)?;
            cond = typed.lower(ctx)?;
        }
        if let Some(within) = &request.within {
            cond = within.clone().and(cond);
        }
        let text = if request.sort.trim().is_empty() {
            "-created_at"
        } else {
            request.sort.trim()
        };
        let order = Sort::parse(object, text, ctx)?.orders();
        let within = request
            .within
            .as_ref()
            .map(|cond| format!("{cond:?}"))
            .unwrap_or_default();
        let digest = cursor::question(&[&object.table, &request.filter, text, &within]);
        Ok(Question {
            object: object.clone(),
            grant,
            cond,
            order,
            digest,
        })
    }

    fn after(&self, text: &str) -> EngineResult<Option<(Vec<Cell>, i64)>> {
        if text.is_empty() {
            return Ok(None);
        }
        let columns = self.object.table_spec().columns;
        let ty = |order: &Order| match columns.iter().find(|column| column.name == order.column) {
            Some(column) => column.ty,
            None => ColumnType::Int,
        };
        let keys: Vec<ColumnType> = self.order.iter().map(ty).collect();
        cursor::read(text, self.digest, &keys).map(Some)
    }

    /// Columns of a row as `Record` reads them, then the sort keys.
    pub fn columns(&self) -> Vec<String> {
        let mut columns = self.object.columns();
        columns.extend(self.order.iter().map(|order| order.column.clone()));
        columns
    }

    fn cursor(&self, row: &Row) -> String {
        let keys = &row.cells[row.cells.len() - self.order.len()..];
        cursor::write(self.digest, keys, row.seq)
    }

    /// Rows of `columns()` from the database: by merged streams in the order of an index, or, where the filter names
    /// a link, from that link's index.
    pub fn fetch(
        &self,
        ctx: &Context,
        after: Option<(Vec<Cell>, i64)>,
        limit: u32,
    ) -> EngineResult<Vec<Row>> {
        let driven = drives(&self.object, &self.cond);
        let mut select = Select::from(&self.object.table, self.columns());
        select.branches = if driven {
            Vec::new()
        } else {
            self.grant.branches()
        };
        select.cond = self.cond.clone().and(Cond::null("deleted_at"));
        if driven {
            select.cond = select.cond.and(self.grant.cond());
        }
        select.order = self.order.clone();
        select.after = after;
        select.limit = Some(limit);
        let rows = ctx
            .engine
            .store()
            .look_within(PATIENCE, |view| view.select(&select));
        rows.map_err(too_slow)
    }

    pub fn count(&self, ctx: &Context, counting: Counting) -> EngineResult<Count> {
        // What no index serves, the copy counts to the end sooner than the database counts to a thousand.
        let is_filtered = self.cond != Cond::True;
        if (counting == Counting::Exact || is_filtered)
            && let Some(value) = crate::scan::count(ctx, self)?
        {
            return Ok(Count { value, exact: true });
        }
        let most = if counting == Counting::Exact {
            None
        } else {
            Some(COUNT_TO + 1)
        };
        let mut cond = self.cond.clone().and(Cond::null("deleted_at"));
        let mut branches = Vec::new();
        if drives(&self.object, &self.cond) {
            cond = cond.and(self.grant.cond());
        } else {
            branches = self.grant.branches();
        }
        let counted = ctx
            .engine
            .store()
            .look_within(PATIENCE, |view| {
                view.count(&self.object.table, &branches, &cond, most)
            })
            .map_err(too_slow)?;
        Ok(match most {
            Some(most) if counted >= u64::from(most) => Count {
                value: u64::from(COUNT_TO),
                exact: false,
            },
            _ => Count {
                value: counted,
                exact: true,
            },
        })
    }

    /// Count and sums per value of a column: lane totals of a board.
    pub fn totals(
        &self,
        view: &mut dyn View,
        group: &str,
        sums: &[String],
    ) -> EngineResult<Vec<Row>> {
        let mut measures = vec![Measure::Count];
        measures.extend(sums.iter().cloned().map(Measure::Sum));
        let aggregate = Aggregate {
            table: self.object.table.clone(),
            branches: Vec::new(),
            cond: self
                .cond
                .clone()
                .and(Cond::null("deleted_at"))
                .and(self.grant.cond()),
            group: vec![group.to_owned()],
            measures,
        };
        Ok(view.aggregate(&aggregate)?)
    }
}

fn too_slow(error: StoreError) -> EngineError {
    match error {
        StoreError::TooSlow => EngineError::bad("too_slow"),
        error => EngineError::Store(error),
    }
}

/// Whether an index on a link or an id leads to few rows, so that sorting those beats walking an ordered index.
pub fn drives(object: &Object, cond: &Cond) -> bool {
    match cond {
        Cond::All(parts) => parts.iter().any(|part| drives(object, part)),
        Cond::Any(parts) => parts.iter().all(|part| drives(object, part)),
        Cond::Compare {
            column,
            op: Op::Equal,
            with: Operand::Cell(Cell::Id(_)),
        } => leads(object, column),
        Cond::In { column, cells } => {
            cells.iter().all(|cell| matches!(cell, Cell::Id(_))) && leads(object, column)
        }
        Cond::Among { table, .. } => table == links::TABLE,
        _ => false,
    }
}

fn leads(object: &Object, column: &str) -> bool {
    let is_link =
        |field: &guanxi_meta::Field| field.column == column && field.kind.name() == "link";
    column == "id" || object.fields.iter().any(is_link)
}
