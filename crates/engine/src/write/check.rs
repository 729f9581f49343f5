//! What must hold of a record as it is to become.

use super::{Authority, Prepared, Target};
use crate::capability::Draft;
use crate::context::Context;
use guanxi_access::Action;
use guanxi_meta::catalog::Required;
use guanxi_meta::fault::Fault;
use guanxi_meta::kind::Writable;

/// Required fields hold something. A removal asks nothing.
pub fn required(draft: &mut Draft) {
    if draft.after.deleted_at.is_some() {
        return;
    }
    let object = draft.after.object.clone();
    for (at, field) in object.fields.iter().enumerate() {
        let wanted = field.required == Required::Yes && field.kind.writable() == Writable::ByCaller;
        let already = draft.errors.iter().any(|error| error.field == field.name);
        if wanted && !already && draft.after.values[at].is_null() {
            draft.errors.push(Fault::new("required").at(&field.name));
        }
    }
}

/// The record stays, or comes to stand, where the caller may put it: nobody writes a row out of reach, or gives a
/// new one to somebody else without the right over that person's rows.
pub fn standing(ctx: &Context, prepared: &Prepared, draft: &mut Draft) {
    if prepared.origin.authority == Authority::Noun
        || matches!(
            prepared.target,
            Target::Remove { .. } | Target::Restore { .. }
        )
    {
        return;
    }
    let moved = match &draft.before {
        None => true,
        Some(before) => before.standing() != draft.after.standing(),
    };
    if !moved {
        return;
    }
    let action = if draft.is_new() {
        Action::Create
    } else {
        Action::Update
    };
    let grant = ctx.grant(&prepared.object, action);
    // What is only shared with the caller is not the caller's to move, not even to the caller.
    let from = draft
        .before
        .as_ref()
        .is_none_or(|before| grant.admits(before.standing()));
    if !from || !grant.admits(draft.after.standing()) {
        let field = if prepared.department.is_some() && prepared.owner.is_none() {
            "department"
        } else {
            "owner"
        };
        draft.errors.push(Fault::new("not_yours_to_give").at(field));
    }
}
