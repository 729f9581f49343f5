//! Search: any piece of Chinese, pinyin, initials, word beginnings, digits. The index proposes newest first, rights
//! are asked of each proposal, and the engine verifies on the row and tells the reason.

mod index;

pub use index::{catch_up, follow, index_all, index_in_transaction, tokens};

use crate::context::Context;
use crate::error::{EngineError, EngineResult};
use crate::record::Record;
use guanxi_access::{Action, Grant};
use guanxi_meta::catalog::Searched;
use guanxi_meta::text::{self, Query, Rank};
use guanxi_meta::{Cell, Object};
use guanxi_query::cond::{Cond, Direction, Op, Select};
use guanxi_store::{Row, SearchExpr, SearchPage, StoreExt, View};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
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

/// Hits that are weighed per object, rows that are verified and proposals that are read for them, at most.
const MOST_WEIGHED: usize = 200;
const MOST_VERIFIED: usize = 2_000;
const MOST_READ: usize = 60_000;
/// Hits in names of which the best are chosen, however few are shown.
const CHOICE: usize = 20;
/// Proposals of the first page; each further one is larger, for whoever may see few of them.
const PAGE: u32 = 500;
const LARGEST_PAGE: u32 = 16_000;
/// Rows that are verified together; after each such piece a search asks whether it has enough.
const PIECE: usize = 60;

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
    let mut places = ctx.engine.store().look(|view| {
        let mut places = Vec::new();
        for object in ctx
            .catalog
            .objects
            .iter()
            .filter(|object| only.is_none_or(|one| one.name == object.name))
        {
            if !ctx.grant(object, Action::Read).is_empty() && is_searched(object) {
                places.extend(in_object(
                    view,
                    ctx,
                    object,
                    (&query, q, limit.max(CHOICE)),
                )?);
            }
        }
        Ok::<_, EngineError>(places)
    })?;
    places.sort_by(|a, b| a.rank.cmp(&b.rank).then(b.seq.cmp(&a.seq)));
    places.truncate(limit);
    whole(ctx, places)
}

pub fn is_searched(object: &Object) -> bool {
    searched(object).next().is_some()
}

/// Positions of the fields that search looks into.
fn searched(object: &Object) -> impl Iterator<Item = usize> {
    (0..object.fields.len()).filter(|at| object.fields[*at].searched == Searched::Yes)
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

/// The best hits of one object: where there are many, names that begin with the query, then the newest rows until
/// `enough` of them have it in their name. A word that stands in every name is answered by the first few rows, not by
/// hundreds.
fn in_object(
    view: &mut dyn View,
    ctx: &Context,
    object: &Arc<Object>,
    (query, q, enough): (&Query, &str, usize),
) -> EngineResult<Vec<Place>> {
    let mut page = SearchPage {
        table: object.table.clone(),
        expr: expression(query.tokens()),
        before: None,
        limit: PAGE,
    };
    let mut seqs = view.search(&page)?;
    if seqs.is_empty() {
        return Ok(Vec::new());
    }
    let mut found = Found {
        texts: &Texts::of(object, &ctx.grant(object, Action::Read)),
        places: Vec::new(),
        seen: HashSet::new(),
        enough,
        is_number: query.is_number(),
    };
    if seqs.len() <= PIECE {
        verify_rows(view, ctx, &seqs, query, &mut found)?;
        return Ok(found.places);
    }
    beginning(view, ctx, (query, q), &mut found)?;
    let mut read = seqs.len();
    loop {
        let permitted = crate::scan::permitted(ctx, object, &seqs)?;
        for piece in permitted.chunks(PIECE) {
            if found.is_done() {
                break;
            }
            verify_rows(view, ctx, piece, query, &mut found)?;
        }
        if seqs.len() < page.limit as usize || read >= MOST_READ || found.is_done() {
            return Ok(found.places);
        }
        page.before = seqs.last().copied();
        page.limit = (page.limit * 4).min(LARGEST_PAGE);
        seqs = view.search(&page)?;
        read += seqs.len();
    }
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
        let others = searched(object).filter(|at| *at != object.title);
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
    /// Rows that were verified, whether they hold the query or not.
    seen: HashSet<i64>,
    /// Hits that make an answer: in names, or anywhere where a number is looked for.
    enough: usize,
    is_number: bool,
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
    seqs: &[i64],
    query: &Query,
    found: &mut Found<'_>,
) -> EngineResult<()> {
    let new: Vec<Cell> = seqs
        .iter()
        .filter(|seq| !found.seen.contains(seq))
        .map(|seq| Cell::Int(*seq))
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
        found.take(&row, query);
    }
    Ok(())
}

impl Found<'_> {
    /// Whether more rows would only push out hits that are as good: older ones of the same rank.
    fn is_done(&self) -> bool {
        let good = |place: &&Place| self.is_number || place.rank.0 < Rank::OtherField;
        self.seen.len() >= MOST_VERIFIED
            || self.places.len() >= MOST_WEIGHED
            || self.places.iter().filter(good).count() >= self.enough
    }

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
            let grant = ctx.grant(object, Action::Read);
            let select =
                Select::from(&object.table, object.columns()).filter(cond.and(grant.cond()));
            for row in view.select(&select)? {
                records.insert(
                    (object.name.clone(), row.seq),
                    Record::from_row(object, &row).seen_by(&grant),
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
