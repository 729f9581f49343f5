//! In the transaction: which records the names in a row mean, and which record a row itself is. All that a piece of
//! rows asks for is fetched by lists of keys, under the caller's read grant: what the caller may not see is not found.

use super::mapping::Missing;
use super::plan::{By, Key, Lookup, Plan, Shape};
use super::read::{Typed, Wish};
use crate::context::Context;
use crate::error::{EngineError, EngineResult};
use crate::record::Record;
use crate::write::{self, Origin, Target};
use guanxi_access::Action;
use guanxi_meta::fault::Fault;
use guanxi_meta::text::{fold, sort_key};
use guanxi_meta::{Cell, Object, Value};
use guanxi_query::cond::{Cond, Select};
use guanxi_store::Transaction;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use uuid::Uuid;

/// Names that were found, by lookup and text. One for what is committed, one for the transaction under way.
#[derive(Debug, Clone, Default)]
pub struct Names(HashMap<(usize, String), Found>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    One(Uuid),
    None,
    /// More than one record goes by this name.
    Several,
}

/// Which record each key means.
pub type Matches = HashMap<Vec<Cell>, Found>;

/// Names kept; past that the memory starts anew, so that a long run stays flat.
const MOST_NAMES: usize = 200_000;
/// Keys of one list.
const KEYS: usize = 500;

impl Names {
    /// Takes over what a committed transaction found; who was not found may be there next time.
    pub fn keep(&mut self, fresh: Names) {
        if self.0.len() + fresh.0.len() > MOST_NAMES {
            self.0.clear();
        }
        self.0.extend(
            fresh
                .0
                .into_iter()
                .filter(|(_, found)| matches!(found, Found::One(_))),
        );
    }
}

pub struct Resolver<'a> {
    pub ctx: &'a Context,
    pub plan: &'a Plan,
    pub known: &'a Names,
    pub fresh: Names,
}

