//! A record goes to a colleague with everything open that belongs to it: deals, tasks, calls, meetings, visits that
//! its owner had. Contacts and whatever else stands where the record stands move along by their declaration.

use crate::common::{
    Notice, answer, conflict, leads_to, members, notify, open_cond, records, write_note,
};
use guanxi_access::{Action, User};
use guanxi_engine::act::admit;
use guanxi_engine::capability::{Act, Capability, Noun, NounInput};
use guanxi_engine::write::{Change, Saved, apply_change, savepoint};
use guanxi_engine::{Context, EngineError, EngineResult, Record};
use guanxi_meta::catalog::Access;
use guanxi_meta::fault::Fault;
use guanxi_meta::{Label, Lang, Object};
use guanxi_query::cond::Cond;
use guanxi_store::{StoreExt, Transaction, Weight};
use serde_json::{Value as Json, json};
use std::sync::Arc;
use uuid::Uuid;

pub struct Handover;

/// Open things that go along with one record; with more, hand over in smaller pieces.
const MOST_ALONG: u32 = 10_000;
/// Records of one commit where many are handed over.
const CHUNK: usize = 50;

impl Capability for Handover {
    fn name(&self) -> &'static str {
        "handover"
    }

    fn nouns(&self, _object: &Object) -> Vec<Noun> {
        let to = NounInput::new("to", "link", Label::new("移交给", "Hand over to"))
            .to("user")
            .required();
        vec![
            Noun::new("handover", Action::Update, Label::new("移交", "Hand over"))
                .takes(to)
                .takes(NounInput::new(
                    "note",
                    "long_text",
                    Label::new("说明", "Note"),
                )),
        ]
    }

    fn act(&self, ctx: &Context, tx: &mut dyn Transaction, act: &Act) -> EngineResult<Json> {
        let to = receiver(ctx, act.input.id("to").unwrap_or_default())?;
        let (saved, along) = hand_over(ctx, tx, &act.record, (&to, act.input.text("note")))?;
        let args = json!({ "by": ctx.user_name(ctx.actor.seq()), "name": act.record.title() });
        notify(
            tx,
            ctx,
            &Notice {
                person: to.seq,
                code: "handover",
                args,
                record: Some(&act.record),
            },
        )?;
        let mut json = answer(&saved);
        json["moved"] = json!(along);
        Ok(json)
    }
}

/// What is to happen to many records at once.
#[derive(Debug, Clone)]
pub struct Many {
    pub ids: Vec<Uuid>,
    /// The user who takes them.
    pub to: Uuid,
    pub note: Option<String>,
}

/// Hands many over, each for itself, in commits of a few; the receiver hears of it once. Answers, per record in the
/// order of `ids`, how many open things went along.
pub fn many(
    ctx: &Context,
    object: &Arc<Object>,
    order: &Many,
) -> EngineResult<Vec<EngineResult<usize>>> {
    let to = receiver(ctx, order.to)?;
    let mut results: Vec<EngineResult<usize>> = Vec::with_capacity(order.ids.len());
    for chunk in order.ids.chunks(CHUNK) {
        let moved = ctx.under_newest(|ctx| {
            let object = ctx.catalog.now(object).ok_or(EngineError::NotFound)?;
            some(ctx, object, chunk, (&to, order.note.as_deref()))
        })?;
        ctx.engine.announce();
        results.extend(moved);
    }
    let count = results.iter().filter(|result| result.is_ok()).count();
    if count > 0 {
        let context = ctx.clone();
        let args = json!({ "by": ctx.user_name(ctx.actor.seq()), "count": count });
        ctx.engine.store().change(Weight::Light, move |tx| {
            notify(
                tx,
                &context,
                &Notice {
                    person: to.seq,
                    code: "handover_many",
                    args: args.clone(),
                    record: None,
                },
            )
        })?;
    }
    Ok(results)
}

