//! What happened with a record: activities, changes, files; as entries of one line.

use super::cells::{choice_label, find, shown, tone};
use super::desk::{Desk, record_href};
use super::slots::{Slot, slot};
use crate::Moment;
use crate::pages::record::{Entry, TimelinePage};
use crate::pages::{Change, Empty, Lookup, Tag};
use guanxi_engine::files::{Attachment, PICTURES};
use guanxi_engine::read::history;
use guanxi_engine::read::timeline::timeline;
use guanxi_engine::{EngineResult, Record};
use guanxi_meta::Value;
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::Value as Json;

/// Entries of one page.
pub const ENTRIES: u32 = 25;

pub fn activities(desk: &Desk<'_>, record: &Record, cursor: &str) -> EngineResult<TimelinePage> {
    let found = timeline(desk.ctx, record, cursor, ENTRIES)?;
    let mut days = Days::default();
    let entries: Vec<Entry> = found
        .entries
        .iter()
        .map(|activity| days.mark(desk, activity_entry(desk, activity)))
        .collect();
    let next = found.next.map(|next| {
        format!(
            "{}/timeline?{}",
            record_href(record),
            super::desk::query(&[("cursor", &next)])
        )
    });
    let empty = (entries.is_empty() && cursor.is_empty())
        .then(|| empty(desk, "activity", "timeline-empty"));
    Ok(TimelinePage {
        entries,
        next,
        empty,
    })
}

/// The latest few, for the peek panel.
pub fn latest(desk: &Desk<'_>, record: &Record, most: u32) -> EngineResult<Vec<Entry>> {
    let found = timeline(desk.ctx, record, "", most)?;
    Ok(found
        .entries
        .iter()
        .map(|activity| activity_entry(desk, activity))
        .collect())
}

fn activity_entry(desk: &Desk<'_>, activity: &Record) -> Entry {
    let object = &activity.object;
    let text = |name: &str| {
        let slot = slot(desk, object, name)?;
        let value = slot.value(desk.ctx, activity);
        Some(slot.field.kind.to_text(&slot.field, &value)).filter(|text| !text.is_empty())
    };
    let title = activity.title();
    let body: Vec<String> = ["body", "result"]
        .iter()
        .filter_map(|name| text(name))
        .filter(|text| *text != title)
        .collect();
    Entry {
        id: activity.id.to_string(),
        icon: object.icon.clone(),
        tone: activity_tone(&object.name).to_owned(),
        kind: desk.one(object),
        title,
        href: record_href(activity),
        at: desk.instant(activity.created_at),
        by: desk.ctx.user_name(activity.created_by).to_owned(),
        body: body.join("\n"),
        tags: activity_tags(desk, activity),
        ..Entry::default()
    }
}

fn activity_tone(name: &str) -> &'static str {
    match name {
        "call" => "sky",
        "meeting" => "jade",
        "visit" => "plum",
        "note" => "gold",
        _ => "",
    }
}

fn activity_tags(desk: &Desk<'_>, activity: &Record) -> Vec<Tag> {
    let mut tags = Vec::new();
    for name in ["duration", "outcome", "status"] {
        let Some(slot) = slot(desk, &activity.object, name) else {
            continue;
        };
        let value = slot.value(desk.ctx, activity);
        let is_said = name != "status" || value.text() != Some("done");
        if let (Some(text), true) = (value.text(), is_said) {
            let tone = find(&slot, text).map(tone).unwrap_or_default();
            tags.push(Tag {
                text: choice_label(desk, &slot, text),
                tone,
            });
        } else if matches!(value, Value::Duration(_)) {
            tags.push(Tag {
                text: shown(desk, &slot, &value).text,
                tone: String::new(),
            });
        }
    }
    tags
}

/// A heading before the first entry of each day.
#[derive(Default)]
struct Days {
    last: Option<Date>,
}

impl Days {
    fn mark(&mut self, desk: &Desk<'_>, mut entry: Entry) -> Entry {
        let at = entry.at.iso.parse::<Timestamp>().ok();
        let day = at.map(|at| at.to_zoned(desk.ctx.zone.clone()).date());
        if let Some(day) = day.filter(|day| self.last != Some(*day)) {
            entry.day = desk.speaker.date(day).text;
            self.last = Some(day);
        }
        entry
    }
}

