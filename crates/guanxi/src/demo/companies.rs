//! Names of organisations: 合肥恒源锅炉制造有限公司, Silverbrook Engineering Ltd.

use super::dice::{Dice, scatter};
use super::places::Place;

/// An organisation's name and what follows from it.
#[derive(Debug)]
pub struct Company {
    pub name: String,
    /// As colleagues call it.
    pub short: String,
    pub industry: &'static str,
    /// Under `.example`, which never leads anywhere (RFC 2606).
    pub domain: String,
}

/// `rank` counts the Chinese organisations.
pub fn chinese(rank: u64, place: Place, dice: &mut Dice) -> Company {
    let (trade, industry) = dice.pick(&TRADES_ZH);
    let (first, second) = (dice.pick(&BRAND), dice.pick(&BRAND));
    let suffix = dice.weighted(&SUFFIXES_ZH);
    let mut short = String::with_capacity(24);
    short.push_str(place.short());
    let mut domain = String::with_capacity(32);
    domain.extend(
        place
            .en()
            .chars()
            .filter(char::is_ascii_alphabetic)
            .map(|letter| letter.to_ascii_lowercase()),
    );
    // Some of the first are named by place and trade alone, as old state firms are.
    if rank % 9 == 4 && rank < 900 {
        short.push_str(trade);
        domain.push_str(&format!("-{industry}{rank}"));
    } else {
        short.push_str(first.0);
        short.push_str(second.0);
        domain.push('-');
        domain.push_str(first.1);
        domain.push_str(second.1);
    }
    let mut name = String::with_capacity(60);
    name.push_str(&short);
    if !name.ends_with(trade) {
        name.push_str(trade);
    }
    name.push_str(suffix);
    domain = domain.replace('_', "-") + ".example";
    Company {
        name,
        short,
        industry,
        domain,
    }
}

/// `rank` counts the organisations with Latin names; no two ranks below `LATIN_NAMES` share a name.
pub fn latin(rank: u64) -> Company {
    let mut at = scatter(rank, LATIN_NAMES);
    let mut draw = |among: usize| {
        let drawn = at % among as u64;
        at /= among as u64;
        drawn as usize
    };
    let (suffix, (trade, industry)) = (
        SUFFIXES_EN[draw(SUFFIXES_EN.len())],
        TRADES_EN[draw(TRADES_EN.len())],
    );
    let (second, first) = (SECOND[draw(SECOND.len())], FIRST[draw(FIRST.len())]);
    let short = [first, second].concat();
    let domain = short.to_ascii_lowercase() + "-" + &trade.to_ascii_lowercase() + ".example";
    Company {
        name: [&short, " ", trade, " ", suffix].concat(),
        short,
        industry,
        domain,
    }
}

const LATIN_NAMES: u64 = (FIRST.len() * SECOND.len() * TRADES_EN.len() * SUFFIXES_EN.len()) as u64;

const SUFFIXES_ZH: [(&str, u64); 6] = [
    ("有限公司", 62),
    ("有限责任公司", 12),
    ("股份有限公司", 12),
    ("集团有限公司", 6),
    ("厂", 4),
    ("经营部", 4),
];

#[rustfmt::skip]
const TRADES_ZH: [(&str, &str); 52] = [
    ("锅炉制造", "machinery"), ("机械设备", "machinery"), ("精密仪器", "machinery"), ("自动化设备", "machinery"),
    ("船舶重工", "machinery"), ("食品", "food"), ("粮油", "food"), ("饮品", "food"), ("乳业", "food"), ("酿酒", "food"),
    ("纺织", "textiles"), ("服饰", "textiles"), ("印染", "textiles"), ("鞋业", "textiles"), ("物流", "logistics"),
    ("供应链管理", "logistics"), ("港口服务", "logistics"), ("光伏", "energy"), ("热力", "energy"), ("燃气", "energy"),
    ("环保科技", "energy"), ("电子科技", "electronics"), ("半导体", "electronics"), ("照明", "electronics"),
    ("汽车配件", "automotive"), ("汽车销售", "automotive"), ("建筑工程", "construction"), ("钢结构", "construction"),
    ("装饰工程", "construction"), ("房地产开发", "real_estate"), ("物业管理", "real_estate"), ("化工", "chemicals"),
    ("新材料", "chemicals"), ("生物制药", "medical"), ("医疗器械", "medical"), ("软件", "software"),
    ("网络科技", "technology"), ("智能科技", "technology"), ("通信技术", "telecommunications"), ("商贸", "retail"),
    ("百货", "retail"), ("酒店管理", "hospitality"), ("餐饮管理", "hospitality"), ("农业发展", "agriculture"),
    ("教育科技", "education"), ("文化传媒", "entertainment"), ("广告", "marketing"), ("人力资源", "employment"),
    ("咨询服务", "services"), ("融资租赁", "finance"), ("包装材料", "manufacturing"), ("家具制造", "manufacturing"),
];

