//! Whoever follows a record hears of its changes.

use guanxi_access::Action;
use guanxi_engine::capability::{Act, Capability, Noun};
use guanxi_engine::{Context, EngineResult, system};
use guanxi_meta::{Cell, Label, Object};
use guanxi_query::cond::{Cond, Select};
use guanxi_store::{Transaction, View};
use serde_json::{Value as Json, json};
use uuid::Uuid;

pub struct Follow;

/// Followers of one record that are told of a change.
const MOST_FOLLOWERS: u32 = 1_000;

impl Capability for Follow {
    fn name(&self) -> &'static str {
        "follow"
    }

    fn applies(&self, _object: &Object) -> bool {
        true
    }

    fn nouns(&self, _object: &Object) -> Vec<Noun> {
        vec![
            Noun::new("follow", Action::Read, Label::new("关注", "Follow")),
            Noun::new("unfollow", Action::Read, Label::new("取消关注", "Unfollow")),
        ]
    }

    /// Doing it twice is doing it once.
    fn act(&self, ctx: &Context, tx: &mut dyn Transaction, act: &Act) -> EngineResult<Json> {
        let person = ctx.actor.seq();
        let this = of(&act.record.object, act.record.id).and(Cond::equal("person", person));
        tx.delete(system::FOLLOW, &this)?;
        let follows = act.noun == "follow";
        if follows {
            let table = Cell::from(act.record.object.table.as_str());
            let row = vec![
                Cell::Int(person),
                table,
                Cell::Id(act.record.id),
                Cell::Int(ctx.now_micros()),
            ];
            tx.insert(
                system::FOLLOW,
                &["person", "object", "record", "at"],
                vec![row],
            )?;
        }
        Ok(json!({ "id": act.record.id, "follows": follows }))
    }
}

fn of(object: &Object, id: Uuid) -> Cond {
    Cond::equal("record", id).and(Cond::equal("object", object.table.as_str()))
}

/// The `seq` of each user who follows the record. Whether they may still see it is asked when they are told.
pub fn followers(
    view: &mut (impl View + ?Sized),
    object: &Object,
    id: Uuid,
) -> EngineResult<Vec<i64>> {
    let select = Select::of(system::FOLLOW, &["person"])
        .filter(of(object, id))
        .limit(MOST_FOLLOWERS);
    Ok(view
        .select(&select)?
        .iter()
        .filter_map(|row| row.cells[0].int())
        .collect())
}
