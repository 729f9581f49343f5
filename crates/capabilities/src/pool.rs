//! The pool (公海): records without an owner, which people of some roles see and claim, within a quota.

use crate::common::{answer, conflict, members, write_note};
use guanxi_access::{Action, Standing};
use guanxi_engine::capability::{Act, Capability, Draft, Noun, NounInput};
use guanxi_engine::write::{Change, apply_change, count_up};
use guanxi_engine::{Context, EngineError, EngineResult, Record, system};
use guanxi_meta::catalog::Access;
use guanxi_meta::fault::Fault;
use guanxi_meta::{Cell, Label, Lang, Object};
use guanxi_query::cond::{Cond, Select};
use guanxi_store::{StoreExt, Transaction, View, Weight};
use serde_json::{Map, Value as Json, json};

pub struct Pool;

/// Who comes too late is told so for this long, in microseconds; later the record is simply not the caller's to see.
const TOLD_FOR: i64 = 600_000_000;

/// What one person may take; `None` is as much as there is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Quota {
    /// Claims on one day of the organisation's calendar.
    pub claims_a_day: Option<u64>,
    /// Records owned, above which nothing more is claimed.
    pub owned: Option<u64>,
}

impl Capability for Pool {
    fn name(&self) -> &'static str {
        "pool"
    }

    fn applies(&self, object: &Object) -> bool {
        object.has(self.name()) && object.access == Access::Own
    }

    fn nouns(&self, _object: &Object) -> Vec<Noun> {
        vec![
            Noun::new("claim", Action::Update, Label::new("领取", "Claim")),
            Noun::new(
                "release",
                Action::Update,
                Label::new("放回公海", "Release to the pool"),
            )
            .takes(NounInput::new(
                "reason",
                "long_text",
                Label::new("原因", "Reason"),
            )),
        ]
    }

    fn offers(&self, ctx: &Context, record: &Record, noun: &str) -> bool {
        match noun {
            "claim" => record.owner == 0 && sees_pool(ctx).is_ok(),
            _ => record.owner != 0,
        }
    }

    /// Whoever makes a record of the pool the own one has claimed it, by whichever door.
    fn before_save(
        &self,
        ctx: &Context,
        tx: &mut dyn Transaction,
        draft: &mut Draft,
    ) -> EngineResult<()> {
        let me = ctx.actor.seq();
        let was_in_pool = draft
            .before
            .as_ref()
            .is_some_and(|before| before.owner == 0 && before.deleted_at.is_none());
        if was_in_pool && me != 0 && draft.after.owner == me {
            sees_pool(ctx)?;
            within_quota(ctx, tx, &draft.after.object)?;
        }
        Ok(())
    }

    fn act(&self, ctx: &Context, tx: &mut dyn Transaction, act: &Act) -> EngineResult<Json> {
        match act.noun {
            "claim" => claim(ctx, tx, act),
            _ => release(ctx, tx, act),
        }
    }

    /// The record was in the pool until a moment ago, so the caller learns nothing but that somebody was quicker.
    fn missed(&self, ctx: &Context, tx: &mut dyn Transaction, act: &Act) -> EngineResult<()> {
        let record = &act.record;
        let in_pool = Standing {
            owner: 0,
            department: 0,
        };
        let could_claim =
            ctx.grant(&record.object, Action::Update).admits(in_pool) && sees_pool(ctx).is_ok();
        if act.noun != "claim" || record.deleted_at.is_some() || record.owner == 0 || !could_claim {
            return Ok(());
        }
        let since = ctx.now_micros() - TOLD_FOR;
        let recent = tx.log_of(&record.object.table, record.id, None, 20)?;
        let claimed = recent
            .iter()
            .any(|row| row.entry.op == "claim" && row.entry.at >= since);
        if claimed {
            Err(conflict("already_claimed"))
        } else {
            Ok(())
        }
    }
}

fn sees_pool(ctx: &Context) -> EngineResult<()> {
    let roles = ctx
        .person()
        .map(|person| person.roles.as_slice())
        .unwrap_or_default();
    let mut roles = roles.iter().filter_map(|name| ctx.catalog.roles.get(name));
    if roles.any(|role| role.pool) {
        Ok(())
    } else {
        Err(EngineError::Forbidden("pool"))
    }
}

