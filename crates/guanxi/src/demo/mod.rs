//! Believable data for trying the product and for measuring it: any size, always the same for the same day.
//!
//! Every record is a pure function of its object, its key and the day: nothing is kept, so a million customers
//! need no more memory than ten. Links name records by (object, key); `OBJECTS` is an order in which every
//! link leads to a record that came before, save the heads of departments, which `Plan::heads` gives afterwards.

mod activities;
mod catalogue;
mod companies;
mod customers;
mod dice;
mod leads;
mod opportunities;
mod people;
mod places;
mod staff;
#[cfg(test)]
mod tests;

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan, tz::Offset};
use serde_json::{Value as Json, json};

/// The password of every demo user.
pub const PASSWORD: &str = "guanxi-demo";

/// Objects in the order in which they can be loaded.
pub const OBJECTS: [&str; 14] = [
    "department",
    "user",
    "competitor",
    "product",
    "customer",
    "contact",
    "related_party",
    "opportunity",
    "lead",
    "task",
    "call",
    "meeting",
    "visit",
    "note",
];

/// From this many customers on there are 40 users, below 14.
pub const LARGE: u64 = 10_000;

/// What is generated: `size` customers and all that belongs to them, as of `today`.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    size: u64,
    today: Date,
}

/// One record. `key` counts from 0 within its object.
#[derive(Debug, Clone, PartialEq, Hash)]
pub struct DemoRecord {
    pub object: &'static str,
    pub key: u64,
    /// Key of the user who owns it; `None` is the pool, or nobody where there is no pool.
    pub owner: Option<u64>,
    pub created_at: Timestamp,
    pub fields: Vec<(&'static str, DemoValue)>,
}

#[derive(Debug, Clone, PartialEq, Hash)]
pub enum DemoValue {
    Text(String),
    /// A choice, or another word that the program knows.
    Word(&'static str),
    Words(Vec<&'static str>),
    Int(i64),
    Bool(bool),
    Date(Date),
    Instant(Timestamp),
    Minutes(i64),
    Money {
        cents: i64,
        currency: &'static str,
    },
    Address(Address),
    /// Several phones or e-mails.
    Several(Vec<String>),
    Link {
        object: &'static str,
        key: u64,
    },
    Links {
        object: &'static str,
        keys: Vec<u64>,
    },
    /// A link that may lead to any object.
    Reference {
        object: &'static str,
        key: u64,
    },
}

/// Empty parts are not known: an address in Chinese names no country, one abroad no district.
#[derive(Debug, Clone, PartialEq, Hash, Default)]
pub struct Address {
    pub country: &'static str,
    pub province: &'static str,
    pub city: &'static str,
    pub district: &'static str,
    pub street: String,
}

/// A user who can log in with `PASSWORD`.
#[derive(Debug, Clone, PartialEq)]
pub struct Login {
    pub user: u64,
    pub name: String,
    pub email: String,
    pub role: &'static str,
    /// From the root: `总部 Head office/销售 Sales`.
    pub department: String,
}

/// A customer shown to a user who neither owns it nor leads its owner.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DemoShare {
    pub object: &'static str,
    pub key: u64,
    pub user: u64,
}

impl Plan {
    pub fn new(size: usize, today: Date) -> Plan {
        Plan {
            size: size as u64,
            today,
        }
    }

    /// How many records of an object there are; 0 for an object that has none.
    pub fn count(&self, object: &str) -> u64 {
        let part = |divisor: u64, least: u64| {
            if self.size == 0 {
                0
            } else {
                (self.size / divisor).max(least)
            }
        };
        match object {
            "department" => staff::DEPARTMENTS.len() as u64,
            "user" => staff::users(self) as u64,
            "competitor" => catalogue::COMPETITORS.len() as u64,
            "product" => catalogue::PRODUCTS.len() as u64,
            "customer" => self.size,
            "contact" => self.size + self.size / customers::SECOND_CONTACT,
            "related_party" => self.size / customers::RELATED,
            "opportunity" => self.size / opportunities::CUSTOMERS_EACH,
            "lead" => part(20, 40),
            // So many that most customers have been spoken to: when that was last follows from these.
            "task" => part(5, 120),
            "call" => part(2, 60),
            "meeting" => part(20, 30),
            "visit" => part(6, 40),
            "note" => part(4, 60),
            _ => 0,
        }
    }

    /// Of all objects together.
    pub fn total(&self) -> u64 {
        OBJECTS.iter().map(|object| self.count(object)).sum()
    }

