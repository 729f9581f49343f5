//! `GET /background`: what runs in the background and what ran; `GET /background/running`: the same as a line in the corner.

use serde::Serialize;

use super::Page;
use super::parts::{Action, Empty, Method, Tag};
use super::sample::Say;
use crate::speech::Moment;

#[derive(Clone, Debug, Default, Serialize)]
pub struct WorkPage {
    pub jobs: Vec<JobRow>,
    pub empty: Option<Empty>,
}

#[derive(Clone, Debug, Default, Serialize)]
pub struct JobRow {
    pub name: String,
    pub what: String,
    pub href: String,
    pub by: String,
    pub at: Moment,
    pub state: Tag,
    pub is_running: bool,
    /// Thousandths.
    pub done: u64,
    pub text: String,
    pub actions: Vec<Action>,
}

/// Fragment: what runs now; empty when nothing does.
#[derive(Clone, Debug, Default, Serialize)]
pub struct RunningPage {
    pub jobs: Vec<JobRow>,
}

fn sample_job(say: Say<'_>) -> JobRow {
    JobRow {
        name: "customers-2026.csv".into(),
        what: say.of("导入 · 客户", "Import · Customers"),
        href: "/import/1".into(),
        by: say.of("王小梅", "May Wang"),
        at: say.moment("2 分钟前", "2 min ago"),
        state: say.tag("进行中", "running", "sky"),
        is_running: true,
        done: 420,
        text: say.of("已处理 42,000 行", "42,000 rows done"),
        actions: vec![Action {
            method: Method::Link,
            ..say.action("出错的行", "Failed rows", "download")
        }],
    }
}

impl Page for WorkPage {
    const TEMPLATE: &'static str = "work.html";

    fn samples(lang: &str) -> Vec<(&'static str, Self)> {
        let say = Say(lang);
        let done = JobRow {
            is_running: false,
            state: say.tag("完成", "done", "jade"),
            ..sample_job(say)
        };
        let none = say.empty(
            ("没有后台工作", "No background work"),
            (
                "导入和撤销会出现在这里。",
                "Imports and undoing stand here.",
            ),
            "layers",
        );
        vec![
            (
                "",
                WorkPage {
                    jobs: vec![sample_job(say), done],
                    empty: None,
                },
            ),
            (
                "empty",
                WorkPage {
                    jobs: vec![],
                    empty: Some(none),
                },
            ),
        ]
    }
}

impl Page for RunningPage {
    const TEMPLATE: &'static str = "running.html";

    fn samples(lang: &str) -> Vec<(&'static str, Self)> {
        vec![(
            "",
            RunningPage {
                jobs: vec![sample_job(Say(lang))],
            },
        )]
    }
}
