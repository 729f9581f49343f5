//! Fields that hold a file: it hangs on the record already, or its caller has just sent it for this record and nobody
//! else has seen it. Any other file is not found, whichever it is, so that no field leads to what its reader may not
//! open.

use super::input::Prepared;
use super::{Authority, Target};
use crate::capability::Draft;
use crate::context::Context;
use crate::error::EngineResult;
use crate::files;
use guanxi_meta::Value;
use guanxi_meta::fault::Fault;
use guanxi_store::Transaction;
use uuid::Uuid;

/// Whether the files are the record's to hold; gives each the name under which it is kept.
pub fn check(
    tx: &mut dyn Transaction,
    ctx: &Context,
    (prepared, draft): (&Prepared, &mut Draft),
) -> EngineResult<()> {
    // A noun (merge, un-merge) moves the files beside the values that name them, in an order of its own.
    let is_moved = prepared.origin.authority == Authority::Noun;
    if is_moved || matches!(prepared.target, Target::Remove { .. }) {
        return Ok(());
    }
    for (at, id) in held(draft) {
        let object = draft.after.object.clone();
        let field = &object.fields[at];
        let kept = files::find(tx, id)?.filter(|kept| {
            kept.hangs_on(&object.table, draft.after.id) || kept.is_sent_by(ctx.actor.seq())
        });
        match kept {
            None => draft.errors.push(Fault::new("not_found").at(&field.name)),
            Some(kept) if field.kind.name() == "image" && !kept.is_picture() => {
                draft
                    .errors
                    .push(Fault::new("not_a_picture").at(&field.name));
            }
            Some(kept) => {
                draft.after.values[at] = Value::File {
                    id,
                    name: kept.name,
                };
            }
        }
    }
    Ok(())
}

/// What was sent beforehand hangs on the record from now on.
pub fn bind(tx: &mut dyn Transaction, draft: &Draft) -> EngineResult<()> {
    for (_, id) in held(draft) {
        files::bind(tx, id, (&draft.after.object.table, draft.after.id))?;
    }
    Ok(())
}

/// Files that a field holds now and did not hold before.
fn held(draft: &Draft) -> Vec<(usize, Uuid)> {
    let file = |value: &Value| match value {
        Value::File { id, .. } => Some(*id),
        _ => None,
    };
    let now = draft.after.values.iter().enumerate();
    now.filter_map(|(at, value)| Some((at, file(value)?)))
        .filter(|(at, id)| {
            draft
                .before
                .as_ref()
                .and_then(|before| file(&before.values[*at]))
                != Some(*id)
        })
        .collect()
}
