//! Opportunities: one for every tenth customer, on two pipelines, over the last 18 months and the next 6.

use super::customers::{self, Naming, Outline};
use super::dice::Dice;
use super::places::Script;
use super::{DemoRecord, DemoValue, Plan, catalogue, link, staff, yuan};

/// One opportunity for so many customers.
pub const CUSTOMERS_EACH: u64 = 10;

const COURSE: u64 = 10;
const DETAIL: u64 = 11;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Open,
    Won,
    Lost,
}

/// Where an opportunity stands; costs no allocation.
struct Course {
    customer: u64,
    outcome: Outcome,
    renewal: bool,
}

fn course(key: u64) -> Course {
    let mut dice = Dice::new(COURSE, key);
    let customer = key * CUSTOMERS_EACH + dice.below(CUSTOMERS_EACH);
    let outcome = match dice.below(100) {
        0..45 => Outcome::Open,
        45..78 => Outcome::Won,
        _ => Outcome::Lost,
    };
    Course {
        customer,
        outcome,
        renewal: dice.chance(15),
    }
}

/// The customer of an opportunity.
pub fn customer_of(key: u64) -> u64 {
    course(key).customer
}

/// The opportunity of a customer, for the one in ten that has one.
pub fn of_customer(plan: &Plan, customer: u64) -> Option<u64> {
    let key = customer / CUSTOMERS_EACH;
    (key < plan.count("opportunity") && course(key).customer == customer).then_some(key)
}

/// The status of a customer fits what was sold to it.
pub fn status_of(plan: &Plan, customer: u64, dice: &mut Dice) -> &'static str {
    let outcome = of_customer(plan, customer).map(|key| course(key).outcome);
    let weights: &[(&'static str, u64)] = match outcome {
        Some(Outcome::Won) => &[("active", 55), ("first_order", 30), ("partner", 15)],
        Some(Outcome::Open) => &[("interested", 60), ("active", 40)],
        Some(Outcome::Lost) => &[("potential", 40), ("lost", 35), ("dormant", 25)],
        None => &[
            ("potential", 50),
            ("interested", 18),
            ("active", 15),
            ("dormant", 13),
            ("lost", 4),
        ],
    };
    dice.weighted(weights)
}

pub fn opportunity(plan: &Plan, key: u64) -> DemoRecord {
    let course = course(key);
    let outline = customers::outline(plan, course.customer);
    let mut dice = Dice::new(DETAIL, key);
    // One who sells to a customer of the pool keeps the opportunity.
    let owner = outline
        .owner
        .unwrap_or_else(|| staff::seller(plan, outline.place.department(), &mut dice));
    let (pipeline, stage) = stage(&course, &mut dice);
    let (products, cents) = basket(&mut dice);
    let engaged = match course.outcome {
        Outcome::Open => -dice.between(3, 150),
        Outcome::Won | Outcome::Lost => -dice.between(60, 548),
    };
    let mut fields: Vec<(&'static str, DemoValue)> = vec![
        (
            "name",
            name(&course, &outline, products[0], &mut dice).into(),
        ),
        ("customer", link("customer", course.customer)),
        ("contact", link("contact", course.customer)),
        ("pipeline", pipeline.into()),
        ("stage", stage.0.into()),
        ("probability", stage.1.into()),
        ("amount", yuan(cents)),
        (
            "products",
            DemoValue::Links {
                object: "product",
                keys: products,
            },
        ),
        ("engaged_on", plan.day(engaged).into()),
        (
            "source",
            dice.pick(&["referral", "website", "event", "call", "partner"])
                .into(),
        ),
    ];
    if dice.chance(40) {
        let competitor = dice.below(catalogue::COMPETITORS.len() as u64);
        fields.push(("competitor", link("competitor", competitor)));
    }
    let chinese = outline.script() == Script::Chinese;
    if course.outcome == Outcome::Open {
        // One in twelve is past its date, as it is where people sell.
        let close = if dice.below(12) == 0 {
            dice.between(-14, -1)
        } else {
            dice.between(1, 182)
        };
        fields.push(("close_date", plan.day(close).into()));
        fields.push((
            "next_step",
            dice.pick(if chinese { &STEPS_ZH } else { &STEPS_EN })
                .into(),
        ));
    } else {
        let closed = (engaged + dice.between(12, 130)).min(-1);
        fields.push(("close_date", plan.day(closed).into()));
        fields.push(("closed_at", plan.at(closed, dice.working_minute()).into()));
        closing(&mut fields, course.outcome, chinese, &mut dice);
    }
    let created_at = plan.at(engaged, dice.working_minute());
    DemoRecord {
        object: "opportunity",
        key,
        owner: Some(owner),
        created_at,
        fields,
    }
}

