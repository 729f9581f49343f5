//! Customers, their contacts, who is related to whom, and what is shared.

use super::companies::{self, Company};
use super::dice::Dice;
use super::people::{self, Person};
use super::places::{Place, Script};
use super::{DemoRecord, DemoShare, DemoValue, Plan, catalogue, link, opportunities, staff, yuan};
use jiff::civil::Date;

/// Every so many customers have a second contact.
pub const SECOND_CONTACT: u64 = 5;
/// One related party for so many customers.
pub const RELATED: u64 = 100;
const SHARED: u64 = 50;

const OUTLINE: u64 = 1;
const DETAIL: u64 = 2;
const CONTACT: u64 = 3;
const SHARE: u64 = 4;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nature {
    ChineseFirm,
    LatinFirm,
    ChinesePerson,
    LatinPerson,
}

/// What other records need to know of a customer; costs no allocation.
#[derive(Debug, Clone, Copy)]
pub struct Outline {
    pub nature: Nature,
    /// How many customers of this nature have a lower key.
    pub rank: u64,
    pub place: Place,
    /// `None`: in the pool.
    pub owner: Option<u64>,
    /// Days from today, not positive.
    pub created: i64,
}

impl Outline {
    pub fn is_firm(&self) -> bool {
        matches!(self.nature, Nature::ChineseFirm | Nature::LatinFirm)
    }

    pub fn script(&self) -> Script {
        match self.nature {
            Nature::ChineseFirm | Nature::ChinesePerson => Script::Chinese,
            Nature::LatinFirm | Nature::LatinPerson => Script::Latin,
        }
    }
}

/// How many of each block of customers are of which nature, in this order.
const BLOCK: u64 = 40;
const SHARES: [(Nature, u64); 4] = [
    (Nature::ChineseFirm, 21),
    (Nature::LatinFirm, 7),
    (Nature::ChinesePerson, 9),
    (Nature::LatinPerson, 3),
];

pub fn outline(plan: &Plan, key: u64) -> Outline {
    let (block, within) = (key / BLOCK, key % BLOCK);
    // 17 is prime to 40: the natures are mixed within the block, and each block starts elsewhere.
    let mut slot = (within * 17 + Dice::new(OUTLINE, block).below(BLOCK)) % BLOCK;
    let mut drawn = (Nature::ChineseFirm, 0);
    for (nature, share) in SHARES {
        if slot < share {
            drawn = (nature, block * share + slot);
            break;
        }
        slot -= share;
    }
    let (nature, rank) = drawn;
    let mut dice = Dice::new(OUTLINE, key);
    let abroad = match nature {
        Nature::LatinFirm => dice.chance(60),
        Nature::LatinPerson => dice.chance(70),
        Nature::ChineseFirm | Nature::ChinesePerson => false,
    };
    let place = if abroad {
        Place::abroad(&mut dice)
    } else {
        Place::china(&mut dice)
    };
    // Six of a hundred wait in the pool; the rest belongs to a seller of the department that looks after the place.
    let in_pool = dice.chance(6);
    let seller = staff::seller(plan, place.department(), &mut dice);
    Outline {
        nature,
        rank,
        place,
        owner: (!in_pool).then_some(seller),
        created: -dice.between(20, 1100),
    }
}

/// The name with what follows from it.
pub enum Naming {
    Firm(Company),
    Person(Person),
}

impl Naming {
    pub fn of(outline: &Outline, key: u64) -> Naming {
        let mut dice = Dice::new(DETAIL, key);
        match outline.nature {
            Nature::ChineseFirm => {
                Naming::Firm(companies::chinese(outline.rank, outline.place, &mut dice))
            }
            Nature::LatinFirm => Naming::Firm(companies::latin(outline.rank)),
            Nature::ChinesePerson => Naming::Person(people::chinese(outline.rank)),
            Nature::LatinPerson => Naming::Person(people::latin(outline.rank)),
        }
    }

    pub fn short(self) -> String {
        match self {
            Naming::Firm(company) => company.short,
            Naming::Person(person) => person.name,
        }
    }
}

