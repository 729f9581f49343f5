//! `GET /{object}?view=calendar`: a month of records by a day that they have.

use serde::Serialize;

use super::Page;
use super::list::ListPage;
use super::parts::Tab;
use super::sample::Say;

/// The list's head with the weeks of a month instead of rows.
#[derive(Clone, Debug, Default, Serialize)]
pub struct CalendarPage {
    #[serde(flatten)]
    pub head: ListPage,
    /// `2026 年 11 月`.
    pub month: String,
    pub previous: String,
    pub today: String,
    pub following: String,
    /// By which of the object's days; fewer than two are not worth a choice.
    pub dates: Vec<Tab>,
    pub weekdays: Vec<String>,
    /// Of seven days each, Mondays first.
    pub weeks: Vec<Vec<Day>>,
    /// More records lie in the month than are shown.
    pub is_partial: bool,
}

#[derive(Clone, Debug, Default, Serialize)]
pub struct Day {
    pub iso: String,
    /// The day of the month.
    pub number: String,
    /// As people say it: `2026-11-03 周二`.
    pub title: String,
    pub is_outside: bool,
    pub is_today: bool,
    /// Where a record of that day is begun.
    pub add: Option<String>,
    pub entries: Vec<Entry>,
    /// `+3`, and the list of the day.
    pub more: Option<Tab>,
}

#[derive(Clone, Debug, Default, Serialize)]
pub struct Entry {
    pub record: String,
    pub version: u64,
    pub href: String,
    /// Empty for whole days.
    pub time: String,
    pub title: String,
    pub tone: String,
}

impl Page for CalendarPage {
    const TEMPLATE: &'static str = "calendar.html";

    fn samples(lang: &str) -> Vec<(&'static str, Self)> {
        let say = Say(lang);
        let head = ListPage::sample_head(lang);
        let entry = |id: u32, time: &str, zh: &str, en: &str, tone: &str| Entry {
            record: format!("visit/{id}"),
            version: 1,
            href: format!("/visit/{id}"),
            time: time.into(),
            title: say.of(zh, en),
            tone: tone.into(),
        };
        let day = |number: u32| Day {
            iso: format!("2026-11-{number:02}"),
            number: number.to_string(),
            title: format!("2026-11-{number:02}"),
            is_today: number == 11,
            add: Some("/visit/new".into()),
            entries: match number {
                3 => vec![entry(
                    1,
                    "09:30",
                    "拜访合肥锅炉",
                    "Visit Hefei Boiler",
                    "jade",
                )],
                11 => vec![
                    entry(2, "10:00", "方案汇报", "Proposal", "sky"),
                    entry(3, "15:00", "验收", "Acceptance", ""),
                ],
                _ => vec![],
            },
            more: (number == 11).then(|| say.tab("+3", "+3", "/visit?as=table")),
            ..Day::default()
        };
        let weekdays = [
            ("周一", "Mon"),
            ("周二", "Tue"),
            ("周三", "Wed"),
            ("周四", "Thu"),
            ("周五", "Fri"),
            ("周六", "Sat"),
            ("周日", "Sun"),
        ];
        let page = CalendarPage {
            head,
            month: say.of("2026 年 11 月", "November 2026"),
            previous: "/visit?as=calendar&month=2026-10".into(),
            today: "/visit?as=calendar".into(),
            following: "/visit?as=calendar&month=2026-12".into(),
            dates: vec![
                Tab {
                    current: true,
                    ..say.tab("开始", "Start", "/visit?as=calendar")
                },
                say.tab("结束", "End", "/visit?as=calendar&date=end_at"),
            ],
            weekdays: weekdays.map(|(zh, en)| say.of(zh, en)).into(),
            weeks: (0..2)
                .map(|week| (1..=7).map(|at| day(week * 7 + at)).collect())
                .collect(),
            is_partial: true,
        };
        vec![("", page)]
    }
}
