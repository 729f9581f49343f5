//! What was removed comes back.

use crate::common::{answer, conflict};
use guanxi_access::Action;
use guanxi_engine::capability::{Act, Capability, Noun};
use guanxi_engine::write::{Change, apply_change};
use guanxi_engine::{Context, EngineResult};
use guanxi_meta::{Label, Object};
use guanxi_store::Transaction;
use serde_json::Value as Json;

pub struct Restore;

impl Capability for Restore {
    fn name(&self) -> &'static str {
        "restore"
    }

    fn applies(&self, _object: &Object) -> bool {
        true
    }

    fn nouns(&self, _object: &Object) -> Vec<Noun> {
        vec![Noun::new("restore", Action::Delete, Label::new("恢复", "Restore")).on_removed()]
    }

    fn act(&self, ctx: &Context, tx: &mut dyn Transaction, act: &Act) -> EngineResult<Json> {
        if crate::identity::merged_into(tx, act.record.id)?.is_some() {
            return Err(conflict("merged_away"));
        }
        let saved = apply_change(tx, ctx, Change::restore(&act.record.object, act.record.id))?;
        Ok(answer(&saved))
    }
}
