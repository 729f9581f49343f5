//! What people did and will do: tasks, calls, meetings, visits and notes.

use super::customers::{self, Outline};
use super::dice::Dice;
use super::places::Script;
use super::{DemoRecord, DemoValue, Plan, link, opportunities, staff};

const TASK: u64 = 50;
const CALL: u64 = 51;
const MEETING: u64 = 52;
const VISIT: u64 = 53;
const NOTE: u64 = 54;

/// Tasks that are handed out so that everybody who sells has some due today.
const EACH_SELLER: u64 = 3;

/// How many customers are tried when one of a given owner is wanted.
const TRIES: u64 = 2_000;

/// Whom an activity is with, and about what.
struct Setting {
    customer: u64,
    outline: Outline,
    owner: u64,
    opportunity: Option<u64>,
}

impl Setting {
    fn chinese(&self) -> bool {
        self.outline.script() == Script::Chinese
    }

    /// The word in the customer's language.
    fn word(&self, dice: &mut Dice, words: &[(&'static str, &'static str)]) -> DemoValue {
        let (zh, en) = dice.pick(words);
        if self.chinese() { zh.into() } else { en.into() }
    }

    fn fields(&self, subject: DemoValue, status: &'static str) -> Vec<(&'static str, DemoValue)> {
        let mut fields: Vec<(&'static str, DemoValue)> = Vec::with_capacity(14);
        fields.push(("subject", subject));
        fields.push(("status", status.into()));
        fields.push(("customer", link("customer", self.customer)));
        fields.push(("contact", link("contact", self.customer)));
        if let Some(key) = self.opportunity {
            let object = "opportunity";
            fields.push(("about", DemoValue::Reference { object, key }));
        }
        fields
    }

    fn record(
        &self,
        object: &'static str,
        key: u64,
        at: jiff::Timestamp,
        fields: Fields,
    ) -> DemoRecord {
        DemoRecord {
            object,
            key,
            owner: Some(self.owner),
            created_at: at,
            fields,
        }
    }
}

type Fields = Vec<(&'static str, DemoValue)>;

pub fn task(plan: &Plan, key: u64) -> DemoRecord {
    let mut dice = Dice::new(TASK, key);
    let sellers = staff::sellers(plan).count() as u64;
    let handed_out = key < sellers * EACH_SELLER;
    let setting = if handed_out {
        let owner = staff::sellers(plan)
            .nth((key % sellers) as usize)
            .unwrap_or(0);
        setting_of(plan, owner, &mut dice)
    } else {
        setting(plan, &mut dice)
    };
    let (status, due) = match (handed_out, dice.below(8)) {
        (true, _) => ("planned", 0),
        (_, 0) => ("planned", 0),
        (_, 1) => ("planned", -dice.between(1, 10)),
        (_, 2..=4) => ("planned", dice.between(1, 21)),
        (_, 5) => ("in_progress", dice.between(0, 7)),
        _ => ("done", -dice.between(1, 240)),
    };
    let (subject, purpose) = if dice.chance(70) {
        (setting.word(&mut dice, &FOLLOW_UPS), "follow_up")
    } else {
        let (zh, en, purpose) = dice.pick(&OTHER_TASKS);
        (if setting.chinese() { zh } else { en }.into(), purpose)
    };
    let mut fields = setting.fields(subject, status);
    fields.push(("purpose", purpose.into()));
    fields.push((
        "priority",
        dice.weighted(&[("normal", 60), ("high", 25), ("low", 15)])
            .into(),
    ));
    fields.push(("due_at", plan.at(due, dice.working_minute()).into()));
    if status == "done" {
        fields.push(("end_at", plan.at(due, dice.working_minute()).into()));
        fields.push(("result", setting.word(&mut dice, &RESULTS)));
    }
    let created = plan.at(due.min(0) - dice.between(1, 14), dice.working_minute());
    setting.record("task", key, created, fields)
}

pub fn call(plan: &Plan, key: u64) -> DemoRecord {
    let mut dice = Dice::new(CALL, key);
    let setting = setting(plan, &mut dice);
    let planned = dice.chance(12);
    let day = if planned {
        dice.between(0, 10)
    } else {
        -dice.between(1, 365)
    };
    let minute = dice.working_minute();
    let subject = setting.word(&mut dice, &CALLS);
    let mut fields = setting.fields(subject, if planned { "planned" } else { "done" });
    let inbound = !planned && dice.chance(35);
    fields.push((
        "direction",
        if inbound { "inbound" } else { "outbound" }.into(),
    ));
    fields.push(("number", setting.outline.place.mobile(&mut dice).into()));
    if planned {
        fields.push(("due_at", plan.at(day, minute).into()));
    } else {
        let outcome = dice.weighted(&[
            ("reached", 72),
            ("no_answer", 16),
            ("busy", 4),
            ("call_back", 8),
        ]);
        let minutes = if outcome == "reached" {
            dice.between(1, 35)
        } else {
            0
        };
        fields.push(("outcome", outcome.into()));
        fields.push(("start_at", plan.at(day, minute).into()));
        fields.push(("end_at", plan.at(day, minute + minutes as u64).into()));
        fields.push(("duration", DemoValue::Minutes(minutes)));
        if minutes > 0 {
            fields.push(("body", setting.word(&mut dice, &TALKS)));
            fields.push(("result", setting.word(&mut dice, &RESULTS)));
        }
    }
    let created = plan.at(day.min(-1), minute);
    setting.record("call", key, created, fields)
}

pub fn meeting(plan: &Plan, key: u64) -> DemoRecord {
    let mut dice = Dice::new(MEETING, key);
    let setting = setting(plan, &mut dice);
    let subject = setting.word(&mut dice, &MEETINGS);
    let mut fields = appointment(plan, &setting, subject, &mut dice);
    fields.push(("place", setting.word(&mut dice, &ROOMS)));
    fields.push((
        "attendees",
        DemoValue::Links {
            object: "user",
            keys: vec![setting.owner],
        },
    ));
    fields.push((
        "guests",
        DemoValue::Links {
            object: "contact",
            keys: vec![setting.customer],
        },
    ));
    let created = plan.at(-dice.between(1, 30), dice.working_minute());
    setting.record("meeting", key, created, fields)
}

pub fn visit(plan: &Plan, key: u64) -> DemoRecord {
    let mut dice = Dice::new(VISIT, key);
    let setting = setting(plan, &mut dice);
    let (zh, en, purpose) = dice.pick(&VISITS);
    let subject = if setting.chinese() { zh } else { en }.into();
    let mut fields = appointment(plan, &setting, subject, &mut dice);
    fields.push(("purpose", purpose.into()));
    fields.push((
        "place",
        DemoValue::Address(
            setting
                .outline
                .place
                .address(setting.outline.script(), &mut dice),
        ),
    ));
    let start = fields
        .iter()
        .find(|(name, _)| *name == "start_at")
        .map(|(_, value)| value.clone());
    if let (Some(start), true) = (start, fields.iter().any(|(name, _)| *name == "result")) {
        fields.push(("check_in_at", start));
        fields.push(("check_in_place", setting.outline.place.short().into()));
    }
    let created = plan.at(-dice.between(1, 30), dice.working_minute());
    setting.record("visit", key, created, fields)
}

pub fn note(plan: &Plan, key: u64) -> DemoRecord {
    let mut dice = Dice::new(NOTE, key);
    let setting = setting(plan, &mut dice);
    let subject = setting.word(&mut dice, &NOTES);
    let mut fields = setting.fields(subject, "done");
    fields.push(("body", setting.word(&mut dice, &TALKS)));
    fields.push(("next_step", setting.word(&mut dice, &FOLLOW_UPS)));
    let created = plan.at(-dice.between(1, 300), dice.working_minute());
    setting.record("note", key, created, fields)
}

/// A time of one to three hours, done when it is past.
fn appointment(plan: &Plan, setting: &Setting, subject: DemoValue, dice: &mut Dice) -> Fields {
    let day = if dice.chance(30) {
        dice.between(0, 21)
    } else {
        -dice.between(1, 300)
    };
    let minute = 540 + dice.below(16) * 30;
    let status = match day {
        0.. => "planned",
        _ if dice.chance(6) => "cancelled",
        _ => "done",
    };
    let mut fields = setting.fields(subject, status);
    fields.push(("start_at", plan.at(day, minute).into()));
    fields.push((
        "end_at",
        plan.at(day, minute + 60 * (1 + dice.below(3))).into(),
    ));
    if status == "done" {
        fields.push(("body", setting.word(dice, &TALKS)));
        fields.push(("result", setting.word(dice, &RESULTS)));
    }
    fields
}

/// With some customer: every other time one to whom something is being sold.
fn setting(plan: &Plan, dice: &mut Dice) -> Setting {
    let opportunities = plan.count("opportunity");
    let customer = if opportunities > 0 && dice.chance(50) {
        opportunities::customer_of(dice.below(opportunities))
    } else {
        dice.below(plan.size)
    };
    with(plan, customer, dice)
}

/// With a customer of that owner, if one is found soon.
fn setting_of(plan: &Plan, owner: u64, dice: &mut Dice) -> Setting {
    let start = dice.below(plan.size);
    let customer = (0..plan.size.min(TRIES))
        .map(|step| (start + step) % plan.size)
        .find(|&customer| customers::outline(plan, customer).owner == Some(owner))
        .unwrap_or(start);
    Setting {
        owner,
        ..with(plan, customer, dice)
    }
}

fn with(plan: &Plan, customer: u64, dice: &mut Dice) -> Setting {
    let outline = customers::outline(plan, customer);
    let owner = outline
        .owner
        .unwrap_or_else(|| staff::seller(plan, outline.place.department(), dice));
    Setting {
        customer,
        outline,
        owner,
        opportunity: opportunities::of_customer(plan, customer),
    }
}

const FOLLOW_UPS: [(&str, &str); 10] = [
    ("电话回访，了解使用情况", "Call and ask how it works"),
    ("发送最终报价", "Send the final quote"),
    ("确认技术方案", "Agree on the technical proposal"),
    ("约下周拜访时间", "Arrange a visit next week"),
    ("跟进合同审批进度", "Ask about the contract's approval"),
    ("寄送样本资料", "Post the brochures"),
    ("确认交货日期", "Confirm the delivery date"),
    ("了解明年预算", "Ask about next year's budget"),
    ("邀请参加产品演示", "Invite to a demonstration"),
    ("跟进付款", "Ask about the payment"),
];

const OTHER_TASKS: [(&str, &str, &str); 5] = [
    ("回电", "Call back", "call_back"),
    ("准备报价单", "Prepare a quote", "quote"),
    ("节日问候", "Season's greetings", "care"),
    (
        "整理技术协议",
        "Put the technical agreement in order",
        "document",
    ),
    ("更新客户资料", "Update the customer's data", "other"),
];

const CALLS: [(&str, &str); 6] = [
    ("询问报价有效期", "Asked how long the quote is valid"),
    ("沟通改造方案", "Talked through the retrofit"),
    ("确认到货时间", "Confirmed the arrival"),
    ("售后回访", "After-sales call"),
    ("初次联系", "First contact"),
    ("催促付款", "Asked for payment"),
];

const MEETINGS: [(&str, &str); 5] = [
    ("方案评审会", "Review of the proposal"),
    ("商务谈判", "Negotiation"),
    ("季度回顾", "Quarterly review"),
    ("项目启动会", "Kick-off"),
    ("产品演示", "Product demonstration"),
];

const ROOMS: [(&str, &str); 4] = [
    ("客户会议室", "Customer's meeting room"),
    ("公司展厅", "Our show room"),
    ("视频会议", "Video call"),
    ("项目现场", "On site"),
];

const VISITS: [(&str, &str, &str); 6] = [
    ("初次拜访", "First visit", "first_visit"),
    ("例行回访", "Routine visit", "routine"),
    ("现场演示", "Demonstration on site", "demonstration"),
    ("价格谈判", "Price negotiation", "negotiation"),
    ("上门催款", "Collecting a payment", "collection"),
    ("处理现场投诉", "Handling a complaint", "complaint"),
];

const NOTES: [(&str, &str); 5] = [
    ("沟通纪要", "Notes of a talk"),
    ("客户近况", "News of the customer"),
    ("竞争情况", "About the competition"),
    ("决策流程", "How they decide"),
    ("需求变化", "A change of requirements"),
];

const TALKS: [(&str, &str); 8] = [
    (
        "客户希望本周五前给出最终价，重点关注能耗和售后响应。",
        "They want the final price by Friday; energy use and service matter most.",
    ),
    (
        "现有设备运行八年，燃烧器故障较多，考虑整体更换。",
        "Their plant is eight years old and the burners fail often; they think of replacing all of it.",
    ),
    (
        "财务部门要求分三期付款，需要与总部确认。",
        "Their finance people ask for three instalments; to be agreed with head office.",
    ),
    (
        "对方同时在看另一家的方案，价格差距约百分之五。",
        "They also look at another offer, about five per cent cheaper.",
    ),
    (
        "总经理已口头同意，等待集团审批。",
        "The managing director agreed by word; the group has yet to approve.",
    ),
    (
        "对余热回收很感兴趣，要求提供同类案例。",
        "Much interested in heat recovery; they ask for similar cases.",
    ),
    (
        "生产线下月扩建，蒸汽用量预计增加三成。",
        "The line is extended next month; about a third more steam.",
    ),
    (
        "对上次的安装服务非常满意，愿意推荐给兄弟单位。",
        "Very content with the installation; they would recommend us to sister companies.",
    ),
];

const RESULTS: [(&str, &str); 6] = [
    ("达成一致，进入下一步。", "Agreed; on to the next step."),
    ("需要补充资料后再谈。", "More material is needed first."),
    ("客户满意，问题已解决。", "Content; the problem is solved."),
    ("约定下周再联系。", "To talk again next week."),
    ("价格仍有分歧。", "Still apart on the price."),
    ("暂无进展。", "No progress yet."),
];
