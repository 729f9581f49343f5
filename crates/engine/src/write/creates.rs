//! Many creations at once, for imports: the same stages as `apply`, each for all rows, so that the database sees one
//! insertion of many rows instead of many of one.

use super::{Origin, Prepared, Saved, Target, derived, follow, number, row, saved, settle};
use crate::capability::Draft;
use crate::context::Context;
use crate::error::{EngineError, EngineResult};
use guanxi_meta::fault::FieldError;
use guanxi_meta::{Object, Value};
use guanxi_store::Transaction;
use serde_json::Map;
use std::sync::Arc;

/// What whoever has read a file hands in: values that are typed and fields that the caller was checked to be allowed
/// to write. Everything else is as in `prepare`.
pub fn typed(
    object: &Arc<Object>,
    target: Target,
    values: Vec<(usize, Value)>,
    origin: Origin,
) -> Prepared {
    let act = if target == Target::Create {
        "create"
    } else {
        "update"
    };
    let named = values
        .iter()
        .map(|(at, _)| object.fields[*at].name.clone())
        .collect();
    Prepared {
        object: object.clone(),
        target,
        act,
        origin,
        values,
        whole: Vec::new(),
        guarded: Vec::new(),
        owner: None,
        department: None,
        named,
        errors: Vec::<FieldError>::new(),
        fields: Map::new(),
    }
}

/// Creates all of `prepared`, which are creations of one object. A row that is not valid gets its errors and the
/// others go on. An error of the database fails all of it: the caller undoes it and tries one by one.
pub fn apply_creates(
    tx: &mut dyn Transaction,
    ctx: &Context,
    prepared: &[Prepared],
) -> EngineResult<Vec<EngineResult<Saved>>> {
    let mut drafts: Vec<(usize, Draft)> = Vec::with_capacity(prepared.len());
    let mut results: Vec<Option<EngineResult<Saved>>> = Vec::with_capacity(prepared.len());
    for (at, one) in prepared.iter().enumerate() {
        match settle(tx, ctx, one) {
            Ok(draft) => {
                drafts.push((at, draft));
                results.push(None);
            }
            Err(error @ EngineError::Store(_)) => return Err(error),
            Err(error) => results.push(Some(Err(error))),
        }
    }
    number::assign_all(tx, ctx, &mut drafts)?;
    row::write_all(tx, &mut drafts)?;
    row::log_all(tx, ctx, &drafts)?;
    let mut touched = Vec::new();
    for (_, draft) in &mut drafts {
        follow(tx, ctx, draft)?;
        touched.append(&mut draft.touched);
    }
    derived::log(tx, ctx, touched)?;
    for (at, draft) in drafts {
        results[at] = Some(Ok(saved(draft)));
    }
    let lost = || {
        Err(EngineError::Broken(
            "a creation without a result".to_owned(),
        ))
    };
    Ok(results
        .into_iter()
        .map(|result| result.unwrap_or_else(lost))
        .collect())
}
