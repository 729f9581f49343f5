//! Some hundred rows on their way into the database: what each is, what becomes of it, what is wrong with it.

use super::mapping::{Duplicates, Mode};
use super::plan::Plan;
use super::read::Typed;
use super::resolve::{Found, Matches, Names, Resolver};
use super::source::Raw;
use super::state::RowError;
use crate::context::Context;
use crate::error::{EngineError, EngineResult};
use crate::write::{self, Origin, Prepared, Saved, Target};
use guanxi_meta::Cell;
use guanxi_meta::fault::{Fault, FieldError};
use guanxi_store::Transaction;
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

/// What a transaction's rows came to.
#[derive(Debug, Default)]
pub struct Tally {
    /// Rows of the file that are behind us.
    pub consumed: usize,
    pub rows: u64,
    pub skipped: u64,
    pub created: u64,
    pub updated: u64,
    pub duplicates: u64,
    pub duplicate_lines: Vec<u64>,
    pub failures: Vec<Failure>,
    pub fresh: Names,
}

#[derive(Debug)]
pub struct Failure {
    pub line: u64,
    pub cells: csv::StringRecord,
    pub errors: Vec<RowError>,
}

/// How rows are written that the database may still refuse.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Care {
    /// All under no savepoint, which would cost a copy of every page that is touched: a refusal ends the transaction,
    /// and it runs again with care.
    Trusting,
    /// Each piece under a savepoint; where one is refused, each row for itself.
    Careful,
}

/// Why the rows of a piece were not written.
pub enum Halt {
    Engine(EngineError),
    /// A row was refused while none was expected to be.
    Refused,
}

impl From<EngineError> for Halt {
    fn from(error: EngineError) -> Halt {
        Halt::Engine(error)
    }
}

pub struct Piece<'a> {
    pub ctx: &'a Context,
    pub plan: &'a Plan,
    pub raws: &'a [Raw],
    pub tally: Tally,
    resolver: Resolver<'a>,
    /// Records of this piece that are already made, by their key.
    made: HashMap<Vec<Cell>, Uuid>,
    pending: Vec<Pending>,
    queued: HashSet<Vec<Cell>>,
    care: Care,
}

struct Pending {
    raw: usize,
    key: Option<Vec<Cell>>,
    prepared: Prepared,
}

