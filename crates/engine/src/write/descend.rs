//! Records whose access is their parent's move along when the parent comes to stand elsewhere, in its commit: else the
//! owner before would go on seeing a customer's contacts.

use super::{Change, apply_change};
use crate::capability::Draft;
use crate::context::Context;
use crate::error::EngineResult;
use guanxi_meta::catalog::Access;
use guanxi_meta::{Cell, Object};
use guanxi_query::cond::{Cond, Op, Select};
use guanxi_store::Transaction;
use serde_json::Map;
use std::sync::Arc;
use uuid::Uuid;

/// Children read at once.
const CHUNK: u32 = 500;

pub fn carry(tx: &mut dyn Transaction, ctx: &Context, draft: &Draft) -> EngineResult<()> {
    let parent = &draft.after;
    if draft
        .before
        .as_ref()
        .is_none_or(|before| before.standing() == parent.standing())
    {
        return Ok(());
    }
    for child in ctx.catalog.objects.iter() {
        let Access::Parent(link) = &child.access else {
            continue;
        };
        let Some(field) = child
            .field(link)
            .filter(|f| f.options.to.as_deref() == Some(&parent.object.name))
        else {
            continue;
        };
        let stands_elsewhere =
            !(Cond::equal("owner", parent.owner).and(Cond::equal("department", parent.department)));
        let cond = Cond::equal(&field.column, parent.id)
            .and(Cond::null("deleted_at"))
            .and(stands_elsewhere);
        each(tx, ctx, child, &cond, draft.act)?;
    }
    Ok(())
}

/// A change of nothing: the save itself takes the parent's standing over.
fn each(
    tx: &mut dyn Transaction,
    ctx: &Context,
    child: &Arc<Object>,
    cond: &Cond,
    act: &'static str,
) -> EngineResult<()> {
    let ctx = ctx.by_rule();
    let mut last = 0;
    loop {
        let select = Select::of(&child.table, &["id"])
            .filter(
                cond.clone()
                    .and(Cond::compare("seq", Op::Greater, Cell::Int(last))),
            )
            .limit(CHUNK);
        let rows = tx.select(&select)?;
        let ids: Vec<Uuid> = rows.iter().filter_map(|row| row.cells[0].id()).collect();
        for id in ids {
            apply_change(
                tx,
                &ctx,
                Change::update(child, id, None, Map::new()).as_part_of(act),
            )?;
        }
        match rows.last() {
            Some(row) if rows.len() == CHUNK as usize => last = row.seq,
            _ => return Ok(()),
        }
    }
}
