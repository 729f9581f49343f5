//! `GET /{object}`: the list as a table, which a phone shows as cards from the same rows.

use serde::Serialize;

use super::Page;
use super::parts::{Action, CellView, Chip, Count, Empty, Face, Lookup, Method, Tab};
use super::sample::Say;

#[derive(Clone, Debug, Default, Serialize)]
pub struct ListPage {
    pub object: String,
    /// The object's name, many.
    pub label: String,
    pub count: Count,
    /// Saved views.
    pub tabs: Vec<Tab>,
    /// Dialog that saves the present filter, sort and columns as a view.
    pub save_view: String,
    /// The dialog that names, orders, shares and forgets the reader's views.
    pub arrange_views: String,
    /// Table, board, calendar.
    pub modes: Vec<Tab>,
    pub chips: Vec<Chip>,
    /// Dialog that adds a condition.
    pub add_filter: String,
    /// The list without any condition; empty when there is none.
    pub clear_filter: String,
    pub sort_label: String,
    pub columns_href: String,
    pub columns: Vec<Column>,
    pub rows: Vec<RowView>,
    /// Address of the next rows (fragment `rows`), or none at the end.
    pub next: Option<String>,
    /// The filter as a query string; bulk acts on "all that match" send it.
    pub filter: String,
    /// Sums below the columns, by column name; only where the reader asked.
    pub sums: Vec<(String, String)>,
    /// Buttons: import, export.
    pub actions: Vec<Action>,
    pub new: Option<Action>,
    pub bulk: Vec<Action>,
    pub empty: Option<Empty>,
}

#[derive(Clone, Debug, Default, Serialize)]
pub struct Column {
    pub name: String,
    pub label: String,
    pub is_number: bool,
    /// Address that sorts by it; none = cannot be sorted.
    pub sort: Option<String>,
    /// `ascending descending` or empty.
    pub sorted: String,
}

/// One record in a list.
#[derive(Clone, Debug, Default, Serialize)]
pub struct RowView {
    /// `customer/018f…`, as live changes name it.
    pub record: String,
    pub id: String,
    pub version: u64,
    pub href: String,
    pub peek: String,
    /// Address of this row alone (fragment `rows` with one row).
    pub refresh: String,
    pub cells: Vec<CellView>,
}

/// Fragment: more rows, or one row after a change. Also the body of [`ListPage`].
#[derive(Clone, Debug, Default, Serialize)]
pub struct RowsPage {
    pub columns: Vec<Column>,
    pub rows: Vec<RowView>,
    pub next: Option<String>,
}

impl ListPage {
    /// The head of a sample of another shape, which has no columns to choose.
    pub fn sample_head(lang: &str) -> ListPage {
        ListPage {
            columns_href: String::new(),
            ..full(Say(lang))
        }
    }
}

impl Page for ListPage {
    const TEMPLATE: &'static str = "list.html";

    fn samples(lang: &str) -> Vec<(&'static str, Self)> {
        let say = Say(lang);
        let full = full(say);
        let new = Action {
            href: "/customer/new".into(),
            method: Method::Link,
            ..say.action("新建客户", "New customer", "plus")
        };
        let import = Action {
            href: "/import?object=customer".into(),
            method: Method::Link,
            ..say.action("导入", "Import", "file-up")
        };
        let empty = Empty {
            actions: vec![Action { tone: "go".into(), ..new }, import],
            ..say.empty(("还没有客户", "No customers yet"), ("客户是与您做生意的公司或个人。先建一位，或从表格导入。", "Customers are the companies and people you do business with. Add one, or import a spreadsheet."), "building-2")
        };
        let nothing = Empty {
            actions: vec![Action {
                href: "/customer".into(),
                method: Method::Link,
                ..say.action("清除条件", "Clear conditions", "x")
            }],
            ..say.empty(
                ("没有符合条件的客户", "No customer matches"),
                (
                    "去掉一个条件，或换一个视图。",
                    "Remove a condition or choose another view.",
                ),
                "funnel",
            )
        };
        let bare = ListPage {
            rows: vec![],
            next: None,
            count: Count {
                text: "0".into(),
                exact: true,
                exact_href: String::new(),
            },
            sums: vec![],
            ..full.clone()
        };
        vec![
            ("", full),
            (
                "empty",
                ListPage {
                    chips: vec![],
                    clear_filter: String::new(),
                    empty: Some(empty),
                    ..bare.clone()
                },
            ),
            (
                "nothing",
                ListPage {
                    empty: Some(nothing),
                    ..bare
                },
            ),
        ]
    }
}

impl Page for RowsPage {
    const TEMPLATE: &'static str = "rows.html";

    fn samples(lang: &str) -> Vec<(&'static str, Self)> {
        let full = full(Say(lang));
        vec![(
            "",
            RowsPage {
                columns: full.columns,
                rows: full.rows,
                next: full.next,
            },
        )]
    }
}

