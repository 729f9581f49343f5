//! `/import`: upload → mapping with preview → dry run → progress → result.

use serde::Serialize;

use super::Page;
use super::parts::{Action, Choice, Tally};
use super::sample::Say;

#[derive(Clone, Debug, Default, Serialize)]
pub struct ImportPage {
    /// `upload mapping check running result`.
    pub step: String,
    pub id: String,
    pub file_name: String,
    pub error: Option<String>,
    /// Where the present step is posted.
    pub action: String,
    pub back: String,
    pub objects: Vec<Choice>,
    /// `create update upsert`.
    pub modes: Vec<Choice>,
    /// Fields by which existing records are found.
    pub matches: Vec<Choice>,
    pub columns: Vec<MapColumn>,
    /// The first rows as they would be saved.
    pub preview_heads: Vec<String>,
    pub preview: Vec<Vec<String>>,
    pub tallies: Vec<Tally>,
    pub errors: Vec<RowError>,
    pub failed_file: Option<String>,
    pub progress: Option<ImportProgress>,
    /// What may follow: undo, open the list.
    pub actions: Vec<Action>,
    pub earlier: Vec<EarlierImport>,
}

/// A column of the file: posted as `map.<index>` = field name, or empty to leave it out.
#[derive(Clone, Debug, Default, Serialize)]
pub struct MapColumn {
    pub index: usize,
    pub heading: String,
    pub samples: Vec<String>,
    pub fields: Vec<Choice>,
    pub is_guessed: bool,
}

#[derive(Clone, Debug, Default, Serialize)]
pub struct RowError {
    pub row: u64,
    pub field: String,
    pub value: String,
    pub message: String,
}

#[derive(Clone, Debug, Default, Serialize)]
pub struct EarlierImport {
    pub file_name: String,
    pub href: String,
    pub summary: String,
    pub at: crate::speech::Moment,
}

/// Fragment polled each second: `GET /import/{id}/progress`; when `is_done` it leads on to the result.
#[derive(Clone, Debug, Default, Serialize)]
pub struct ImportProgress {
    pub href: String,
    pub done: u64,
    pub total: u64,
    pub text: String,
    pub rate: String,
    pub is_done: bool,
    pub result: String,
    pub cancel: String,
}

impl Page for ImportPage {
    const TEMPLATE: &'static str = "import.html";

    fn samples(lang: &str) -> Vec<(&'static str, Self)> {
        let say = Say(lang);
        let base = base(say);
        let step = |step: &str| ImportPage {
            step: step.into(),
            ..base.clone()
        };
        let tallies = |done: bool| {
            [
                ("rows", "行", "Rows", "5,000", ""),
                ("created", "新建", "Created", "4,812", "good"),
                ("updated", "更新", "Updated", "141", ""),
                ("failed", "有错", "With errors", "47", "bad"),
            ]
            .map(|(_, zh, en, value, tone)| Tally {
                label: if done {
                    say.of(zh, en)
                } else {
                    say.of(&format!("将{zh}"), en)
                },
                value: value.into(),
                href: String::new(),
                tone: tone.into(),
            })
            .into()
        };
        vec![
            (
                "upload",
                ImportPage {
                    earlier: vec![EarlierImport {
                        file_name: "crm_accounts.csv".into(),
                        href: "/import/1".into(),
                        summary: say.of("85 行，全部成功", "85 rows, all good"),
                        at: say.moment("昨天 16:20", "yesterday 16:20"),
                    }],
                    ..step("upload")
                },
            ),
            ("mapping", step("mapping")),
            (
                "check",
                ImportPage {
                    tallies: tallies(false),
                    errors: errors(say),
                    ..step("check")
                },
            ),
            (
                "running",
                ImportPage {
                    progress: Some(progress(say)),
                    ..step("running")
                },
            ),
            (
                "result",
                ImportPage {
                    tallies: tallies(true),
                    errors: errors(say),
                    failed_file: Some("/import/1/failed.csv".into()),
                    actions: vec![say.action("全部撤销", "Undo everything", "undo-2")],
                    ..step("result")
                },
            ),
        ]
    }
}

impl Page for ImportProgress {
    const TEMPLATE: &'static str = "import_progress.html";

    fn samples(lang: &str) -> Vec<(&'static str, Self)> {
        vec![("", progress(Say(lang)))]
    }
}

fn progress(say: Say<'_>) -> ImportProgress {
    ImportProgress {
        href: "/import/1/progress".into(),
        done: 3120,
        total: 5000,
        text: say.of("已处理 3,120 / 5,000 行", "3,120 of 5,000 rows done"),
        rate: say.of("每秒 31,000 行", "31,000 rows a second"),
        is_done: false,
        result: "/import/1".into(),
        cancel: "/import/1/cancel".into(),
    }
}

fn errors(say: Say<'_>) -> Vec<RowError> {
    vec![
        RowError {
            row: 17,
            field: say.of("电话", "Phone"),
            value: "0551-ABCD".into(),
            message: say.of("电话里有字母", "Letters in a phone number"),
        },
        RowError {
            row: 230,
            field: say.of("生日", "Birthday"),
            value: "1990-02-30".into(),
            message: say.of("没有这一天", "There is no such day"),
        },
    ]
}

fn base(say: Say<'_>) -> ImportPage {
    let fields = |chosen: &str| {
        say.choices(
            &[
                ("name", "名称", "Name", ""),
                ("phone", "电话", "Phone", ""),
                ("region", "地区", "Region", ""),
                ("owner", "负责人", "Owner", ""),
            ],
            chosen,
        )
    };
    let column = |index: usize, heading: &str, samples: [&str; 2], chosen: &str| MapColumn {
        index,
        heading: heading.into(),
        samples: samples.map(str::to_owned).into(),
        fields: fields(chosen),
        is_guessed: !chosen.is_empty(),
    };
    ImportPage {
        id: "1".into(),
        file_name: "cn_customers_open.csv".into(),
        action: "/import/1/mapping".into(),
        back: "/import".into(),
        objects: say.choices(
            &[
                ("customer", "客户", "Customers", ""),
                ("contact", "联系人", "Contacts", ""),
                ("opportunity", "销售机会", "Deals", ""),
            ],
            "customer",
        ),
        modes: say.choices(
            &[
                ("create", "只新建", "Create only", ""),
                ("update", "只更新", "Update only", ""),
                ("upsert", "有则更新，无则新建", "Update or create", ""),
            ],
            "upsert",
        ),
        matches: fields("phone"),
        columns: vec![
            column(
                0,
                "公司名称",
                ["合肥锅炉制造有限公司", "南京港华食品厂"],
                "name",
            ),
            column(1, "联系电话", ["0551-62345678", "025-8765 4321"], "phone"),
            column(2, "所在地", ["安徽 合肥", "江苏 南京"], "region"),
            column(3, "内部编号", ["A-001", "A-002"], ""),
        ],
        preview_heads: vec![
            say.of("名称", "Name"),
            say.of("电话", "Phone"),
            say.of("地区", "Region"),
        ],
        preview: vec![
            ["合肥锅炉制造有限公司", "+86 551 6234 5678", "安徽 合肥"]
                .map(str::to_owned)
                .into(),
            ["南京港华食品厂", "+86 25 8765 4321", "江苏 南京"]
                .map(str::to_owned)
                .into(),
        ],
        ..ImportPage::default()
    }
}
