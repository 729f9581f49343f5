//! Names of people: 王小梅, Emily R. Parker.

use super::dice::{Dice, scatter};

#[derive(Debug)]
pub struct Person {
    pub name: String,
    /// Left of the `@`.
    pub mailbox: String,
}

/// `rank` counts the Chinese people among customers. Common surnames stand several times in the list, as they do
/// in life, so that a few people share a name.
pub fn chinese(rank: u64) -> Person {
    let mut at = scatter(rank, CHINESE_NAMES);
    let mut draw = |among: usize| {
        let drawn = at % among as u64;
        at /= among as u64;
        drawn as usize
    };
    let surname = SURNAMES[draw(SURNAMES.len())];
    let (first, second) = (GIVEN[draw(GIVEN.len())], GIVEN[draw(GIVEN.len())]);
    let mailbox = [first.1, second.1, ".", surname.1].concat();
    Person {
        name: [surname.0, first.0, second.0].concat(),
        mailbox,
    }
}

/// `rank` counts the people with Latin names; no two ranks below `LATIN_NAMES` share a name.
pub fn latin(rank: u64) -> Person {
    let mut at = scatter(rank, LATIN_NAMES);
    let mut draw = |among: usize| {
        let drawn = at % among as u64;
        at /= among as u64;
        drawn as usize
    };
    let (first, last) = (FIRST[draw(FIRST.len())], LAST[draw(LAST.len())]);
    let middle = ["", " ", &INITIALS[draw(INITIALS.len())..][..1]];
    let name = match middle[2] {
        "-" => [first, " ", last].concat(),
        initial => [first, " ", initial, ". ", last].concat(),
    };
    Person {
        name,
        mailbox: [first, ".", last].concat().to_ascii_lowercase(),
    }
}

/// A colleague, contact or prospect: any name.
pub fn any_chinese(dice: &mut Dice) -> Person {
    chinese(dice.below(CHINESE_NAMES))
}

pub fn any_latin(dice: &mut Dice) -> Person {
    latin(dice.below(LATIN_NAMES))
}

const CHINESE_NAMES: u64 = (SURNAMES.len() * GIVEN.len() * GIVEN.len()) as u64;
const LATIN_NAMES: u64 = (FIRST.len() * LAST.len() * INITIALS.len()) as u64;

/// Middle initials; `-` is none.
const INITIALS: &str = "-ABCDEFGHJKLMNPRSTVW";

#[rustfmt::skip]
const SURNAMES: [(&str, &str); 100] = [
    ("王", "wang"), ("李", "li"), ("张", "zhang"), ("刘", "liu"), ("陈", "chen"), ("王", "wang"), ("李", "li"),
    ("张", "zhang"), ("刘", "liu"), ("陈", "chen"), ("杨", "yang"), ("赵", "zhao"), ("黄", "huang"), ("周", "zhou"),
    ("吴", "wu"), ("徐", "xu"), ("孙", "sun"), ("胡", "hu"), ("朱", "zhu"), ("高", "gao"), ("林", "lin"), ("何", "he"),
    ("郭", "guo"), ("马", "ma"), ("罗", "luo"), ("梁", "liang"), ("宋", "song"), ("郑", "zheng"), ("谢", "xie"),
    ("韩", "han"), ("唐", "tang"), ("冯", "feng"), ("于", "yu"), ("董", "dong"), ("萧", "xiao"), ("程", "cheng"),
    ("曹", "cao"), ("袁", "yuan"), ("邓", "deng"), ("许", "xu"), ("傅", "fu"), ("沈", "shen"), ("曾", "zeng"),
    ("彭", "peng"), ("吕", "lv"), ("苏", "su"), ("卢", "lu"), ("蒋", "jiang"), ("蔡", "cai"), ("贾", "jia"),
    ("丁", "ding"), ("魏", "wei"), ("薛", "xue"), ("叶", "ye"), ("阎", "yan"), ("余", "yu"), ("潘", "pan"),
    ("杜", "du"), ("戴", "dai"), ("夏", "xia"), ("钟", "zhong"), ("汪", "wang"), ("田", "tian"), ("任", "ren"),
    ("姜", "jiang"), ("范", "fan"), ("方", "fang"), ("石", "shi"), ("姚", "yao"), ("谭", "tan"), ("廖", "liao"),
    ("邹", "zou"), ("熊", "xiong"), ("金", "jin"), ("陆", "lu"), ("郝", "hao"), ("孔", "kong"), ("白", "bai"),
    ("崔", "cui"), ("康", "kang"), ("毛", "mao"), ("邱", "qiu"), ("秦", "qin"), ("江", "jiang"), ("史", "shi"),
    ("顾", "gu"), ("侯", "hou"), ("邵", "shao"), ("孟", "meng"), ("龙", "long"), ("万", "wan"), ("段", "duan"),
    ("雷", "lei"), ("钱", "qian"), ("汤", "tang"), ("尹", "yin"), ("黎", "li"), ("易", "yi"), ("常", "chang"),
    ("欧阳", "ouyang"),
];

