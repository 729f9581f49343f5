//! What the whole lists hold, read once, page by page.

use std::collections::{HashMap, HashSet};

use anyhow::{Result, bail};
use serde_json::Value;

use super::client::{Client, encode, list};
use super::ledger::Write;
use super::verify::whole;

pub struct Stored {
    /// Customers by id.
    pub customers: HashMap<String, Value>,
    /// How many customers have a name made of this text and a number.
    tags: HashMap<String, usize>,
    /// The names of customers and of contacts.
    customer_names: HashSet<String>,
    contact_names: HashSet<String>,
}

impl Stored {
    pub fn read(client: &Client) -> Result<Stored> {
        let customers = read_all(client, "customer")?;
        let contacts = read_all(client, "contact")?;
        Ok(Stored::of(customers, &contacts))
    }

    fn of(customers: Vec<Value>, contacts: &[Value]) -> Stored {
        let mut tags = HashMap::new();
        for customer in &customers {
            let tag = name(customer)
                .trim_end_matches(|c: char| c.is_ascii_digit())
                .to_string();
            *tags.entry(tag).or_default() += 1;
        }
        Stored {
            tags,
            customer_names: customers.iter().map(name).collect(),
            contact_names: contacts.iter().map(name).collect(),
            customers: customers
                .into_iter()
                .map(|one| (text(&one["id"]), one))
                .collect(),
        }
    }

    /// What is wrong with a write that was acknowledged.
    pub fn check(&self, write: &Write) -> Option<String> {
        match write {
            Write::Batch { tag, count } => whole("batch", tag, self.count(tag), *count, true),
            Write::Import { tag, count } => whole("import", tag, self.count(tag), *count, true),
            Write::Conversion {
                lead,
                company,
                contact,
            } => {
                let parts = usize::from(self.customer_names.contains(company))
                    + usize::from(self.contact_names.contains(contact));
                whole("conversion of lead", lead, parts, 2, true)
            }
            Write::Undo { tag, .. } => {
                let left = self.count(tag);
                (left > 0).then(|| format!("lost: import {tag} taken back, {left} are there"))
            }
            // A create became a record; a field was tried out after its round;
            // acts are looked at one by one.
            Write::Create { .. } | Write::Field { .. } | Write::Act { .. } | Write::Superseded => {
                None
            }
        }
    }

    fn count(&self, tag: &str) -> usize {
        self.tags.get(tag).copied().unwrap_or_default()
    }
}

/// Every record of an object that the administrator sees.
fn read_all(client: &Client, object: &str) -> Result<Vec<Value>> {
    let mut all = Vec::new();
    let mut cursor = String::new();
    loop {
        let fields = if object == "customer" {
            "name,description"
        } else {
            "name"
        };
        let path = format!(
            "/records/{object}?limit=500&fields={fields}&cursor={}",
            encode(&cursor)
        );
        let answer = match client.get(&path) {
            Ok(answer) => answer,
            Err(failure) => bail!("the list of {object} does not answer: {failure:?}"),
        };
        all.extend(list(&answer));
        match answer.body["next"].as_str() {
            Some(next) => cursor = next.to_string(),
            None => return Ok(all),
        }
    }
}

fn name(record: &Value) -> String {
    text(&record["name"])
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn acknowledged_writes_are_looked_for() {
        let customers = vec![
            json!({"id": "1", "name": "b-0"}),
            json!({"id": "2", "name": "b-1"}),
            json!({"id": "3", "name": "company"}),
        ];
        let stored = Stored::of(customers, &[json!({"name": "person"})]);
        let batch = |count| Write::Batch {
            tag: "b-".into(),
            count,
        };
        assert!(stored.check(&batch(2)).is_none());
        assert!(stored.check(&batch(3)).is_some());
        let undo = |tag: &str| Write::Undo {
            tag: tag.into(),
            count: 2,
        };
        assert!(stored.check(&undo("b-")).is_some());
        assert!(stored.check(&undo("i-")).is_none());
        let conversion = |contact: &str| Write::Conversion {
            lead: "l".into(),
            company: "company".into(),
            contact: contact.into(),
        };
        assert!(stored.check(&conversion("person")).is_none());
        assert!(stored.check(&conversion("nobody")).is_some());
    }
}
