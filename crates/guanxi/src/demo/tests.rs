//! What loading relies on: the same data every time, names that differ, links that lead somewhere.
#![allow(clippy::unwrap_used)]

use super::{DemoRecord, DemoValue, OBJECTS, Plan};
use jiff::civil::{Date, date};
use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

const TODAY: Date = date(2026, 11, 22);

fn plan(size: usize) -> Plan {
    Plan::new(size, TODAY)
}

fn hash(records: impl Iterator<Item = DemoRecord>) -> u64 {
    let mut hasher = DefaultHasher::new();
    records.for_each(|record| record.hash(&mut hasher));
    hasher.finish()
}

fn name(record: &DemoRecord) -> String {
    match record.get("name").or(record.get("subject")) {
        Some(DemoValue::Text(text)) => text.clone(),
        Some(DemoValue::Word(word)) => (*word).to_owned(),
        other => panic!("{} {} has no name: {other:?}", record.object, record.key),
    }
}

#[test]
fn two_runs_are_equal() {
    for object in OBJECTS {
        let first = hash(plan(20_000).records(object).take(1_000));
        assert_eq!(
            first,
            hash(plan(20_000).records(object).take(1_000)),
            "{object}"
        );
    }
}

#[test]
fn a_record_does_not_depend_on_the_order_of_asking() {
    let plan = plan(2_000);
    let all: Vec<DemoRecord> = plan.records("opportunity").collect();
    for key in [199, 3, 77] {
        assert_eq!(plan.record("opportunity", key).unwrap(), all[key as usize]);
    }
    assert_eq!(plan.record("opportunity", 200), None);
    assert_eq!(plan.record("nothing", 0), None);
}

#[test]
fn every_link_leads_to_a_record_that_came_before() {
    for size in [1, 7, 150, 3_000, 12_000] {
        let plan = plan(size);
        let order: HashMap<&str, usize> = OBJECTS
            .iter()
            .enumerate()
            .map(|(at, object)| (*object, at))
            .collect();
        for record in plan.all() {
            let check = |object: &str, key: u64| {
                assert!(
                    key < plan.count(object),
                    "{} {} links to {object} {key}",
                    record.object,
                    record.key
                );
                let (there, here) = (order[object], order[record.object]);
                assert!(
                    there < here || (there == here && key < record.key),
                    "{record:?}"
                );
            };
            for (_, value) in &record.fields {
                match value {
                    DemoValue::Link { object, key } | DemoValue::Reference { object, key } => {
                        check(object, *key)
                    }
                    DemoValue::Links { object, keys } => {
                        keys.iter().for_each(|key| check(object, *key))
                    }
                    _ => {}
                }
            }
            if let Some(owner) = record.owner {
                assert!(owner < plan.count("user"));
            }
        }
        for share in plan.shares() {
            assert!(share.key < plan.count(share.object) && share.user < plan.count("user"));
        }
    }
}

#[test]
fn no_field_stands_twice_and_every_record_has_a_name() {
    for record in plan(4_000).all() {
        assert!(!name(&record).trim().is_empty());
        let names: HashSet<&str> = record.fields.iter().map(|(name, _)| *name).collect();
        assert_eq!(names.len(), record.fields.len(), "{record:?}");
    }
}

#[test]
fn names_of_a_million_customers_differ() {
    let plan = plan(1_000_000);
    let mut seen = HashSet::with_capacity(1_000_000);
    // Each 5th: as likely to meet again as in the whole, for less time in a debug build; the pools are used evenly.
    let distinct = plan
        .records("customer")
        .step_by(5)
        .filter(|record| seen.insert(hash_of(&name(record))))
        .count();
    assert!(distinct > 196_000, "{distinct} of 200,000");
}

