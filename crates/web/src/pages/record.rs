//! `GET /{object}/{id}`: facts, timeline, related; the stage path on top.

use serde::Serialize;

use super::Page;
use super::merge::MergeRow;
use super::parts::{Action, Change, Crumb, Empty, Face, Lookup, Section, Tab, Tag, Tally, Todo};
use super::sample::Say;
use crate::speech::Moment;

#[derive(Clone, Debug, Default, Serialize)]
pub struct RecordPage {
    /// `customer/018f…`.
    pub record: String,
    pub version: u64,
    pub crumb: Crumb,
    pub name: String,
    pub face: Face,
    /// Number, trade, place: short facts under the name.
    pub subtitle: Vec<String>,
    pub tags: Vec<Tag>,
    pub actions: Vec<Action>,
    pub more: Vec<Action>,
    pub edit: Option<String>,
    /// Dialog "why can I see this".
    pub why: String,
    pub is_followed: bool,
    pub follow: String,
    /// What the reader must know: deleted, in the pool, merged, looks like a duplicate.
    pub alerts: Vec<Alert>,
    pub stages: Vec<Stage>,
    pub sections: Vec<Section>,
    pub people: Vec<Person>,
    pub new_person: Option<String>,
    pub tabs: Vec<Tab>,
    pub composer: Option<Composer>,
    /// POST a file here; none where the reader may not or looks at another tab.
    pub upload: Option<String>,
    pub timeline: TimelinePage,
    /// What went into this record; on the history's tab.
    pub merges: Vec<MergeRow>,
    pub know: Vec<Tally>,
    pub todos: Vec<Todo>,
    pub new_todo: Option<String>,
    pub related: Vec<RelatedPage>,
}

#[derive(Clone, Debug, Default, Serialize)]
pub struct Alert {
    pub tone: String,
    pub icon: String,
    pub text: String,
    pub action: Option<Action>,
}

#[derive(Clone, Debug, Default, Serialize)]
pub struct Stage {
    pub value: String,
    pub label: String,
    /// `past now next won lost`.
    pub state: String,
    /// POST moves there; none = not allowed. A closing stage opens its dialog (`is_dialog`).
    pub href: Option<String>,
    pub is_dialog: bool,
    /// Days spent there.
    pub stay: String,
}

#[derive(Clone, Debug, Default, Serialize)]
pub struct Person {
    pub face: Face,
    pub name: String,
    pub href: String,
    pub peek: String,
    pub role: String,
    pub phone: String,
    pub email: String,
    pub tag: Option<Tag>,
}

/// The quick composer: `kind subject body due_at result`, POST to `href`, which answers the new entry.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Composer {
    pub href: String,
    pub kinds: Vec<ComposerKind>,
    pub body: String,
    pub error: Option<String>,
}

#[derive(Clone, Debug, Default, Serialize)]
pub struct ComposerKind {
    pub value: String,
    pub label: String,
    pub icon: String,
    pub has_due: bool,
}

/// Fragment: a page of the timeline, newest first.
#[derive(Clone, Debug, Default, Serialize)]
pub struct TimelinePage {
    pub entries: Vec<Entry>,
    pub next: Option<String>,
    pub empty: Option<Empty>,
}

#[derive(Clone, Debug, Default, Serialize)]
pub struct Entry {
    pub id: String,
    /// Shown before the first entry of a day; empty otherwise.
    pub day: String,
    pub icon: String,
    pub tone: String,
    /// What happened: `Call`, `Deal`.
    pub kind: String,
    pub title: String,
    pub href: String,
    pub at: Moment,
    pub by: String,
    pub body: String,
    pub tags: Vec<Tag>,
    pub changes: Vec<Change>,
    /// POST takes a change back; empty = cannot.
    pub undo: String,
    pub files: Vec<Lookup>,
    /// Address of the picture that the entry is, or empty.
    pub picture: String,
    /// POST takes the file away; empty = cannot.
    pub remove: String,
}

/// Fragment: one related list.
#[derive(Clone, Debug, Default, Serialize)]
pub struct RelatedPage {
    pub id: String,
    pub label: String,
    pub count: String,
    pub all: String,
    pub new: Option<String>,
    pub rows: Vec<RelatedRow>,
    pub empty: String,
}

