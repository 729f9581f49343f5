//! Search: any piece of Chinese, pinyin, initials, word beginnings, digits. The index proposes newest first, rights
//! are asked of each proposal, and the engine verifies on the row and tells the reason.

use crate::capability::Draft;
use crate::context::Context;
use crate::engine::Engine;
use crate::error::{EngineError, EngineResult};
use crate::record::Record;
use guanxi_access::{Action, Grant};
use guanxi_meta::catalog::Searched;
use guanxi_meta::text::{self, Query, Rank};
use guanxi_meta::{Cell, Object};
use guanxi_query::cond::{Cond, Direction, Op, Select};
use guanxi_store::{Row, SearchExpr, SearchFeed, SearchPage, StoreExt, Tokens, Transaction, View};
use std::collections::{BTreeMap, HashMap, HashSet};
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
}

/// Rows that are verified per object, and proposals that are read for it, at most.
const MOST_VERIFIED: usize = 500;
const MOST_READ: usize = 60_000;
const PAGE: u32 = 500;
/// Rows of a bulk of indexing.
const INDEX_ROWS: u32 = 2_000;
/// Saves that come this close together are indexed together: each piece costs the index a commit and later a merge.
/// A search does not wait for it, since it brings the index up to date itself.
const GATHER: Duration = Duration::from_millis(100);
/// How long a search waits for the index to reach the log's head.
const PATIENCE: Duration = Duration::from_secs(2);

/// The best hits of all objects, or of one.
pub fn search(
    ctx: &Context,
    q: &str,
    only: Option<&Arc<Object>>,
    limit: usize,
) -> EngineResult<Vec<Hit>> {
    let query = Query::parse(q);
    if query.is_empty() {
        return Ok(Vec::new());
    }
    catch_up(&ctx.engine)?;
    let mut places = Vec::new();
    for object in ctx
        .catalog
        .objects
        .iter()
        .filter(|object| only.is_none_or(|one| one.name == object.name))
    {
        if !ctx.grant(object, Action::Read).is_empty() && is_searched(object) {
            places.extend(in_object(ctx, object, &query, q)?);
        }
    }
    places.sort_by(|a, b| a.rank.cmp(&b.rank).then(b.seq.cmp(&a.seq)));
    places.truncate(limit);
    whole(ctx, places)
}

fn is_searched(object: &Object) -> bool {
    object
        .fields
        .iter()
        .any(|field| field.searched == Searched::Yes)
}

/// A hit before its record is read: hundreds are weighed, and only the best are shown.
struct Place {
    object: Arc<Object>,
    seq: i64,
    field: String,
    text: String,
    mark: std::ops::Range<usize>,
    rank: (Rank, u32),
}

fn in_object(
    ctx: &Context,
    object: &Arc<Object>,
    query: &Query,
    q: &str,
) -> EngineResult<Vec<Place>> {
    let expr = expression(query.tokens());
    let texts = Texts::of(object, &ctx.grant(object, Action::Read));
    ctx.engine.store().look(|view| {
        let mut found = Found {
            texts: &texts,
            places: Vec::new(),
            seen: HashSet::new(),
        };
        beginning(view, ctx, (query, q), &mut found)?;
        let mut before = None;
        let mut read = 0;
        while read < MOST_READ && found.places.len() < MOST_VERIFIED {
            let page = SearchPage {
                table: object.table.clone(),
                expr: expr.clone(),
                before,
                limit: PAGE,
            };
            let seqs = view.search(&page)?;
            let Some(last) = seqs.last() else { break };
            before = Some(*last);
            read += seqs.len();
            let permitted = crate::scan::permitted(ctx, object, &seqs)?;
            verify_rows(view, ctx, permitted, query, &mut found)?;
            if seqs.len() < PAGE as usize {
                break;
            }
        }
        Ok(found.places)
    })
}

/// What search looks into for this caller: the title first, then the other searched fields, with their columns and
/// nothing else of the row.
struct Texts {
    object: Arc<Object>,
    /// Position of the field, and its cells among `columns`.
    fields: Vec<(usize, std::ops::Range<usize>)>,
    columns: Vec<String>,
}