#[rustfmt::skip]
const GIVEN: [(&str, &str); 120] = [
    ("伟", "wei"), ("芳", "fang"), ("娜", "na"), ("秀", "xiu"), ("敏", "min"), ("静", "jing"), ("丽", "li"),
    ("强", "qiang"), ("磊", "lei"), ("军", "jun"), ("洋", "yang"), ("勇", "yong"), ("艳", "yan"), ("杰", "jie"),
    ("娟", "juan"), ("涛", "tao"), ("明", "ming"), ("超", "chao"), ("兰", "lan"), ("霞", "xia"), ("平", "ping"),
    ("刚", "gang"), ("桂", "gui"), ("英", "ying"), ("华", "hua"), ("玉", "yu"), ("萍", "ping"), ("红", "hong"),
    ("鹏", "peng"), ("飞", "fei"), ("梅", "mei"), ("文", "wen"), ("辉", "hui"), ("建", "jian"), ("国", "guo"),
    ("志", "zhi"), ("海", "hai"), ("波", "bo"), ("宁", "ning"), ("浩", "hao"), ("宇", "yu"), ("轩", "xuan"),
    ("子", "zi"), ("涵", "han"), ("欣", "xin"), ("怡", "yi"), ("佳", "jia"), ("雨", "yu"), ("晨", "chen"),
    ("思", "si"), ("梦", "meng"), ("琪", "qi"), ("俊", "jun"), ("凯", "kai"), ("东", "dong"), ("峰", "feng"),
    ("亮", "liang"), ("健", "jian"), ("斌", "bin"), ("林", "lin"), ("云", "yun"), ("晓", "xiao"), ("春", "chun"),
    ("雪", "xue"), ("燕", "yan"), ("玲", "ling"), ("婷", "ting"), ("慧", "hui"), ("莉", "li"), ("颖", "ying"),
    ("洁", "jie"), ("琳", "lin"), ("璐", "lu"), ("瑶", "yao"), ("阳", "yang"), ("旭", "xu"), ("鑫", "xin"),
    ("龙", "long"), ("翔", "xiang"), ("博", "bo"), ("睿", "rui"), ("嘉", "jia"), ("庆", "qing"), ("胜", "sheng"),
    ("学", "xue"), ("祥", "xiang"), ("才", "cai"), ("发", "fa"), ("武", "wu"), ("新", "xin"), ("利", "li"),
    ("清", "qing"), ("彬", "bin"), ("富", "fu"), ("顺", "shun"), ("信", "xin"), ("昌", "chang"), ("成", "cheng"),
    ("康", "kang"), ("星", "xing"), ("光", "guang"), ("天", "tian"), ("达", "da"), ("安", "an"), ("岩", "yan"),
    ("中", "zhong"), ("茂", "mao"), ("进", "jin"), ("有", "you"), ("坚", "jian"), ("和", "he"), ("彪", "biao"),
    ("诚", "cheng"), ("先", "xian"), ("敬", "jing"), ("震", "zhen"), ("振", "zhen"), ("壮", "zhuang"), ("会", "hui"),
    ("思", "si"),
];

#[rustfmt::skip]
const FIRST: [&str; 80] = [
    "James", "Mary", "Robert", "Patricia", "John", "Jennifer", "Michael", "Linda", "David", "Elizabeth", "William",
    "Barbara", "Richard", "Susan", "Joseph", "Jessica", "Thomas", "Sarah", "Charles", "Karen", "Daniel", "Lisa",
    "Matthew", "Nancy", "Anthony", "Betty", "Mark", "Sandra", "Paul", "Ashley", "Steven", "Emily", "Andrew", "Kimberly",
    "Joshua", "Margaret", "Kevin", "Donna", "Brian", "Michelle", "George", "Carol", "Edward", "Amanda", "Ronald",
    "Melissa", "Timothy", "Deborah", "Jason", "Stephanie", "Ryan", "Rebecca", "Jacob", "Laura", "Gary", "Helen",
    "Nicholas", "Sharon", "Eric", "Cynthia", "Jonathan", "Amy", "Stephen", "Angela", "Larry", "Anna", "Justin", "Ruth",
    "Scott", "Brenda", "Brandon", "Pamela", "Benjamin", "Nicole", "Samuel", "Katherine", "Hannah", "Lukas", "Ingrid",
    "Sofia",
];

#[rustfmt::skip]
const LAST: [&str; 80] = [
    "Smith", "Johnson", "Williams", "Brown", "Jones", "Miller", "Davis", "Wilson", "Anderson", "Taylor", "Moore",
    "Jackson", "Martin", "Thompson", "White", "Harris", "Clark", "Lewis", "Robinson", "Walker", "Young", "Allen", "King",
    "Wright", "Scott", "Hill", "Green", "Adams", "Nelson", "Baker", "Hall", "Campbell", "Mitchell", "Carter", "Roberts",
    "Phillips", "Evans", "Turner", "Parker", "Collins", "Edwards", "Stewart", "Morris", "Murphy", "Cook", "Rogers",
    "Morgan", "Cooper", "Peterson", "Bailey", "Reed", "Kelly", "Howard", "Ward", "Cox", "Richardson", "Wood", "Watson",
    "Brooks", "Bennett", "Gray", "Hughes", "Price", "Myers", "Long", "Foster", "Sanders", "Ross", "Fischer", "Weber",
    "Schneider", "Meyer", "Rossi", "Ferrari", "Dubois", "Laurent", "Jansen", "Visser", "Larsen", "Novak",
];