#[derive(Clone, Debug, Default, Serialize)]
pub struct RelatedRow {
    pub record: String,
    pub title: String,
    pub href: String,
    pub peek: String,
    pub subtitle: String,
    pub amount: String,
    pub tag: Option<Tag>,
}

impl Page for RecordPage {
    const TEMPLATE: &'static str = "record.html";

    fn samples(lang: &str) -> Vec<(&'static str, Self)> {
        let say = Say(lang);
        let full = full(say);
        let pool = RecordPage {
            record: "lead/2".into(),
            stages: vec![],
            people: vec![],
            know: vec![],
            todos: vec![],
            related: vec![],
            composer: None,
            timeline: TimelinePage {
                empty: Some(say.empty(
                    ("还没有往来", "Nothing yet"),
                    (
                        "第一次电话、拜访或备注会出现在这里。",
                        "The first call, visit or note will stand here.",
                    ),
                    "activity",
                )),
                ..TimelinePage::default()
            },
            alerts: vec![
                Alert {
                    tone: "warn".into(),
                    icon: "waves".into(),
                    text: say.of(
                        "这位客户在公海，任何人都可以认领。",
                        "This customer is in the open pool; anyone may claim it.",
                    ),
                    action: Some(say.action("认领", "Claim", "hand")),
                },
                Alert {
                    tone: String::new(),
                    icon: "merge".into(),
                    text: say.of(
                        "与「合肥锅炉厂」可能是同一家。",
                        "This may be the same as “Hefei Boiler Plant”.",
                    ),
                    action: Some(say.action("比较并合并", "Compare and merge", "merge")),
                },
            ],
            ..full.clone()
        };
        vec![("", full), ("pool", pool)]
    }
}

impl Page for TimelinePage {
    const TEMPLATE: &'static str = "timeline.html";

    fn samples(lang: &str) -> Vec<(&'static str, Self)> {
        vec![("", timeline(Say(lang)))]
    }
}

impl Page for RelatedPage {
    const TEMPLATE: &'static str = "related.html";

    fn samples(lang: &str) -> Vec<(&'static str, Self)> {
        let page = related(Say(lang));
        vec![
            (
                "empty",
                RelatedPage {
                    rows: vec![],
                    count: "0".into(),
                    ..page.clone()
                },
            ),
            ("", page),
        ]
    }
}

fn full(say: Say<'_>) -> RecordPage {
    let key = |action: Action, key: &str, tone: &str| Action {
        key: key.into(),
        tone: tone.into(),
        ..action
    };
    let mut facts = say.facts();
    let more = facts.split_off(9);
    RecordPage {
        merges: vec![],
        record: "customer/1".into(),
        version: 7,
        crumb: Crumb {
            label: say.of("客户", "Customers"),
            href: "/customer".into(),
        },
        name: say.of("合肥锅炉制造有限公司", "Hefei Boiler Works"),
        face: say.face("合", "H", "jade"),
        subtitle: vec![
            "C-20231107".into(),
            say.of("制造业", "Manufacturing"),
            say.of("安徽 合肥", "Hefei, Anhui"),
        ],
        tags: vec![say.tag("战略", "Strategic", "jade")],
        actions: vec![
            key(say.action("拨打", "Call", "phone"), "", ""),
            key(say.action("新机会", "New deal", "plus"), "o", ""),
        ],
        more: vec![
            say.action("移交", "Hand over", "arrow-left-right"),
            say.action("与另一位合并", "Merge with another", "merge"),
            say.action("共享", "Share", "share-2"),
            say.action("放回公海", "Release to pool", "waves"),
            key(say.action("删除", "Delete", "trash-2"), "", "danger"),
        ],
        edit: Some("/customer/1/edit".into()),
        why: "/customer/1/why".into(),
        is_followed: true,
        follow: "/customer/1/follow".into(),
        alerts: vec![],
        stages: stages(say),
        sections: vec![
            Section {
                label: say.of("基本资料", "Facts"),
                cells: facts,
            },
            Section {
                label: say.of("更多", "More"),
                cells: more,
            },
        ],
        people: people(say),
        new_person: Some("/contact/new?customer=1".into()),
        tabs: tabs(say),
        composer: Some(composer(say)),
        upload: Some("/customer/1/files".into()),
        timeline: timeline(say),
        know: [
            ("12 个月价值", "12-month value", "¥1.46M", ""),
            ("仍活跃", "Still active", "97%", ""),
            ("RFM", "RFM", "5 · 5 · 4", ""),
            ("利润贡献", "Profit share", "3%", ""),
        ]
        .map(|(zh, en, value, tone)| Tally {
            label: say.of(zh, en),
            value: value.into(),
            href: "/insight".into(),
            tone: tone.into(),
        })
        .into(),
        todos: vec![
            todo(
                say,
                1,
                ("发最终报价", "Send the final quote"),
                ("周五", "Friday"),
                "rose",
            ),
            todo(
                say,
                2,
                ("陈静生日问候", "Birthday greeting to Jing Chen"),
                ("明天", "tomorrow"),
                "gold",
            ),
        ],
        new_todo: Some("/task/new?customer=1".into()),
        related: vec![related(say)],
    }
}

