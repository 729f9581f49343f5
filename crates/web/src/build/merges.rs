//! Merges that were done: on the page of the record that stayed, in the administrators' list, and what taking one back
//! would do.

use super::cells::shown;
use super::desk::{Desk, record_href};
use super::slots::slot;
use crate::pages::merge::{MergeRow, MergesPage, UnmergeField, UnmergePage};
use crate::pages::{Empty, Lookup, Tally};
use guanxi_capabilities::identity::memory::{Merge, Outlook};
use guanxi_engine::EngineResult;
use guanxi_meta::Value;
use serde_json::Value as Json;

pub fn row(desk: &Desk<'_>, merge: &Merge) -> MergeRow {
    MergeRow {
        kept: Lookup {
            id: merge.kept.id.to_string(),
            label: merge.kept.title(),
            href: record_href(&merge.kept),
        },
        object: desk.one(&merge.kept.object),
        others: others(desk, merge),
        at: desk.instant(merge.at),
        by: desk.ctx.user_name(merge.person).to_owned(),
        is_undone: merge.undone_at.is_some(),
        undo: merge.is_undoable.then(|| format!("/merges/{}", merge.id)),
    }
}

fn others(desk: &Desk<'_>, merge: &Merge) -> Vec<String> {
    let named = |title: &String| {
        if title.is_empty() {
            desk.say("not-yours-to-see")
        } else {
            title.clone()
        }
    };
    merge.others.iter().map(named).collect()
}

pub fn list(desk: &Desk<'_>, (merges, next): (&[Merge], Option<i64>)) -> MergesPage {
    let rows: Vec<MergeRow> = merges.iter().map(|merge| row(desk, merge)).collect();
    let empty = rows.is_empty().then(|| Empty {
        icon: "merge".to_owned(),
        title: desk.say("merges-empty"),
        text: desk.say("merges-empty-text"),
        actions: Vec::new(),
    });
    MergesPage {
        rows,
        next: next.map(|before| format!("/settings/merges?before={before}")),
        empty,
    }
}

pub fn unmerge(desk: &Desk<'_>, outlook: &Outlook) -> EngineResult<UnmergePage> {
    let merge = &outlook.merge;
    let at = record_href(&merge.kept);
    let mut fields = Vec::with_capacity(outlook.fields.len());
    for (name, now, then) in &outlook.fields {
        let Some(slot) = slot(desk, &merge.kept.object, name) else {
            continue;
        };
        let read = |json: &Json| match json {
            Json::Null => Value::Null,
            json => slot.field.kind.parse(&slot.field, json).unwrap_or_default(),
        };
        let (old, new) = (read(now), read(then));
        desk.learn([(slot.to(), &old), (slot.to(), &new)])?;
        fields.push(UnmergeField {
            now: shown(desk, &slot, &old).text,
            then: shown(desk, &slot, &new).text,
            stays: now == then,
            label: slot.label,
        });
    }
    let along = outlook.along.iter().map(|(name, count)| Tally {
        label: desk
            .ctx
            .catalog
            .object(name)
            .map_or(name.clone(), |object| desk.many(object)),
        value: count.to_string(),
        ..Tally::default()
    });
    Ok(UnmergePage {
        name: merge.kept.title(),
        others: others(desk, merge),
        fields,
        along: along.collect(),
        action: merge.is_undoable.then(|| {
            format!(
                "/merges/{}/undo?{}",
                merge.id,
                super::desk::query(&[("at", &at)])
            )
        }),
        cancel: at,
    })
}
