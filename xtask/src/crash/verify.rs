//! After a restart: what was acknowledged is there, and nothing is half.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use serde_json::{Value, json};

use super::client::{Answer, Client, Failure, list};
use super::ledger::{Certainty, Ledger, Probe, Record, Write};
use super::stored::Stored;

/// How long an import may take to be resumed and finished.
const PATIENCE: Duration = Duration::from_secs(60);
/// Whether jobs that outlive the process are waited for.
#[derive(Clone, Copy, PartialEq)]
pub enum Jobs {
    /// They are looked at in a later round: that they are killed again and
    /// again is part of the trial.
    Later,
    Awaited,
}

/// Checks what a ledger gained since the last restart, and settles what was
/// unknown. Returns what is wrong, in words.
pub fn recent(client: &Client, ledger: &mut Ledger, jobs: Jobs) -> Result<Vec<String>> {
    let mut wrong = Vec::new();
    let mut touched = std::mem::take(&mut ledger.touched);
    touched.sort_unstable();
    touched.dedup();
    for at in &touched {
        if let Some(record) = ledger.records.get_mut(*at) {
            let answer = absent_is_none(client.get(&format!("/records/customer/{}", record.id)))?;
            wrong.extend(settle(record, answer.as_ref()));
        }
    }
    let newest = touched.iter().rev().take(SEARCHED);
    for record in newest.filter_map(|at| ledger.records.get(*at)) {
        wrong.extend(searched(client, record)?);
    }
    for at in std::mem::take(&mut ledger.unchecked) {
        let (write, certainty) = ledger.writes[at].clone();
        let is_job = matches!(write, Write::Import { .. } | Write::Undo { .. });
        if is_job && jobs == Jobs::Later {
            ledger.unchecked.push(at);
            continue;
        }
        wrong.extend(check(client, &write, certainty)?);
        if let Write::Create { name, note, key } = &write {
            let (fault, record) = replay(client, name, note, key)?;
            wrong.extend(fault);
            ledger.records.extend(record);
        }
    }
    Ok(wrong)
}

/// Records of one worker that search is asked for after each restart.
const SEARCHED: usize = 3;

/// Search finds what was acknowledged, by the word that no other has.
fn searched(client: &Client, record: &Record) -> Result<Option<String>> {
    let word = record.name.rsplit(' ').next().unwrap_or_default();
    let answer = match client.get(&format!("/search?q={word}")) {
        Ok(answer) => answer,
        Err(failure) => bail!("search does not answer: {failure:?}"),
    };
    let found = list(&answer)
        .iter()
        .any(|hit| hit["id"] == record.id.as_str());
    Ok((!found).then(|| format!("search for `{word}` does not find customer {}", record.id)))
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
                wrong.extend(match write {
                    Write::Act { subject, probes } => {
                        acted(client, (subject, probes), Certainty::Acknowledged)?
                    }
                    write => stored.check(write),
                });
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

/// All parts of an act are as after it; all as before it where no answer
/// came.
fn acted(
    client: &Client,
    (subject, probes): (&str, &[Probe]),
    certainty: Certainty,
) -> Result<Option<String>> {
    let (mut after, mut before) = (0, 0);
    let mut seen = Vec::new();
    for probe in probes {
        let answer = absent_is_none(client.get(&probe.path))?.unwrap_or_default();
        let value = answer.pointer(probe.member).cloned().unwrap_or_default();
        after += usize::from(value == probe.after);
        before += usize::from(value == probe.before);
        seen.push(format!("{}{} = {value}", probe.path, probe.member));
    }
    let is_right =
        after == probes.len() || (before == probes.len() && certainty == Certainty::Unknown);
    let state = if before == probes.len() {
        "lost"
    } else {
        "half"
    };
    Ok((!is_right).then(|| format!("{state}: an act on {subject}: {}", seen.join(", "))))
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
            let found = found(client, "customer", &format!("name ^= \"{tag}\""))?;
            whole("import", tag, found, *count, must)
        }
        Write::Undo { tag, count } => {
            let found = found(client, "customer", &format!("name ^= \"{tag}\""))?;
            let is_right = found == 0 || (found == *count && !must);
            (!is_right).then(|| format!("half: import {tag} taken back: {found} of {count} left"))
        }
        Write::Act { subject, probes } => acted(client, (subject, probes), certainty)?,
        Write::Superseded => None,
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

/// An import is a job: it goes on after a restart, once the lease of the
/// process that was killed is over. Waits until all are at their end.
pub fn await_jobs(client: &Client) -> Result<Option<String>> {
    let start = Instant::now();
    loop {
        let answer = match client.get("/imports?limit=500") {
            Ok(answer) => answer,
            Err(failure) => bail!("the list of imports does not answer: {failure:?}"),
        };
        let is_at_work =
            |one: &&Value| matches!(one["state"].as_str(), Some("running" | "undoing"));
        let all = list(&answer);
        let Some(working) = all.iter().find(is_at_work) else {
            return Ok(None);
        };
        if start.elapsed() > PATIENCE {
            return Ok(Some(format!(
                "an import does not come to its end: {working}"
            )));
        }
        std::thread::sleep(Duration::from_millis(300));
    }
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
    /// On a busy machine a list may take longer than it is allowed to.
    const TRIES: usize = 20;
    let mut answer = client.find(object, condition);
    for _ in 1..TRIES {
        if !matches!(answer, Err(Failure::Refused { status: 400, .. })) {
            break;
        }
        std::thread::sleep(Duration::from_millis(500));
        answer = client.find(object, condition);
    }
    match answer {
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