#[rustfmt::skip]
const BRAND: [(&str, &str); 80] = [
    ("恒", "heng"), ("源", "yuan"), ("华", "hua"), ("盛", "sheng"), ("泰", "tai"), ("瑞", "rui"), ("祥", "xiang"),
    ("隆", "long"), ("兴", "xing"), ("达", "da"), ("丰", "feng"), ("汇", "hui"), ("嘉", "jia"), ("宏", "hong"),
    ("鑫", "xin"), ("腾", "teng"), ("飞", "fei"), ("博", "bo"), ("创", "chuang"), ("新", "xin"), ("通", "tong"),
    ("联", "lian"), ("海", "hai"), ("天", "tian"), ("龙", "long"), ("凯", "kai"), ("正", "zheng"), ("元", "yuan"),
    ("中", "zhong"), ("诚", "cheng"), ("信", "xin"), ("安", "an"), ("康", "kang"), ("万", "wan"), ("顺", "shun"),
    ("富", "fu"), ("金", "jin"), ("鼎", "ding"), ("云", "yun"), ("星", "xing"), ("晨", "chen"), ("阳", "yang"),
    ("明", "ming"), ("远", "yuan"), ("德", "de"), ("力", "li"), ("科", "ke"), ("智", "zhi"), ("优", "you"),
    ("美", "mei"), ("和", "he"), ("众", "zhong"), ("广", "guang"), ("聚", "ju"), ("银", "yin"), ("鸿", "hong"),
    ("永", "yong"), ("江", "jiang"), ("林", "lin"), ("石", "shi"), ("松", "song"), ("柏", "bai"), ("玉", "yu"),
    ("蓝", "lan"), ("佳", "jia"), ("双", "shuang"), ("荣", "rong"), ("昌", "chang"), ("旺", "wang"), ("庆", "qing"),
    ("福", "fu"), ("迅", "xun"), ("捷", "jie"), ("卓", "zhuo"), ("越", "yue"), ("亿", "yi"), ("润", "run"),
    ("同", "tong"), ("合", "he"), ("立", "li"),
];

#[rustfmt::skip]
const FIRST: [&str; 56] = [
    "North", "West", "Silver", "Blue", "Stone", "Clear", "Bright", "Red", "Oak", "Iron", "River", "Lake", "High",
    "Green", "Ever", "Prime", "Sun", "Moon", "Star", "Cedar", "Maple", "Ash", "Elm", "Birch", "Harbor", "Summit",
    "Crest", "Falcon", "Eagle", "Swan", "Fox", "Wolf", "Bear", "Lion", "Golden", "Crystal", "Coral", "Amber",
    "Granite", "Marble", "Copper", "Cobalt", "Nova", "Terra", "Aqua", "Vita", "Luma", "Omni", "Alto", "Delta", "Apex",
    "Zenith", "Orion", "Vega", "Atlas", "Juno",
];

const SECOND: [&str; 24] = [
    "gate", "field", "bridge", "wood", "stead", "brook", "ford", "hill", "dale", "port", "point",
    "view", "mark", "line", "works", "path", "light", "water", "land", "craft", "tech", "wave",
    "way", "peak",
];

#[rustfmt::skip]
const TRADES_EN: [(&str, &str); 32] = [
    ("Engineering", "machinery"), ("Machinery", "machinery"), ("Instruments", "machinery"), ("Automation", "machinery"),
    ("Foods", "food"), ("Beverages", "food"), ("Textiles", "textiles"), ("Apparel", "textiles"),
    ("Logistics", "logistics"), ("Freight", "logistics"), ("Energy", "energy"), ("Utilities", "energy"),
    ("Electronics", "electronics"), ("Semiconductors", "electronics"), ("Automotive", "automotive"),
    ("Construction", "construction"), ("Steel", "construction"), ("Properties", "real_estate"),
    ("Chemicals", "chemicals"), ("Materials", "chemicals"), ("Medical", "medical"), ("Pharma", "medical"),
    ("Software", "software"), ("Technologies", "technology"), ("Telecom", "telecommunications"), ("Trading", "retail"),
    ("Hotels", "hospitality"), ("Farms", "agriculture"), ("Education", "education"), ("Media", "entertainment"),
    ("Consulting", "services"), ("Packaging", "manufacturing"),
];

const SUFFIXES_EN: [&str; 8] = [
    "Ltd", "Inc.", "GmbH", "LLC", "Group", "PLC", "Pte Ltd", "Co.",
];
