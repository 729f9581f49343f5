//! Many changes in one request: all or none, or each for itself.

use super::{Change, Prepared, Saved, apply, prepare, renewed, savepoint};
use crate::context::Context;
use crate::error::{EngineError, EngineResult};
use crate::idempotency::{self, Done};
use guanxi_store::{StoreError, Weight};
use std::sync::Arc;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// One failure fails all, and nothing is changed.
    Atomic,
    /// Each succeeds or fails for itself.
    Each,
}

/// Operations that one request may hold.
pub const MOST: usize = 10_000;
/// Rows of one transaction where they need not stand together, so that other writers get their turn.
const CHUNK: usize = 500;

/// The results in order. Atomic: the first error, with its position.
pub fn run(
    ctx: &Context,
    changes: Vec<Change>,
    mode: Mode,
) -> Result<Vec<EngineResult<Saved>>, (usize, EngineError)> {
    let ctx = ctx.clone().remembering_links();
    match mode {
        Mode::Atomic => atomic(&ctx, changes).map(|saved| saved.into_iter().map(Ok).collect()),
        Mode::Each => Ok(each(&ctx, changes)),
    }
}

fn atomic(ctx: &Context, changes: Vec<Change>) -> Result<Vec<Saved>, (usize, EngineError)> {
    let mut prepared = Vec::with_capacity(changes.len());
    for (at, change) in changes.into_iter().enumerate() {
        prepared.push(prepare(ctx, change).map_err(|error| (at, error))?);
    }
    let (mut prepared, mut place) = (Arc::new(prepared), 0);
    let outcome = ctx.under_newest(|ctx| {
        let outcome = atomic_once(ctx, &mut prepared);
        outcome.map_err(|At(at, error)| {
            place = at;
            error
        })
    });
    ctx.engine.announce();
    outcome.map_err(|error| (place, error))
}

fn atomic_once(ctx: &Context, prepared: &mut Arc<Vec<Prepared>>) -> Result<Vec<Saved>, At> {
    for at in 0..prepared.len() {
        let renewed = renewed(ctx, &prepared[at]).map_err(|error| At(at, error))?;
        if let Some(renewed) = renewed {
            Arc::make_mut(prepared)[at] = renewed;
        }
    }
    let (context, prepared) = (ctx.clone(), prepared.clone());
    ctx.change(Weight::Bulk, move |tx| {
        let mut saved = Vec::with_capacity(prepared.len());
        for (at, change) in prepared.iter().enumerate() {
            saved.push(apply(tx, &context, change).map_err(|error| At(at, error))?);
        }
        idempotency::seal(tx, &context, &Done::Many(&saved)).map_err(|error| At(0, error))?;
        Ok(saved)
    })
}

fn each(ctx: &Context, changes: Vec<Change>) -> Vec<EngineResult<Saved>> {
    let mut results = Vec::with_capacity(changes.len());
    let mut changes = changes.into_iter().peekable();
    while changes.peek().is_some() {
        let chunk: Vec<EngineResult<Prepared>> = changes
            .by_ref()
            .take(CHUNK)
            .map(|c| prepare(ctx, c))
            .collect();
        results.extend(apply_each(ctx, chunk));
    }
    results
}

/// One transaction, a savepoint for each change: a failure undoes only itself.
pub fn apply_each(ctx: &Context, chunk: Vec<EngineResult<Prepared>>) -> Vec<EngineResult<Saved>> {
    let (good, mut results): Split = split(chunk);
    let mut good = Arc::new(good);
    let outcome = ctx.under_newest(|ctx| each_once(ctx, &mut good, &mut results));
    ctx.engine.announce();
    match outcome {
        Ok(saved) => {
            for ((at, _), result) in good.iter().zip(saved) {
                results[*at] = Some(result);
            }
        }
        Err(error) => {
            for (at, _) in good.iter() {
                results[*at] = Some(Err(same(&error)));
            }
        }
    }
    let lost = || Err(EngineError::Broken("a change without a result".to_owned()));
    results
        .into_iter()
        .map(|result| result.unwrap_or_else(lost))
        .collect()
}

fn each_once(
    ctx: &Context,
    good: &mut Arc<Vec<(usize, Prepared)>>,
    results: &mut [Option<EngineResult<Saved>>],
) -> EngineResult<Vec<EngineResult<Saved>>> {
    if good.iter().any(|(_, one)| !ctx.catalog.knows(&one.object)) {
        let mut anew = Vec::with_capacity(good.len());
        for (at, one) in good.iter() {
            match renewed(ctx, one) {
                Ok(renewed) => anew.push((*at, renewed.unwrap_or_else(|| one.clone()))),
                Err(error) => results[*at] = Some(Err(error)),
            }
        }
        *good = Arc::new(anew);
    }
    let (context, shared) = (ctx.clone(), good.clone());
    ctx.change(Weight::Bulk, move |tx| {
        let mut saved = Vec::with_capacity(shared.len());
        for (_, prepared) in shared.iter() {
            let result = savepoint(tx, |tx| apply(tx, &context, prepared));
            // Two transactions met: not this row's fault, so the whole piece runs again.
            if let Err(EngineError::Store(StoreError::Conflict)) = result {
                return Err(EngineError::Store(StoreError::Conflict));
            }
            saved.push(result);
        }
        Ok(saved)
    })
}

/// What stopped all, for one more of them.
fn same(error: &EngineError) -> EngineError {
    match error {
        EngineError::Outdated => EngineError::Outdated,
        EngineError::Store(StoreError::Full) => EngineError::Store(StoreError::Full),
        EngineError::Store(StoreError::Conflict) => EngineError::Store(StoreError::Conflict),
        EngineError::Store(StoreError::Unavailable(text)) => {
            EngineError::Store(StoreError::Unavailable(text.clone()))
        }
        error => EngineError::Broken(error.to_string()),
    }
}

type Split = (Vec<(usize, Prepared)>, Vec<Option<EngineResult<Saved>>>);

fn split(chunk: Vec<EngineResult<Prepared>>) -> Split {
    let mut good = Vec::with_capacity(chunk.len());
    let mut results = Vec::with_capacity(chunk.len());
    for (at, prepared) in chunk.into_iter().enumerate() {
        match prepared {
            Ok(prepared) => {
                good.push((at, prepared));
                results.push(None);
            }
            Err(error) => results.push(Some(Err(error))),
        }
    }
    (good, results)
}

/// An error with the position of its operation, through the transaction.
struct At(usize, EngineError);

impl From<EngineError> for At {
    fn from(error: EngineError) -> At {
        At(0, error)
    }
}

impl From<StoreError> for At {
    fn from(error: StoreError) -> At {
        At(0, EngineError::Store(error))
    }
}
