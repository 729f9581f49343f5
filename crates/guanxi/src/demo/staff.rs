//! The demo organisation itself: twelve departments, and those who work there.

use super::dice::Dice;
use super::{DemoRecord, DemoValue, LARGE, Login, Plan, link};

#[derive(Debug)]
pub struct Department {
    name: &'static str,
    parent: Option<usize>,
    /// Whether the data scope `region` ends here.
    region: bool,
    /// Its head, in a small organisation and in a large one.
    heads: [Option<u64>; 2],
}

const fn department_of(name: &'static str, parent: usize, heads: [Option<u64>; 2]) -> Department {
    Department {
        name,
        parent: Some(parent),
        region: false,
        heads,
    }
}

const fn region(name: &'static str, heads: [Option<u64>; 2]) -> Department {
    Department {
        name,
        parent: Some(SALES),
        region: true,
        heads,
    }
}

const HEAD_OFFICE: usize = 0;
const SALES: usize = 1;
const EAST: usize = 2;
pub const EAST_1: usize = 3;
pub const EAST_2: usize = 4;
pub const NORTH: usize = 5;
pub const SOUTH: usize = 6;
pub const CENTRAL: usize = 7;
pub const INTERNATIONAL: usize = 8;
const SERVICE: usize = 9;
const MARKETING: usize = 10;
const FINANCE: usize = 11;

pub static DEPARTMENTS: [Department; 12] = [
    Department {
        name: "总部 Head office",
        parent: None,
        region: false,
        heads: [Some(0), Some(0)],
    },
    department_of("销售 Sales", HEAD_OFFICE, [Some(1), Some(1)]),
    region("华东 East", [Some(2), Some(2)]),
    department_of("华东一部 East 1", EAST, [None, Some(14)]),
    department_of("华东二部 East 2", EAST, [None, Some(15)]),
    region("华北 North", [Some(3), Some(3)]),
    region("华南 South", [None, Some(16)]),
    region("中西部 Central and West", [None, Some(17)]),
    region("国际 International", [None, Some(18)]),
    department_of("服务 Service", HEAD_OFFICE, [Some(11), Some(11)]),
    department_of("市场 Marketing", HEAD_OFFICE, [None, Some(38)]),
    department_of("财务 Finance", HEAD_OFFICE, [Some(13), Some(13)]),
];

#[derive(Debug)]
struct Member {
    zh: &'static str,
    en: &'static str,
    role: &'static str,
    department: usize,
}

const fn member(
    zh: &'static str,
    en: &'static str,
    role: &'static str,
    department: usize,
) -> Member {
    Member {
        zh,
        en,
        role,
        department,
    }
}

const ADMINISTRATOR: &str = "administrator";
const MANAGER: &str = "manager";
const SALESPERSON: &str = "salesperson";
const HELPER: &str = "service";
const READER: &str = "read_only";

/// The first 14 are a small organisation.
const SMALL: usize = 14;

static MEMBERS: [Member; 40] = [
    member("陈立", "Li Chen", ADMINISTRATOR, HEAD_OFFICE),
    member("张伟", "Wei Zhang", MANAGER, SALES),
    member("刘敏", "Min Liu", MANAGER, EAST),
    member("赵宁", "Ning Zhao", MANAGER, NORTH),
    member("王梅", "Mei Wang", SALESPERSON, EAST_1),
    member("雷涛", "Tao Lei", SALESPERSON, EAST_1),
    member("林晓", "Xiao Lin", SALESPERSON, EAST_2),
    member("孙浩", "Hao Sun", SALESPERSON, NORTH),
    member("黄佳", "Jia Huang", SALESPERSON, SOUTH),
    member("罗成", "Cheng Luo", SALESPERSON, CENTRAL),
    member("柯艾玛", "Emma Clarke", SALESPERSON, INTERNATIONAL),
    member("周静", "Jing Zhou", HELPER, SERVICE),
    member("吴强", "Qiang Wu", HELPER, SERVICE),
    member("何慧", "Hui He", READER, FINANCE),
    member("徐建", "Jian Xu", MANAGER, EAST_1),
    member("马丽", "Li Ma", MANAGER, EAST_2),
    member("梁志", "Zhi Liang", MANAGER, SOUTH),
    member("谢云", "Yun Xie", MANAGER, CENTRAL),
    member("卫卢卡", "Lukas Weber", MANAGER, INTERNATIONAL),
    member("高飞", "Fei Gao", SALESPERSON, EAST_1),
    member("宋雨", "Yu Song", SALESPERSON, EAST_1),
    member("唐杰", "Jie Tang", SALESPERSON, EAST_1),
    member("许婷", "Ting Xu", SALESPERSON, EAST_2),
    member("韩磊", "Lei Han", SALESPERSON, EAST_2),
    member("冯娟", "Juan Feng", SALESPERSON, EAST_2),
    member("董博", "Bo Dong", SALESPERSON, NORTH),
    member("程雪", "Xue Cheng", SALESPERSON, NORTH),
    member("曹阳", "Yang Cao", SALESPERSON, NORTH),
    member("彭亮", "Liang Peng", SALESPERSON, SOUTH),
    member("苏颖", "Ying Su", SALESPERSON, SOUTH),
    member("蒋峰", "Feng Jiang", SALESPERSON, CENTRAL),
    member("蔡琳", "Lin Cai", SALESPERSON, CENTRAL),
    member("贾明", "Ming Jia", SALESPERSON, CENTRAL),
    member("罗索菲", "Sofia Rossi", SALESPERSON, INTERNATIONAL),
    member("安汉娜", "Hannah Adams", SALESPERSON, INTERNATIONAL),
    member("丁玲", "Ling Ding", HELPER, SERVICE),
    member("魏康", "Kang Wei", HELPER, SERVICE),
    member("叶春", "Chun Ye", HELPER, SERVICE),
    member("潘欣", "Xin Pan", MANAGER, MARKETING),
    member("杜国", "Guo Du", READER, FINANCE),
];