fn hash_of(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

#[test]
fn a_quarter_of_the_customers_has_a_latin_name() {
    let latin = plan(4_000)
        .records("customer")
        .filter(|record| name(record).is_ascii())
        .count();
    assert!((900..1_100).contains(&latin), "{latin} of 4,000");
}

#[test]
fn every_role_can_log_in_and_every_salesperson_has_customers() {
    for size in [1_000, 10_000] {
        let plan = plan(size);
        let roles: HashSet<&str> = plan.logins().iter().map(|login| login.role).collect();
        assert_eq!(roles.len(), 5);
        let owners: HashSet<Option<u64>> = plan
            .records("customer")
            .map(|record| record.owner)
            .collect();
        assert!(owners.contains(&None), "some wait in the pool");
        for login in plan
            .logins()
            .iter()
            .filter(|login| login.role == "salesperson")
        {
            assert!(owners.contains(&Some(login.user)), "{login:?}");
        }
        let mails: HashSet<String> = plan.logins().into_iter().map(|login| login.email).collect();
        assert_eq!(mails.len() as u64, plan.count("user"));
    }
}

#[test]
fn the_day_is_full() {
    let plan = plan(1_000);
    let due = DemoValue::Date(TODAY);
    assert!(
        plan.records("customer")
            .filter(|record| record.get("follow_up_on") == Some(&due))
            .count()
            >= 5
    );
    let birthdays = plan
        .records("customer")
        .filter(|record| match record.get("birthday") {
            Some(DemoValue::Date(day)) => (day.month(), day.day()) == (TODAY.month(), TODAY.day()),
            _ => false,
        });
    assert!(birthdays.count() >= 3);
    let (start, end) = (plan.at(0, 0), plan.at(1, 0));
    let today = plan
        .records("task")
        .filter(|record| match record.get("due_at") {
            Some(DemoValue::Instant(at)) => (start..end).contains(at),
            _ => false,
        });
    let busy: HashSet<Option<u64>> = today.map(|record| record.owner).collect();
    for login in plan
        .logins()
        .iter()
        .filter(|login| login.role == "salesperson")
    {
        assert!(
            busy.contains(&Some(login.user)),
            "{} has nothing to do today",
            login.name
        );
    }
}

#[test]
fn what_is_closed_says_why_and_what_is_open_does_not() {
    let mut stages: HashMap<String, u32> = HashMap::new();
    for record in plan(5_000).records("opportunity") {
        let Some(DemoValue::Word(stage)) = record.get("stage") else {
            panic!("{record:?}")
        };
        *stages.entry((*stage).to_owned()).or_default() += 1;
        let closed = matches!(*stage, "won" | "lost");
        assert_eq!(record.get("closed_at").is_some(), closed);
        assert_eq!(record.get("close_reason").is_some(), closed);
    }
    assert_eq!(stages.len(), 9, "{stages:?}");
}

#[test]
fn nothing_was_created_in_the_future() {
    let plan = plan(3_000);
    let now = plan.at(0, 8 * 60);
    for record in plan.all() {
        assert!(record.created_at <= now, "{record:?}");
    }
}

#[test]
fn a_leap_day_has_birthdays_too() {
    let plan = Plan::new(1_000, date(2028, 2, 29));
    let born = plan
        .records("customer")
        .filter(|record| match record.get("birthday") {
            Some(DemoValue::Date(day)) => (day.month(), day.day()) == (2, 29),
            _ => false,
        });
    assert!(born.count() >= 3);
}

#[test]
fn no_customers_need_no_activities() {
    assert_eq!(plan(0).all().count() as u64, plan(0).total());
    assert_eq!(plan(0).count("task"), 0);
}

#[test]
fn values_become_the_json_of_the_api() {
    let id = |object: &str, key: u64| Some(format!("{object}:{key}"));
    let json = |value: DemoValue| value.to_json(&id).to_string();
    let money = DemoValue::Money {
        cents: 123_405,
        currency: "CNY",
    };
    assert_eq!(json(money), r#"{"amount":"1234.05","currency":"CNY"}"#);
    assert_eq!(json(DemoValue::Minutes(95)), r#""PT95M""#);
    assert_eq!(json(DemoValue::Date(TODAY)), r#""2026-11-22""#);
    let instant = plan(1).at(0, 8 * 60 + 30);
    assert_eq!(
        json(DemoValue::Instant(instant)),
        r#""2026-11-22T00:30:00Z""#
    );
    let links = DemoValue::Links {
        object: "product",
        keys: vec![1, 2],
    };
    assert_eq!(json(links), r#"["product:1","product:2"]"#);
    let about = DemoValue::Reference {
        object: "opportunity",
        key: 3,
    };
    assert_eq!(
        json(about),
        r#"{"object":"opportunity","id":"opportunity:3"}"#
    );
}
