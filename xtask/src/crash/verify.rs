//! After a restart: what was acknowledged is there, and nothing is half.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use serde_json::{Value, json};

use super::client::{Answer, Client, Failure};
use super::ledger::{Certainty, Ledger, Record, Write};
use super::stored::Stored;

/// How long an import may take to be resumed and finished.
const PATIENCE: Duration = Duration::from_secs(60);

/// Checks what a ledger gained since the last restart, and settles what was
/// unknown. Returns what is wrong, in words.
pub fn recent(client: &Client, ledger: &mut Ledger) -> Result<Vec<String>> {
    let mut wrong = Vec::new();
    let mut touched = std::mem::take(&mut ledger.touched);
    touched.sort_unstable();
    touched.dedup();
    for at in touched {
        if let Some(record) = ledger.records.get_mut(at) {
            let answer = absent_is_none(client.get(&format!("/records/customer/{}", record.id)))?;
            wrong.extend(settle(record, answer.as_ref()));
        }
    }
    while let Some((write, certainty)) = ledger.writes.get(ledger.checked).cloned() {
        wrong.extend(check(client, &write, certainty)?);
        if let Write::Create { name, note, key } = &write {
            let (fault, record) = replay(client, name, note, key)?;
            wrong.extend(fault);
            ledger.records.extend(record);
        }
        ledger.checked += 1;
    }
    Ok(wrong)
}

/// Checks everything that was acknowledged in the whole run, against one
/// reading of the whole lists; and the history of some records.
pub fn everything(client: &Client, ledgers: &mut [Ledger]) -> Result<Vec<String>> {
    let mut wrong = Vec::new();
    let stored = Stored::read(client)?;
    for ledger in ledgers {
        for record in &mut ledger.records {
            wrong.extend(settle(record, stored.customers.get(&record.id)));
        }
        for (write, certainty) in &ledger.writes {
            if *certainty == Certainty::Acknowledged {
                wrong.extend(stored.check(write));
            }
        }
        for record in ledger
            .records
            .iter()
            .filter(|record| record.version > 2)
            .take(25)
        {
            wrong.extend(history(client, record)?);
        }
    }
    Ok(wrong)
}

/// Compares a record with what is stored, and takes over an update of which
/// no answer came if it was carried out.
fn settle(record: &mut Record, stored: Option<&Value>) -> Option<String> {
    let Some(stored) = stored else {
        return Some(format!("lost: customer {} `{}`", record.id, record.name));
    };
    let version = stored["version"].as_u64().unwrap_or_default();
    let note = stored["description"].as_str().unwrap_or_default();
    if version == record.version && note == record.note {
        // An update that was not carried out may not be carried out later.
        record.pending = None;
        return None;
    }
    let carried_out = record.pending.as_deref() == Some(note) && version == record.version + 1;
    if carried_out {
        (record.version, record.note) = (version, note.to_string());
        record.pending = None;
        return None;
    }
    let (known, said) = (record.version, &record.note);
    Some(format!(
        "customer {} should have version {known} `{said}`, has {version} `{note}`",
        record.id
    ))
}

fn check(client: &Client, write: &Write, certainty: Certainty) -> Result<Option<String>> {
    let must = certainty == Certainty::Acknowledged;
    Ok(match write {
        // Looked at by `replay`, which sends it once more.
        Write::Create { .. } => None,
        Write::Batch { tag, count } => {
            let found = found(client, "customer", &format!("name ^= \"{tag}\""))?;
            whole("batch", tag, found, *count, must)
        }
        Write::Import { tag, count } => {
            let found = imported(client, tag, *count, must)?;
            whole("import", tag, found, *count, must)
        }
        Write::Conversion {
            lead,
            company,
            contact,
        } => {
            let customers = found(client, "customer", &format!("name = \"{company}\""))?;
            let contacts = found(client, "contact", &format!("name = \"{contact}\""))?;
            let parts = customers + contacts;
            whole("conversion of lead", lead, parts, 2, must)
        }
        Write::Merge { kept, gone } => merged(client, kept, gone, must)?,
        Write::Field { name } => field(client, name, must)?,
    })
}

/// All or nothing; all if it must be.
pub fn whole(what: &str, name: &str, found: usize, count: usize, must: bool) -> Option<String> {
    let is_right = found == count || (found == 0 && !must);
    (!is_right).then(|| {
        let state = if found == 0 { "lost" } else { "half" };
        format!("{state}: {what} {name}: {found} of {count}")
    })
}

/// Sends a create without an answer again, with the same key: there must be
/// one record afterwards, and at most one before.
fn replay(
    client: &Client,
    name: &str,
    note: &str,
    key: &str,
) -> Result<(Option<String>, Option<Record>)> {
    let condition = format!("name = \"{name}\"");
    let before = found(client, "customer", &condition)?;
    let body = json!({"name": name, "description": note});
    let answer = match client.post("/records/customer", key, &body) {
        Ok(answer) => answer.body,
        Err(failure) => {
            return Ok((
                Some(format!("create {name} repeated with its key: {failure:?}")),
                None,
            ));
        }
    };
    let after = match client.find("customer", &condition) {
        Ok(after) => after,
        Err(failure) => bail!("the list does not answer: {failure:?}"),
    };
    if before > 1 || after.len() != 1 {
        let count = after.len();
        return Ok((
            Some(format!(
                "create {name}: {before} before it was repeated, {count} after"
            )),
            None,
        ));
    }
    let record = Record {
        id: answer["id"].as_str().unwrap_or_default().to_string(),
        name: name.to_string(),
        version: answer["version"].as_u64().unwrap_or_default(),
        note: note.to_string(),
        pending: None,
    };
    Ok((None, Some(record)))
}