fn full(say: Say<'_>) -> ListPage {
    let chip = |field: (&str, &str), operator: (&str, &str), value: (&str, &str)| Chip {
        field: say.of(field.0, field.1),
        operator: say.of(operator.0, operator.1),
        value: say.of(value.0, value.1),
        edit: "/customer/filter?at=0".into(),
        without: "/customer".into(),
    };
    let current = |tab: Tab| Tab {
        current: true,
        ..tab
    };
    ListPage {
        object: "customer".into(),
        label: say.of("客户", "Customers"),
        count: Count {
            text: "1000+".into(),
            exact: false,
            exact_href: "/customer/count?filter=".into(),
        },
        tabs: vec![
            current(say.tab("我的客户", "My customers", "/customer?view=mine")),
            say.tab("部门全部", "Department", "/customer?view=department"),
            Tab {
                count: "12".into(),
                ..say.tab("本周要跟进", "Follow up this week", "/customer?view=week")
            },
            Tab {
                count: "9".into(),
                ..say.tab("流失预警", "At risk", "/customer?view=risk")
            },
            say.tab("公海", "Open pool", "/customer?view=pool"),
        ],
        save_view: "/customer/views/new".into(),
        arrange_views: "/customer/views".into(),
        modes: vec![
            current(Tab {
                icon: "table-2".into(),
                ..say.tab("表格", "Table", "/customer")
            }),
            Tab {
                icon: "square-kanban".into(),
                ..say.tab("看板", "Board", "/customer?view=board")
            },
        ],
        chips: vec![
            chip(("区域", "Region"), ("属于", "is"), ("华东", "East China")),
            chip(
                ("年成交", "Yearly revenue"),
                ("≥", "≥"),
                ("30,000", "30,000"),
            ),
        ],
        add_filter: "/customer/filter".into(),
        clear_filter: "/customer".into(),
        sort_label: say.of("年成交", "Revenue"),
        columns_href: "/customer/columns".into(),
        columns: columns(say),
        rows: rows(say),
        next: Some("/customer/rows?cursor=eyJ".into()),
        filter: "region = \"east\" and revenue >= 30000".into(),
        sums: vec![("revenue".into(), "¥5,297,800".into())],
        actions: vec![
            Action {
                href: "/import?object=customer".into(),
                method: Method::Link,
                ..say.action("导入", "Import", "file-up")
            },
            Action {
                href: "/customer/export".into(),
                ..say.action("导出", "Export", "file-down")
            },
        ],
        new: Some(Action {
            href: "/customer/new".into(),
            method: Method::Link,
            key: "c".into(),
            tone: "go".into(),
            ..say.action("新建", "New", "plus")
        }),
        bulk: vec![
            Action {
                key: "e".into(),
                ..say.action("编辑字段", "Edit field", "pencil")
            },
            say.action("移交", "Hand over", "arrow-left-right"),
            say.action("合并", "Merge", "merge"),
            say.action("导出", "Export", "file-down"),
            Action {
                tone: "danger".into(),
                ..say.action("删除", "Delete", "trash-2")
            },
        ],
        empty: None,
    }
}

fn columns(say: Say<'_>) -> Vec<Column> {
    [
        ("name", "名称", "Name", false),
        ("level", "级别", "Level", false),
        ("region", "地区", "Region", false),
        ("revenue", "年成交", "Yearly revenue", true),
        ("owner", "负责人", "Owner", false),
        ("last_contact", "最近联系", "Last contact", false),
        ("risk", "流失风险", "Churn risk", false),
        ("next_step", "下一步", "Next step", false),
    ]
    .map(|(name, zh, en, is_number)| Column {
        name: name.into(),
        label: say.of(zh, en),
        is_number,
        sort: Some(format!("/customer?sort={name}")),
        sorted: if name == "revenue" {
            "descending".into()
        } else {
            String::new()
        },
    })
    .into()
}

/// Name, level, place, revenue, owner (letter and tone), last contact, risk, next step.
type Line = (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    i64,
    i64,
    usize,
);

