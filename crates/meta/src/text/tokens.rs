//! Index tokens: what a text can be found by.
//!
//! A token is ASCII, one letter for its sort and then `[a-z0-9]+`, so neither FTS5's `unicode61`
//! nor `tsquery` cuts or changes it, and no quoting is needed:
//!
//! | token | of | example |
//! |---|---|---|
//! | `h` + hex | one character of Han or of any script but Latin | 合 → `h5408` |
//! | `g` + hex | two neighbours | 合肥 → `g540880a5` |
//! | `p` + letters | a syllable, for every reading | 重 → `pchong`, `pzhong`, `ptong` |
//! | `i` + 2 or 4 letters | initials of neighbours, for every reading | 合肥锅炉 → `ihf`, `ihfgl` |
//! | `w` + letters | a word's beginnings of 1, 2, 3, 4, 6, 8, 12, 16 letters | beta → `wb` … `wbeta` |
//! | `d` + 3 or 4 digits | a piece of a number, whatever groups its digits | 131-20 → `d131`, `d1312` |
//!
//! Beginnings are stored, so no prefix query is needed: those cost both databases a merge of lists.

use super::cells::{Cell, Gap, Kind, cells, numbers};
use super::{han, phone};

/// The lengths at which a word's beginning is stored.
pub(super) const BEGINNINGS: [usize; 8] = [1, 2, 3, 4, 6, 8, 12, 16];

/// Appends the tokens of a text, each after a single space (none before the very first).
///
/// The result is a document for FTS5 as it stands, and for PostgreSQL
/// `array_to_tsvector(string_to_array($1, ' '))`. A token may come twice. Names, words, numbers,
/// telephone numbers and addresses are all cut here; the first 2,000 characters count.
pub fn index_tokens(text: &str, out: &mut String) {
    let cells = cells(text);
    out.reserve(cells.len() * 36);
    for (index, cell) in cells.iter().enumerate() {
        if cell.kind == Kind::Gram {
            push_grams(out, &cells[index..]);
        } else if cell.word_start {
            push_word(out, &cells[index..]);
        }
    }
    push_numbers(out, &cells);
}

/// Appends only the tokens of the numbers in a text, for columns that hold nothing but numbers.
///
/// A telephone number is indexed as written, and in its international and national forms.
pub fn digit_tokens(text: &str, out: &mut String) {
    push_numbers(out, &cells(text));
}

fn push_grams(out: &mut String, cells: &[Cell]) {
    let cell = &cells[0];
    let next = cells.get(1).filter(|next| next.kind == Kind::Gram);
    begin(out, 'h');
    push_hex(out, cell.c);
    if let Some(next) = next {
        begin(out, 'g');
        push_hex(out, cell.c);
        push_hex(out, next.c);
    }
    let Some(entry) = cell.han else { return };
    for reading in entry.readings() {
        begin(out, 'p');
        out.push_str(han::syllable(*reading));
    }
    let mut masks = [0; 4];
    let mut read = 0;
    for (mask, cell) in masks.iter_mut().zip(cells) {
        *mask = cell.han.map_or(0, |entry| entry.initials);
        if *mask == 0 {
            break;
        }
        read += 1;
    }
    match read {
        0 | 1 => {}
        2 | 3 => push_initials(out, &masks[..2]),
        _ => {
            push_initials(out, &masks[..2]);
            push_initials(out, &masks);
        }
    }
}

/// Every way to read the initials of these characters.
fn push_initials(out: &mut String, masks: &[u32]) {
    let mut ways: [u32; 4] = [0; 4];
    ways[..masks.len()].copy_from_slice(masks);
    loop {
        begin(out, 'i');
        for way in &ways[..masks.len()] {
            out.push(letter(*way));
        }
        // Counts through the combinations like the wheels of a meter: the lowest bit is the wheel's position.
        let mut wheel = masks.len();
        loop {
            if wheel == 0 {
                return;
            }
            wheel -= 1;
            ways[wheel] &= ways[wheel] - 1;
            if ways[wheel] != 0 {
                break;
            }
            ways[wheel] = masks[wheel];
        }
    }
}