/// Changes, newest first, each with the field's old and new value.
pub fn changes(
    desk: &Desk<'_>,
    record: &Record,
    (cursor, may_undo): (&str, Undo),
) -> EngineResult<TimelinePage> {
    let (found, next) = history::history(desk.ctx, &record.object, record.id, cursor, ENTRIES)?;
    let mut days = Days::default();
    let mut entries = Vec::with_capacity(found.len());
    for entry in &found {
        entries.push(days.mark(desk, change_entry(desk, record, (entry, may_undo))?));
    }
    let next = next.map(|next| {
        format!(
            "{}/history?{}",
            record_href(record),
            super::desk::query(&[("cursor", &next)])
        )
    });
    Ok(TimelinePage {
        entries,
        next,
        empty: None,
    })
}

/// Whether changes may be taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Undo {
    Offered,
    Refused,
}

fn change_entry(
    desk: &Desk<'_>,
    record: &Record,
    (entry, undo): (&history::Entry, Undo),
) -> EngineResult<Entry> {
    let mut changes = Vec::with_capacity(entry.changes.len());
    for change in &entry.changes {
        let Some(slot) = slot(desk, &record.object, &change.field) else {
            continue;
        };
        let (old, new) = (
            said(desk, &slot, &change.old)?,
            said(desk, &slot, &change.new)?,
        );
        changes.push(Change {
            label: slot.label,
            old,
            new,
        });
    }
    let can_undo = undo == Undo::Offered && entry.op != "create" && !changes.is_empty();
    let version = entry.version;
    let by = desk.ctx.user_name(entry.by);
    Ok(Entry {
        id: format!("v{version}"),
        icon: if entry.op == "create" {
            "plus"
        } else {
            "pencil"
        }
        .to_owned(),
        kind: operation(desk, &entry.op),
        at: desk.instant(entry.at),
        by: if by.is_empty() {
            desk.say("by-system")
        } else {
            by.to_owned()
        },
        tags: door(desk, &entry.via),
        undo: if can_undo {
            format!("{}/undo?version={version}", record_href(record))
        } else {
            String::new()
        },
        changes,
        ..Entry::default()
    })
}

fn operation(desk: &Desk<'_>, op: &str) -> String {
    let key = format!("did-{}", op.replace('_', "-"));
    if desk.words.keys().contains(&key) {
        desk.say(&key)
    } else {
        desk.say("did-update")
    }
}

/// By which door a change came, where it was not a page.
fn door(desk: &Desk<'_>, via: &str) -> Vec<Tag> {
    let door = via.split(':').next().unwrap_or_default();
    let key = format!("via-{door}");
    if desk.words.keys().contains(&key) {
        vec![Tag {
            text: desk.say(&key),
            tone: String::new(),
        }]
    } else {
        Vec::new()
    }
}

fn said(desk: &Desk<'_>, slot: &Slot, json: &Json) -> EngineResult<String> {
    if json.is_null() {
        return Ok(String::new());
    }
    let value = slot.field.kind.parse(&slot.field, json).unwrap_or_default();
    desk.learn([(slot.to(), &value)])?;
    Ok(shown(desk, slot, &value).text)
}

/// The record's files, newest first.
pub fn files(desk: &Desk<'_>, (files, undo): (&[Attachment], Undo)) -> TimelinePage {
    let entry = |file: &Attachment| Entry {
        id: file.id.to_string(),
        icon: if file.media_type.starts_with("image/") {
            "image"
        } else {
            "paperclip"
        }
        .to_owned(),
        kind: desk.speaker.size(file.size_bytes),
        at: desk.instant(file.at),
        by: desk.ctx.user_name(file.person).to_owned(),
        files: vec![Lookup {
            id: file.id.to_string(),
            label: file.name.clone(),
            href: format!("/files/{}", file.id),
        }],
        picture: if PICTURES.contains(&file.media_type.as_str()) {
            format!("/files/{}", file.id)
        } else {
            String::new()
        },
        remove: if undo == Undo::Offered {
            format!("/files/{}/remove", file.id)
        } else {
            String::new()
        },
        ..Entry::default()
    };
    let entries: Vec<Entry> = files.iter().map(entry).collect();
    let empty = entries
        .is_empty()
        .then(|| empty(desk, "paperclip", "files-empty"));
    TimelinePage {
        entries,
        next: None,
        empty,
    }
}

fn empty(desk: &Desk<'_>, icon: &str, key: &str) -> Empty {
    Empty {
        icon: icon.to_owned(),
        title: desk.say(key),
        text: desk.say(&format!("{key}-text")),
        actions: Vec::new(),
    }
}

/// An instant of a value, for what is due.
pub fn moment(desk: &Desk<'_>, value: &Value) -> Option<Moment> {
    match value {
        Value::Instant(at) => Some(desk.speaker.instant(*at)),
        Value::Date(date) => Some(desk.speaker.date(*date)),
        _ => None,
    }
}
