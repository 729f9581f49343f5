//! `GET|POST /{object}/{id}/merge?with=`: choose per field, see the result, merge; `/merges/{id}`: what taking it back
//! would do; `/settings/merges`: all of them, for administrators.

use serde::Serialize;

use super::Page;
use super::parts::{Crumb, Empty, Lookup, Tally};
use super::sample::Say;
use crate::speech::Moment;

#[derive(Clone, Debug, Default, Serialize)]
pub struct MergePage {
    pub crumb: Crumb,
    pub action: String,
    pub cancel: String,
    /// The first one stays, the others go into it.
    pub records: Vec<Lookup>,
    pub fields: Vec<MergeField>,
    /// What moves along: contacts, deals, activities.
    pub moves: Vec<Tally>,
    pub error: Option<String>,
}

/// Posted as `choose.<name>` = record id.
#[derive(Clone, Debug, Default, Serialize)]
pub struct MergeField {
    pub name: String,
    pub label: String,
    /// One text per record, in the order of `records`.
    pub values: Vec<String>,
    /// Index of the proposed one.
    pub chosen: usize,
    pub is_same: bool,
}

/// A merge that was done.
#[derive(Clone, Debug, Default, Serialize)]
pub struct MergeRow {
    pub kept: Lookup,
    pub object: String,
    /// Names of those that went into it.
    pub others: Vec<String>,
    pub at: Moment,
    pub by: String,
    pub is_undone: bool,
    /// The dialog that shows what taking it back would do; none where the reader may not.
    pub undo: Option<String>,
}

#[derive(Clone, Debug, Default, Serialize)]
pub struct MergesPage {
    pub rows: Vec<MergeRow>,
    pub next: Option<String>,
    pub empty: Option<Empty>,
}

/// Dialog: what un-merging would do.
#[derive(Clone, Debug, Default, Serialize)]
pub struct UnmergePage {
    pub name: String,
    pub others: Vec<String>,
    pub fields: Vec<UnmergeField>,
    pub along: Vec<Tally>,
    /// POST takes it back; none where the reader may not, or where it is done.
    pub action: Option<String>,
    pub cancel: String,
}

#[derive(Clone, Debug, Default, Serialize)]
pub struct UnmergeField {
    pub label: String,
    pub now: String,
    pub then: String,
    /// Somebody changed it since the merge.
    pub stays: bool,
}

fn sample_row(say: Say<'_>) -> MergeRow {
    MergeRow {
        kept: Lookup {
            id: "1".into(),
            label: say.of("合肥锅炉制造有限公司", "Hefei Boiler Works"),
            href: "/customer/1".into(),
        },
        object: say.of("客户", "Customer"),
        others: vec![say.of("合肥锅炉厂", "Hefei Boiler Plant")],
        at: say.moment("3 天前", "3 days ago"),
        by: say.of("王小梅", "May Wang"),
        is_undone: false,
        undo: Some("/merges/1".into()),
    }
}

impl Page for MergesPage {
    const TEMPLATE: &'static str = "settings/merges.html";

    fn samples(lang: &str) -> Vec<(&'static str, Self)> {
        let say = Say(lang);
        let undone = MergeRow {
            is_undone: true,
            undo: None,
            ..sample_row(say)
        };
        let none = say.empty(
            ("还没有合并", "No merges yet"),
            (
                "合并过的记录会出现在这里。",
                "Merged records will stand here.",
            ),
            "merge",
        );
        vec![
            (
                "",
                MergesPage {
                    rows: vec![sample_row(say), undone],
                    ..MergesPage::default()
                },
            ),
            (
                "empty",
                MergesPage {
                    empty: Some(none),
                    ..MergesPage::default()
                },
            ),
        ]
    }
}

impl Page for UnmergePage {
    const TEMPLATE: &'static str = "dialogs/unmerge.html";

    fn samples(lang: &str) -> Vec<(&'static str, Self)> {
        let say = Say(lang);
        let field = |zh: &str, en: &str, now: &str, then: &str| UnmergeField {
            label: say.of(zh, en),
            now: now.into(),
            then: then.into(),
            stays: now == then,
        };
        let row = sample_row(say);
        vec![(
            "",
            UnmergePage {
                name: row.kept.label,
                others: row.others,
                fields: vec![
                    field("网站", "Website", "hfgl.example.cn", ""),
                    field("电话", "Phone", "0551-62345678", "0551-62345678"),
                ],
                along: vec![Tally {
                    label: say.of("联系人", "Contacts"),
                    value: "3".into(),
                    ..Tally::default()
                }],
                action: Some("/merges/1/undo".into()),
                cancel: "/customer/1".into(),
            },
        )]
    }
}

impl Page for MergePage {
    const TEMPLATE: &'static str = "merge.html";

    fn samples(lang: &str) -> Vec<(&'static str, Self)> {
        let say = Say(lang);
        let field =
            |name: &str, label: (&str, &str), values: [&str; 2], chosen: usize| MergeField {
                name: name.into(),
                label: say.of(label.0, label.1),
                values: values.map(str::to_owned).into(),
                chosen,
                is_same: values[0] == values[1],
            };
        let (one, two) = (
            say.of("合肥锅炉制造有限公司", "Hefei Boiler Works"),
            say.of("合肥锅炉厂", "Hefei Boiler Plant"),
        );
        let move_along = |zh: &str, en: &str, n: &str| Tally {
            label: say.of(zh, en),
            value: n.into(),
            ..Tally::default()
        };
        vec![(
            "",
            MergePage {
                crumb: Crumb {
                    label: say.of("客户", "Customers"),
                    href: "/customer".into(),
                },
                action: "/customer/1/merge".into(),
                cancel: "/customer/1".into(),
                records: vec![
                    Lookup {
                        id: "1".into(),
                        label: one.clone(),
                        href: "/customer/1".into(),
                    },
                    Lookup {
                        id: "9".into(),
                        label: two.clone(),
                        href: "/customer/9".into(),
                    },
                ],
                fields: vec![
                    field("name", ("名称", "Name"), [&one, &two], 0),
                    field(
                        "phone",
                        ("电话", "Phone"),
                        ["0551-6234 5678", "0551-6234 5600"],
                        0,
                    ),
                    field("website", ("网站", "Website"), ["", "hfgl.example.cn"], 1),
                    field("source", ("来源", "Source"), ["2023", "2023"], 0),
                ],
                moves: vec![
                    move_along("联系人", "Contacts", "3"),
                    move_along("机会", "Deals", "2"),
                    move_along("往来", "Activities", "41"),
                ],
                error: None,
            },
        )]
    }
}