fn stage(course: &Course, dice: &mut Dice) -> (&'static str, (&'static str, i64)) {
    let open: &[(&str, i64)] = if course.renewal {
        &[("due", 50), ("contacted", 65), ("offer", 80)]
    } else {
        &[
            ("qualify", 20),
            ("qualify", 20),
            ("proposal", 40),
            ("proposal", 40),
            ("quotation", 60),
            ("negotiation", 80),
        ]
    };
    let stage = match course.outcome {
        Outcome::Open => dice.pick(open),
        Outcome::Won => ("won", 100),
        Outcome::Lost => ("lost", 0),
    };
    (
        if course.renewal {
            "renewal"
        } else {
            "standard"
        },
        stage,
    )
}

/// One to three products, and what they cost together.
fn basket(dice: &mut Dice) -> (Vec<u64>, i64) {
    let count = catalogue::PRODUCTS.len() as u64;
    let (first, step) = (dice.below(count), 1 + dice.below(count / 3));
    // Steps below a third of the list never meet the same product twice.
    let products: Vec<u64> = (0..=dice.below(3))
        .map(|at| (first + at * step) % count)
        .collect();
    let cents = products.iter().map(|&product| {
        let price = catalogue::PRODUCTS[product as usize].cents;
        // Small things are bought by the dozen.
        price
            * if price < 500_000 {
                dice.between(5, 60)
            } else {
                dice.between(1, 3)
            }
    });
    let total: i64 = cents.sum();
    (products, total * dice.between(85, 100) / 100)
}

fn name(course: &Course, outline: &Outline, product: u64, dice: &mut Dice) -> String {
    let short = Naming::of(outline, course.customer).short();
    let product = &catalogue::PRODUCTS[product as usize];
    match (outline.script(), course.renewal) {
        (Script::Chinese, true) => short + " 年度续约",
        (Script::Chinese, false) => {
            short + " " + product.zh + dice.pick(&["采购", "改造", "项目", "二期"])
        }
        (Script::Latin, true) => short + " – annual renewal",
        (Script::Latin, false) => short + " – " + product.en,
    }
}

fn closing(
    fields: &mut Vec<(&'static str, DemoValue)>,
    outcome: Outcome,
    chinese: bool,
    dice: &mut Dice,
) {
    let (reasons, notes): (&[(&str, u64)], &[&'static str]) = match (outcome, chinese) {
        (Outcome::Won, true) => (
            &WON,
            &[
                "方案契合，售后有保障。",
                "交期最短，当场签约。",
                "老客户，直接下单。",
            ],
        ),
        (Outcome::Won, false) => (
            &WON,
            &[
                "Our solution fitted best.",
                "Shortest delivery time.",
                "They know us and ordered.",
            ],
        ),
        (_, true) => (
            &LOST,
            &[
                "对方报价低一成。",
                "客户预算取消，明年再议。",
                "决策人更换，项目搁置。",
            ],
        ),
        (_, false) => (
            &LOST,
            &[
                "A competitor was a tenth cheaper.",
                "The budget was withdrawn.",
                "The project was put off.",
            ],
        ),
    };
    fields.push(("close_reason", dice.weighted(reasons).into()));
    if dice.chance(60) {
        fields.push(("close_note", dice.pick(notes).into()));
    }
}

const WON: [(&str, u64); 6] = [
    ("product_fit", 30),
    ("relationship", 25),
    ("price", 18),
    ("service_quality", 12),
    ("delivery", 10),
    ("brand", 5),
];

const LOST: [(&str, u64); 6] = [
    ("price", 35),
    ("competitor", 22),
    ("budget", 16),
    ("no_decision", 14),
    ("requirement_changed", 8),
    ("delivery", 5),
];

const STEPS_ZH: [&str; 6] = [
    "发最终报价",
    "安排现场勘察",
    "提交技术方案",
    "约见采购总监",
    "确认合同条款",
    "电话回访",
];

const STEPS_EN: [&str; 6] = [
    "Send the final quote",
    "Survey the site",
    "Hand in the technical proposal",
    "Meet the head of purchasing",
    "Agree on the terms",
    "Call back",
];
