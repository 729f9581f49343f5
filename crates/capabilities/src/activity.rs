//! Tasks, calls, meetings, visits, notes: whose customer they are about, when they ended, and that the customer has
//! been heard of.

use crate::common::{self, answer, conflict, members};
use guanxi_access::Action;
use guanxi_engine::capability::{Act, Capability, Draft, Noun, NounInput, Touched};
use guanxi_engine::read::lookup_in;
use guanxi_engine::write::{Change, apply_change};
use guanxi_engine::{Context, EngineResult, Record};
use guanxi_meta::{Cell, Label, Object, Value};
use guanxi_query::cond::{Cond, Op};
use guanxi_store::{Set, Transaction};
use jiff::Timestamp;
use serde_json::{Value as Json, json};
use uuid::Uuid;

pub struct Activity;

impl Capability for Activity {
    fn name(&self) -> &'static str {
        "activity"
    }

    fn nouns(&self, object: &Object) -> Vec<Noun> {
        if object.field("status").is_none() {
            return Vec::new();
        }
        let mut noun = Noun::new("completion", Action::Update, Label::new("完成", "Complete"));
        for (name, field) in ["result", "outcome", "end_at"]
            .iter()
            .filter_map(|name| Some((*name, object.field(name)?)))
        {
            let mut input = NounInput::new(name, field.kind.name(), field.label.clone());
            input.options = field.options.clone();
            noun = noun.takes(input);
        }
        vec![noun]
    }

    fn offers(&self, _ctx: &Context, record: &Record, _noun: &str) -> bool {
        !is_done(record)
    }

    fn before_save(
        &self,
        ctx: &Context,
        tx: &mut dyn Transaction,
        draft: &mut Draft,
    ) -> EngineResult<()> {
        if draft
            .before
            .as_ref()
            .is_some_and(|before| before.deleted_at != draft.after.deleted_at)
        {
            return Ok(());
        }
        first_status(draft);
        if is_done(&draft.after) && !draft.before.as_ref().is_some_and(is_done) {
            complete(ctx, draft);
        }
        fill_links(ctx, tx, draft)
    }

    fn after_save(
        &self,
        ctx: &Context,
        tx: &mut dyn Transaction,
        draft: &mut Draft,
    ) -> EngineResult<()> {
        // What the house writes by itself (of a hand-over, say) is no contact with anybody.
        if is_done(&draft.after)
            && draft.after.deleted_at.is_none()
            && draft.act != common::HOUSE_NOTE
        {
            let heard = heard_of(ctx, tx, &draft.after)?;
            draft.touched.extend(heard);
        }
        Ok(())
    }

    fn act(&self, ctx: &Context, tx: &mut dyn Transaction, act: &Act) -> EngineResult<Json> {
        if is_done(&act.record) {
            return Err(conflict("already_done"));
        }
        let mut fields = members([("status", json!("done"))]);
        for (name, value) in &act.input.0 {
            if let Some(field) = act.record.object.field(name) {
                fields.insert((*name).to_owned(), field.kind.to_json(field, value));
            }
        }
        let change = Change::update(&act.record.object, act.record.id, None, fields)
            .as_part_of("completion");
        Ok(answer(&apply_change(tx, ctx, change)?))
    }
}

fn is_done(record: &Record) -> bool {
    record.get("status").text() == Some("done")
}

/// An object that declares no default begins with its first status.
fn first_status(draft: &mut Draft) {
    if !draft.is_new() || !draft.after.get("status").is_null() {
        return;
    }
    let object = draft.after.object.clone();
    if let Some(first) = object
        .field("status")
        .and_then(|field| field.options.choices.first())
    {
        draft.after.set("status", Value::from(first.value.as_str()));
    }
}

fn complete(ctx: &Context, draft: &mut Draft) {
    if draft.after.get("end_at").is_null() {
        draft.after.set("end_at", Value::Instant(ended(ctx, draft)));
    }
    let (start, end) = (
        draft.after.get("start_at").clone(),
        draft.after.get("end_at").clone(),
    );
    if let (Value::Instant(start), Value::Instant(end)) = (start, end)
        && draft.after.get("duration").is_null()
        && end >= start
    {
        let micros = end.as_microsecond() - start.as_microsecond();
        draft.after.set("duration", Value::Duration(micros));
    }
}