impl<'a> Piece<'a> {
    pub fn new(ctx: &'a Context, plan: &'a Plan, raws: &'a [Raw], known: &'a Names) -> Piece<'a> {
        let resolver = Resolver {
            ctx,
            plan,
            known,
            fresh: Names::default(),
        };
        Piece {
            ctx,
            plan,
            raws,
            tally: Tally::default(),
            resolver,
            made: HashMap::new(),
            pending: Vec::new(),
            queued: HashSet::new(),
            care: Care::Careful,
        }
    }

    #[must_use]
    pub fn with(mut self, care: Care) -> Piece<'a> {
        self.care = care;
        self
    }

    /// Writes the rows; `None` stands for one that is passed over.
    pub fn write(
        &mut self,
        tx: &mut dyn Transaction,
        rows: Vec<Option<Typed>>,
    ) -> Result<(), Halt> {
        let first = self.tally.consumed;
        let count = rows.len();
        let mut places = Vec::with_capacity(count);
        let mut typed = Vec::with_capacity(count);
        for (at, row) in rows.into_iter().enumerate() {
            match row {
                Some(row) => {
                    places.push(first + at);
                    typed.push(row);
                }
                None => self.tally.skipped += 1,
            }
        }
        self.resolver.links(tx, &mut typed)?;
        let keys: Vec<Option<Vec<Cell>>> = typed.iter().map(|row| self.resolver.key(row)).collect();
        let asked: Vec<Vec<Cell>> = keys.iter().flatten().cloned().collect();
        let found = self.resolver.matches(tx, &asked)?;
        self.made.clear();
        let alike = self.lookalikes(tx, &typed, (&keys, &found))?;
        for (at, (row, key)) in typed.into_iter().zip(keys).enumerate() {
            self.tally.rows += 1;
            self.row(tx, (places[at], row, key), &found, alike.contains(&at))?;
        }
        self.flush(tx)?;
        self.tally.consumed = first + count;
        Ok(())
    }

    pub fn finish(mut self) -> Tally {
        self.tally.fresh = self.resolver.fresh;
        self.tally
    }

    fn lookalikes(
        &self,
        tx: &mut dyn Transaction,
        typed: &[Typed],
        (keys, found): (&[Option<Vec<Cell>>], &Matches),
    ) -> EngineResult<HashSet<usize>> {
        if self.plan.duplicates == Duplicates::Create {
            return Ok(Default::default());
        }
        let is_new = |at: &usize| {
            keys[*at]
                .as_ref()
                .is_none_or(|key| !found.contains_key(key))
        };
        let new: Vec<usize> = (0..typed.len()).filter(is_new).collect();
        let rows: Vec<&Typed> = new.iter().map(|at| &typed[*at]).collect();
        Ok(self
            .resolver
            .lookalikes(tx, &rows)?
            .into_iter()
            .map(|at| new[at])
            .collect())
    }

    fn row(
        &mut self,
        tx: &mut dyn Transaction,
        (raw, typed, key): (usize, Typed, Option<Vec<Cell>>),
        found: &Matches,
        alike: bool,
    ) -> Result<(), Halt> {
        if !typed.errors.is_empty() {
            self.fail(raw, typed.errors);
            return Ok(());
        }
        if key.as_ref().is_some_and(|key| self.queued.contains(key)) {
            self.flush(tx)?;
        }
        let known = key.as_ref().and_then(|key| {
            self.made
                .get(key)
                .copied()
                .map(Found::One)
                .or(found.get(key).copied())
        });
        let at = self.plan.match_name();
        let means_existing = key.is_some() && self.plan.means_existing();
        match (known.unwrap_or(Found::None), self.plan.mode) {
            (Found::Several, _) => self.fail(raw, vec![Fault::new("ambiguous_match").at(at)]),
            (Found::One(_), Mode::Create) => {
                self.fail(raw, vec![Fault::new("already_there").at(at)])
            }
            (Found::None, mode) if mode == Mode::Update || means_existing => {
                self.fail(raw, vec![Fault::new("not_found").at(at)])
            }
            (Found::One(id), _) => {
                let prepared = self.prepared(Target::Update { id, if_match: None }, typed);
                self.pending.push(Pending {
                    raw,
                    key: None,
                    prepared,
                });
            }
            (Found::None, _) => {
                if alike {
                    self.tally.duplicates += 1;
                    self.tally.duplicate_lines.push(self.raws[raw].line);
                    if self.plan.duplicates == Duplicates::Skip {
                        let title = self.plan.object.title().name.clone();
                        self.fail(raw, vec![Fault::new("looks_like_another").at(title)]);
                        return Ok(());
                    }
                }
                let prepared = self.prepared(Target::Create, typed);
                self.queued.extend(key.clone());
                self.pending.push(Pending { raw, key, prepared });
            }
        }
        Ok(())
    }

    fn prepared(&self, target: Target, typed: Typed) -> Prepared {
        let origin = match target {
            Target::Create => Origin {
                created_at: typed.created_at,
                created_by: typed.created_by,
                ..Origin::default()
            },
            _ => Origin::default(),
        };
        let mut prepared = write::typed(&self.plan.object, target, typed.values, origin);
        prepared.owner = typed.owner;
        prepared.department = typed.department;
        prepared
            .named
            .extend(typed.owner.map(|_| "owner".to_owned()));
        prepared
            .named
            .extend(typed.department.map(|_| "department".to_owned()));
        prepared
    }

    /// Writes what is pending.
    fn flush(&mut self, tx: &mut dyn Transaction) -> Result<(), Halt> {
        if self.pending.is_empty() {
            return Ok(());
        }
        let pending = std::mem::take(&mut self.pending);
        self.queued.clear();
        let (creates, updates): (Vec<Pending>, Vec<Pending>) = pending
            .into_iter()
            .partition(|pending| pending.prepared.target == Target::Create);
        let mut places = Vec::with_capacity(creates.len() + updates.len());
        let mut prepared = Vec::with_capacity(places.capacity());
        let new = creates.len();
        for pending in creates.into_iter().chain(updates) {
            places.push((pending.raw, pending.key));
            prepared.push(pending.prepared);
        }
        let ctx = self.ctx;
        let all = |tx: &mut dyn Transaction| {
            let mut results = write::apply_creates(tx, ctx, &prepared[..new])?;
            for update in &prepared[new..] {
                results.push(Ok(write::apply(tx, ctx, update)?));
            }
            Ok(results)
        };
        let together = match self.care {
            Care::Trusting => all(tx),
            Care::Careful => write::savepoint(tx, all),
        };
        let results = match together {
            Ok(results) => results,
            Err(error @ EngineError::Store(_)) => return Err(error.into()),
            Err(_) if self.care == Care::Trusting => return Err(Halt::Refused),
            Err(_) => {
                let mut results = Vec::with_capacity(prepared.len());
                for one in &prepared {
                    results.push(write::savepoint(tx, |tx| write::apply(tx, ctx, one)));
                }
                results
            }
        };
        for ((raw, key), result) in places.into_iter().zip(results) {
            self.settle(raw, key, result)?;
        }
        Ok(())
    }

    fn settle(
        &mut self,
        raw: usize,
        key: Option<Vec<Cell>>,
        result: EngineResult<Saved>,
    ) -> EngineResult<()> {
        match result {
            Ok(saved) => {
                if saved.before.is_none() {
                    self.tally.created += 1;
                    self.ctx
                        .remember_link(&self.plan.object.table, saved.id, true);
                } else {
                    self.tally.updated += 1;
                }
                if let Some(key) = key {
                    self.made.insert(key, saved.id);
                }
            }
            Err(EngineError::Store(error)) => return Err(EngineError::Store(error)),
            Err(error) => self.fail(raw, faults(error)),
        }
        Ok(())
    }

    fn fail(&mut self, raw: usize, errors: Vec<FieldError>) {
        let row = &self.raws[raw];
        let lang = self.ctx.lang;
        let errors = errors
            .into_iter()
            .map(|error| RowError {
                line: row.line,
                field: self.heading(error.field),
                message: error.fault.message(lang),
            })
            .collect();
        self.tally.failures.push(Failure {
            line: row.line,
            cells: row.cells.clone(),
            errors,
        });
    }

    /// The heading of the column that fills the field: what stands in the file that has to be mended.
    fn heading(&self, field: String) -> String {
        use super::plan::Slot;
        let Some(at) = self.plan.object.position(&field) else {
            return field;
        };
        let fills = |slot: &Slot| match slot {
            Slot::Field { at: filled, .. } | Slot::Link { at: filled, .. } => *filled == at,
            _ => false,
        };
        let input = self
            .plan
            .inputs
            .iter()
            .find(|input| input.to.iter().any(fills));
        input.map_or(field, |input| input.name.clone())
    }
}

/// An error of one row in words for its fields.
fn faults(error: EngineError) -> Vec<FieldError> {
    match error {
        EngineError::Invalid(errors) => errors,
        EngineError::Taken(fault, errors) if errors.is_empty() => vec![fault.at("")],
        EngineError::Taken(_, errors) => errors,
        EngineError::NotFound => vec![Fault::new("not_found").at("")],
        EngineError::Forbidden(action) => {
            vec![Fault::new("not_allowed").with("action", action).at("")]
        }
        EngineError::BadRequest(fault) => vec![fault.at("")],
        error => {
            tracing::error!(%error, "a row of an import failed by a defect");
            vec![Fault::new("defect").at("")]
        }
    }
}
