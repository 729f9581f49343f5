//! The one write path. Pages, REST, batch, import, merge, undo, automation and jobs all enter here; the body of
//! [`apply`] is the list of what a save is.

pub mod batch;
mod check;
mod creates;
pub(crate) mod derived;
mod descend;
mod draft;
mod held;
mod input;
mod links;
pub(crate) mod lists;
mod money;
mod number;
mod rollup;
mod row;

pub use creates::{apply_creates, typed};
pub use input::{Prepared, prepare};
pub use number::next as count_up;

use crate::capability::Draft;
use crate::context::Context;
use crate::error::{EngineError, EngineResult};
use crate::idempotency::{self, Done};
use crate::record::Record;
use guanxi_meta::Object;
use guanxi_store::{StoreError, Transaction, Weight};
use serde_json::{Map, Value as Json};
use std::sync::Arc;
use uuid::Uuid;

/// What a caller wants of one record.
#[derive(Debug, Clone)]
pub struct Change {
    pub object: Arc<Object>,
    pub target: Target,
    /// As the API writes them; for an update only what changes.
    pub fields: Map<String, Json>,
    /// `create update remove restore`, or the noun on whose behalf this happens.
    pub act: &'static str,
    pub origin: Origin,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Target {
    Create,
    Update { id: Uuid, if_match: Option<i64> },
    Remove { id: Uuid, if_match: Option<i64> },
    Restore { id: Uuid },
}

/// Whose act it was and when, if not the caller's and now: an import keeps the original author and dates.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Origin {
    /// The identity of a new record, where it comes from elsewhere; only for callers that administer.
    pub id: Option<Uuid>,
    /// Microseconds since 1970.
    pub created_at: Option<i64>,
    /// `seq` of a user.
    pub created_by: Option<i64>,
    pub authority: Authority,
}

/// Under whose rights the row is changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Authority {
    /// The caller's own.
    #[default]
    Caller,
    /// A noun that was itself allowed moves what belongs to it (hand-over, merge, conversion): read rights hold,
    /// scopes and engine-kept fields do not bind.
    Noun,
}

/// What a save left.
#[derive(Debug, Clone)]
pub struct Saved {
    pub id: Uuid,
    pub version: i64,
    pub record: Record,
    pub before: Option<Record>,
}

impl Change {
    pub fn create(object: &Arc<Object>, fields: Map<String, Json>) -> Change {
        Change {
            object: object.clone(),
            target: Target::Create,
            fields,
            act: "create",
            origin: Origin::default(),
        }
    }

    pub fn update(
        object: &Arc<Object>,
        id: Uuid,
        if_match: Option<i64>,
        fields: Map<String, Json>,
    ) -> Change {
        let target = Target::Update { id, if_match };
        Change {
            object: object.clone(),
            target,
            fields,
            act: "update",
            origin: Origin::default(),
        }
    }

    pub fn remove(object: &Arc<Object>, id: Uuid, if_match: Option<i64>) -> Change {
        let target = Target::Remove { id, if_match };
        Change {
            object: object.clone(),
            target,
            fields: Map::new(),
            act: "remove",
            origin: Origin::default(),
        }
    }

    pub fn restore(object: &Arc<Object>, id: Uuid) -> Change {
        let target = Target::Restore { id };
        Change {
            object: object.clone(),
            target,
            fields: Map::new(),
            act: "restore",
            origin: Origin::default(),
        }
    }

    /// Of the object as this context's catalogue has it, where it was named under another.
    fn under(mut self, ctx: &Context) -> EngineResult<Change> {
        if !ctx.catalog.knows(&self.object) {
            let now = ctx.catalog.now(&self.object);
            self.object = now.ok_or(EngineError::NotFound)?.clone();
        }
        Ok(self)
    }

    /// On behalf of a noun that was itself allowed.
    #[must_use]
    pub fn as_part_of(mut self, noun: &'static str) -> Change {
        self.act = noun;
        self.origin.authority = Authority::Noun;
        self
    }
}

/// Saves one change in a transaction of its own; durable when it answers.
pub fn save(ctx: &Context, change: Change) -> EngineResult<Saved> {
    let mut prepared = Arc::new(prepare(ctx, change.under(ctx)?)?);
    ctx.under_newest(|ctx| {
        if let Some(renewed) = renewed(ctx, &prepared)? {
            prepared = Arc::new(renewed);
        }
        save_prepared(ctx, prepared.clone())
    })
}

