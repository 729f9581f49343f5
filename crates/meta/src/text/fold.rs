//! One form for texts that people take for the same: case, width and accents do not matter.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Folds a text for comparison without regard to case, width and Latin accents.
///
/// NFKC, lower case, full width to half width, Latin letters without diacritics (`É` → `e`,
/// `ß` → `ss`, `Ø` → `o`); invisible formatting characters are dropped. Other scripts keep their
/// marks. `contains(fold(text), fold(part))` is the `~` of the filter language.
pub fn fold(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        let Some(simple) = fold_simple(c) else {
            return fold_fully(text);
        };
        out.push(simple);
    }
    out
}

/// Folds a character for which no neighbour matters; `None` sends the caller to [`fold_fully`].
///
/// Covers ASCII, the two large blocks of Han, full-width forms of ASCII and the ideographic space:
/// nearly every character of a Chinese or English business text.
#[inline]
pub(super) fn fold_simple(c: char) -> Option<char> {
    match c {
        '\0'..='\x7f' => Some(c.to_ascii_lowercase()),
        '\u{4e00}'..='\u{9fff}' | '\u{3400}'..='\u{4dbf}' => Some(c),
        '\u{ff01}'..='\u{ff5e}' => {
            char::from_u32(u32::from(c) - 0xfee0).map(|c| c.to_ascii_lowercase())
        }
        '\u{3000}' => Some(' '),
        _ => None,
    }
}

/// The whole rule of [`fold`], at the cost of a normalisation.
pub(super) fn fold_fully(text: &str) -> String {
    let mut decomposed = String::with_capacity(text.len());
    let mut after_latin = false;
    for c in text.nfkd() {
        if is_invisible(c) {
            continue;
        }
        if is_combining_mark(c) {
            if !after_latin {
                decomposed.push(c);
            }
            continue;
        }
        for lower in c.to_lowercase() {
            after_latin = is_latin(lower);
            match plain_latin(lower) {
                Some(plain) => decomposed.push_str(plain),
                None => decomposed.push(lower),
            }
        }
    }
    decomposed.nfc().collect()
}

fn is_latin(c: char) -> bool {
    c.is_ascii_alphabetic() || matches!(c, '\u{c0}'..='\u{24f}' | '\u{1e00}'..='\u{1eff}')
}

/// Letters that Unicode does not decompose although readers see a Latin letter with a decoration.
fn plain_latin(c: char) -> Option<&'static str> {
    Some(match c {
        'ß' => "ss",
        'æ' => "ae",
        'œ' => "oe",
        'ø' => "o",
        'ł' => "l",
        'đ' | 'ð' => "d",
        'þ' => "th",
        'ħ' => "h",
        'ı' => "i",
        'ŋ' => "ng",
        'ς' => "σ",
        _ => return None,
    })
}

/// Soft hyphen, zero-width characters, direction marks, variation selectors: pasted along from
/// other programs, seen by nobody.
fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{2064}'
            | '\u{2066}'..='\u{2069}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
    )
}

#[cfg(test)]
mod tests {
    use super::fold;

    #[test]
    fn case_width_and_accents_do_not_matter() {
        for (text, expected) in [
            ("ＡＢＣ　１２３", "abc 123"),
            ("Société Générale", "societe generale"),
            ("e\u{301}te\u{301}", "ete"),
            ("Straße", "strasse"),
            ("Łódź İstanbul", "lodz istanbul"),
            ("合肥（锅炉）", "合肥(锅炉)"),
            ("ｶﾞｽ", "ガス"),
            ("й", "й"),
            ("①㎏", "1kg"),
            ("\u{202d}138\u{202c}", "138"),
            ("\u{fa1c}", "靖"),
        ] {
            assert_eq!(fold(text), expected, "{text}");
        }
    }
}
