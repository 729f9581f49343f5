//! A postal address: one text, and its parts. Chinese divisions are found in the text by their endings.

use super::money::only;
use super::text::line;
use crate::catalog::Field;
use crate::fault::Fault;
use crate::kind::{Kind, Registered, Ty};
use crate::table::{Cell, ColumnSpec, ColumnType};
use crate::value::Value;
use serde_json::{Map, Value as Json, json};

pub struct Address;
inventory::submit!(Registered(&Address));

/// Characters of the whole address, and of each part.
const MAX_CHARS: u32 = 300;

/// From the largest to the smallest.
const PARTS: [&str; 6] = [
    "country", "province", "city", "district", "street", "postcode",
];

impl Kind for Address {
    fn name(&self) -> &'static str {
        "address"
    }

    fn ty(&self, _: &Field) -> Ty {
        Ty::Text
    }

    /// The whole text, and the parts as a JSON object.
    fn columns(&self, field: &Field) -> Vec<ColumnSpec> {
        columns(field)
    }

    /// A text, or an object of parts, with or without the text that they make.
    fn parse(&self, _: &Field, json: &Json) -> Result<Value, Fault> {
        match json {
            Json::String(text) => match line(text, MAX_CHARS)? {
                Value::Text(text) => Ok(Value::Parts {
                    parts: split(&text),
                    text,
                }),
                other => Ok(other),
            },
            Json::Object(members) => {
                let (text, parts) = read_parts(members, &PARTS)?;
                match text.unwrap_or_else(|| join(&parts)) {
                    text if text.is_empty() => Ok(Value::Null),
                    text if parts.is_empty() => Ok(Value::Parts {
                        parts: split(&text),
                        text,
                    }),
                    text => Ok(Value::Parts { text, parts }),
                }
            }
            _ => Err(Fault::new("not_an_address")),
        }
    }

    fn aliases(&self, field: &Field) -> Vec<String> {
        vec![format!("{}_parts", field.name)]
    }

    fn to_json(&self, _: &Field, value: &Value) -> Json {
        value.text().map_or(Json::Null, Json::from)
    }

    fn extra_json(&self, _: &Field, value: &Value) -> Vec<(&'static str, Json)> {
        parts_json(value)
    }

    fn to_text(&self, _: &Field, value: &Value) -> String {
        value.text().unwrap_or_default().to_owned()
    }

    fn store(&self, _: &Field, value: &Value, cells: &mut Vec<Cell>) {
        store(value, cells);
    }

    fn load(&self, _: &Field, cells: &[Cell]) -> Value {
        load(cells)
    }

    fn write_text(&self, _: &Field, cells: &[Cell], out: &mut String) {
        out.push_str(cells[0].text().unwrap_or_default());
    }

    fn examples(&self) -> Vec<Json> {
        vec![
            json!("安徽省合肥市蜀山区长江西路 99 号 230031"),
            json!("10 Downing Street, London SW1A 2AA"),
            json!({ "province": "浙江省", "city": "杭州市", "district": "西湖区", "street": "文三路 1 号" }),
        ]
    }
}

pub(crate) fn columns(field: &Field) -> Vec<ColumnSpec> {
    vec![
        ColumnSpec::new(&field.column, ColumnType::Text),
        ColumnSpec::new(format!("{}_parts", field.column), ColumnType::Text),
    ]
}

/// The text, if there is one, and the parts that are not empty.
pub(crate) fn read_parts(
    members: &Map<String, Json>,
    names: &[&str],
) -> Result<(Option<String>, Map<String, Json>), Fault> {
    let known: Vec<&str> = names.iter().copied().chain(["text"]).collect();
    only(members, &known)?;
    let read = |name: &str| match members.get(name) {
        None | Some(Json::Null) => Ok(None),
        Some(Json::String(text)) => Ok(line(text, MAX_CHARS)?.text().map(str::to_owned)),
        Some(_) => Err(Fault::new("not_text")),
    };
    let mut parts = Map::new();
    for name in names {
        if let Some(text) = read(name)? {
            parts.insert((*name).to_owned(), text.into());
        }
    }
    Ok((read("text")?, parts))
}

pub(crate) fn parts_json(value: &Value) -> Vec<(&'static str, Json)> {
    match value {
        Value::Parts { parts, .. } => vec![("_parts", Json::Object(parts.clone()))],
        _ => vec![("_parts", Json::Null)],
    }
}

