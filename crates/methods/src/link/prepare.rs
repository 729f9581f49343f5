//! A value in the forms in which it is compared and looked up, made once for every distinct text.

use super::Kind;
use crate::columns::key;
use pinyin::ToPinyin;
use unicode_normalization::UnicodeNormalization;

#[derive(Debug, Clone, Default)]
pub struct Value {
    /// One width, one case, without blanks and marks; digits alone for telephones and dates.
    pub text: String,
    /// Words, or syllables of Chinese characters, as hashes in their order.
    pub tokens: Vec<u32>,
    /// The same sorted, for what is written in another order.
    pub sorted: Vec<u32>,
    /// Pairs of neighbouring characters, sorted.
    pub grams: Vec<u32>,
    /// Runs of digits in their order.
    pub numbers: Vec<u32>,
    /// Whether it holds Chinese characters.
    pub is_han: bool,
}

/// Legal forms, the longest first: companies leave them out as often as not.
const FORMS: &[&str] = &[
    "有限责任公司",
    "股份有限公司",
    "集团有限公司",
    "有限公司",
    "分公司",
    "公司",
    "集团",
];

pub fn prepare(kind: Kind, raw: &str) -> Value {
    let folded: String = raw.nfkc().flat_map(char::to_lowercase).collect();
    match kind {
        Kind::Phone => Value {
            text: phone(&folded),
            ..Value::default()
        },
        Kind::Date => Value {
            text: digits_or(&folded),
            ..Value::default()
        },
        Kind::Email => Value {
            text: folded.trim().to_owned(),
            ..Value::default()
        },
        Kind::Code => Value {
            text: letters_and_digits(&folded),
            ..Value::default()
        },
        Kind::Category => Value {
            text: folded.trim().to_owned(),
            ..Value::default()
        },
        Kind::Name | Kind::Text => named(&folded),
        Kind::Address => address(&folded),
    }
}

/// Without what stands before the number within the country.
fn phone(folded: &str) -> String {
    let digits: String = folded.chars().filter(char::is_ascii_digit).collect();
    let bare = digits.trim_start_matches('0');
    let bare = if bare.len() > 11 {
        bare.strip_prefix("86").unwrap_or(bare)
    } else {
        bare
    };
    bare.to_owned()
}

fn digits_or(folded: &str) -> String {
    let digits: String = folded.chars().filter(char::is_ascii_digit).collect();
    if digits.is_empty() {
        letters_and_digits(folded)
    } else {
        digits
    }
}

fn letters_and_digits(folded: &str) -> String {
    folded.chars().filter(|c| c.is_alphanumeric()).collect()
}

fn named(folded: &str) -> Value {
    let text = letters_and_digits(folded);
    let is_han = text.chars().any(is_han);
    let core = if is_han { without_forms(&text) } else { folded };
    let tokens = tokens(core);
    let mut sorted = tokens.clone();
    sorted.sort_unstable();
    Value {
        text,
        tokens,
        sorted,
        is_han,
        ..Value::default()
    }
}

/// What is left must still be a name.
fn without_forms(text: &str) -> &str {
    let short = FORMS.iter().find_map(|form| text.strip_suffix(form));
    short
        .filter(|short| short.chars().count() >= 2)
        .unwrap_or(text)
}

fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{9fff}' | '\u{20000}'..='\u{323af}')
}

/// Words, and the syllable of every Chinese character by its commonest reading: 纪 and 紀, 兰 and 篮 are the same.
fn tokens(text: &str) -> Vec<u32> {
    let mut tokens = Vec::new();
    let mut word = String::new();
    let hash = |text: &str| (key(text.as_bytes()) % u64::from(u32::MAX)) as u32;
    for c in text.chars().chain([' ']) {
        if c.is_alphanumeric() && !is_han(c) {
            word.push(c);
            continue;
        }
        if !word.is_empty() {
            tokens.push(hash(&word));
            word.clear();
        }
        if is_han(c) {
            match c.to_pinyin() {
                Some(reading) => tokens.push(hash(&reading.plain().replace('ü', "v"))),
                None => tokens.push(hash(c.encode_utf8(&mut [0; 4]))),
            }
        }
    }
    tokens
}

fn address(folded: &str) -> Value {
    let text = letters_and_digits(folded).replace('幢', "栋");
    let chars: Vec<char> = text.chars().collect();
    let mut grams: Vec<u32> = chars
        .windows(2)
        .map(|pair| (pair[0] as u32).wrapping_mul(0x9e37_79b1) ^ pair[1] as u32)
        .collect();
    grams.sort_unstable();
    grams.dedup();
    let numbers = folded
        .split(|c: char| !c.is_ascii_digit())
        .filter(|run| !run.is_empty())
        .map(|run| {
            run.bytes().fold(0u32, |n, byte| {
                n.wrapping_mul(10).wrapping_add(u32::from(byte - b'0'))
            })
        });
    Value {
        numbers: numbers.collect(),
        is_han: chars.iter().any(|c| is_han(*c)),
        grams,
        text,
        ..Value::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn telephones_and_codes_lose_their_dress() {
        for text in [
            "+86 131-2090-6766",
            "86 13120906766",
            "0086 13120906766",
            "１３１２０９０６７６６",
        ] {
            assert_eq!(prepare(Kind::Phone, text).text, "13120906766", "{text}");
        }
        assert_eq!(prepare(Kind::Phone, "0551-6512 3456").text, "55165123456");
        assert_eq!(prepare(Kind::Code, "91-145737 ma6e").text, "91145737ma6e");
    }

    #[test]
    fn scripts_meet_in_their_syllables() {
        let tokens = |text: &str| prepare(Kind::Name, text).tokens;
        assert_eq!(tokens("纪兰成"), tokens("紀蘭成"));
        assert_eq!(tokens("纪兰成"), tokens("Ji Lan Cheng"));
        assert_eq!(
            tokens("榆林净元素能源股份有限公司"),
            tokens("榆林净元素能源")
        );
        assert_eq!(
            prepare(Kind::Name, "品珂(嘉兴)建材有限责任公司").sorted,
            prepare(Kind::Name, "嘉兴品珂建材有限公司").sorted
        );
    }
}
