//! Search: any piece of Chinese, pinyin, initials, word beginnings, digits. The index proposes newest first, rights
//! are asked of each proposal, and the engine verifies on the row and tells the reason.

use crate::capability::Draft;
use crate::context::Context;
use crate::engine::Engine;
use crate::error::{EngineError, EngineResult};
use crate::record::Record;
use guanxi_access::Action;
use guanxi_meta::catalog::Searched;
use guanxi_meta::text::{self, Query, Rank};
use guanxi_meta::{Cell, Object};
use guanxi_query::cond::{Cond, Direction, Op, Select};
use guanxi_store::{SearchExpr, SearchFeed, SearchPage, StoreExt, Tokens, Transaction, View};
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// One hit, with the reason why it is one.
#[derive(Debug, Clone)]
pub struct Hit {
    pub record: Record,
    pub field: String,
    /// The piece of text where the query was found.
    pub text: String,
    /// Bytes of `text`.
    pub mark: std::ops::Range<usize>,
    rank: (Rank, u32),
}

/// Rows that are verified per object, and proposals that are read for it, at most.
const MOST_VERIFIED: usize = 500;
const MOST_READ: usize = 60_000;
const PAGE: u32 = 500;
/// Rows of a bulk of indexing.
const INDEX_ROWS: u32 = 2_000;
/// How long a search waits for the index to reach the log's head.
const PATIENCE: Duration = Duration::from_secs(2);

/// The best hits of all objects, or of one.
pub fn search(ctx: &Context, q: &str, only: Option<&Arc<Object>>, limit: usize) -> EngineResult<Vec<Hit>> {
    let query = Query::parse(q);
    if query.is_empty() {
        return Ok(Vec::new());
    }
    catch_up(&ctx.engine)?;
    let mut hits = Vec::new();
    for object in ctx.catalog.objects.iter().filter(|object| only.is_none_or(|one| one.name == object.name)) {
        if !ctx.grant(object, Action::Read).is_empty() && is_searched(object) {
            hits.extend(in_object(ctx, object, &query, q)?);
        }
    }
    hits.sort_by(|a, b| a.rank.cmp(&b.rank).then(b.record.seq.cmp(&a.record.seq)));
    hits.truncate(limit);
    Ok(hits)
}

fn is_searched(object: &Object) -> bool {
    object.fields.iter().any(|field| field.searched == Searched::Yes)
}

fn in_object(ctx: &Context, object: &Arc<Object>, query: &Query, q: &str) -> EngineResult<Vec<Hit>> {
    let expr = expression(query.tokens());
    ctx.engine.store().look(|view| {
        let mut found = Found { hits: Vec::new(), seen: HashSet::new() };
        beginning(view, ctx, object, (query, q), &mut found)?;
        let mut before = None;
        let mut read = 0;
        while read < MOST_READ && found.hits.len() < MOST_VERIFIED {
            let page = SearchPage { table: object.table.clone(), expr: expr.clone(), before, limit: PAGE };
            let seqs = view.search(&page)?;
            let Some(last) = seqs.last() else { break };
            before = Some(*last);
            read += seqs.len();
            let permitted = crate::scan::permitted(ctx, object, &seqs)?;
            verify_rows(view, ctx, object, permitted, query, &mut found)?;
            if seqs.len() < PAGE as usize {
                break;
            }
        }
        Ok(found.hits)
    })
}

struct Found {
    hits: Vec<Hit>,
    seen: HashSet<i64>,
}

/// Names that start with the query, in their order: the best hits, however many others there are.
fn beginning(
    view: &mut dyn View,
    ctx: &Context,
    object: &Arc<Object>,
    (query, q): (&Query, &str),
    found: &mut Found,
) -> EngineResult<()> {
    const BEST: u32 = 20;
    let key = text::sort_key(q);
    if key.is_empty() {
        return Ok(());
    }
    let mut end = key.clone();
    end.extend([0xff, 0xff]);
    let mut select = Select::from(&object.table, object.columns())
        .filter(Cond::compare(Object::TITLE_KEY, Op::GreaterOrEqual, Cell::Bytes(key)))
        .filter(Cond::compare(Object::TITLE_KEY, Op::Less, Cell::Bytes(end)))
        .filter(Cond::null("deleted_at"))
        .order(Object::TITLE_KEY, Direction::Ascending)
        .limit(BEST);
    select.branches = ctx.grant(object, Action::Read).branches();
    let rows = view.select(&select)?;
    for row in rows {
        let record = Record::from_row(object, &row);
        found.take(ctx, record, query);
    }
    Ok(())
}

fn verify_rows(
    view: &mut dyn View,
    ctx: &Context,
    object: &Arc<Object>,
    seqs: Vec<i64>,
    query: &Query,
    found: &mut Found,
) -> EngineResult<()> {
    let new: Vec<Cell> = seqs.into_iter().filter(|seq| !found.seen.contains(seq)).map(Cell::Int).collect();
    if new.is_empty() {
        return Ok(());
    }
    let grant = ctx.grant(object, Action::Read);
    let select = Select::from(&object.table, object.columns())
        .filter(Cond::among("seq", new).and(Cond::null("deleted_at")).and(grant.cond()));
    let mut rows = view.select(&select)?;
    rows.sort_by_key(|row| std::cmp::Reverse(row.seq));
    for row in rows {
        if found.hits.len() >= MOST_VERIFIED {
            break;
        }
        found.take(ctx, Record::from_row(object, &row), query);
    }
    Ok(())
}