fn claim(ctx: &Context, tx: &mut dyn Transaction, act: &Act) -> EngineResult<Json> {
    sees_pool(ctx)?;
    if act.record.owner != 0 {
        return Err(conflict("already_claimed"));
    }
    let me = ctx.person().map(|person| person.id);
    let fields = members([("owner", json!(me))]);
    let change =
        Change::update(&act.record.object, act.record.id, None, fields).as_part_of("claim");
    Ok(answer(&apply_change(tx, ctx, change)?))
}

fn release(ctx: &Context, tx: &mut dyn Transaction, act: &Act) -> EngineResult<Json> {
    if act.record.owner == 0 {
        return Err(conflict("already_in_pool"));
    }
    let fields = members([("owner", Json::Null)]);
    let change =
        Change::update(&act.record.object, act.record.id, None, fields).as_part_of("release");
    let saved = apply_change(tx, ctx, change)?;
    if let Some(reason) = act.input.text("reason") {
        let subject = match ctx.lang {
            Lang::Zh => "放回公海",
            Lang::En => "Released to the pool",
        };
        write_note(tx, ctx, &saved.record, (subject.to_owned(), reason, None))?;
    }
    Ok(answer(&saved))
}

/// The day's counter is the row that all claims of one person go through, so both limits hold at any number of calls.
fn within_quota(ctx: &Context, tx: &mut dyn Transaction, object: &Object) -> EngineResult<()> {
    let (me, quota) = (ctx.actor.seq(), quota(tx, object)?);
    if quota == Quota::default() {
        return Ok(());
    }
    let today = ctx.now.to_zoned(ctx.engine.zone()).date();
    let claims = count_up(tx, &format!("pool:{}:{me}:{today}", object.table))?;
    let refuse = |code: &'static str, most: u64| {
        let fault = Fault::new(code).with("most", most);
        Err(EngineError::Taken(fault, Vec::new()))
    };
    if let Some(most) = quota.claims_a_day
        && claims.unsigned_abs() > most
    {
        return refuse("quota_claims_a_day", most);
    }
    if let Some(most) = quota.owned {
        let mine = Cond::equal("owner", me).and(Cond::null("deleted_at"));
        let bound = u32::try_from(most).unwrap_or(u32::MAX);
        if tx.count(&object.table, &[], &mine, Some(bound))? >= most {
            return refuse("quota_owned", most);
        }
    }
    Ok(())
}

fn setting(object: &Object, what: &str) -> String {
    format!("pool:{}:{what}", object.table)
}

/// What an administrator set for the object's pool.
pub fn quota(view: &mut (impl View + ?Sized), object: &Object) -> EngineResult<Quota> {
    let names = ["claims_a_day", "owned"].map(|what| setting(object, what));
    let these = Cond::among(
        "name",
        names.iter().map(|name| Cell::from(name.as_str())).collect(),
    );
    let rows = view.select(&Select::of(system::SETTING, &["name", "value"]).filter(these))?;
    let value = |name: &str| {
        let row = rows.iter().find(|row| row.cells[0].text() == Some(name))?;
        row.cells[1].text()?.parse().ok()
    };
    Ok(Quota {
        claims_a_day: value(&names[0]),
        owned: value(&names[1]),
    })
}

/// Administrators set it; `None` lifts a limit.
pub fn set_quota(ctx: &Context, object: &Object, quota: Quota) -> EngineResult<()> {
    ctx.administer()?;
    let rows = [
        (setting(object, "claims_a_day"), quota.claims_a_day),
        (setting(object, "owned"), quota.owned),
    ];
    ctx.engine.store().change(Weight::Light, move |tx| {
        for (name, value) in &rows {
            tx.delete(system::SETTING, &Cond::equal("name", name.as_str()))?;
            if let Some(value) = value {
                let row = vec![Cell::from(name.as_str()), Cell::from(value.to_string())];
                tx.insert(system::SETTING, &["name", "value"], vec![row])?;
            }
        }
        Ok::<_, EngineError>(())
    })
}

/// The quota as settings pages and programs show it.
pub fn quota_json(quota: Quota) -> Map<String, Json> {
    members([
        ("claims_a_day", json!(quota.claims_a_day)),
        ("owned", json!(quota.owned)),
    ])
}
