//! What a column holds, guessed from its name and its values.

use crate::columns::Coded;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Of a person or company, in Chinese or Latin script.
    Name,
    Phone,
    Email,
    Date,
    /// An official number: identity card, tax, insurance.
    Code,
    Address,
    /// One of few values, which only agree or not.
    Category,
    /// Anything else.
    Text,
}

impl Kind {
    /// Whether it names the person rather than the place.
    pub fn is_personal(self) -> bool {
        matches!(self, Kind::Name | Kind::Email | Kind::Date | Kind::Code)
    }

    /// Whether a rare value that is shared says more than a frequent one.
    pub fn counts_rarity(self) -> bool {
        !matches!(self, Kind::Phone | Kind::Email)
    }
}

/// Parts of column names by what they stand for; the first that fits decides.
const WORDS: &[(Kind, &[&str])] = &[
    (
        Kind::Email,
        &["email", "e-mail", "e_mail", "mail", "邮箱", "邮件"],
    ),
    (
        Kind::Phone,
        &[
            "phone", "mobile", "tel", "fax", "cell", "电话", "手机", "传真",
        ],
    ),
    (
        Kind::Date,
        &["birth", "dob", "date", "生日", "出生", "日期"],
    ),
    (
        Kind::Address,
        &["address", "street_name", "addr", "地址", "住址"],
    ),
    (
        Kind::Name,
        &[
            "name",
            "fname",
            "lname",
            "contact",
            "person",
            "company",
            "姓名",
            "名称",
            "联系人",
            "公司",
        ],
    ),
    (
        Kind::Code,
        &[
            "ssn",
            "soc_sec",
            "id_no",
            "idno",
            "passport",
            "tax",
            "vat",
            "licen",
            "证",
            "税号",
            "信用代码",
        ],
    ),
    (
        Kind::Category,
        &[
            "type", "kind", "gender", "sex", "state", "country", "province", "类型", "性别",
        ],
    ),
];

/// Distinct values of a category, and rows to a value.
const FEW: usize = 64;
const ROWS_TO_A_VALUE: usize = 8;

pub fn guess(name: &str, values: &Coded) -> Kind {
    let lower = name.to_lowercase();
    let by_name = WORDS
        .iter()
        .find(|(_, words)| words.iter().any(|word| lower.contains(word)));
    if let Some((kind, _)) = by_name {
        return *kind;
    }
    let known = values
        .codes
        .iter()
        .filter(|code| **code != Coded::MISSING)
        .count();
    let distinct = values.names.len();
    let share = |is: &dyn Fn(&str) -> bool| {
        values.names.iter().filter(|text| is(text)).count() as f64 / distinct.max(1) as f64
    };
    if distinct <= FEW && known >= ROWS_TO_A_VALUE * distinct {
        Kind::Category
    } else if share(&|text| text.contains('@')) > 0.8 {
        Kind::Email
    } else if share(&|text| {
        text.bytes().any(|byte| byte.is_ascii_digit()) && text.chars().count() > 12
    }) > 0.6
    {
        Kind::Address
    } else if share(&|text| text.bytes().filter(u8::is_ascii_digit).count() * 2 > text.len()) > 0.8
    {
        Kind::Code
    } else {
        Kind::Text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_columns_and_their_values_tell_the_kind() {
        let texts = Coded::of(&["a", "b"]);
        for (name, kind) in [
            ("given_name", Kind::Name),
            ("phone", Kind::Phone),
            ("date_of_birth", Kind::Date),
            ("soc_sec_id", Kind::Code),
            ("联系人", Kind::Name),
            ("id_no", Kind::Code),
            ("address_1", Kind::Address),
            ("suburb", Kind::Text),
        ] {
            assert_eq!(guess(name, &texts), kind, "{name}");
        }
        let few: Vec<&str> = ["x", "y"].into_iter().cycle().take(100).collect();
        assert_eq!(guess("k", &Coded::of(&few)), Kind::Category);
        assert_eq!(guess("k", &Coded::of(&["4711", "0815"])), Kind::Code);
    }
}
