//! What opens in the dialog; without scripts each is a page of its own.

use serde::Serialize;

use super::Page;
use super::parts::{CellView, Choice, FieldError, Tally};
use super::sample::Say;

/// A noun with a form: handover, closure, share, claim, delete, bulk edit, save view. POST to `action`.
#[derive(Clone, Debug, Default, Serialize)]
pub struct ActionPage {
    pub heading: String,
    pub text: String,
    pub icon: String,
    /// `go danger`.
    pub tone: String,
    pub action: String,
    pub cancel: String,
    pub submit: String,
    pub version: Option<u64>,
    pub cells: Vec<CellView>,
    /// What it touches: open deals, tasks.
    pub touches: Vec<Tally>,
    pub errors: Vec<FieldError>,
    pub hidden: Vec<(String, String)>,
    /// True when the list's choice is sent along (`ids`, or `all` and `filter`).
    pub is_bulk: bool,
}

/// "Why can I see this": each rule with its answer, the deciding ones first.
#[derive(Clone, Debug, Default, Serialize)]
pub struct WhyPage {
    pub name: String,
    pub back: String,
    pub reasons: Vec<Reason>,
    /// What may be done.
    pub allowed: Vec<String>,
    pub hidden_fields: Vec<String>,
}

#[derive(Clone, Debug, Default, Serialize)]
pub struct Reason {
    pub is_granting: bool,
    pub text: String,
}

/// Adds or changes one condition of the filter; GET back to the list.
#[derive(Clone, Debug, Default, Serialize)]
pub struct FilterPage {
    pub action: String,
    pub cancel: String,
    /// Choosing another field asks for the dialog again.
    pub again: String,
    pub fields: Vec<Choice>,
    pub operators: Vec<Choice>,
    pub value: Option<CellView>,
    /// The whole filter as text, for those who write it.
    pub expression: String,
    /// True when the text is what the reader came for.
    pub is_text: bool,
    /// Where a text is checked while it is written, and where its names are listed.
    pub check: String,
    pub names: String,
    pub error: Option<String>,
    pub hidden: Vec<(String, String)>,
}

/// Which columns, in which order; posted as repeated `column`.
#[derive(Clone, Debug, Default, Serialize)]
pub struct ColumnsPage {
    pub action: String,
    pub cancel: String,
    pub columns: Vec<Choice>,
}

/// The reader's views: in their order, with names and who shares them; and which one the list opens with. Posted as
/// repeated `id`, `name.<id>`, `sharing.<id>`, `remove.<id>`; `up` moves one before it is saved.
#[derive(Clone, Debug, Default, Serialize)]
pub struct ViewsPage {
    pub action: String,
    pub cancel: String,
    pub views: Vec<ViewRow>,
    pub openings: Vec<Choice>,
    pub error: Option<String>,
}

#[derive(Clone, Debug, Default, Serialize)]
pub struct ViewRow {
    pub id: String,
    pub name: String,
    pub sharing: Vec<Choice>,
}

impl Page for ViewsPage {
    const TEMPLATE: &'static str = "dialogs/views.html";

    fn samples(lang: &str) -> Vec<(&'static str, Self)> {
        let say = Say(lang);
        let sharing = say.choices(
            &[
                ("nobody", "只有我", "Only me", ""),
                ("team", "我的部门", "My department", ""),
            ],
            "team",
        );
        let row = |id: &str, zh: &str, en: &str| ViewRow {
            id: id.into(),
            name: say.of(zh, en),
            sharing: sharing.clone(),
        };
        vec![(
            "",
            ViewsPage {
                action: "/customer/views/arrange".into(),
                cancel: "/customer".into(),
                views: vec![
                    row("1", "本周重点", "This week"),
                    row("2", "沉睡的", "Sleeping"),
                ],
                openings: say.choices(
                    &[
                        ("", "全部客户", "All customers", ""),
                        ("view=mine", "我的", "Mine", ""),
                    ],
                    "",
                ),
                error: None,
            },
        )]
    }
}

impl Page for ActionPage {
    const TEMPLATE: &'static str = "dialogs/action.html";