/// These in one commit, each for itself.
fn some(
    ctx: &Context,
    object: &Arc<Object>,
    ids: &[Uuid],
    (to, note): (&User, Option<&str>),
) -> EngineResult<Vec<EngineResult<usize>>> {
    let (context, object, ids) = (ctx.clone(), object.clone(), ids.to_vec());
    let (to, note) = (to.clone(), note.map(str::to_owned));
    ctx.change(Weight::Bulk, move |tx| {
        let mut moved = Vec::with_capacity(ids.len());
        for id in &ids {
            let outcome = savepoint(tx, |tx| {
                let record = admit(&context, tx, &object, (*id, Action::Update))?;
                Ok(hand_over(&context, tx, &record, (&to, note.as_deref()))?.1)
            });
            moved.push(match outcome {
                // The database's own trouble is not this record's: the whole piece is run again.
                Err(EngineError::Store(error)) => return Err(EngineError::Store(error)),
                outcome => outcome,
            });
        }
        Ok(moved)
    })
}

/// The live records of an object that a person owns, for whoever leaves: what `many` is then asked to move.
pub fn owned_by(ctx: &Context, object: &Arc<Object>, person: i64) -> EngineResult<Vec<Uuid>> {
    let select = guanxi_query::cond::Select::of(&object.table, &["id"])
        .filter(Cond::equal("owner", person).and(Cond::null("deleted_at")))
        .filter(ctx.grant(object, Action::Update).cond());
    let rows = ctx
        .engine
        .store()
        .look(|view| Ok::<_, EngineError>(view.select(&select)?))?;
    Ok(rows.iter().filter_map(|row| row.cells[0].id()).collect())
}

fn receiver(ctx: &Context, id: Uuid) -> EngineResult<User> {
    match ctx.directory.user_by_id(id) {
        Some(user) if user.active => Ok(user.clone()),
        Some(_) => Err(EngineError::field("to", "user_not_active")),
        None => Err(EngineError::field("to", "not_found")),
    }
}

/// The record, then what goes along: in the one commit.
fn hand_over(
    ctx: &Context,
    tx: &mut dyn Transaction,
    record: &Record,
    (to, note): (&User, Option<&str>),
) -> EngineResult<(Saved, usize)> {
    if record.owner == to.seq {
        return Err(conflict("already_owner"));
    }
    let fields = members([("owner", json!(to.id))]);
    let change =
        Change::update(&record.object, record.id, None, fields.clone()).as_part_of("handover");
    let saved = apply_change(tx, ctx, change)?;
    let rule = ctx.by_rule();
    let along = belongings(ctx, tx, record)?;
    for thing in &along {
        let change =
            Change::update(&thing.object, thing.id, None, fields.clone()).as_part_of("handover");
        apply_change(tx, &rule, change)?;
    }
    if let Some(note) = note {
        let subject = match ctx.lang {
            Lang::Zh => format!("移交给 {}", to.name),
            Lang::En => format!("Handed over to {}", to.name),
        };
        write_note(tx, ctx, &saved.record, (subject, note, Some(to.id)))?;
    }
    Ok((saved, along.len()))
}

/// Open records of the same owner that lead here by a declared link. A link of the object to itself (a group of
/// companies) is no belonging.
fn belongings(
    ctx: &Context,
    tx: &mut dyn Transaction,
    record: &Record,
) -> EngineResult<Vec<Record>> {
    let mut found = Vec::new();
    for object in ctx
        .catalog
        .objects
        .iter()
        .filter(|object| object.access == Access::Own)
    {
        if object.name == record.object.name
            || object.has("person")
            || object.has("organisation_unit")
        {
            continue;
        }
        let links = object
            .fields
            .iter()
            .filter(|field| field.kind.name() == "link");
        let leads_here = links.fold(Cond::False, |any, field| {
            any.or(leads_to(object, field, &record.object, &[record.id]))
        });
        if leads_here == Cond::False {
            continue;
        }
        let cond = leads_here
            .and(Cond::equal("owner", record.owner))
            .and(open_cond(object));
        found.extend(records(tx, object, cond, MOST_ALONG + 1)?);
        if found.len() > MOST_ALONG as usize {
            return Err(EngineError::TooLarge(
                Fault::new("too_many_along").with("most", MOST_ALONG),
            ));
        }
    }
    Ok(found)
}