pub(crate) fn store(value: &Value, cells: &mut Vec<Cell>) {
    cells.push(value.text().into());
    cells.push(match value {
        Value::Parts { parts, .. } => Json::Object(parts.clone()).to_string().into(),
        _ => Cell::Null,
    });
}

pub(crate) fn load(cells: &[Cell]) -> Value {
    let Some(text) = cells[0].text() else {
        return Value::Null;
    };
    let parts = cells[1]
        .text()
        .and_then(|parts| serde_json::from_str(parts).ok())
        .unwrap_or_default();
    Value::Parts {
        text: text.to_owned(),
        parts,
    }
}

/// One line: as Chinese writes it, or as most others do.
fn join(parts: &Map<String, Json>) -> String {
    let part = |name: &str| parts.get(name).and_then(Json::as_str).unwrap_or_default();
    let han = parts
        .values()
        .any(|part| part.as_str().is_some_and(|text| text.chars().any(is_han)));
    let (order, glue): ([&str; 6], &str) = match han {
        true => (PARTS, ""),
        false => (
            [
                "street", "district", "city", "province", "postcode", "country",
            ],
            ", ",
        ),
    };
    let mut texts: Vec<&str> = Vec::new();
    for name in order {
        // 北京市 is both province and city, and is written once.
        if !part(name).is_empty()
            && texts.last() != Some(&part(name))
            && (!han || name != "postcode")
        {
            texts.push(part(name));
        }
    }
    let text = texts.join(glue);
    match (han, part("postcode")) {
        (true, code) if !code.is_empty() => format!("{text} {code}"),
        _ => text,
    }
}

pub(crate) fn is_han(letter: char) -> bool {
    matches!(letter, '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{323af}')
}

/// The parts of a Chinese address; nothing for an address of another script, whose orders are too many.
fn split(text: &str) -> Map<String, Json> {
    let mut parts = Map::new();
    if !text.chars().any(is_han) {
        return parts;
    }
    let mut keep = |name: &str, part: &str| {
        if !part.is_empty() {
            parts.insert(name.to_owned(), part.into());
        }
    };
    let mut rest = text.trim();
    if let Some(behind) = rest.strip_prefix("中国") {
        keep("country", "中国");
        rest = behind.trim_start();
    }
    if let Some(code) = trailing_postcode(rest) {
        keep("postcode", code);
        rest = rest[..rest.len() - code.len()].trim_end();
    }
    if let Some((province, behind)) = province(rest) {
        keep("province", &province);
        rest = behind.trim_start();
        if MUNICIPALITIES.iter().any(|name| province.starts_with(name)) {
            // 北京市北京市海淀区 is written too.
            rest = rest
                .strip_prefix(province.as_str())
                .unwrap_or(rest)
                .trim_start();
            keep("city", &province);
        }
    }
    let municipal = MUNICIPALITIES.iter().any(|name| {
        text.trim_start_matches("中国")
            .trim_start()
            .starts_with(name)
    });
    if !municipal && let Some((city, behind)) = division(rest, &["自治州", "地区", "盟", "市"])
    {
        keep("city", city);
        rest = behind.trim_start();
    }
    if let Some((district, behind)) = division(rest, &["自治县", "自治旗", "区", "县", "旗", "市"])
    {
        keep("district", district);
        rest = behind.trim_start();
    }
    keep("street", rest);
    parts
}

const MUNICIPALITIES: [&str; 4] = ["北京", "上海", "天津", "重庆"];

/// Provinces by the name that people write, and what the whole name has behind it.
const PROVINCES: [(&str, &str); 34] = [
    ("北京", "市"),
    ("上海", "市"),
    ("天津", "市"),
    ("重庆", "市"),
    ("河北", "省"),
    ("山西", "省"),
    ("辽宁", "省"),
    ("吉林", "省"),
    ("黑龙江", "省"),
    ("江苏", "省"),
    ("浙江", "省"),
    ("安徽", "省"),
    ("福建", "省"),
    ("江西", "省"),
    ("山东", "省"),
    ("河南", "省"),
    ("湖北", "省"),
    ("湖南", "省"),
    ("广东", "省"),
    ("海南", "省"),
    ("四川", "省"),
    ("贵州", "省"),
    ("云南", "省"),
    ("陕西", "省"),
    ("甘肃", "省"),
    ("青海", "省"),
    ("台湾", "省"),
    ("内蒙古", "自治区"),
    ("广西", "壮族自治区"),
    ("西藏", "自治区"),
    ("宁夏", "回族自治区"),
    ("新疆", "维吾尔自治区"),
    ("香港", "特别行政区"),
    ("澳门", "特别行政区"),
];