    /// The record of that key; `None` where `count` doesn't reach.
    pub fn record(&self, object: &str, key: u64) -> Option<DemoRecord> {
        if key >= self.count(object) {
            return None;
        }
        Some(match object {
            "department" => staff::department(self, key),
            "user" => staff::user(self, key),
            "competitor" => catalogue::competitor(self, key),
            "product" => catalogue::product(self, key),
            "customer" => customers::customer(self, key),
            "contact" => customers::contact(self, key),
            "related_party" => customers::related_party(self, key),
            "opportunity" => opportunities::opportunity(self, key),
            "lead" => leads::lead(self, key),
            "task" => activities::task(self, key),
            "call" => activities::call(self, key),
            "meeting" => activities::meeting(self, key),
            "visit" => activities::visit(self, key),
            "note" => activities::note(self, key),
            _ => return None,
        })
    }

    /// The records of one object, by key.
    pub fn records<'a>(&'a self, object: &'a str) -> impl Iterator<Item = DemoRecord> + 'a {
        (0..self.count(object)).filter_map(move |key| self.record(object, key))
    }

    /// Everything, in the order of `OBJECTS`.
    pub fn all(&self) -> impl Iterator<Item = DemoRecord> + '_ {
        OBJECTS.iter().flat_map(|object| self.records(object))
    }

    /// (department, user): written once both exist.
    pub fn heads(&self) -> Vec<(u64, u64)> {
        staff::heads(self)
    }

    pub fn shares(&self) -> impl Iterator<Item = DemoShare> + '_ {
        customers::shares(self)
    }

    pub fn logins(&self) -> Vec<Login> {
        staff::logins(self)
    }

    /// The date so many days from today.
    fn day(&self, offset: i64) -> Date {
        self.today.saturating_add(offset.days())
    }

    /// A moment on that day, China Standard Time.
    fn at(&self, offset: i64, minute_of_day: u64) -> Timestamp {
        let moment = self
            .day(offset)
            .at(0, 0, 0, 0)
            .saturating_add((minute_of_day as i64).minutes());
        Offset::constant(8)
            .to_timestamp(moment)
            .unwrap_or(Timestamp::UNIX_EPOCH)
    }
}

impl DemoRecord {
    /// The value of a field, if the record has one.
    pub fn get(&self, field: &str) -> Option<&DemoValue> {
        self.fields
            .iter()
            .find(|(name, _)| *name == field)
            .map(|(_, value)| value)
    }
}

impl DemoValue {
    /// As the API writes it; `id` gives the id of a record that was loaded before.
    pub fn to_json(&self, id: &dyn Fn(&str, u64) -> Option<String>) -> Json {
        match self {
            DemoValue::Text(text) => text.as_str().into(),
            DemoValue::Word(word) => (*word).into(),
            DemoValue::Words(words) => words.iter().copied().collect(),
            DemoValue::Int(number) => (*number).into(),
            DemoValue::Bool(value) => (*value).into(),
            DemoValue::Date(date) => date.to_string().into(),
            DemoValue::Instant(instant) => instant.to_string().into(),
            DemoValue::Minutes(minutes) => format!("PT{minutes}M").into(),
            DemoValue::Money { cents, currency } => {
                let amount = format!("{}.{:02}", cents / 100, cents % 100);
                json!({ "amount": amount, "currency": currency })
            }
            DemoValue::Address(address) => address.to_json(),
            DemoValue::Several(texts) => texts.iter().map(String::as_str).collect(),
            DemoValue::Link { object, key } => id(object, *key).into(),
            DemoValue::Links { object, keys } => {
                keys.iter().filter_map(|key| id(object, *key)).collect()
            }
            DemoValue::Reference { object, key } => match id(object, *key) {
                Some(id) => json!({ "object": object, "id": id }),
                None => Json::Null,
            },
        }
    }
}

impl Address {
    /// Its parts, without those that are not known.
    fn to_json(&self) -> Json {
        let parts = [
            ("country", self.country),
            ("province", self.province),
            ("city", self.city),
            ("district", self.district),
            ("street", &self.street),
        ];
        let known = parts.into_iter().filter(|(_, part)| !part.is_empty());
        Json::Object(
            known
                .map(|(name, part)| (name.to_owned(), part.into()))
                .collect(),
        )
    }
}

impl From<String> for DemoValue {
    fn from(text: String) -> DemoValue {
        DemoValue::Text(text)
    }
}

impl From<&'static str> for DemoValue {
    fn from(word: &'static str) -> DemoValue {
        DemoValue::Word(word)
    }
}

impl From<i64> for DemoValue {
    fn from(number: i64) -> DemoValue {
        DemoValue::Int(number)
    }
}

impl From<Date> for DemoValue {
    fn from(date: Date) -> DemoValue {
        DemoValue::Date(date)
    }
}

impl From<Timestamp> for DemoValue {
    fn from(instant: Timestamp) -> DemoValue {
        DemoValue::Instant(instant)
    }
}

/// The money of the demo organisation.
fn yuan(cents: i64) -> DemoValue {
    DemoValue::Money {
        cents,
        currency: "CNY",
    }
}

fn link(object: &'static str, key: u64) -> DemoValue {
    DemoValue::Link { object, key }
}
