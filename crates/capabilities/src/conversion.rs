//! A lead becomes a customer, a contact and, if wanted, an opportunity: all of it or nothing, and only once.

use crate::common::{conflict, members, set_values};
use guanxi_access::Action;
use guanxi_engine::capability::{Act, Capability, Noun, NounInput};
use guanxi_engine::write::{Authority, Change};
use guanxi_engine::{Context, EngineError, EngineResult, Record};
use guanxi_meta::fault::Fault;
use guanxi_meta::kind::Writable;
use guanxi_meta::{Label, Object, Value};
use guanxi_query::cond::Cond;
use guanxi_store::Transaction;
use serde_json::{Map, Value as Json, json};
use std::sync::Arc;
use uuid::Uuid;

pub struct Conversion;

/// Activities of one lead that come along to the customer.
const MOST_ACTIVITIES: u32 = 5_000;

/// The fields of a lead that say what became of it, and those of the act itself: they are not copied.
const OWN: [&str; 5] = ["status", "number", "owner", "name", "external_id"];

impl Capability for Conversion {
    fn name(&self) -> &'static str {
        "conversion"
    }

    fn nouns(&self, _object: &Object) -> Vec<Noun> {
        let customer = NounInput::new(
            "customer",
            "link",
            Label::new("已有客户", "Existing customer"),
        )
        .to("customer");
        let contact = NounInput::new(
            "contact",
            "link",
            Label::new("已有联系人", "Existing contact"),
        )
        .to("contact");
        let opportunity = NounInput::new(
            "opportunity",
            "json",
            Label::new("商机（名称，或 false）", "Opportunity (its name, or false)"),
        );
        let amount = NounInput::new(
            "amount",
            "money",
            Label::new("商机金额", "Amount of the opportunity"),
        );
        vec![
            Noun::new("conversion", Action::Update, Label::new("转化", "Convert"))
                .takes(customer)
                .takes(contact)
                .takes(opportunity)
                .takes(amount),
        ]
    }

    fn offers(&self, _ctx: &Context, record: &Record, _noun: &str) -> bool {
        !is_converted(record)
    }

    /// The lead is locked, so of twenty callers nineteen find it converted.
    fn act(&self, ctx: &Context, tx: &mut dyn Transaction, act: &Act) -> EngineResult<Json> {
        let lead = &act.record;
        if is_converted(lead) {
            return Err(conflict("already_converted"));
        }
        let plan = plan(ctx, lead, act)?;
        let customer = match act.input.id("customer") {
            Some(id) => id,
            None => create(ctx, tx, ("customer", customer_fields(lead)), &plan)?,
        };
        let contact = match act.input.id("contact") {
            Some(id) => id,
            None => create(ctx, tx, ("contact", contact_fields(lead, customer)), &plan)?,
        };
        let opportunity = match &plan.opportunity {
            Some(name) => {
                let fields =
                    opportunity_fields(ctx, tx, act, (name.as_deref(), customer, contact))?;
                Some(create(ctx, tx, ("opportunity", fields), &plan)?)
            }
            None => None,
        };
        mark(ctx, tx, &plan, [Some(customer), Some(contact), opportunity])?;
        bring_activities(ctx, tx, lead, customer)?;
        Ok(
            json!({ "lead": lead.id, "customer": customer, "contact": contact, "opportunity": opportunity }),
        )
    }
}

fn is_converted(lead: &Record) -> bool {
    lead.get("status").text() == Some("converted") || !lead.get("converted_at").is_null()
}

struct Plan<'a> {
    lead: &'a Record,
    /// Of all that comes of it. A lead of the pool becomes the caller's, within the pool's quota.
    owner: Option<Uuid>,
    /// `Some(None)`: with a name of its own making.
    opportunity: Option<Option<String>>,
}

/// What will be made, and whether the caller may make such things at all.
fn plan<'a>(ctx: &Context, lead: &'a Record, act: &Act) -> EngineResult<Plan<'a>> {
    let opportunity = match act.input.json("opportunity") {
        None | Some(Json::Bool(true)) => Some(None),
        Some(Json::Bool(false)) => None,
        Some(Json::String(name)) => Some(Some(name.trim().to_owned())),
        Some(_) => return Err(EngineError::field("opportunity", "not_a_title")),
    };
    let wanted = [
        ("customer", act.input.id("customer").is_none()),
        ("contact", act.input.id("contact").is_none()),
        ("opportunity", opportunity.is_some()),
    ];
    for (name, is_made) in wanted {
        let Some(object) = ctx.catalog.object(name).filter(|_| is_made) else {
            continue;
        };
        if ctx.grant(object, Action::Create).is_empty() {
            return Err(EngineError::Forbidden("create"));
        }
    }
    let owner = match lead.owner {
        0 => ctx.person().map(|person| person.id),
        seq => ctx.directory.user(seq).map(|user| user.id),
    };
    Ok(Plan {
        lead,
        owner,
        opportunity,
    })
}

type Fields = Map<String, Json>;

fn create(
    ctx: &Context,
    tx: &mut dyn Transaction,
    (name, mut fields): (&str, Fields),
    plan: &Plan,
) -> EngineResult<Uuid> {
    let object = ctx.catalog.object(name).ok_or(EngineError::NotFound)?;
    fields.insert("owner".into(), json!(plan.owner));
    let taken = copied(plan.lead, object, &fields);
    fields.retain(|field, _| field == "owner" || object.position(field).is_some());
    let mut change = Change::create(object, fields);
    change.act = "conversion";
    change.origin.authority = Authority::Noun;
    // What is copied was the lead's already, and goes over whether or not the caller could have written it anew.
    Ok(set_values(tx, &ctx.by_rule(), change, taken)?.id)
}

