//! A record is shown, or opened for writing, to one person beyond what scopes give.

use crate::common::{Notice, notify};
use guanxi_access::Action;
use guanxi_access::grant::SHARES;
use guanxi_engine::capability::{Act, Capability, Noun, NounInput};
use guanxi_engine::engine::touch_access;
use guanxi_engine::{Context, EngineError, EngineResult};
use guanxi_meta::catalog::Access;
use guanxi_meta::{Cell, Label, Object};
use guanxi_query::cond::{Cond, Direction, Select};
use guanxi_store::{Set, Transaction, View};
use serde_json::{Value as Json, json};
use uuid::Uuid;

pub struct Sharing;

/// People with whom one record is shared.
const MOST_SHARES: u64 = 500;

/// One person's share of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Share {
    /// `seq` of users.
    pub person: i64,
    pub by: i64,
    /// Microseconds since 1970.
    pub at: i64,
    pub right: Right,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Right {
    Read,
    Write,
}

impl Capability for Sharing {
    fn name(&self) -> &'static str {
        "sharing"
    }

    /// Every object whose rows have owners of their own; people and departments are seen by all who see any.
    fn applies(&self, object: &Object) -> bool {
        object.access == Access::Own && !object.has("person") && !object.has("organisation_unit")
    }

    fn nouns(&self, _object: &Object) -> Vec<Noun> {
        let with = || {
            NounInput::new("with", "link", Label::new("同事", "Colleague"))
                .to("user")
                .required()
        };
        vec![
            Noun::new("share", Action::Update, Label::new("共享", "Share"))
                .takes(with())
                .takes(NounInput::new(
                    "write",
                    "bool",
                    Label::new("可以修改", "May change it"),
                )),
            Noun::new(
                "unshare",
                Action::Update,
                Label::new("取消共享", "Stop sharing"),
            )
            .takes(with()),
        ]
    }

    /// Sharing anew replaces the right that there was.
    fn act(&self, ctx: &Context, tx: &mut dyn Transaction, act: &Act) -> EngineResult<Json> {
        let id = act.input.id("with");
        let user = id
            .and_then(|id| ctx.directory.user_by_id(id))
            .filter(|user| user.active);
        let user = user.ok_or_else(|| EngineError::field("with", "not_found"))?;
        let right = match act.noun {
            "share" if act.input.bool("write") == Some(true) => Some(Right::Write),
            "share" => Some(Right::Read),
            _ => None,
        };
        let before = list(tx, &act.record.object, act.record.id)?;
        let known = before.iter().find(|share| share.person == user.seq);
        if known.map(|share| share.right) != right {
            set(ctx, tx, act, (user.seq, right, known.is_some()))?;
            touch_access(tx)?;
        }
        if known.is_none() && right.is_some() {
            let by = ctx.user_name(ctx.actor.seq());
            let args = json!({ "by": by, "name": act.record.title() });
            notify(
                tx,
                ctx,
                &Notice {
                    person: user.seq,
                    code: "shared",
                    args,
                    record: Some(&act.record),
                },
            )?;
        }
        Ok(
            json!({ "id": act.record.id, "shares": shares_json(ctx, &list(tx, &act.record.object, act.record.id)?) }),
        )
    }
}

fn set(
    ctx: &Context,
    tx: &mut dyn Transaction,
    act: &Act,
    (person, right, known): (i64, Option<Right>, bool),
) -> EngineResult<()> {
    let this = of(&act.record.object, act.record.id);
    let his = this.clone().and(Cond::equal("person", person));
    let writable = Cell::Int(i64::from(right == Some(Right::Write)));
    match (right, known) {
        (None, _) => {
            tx.delete(SHARES, &his)?;
        }
        (Some(_), true) => {
            tx.update(SHARES, &[("writable", Set::To(writable))], &his)?;
        }
        (Some(_), false) => {
            if tx.count(SHARES, &[], &this, None)? >= MOST_SHARES {
                return Err(EngineError::field("with", "too_many_shares"));
            }
            let object = Cell::from(act.record.object.table.as_str());
            let (by, at) = (Cell::Int(ctx.actor.seq()), Cell::Int(ctx.now_micros()));
            let row = vec![
                Cell::Int(person),
                object,
                Cell::Id(act.record.id),
                writable,
                by,
                at,
            ];
            tx.insert(
                SHARES,
                &["person", "object", "record", "writable", "by", "at"],
                vec![row],
            )?;
        }
    }
    Ok(())
}

fn of(object: &Object, id: Uuid) -> Cond {
    Cond::equal("record", id).and(Cond::equal("object", object.table.as_str()))
}

/// With whom a record is shared, in the order of sharing. The caller has found the record by a grant.
pub fn list(
    view: &mut (impl View + ?Sized),
    object: &Object,
    id: Uuid,
) -> EngineResult<Vec<Share>> {
    let select = Select::of(SHARES, &["person", "by", "at", "writable"])
        .filter(of(object, id))
        .order("at", Direction::Ascending);
    let share = |row: &guanxi_store::Row| {
        let int = |at: usize| row.cells[at].int().unwrap_or(0);
        let right = if int(3) == 1 {
            Right::Write
        } else {
            Right::Read
        };
        Share {
            person: int(0),
            by: int(1),
            at: int(2),
            right,
        }
    };
    Ok(view.select(&select)?.iter().map(share).collect())
}

/// `[{"with", "write"}]`.
pub fn shares_json(ctx: &Context, shares: &[Share]) -> Json {
    let one = |share: &Share| json!({ "with": ctx.user_json(share.person), "write": share.right == Right::Write });
    shares.iter().map(one).collect()
}