const LINES: [Line; 14] = [
    (
        "合肥锅炉制造有限公司",
        "Hefei Boiler Works",
        "strategic",
        "安徽 合肥",
        "Hefei, Anhui",
        "1,284,500",
        "梅",
        0,
        12,
        0,
    ),
    (
        "南京港华食品厂",
        "Ganghua Foods Nanjing",
        "key",
        "江苏 南京",
        "Nanjing, Jiangsu",
        "862,000",
        "雷",
        1,
        18,
        1,
    ),
    (
        "常州天宁光伏",
        "Tianning Solar",
        "key",
        "江苏 常州",
        "Changzhou, Jiangsu",
        "760,000",
        "陈",
        2,
        15,
        2,
    ),
    (
        "杭州西溪酒店集团",
        "Xixi Hotels Group",
        "strategic",
        "浙江 杭州",
        "Hangzhou, Zhejiang",
        "640,300",
        "梅",
        3,
        26,
        2,
    ),
    (
        "上海腾达科技",
        "Tengda Technology",
        "normal",
        "上海 浦东",
        "Pudong, Shanghai",
        "412,000",
        "陈",
        5,
        34,
        3,
    ),
    (
        "苏州工业园区人民医院",
        "Suzhou SIP Hospital",
        "key",
        "江苏 苏州",
        "Suzhou, Jiangsu",
        "398,200",
        "梅",
        6,
        41,
        4,
    ),
    (
        "宁波北仑港物流",
        "Beilun Port Logistics",
        "watch",
        "浙江 宁波",
        "Ningbo, Zhejiang",
        "275,900",
        "雷",
        12,
        63,
        5,
    ),
    (
        "无锡太湖饮品",
        "Taihu Beverages",
        "normal",
        "江苏 无锡",
        "Wuxi, Jiangsu",
        "188,000",
        "陈",
        21,
        71,
        6,
    ),
    (
        "马鞍山雨山钢构",
        "Yushan Steelworks",
        "watch",
        "安徽 马鞍山",
        "Ma'anshan, Anhui",
        "143,700",
        "雷",
        33,
        66,
        4,
    ),
    (
        "芜湖奇峰汽配",
        "Qifeng Auto Parts",
        "watch",
        "安徽 芜湖",
        "Wuhu, Anhui",
        "96,400",
        "梅",
        47,
        88,
        0,
    ),
    (
        "绍兴越城纺织",
        "Yuecheng Textiles",
        "normal",
        "浙江 绍兴",
        "Shaoxing, Zhejiang",
        "84,100",
        "雷",
        8,
        37,
        1,
    ),
    (
        "温州瓯海鞋业",
        "Ouhai Footwear",
        "normal",
        "浙江 温州",
        "Wenzhou, Zhejiang",
        "61,500",
        "梅",
        16,
        52,
        3,
    ),
    (
        "扬州瘦西湖旅行社",
        "Slender West Lake Travel",
        "normal",
        "江苏 扬州",
        "Yangzhou, Jiangsu",
        "52,300",
        "梅",
        4,
        22,
        6,
    ),
    (
        "嘉兴南湖农业",
        "Nanhu Farming",
        "normal",
        "浙江 嘉兴",
        "Jiaxing, Zhejiang",
        "38,900",
        "陈",
        9,
        29,
        5,
    ),
];

const STEPS: [(&str, &str); 7] = [
    ("报价回访", "Quote call"),
    ("合同续签", "Renewal"),
    ("样品确认", "Sample check"),
    ("首次拜访", "First visit"),
    ("方案评审", "Review"),
    ("催款", "Payment"),
    ("召回电话", "Win-back call"),
];

fn rows(say: Say<'_>) -> Vec<RowView> {
    LINES
        .iter()
        .enumerate()
        .map(|(at, line)| row(say, at, line))
        .collect()
}

fn row(say: Say<'_>, at: usize, line: &Line) -> RowView {
    let (zh, en, level, place_zh, place_en, revenue, owner, days, risk, step) = *line;
    let level = say
        .levels(level)
        .into_iter()
        .find(|choice| choice.selected)
        .unwrap_or_default();
    let (owner_en, owner_zh_name, owner_en_name, tone) = match owner {
        "梅" => ("M", "王小梅", "May Wang", "sky"),
        "雷" => ("L", "雷明", "Ming Lei", "gold"),
        _ => ("C", "陈立", "Li Chen", "plum"),
    };
    let last = match days {
        0 => say.of("今天", "today"),
        1 => say.of("昨天", "yesterday"),
        days => say.of(&format!("{days} 天前"), &format!("{days} days ago")),
    };
    let cell = |name: &str, widget: &str, text: &str, role: &str| {
        CellView::new(name, "", widget, text).with(|cell| {
            cell.role = role.into();
            cell.edit = Some(format!("/customer/{at}/cell/{name}"));
        })
    };
    let owner_name = say.of(owner_zh_name, owner_en_name);
    RowView {
        record: format!("customer/{at}"),
        id: at.to_string(),
        version: 3,
        href: format!("/customer/{at}"),
        peek: format!("/customer/{at}/peek"),
        refresh: format!("/customer/rows?id={at}"),
        cells: vec![
            cell("name", "text", &say.of(zh, en), "title")
                .with(|cell| cell.href = Some(format!("/customer/{at}"))),
            cell("level", "choice", &level.label, "mark")
                .with(|cell| cell.tone = level.tone.clone()),
            cell("region", "text", &say.of(place_zh, place_en), "sub"),
            cell("revenue", "money", &format!("¥{revenue}"), "value"),
            cell("owner", "link", &owner_name, "").with(|cell| {
                cell.face = Some(Face {
                    initial: say.of(owner, owner_en),
                    tone: tone.into(),
                    name: owner_name.clone(),
                });
                cell.many = vec![Lookup {
                    id: "2".into(),
                    label: owner_name.clone(),
                    href: String::new(),
                }];
            }),
            cell("last_contact", "instant", &last, "meta").with(|cell| {
                cell.title = "2026-11-19 16:20:05".into();
                cell.edit = None;
            }),
            cell("risk", "percent", &format!("{risk}%"), "").with(|cell| {
                cell.value = risk.into();
                cell.tone = if risk > 60 {
                    "rose".into()
                } else {
                    String::new()
                };
                cell.edit = None;
            }),
            cell(
                "next_step",
                "text",
                &say.of(STEPS[step].0, STEPS[step].1),
                "",
            ),
        ],
    }
}