fn stages(say: Say<'_>) -> Vec<Stage> {
    [
        ("lead", "潜在", "Prospect", "past", "12"),
        ("interest", "意向", "Interested", "past", "31"),
        ("first", "首单", "First order", "past", "64"),
        ("steady", "稳定合作", "Steady", "now", "208"),
        ("partner", "战略伙伴", "Partner", "next", ""),
    ]
    .map(|(value, zh, en, state, stay)| Stage {
        value: value.into(),
        label: say.of(zh, en),
        state: state.into(),
        href: Some("/customer/1/stage".into()),
        is_dialog: false,
        stay: if stay.is_empty() {
            String::new()
        } else {
            say.of(&format!("{stay} 天"), &format!("{stay} d"))
        },
    })
    .into()
}

fn people(say: Say<'_>) -> Vec<Person> {
    let person = |name: (&str, &str), role: (&str, &str), tone: &str| Person {
        face: say.face(
            &name.0.chars().take(1).collect::<String>(),
            &name.1.chars().take(1).collect::<String>(),
            tone,
        ),
        name: say.of(name.0, name.1),
        href: "/contact/1".into(),
        peek: "/contact/1/peek".into(),
        role: say.of(role.0, role.1),
        phone: "+8613855106234".into(),
        email: "li@hfgl.example.cn".into(),
        tag: None,
    };
    vec![
        person(
            ("李国强", "Guoqiang Li"),
            ("采购总监", "Head of purchasing"),
            "gold",
        ),
        Person {
            tag: Some(say.tag("生日 明天", "Birthday tomorrow", "gold")),
            ..person(("陈静", "Jing Chen"), ("设备科", "Engineering"), "plum")
        },
    ]
}

fn tabs(say: Say<'_>) -> Vec<Tab> {
    let tab = |zh: &str, en: &str, count: &str, current: bool| Tab {
        count: count.into(),
        current,
        ..say.tab(zh, en, "/customer/1?tab=x")
    };
    vec![
        tab("时间线", "Timeline", "", true),
        tab("机会", "Deals", "4", false),
        tab("联系人", "Contacts", "2", false),
        tab("文件", "Files", "6", false),
        tab("历史", "History", "", false),
    ]
}

fn composer(say: Say<'_>) -> Composer {
    let kind = |value: &str, zh: &str, en: &str, icon: &str| ComposerKind {
        value: value.into(),
        label: say.of(zh, en),
        icon: icon.into(),
        has_due: matches!(value, "task" | "meeting"),
    };
    Composer {
        href: "/customer/1/activity".into(),
        kinds: vec![
            kind("note", "备注", "Note", "notebook-pen"),
            kind("call", "电话", "Call", "phone"),
            kind("meeting", "会议", "Meeting", "calendar-days"),
            kind("visit", "拜访", "Visit", "footprints"),
            kind("task", "任务", "Task", "list-checks"),
        ],
        ..Composer::default()
    }
}