impl Resolver<'_> {
    /// Turns the wishes of these rows into values, or into errors of their rows.
    pub fn links(&mut self, tx: &mut dyn Transaction, rows: &mut [Typed]) -> EngineResult<()> {
        for at in 0..self.plan.lookups.len() {
            let wanted: HashSet<&str> = rows
                .iter()
                .flat_map(|row| &row.links)
                .filter(|wish| wish.lookup == at)
                .flat_map(|wish| wish.texts.iter().map(String::as_str))
                .filter(|text| self.found(at, text).is_none())
                .collect();
            let mut wanted: Vec<String> = wanted.into_iter().map(str::to_owned).collect();
            // In one order, so that two runs make what is missing alike.
            wanted.sort_unstable();
            for texts in wanted.chunks(KEYS) {
                self.fetch(tx, at, texts)?;
            }
        }
        for row in rows {
            for wish in std::mem::take(&mut row.links) {
                self.grant_wish(row, &wish);
            }
        }
        Ok(())
    }

    fn found(&self, lookup: usize, text: &str) -> Option<Found> {
        let key = (lookup, text.to_owned());
        self.fresh
            .0
            .get(&key)
            .or_else(|| self.known.0.get(&key))
            .copied()
    }

    fn fetch(&mut self, tx: &mut dyn Transaction, at: usize, texts: &[String]) -> EngineResult<()> {
        let lookup = &self.plan.lookups[at];
        let keys: Vec<(String, Option<Cell>)> = texts
            .iter()
            .map(|text| (text.clone(), lookup_key(lookup, text)))
            .collect();
        let cells: Vec<Cell> = keys.iter().filter_map(|(_, cell)| cell.clone()).collect();
        let column = key_column(&lookup.target, lookup.by);
        let mut by_key: HashMap<Cell, Vec<(Uuid, Option<String>)>> = HashMap::new();
        for record in visible(tx, self.ctx, &lookup.target, Cond::among(&column, cells))? {
            let key = match lookup.by {
                By::Title => Cell::Bytes(sort_key(&record.title())),
                By::Field(field) => {
                    key_cell(&lookup.target, field, &record.values[field]).unwrap_or_default()
                }
                _ => Cell::Id(record.id),
            };
            self.ctx
                .remember_link(&lookup.target.table, record.id, true);
            let title = (lookup.by == By::Title).then(|| fold(&record.title()));
            by_key.entry(key).or_default().push((record.id, title));
        }
        for (text, cell) in keys {
            let folded = fold(&text);
            // Different names can have the same sort key.
            let mut ids = cell
                .and_then(|cell| by_key.get(&cell))
                .into_iter()
                .flatten()
                .filter(|(_, title)| title.as_ref().is_none_or(|title| *title == folded))
                .map(|(id, _)| *id);
            let found = match (ids.next(), ids.next()) {
                (Some(id), None) => Found::One(id),
                (Some(_), Some(_)) => Found::Several,
                (None, _) if lookup.missing == Missing::Create => self.make(tx, lookup, &text)?,
                (None, _) => Found::None,
            };
            self.fresh.0.insert((at, text), found);
        }
        Ok(())
    }

    /// Makes the target that is missing: a record with this name. One that can't be made is not found.
    fn make(&self, tx: &mut dyn Transaction, lookup: &Lookup, text: &str) -> EngineResult<Found> {
        let target = &lookup.target;
        let mut positions = vec![target.title];
        if let By::Field(at) = lookup.by {
            positions.push(at);
        }
        positions.dedup();
        let mut values = Vec::new();
        for at in positions {
            let field = &target.fields[at];
            match field.kind.read(field, text) {
                Ok(value) => values.push((at, value)),
                Err(_) => return Ok(Found::None),
            }
        }
        let prepared = write::typed(target, Target::Create, values, Origin::default());
        match write::savepoint(tx, |tx| write::apply(tx, self.ctx, &prepared)) {
            Ok(saved) => {
                self.ctx.remember_link(&target.table, saved.id, true);
                Ok(Found::One(saved.id))
            }
            Err(EngineError::Store(error)) => Err(EngineError::Store(error)),
            Err(_) => Ok(Found::None),
        }
    }

    fn grant_wish(&self, row: &mut Typed, wish: &Wish) {
        let name = &self.plan.inputs[wish.input].name;
        let lookup = &self.plan.lookups[wish.lookup];
        let mut ids: Vec<Value> = Vec::with_capacity(wish.texts.len());
        for text in &wish.texts {
            match self.found(wish.lookup, text) {
                Some(Found::One(id)) => {
                    let id = Value::Id(id);
                    if !ids.contains(&id) {
                        ids.push(id);
                    }
                }
                Some(Found::Several) => row
                    .errors
                    .push(Fault::new("ambiguous").with("value", text).at(name)),
                _ if lookup.missing == Missing::Empty => {}
                _ => row
                    .errors
                    .push(Fault::new("not_found").with("value", text).at(name)),
            }
        }
        if !ids.is_empty() {
            let value = if wish.shape == Shape::One {
                ids.swap_remove(0)
            } else {
                Value::List(ids)
            };
            row.values.push((wish.at, value));
        }
    }

    /// The key of a row: one cell for each of the plan's; `None` where one of them is empty, which matches nothing.
    pub fn key(&self, row: &Typed) -> Option<Vec<Cell>> {
        let object = &self.plan.object;
        if self.plan.matches.is_empty() {
            return None;
        }
        let value = |key: &Key| {
            let given = row.keys.iter().find(|(given, _)| given == key);
            let written = row
                .values
                .iter()
                .rev()
                .find(|(at, _)| Key::Field(*at) == *key);
            given
                .map(|(_, value)| value)
                .or(written.map(|(_, value)| value))
        };
        self.plan
            .matches
            .iter()
            .map(|key| match_cell(object, *key, value(key)?))
            .collect()
    }

    /// The records that these keys mean.
    pub fn matches(&self, tx: &mut dyn Transaction, keys: &[Vec<Cell>]) -> EngineResult<Matches> {
        let object = &self.plan.object;
        let Some(&first) = self.plan.matches.first() else {
            return Ok(HashMap::new());
        };
        let column = match first {
            Key::Id => "id".to_owned(),
            Key::Field(at) => field_column(object, at),
        };
        let mut found = Matches::new();
        for chunk in keys.chunks(KEYS) {
            let cells: HashSet<Cell> = chunk
                .iter()
                .map(|key| key_of(object, first, &key[0]))
                .collect();
            for record in visible(
                tx,
                self.ctx,
                object,
                Cond::among(&column, cells.into_iter().collect()),
            )? {
                let key: Option<Vec<Cell>> = self
                    .plan
                    .matches
                    .iter()
                    .map(|key| match key {
                        Key::Id => Some(Cell::Id(record.id)),
                        Key::Field(at) => match_cell(object, *key, &record.values[*at]),
                    })
                    .collect();
                let Some(key) = key else { continue };
                let meant = found.entry(key).or_insert(Found::None);
                *meant = if *meant == Found::None {
                    Found::One(record.id)
                } else {
                    Found::Several
                };
            }
        }
        Ok(found)
    }

    /// Of these new rows those that look like a record that exists: by name, or by an indexed telephone or e-mail.
    pub fn lookalikes(
        &self,
        tx: &mut dyn Transaction,
        rows: &[&Typed],
    ) -> EngineResult<HashSet<usize>> {
        let object = &self.plan.object;
        let mut alike = HashSet::new();
        let told = |at: usize| {
            at == object.title || matches!(object.fields[at].kind.name(), "phone" | "email")
        };
        for at in
            (0..object.fields.len()).filter(|at| told(*at) && super::plan::is_indexed(object, *at))
        {
            let mut by_key: HashMap<Cell, Vec<usize>> = HashMap::new();
            for (row, typed) in rows.iter().enumerate() {
                let value = typed
                    .values
                    .iter()
                    .find(|(field, _)| *field == at)
                    .map(|(_, value)| value);
                let key = value.and_then(|value| key_cell(object, at, value));
                if let Some(key) = key {
                    by_key.entry(key).or_default().push(row);
                }
            }
            let column = field_column(object, at);
            let mut cells: Vec<Cell> = by_key.keys().cloned().collect();
            cells.sort_unstable();
            let grant = self.ctx.grant(object, Action::Read);
            for chunk in cells.chunks(KEYS) {
                let select = Select::from(&object.table, vec![column.clone()]).filter(
                    Cond::among(&column, chunk.to_vec())
                        .and(Cond::null("deleted_at"))
                        .and(grant.cond()),
                );
                for mut row in tx.select(&select)? {
                    let key = row.cells.pop().unwrap_or_default();
                    alike.extend(by_key.get(&key).into_iter().flatten());
                }
            }
        }
        Ok(alike)
    }
}

