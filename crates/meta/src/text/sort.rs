//! The order of text: a byte key that every database compares the same way.

use super::fold::{fold, fold_simple};
use super::han;

/// Characters of a text that take part in its order; texts that agree so far are ordered by id.
pub const SORT_KEY_CHARS: usize = 32;

/// The stored key of a text: comparing keys byte by byte is the order that people expect.
///
/// Punctuation < digits < Latin < other scripts < Han. Latin by letter whatever the case, width and
/// accent; Han by pinyin, then tone, then code point; surnames and places with a reading of their
/// own (曾, 单, 重庆) by that when they stand first. White space in front does not count.
///
/// The key of a folded text's beginning is a beginning of its key, so names that start with a text
/// are the keys from its own up to its own with `[0xff, 0xff]` behind (exclusive). Two bytes a character, big-endian;
/// four for scripts other than Latin and Han and for the few Han without a known reading.
pub fn sort_key(text: &str) -> Vec<u8> {
    let mut key = Vec::with_capacity(2 * text.len().min(SORT_KEY_CHARS));
    let whole = text
        .chars()
        .take(SORT_KEY_CHARS + 1)
        .any(|c| fold_simple(c).is_none());
    if whole {
        push_all(&mut key, fold(text).chars());
    } else {
        push_all(&mut key, text.chars().map_while(fold_simple));
    }
    key
}

const BLANK: u16 = 0x0100;
const PUNCTUATION: u16 = 0x0120;
const OTHER_PUNCTUATION: u16 = 0x01c0;
const DIGIT: u16 = 0x0200;
const LATIN: u16 = 0x0300;
const OTHER_SCRIPT: u16 = 0x0400;
const HAN: u16 = 0x1000;
const HAN_UNREAD: u16 = 0xff00;

fn push_all(key: &mut Vec<u8>, folded: impl Iterator<Item = char>) {
    let counted = folded
        .skip_while(|c| c.is_whitespace())
        .take(SORT_KEY_CHARS);
    for (index, c) in counted.enumerate() {
        push(key, index, c);
    }
}

#[inline]
fn push(key: &mut Vec<u8>, index: usize, c: char) {
    if let Some(entry) = han::entry(c) {
        let rank = if index == 0 {
            entry.rank_first
        } else {
            entry.rank
        };
        return push_unit(key, HAN + rank);
    }
    let code = u32::from(c);
    if c.is_ascii() {
        let low = code as u16;
        let unit = match c {
            '0'..='9' => DIGIT + low,
            'a'..='z' => LATIN + low,
            _ if c.is_whitespace() => BLANK,
            _ => PUNCTUATION + low,
        };
        return push_unit(key, unit);
    }
    if c.is_whitespace() {
        return push_unit(key, BLANK);
    }
    let class = if han::is_han(c) {
        HAN_UNREAD
    } else if c.is_alphanumeric() {
        OTHER_SCRIPT
    } else {
        OTHER_PUNCTUATION
    };
    // The plane (at most 16) stands with the class, the rest of the code point in a second unit.
    push_unit(key, class + (code >> 16) as u16);
    push_unit(key, (code & 0xffff) as u16);
}

#[inline]
fn push_unit(key: &mut Vec<u8>, unit: u16) {
    key.extend_from_slice(&unit.to_be_bytes());
}

#[cfg(test)]
mod tests {
    use super::{SORT_KEY_CHARS, sort_key};

    fn sorted(mut names: Vec<&str>) -> Vec<&str> {
        names.sort_by_key(|name| sort_key(name));
        names
    }

    #[test]
    fn chinese_is_ordered_by_pinyin_with_tone() {
        assert_eq!(
            sorted(vec![
                "张三",
                "曾志伟",
                "厦门航空",
                "王琳娜",
                "单晓燕",
                "任建国",
                "合肥锅炉",
                "合肥热力",
                "重庆百货",
                "长安",
                "北京燃气",
                "安徽电力"
            ]),
            vec![
                "安徽电力",
                "北京燃气",
                "长安",
                "重庆百货",
                "合肥锅炉",
                "合肥热力",
                "任建国",
                "单晓燕",
                "王琳娜",
                "厦门航空",
                "曾志伟",
                "张三"
            ],
        );
        assert_eq!(
            sorted(vec!["骂", "马凯", "麻花", "妈妈"]),
            vec!["妈妈", "麻花", "马凯", "骂"]
        );
    }

    #[test]
    fn scripts_stand_in_their_places() {
        assert_eq!(
            sorted(vec![
                "中国",
                "Яндекс",
                "zebra",
                "Apple",
                "éclair",
                "360",
                "#1",
                "Äpfel",
                "banana",
                "",
                "𠀀",
                "\u{3ffff}"
            ]),
            vec![
                "",
                "#1",
                "360",
                "Äpfel",
                "Apple",
                "banana",
                "éclair",
                "zebra",
                "Яндекс",
                "𠀀",
                "中国",
                "\u{3ffff}"
            ],
        );
    }

    #[test]
    fn case_and_width_do_not_matter_and_length_is_bounded() {
        assert_eq!(sort_key("ＡＢＣ　锅炉"), sort_key("abc 锅炉"));
        assert_eq!(sort_key("  a"), sort_key("a"));
        assert_eq!(sort_key(&"锅".repeat(100)).len(), 2 * SORT_KEY_CHARS);
        assert!(sort_key(&"я".repeat(100)).len() <= 4 * SORT_KEY_CHARS);
    }
}