/// The same under the context's declarations, where it was prepared under others.
fn renewed(ctx: &Context, prepared: &Prepared) -> EngineResult<Option<Prepared>> {
    if ctx.catalog.knows(&prepared.object) {
        return Ok(None);
    }
    prepare(ctx, prepared.again().under(ctx)?).map(Some)
}

fn save_prepared(ctx: &Context, prepared: Arc<Prepared>) -> EngineResult<Saved> {
    let context = ctx.clone();
    let saved = ctx.change(Weight::Light, move |tx| {
        let saved = apply(tx, &context, &prepared)?;
        idempotency::seal(tx, &context, &Done::Saved(&saved))?;
        Ok::<_, EngineError>(saved)
    })?;
    ctx.engine.announce();
    Ok(saved)
}

/// The stages of a save, in their order, within the caller's transaction.
pub fn apply(tx: &mut dyn Transaction, ctx: &Context, prepared: &Prepared) -> EngineResult<Saved> {
    let mut draft = settle(tx, ctx, prepared)?;
    if !row::differs(&draft) {
        return Ok(saved(draft));
    }
    number::assign(tx, ctx, &mut draft)?;
    row::write(tx, ctx, prepared, &mut draft)?;
    row::log(tx, ctx, &draft)?;
    follow(tx, ctx, &mut draft)?;
    derived::log(tx, ctx, std::mem::take(&mut draft.touched))?;
    Ok(saved(draft))
}

/// The stages before the first write: what is to become of the record, and whether it may.
fn settle(tx: &mut dyn Transaction, ctx: &Context, prepared: &Prepared) -> EngineResult<Draft> {
    let mut draft = draft::begin(tx, ctx, prepared)?;
    draft::defaults(ctx, &mut draft);
    draft::take(ctx, prepared, &mut draft)?;
    for capability in ctx.engine.capabilities().of(&prepared.object) {
        capability.before_save(ctx, tx, &mut draft)?;
    }
    money::convert(ctx, &mut draft);
    links::check(tx, ctx, &mut draft)?;
    links::inherit(tx, ctx, &mut draft)?;
    held::check(tx, ctx, (prepared, &mut draft))?;
    crate::formulas::compute(tx, ctx, &mut draft)?;
    check::required(&mut draft);
    check::standing(ctx, prepared, &mut draft);
    if draft.errors.is_empty() {
        Ok(draft)
    } else {
        Err(EngineError::Invalid(draft.errors))
    }
}

/// The stages after the row and its log row are written.
fn follow(tx: &mut dyn Transaction, ctx: &Context, draft: &mut Draft) -> EngineResult<()> {
    held::bind(tx, draft)?;
    lists::keep(tx, draft)?;
    draft.touched = rollup::carry(tx, ctx, draft)?;
    crate::formulas::follow(tx, ctx, draft)?;
    descend::carry(tx, ctx, draft)?;
    crate::search::index_in_transaction(tx, ctx, draft)?;
    for capability in ctx.engine.capabilities().of(&draft.after.object.clone()) {
        capability.after_save(ctx, tx, draft)?;
    }
    Ok(())
}

/// One change within a transaction that is already open: what capabilities use.
pub fn apply_change(
    tx: &mut dyn Transaction,
    ctx: &Context,
    change: Change,
) -> EngineResult<Saved> {
    let prepared = prepare(ctx, change)?;
    apply(tx, ctx, &prepared)
}

/// Runs `body` so that its failure undoes only what it did itself.
pub fn savepoint<T>(
    tx: &mut dyn Transaction,
    mut body: impl FnMut(&mut dyn Transaction) -> EngineResult<T>,
) -> EngineResult<T> {
    let mut answer: Option<EngineResult<T>> = None;
    let outcome = tx.savepoint(&mut |tx| match body(tx) {
        Ok(value) => {
            answer = Some(Ok(value));
            Ok(())
        }
        // A conflict of the database must reach the wrapper that runs the whole transaction again.
        Err(EngineError::Store(error)) => Err(error),
        Err(error) => {
            answer = Some(Err(error));
            Err(StoreError::Broken(
                "rolled back to the savepoint".to_owned(),
            ))
        }
    });
    match (answer, outcome) {
        (Some(answer), _) => answer,
        (None, Err(error)) => Err(row::translate(error, None)),
        (None, Ok(())) => Err(EngineError::Broken(
            "a savepoint without an answer".to_owned(),
        )),
    }
}

fn saved(draft: Draft) -> Saved {
    Saved {
        id: draft.after.id,
        version: draft.after.version,
        record: draft.after,
        before: draft.before,
    }
}
