//! Acts whose parts can be looked at one by one: each says beforehand what an
//! outsider sees before and after it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::ledger::{Probe, Write};
use super::load::{Attempt, IMPORT, Worker, text};

/// How long an import may take before nobody waits for its end any more.
const PATIENCE: Duration = Duration::from_secs(8);

fn probe(path: &str, member: &'static str, before: Value, after: Value) -> Probe {
    Probe {
        path: path.to_string(),
        member,
        before,
        after,
    }
}

fn customer(id: &str) -> String {
    format!("/records/customer/{id}")
}

impl Worker<'_> {
    /// Two customers become one; every second time they are two again.
    pub fn merge(&mut self) -> Attempt {
        // Both leave the list of records that updates draw from.
        let (kept, gone) = (self.create()?.id, self.create()?.id);
        self.forget(&[&kept, &gone]);
        let key = self.name("key");
        let body = json!({"with": [gone], "choose": {}});
        let path = format!("{}/merge", customer(&kept));
        let answer = self.client.post(&path, &key, &body);
        let stays = probe(&customer(&kept), "/id", json!(kept), json!(kept));
        let goes = probe(&customer(&gone), "/id", json!(gone), Value::Null);
        let merge = answer.as_ref().map(|answer| text(&answer.body["merge"]));
        let merge = merge.unwrap_or_default();
        self.act(&gone, vec![stays.clone(), goes], answer.map(drop))?;
        if self.random.below(2) == 0 {
            return Ok(());
        }
        let answer = self.client.delete(&format!("/merges/{merge}"));
        let back = probe(&customer(&gone), "/id", Value::Null, json!(gone));
        self.act(&gone, vec![stays, back], answer.map(drop))
    }

    /// A customer goes to a colleague, with its contact and its opportunity.
    pub fn handover(&mut self) -> Attempt {
        let id = self.create()?.id;
        self.forget(&[&id]);
        let [me, other] = self.people.clone();
        let mut probes = vec![probe(&customer(&id), "/owner", json!(me), json!(other))];
        for object in ["contact", "opportunity"] {
            let (name, key) = (self.name("h"), self.name("key"));
            let body = json!({"name": name, "customer": id});
            let answer = self
                .client
                .post(&format!("/records/{object}"), &key, &body)?;
            let path = format!("/records/{object}/{}", text(&answer.body["id"]));
            probes.push(probe(&path, "/owner", json!(me), json!(other)));
        }
        let key = self.name("key");
        let path = format!("{}/handover", customer(&id));
        let answer = self.client.post(&path, &key, &json!({"to": other}));
        self.act(&id, probes, answer.map(drop))
    }

    /// A customer is removed; every second time it comes back.
    pub fn removal(&mut self) -> Attempt {
        let id = self.create()?.id;
        self.forget(&[&id]);
        let (path, there) = (customer(&id), json!(id));
        let answer = self.client.delete(&path);
        let goes = probe(&path, "/id", there.clone(), Value::Null);
        self.act(&id, vec![goes], answer.map(drop))?;
        if self.random.below(2) == 0 {
            return Ok(());
        }
        let key = self.name("key");
        let answer = self
            .client
            .post(&format!("{path}/restore"), &key, &json!({}));
        let comes = probe(&path, "/id", Value::Null, there);
        self.act(&id, vec![comes], answer.map(drop))
    }

    /// A file on a customer of its own.
    pub fn upload(&mut self) -> Attempt {
        let id = self.create()?.id;
        let name = format!("{}.txt", self.name("file"));
        let content = format!("{name}\n").repeat(500);
        let fields = [("object", "customer"), ("record", id.as_str())];
        let answer = self.client.upload("/files", &fields, (&name, &content));
        let path = format!("{}/files", customer(&id));
        let size = json!(content.len());
        let probes = vec![
            probe(&path, "/data/0/name", Value::Null, json!(name)),
            probe(&path, "/data/0/size", Value::Null, size),
        ];
        self.act(&name, probes, answer.map(drop))
    }

    /// A customer of the pool is claimed and released.
    pub fn pool(&mut self) -> Attempt {
        let (name, key) = (self.name("p"), self.name("key"));
        let body = json!({"name": name, "owner": null});
        let answer = self.client.post("/records/customer", &key, &body)?;
        let id = text(&answer.body["id"]);
        let (path, me) = (customer(&id), json!(self.people[0]));
        for (noun, before, after) in [
            ("claim", Value::Null, me.clone()),
            ("release", me, Value::Null),
        ] {
            let key = self.name("key");
            let answer = self
                .client
                .post(&format!("{path}/{noun}"), &key, &json!({}));
            let probes = vec![probe(&path, "/owner", before, after)];
            self.act(&id, probes, answer.map(drop))?;
        }
        Ok(())
    }

    /// An opportunity with an amount is won: roll-ups of its customer move.
    pub fn deal(&mut self) -> Attempt {
        let customer = self.create()?.id;
        let (name, key) = (self.name("d"), self.name("key"));
        let amount = json!({"amount": "1250.50", "currency": "CNY"});
        let body = json!({"name": name, "customer": customer, "amount": amount});
        let answer = self.client.post("/records/opportunity", &key, &body)?;
        let path = format!("/records/opportunity/{}", text(&answer.body["id"]));
        let before = answer.body["stage"].clone();
        let key = self.name("key");
        let won = json!({"outcome": "won"});
        let answer = self.client.post(&format!("{path}/closure"), &key, &won);
        let probes = vec![probe(&path, "/stage", before, json!("won"))];
        self.act(&path, probes, answer.map(drop))
    }

    /// An import that has ended is taken back.
    pub fn undo(&mut self, stop: &AtomicBool) -> Attempt {
        let (tag, id) = self.import()?;
        let path = format!("/imports/{id}");
        let begun = Instant::now();
        while self.client.get(&path)?.body["state"] != "done" {
            if stop.load(Ordering::Relaxed) || begun.elapsed() > PATIENCE {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let key = self.name("key");
        let answer = self.client.post(&format!("{path}/undo"), &key, &json!({}));
        let count = IMPORT;
        self.enter(Write::Undo { tag, count }, answer.map(drop))
    }

    /// A right on a field is given or taken.
    pub fn role(&mut self) -> Attempt {
        const PATH: &str = "/meta/roles/read_only";
        let mut role = self.client.get(PATH)?.body;
        let before = role["fields"]["customer.description"].clone();
        let after = json!(if before == "read" { "none" } else { "read" });
        role["fields"]["customer.description"] = after.clone();
        let answer = self.client.put(PATH, &role);
        let member = "/fields/customer.description";
        let probes = vec![probe(PATH, member, before, after)];
        self.act("role", probes, answer.map(drop))
    }

    fn act(&mut self, subject: &str, probes: Vec<Probe>, attempt: Attempt) -> Attempt {
        let subject = subject.to_string();
        self.enter(Write::Act { subject, probes }, attempt)
    }

    /// These are no longer drawn for updates, nor looked at as they were.
    fn forget(&mut self, ids: &[&str]) {
        let is_other = |id: &String| !ids.contains(&id.as_str());
        self.ledger.records.retain(|record| is_other(&record.id));
        let end = self.ledger.records.len();
        self.ledger.touched.retain(|at| *at < end);
    }
}