fn letter(mask: u32) -> char {
    char::from(b'a' + (mask.trailing_zeros() as u8).min(25))
}

/// The beginnings of the word at the first cell. Of plain digits only the short ones: longer runs
/// are found as numbers.
fn push_word(out: &mut String, cells: &[Cell]) {
    let length = 1 + cells[1..]
        .iter()
        .take_while(|cell| cell.kind != Kind::Gram && cell.gap == Gap::None)
        .count();
    let plain_digits = cells[..length].iter().all(|cell| cell.kind == Kind::Digit);
    let limit = if plain_digits { 2.min(length) } else { length };
    for count in BEGINNINGS.iter().take_while(|count| **count <= limit) {
        begin(out, 'w');
        out.extend(cells[..*count].iter().map(|cell| cell.c));
    }
}

fn push_numbers(out: &mut String, cells: &[Cell]) {
    if !cells.iter().any(|cell| cell.kind == Kind::Digit) {
        return;
    }
    for number in numbers(cells) {
        push_digits(out, &number.digits);
        for form in phone::other_forms(&number.digits) {
            push_digits(out, &form);
        }
    }
}

fn push_digits(out: &mut String, digits: &str) {
    for count in [3, 4] {
        for start in 0..(digits.len() + 1).saturating_sub(count) {
            begin(out, 'd');
            out.push_str(&digits[start..start + count]);
        }
    }
}

#[inline]
fn begin(out: &mut String, sort: char) {
    if !out.is_empty() {
        out.push(' ');
    }
    out.push(sort);
}

/// Four digits, five beyond the basic plane.
#[inline]
pub(super) fn push_hex(out: &mut String, c: char) {
    let code = u32::from(c);
    let mut shift = if code > 0xffff { 20 } else { 16 };
    while shift > 0 {
        shift -= 4;
        let digit = ((code >> shift) & 15) as u8;
        out.push(char::from(if digit < 10 {
            b'0' + digit
        } else {
            b'a' + digit - 10
        }));
    }
}

#[cfg(test)]
mod tests {
    use super::{digit_tokens, index_tokens};

    fn check(text: &str, expected: &[&str]) {
        let mut out = String::new();
        index_tokens(text, &mut out);
        let found: Vec<&str> = out.split(' ').collect();
        for token in expected {
            assert!(found.contains(token), "{text}: {token} is missing in {out}");
        }
        assert!(
            out.bytes()
                .all(|b| b == b' ' || b.is_ascii_lowercase() || b.is_ascii_digit()),
            "{out}"
        );
        assert!(!out.starts_with(' ') && !out.ends_with(' ') && !out.contains("  "));
    }

    #[test]
    fn tokens_of_names() {
        check(
            "合肥锅炉",
            &[
                "h5408",
                "g540880a5",
                "phe",
                "pge",
                "pfei",
                "ihf",
                "igl",
                "ihfgl",
                "igfgl",
            ],
        );
        check(
            "重庆燃气",
            &["pchong", "pzhong", "icq", "izq", "icqrq", "izqrq"],
        );
        check("吕布", &["plv", "plu", "plyu"]);
        check("锋驰(伊犁)", &["g950b9a70", "g9a704f0a", "ifcyl"]);
        check(
            "iPhone15 Pro",
            &["wi", "wipho", "wiphone", "w15", "w15", "wpro", "wp"],
        );
        check("ＡＢＣ大厦A380", &["wabc", "w38", "wa380", "d380"]);
        check("𠮷野家", &["h20bb7", "g20bb791ce"]);
    }

    #[test]
    fn tokens_of_numbers() {
        check(
            "131-2090-6766",
            &["d131", "d1312", "d0906", "d090", "d6766", "d8613"],
        );
        check("+86 551 6234 5678", &["d8655", "d0551", "d5162", "d678"]);
        let mut out = String::from("wx");
        digit_tokens("无 12 / ext", &mut out);
        assert_eq!(out, "wx");
        digit_tokens("1a234", &mut out);
        assert_eq!(out, "wx d234");
    }
}