    fn samples(lang: &str) -> Vec<(&'static str, Self)> {
        let say = Say(lang);
        let to = CellView::new("to", &say.of("移交给", "Hand over to"), "link", "").with(|cell| {
            cell.lookup = Some("/user/options".into());
            cell.required = true;
            cell.wide = true;
        });
        let note = CellView::new("note", &say.of("说明", "Note"), "long_text", "");
        let reason =
            CellView::new("reason", &say.of("原因", "Reason"), "choice", "").with(|cell| {
                cell.required = true;
                cell.wide = true;
                cell.choices = say.choices(
                    &[
                        ("price", "价格", "Price", ""),
                        ("rival", "竞争对手", "Competitor", ""),
                        ("none", "项目取消", "Cancelled", ""),
                    ],
                    "",
                );
            });
        let handover = ActionPage {
            heading: say.of("移交客户", "Hand over"),
            text: say.of(
                "客户和它所有未完成的事一起交给同事。",
                "The customer and everything open on it go to a colleague.",
            ),
            icon: "arrow-left-right".into(),
            tone: "go".into(),
            action: "/customer/1/handover".into(),
            cancel: "/customer/1".into(),
            submit: say.of("移交", "Hand over"),
            version: Some(7),
            cells: vec![to, note.clone()],
            touches: vec![
                Tally {
                    label: say.of("进行中的机会", "Open deals"),
                    value: "4".into(),
                    ..Tally::default()
                },
                Tally {
                    label: say.of("未完成任务", "Open tasks"),
                    value: "6".into(),
                    ..Tally::default()
                },
            ],
            ..ActionPage::default()
        };
        let lost = ActionPage {
            heading: say.of("输单", "Lost"),
            text: say.of(
                "说说原因，下一次会更好。",
                "Say why: the next one will go better.",
            ),
            icon: "thumbs-down".into(),
            tone: "danger".into(),
            submit: say.of("标为输单", "Mark as lost"),
            cells: vec![reason, note],
            touches: vec![],
            ..handover.clone()
        };
        vec![("handover", handover), ("closure", lost)]
    }
}

impl Page for WhyPage {
    const TEMPLATE: &'static str = "dialogs/why.html";

    fn samples(lang: &str) -> Vec<(&'static str, Self)> {
        let say = Say(lang);
        let reason = |is_granting: bool, zh: &str, en: &str| Reason {
            is_granting,
            text: say.of(zh, en),
        };
        vec![(
            "",
            WhyPage {
                name: say.of("合肥锅炉制造有限公司", "Hefei Boiler Works"),
                back: "/customer/1".into(),
                reasons: vec![
                    reason(true, "您是负责人。", "You are the owner."),
                    reason(
                        true,
                        "角色「销售」可以看自己的、共享给自己的和公海的客户。",
                        "The role Salesperson sees own, shared and pool customers.",
                    ),
                    reason(
                        false,
                        "没有人单独把它共享给您。",
                        "Nobody shared it with you.",
                    ),
                ],
                allowed: vec![
                    say.of("查看", "see"),
                    say.of("修改", "change"),
                    say.of("移交", "hand over"),
                ],
                hidden_fields: vec![say.of("成本价", "Cost price")],
            },
        )]
    }
}

impl Page for FilterPage {
    const TEMPLATE: &'static str = "dialogs/filter.html";

    fn samples(lang: &str) -> Vec<(&'static str, Self)> {
        let say = Say(lang);
        vec![(
            "",
            FilterPage {
                action: "/customer".into(),
                cancel: "/customer".into(),
                again: "/customer/filter".into(),
                fields: say.choices(
                    &[
                        ("level", "级别", "Level", ""),
                        ("region", "地区", "Region", ""),
                    ],
                    "level",
                ),
                operators: say.choices(&[("=", "是", "is", ""), ("!=", "不是", "is not", "")], "="),
                value: Some(say.facts().remove(1)),
                expression: "level = \"strategic\"".into(),
                is_text: true,
                check: "/customer/filter/check".into(),
                names: "/customer/filter/names".into(),
                error: None,
                hidden: vec![],
            },
        )]
    }
}

impl Page for ColumnsPage {
    const TEMPLATE: &'static str = "dialogs/columns.html";

    fn samples(lang: &str) -> Vec<(&'static str, Self)> {
        let say = Say(lang);
        let mut columns = say.choices(
            &[
                ("name", "名称", "Name", ""),
                ("level", "级别", "Level", ""),
                ("phone", "电话", "Phone", ""),
            ],
            "name",
        );
        columns[1].selected = true;
        vec![(
            "",
            ColumnsPage {
                action: "/customer/columns".into(),
                cancel: "/customer".into(),
                columns,
            },
        )]
    }
}
