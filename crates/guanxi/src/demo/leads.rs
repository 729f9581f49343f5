//! Leads of the last four months, some of them waiting in the pool, some converted.

use super::companies;
use super::customers::{self, Naming};
use super::dice::Dice;
use super::people;
use super::places::{Place, Script};
use super::{DemoRecord, DemoValue, Plan, catalogue, link, opportunities, staff, yuan};

const STREAM: u64 = 40;

const STATUSES: [(&str, u64); 5] = [
    ("new", 34),
    ("working", 28),
    ("qualified", 14),
    ("converted", 10),
    ("disqualified", 14),
];

pub fn lead(plan: &Plan, key: u64) -> DemoRecord {
    let mut dice = Dice::new(STREAM, key);
    let status = dice.weighted(&STATUSES);
    let created = -dice.between(0, 120);
    // Early enough in the day to be in the past whenever the demo is started after breakfast.
    let created_at = plan.at(created, 300 + dice.below(120));
    let mut fields: Vec<(&'static str, DemoValue)> = Vec::with_capacity(16);
    fields.push(("status", status.into()));
    fields.push(("source", dice.weighted(&SOURCES).into()));
    fields.push(("score", score(status, &mut dice).into()));
    let owner = if status == "converted" && plan.size > 0 {
        converted(plan, created, &mut fields, &mut dice)
    } else {
        fresh(plan, status, &mut fields, &mut dice)
    };
    if status == "disqualified" {
        let reason = dice.pick(&[
            "unreachable",
            "no_need",
            "no_budget",
            "duplicate",
            "not_a_fit",
            "wrong_data",
        ]);
        fields.push(("disqualified_reason", reason.into()));
    }
    if dice.chance(50) {
        let product = dice.below(catalogue::PRODUCTS.len() as u64);
        fields.push((
            "products",
            DemoValue::Links {
                object: "product",
                keys: vec![product],
            },
        ));
        fields.push(("budget", yuan(dice.between(2, 90) * 1_000_000)));
    }
    DemoRecord {
        object: "lead",
        key,
        owner,
        created_at,
        fields,
    }
}

/// A lead that nobody turned into a customer yet; its owner.
fn fresh(
    plan: &Plan,
    status: &'static str,
    fields: &mut Vec<(&'static str, DemoValue)>,
    dice: &mut Dice,
) -> Option<u64> {
    let chinese = dice.chance(75);
    let place = if chinese {
        Place::china(dice)
    } else {
        Place::abroad(dice)
    };
    let (person, company) = if chinese {
        (
            people::any_chinese(dice),
            companies::chinese(0, place, dice),
        )
    } else {
        (
            people::any_latin(dice),
            companies::latin(dice.below(1 << 40)),
        )
    };
    let script = if chinese {
        Script::Chinese
    } else {
        Script::Latin
    };
    fields.push(("name", person.name.into()));
    fields.push((
        "email",
        [&person.mailbox, "@", &company.domain].concat().into(),
    ));
    fields.push(("company", company.name.into()));
    fields.push(("industry", company.industry.into()));
    fields.push(("region", place.region().into()));
    fields.push(("address", DemoValue::Address(place.address(script, dice))));
    fields.push(("phone", place.mobile(dice).into()));
    if matches!(status, "working" | "qualified") {
        fields.push(("follow_up_on", plan.day(dice.between(-2, 10)).into()));
    }
    let seller = staff::seller(plan, place.department(), dice);
    let waits = status == "new" && dice.chance(40);
    (!waits).then_some(seller)
}

/// A lead that became a customer; that customer's owner.
fn converted(
    plan: &Plan,
    created: i64,
    fields: &mut Vec<(&'static str, DemoValue)>,
    dice: &mut Dice,
) -> Option<u64> {
    let customer = dice.below(plan.size);
    let outline = customers::outline(plan, customer);
    let chinese = outline.script() == Script::Chinese;
    let person = if chinese {
        people::any_chinese(dice)
    } else {
        people::any_latin(dice)
    };
    fields.push(("name", person.name.into()));
    if let Naming::Firm(company) = Naming::of(&outline, customer) {
        fields.push(("company", company.name.into()));
        fields.push(("industry", company.industry.into()));
    }
    fields.push(("region", outline.place.region().into()));
    fields.push(("phone", outline.place.mobile(dice).into()));
    fields.push((
        "converted_at",
        plan.at((created + 4).min(-1), dice.working_minute()).into(),
    ));
    fields.push(("converted_customer", link("customer", customer)));
    fields.push(("converted_contact", link("contact", customer)));
    if let Some(opportunity) = opportunities::of_customer(plan, customer) {
        fields.push(("converted_opportunity", link("opportunity", opportunity)));
    }
    Some(
        outline
            .owner
            .unwrap_or_else(|| staff::seller(plan, outline.place.department(), dice)),
    )
}

fn score(status: &str, dice: &mut Dice) -> i64 {
    match status {
        "qualified" | "converted" => dice.between(60, 98),
        "disqualified" => dice.between(0, 40),
        _ => dice.between(10, 90),
    }
}

const SOURCES: [(&str, u64); 9] = [
    ("web_form", 28),
    ("website", 16),
    ("event", 15),
    ("call", 12),
    ("advertising", 9),
    ("referral", 8),
    ("email", 6),
    ("social", 4),
    ("portal", 2),
];