impl Texts {
    fn of(object: &Arc<Object>, grant: &Grant) -> Texts {
        let others = (0..object.fields.len())
            .filter(|at| *at != object.title && object.fields[*at].searched == Searched::Yes);
        let mut texts = Texts {
            object: object.clone(),
            fields: Vec::new(),
            columns: Vec::new(),
        };
        for at in std::iter::once(object.title)
            .chain(others)
            .filter(|at| grant.may_read(*at))
        {
            let field = &object.fields[at];
            let start = texts.columns.len();
            texts.columns.extend(
                field
                    .kind
                    .columns(field)
                    .into_iter()
                    .map(|column| column.name),
            );
            texts.fields.push((at, start..texts.columns.len()));
        }
        texts
    }

    /// Name and text of each field; one that holds nothing is left out, save the title.
    fn read(&self, row: &Row) -> Vec<(&str, String)> {
        let read = |(at, cells): &(usize, std::ops::Range<usize>)| {
            let field = &self.object.fields[*at];
            let value = field.kind.load(field, &row.cells[cells.clone()]);
            let shown = *at == self.object.title || !value.is_null();
            shown.then(|| (field.name.as_str(), field.kind.to_text(field, &value)))
        };
        self.fields.iter().filter_map(read).collect()
    }

    fn select(&self) -> Select {
        Select::from(&self.object.table, self.columns.clone()).filter(Cond::null("deleted_at"))
    }
}

struct Found<'a> {
    texts: &'a Texts,
    places: Vec<Place>,
    seen: HashSet<i64>,
}

/// Names that start with the query, in their order: the best hits, however many others there are.
fn beginning(
    view: &mut dyn View,
    ctx: &Context,
    (query, q): (&Query, &str),
    found: &mut Found<'_>,
) -> EngineResult<()> {
    const BEST: u32 = 20;
    let key = text::sort_key(q);
    if key.is_empty() {
        return Ok(());
    }
    let mut end = key.clone();
    end.extend([0xff, 0xff]);
    let mut select = found
        .texts
        .select()
        .filter(Cond::compare(
            Object::TITLE_KEY,
            Op::GreaterOrEqual,
            Cell::Bytes(key),
        ))
        .filter(Cond::compare(Object::TITLE_KEY, Op::Less, Cell::Bytes(end)))
        .order(Object::TITLE_KEY, Direction::Ascending)
        .limit(BEST);
    select.branches = ctx.grant(&found.texts.object, Action::Read).branches();
    for row in view.select(&select)? {
        found.take(&row, query);
    }
    Ok(())
}

fn verify_rows(
    view: &mut dyn View,
    ctx: &Context,
    seqs: Vec<i64>,
    query: &Query,
    found: &mut Found<'_>,
) -> EngineResult<()> {
    let new: Vec<Cell> = seqs
        .into_iter()
        .filter(|seq| !found.seen.contains(seq))
        .map(Cell::Int)
        .collect();
    if new.is_empty() {
        return Ok(());
    }
    let grant = ctx.grant(&found.texts.object, Action::Read);
    let select = found
        .texts
        .select()
        .filter(Cond::among("seq", new).and(grant.cond()));
    let mut rows = view.select(&select)?;
    rows.sort_by_key(|row| std::cmp::Reverse(row.seq));
    for row in rows {
        if found.places.len() >= MOST_VERIFIED {
            break;
        }
        found.take(&row, query);
    }
    Ok(())
}

impl Found<'_> {
    /// Keeps the row if the query is really in a field that the caller may read.
    fn take(&mut self, row: &Row, query: &Query) {
        if !self.seen.insert(row.seq) {
            return;
        }
        let texts = self.texts.read(row);
        let pairs: Vec<(&str, &str)> = texts
            .iter()
            .map(|(name, text)| (*name, text.as_str()))
            .collect();
        let Some(hit) = query.verify(&pairs) else {
            return;
        };
        self.places.push(Place {
            object: self.texts.object.clone(),
            seq: row.seq,
            field: hit.field.to_owned(),
            rank: (hit.rank, hit.distance),
            text: hit.text,
            mark: hit.mark,
        });
    }
}