impl Found {
    /// Keeps the record if the query is really in a field that the caller may read.
    fn take(&mut self, ctx: &Context, record: Record, query: &Query) {
        if !self.seen.insert(record.seq) {
            return;
        }
        let grant = ctx.grant(&record.object, Action::Read);
        let title = record.title();
        let title_name = record.object.title().name.clone();
        let mut texts: Vec<(&str, String)> = Vec::new();
        if grant.may_read(record.object.title) {
            texts.push((&title_name, title));
        }
        let readable = |name: &str| record.object.position(name).is_some_and(|at| grant.may_read(at));
        texts.extend(record.searched().into_iter().filter(|(name, _)| *name != title_name && readable(name)));
        let pairs: Vec<(&str, &str)> = texts.iter().map(|(name, text)| (*name, text.as_str())).collect();
        let Some(hit) = query.verify(&pairs) else { return };
        let (field, text, mark, rank) = (hit.field.to_owned(), hit.text.clone(), hit.mark.clone(), hit.rank);
        let rank = (rank, hit.distance);
        self.hits.push(Hit { record, field, text, mark, rank });
    }
}

fn expression(tokens: text::TokenExpr) -> SearchExpr {
    match tokens {
        text::TokenExpr::Token(token) => SearchExpr::Token(token),
        text::TokenExpr::All(parts) => SearchExpr::All(parts.into_iter().map(expression).collect()),
        text::TokenExpr::Any(parts) => SearchExpr::Any(parts.into_iter().map(expression).collect()),
    }
}

/// Where the database indexes in the transaction itself.
pub fn index_in_transaction(tx: &mut dyn Transaction, ctx: &Context, draft: &Draft) -> EngineResult<()> {
    let record = &draft.after;
    if ctx.engine.store().search_feed() == SearchFeed::FromLog || !is_searched(&record.object) {
        return Ok(());
    }
    let now = tokens(record);
    if draft.before.as_ref().is_some_and(|before| tokens(before) == now) {
        return Ok(());
    }
    tx.index(&record.object.table, &[(record.seq, now)])?;
    Ok(())
}

/// The tokens of a record; none for one that is deleted.
fn tokens(record: &Record) -> Option<Tokens> {
    if record.deleted_at.is_some() {
        return None;
    }
    let mut buffer = String::new();
    for (_, text) in record.searched() {
        text::index_tokens(&text, &mut buffer);
    }
    Some(buffer)
}

/// Brings the index to the log's head, or as far as patience goes; a write is found by the next search.
pub fn catch_up(engine: &Engine) -> EngineResult<()> {
    if engine.store().search_feed() == SearchFeed::InTransaction {
        return Ok(());
    }
    let head = engine.store().log_head()?;
    if engine.store().indexed_to()? >= head {
        return Ok(());
    }
    let since = Instant::now();
    let _one_at_a_time = engine.indexing().lock();
    while since.elapsed() < PATIENCE && index_step(engine)? {}
    Ok(())
}

/// Follows the log for as long as `go_on` says.
pub fn follow(engine: &Engine, go_on: &dyn Fn() -> bool) -> EngineResult<()> {
    let mut seen = 0;
    while go_on() {
        if engine.store().search_feed() == SearchFeed::FromLog {
            let _one_at_a_time = engine.indexing().lock();
            while index_step(engine)? && go_on() {}
        }
        seen = engine.wait_commit(seen, 1_000);
    }
    Ok(())
}

/// Everything, now: after a large import and in tests.
pub fn index_all(engine: &Engine) -> EngineResult<()> {
    if engine.store().search_feed() == SearchFeed::FromLog {
        let _one_at_a_time = engine.indexing().lock();
        while index_step(engine)? {}
    }
    Ok(())
}

/// Reads one piece of the log into the index; `false` when there was none.
fn index_step(engine: &Engine) -> EngineResult<bool> {
    let store = engine.store();
    let rows = store.log_after(store.indexed_to()?, INDEX_ROWS)?;
    let Some(last) = rows.last().map(|row| row.position) else { return Ok(false) };
    let catalog = engine.catalog();
    let mut by_table: BTreeMap<String, HashSet<i64>> = BTreeMap::new();
    for row in rows {
        by_table.entry(row.entry.object).or_default().insert(row.entry.seq);
    }
    for (table, seqs) in by_table {
        let Some(object) = catalog.objects.iter().find(|object| object.table == table) else { continue };
        if is_searched(object) {
            let documents = documents(engine, object, seqs)?;
            store.index(&table, &documents, None)?;
        }
    }
    store.index("", &[], Some(last))?;
    Ok(true)
}

fn documents(engine: &Engine, object: &Arc<Object>, seqs: HashSet<i64>) -> EngineResult<Vec<(i64, Option<Tokens>)>> {
    let cells: Vec<Cell> = seqs.iter().copied().map(Cell::Int).collect();
    let select = Select::from(&object.table, object.columns()).filter(Cond::among("seq", cells));
    let rows = engine.store().look(|view| Ok::<_, EngineError>(view.select(&select)?))?;
    let mut documents: Vec<(i64, Option<Tokens>)> =
        rows.iter().map(|row| (row.seq, tokens(&Record::from_row(object, row)))).collect();
    let found: HashSet<i64> = documents.iter().map(|(seq, _)| *seq).collect();
    documents.extend(seqs.difference(&found).map(|seq| (*seq, None)));
    Ok(documents)
}

/// Records that people may mean by a name: what pickers offer.
pub fn suggest(ctx: &Context, object: &Arc<Object>, q: &str, limit: usize) -> EngineResult<Vec<(Uuid, String)>> {
    if q.trim().is_empty() {
        let request = crate::read::list::ListRequest { limit: Some(limit as u32), ..Default::default() };
        let page = crate::read::list::list(ctx, object, &request)?;
        return Ok(page.records.iter().map(|record| (record.id, record.title())).collect());
    }
    let hits = search(ctx, q, Some(object), limit)?;
    Ok(hits.into_iter().map(|hit| (hit.record.id, hit.record.title())).collect())
}
