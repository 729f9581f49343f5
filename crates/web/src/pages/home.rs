//! `GET /`: my day.

use serde::Serialize;

use super::Page;
use super::parts::{Face, Lookup, Todo};
use super::sample::Say;
use crate::speech::Moment;

#[derive(Clone, Debug, Default, Serialize)]
pub struct HomePage {
    pub greeting: String,
    /// Today, said in full.
    pub today: String,
    pub figures: Vec<Figure>,
    pub tasks: Vec<Todo>,
    pub tasks_href: String,
    pub new_task_href: String,
    pub follow_ups: Vec<FollowUp>,
    pub follow_ups_href: String,
    pub birthdays: Vec<FollowUp>,
    pub pipeline: Vec<FunnelStep>,
    pub pipeline_total: String,
    pub pipeline_href: String,
    pub recent: Vec<Lookup>,
    /// A newcomer's first steps; empty once all are done.
    pub first_steps: Vec<Step>,
}

/// A number of the day that leads to its records.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Figure {
    pub label: String,
    pub icon: String,
    pub value: String,
    pub than: String,
    /// `up down` or empty.
    pub trend: String,
    pub href: String,
}

#[derive(Clone, Debug, Default, Serialize)]
pub struct FollowUp {
    pub face: Face,
    pub name: String,
    pub href: String,
    pub peek: String,
    pub why: String,
    pub at: Moment,
    pub tone: String,
}

#[derive(Clone, Debug, Default, Serialize)]
pub struct FunnelStep {
    pub label: String,
    pub count: String,
    pub sum: String,
    /// 0 to 100, of the largest step.
    pub share: u32,
    pub href: String,
}

#[derive(Clone, Debug, Default, Serialize)]
pub struct Step {
    pub label: String,
    pub text: String,
    pub href: String,
    pub done: bool,
}

impl Page for HomePage {
    const TEMPLATE: &'static str = "home.html";

    fn samples(lang: &str) -> Vec<(&'static str, Self)> {
        vec![("", full(Say(lang))), ("first", first(Say(lang)))]
    }
}