pub fn customer(plan: &Plan, key: u64) -> DemoRecord {
    let outline = outline(plan, key);
    let naming = Naming::of(&outline, key);
    let mut dice = Dice::new(DETAIL, key ^ (1 << 63));
    let mut fields: Vec<(&'static str, DemoValue)> = Vec::with_capacity(30);
    match naming {
        Naming::Firm(company) => firm(&mut fields, company, &outline, &mut dice),
        Naming::Person(person) => private(&mut fields, person, &outline, &mut dice),
    }
    if outline.is_firm() {
        if let Some(parent) = parent(plan, key, &mut dice) {
            fields.push(("parent", link("customer", parent)));
        }
    } else {
        fields.push(("birthday", birthday(plan, outline.rank, &mut dice).into()));
    }
    fields.push((
        "status",
        opportunities::status_of(plan, key, &mut dice).into(),
    ));
    fields.push(("level", dice.weighted(&LEVELS).into()));
    fields.push(("source", dice.weighted(&SOURCES).into()));
    fields.push(("region", outline.place.region().into()));
    fields.push((
        "address",
        DemoValue::Address(outline.place.address(outline.script(), &mut dice)),
    ));
    standing(plan, key, &outline, &mut fields, &mut dice);
    DemoRecord {
        object: "customer",
        key,
        owner: outline.owner,
        created_at: plan.at(outline.created, dice.working_minute()),
        fields,
    }
}

/// The key of a contact is that of its customer; beyond the customers come the second contacts.
pub fn contact(plan: &Plan, key: u64) -> DemoRecord {
    let first = key < plan.size;
    let customer = if first {
        key
    } else {
        (key - plan.size) * SECOND_CONTACT
    };
    let outline = outline(plan, customer);
    let mut dice = Dice::new(CONTACT, key);
    let chinese = outline.script() == Script::Chinese;
    let person = if chinese {
        people::any_chinese(&mut dice)
    } else {
        people::any_latin(&mut dice)
    };
    let title = match (outline.is_firm(), chinese) {
        (true, true) => dice.pick(&TITLES_ZH),
        (true, false) => dice.pick(&TITLES_EN),
        (false, true) => dice.pick(&["配偶", "助理", "秘书", "管家"]),
        (false, false) => dice.pick(&["Spouse", "Assistant", "Secretary", "Housekeeper"]),
    };
    let mut fields: Vec<(&'static str, DemoValue)> = Vec::with_capacity(9);
    fields.push(("mobile", outline.place.mobile(&mut dice).into()));
    if outline.is_firm() {
        let domain = match Naming::of(&outline, customer) {
            Naming::Firm(company) => company.domain,
            Naming::Person(_) => MAIL.to_owned(),
        };
        fields.push(("email", [&person.mailbox, "@", &domain].concat().into()));
        fields.push((
            "part",
            dice.pick(&["decides", "approves", "advises", "uses", "buys"])
                .into(),
        ));
        if dice.chance(40) {
            fields.push(("phone", outline.place.phone(&mut dice).into()));
        }
    }
    fields.push(("name", person.name.into()));
    fields.push(("customer", link("customer", customer)));
    fields.push(("title", title.into()));
    if dice.chance(70) {
        fields.push(("birthday", birthday(plan, key, &mut dice).into()));
    }
    if dice.chance(50) {
        fields.push(("friendliness", dice.between(1, 5).into()));
    }
    let created = plan.at(outline.created + dice.between(0, 10), dice.working_minute());
    DemoRecord {
        object: "contact",
        key,
        owner: outline.owner,
        created_at: created,
        fields,
    }
}

pub fn related_party(plan: &Plan, key: u64) -> DemoRecord {
    let mut dice = Dice::new(CONTACT, key ^ (1 << 63));
    let customer = key * RELATED + dice.below(RELATED);
    let here = outline(plan, customer);
    // Another customer of the same sort: families are people, groups are firms.
    let related = (1..=BLOCK)
        .map(|step| (customer + step) % plan.size)
        .find(|&other| outline(plan, other).nature == here.nature && other != customer)
        .unwrap_or((customer + 1) % plan.size);
    let relation = if here.is_firm() {
        dice.pick(&[
            "shareholder",
            "supplier",
            "buyer",
            "guarantor",
            "group_member",
        ])
    } else {
        dice.pick(&["spouse", "sibling", "parent", "household"])
    };
    let other = Naming::of(&outline(plan, related), related).short();
    let name = [&Naming::of(&here, customer).short(), " – ", &other].concat();
    let mut fields: Vec<(&'static str, DemoValue)> = vec![
        ("name", name.into()),
        ("customer", link("customer", customer)),
        ("related", link("customer", related)),
        ("relation", relation.into()),
        (
            "status",
            dice.weighted(&[("confirmed", 70), ("proposed", 25), ("rejected", 5)])
                .into(),
        ),
    ];
    if relation == "shareholder" {
        fields.push(("share", dice.between(5, 60).into()));
    }
    let created = plan.at(-dice.between(1, 15), dice.working_minute());
    DemoRecord {
        object: "related_party",
        key,
        owner: here.owner,
        created_at: created,
        fields,
    }
}

pub fn shares(plan: &Plan) -> impl Iterator<Item = DemoShare> + '_ {
    (0..plan.size / SHARED).filter_map(|at| {
        let mut dice = Dice::new(SHARE, at);
        let key = at * SHARED + dice.below(SHARED);
        let owner = outline(plan, key).owner?;
        let user = staff::another_seller(plan, owner, &mut dice)?;
        Some(DemoShare {
            object: "customer",
            key,
            user,
        })
    })
}

const MAIL: &str = "mail.example";

fn firm(
    fields: &mut Vec<(&'static str, DemoValue)>,
    company: Company,
    outline: &Outline,
    dice: &mut Dice,
) {
    let mailbox = dice.pick(&["info@", "sales@", "office@", "purchasing@"]);
    fields.push(("email", [mailbox, &company.domain].concat().into()));
    fields.push(("website", ["https://www.", &company.domain].concat().into()));
    fields.push(("name", company.name.into()));
    fields.push(("type", "organisation".into()));
    fields.push(("industry", company.industry.into()));
    let phone = outline.place.phone(dice);
    if dice.chance(8) {
        fields.push((
            "phone",
            DemoValue::Several(vec![phone, outline.place.mobile(dice)]),
        ));
    } else {
        fields.push(("phone", phone.into()));
    }
    let employees = dice.between(2, 40) * dice.between(1, 60);
    fields.push(("employees", employees.into()));
    if dice.chance(60) {
        fields.push((
            "annual_revenue",
            yuan(employees * dice.between(20, 90) * 1_000_000),
        ));
    }
    fields.push(("founded_year", dice.between(1958, 2023).into()));
}

fn private(
    fields: &mut Vec<(&'static str, DemoValue)>,
    person: Person,
    outline: &Outline,
    dice: &mut Dice,
) {
    let mut email = person.mailbox;
    dice.digits(2, &mut email);
    email.push('@');
    email.push_str(MAIL);
    fields.push(("email", email.into()));
    fields.push(("name", person.name.into()));
    fields.push(("type", "person".into()));
    fields.push(("phone", outline.place.mobile(dice).into()));
}

/// Scores, tags, competitors, and when they were and will be spoken to.
fn standing(
    plan: &Plan,
    key: u64,
    outline: &Outline,
    fields: &mut Vec<(&'static str, DemoValue)>,
    dice: &mut Dice,
) {
    fields.push(("importance", dice.between(1, 5).into()));
    if dice.chance(60) {
        fields.push(("friendliness", dice.between(1, 5).into()));
        fields.push(("satisfaction", dice.between(2, 5).into()));
        fields.push(("loyalty", dice.between(1, 5).into()));
        fields.push(("credit", dice.between(1, 5).into()));
    }
    fields.push(("preferred_channel", dice.weighted(&CHANNELS).into()));
    if dice.chance(30) {
        let tag = dice.below(catalogue::TAGS.len() as u64);
        fields.push((
            "tags",
            DemoValue::Words(vec![catalogue::TAGS[tag as usize]]),
        ));
    }
    if outline.is_firm() && dice.chance(10) {
        let competitor = dice.below(catalogue::COMPETITORS.len() as u64);
        fields.push((
            "competitors",
            DemoValue::Links {
                object: "competitor",
                keys: vec![competitor],
            },
        ));
    }
    // Every 97th is due today, so that every day has some, whatever the size.
    if outline.owner.is_some() && (key % 97 == 5 || dice.chance(12)) {
        let offset = if key % 97 == 5 {
            0
        } else {
            dice.between(-6, 21)
        };
        fields.push(("follow_up_on", plan.day(offset).into()));
    }
    if dice.chance(25) {
        let notes = if outline.script() == Script::Chinese {
            &NOTES_ZH
        } else {
            &NOTES_EN
        };
        fields.push(("description", dice.pick(notes).into()));
    }
}

/// A firm a little before this one, for three of a hundred; keys only fall, so that the tree has no ring.
fn parent(plan: &Plan, key: u64, dice: &mut Dice) -> Option<u64> {
    if !dice.chance(3) {
        return None;
    }
    let parent = key.checked_sub(1 + dice.below(BLOCK))?;
    outline(plan, parent).is_firm().then_some(parent)
}

/// A birthday in the past 20 to 70 years. A few of the first records have theirs today, whatever day it is.
fn birthday(plan: &Plan, rank: u64, dice: &mut Dice) -> Date {
    let born = plan.day(-dice.between(20 * 365, 70 * 365));
    if rank < 400 && rank % 40 == 11 {
        // The 29th of February is not in every year: a leap year is at most 3 years off, save around 1900.
        return (0..8)
            .find_map(|back| {
                Date::new(born.year() - back, plan.today.month(), plan.today.day()).ok()
            })
            .unwrap_or(born);
    }
    born
}

const LEVELS: [(&str, u64); 4] = [("strategic", 5), ("key", 20), ("normal", 60), ("watch", 15)];

const SOURCES: [(&str, u64); 10] = [
    ("referral", 22),
    ("website", 16),
    ("call", 14),
    ("event", 13),
    ("partner", 10),
    ("web_form", 8),
    ("advertising", 7),
    ("social", 4),
    ("walk_in", 3),
    ("email", 3),
];

const CHANNELS: [(&str, u64); 6] = [
    ("phone", 45),
    ("wechat", 25),
    ("email", 17),
    ("visit", 6),
    ("sms", 5),
    ("none", 2),
];

const TITLES_ZH: [&str; 14] = [
    "采购总监",
    "总经理",
    "副总经理",
    "设备科长",
    "财务经理",
    "采购经理",
    "生产厂长",
    "技术总监",
    "办公室主任",
    "工程师",
    "项目经理",
    "仓库主管",
    "行政主管",
    "董事长",
];

const TITLES_EN: [&str; 12] = [
    "Head of Purchasing",
    "Managing Director",
    "Plant Manager",
    "Finance Manager",
    "Buyer",
    "Technical Director",
    "Operations Manager",
    "Engineer",
    "Project Manager",
    "Chief Executive",
    "Maintenance Lead",
    "Office Manager",
];

const NOTES_ZH: [&str; 8] = [
    "展会上认识，对节能改造感兴趣。",
    "老客户介绍，付款及时。",
    "明年有扩产计划，需要提前沟通。",
    "价格敏感，决策周期较长。",
    "设备已使用八年，今年考虑更换。",
    "由集团统一采购，年初定预算。",
    "对售后响应要求高。",
    "曾使用竞争对手的产品，正在比较。",
];

const NOTES_EN: [&str; 8] = [
    "Met at the trade fair; interested in saving energy.",
    "Referred by an existing customer; pays on time.",
    "Plans to extend the plant next year.",
    "Sensitive to price, decides slowly.",
    "Equipment is eight years old; replacement considered this year.",
    "The group buys centrally; budget is set in January.",
    "Expects quick service.",
    "Used a competitor's product and is comparing.",
];