/// The whole name of the province at the beginning, and what stands behind it.
fn province(text: &str) -> Option<(String, &str)> {
    let (name, ending) = PROVINCES.iter().find(|(name, _)| text.starts_with(name))?;
    let behind = &text[name.len()..];
    let whole = format!("{name}{ending}");
    if let Some(behind) = behind.strip_prefix(ending) {
        return Some((whole, behind));
    }
    // 吉林市 and 海南州 are not the province 吉林 or 海南.
    if *ending == "省"
        && ["市", "州", "路", "街", "县", "区"]
            .iter()
            .any(|other| behind.starts_with(other))
    {
        return None;
    }
    Some((whole, behind.strip_prefix("自治区").unwrap_or(behind)))
}

/// Characters of the name of a division, its ending included: 克孜勒苏柯尔克孜自治州 has eleven.
const DIVISION_CHARS: usize = 12;

/// The shortest beginning with one of these endings that can be the name of a division.
fn division<'a>(text: &'a str, endings: &[&str]) -> Option<(&'a str, &'a str)> {
    let ends = text
        .char_indices()
        .map(|(at, letter)| at + letter.len_utf8());
    for end in ends.take(DIVISION_CHARS) {
        let (name, behind) = text.split_at(end);
        // 路南区 is a district; what has a road further in is one no more.
        let road = |letter: char| name.chars().count() > 1 && "路街巷弄号栋楼".contains(letter);
        if name.ends_with(|letter: char| !is_han(letter) || road(letter)) {
            return None;
        }
        if ["小区", "社区", "园区", "校区", "厂区"]
            .iter()
            .any(|other| name.ends_with(other))
        {
            return None;
        }
        if name.chars().count() > 1 && endings.iter().any(|ending| name.ends_with(ending)) {
            // 沙市区, 市区: the ending is part of a longer name.
            if name.ends_with('市') && behind.starts_with('区') {
                continue;
            }
            return Some((name, behind));
        }
    }
    None
}

/// Six digits at the end with something that is no digit before them.
fn trailing_postcode(text: &str) -> Option<&str> {
    let digits = text.bytes().rev().take_while(u8::is_ascii_digit).count();
    let start = text.len() - digits;
    let apart = text[..start].ends_with([' ', ',', '，', '(', '（', '　']);
    (digits == 6 && apart).then(|| &text[start..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chinese_divisions_are_found() {
        for (text, expect) in [
            (
                "安徽省合肥市蜀山区长江西路99号 230031",
                "230031|安徽省|合肥市|蜀山区|长江西路99号",
            ),
            (
                "安徽合肥市包河区徽州大道1号",
                "安徽省|合肥市|包河区|徽州大道1号",
            ),
            (
                "北京市海淀区中关村大街1号",
                "北京市|北京市|海淀区|中关村大街1号",
            ),
            ("北京北京市海淀区", "北京市|北京市|海淀区"),
            (
                "中国上海浦东新区世纪大道",
                "中国|上海市|上海市|浦东新区|世纪大道",
            ),
            ("吉林省吉林市昌邑区", "吉林省|吉林市|昌邑区"),
            ("吉林市昌邑区", "吉林市|昌邑区"),
            (
                "新疆维吾尔自治区喀什地区疏勒县",
                "新疆维吾尔自治区|喀什地区|疏勒县",
            ),
            (
                "内蒙古锡林郭勒盟东乌珠穆沁旗",
                "内蒙古自治区|锡林郭勒盟|东乌珠穆沁旗",
            ),
            ("湖北省荆州市沙市区北京路", "湖北省|荆州市|沙市区|北京路"),
            (
                "浙江省嘉兴市桐乡市凤凰小区",
                "浙江省|嘉兴市|桐乡市|凤凰小区",
            ),
            ("合肥市阳光小区 3 栋", "合肥市|阳光小区 3 栋"),
            (
                "黑龙江省哈尔滨市道里区中央大街",
                "黑龙江省|哈尔滨市|道里区|中央大街",
            ),
            ("某某路 5 号", "某某路 5 号"),
            ("10 Downing Street", ""),
        ] {
            let parts: Vec<String> = split(text)
                .values()
                .filter_map(Json::as_str)
                .map(str::to_owned)
                .collect();
            assert_eq!(parts.join("|"), expect, "{text}");
        }
    }
}
