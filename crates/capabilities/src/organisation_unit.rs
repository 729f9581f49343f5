//! Departments: a tree that says whose rows belong together.

use crate::common::conflict;
use guanxi_engine::capability::{Capability, Draft};
use guanxi_engine::engine::touch_access;
use guanxi_engine::{Context, EngineResult};
use guanxi_meta::Cell;
use guanxi_query::cond::Cond;
use guanxi_store::{Set, Transaction};

pub struct OrganisationUnit;

impl Capability for OrganisationUnit {
    fn name(&self) -> &'static str {
        "organisation_unit"
    }

    /// A department's row stands in itself, so that its people see it by their scope.
    fn before_save(
        &self,
        ctx: &Context,
        tx: &mut dyn Transaction,
        draft: &mut Draft,
    ) -> EngineResult<()> {
        draft.after.owner = 0;
        draft.after.department = draft.after.seq;
        let removes = draft.after.deleted_at.is_some();
        if removes
            && draft
                .before
                .as_ref()
                .is_some_and(|before| before.deleted_at.is_none())
        {
            stands_empty(ctx, tx, draft)?;
        }
        Ok(())
    }

    fn after_save(
        &self,
        _ctx: &Context,
        tx: &mut dyn Transaction,
        draft: &mut Draft,
    ) -> EngineResult<()> {
        if draft.is_new() {
            let own = draft.after.seq;
            let table = draft.after.object.table.clone();
            tx.update(
                &table,
                &[("department", Set::To(Cell::Int(own)))],
                &Cond::equal("seq", own),
            )?;
            draft.after.department = own;
        }
        touch_access(tx)
    }
}

/// The row of versions, which every change of people locks, is locked first: nobody moves in meanwhile.
fn stands_empty(ctx: &Context, tx: &mut dyn Transaction, draft: &Draft) -> EngineResult<()> {
    touch_access(tx)?;
    let unit = &draft.after;
    let live = Cond::null("deleted_at");
    let mut inside = 0;
    if let Some(people) = ctx.catalog.object("user") {
        let here = live.clone().and(Cond::equal("department", unit.seq));
        inside += tx.count(&people.table, &[], &here, Some(1))?;
    }
    if let Some(parent) = unit.object.field("parent") {
        let below = live.and(Cond::equal(&parent.column, unit.id));
        inside += tx.count(&unit.object.table, &[], &below, Some(1))?;
    }
    if inside > 0 {
        Err(conflict("department_not_empty"))
    } else {
        Ok(())
    }
}
