//! `GET /{object}/{id}/peek`: the panel on the right.

use serde::Serialize;

use super::Page;
use super::parts::{Action, Face, Section, Tag};
use super::record::{Entry, RecordPage, Stage};

#[derive(Clone, Debug, Default, Serialize)]
pub struct PeekPage {
    pub record: String,
    pub version: u64,
    pub href: String,
    pub name: String,
    pub face: Face,
    pub subtitle: Vec<String>,
    pub tags: Vec<Tag>,
    pub stages: Vec<Stage>,
    pub sections: Vec<Section>,
    pub latest: Vec<Entry>,
    pub actions: Vec<Action>,
}

impl Page for PeekPage {
    const TEMPLATE: &'static str = "peek.html";

    fn samples(lang: &str) -> Vec<(&'static str, Self)> {
        let record = RecordPage::samples(lang).remove(0).1;
        let latest = record.timeline.entries.into_iter().take(2).collect();
        vec![(
            "",
            PeekPage {
                record: record.record,
                version: record.version,
                href: "/customer/1".into(),
                name: record.name,
                face: record.face,
                subtitle: record.subtitle,
                tags: record.tags,
                stages: record.stages,
                sections: record.sections.into_iter().take(1).collect(),
                latest,
                actions: record.actions,
            },
        )]
    }
}