/// The records of the places, in their order; one that went away meanwhile is left out.
fn whole(ctx: &Context, places: Vec<Place>) -> EngineResult<Vec<Hit>> {
    let mut by_object: BTreeMap<&str, (Arc<Object>, Vec<Cell>)> = BTreeMap::new();
    for place in &places {
        let (_, seqs) = by_object
            .entry(&place.object.name)
            .or_insert_with(|| (place.object.clone(), Vec::new()));
        seqs.push(Cell::Int(place.seq));
    }
    let mut records: HashMap<(String, i64), Record> = HashMap::with_capacity(places.len());
    ctx.engine.store().look(|view| {
        for (object, seqs) in by_object.values() {
            let cond = Cond::among("seq", seqs.clone()).and(Cond::null("deleted_at"));
            let select = Select::from(&object.table, object.columns())
                .filter(cond.and(ctx.grant(object, Action::Read).cond()));
            for row in view.select(&select)? {
                records.insert(
                    (object.name.clone(), row.seq),
                    Record::from_row(object, &row),
                );
            }
        }
        Ok::<_, EngineError>(())
    })?;
    let hit = |place: Place| {
        let record = records.remove(&(place.object.name.clone(), place.seq))?;
        Some(Hit {
            record,
            field: place.field,
            text: place.text,
            mark: place.mark,
        })
    };
    Ok(places.into_iter().filter_map(hit).collect())
}

fn expression(tokens: text::TokenExpr) -> SearchExpr {
    match tokens {
        text::TokenExpr::Token(token) => SearchExpr::Token(token),
        text::TokenExpr::All(parts) => SearchExpr::All(parts.into_iter().map(expression).collect()),
        text::TokenExpr::Any(parts) => SearchExpr::Any(parts.into_iter().map(expression).collect()),
    }
}

/// Where the database indexes in the transaction itself.
pub fn index_in_transaction(
    tx: &mut dyn Transaction,
    ctx: &Context,
    draft: &Draft,
) -> EngineResult<()> {
    let record = &draft.after;
    if ctx.engine.store().search_feed() == SearchFeed::FromLog || !is_searched(&record.object) {
        return Ok(());
    }
    let now = tokens(record);
    if draft
        .before
        .as_ref()
        .is_some_and(|before| tokens(before) == now)
    {
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
        std::thread::sleep(GATHER);
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
    let Some(last) = rows.last().map(|row| row.position) else {
        return Ok(false);
    };
    let catalog = engine.catalog();
    let mut by_table: BTreeMap<String, HashSet<i64>> = BTreeMap::new();
    for row in rows {
        by_table
            .entry(row.entry.object)
            .or_default()
            .insert(row.entry.seq);
    }
    for (table, seqs) in by_table {
        let Some(object) = catalog.objects.iter().find(|object| object.table == table) else {
            continue;
        };
        if is_searched(object) {
            let documents = documents(engine, object, seqs)?;
            store.index(&table, &documents, None)?;
        }
    }
    store.index("", &[], Some(last))?;
    Ok(true)
}

fn documents(
    engine: &Engine,
    object: &Arc<Object>,
    seqs: HashSet<i64>,
) -> EngineResult<Vec<(i64, Option<Tokens>)>> {
    let cells: Vec<Cell> = seqs.iter().copied().map(Cell::Int).collect();
    let select = Select::from(&object.table, object.columns()).filter(Cond::among("seq", cells));
    let rows = engine
        .store()
        .look(|view| Ok::<_, EngineError>(view.select(&select)?))?;
    let mut documents: Vec<(i64, Option<Tokens>)> = rows
        .iter()
        .map(|row| (row.seq, tokens(&Record::from_row(object, row))))
        .collect();
    let found: HashSet<i64> = documents.iter().map(|(seq, _)| *seq).collect();
    documents.extend(seqs.difference(&found).map(|seq| (*seq, None)));
    Ok(documents)
}

/// Records that people may mean by a name: what pickers offer.
pub fn suggest(
    ctx: &Context,
    object: &Arc<Object>,
    q: &str,
    limit: usize,
) -> EngineResult<Vec<(Uuid, String)>> {
    if q.trim().is_empty() {
        let request = crate::read::list::ListRequest {
            limit: Some(limit as u32),
            ..Default::default()
        };
        let page = crate::read::list::list(ctx, object, &request)?;
        return Ok(page
            .records
            .iter()
            .map(|record| (record.id, record.title()))
            .collect());
    }
    let hits = search(ctx, q, Some(object), limit)?;
    Ok(hits
        .into_iter()
        .map(|hit| (hit.record.id, hit.record.title()))
        .collect())
}