fn timeline(say: Say<'_>) -> TimelinePage {
    let entry = |id: u32,
                 day: (&str, &str),
                 kind: (&str, &str),
                 look: (&str, &str),
                 title: (&str, &str),
                 at: (&str, &str)| Entry {
        id: id.to_string(),
        day: say.of(day.0, day.1),
        kind: say.of(kind.0, kind.1),
        icon: look.0.into(),
        tone: look.1.into(),
        title: say.of(title.0, title.1),
        href: format!("/call/{id}"),
        at: say.moment(at.0, at.1),
        by: say.of("王小梅", "May Wang"),
        ..Entry::default()
    };
    let change = |label: (&str, &str), old: (&str, &str), new: (&str, &str)| Change {
        label: say.of(label.0, label.1),
        old: say.of(old.0, old.1),
        new: say.of(new.0, new.1),
    };
    TimelinePage {
        entries: vec![
            Entry {
                body: say.of("询问 10 吨锅炉改造报价的有效期，希望本周五前给出最终价。已答应周四前发。", "Asked how long the quote for the 10 t conversion holds; wants the final price by Friday. Promised it for Thursday."),
                tags: vec![say.tag("4 分 12 秒", "4 min 12 s", ""), say.tag("有意向", "Interested", "jade")],
                ..entry(1, ("今天", "Today"), ("来电", "Call"), ("phone", "sky"), ("李国强", "Guoqiang Li"), ("09:42", "09:42"))
            },
            Entry {
                changes: vec![change(("阶段", "Stage"), ("方案", "Proposal"), ("报价", "Quote"))],
                undo: "/undo/2".into(),
                ..entry(2, ("昨天", "Yesterday"), ("机会", "Deal"), ("square-kanban", "jade"), ("合肥二期改造", "Hefei phase two"), ("16:20", "16:20"))
            },
            Entry {
                files: vec![Lookup { id: "f1".into(), label: say.of("技术协议 v3.pdf", "Technical agreement v3.pdf"), href: "/files/1".into() }],
                ..entry(3, ("", ""), ("备注", "Note"), ("notebook-pen", "gold"), ("技术协议已确认", "Technical agreement confirmed"), ("11:05", "11:05"))
            },
            Entry {
                body: say.of("现场看了 2 号锅炉房，空间足够；建议分两期停机。", "Saw boiler house 2: enough room; advised two shutdowns."),
                ..entry(4, ("11-12", "12 Nov"), ("拜访", "Visit"), ("footprints", "plum"), ("合肥新站厂区", "Hefei Xinzhan plant"), ("14:00", "14:00"))
            },
            Entry {
                changes: vec![change(("级别", "Level"), ("重点", "Key"), ("战略", "Strategic")), change(("信用额度", "Credit"), ("¥1,000,000", "¥1,000,000"), ("¥2,000,000", "¥2,000,000"))],
                by: say.of("张建国", "James Zhang"),
                ..entry(5, ("11-01", "1 Nov"), ("改动", "Change"), ("pencil", ""), ("", ""), ("10:12", "10:12"))
            },
        ],
        next: Some("/customer/1/timeline?cursor=eyJ".into()),
        empty: None,
    }
}

fn todo(say: Say<'_>, id: u32, title: (&str, &str), due: (&str, &str), tone: &str) -> Todo {
    Todo {
        record: format!("task/{id}"),
        version: 1,
        title: say.of(title.0, title.1),
        href: format!("/task/{id}"),
        peek: format!("/task/{id}/peek"),
        done: format!("/task/{id}/done"),
        about: None,
        due: Some(say.moment(due.0, due.1)),
        tone: tone.into(),
        icon: "list-checks".into(),
    }
}

fn related(say: Say<'_>) -> RelatedPage {
    let row = |id: u32, title: (&str, &str), amount: &str, tag: (&str, &str, &str)| RelatedRow {
        record: format!("opportunity/{id}"),
        title: say.of(title.0, title.1),
        href: format!("/opportunity/{id}"),
        peek: format!("/opportunity/{id}/peek"),
        subtitle: say.of("预计 12-20 成交", "closes 20 Dec"),
        amount: amount.into(),
        tag: Some(say.tag(tag.0, tag.1, tag.2)),
    };
    RelatedPage {
        id: "related-opportunity".into(),
        label: say.of("机会", "Deals"),
        count: "4".into(),
        all: "/opportunity?customer=1".into(),
        new: Some("/opportunity/new?customer=1".into()),
        rows: vec![
            row(
                6,
                ("合肥二期改造", "Hefei phase two"),
                "¥680,000",
                ("报价", "Quote", "sky"),
            ),
            row(
                13,
                ("余热回收器", "Heat recovery unit"),
                "¥210,000",
                ("意向", "Interest", ""),
            ),
            row(
                14,
                ("年度维保 2027", "Service contract 2027"),
                "¥96,000",
                ("赢单", "Won", "jade"),
            ),
        ],
        empty: say.of("还没有机会。", "No deals yet."),
    }
}