/// Fields of the same name and kind go over as they are, where the choice exists there too.
fn copied(lead: &Record, object: &Arc<Object>, said: &Fields) -> Vec<(usize, Value)> {
    let mut taken = Vec::new();
    for (field, value) in lead.object.fields.iter().zip(&lead.values) {
        let (Some(at), false) = (object.position(&field.name), value.is_null()) else {
            continue;
        };
        let there = &object.fields[at];
        let same = there.kind.name() == field.kind.name() && there.options.to == field.options.to;
        let writable = there.kind.writable() == Writable::ByCaller;
        if OWN.contains(&field.name.as_str())
            || said.contains_key(&field.name)
            || !same
            || !writable
        {
            continue;
        }
        if let Ok(value) = there.kind.parse(there, &all_of(field, value)) {
            taken.push((at, value));
        }
    }
    taken
}

/// The whole value as the API writes it: every phone, not the first alone.
fn all_of(field: &guanxi_meta::Field, value: &Value) -> Json {
    match field
        .kind
        .extra_json(field, value)
        .into_iter()
        .find(|(suffix, _)| *suffix == "s")
    {
        Some((_, all)) => all,
        None => field.kind.to_json(field, value),
    }
}

fn text(record: &Record, name: &str) -> Option<String> {
    let at = record.object.position(name)?;
    let field = &record.object.fields[at];
    Some(field.kind.to_text(field, &record.values[at])).filter(|text| !text.is_empty())
}

fn customer_fields(lead: &Record) -> Fields {
    let company = text(lead, "company");
    let kind = if company.is_some() {
        "organisation"
    } else {
        "person"
    };
    members([
        ("name", json!(company.unwrap_or_else(|| lead.title()))),
        ("type", json!(kind)),
    ])
}

fn contact_fields(lead: &Record, customer: Uuid) -> Fields {
    let at = lead.object.title;
    members([("name", lead.field_json(at)), ("customer", json!(customer))])
}

fn opportunity_fields(
    ctx: &Context,
    tx: &mut dyn Transaction,
    act: &Act,
    (name, customer, contact): (Option<&str>, Uuid, Uuid),
) -> EngineResult<Fields> {
    let lead = &act.record;
    let name = match name.filter(|name| !name.is_empty()) {
        Some(name) => name.to_owned(),
        None => customer_name(ctx, tx, customer)?
            .or(text(lead, "company"))
            .unwrap_or_else(|| lead.title()),
    };
    let mut fields = members([
        ("name", json!(name)),
        ("customer", json!(customer)),
        ("contact", json!(contact)),
    ]);
    let money = |name: &str, value: &Value| {
        lead.object
            .field(name)
            .map(|field| field.kind.to_json(field, value))
    };
    let amount = match act.input.get("amount") {
        Value::Null => lead.get("budget"),
        amount => amount,
    };
    if let (Value::Money(_), Some(json)) = (amount, money("budget", amount)) {
        fields.insert("amount".into(), json);
    }
    Ok(fields)
}

fn customer_name(
    ctx: &Context,
    tx: &mut dyn Transaction,
    id: Uuid,
) -> EngineResult<Option<String>> {
    let Some(object) = ctx.catalog.object("customer") else {
        return Ok(None);
    };
    let found = guanxi_engine::read::lookup_in(tx, ctx, object, id)?;
    Ok(found.map(|record| record.title()))
}

fn mark(
    ctx: &Context,
    tx: &mut dyn Transaction,
    plan: &Plan,
    made: [Option<Uuid>; 3],
) -> EngineResult<()> {
    let lead = plan.lead;
    let mut fields = Map::new();
    if lead.owner == 0 {
        fields.insert("owner".into(), json!(plan.owner));
    }
    let mut values = Vec::new();
    let mut set =
        |name: &str, value: Value| values.extend(lead.object.position(name).map(|at| (at, value)));
    set("status", Value::from("converted"));
    set("converted_at", Value::Instant(ctx.now));
    for (name, id) in [
        "converted_customer",
        "converted_contact",
        "converted_opportunity",
    ]
    .iter()
    .zip(made)
    {
        set(name, id.map_or(Value::Null, Value::Id));
    }
    if values.is_empty() {
        let fault = Fault::new("not_convertible").with("object", &lead.object.name);
        return Err(EngineError::BadRequest(fault));
    }
    let change = Change::update(&lead.object, lead.id, None, fields).as_part_of("conversion");
    // What was made is linked, whether or not a scope shows it to the caller.
    set_values(tx, &ctx.by_rule(), change, values).map(|_| ())
}

/// What was done with the lead stands in the customer's timeline too.
fn bring_activities(
    ctx: &Context,
    tx: &mut dyn Transaction,
    lead: &Record,
    customer: Uuid,
) -> EngineResult<()> {
    let rule = ctx.by_rule();
    for object in ctx
        .catalog
        .objects
        .iter()
        .filter(|object| object.is_activity())
    {
        let (Some(about), Some(link)) = (object.field("about"), object.field("customer")) else {
            continue;
        };
        let cond = crate::common::leads_to(object, about, &lead.object, &[lead.id])
            .and(Cond::null(&link.column));
        for activity in crate::common::records(tx, object, cond, MOST_ACTIVITIES)? {
            let fields = members([("customer", json!(customer))]);
            let change = Change::update(object, activity.id, None, fields).as_part_of("conversion");
            guanxi_engine::write::apply_change(tx, &rule, change)?;
        }
    }
    Ok(())
}
