//! Who is who: records that may be the same are shown before a save, merged with a preview, and taken apart again.

pub mod duplicates;
mod journal;
pub mod memory;
mod merge;
pub mod preview;
mod unmerge;

use guanxi_access::Action;
use guanxi_engine::capability::{Act, Capability, Noun, NounInput};
use guanxi_engine::{Context, EngineResult, system};
use guanxi_meta::{Label, Object};
use guanxi_query::cond::{Cond, Direction, Select};
use guanxi_store::{Transaction, View};
use serde_json::Value as Json;
use uuid::Uuid;

pub use duplicates::{Duplicate, Reason, duplicates};

pub struct Identity;

/// The act under which rows are changed back.
const UNMERGE: &str = "unmerge";

impl Capability for Identity {
    fn name(&self) -> &'static str {
        "identity"
    }

    fn nouns(&self, object: &Object) -> Vec<Noun> {
        let with = NounInput::new(
            "with",
            "many_links",
            Label::new("并入的记录", "Records that go into this one"),
        );
        let choose = NounInput::new(
            "choose",
            "json",
            Label::new(
                "字段取自哪条记录",
                "Field → id of the record it is taken from",
            ),
        );
        vec![
            Noun::new("merge", Action::Update, Label::new("合并", "Merge"))
                .takes(with.to(&object.name).required())
                .takes(choose),
        ]
    }

    fn act(&self, ctx: &Context, tx: &mut dyn Transaction, act: &Act) -> EngineResult<Json> {
        merge::merge(ctx, tx, act)
    }

    fn undo(
        &self,
        ctx: &Context,
        tx: &mut dyn Transaction,
        journal: Uuid,
    ) -> EngineResult<Option<Json>> {
        unmerge::unmerge(ctx, tx, journal)
    }
}

/// Un-merges: records come back, links and values that still are as the merge left them too, the rest is told.
/// Answers `{"merge", "restored": [ids], "left": [{"object", "id", "field"}], "left_unseen": n}`.
pub fn unmerge(ctx: &Context, merge: Uuid) -> EngineResult<Json> {
    guanxi_engine::act::undo_merge(ctx, merge)
}

/// Into which record this one was merged, while it is.
pub fn merged_into(view: &mut (impl View + ?Sized), record: Uuid) -> EngineResult<Option<Uuid>> {
    let select = Select::of(system::MERGED, &["kept"])
        .filter(Cond::equal("record", record).and(Cond::null("undone_at")))
        .order("seq", Direction::Descending)
        .limit(1);
    Ok(view
        .select(&select)?
        .first()
        .and_then(|row| row.cells[0].id()))
}
