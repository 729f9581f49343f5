//! `GET /notices`: what the reader should know, newest first.

use serde::Serialize;

use super::Page;
use super::parts::Empty;
use super::sample::Say;
use crate::speech::Moment;

#[derive(Clone, Debug, Default, Serialize)]
pub struct NoticesPage {
    pub notices: Vec<NoticeRow>,
    pub next: Option<String>,
    /// POST marks all as read.
    pub read_all: String,
    pub empty: Option<Empty>,
}

#[derive(Clone, Debug, Default, Serialize)]
pub struct NoticeRow {
    pub icon: String,
    pub text: String,
    pub detail: String,
    pub href: String,
    pub at: Moment,
    pub is_new: bool,
}

impl Page for NoticesPage {
    const TEMPLATE: &'static str = "notices.html";

    fn samples(lang: &str) -> Vec<(&'static str, Self)> {
        let say = Say(lang);
        let notice = |zh: &str, en: &str, icon: &str, is_new: bool| NoticeRow {
            icon: icon.into(),
            text: say.of(zh, en),
            detail: say.of("合肥锅炉制造有限公司", "Hefei Boiler Works"),
            href: "/customer/1".into(),
            at: say.moment("18 分钟前", "18 min ago"),
            is_new,
        };
        let notices = vec![
            notice(
                "张建国把 3 位客户移交给您",
                "James Zhang handed 3 customers over to you",
                "arrow-left-right",
                true,
            ),
            notice(
                "任务「发最终报价」已到期",
                "Task “Send the final quote” is due",
                "clock",
                true,
            ),
            notice(
                "导入完成：4,953 行成功，47 行有错",
                "Import finished: 4,953 rows good, 47 with errors",
                "file-up",
                false,
            ),
        ];
        let empty = say.empty(
            ("都看过了", "All caught up"),
            (
                "移交、到期、提到您的内容会出现在这里。",
                "Handovers, due tasks and mentions will stand here.",
            ),
            "bell",
        );
        vec![
            (
                "",
                NoticesPage {
                    notices,
                    next: None,
                    read_all: "/notices/read".into(),
                    empty: None,
                },
            ),
            (
                "empty",
                NoticesPage {
                    empty: Some(empty),
                    ..NoticesPage::default()
                },
            ),
        ]
    }
}