pub fn users(plan: &Plan) -> usize {
    if plan.size >= LARGE {
        MEMBERS.len()
    } else {
        SMALL
    }
}

/// One of those who sell in that department.
pub fn seller(plan: &Plan, department: usize, dice: &mut Dice) -> u64 {
    let sells = |member: &Member| member.role == SALESPERSON && member.department == department;
    let members = &MEMBERS[..users(plan)];
    let count = members.iter().filter(|member| sells(member)).count();
    let chosen = dice.below(count.max(1) as u64) as usize;
    let mut sellers = members
        .iter()
        .enumerate()
        .filter(|(_, member)| sells(member));
    sellers.nth(chosen).map_or(0, |(at, _)| at as u64)
}

/// Somebody else who sells.
pub fn another_seller(plan: &Plan, than: u64, dice: &mut Dice) -> Option<u64> {
    let others: Vec<u64> = sellers(plan).filter(|&user| user != than).collect();
    (!others.is_empty()).then(|| dice.pick(&others))
}

pub fn sellers(plan: &Plan) -> impl Iterator<Item = u64> {
    let members = MEMBERS[..users(plan)].iter().enumerate();
    members
        .filter(|(_, member)| member.role == SALESPERSON)
        .map(|(at, _)| at as u64)
}

pub fn department(plan: &Plan, key: u64) -> DemoRecord {
    let department = &DEPARTMENTS[key as usize];
    let mut fields = vec![
        ("name", department.name.into()),
        ("region", DemoValue::Bool(department.region)),
    ];
    if let Some(parent) = department.parent {
        fields.push(("parent", link("department", parent as u64)));
    }
    DemoRecord {
        object: "department",
        key,
        owner: None,
        created_at: plan.at(-1160, 540 + key),
        fields,
    }
}

pub fn user(plan: &Plan, key: u64) -> DemoRecord {
    let member = &MEMBERS[key as usize];
    let mut dice = Dice::new(30, key);
    let mut phone = "138".to_owned();
    dice.digits(8, &mut phone);
    let chinese = member.department != INTERNATIONAL;
    let fields = vec![
        ("name", name(member).into()),
        ("email", email(member).into()),
        ("roles", DemoValue::Words(vec![member.role])),
        ("active", DemoValue::Bool(true)),
        ("title", title(member).into()),
        ("phone", phone.into()),
        ("language", if chinese { "zh" } else { "en" }.into()),
        ("time_zone", "Asia/Shanghai".into()),
        ("department", link("department", member.department as u64)),
    ];
    DemoRecord {
        object: "user",
        key,
        owner: None,
        created_at: plan.at(-1155, 540 + key),
        fields,
    }
}

pub fn heads(plan: &Plan) -> Vec<(u64, u64)> {
    let large = usize::from(plan.size >= LARGE);
    let numbered = DEPARTMENTS.iter().enumerate();
    numbered
        .filter_map(|(at, department)| Some((at as u64, department.heads[large]?)))
        .collect()
}

pub fn logins(plan: &Plan) -> Vec<Login> {
    let members = MEMBERS[..users(plan)].iter().enumerate();
    members
        .map(|(at, member)| Login {
            user: at as u64,
            name: name(member),
            email: email(member),
            role: member.role,
            department: path(member.department),
        })
        .collect()
}

fn name(member: &Member) -> String {
    [member.zh, " ", member.en].concat()
}

fn email(member: &Member) -> String {
    member.en.to_ascii_lowercase().replace(' ', ".") + "@demo.example"
}

fn title(member: &Member) -> &'static str {
    match member.role {
        ADMINISTRATOR => "系统管理员 Administrator",
        MANAGER if member.department == MARKETING => "市场经理 Marketing manager",
        MANAGER => "销售经理 Sales manager",
        SALESPERSON => "客户经理 Account manager",
        HELPER => "服务工程师 Service engineer",
        _ => "会计 Accountant",
    }
}

fn path(department: usize) -> String {
    let here = &DEPARTMENTS[department];
    match here.parent {
        Some(parent) => path(parent) + "/" + here.name,
        None => here.name.to_owned(),
    }
}