/// An import is a job: it goes on after a restart. Waits until it is whole,
/// or until it is clear that it never began.
fn imported(client: &Client, tag: &str, count: usize, must: bool) -> Result<usize> {
    let start = Instant::now();
    let grace = Duration::from_secs(1);
    loop {
        let found = found(client, "customer", &format!("name ^= \"{tag}\""))?;
        let never_began = found == 0 && !must && start.elapsed() > grace;
        if found >= count || never_began || start.elapsed() > PATIENCE {
            return Ok(found);
        }
        std::thread::sleep(Duration::from_millis(200));
    }
}

fn merged(client: &Client, kept: &str, gone: &str, must: bool) -> Result<Option<String>> {
    let is_there = |id: &str| -> Result<bool> {
        Ok(absent_is_none(client.get(&format!("/records/customer/{id}")))?.is_some())
    };
    let (kept_there, gone_there) = (is_there(kept)?, is_there(gone)?);
    Ok(match (kept_there, gone_there) {
        (false, _) => Some(format!(
            "lost: customer {kept}, into which {gone} was merged"
        )),
        (true, true) if must => Some(format!("lost: merge of {gone} into {kept}")),
        _ => None,
    })
}

/// A field is there and takes a value, or is not there.
fn field(client: &Client, name: &str, must: bool) -> Result<Option<String>> {
    let object = match client.get("/meta/objects/customer") {
        Ok(answer) => answer.body.to_string(),
        Err(failure) => bail!("the description of customers does not answer: {failure:?}"),
    };
    if !object.contains(&format!("\"{name}\"")) {
        return Ok(must.then(|| format!("lost: field {name}")));
    }
    let body = json!({"name": format!("with {name}"), name: "value"});
    let key = format!("use-{name}-{}", std::process::id());
    Ok(match client.post("/records/customer", &key, &body) {
        Ok(answer) if answer.body[name] == "value" => None,
        Ok(_) => Some(format!("half: field {name} takes no value")),
        Err(failure) => Some(format!(
            "half: field {name} is described and refused: {failure:?}"
        )),
    })
}

/// The chain of old and new descriptions has no gap and ends at the present.
fn history(client: &Client, record: &Record) -> Result<Option<String>> {
    let path = format!("/records/customer/{}/history?limit=500", record.id);
    let Some(answer) = absent_is_none(client.get(&path))? else {
        return Ok(Some(format!("customer {} has no history", record.id)));
    };
    let mut entries = answer["data"].as_array().cloned().unwrap_or_default();
    entries.sort_by_key(|entry| entry["version"].as_u64());
    let changes = entries
        .iter()
        .flat_map(|entry| entry["changes"].as_array().into_iter().flatten());
    let mut previous: Option<Value> = None;
    for change in changes.filter(|change| change["field"] == "description") {
        if previous
            .as_ref()
            .is_some_and(|previous| *previous != change["old"])
        {
            return Ok(Some(format!(
                "the history of customer {} is broken at {change}",
                record.id
            )));
        }
        previous = Some(change["new"].clone());
    }
    let ends = previous.as_ref().and_then(Value::as_str) == Some(record.note.as_str());
    Ok((!ends).then(|| {
        format!(
            "the history of customer {} does not end at its value",
            record.id
        )
    }))
}

fn found(client: &Client, object: &str, condition: &str) -> Result<usize> {
    match client.find(object, condition) {
        Ok(records) => Ok(records.len()),
        Err(failure) => bail!("the list of {object} does not answer: {failure:?}"),
    }
}

fn absent_is_none(answer: Result<Answer, Failure>) -> Result<Option<Value>> {
    match answer {
        Ok(answer) => Ok(Some(answer.body)),
        Err(Failure::Refused {
            status: 404 | 410, ..
        }) => Ok(None),
        Err(failure) => bail!("the server does not answer after its restart: {failure:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(pending: Option<&str>) -> Record {
        Record {
            id: "1".into(),
            name: "n".into(),
            version: 4,
            note: "old".into(),
            pending: pending.map(str::to_string),
        }
    }

    #[test]
    fn a_record_is_as_acknowledged_or_as_pending() {
        let stored = |version: u64, note: &str| json!({"version": version, "description": note});
        assert!(settle(&mut record(None), Some(&stored(4, "old"))).is_none());
        assert!(settle(&mut record(None), Some(&stored(5, "new"))).is_some());
        assert!(settle(&mut record(None), Some(&stored(3, "older"))).is_some());
        assert!(settle(&mut record(None), None).is_some());
        let mut unsure = record(Some("new"));
        assert!(settle(&mut unsure, Some(&stored(5, "new"))).is_none());
        assert_eq!((unsure.version, unsure.note.as_str()), (5, "new"));
        assert!(settle(&mut record(Some("new")), Some(&stored(4, "new"))).is_some());
    }

    #[test]
    fn half_is_never_right() {
        assert!(whole("batch", "t", 20, 20, true).is_none());
        assert!(whole("batch", "t", 0, 20, false).is_none());
        assert!(whole("batch", "t", 0, 20, true).is_some());
        assert!(whole("batch", "t", 7, 20, false).is_some());
        assert!(whole("batch", "t", 21, 20, false).is_some());
    }
}