#[rustfmt::skip]
fn full(say: Say<'_>) -> HomePage {
    let figure =
        |zh: &str, en: &str, icon: &str, value: &str, than: (&str, &str), trend: &str| Figure {
            label: say.of(zh, en),
            icon: icon.into(),
            value: value.into(),
            than: say.of(than.0, than.1),
            trend: trend.into(),
            href: "/opportunity?view=mine".into(),
        };
    let todo = |id: u32,
                zh: &str,
                en: &str,
                about: (&str, &str),
                due: (&str, &str),
                tone: &str,
                icon: &str| Todo {
        record: format!("task/{id}"),
        version: 1,
        title: say.of(zh, en),
        href: format!("/task/{id}"),
        peek: format!("/task/{id}/peek"),
        done: format!("/task/{id}/done"),
        about: Some(Lookup {
            id: "1".into(),
            label: say.of(about.0, about.1),
            href: "/customer/1".into(),
        }),
        due: Some(say.moment(due.0, due.1)),
        tone: tone.into(),
        icon: icon.into(),
    };
    HomePage {
        greeting: say.of("上午好，小梅", "Good morning, May"),
        today: say.of("11 月 22 日 星期日 · 今天有 5 件事，2 位客户等您联系", "Sunday 22 November · 5 things today, 2 customers wait for you"),
        figures: vec![
            figure("本季赢单", "Won this quarter", "trophy", "¥1,524,000", ("指标的 63%", "63 % of target"), ""),
            figure("进行中的机会", "Open deals", "target", "18", ("¥4,520,000", "¥4,520,000"), ""),
            figure("本周联系", "Contacts this week", "phone", "26", ("比上周多 4 次", "4 more than last week"), "up"),
            figure("14 天未联系", "Silent for 14 days", "clock", "9", ("比上周多 2 位", "2 more than last week"), "down"),
        ],
        tasks: vec![
            todo(1, "发最终报价", "Send the final quote", ("合肥锅炉制造有限公司", "Hefei Boiler Works"), ("昨天", "yesterday"), "rose", "file-text"),
            todo(2, "回电李总：改造工期", "Call back Mr Li: conversion schedule", ("南京港华食品厂", "Ganghua Foods"), ("今天 10:30", "today 10:30"), "gold", "phone"),
            todo(3, "方案评审会", "Proposal review", ("苏州工业园区人民医院", "Suzhou SIP Hospital"), ("今天 14:00", "today 14:00"), "", "calendar-days"),
            todo(4, "寄样品确认单", "Post the sample sheet", ("杭州西溪酒店集团", "Xixi Hotels"), ("明天", "tomorrow"), "", "package"),
            todo(5, "合同续签提醒", "Remind of renewal", ("扬州瘦西湖旅行社", "Slender West Lake Travel"), ("周五", "Friday"), "", "file-text"),
        ],
        tasks_href: "/task".into(),
        new_task_href: "/task/new".into(),
        follow_ups: vec![
            person(
                say,
                ("芜湖奇峰汽配", "Qifeng Auto Parts"),
                ("47 天未联系，最后一次：报价回访", "Silent for 47 days; last: quote call"),
                ("47 天前", "47 days ago"),
                "rose",
            ),
            person(say, ("马鞍山雨山钢构", "Yushan Steelworks"), ("方案已发 9 天，未回复", "Proposal sent 9 days ago, no answer"), ("33 天前", "33 days ago"), "gold"),
        ],
        follow_ups_href: "/customer?view=silent".into(),
        birthdays: vec![person(say, ("陈静", "Jing Chen"), ("合肥锅炉 · 设备科", "Hefei Boiler · Engineering"), ("今天", "today"), "gold")],
        pipeline: [
            ("意向", "Interest", "6", "¥516,000", 34),
            ("方案", "Proposal", "5", "¥930,000", 61),
            ("报价", "Quote", "4", "¥1,524,000", 100),
            ("谈判", "Negotiation", "3", "¥862,000", 57),
        ]
        .map(|(zh, en, count, sum, share)| FunnelStep {
            label: say.of(zh, en),
            count: count.into(),
            sum: sum.into(),
            share,
            href: "/opportunity".into(),
        })
        .into(),
        pipeline_total: "¥3,832,000".into(),
        pipeline_href: "/opportunity?view=board".into(),
        recent: [("合肥锅炉制造有限公司", "Hefei Boiler Works"), ("合肥二期改造", "Hefei phase two"), ("李国强", "Guoqiang Li")]
        .map(|(zh, en)| Lookup {
            id: "1".into(),
            label: say.of(zh, en),
            href: "/customer/1".into(),
        })
        .into(),
        first_steps: vec![],
    }
}

fn person(
    say: Say<'_>,
    name: (&str, &str),
    why: (&str, &str),
    at: (&str, &str),
    tone: &str,
) -> FollowUp {
    FollowUp {
        face: say.face(
            &name.0.chars().take(1).collect::<String>(),
            &name.1.chars().take(1).collect::<String>(),
            "jade",
        ),
        name: say.of(name.0, name.1),
        href: "/customer/1".into(),
        peek: "/customer/1/peek".into(),
        why: say.of(why.0, why.1),
        at: say.moment(at.0, at.1),
        tone: tone.into(),
    }
}

fn first(say: Say<'_>) -> HomePage {
    let step = |zh: &str, en: &str, text: (&str, &str), href: &str, done: bool| Step {
        label: say.of(zh, en),
        text: say.of(text.0, text.1),
        href: href.into(),
        done,
    };
    HomePage {
        greeting: say.of("欢迎，小梅", "Welcome, May"),
        today: say.of(
            "三步开始：不到三分钟",
            "Three steps to begin: less than three minutes",
        ),
        figures: vec![],
        first_steps: vec![
            step(
                "新建第一位客户",
                "Add your first customer",
                ("只需要名称", "Only a name is needed"),
                "/customer/new",
                true,
            ),
            step(
                "为它建一个销售机会",
                "Add a deal for it",
                ("金额和预计成交日", "Amount and expected close date"),
                "/opportunity/new",
                false,
            ),
            step(
                "安排下一次跟进",
                "Plan the next follow-up",
                ("到期时在这里提醒您", "You are reminded here when it is due"),
                "/task/new",
                false,
            ),
        ],
        ..HomePage::default()
    }
}
