//! The load: each worker writes one thing after another until it is cut off.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};

use super::client::{Client, Failure};
use super::ledger::{Certainty, Kind, Ledger, Record, Tally, Write};
use super::points::Lead;
use super::random::Random;

const BATCH: usize = 20;
pub const IMPORT: usize = 300;
/// Fields made in a whole run by one worker: they stay in every later record.
const FIELDS: usize = 3;

/// A worker in one round.
pub struct Worker<'a> {
    pub client: Client,
    pub ledger: &'a mut Ledger,
    pub tally: &'a Mutex<Tally>,
    pub random: Random,
    /// Distinguishes the names of this worker from all others.
    pub prefix: String,
    /// The ids of whoever asks, and of a colleague.
    pub people: &'a [String; 2],
    /// What a round that waits for one point does more often than others.
    pub lead: Lead,
}

/// What an attempt came to: the entry for the ledger is written either way.
pub type Attempt = Result<(), Failure>;

impl Worker<'_> {
    /// Writes until `stop` is set or the connection is cut.
    pub fn run(mut self, stop: &AtomicBool) {
        while !stop.load(Ordering::Relaxed) {
            let kind = self.draw();
            let attempt = match kind {
                Kind::Create => self.create().map(drop),
                Kind::Update => self.update(),
                Kind::Batch => self.batch(),
                Kind::Conversion => self.conversion(),
                Kind::Merge => self.merge(),
                Kind::Handover => self.handover(),
                Kind::Removal => self.removal(),
                Kind::Upload => self.upload(),
                Kind::Pool => self.pool(),
                Kind::Deal => self.deal(),
                Kind::Import => self.import().map(drop),
                Kind::Undo => self.undo(stop),
                Kind::Field => self.field(),
                Kind::Role => self.role(),
            };
            if self.is_cut(kind, attempt) {
                return;
            }
        }
    }

    fn draw(&mut self) -> Kind {
        let mut ticket = self.random.below(100);
        let kind = Kind::ALL.into_iter().find(|kind| {
            let hit = ticket < kind.weight();
            ticket = ticket.saturating_sub(kind.weight());
            hit
        });
        let led = self.lead.0.filter(|_| self.random.below(3) == 0);
        let kind = led.or(kind).unwrap_or(Kind::Create);
        let fields = self
            .ledger
            .writes
            .iter()
            .filter(|(write, _)| matches!(write, Write::Field { .. }));
        let exhausted = kind == Kind::Field && fields.count() >= FIELDS;
        // One worker alone changes roles, so that it knows what they are.
        let foreign = kind == Kind::Role && !self.prefix.ends_with("-0");
        let unable = kind == Kind::Update && self.ledger.records.is_empty();
        let absent = self.tally.lock().is_ok_and(|tally| tally.is_absent(kind));
        if exhausted || foreign || unable || absent {
            Kind::Create
        } else {
            kind
        }
    }

    fn is_cut(&mut self, kind: Kind, attempt: Attempt) -> bool {
        let Ok(mut tally) = self.tally.lock() else {
            return true;
        };
        let count = tally.of(kind);
        match attempt {
            Ok(()) => count.acknowledged += 1,
            Err(Failure::Cut) => {
                count.unknown += 1;
                return true;
            }
            Err(Failure::Refused { status, .. })
                if matches!(status, 404 | 405 | 501) && count.acknowledged == 0 =>
            {
                count.absent = true;
            }
            Err(Failure::Refused { status, body }) => {
                count.refused += 1;
                count
                    .example
                    .get_or_insert_with(|| format!("{status} {}", body["detail"]));
            }
        }
        false
    }

    pub fn create(&mut self) -> Result<Record, Failure> {
        let (name, key) = (self.name("c"), self.name("key"));
        let name = format!("{name} {}", word(&self.prefix, self.ledger.names));
        let note = format!("first of {name}");
        let body = json!({"name": name, "description": note});
        match self.client.post("/records/customer", &key, &body) {
            Ok(answer) => {
                let record = Record {
                    id: text(&answer.body["id"]),
                    version: answer.body["version"].as_u64().unwrap_or_default(),
                    name,
                    note,
                    pending: None,
                };
                self.ledger.touched.push(self.ledger.records.len());
                self.ledger.records.push(record.clone());
                Ok(record)
            }
            Err(failure) => {
                self.note(Write::Create { name, note, key }, &failure);
                Err(failure)
            }
        }
    }

    fn update(&mut self) -> Attempt {
        let at = self.random.below(self.ledger.records.len() as u64) as usize;
        let note = self.name("note");
        let record = &mut self.ledger.records[at];
        let path = format!("/records/customer/{}", record.id);
        self.ledger.touched.push(at);
        let answer = self
            .client
            .patch(&path, record.version, &json!({"description": note}));
        match answer {
            Ok(answer) => {
                record.version = answer.body["version"]
                    .as_u64()
                    .unwrap_or(record.version + 1);
                record.note = note;
                Ok(())
            }
            Err(failure) => {
                if matches!(failure, Failure::Cut) {
                    record.pending = Some(note);
                }
                Err(failure)
            }
        }
    }

    fn batch(&mut self) -> Attempt {
        let (tag, key) = (format!("{}-", self.name("b")), self.name("key"));
        let create = |number| json!({"op": "create", "fields": {"name": format!("{tag}{number}")}});
        let operations: Vec<Value> = (0..BATCH).map(create).collect();
        let body = json!({"mode": "atomic", "operations": operations});
        let answer = self.client.post("/records/customer/batch", &key, &body);
        self.enter(Write::Batch { tag, count: BATCH }, answer.map(drop))
    }

    fn conversion(&mut self) -> Attempt {
        let (contact, company) = (self.name("l"), self.name("lc"));
        let (first_key, key) = (self.name("key"), self.name("key"));
        let body = json!({"name": contact, "company": company});
        let lead = self.client.post("/records/lead", &first_key, &body);
        // A lead by itself is no more than a create; it is not looked at again.
        let lead = text(&lead?.body["id"]);
        let answer = self.client.post(
            &format!("/records/lead/{lead}/conversion"),
            &key,
            &json!({}),
        );
        let write = Write::Conversion {
            lead,
            company,
            contact,
        };
        self.enter(write, answer.map(drop))
    }

    /// Its tag, and its id where it was answered.
    pub fn import(&mut self) -> Result<(String, String), Failure> {
        let tag = format!("{}-", self.name("i"));
        let rows: String = (0..IMPORT)
            .map(|number| format!("{tag}{number}\n"))
            .collect();
        let fields = [("object", "customer"), ("mode", "create")];
        let file = format!("name\n{rows}");
        let answer = self
            .client
            .upload("/imports", &fields, ("rows.csv", file.as_str()));
        let id = answer
            .as_ref()
            .map(|answer| text(&answer.body["id"]))
            .unwrap_or_default();
        let write = Write::Import {
            tag: tag.clone(),
            count: IMPORT,
        };
        self.enter(write, answer.map(drop))?;
        Ok((tag, id))
    }

    fn field(&mut self) -> Attempt {
        let (name, key) = (self.name("f").replace('-', "_"), self.name("key"));
        let body = json!({"name": name, "kind": "text", "label": {"zh": name, "en": name}});
        let answer = self
            .client
            .post("/meta/objects/customer/fields", &key, &body);
        self.enter(Write::Field { name }, answer.map(drop))
    }

    pub fn enter(&mut self, write: Write, attempt: Attempt) -> Attempt {
        match &attempt {
            Ok(()) => self.ledger.enter(write, Certainty::Acknowledged),
            Err(failure) => self.note(write, failure),
        }
        attempt
    }

    /// A write that got no answer is remembered; one that was refused is not.
    fn note(&mut self, write: Write, failure: &Failure) {
        if matches!(failure, Failure::Cut) {
            self.ledger.enter(write, Certainty::Unknown);
        }
    }

    pub fn name(&mut self, kind: &str) -> String {
        self.ledger.names += 1;
        format!("{kind}{}-{}", self.prefix, self.ledger.names)
    }
}

/// A word of letters that no other name has: what search is asked for.
fn word(prefix: &str, number: u64) -> String {
    let worker: u64 = prefix.trim_start_matches('-').parse().unwrap_or_default();
    let mut rest = worker * 10_000_000 + number;
    let mut word = String::from("zq");
    for _ in 0..7 {
        word.push(char::from(b'a' + (rest % 26) as u8));
        rest /= 26;
    }
    word
}

pub fn text(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_string)
}