/// Now; for what is entered long afterwards (an import), its own time.
fn ended(ctx: &Context, draft: &Draft) -> Timestamp {
    let given = Timestamp::from_microsecond(draft.after.created_at).ok();
    if draft.is_new() {
        given.unwrap_or(ctx.now)
    } else {
        ctx.now
    }
}

/// Fills the customer, and the contact, from what the activity is about; only with what the caller sees, since a link
/// that was not asked for must not be refused.
fn fill_links(ctx: &Context, tx: &mut dyn Transaction, draft: &mut Draft) -> EngineResult<()> {
    if !draft.changes("about") && !draft.changes("contact") {
        return Ok(());
    }
    if let Value::Reference { object, id } = draft.after.get("about").clone() {
        for link in ["contact", "customer"] {
            if object == link {
                fill(draft, link, Some(id));
            } else if let Some(about) = seen(ctx, tx, &object, id)? {
                let target = about.get(link).id();
                fill_seen(ctx, tx, draft, (link, target))?;
            }
        }
    }
    if let Some(id) = draft.after.get("contact").id()
        && let Some(contact) = seen(ctx, tx, "contact", id)?
    {
        fill_seen(ctx, tx, draft, ("customer", contact.get("customer").id()))?;
    }
    Ok(())
}

fn seen(
    ctx: &Context,
    tx: &mut dyn Transaction,
    object: &str,
    id: Uuid,
) -> EngineResult<Option<Record>> {
    match ctx.catalog.object(object) {
        Some(object) => lookup_in(tx, ctx, object, id),
        None => Ok(None),
    }
}

fn fill_seen(
    ctx: &Context,
    tx: &mut dyn Transaction,
    draft: &mut Draft,
    (link, target): (&str, Option<Uuid>),
) -> EngineResult<()> {
    let Some(id) = target else { return Ok(()) };
    if draft.after.get(link).is_null() && seen(ctx, tx, link, id)?.is_some() {
        fill(draft, link, Some(id));
    }
    Ok(())
}

fn fill(draft: &mut Draft, link: &str, id: Option<Uuid>) {
    let leads_there = draft
        .after
        .object
        .field(link)
        .is_some_and(|field| field.options.to.as_deref() == Some(link));
    if leads_there && draft.after.get(link).is_null() {
        draft.after.set(link, id.map_or(Value::Null, Value::Id));
    }
}

/// The records that a finished activity names have been in contact at its end. Like a roll-up it is not a change of
/// theirs: no version, no history.
fn heard_of(
    ctx: &Context,
    tx: &mut dyn Transaction,
    activity: &Record,
) -> EngineResult<Vec<Touched>> {
    let at = ["end_at", "start_at"]
        .iter()
        .find_map(|name| match activity.get(name) {
            Value::Instant(at) => Some(at.as_microsecond()),
            _ => None,
        });
    let at = at.unwrap_or(activity.created_at).min(ctx.now_micros());
    let mut targets: Vec<(String, Uuid)> = Vec::new();
    for (field, value) in activity.object.fields.iter().zip(&activity.values) {
        match (value, field.options.to.as_deref()) {
            (Value::Reference { object, id }, _) => targets.push((object.clone(), *id)),
            (Value::Id(id), Some(to)) => targets.push((to.to_owned(), *id)),
            _ => {}
        }
    }
    // Rows are locked in one order whoever comes.
    targets.sort();
    targets.dedup();
    let mut touched = Vec::new();
    for (name, id) in targets {
        let Some(object) = ctx.catalog.object(&name) else {
            continue;
        };
        let Some(field) = object.field("last_contact_at") else {
            continue;
        };
        let earlier = Cond::null(&field.column).or(Cond::compare(&field.column, Op::Less, at));
        let cond = Cond::equal("id", id).and(earlier);
        let set = [(field.column.as_str(), Set::To(Cell::Int(at)))];
        if tx.update(&object.table, &set, &cond)? > 0 {
            touched.push(Touched::new(object, id, field));
        }
    }
    Ok(touched)
}