/// Records of the object that the caller may read.
fn visible(
    tx: &mut dyn Transaction,
    ctx: &Context,
    object: &Arc<Object>,
    cond: Cond,
) -> EngineResult<Vec<Record>> {
    let grant = ctx.grant(object, Action::Read);
    let select = Select::from(&object.table, object.columns())
        .filter(cond.and(Cond::null("deleted_at")).and(grant.cond()));
    Ok(tx
        .select(&select)?
        .iter()
        .map(|row| Record::from_row(object, row))
        .collect())
}

fn lookup_key(lookup: &Lookup, text: &str) -> Option<Cell> {
    match lookup.by {
        By::Id => text.parse::<Uuid>().ok().map(Cell::Id),
        By::Title => Some(Cell::Bytes(sort_key(text))),
        By::Field(at) => {
            let field = &lookup.target.fields[at];
            let value = field.kind.read(field, text).ok()?;
            key_cell(&lookup.target, at, &value)
        }
        By::Person | By::Path => None,
    }
}

fn key_column(object: &Object, by: By) -> String {
    match by {
        By::Field(at) => field_column(object, at),
        By::Title => Object::TITLE_KEY.to_owned(),
        By::Id | By::Person | By::Path => "id".to_owned(),
    }
}

/// The column whose index leads to records with a value of the field.
fn field_column(object: &Object, at: usize) -> String {
    let field = &object.fields[at];
    match () {
        () if at == object.title => Object::TITLE_KEY.to_owned(),
        () => field
            .kind
            .keys(field)
            .into_iter()
            .next()
            .unwrap_or_else(|| field.column.clone()),
    }
}

/// What that column holds for the value.
fn key_cell(object: &Object, at: usize, value: &Value) -> Option<Cell> {
    let field = &object.fields[at];
    if value.is_null() {
        return None;
    }
    if at == object.title {
        return Some(Cell::Bytes(sort_key(&field.kind.to_text(field, value))));
    }
    let column = field_column(object, at);
    let mut cells = Vec::new();
    field.kind.store(field, value, &mut cells);
    let place = field
        .kind
        .columns(field)
        .iter()
        .position(|spec| spec.name == column)?;
    Some(cells.swap_remove(place)).filter(|cell| !cell.is_null())
}

/// As `key_cell`, but by what a name says rather than by its sort key, which different names can share.
fn match_cell(object: &Object, key: Key, value: &Value) -> Option<Cell> {
    let Key::Field(at) = key else {
        return value.id().map(Cell::Id);
    };
    let field = &object.fields[at];
    if at == object.title && !value.is_null() {
        return Some(Cell::Text(fold(&field.kind.to_text(field, value))));
    }
    key_cell(object, at, value)
}

/// From the cell of a match key to that of the index. The sort key of a folded name is the name's own.
fn key_of(object: &Object, key: Key, cell: &Cell) -> Cell {
    match cell {
        Cell::Text(folded) if key == Key::Field(object.title) => Cell::Bytes(sort_key(folded)),
        other => other.clone(),
    }
}
