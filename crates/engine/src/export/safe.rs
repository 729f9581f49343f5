//! Cells that a spreadsheet would run: text that begins like a formula gets an apostrophe in front, and an import
//! takes it off again, so that what was exported comes back unchanged.

use std::borrow::Cow;

/// As it may stand in a CSV file that somebody opens in a spreadsheet.
pub fn encoded(text: &str) -> Cow<'_, str> {
    if is_formula(text.trim_start_matches('\'')) {
        Cow::Owned(format!("'{text}"))
    } else {
        Cow::Borrowed(text)
    }
}

/// What `encoded` was given.
pub fn decoded(text: &str) -> &str {
    match text.strip_prefix('\'') {
        Some(rest) if is_formula(text.trim_start_matches('\'')) => rest,
        _ => text,
    }
}

/// Also behind white space and control characters, which spreadsheets pass over, and in full width.
fn is_formula(text: &str) -> bool {
    let first = text
        .chars()
        .find(|letter| !letter.is_whitespace() && !letter.is_control() && *letter != '\u{feff}');
    matches!(
        first,
        Some('=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠' | '−' | '﹦' | '﹢' | '﹣' | '﹫')
    ) || text.starts_with(['\t', '\r', '\n'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_defused_and_come_back() {
        for text in [
            "=1+1",
            "+86 551",
            "-x",
            "@a",
            " \t=cmd",
            "＝1",
            "\r=1",
            "'=1",
            "''=1",
            "\tx",
            "\u{feff}=1",
        ] {
            let safe = encoded(text);
            assert!(safe.starts_with('\''), "{text:?}");
            assert_eq!(decoded(&safe), text);
        }
        for text in ["", "x", "'x", "1-1", "合肥", "O'Neil"] {
            assert_eq!(encoded(text), text);
            assert_eq!(decoded(text), text);
        }
    }
}
