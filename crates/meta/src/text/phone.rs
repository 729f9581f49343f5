//! Telephone numbers: the same number in one form, whatever way it was written.
//!
//! Source of the rules: ITU-T E.164 (international form, at most 15 digits), RFC 3966 (`;ext=`),
//! and the Chinese numbering plan (mobile 1[3-9] + 9 digits; area codes 10, 2x, and three digits
//! from 3 to 9, with 7 or 8 digits of subscriber number; 400 and 800 + 7 digits).

use super::fold::fold;

/// The code that a number without one is taken to belong to, where its shape allows: China.
const HOME: &str = "86";
const DIGITS_LEAST: usize = 3;
const DIGITS_MOST: usize = 15;
const EXTENSION_DIGITS_MOST: usize = 6;

/// A number in one form.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Phone {
    /// `+` and digits when the country is known, else digits alone (local and short numbers).
    pub number: String,
    /// Digits behind 转, 分机, ext, x or #.
    pub extension: Option<String>,
}

/// Why a text is not a telephone number.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PhoneError {
    #[error("a telephone number needs at least 3 digits")]
    TooShort,
    #[error("a telephone number has at most 15 digits")]
    TooLong,
    #[error("`{0}` does not belong into a telephone number")]
    Character(char),
    #[error("an extension is 1 to 6 digits")]
    Extension,
    #[error("an international number does not begin with 0")]
    CountryCode,
}

impl std::fmt::Display for Phone {
    /// RFC 3966 without the scheme: `+8655162345678;ext=8`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.number)?;
        match &self.extension {
            Some(extension) => write!(f, ";ext={extension}"),
            None => Ok(()),
        }
    }
}

/// The one form of a number, by which numbers are compared: `+8615091049297`,
/// `+8655162345678;ext=8`, `62345678`. `None` when it is no number, see [`parse`]. Idempotent.
pub fn normalize(text: &str) -> Option<String> {
    parse(text).ok().map(|phone| phone.to_string())
}

/// Reads a telephone number.
///
/// # Errors
/// Says what is wrong with a text that cannot be one.
pub fn parse(text: &str) -> Result<Phone, PhoneError> {
    let folded = fold(text);
    let folded = folded.trim();
    let folded = folded.strip_prefix("tel:").unwrap_or(folded);
    let (number, extension) = split_extension(folded)?;
    let digits = digits_of(&number)?;
    let number = if number.trim_start().starts_with(['+', '(']) && number.contains('+') {
        international(&digits)?
    } else {
        without_plus(&digits)?
    };
    Ok(Phone { number, extension })
}

/// Digit strings under which a number is searched besides the digits as written: with the country
/// code, and with the 0 in front of an area code. Empty unless the digits are a whole number.
pub(super) fn other_forms(digits: &str) -> Vec<String> {
    let mut forms = Vec::new();
    if !(7..=DIGITS_MOST + 2).contains(&digits.len()) {
        return forms;
    }
    let Ok(number) = without_plus(digits) else {
        return forms;
    };
    let Some(international) = number.strip_prefix('+') else {
        return forms;
    };
    if international != digits {
        forms.push(international.to_owned());
    }
    if let Some(national) = international.strip_prefix(HOME).filter(|n| is_landline(n)) {
        let trunk = format!("0{national}");
        if trunk != digits {
            forms.push(trunk);
        }
    }
    forms
}

/// The digits to look for when these were typed: a whole number without its country code, since
/// the stored one may lack it; anything else as typed, without the 00 of an international call.
pub(super) fn search_digits(digits: &str) -> String {
    if let Ok(number) = without_plus(digits)
        && let Some(national) = number.strip_prefix('+').and_then(|n| n.strip_prefix(HOME))
        && national.len() >= 7
    {
        return national.to_owned();
    }
    let stripped = digits.strip_prefix("00").unwrap_or(digits);
    if stripped.len() >= DIGITS_LEAST {
        stripped.to_owned()
    } else {
        digits.to_owned()
    }
}

const EXTENSION_MARKS: [&str; 9] = [";ext=", "ext.", "ext", "转", "轉", "分机", "分機", "x", "#"];

fn split_extension(text: &str) -> Result<(String, Option<String>), PhoneError> {
    let found = EXTENSION_MARKS
        .iter()
        .filter_map(|mark| Some((text.find(mark)?, mark.len())));
    let Some((at, length)) = found.min_by_key(|(at, length)| (*at, usize::MAX - length)) else {
        return Ok((text.to_owned(), None));
    };
    let extension: String = text[at + length..]
        .chars()
        .filter(|c| !matches!(c, ' ' | ':' | '.' | '-'))
        .collect();
    let digits = !extension.is_empty() && extension.bytes().all(|b| b.is_ascii_digit());
    if !digits || extension.len() > EXTENSION_DIGITS_MOST {
        return Err(PhoneError::Extension);
    }
    let number = text[..at].trim_end_matches([' ', ',', ';', '-', '(']);
    Ok((number.to_owned(), Some(extension)))
}

/// The digits, without the `(0)` that some write behind a country code.
fn digits_of(number: &str) -> Result<String, PhoneError> {
    let written = if number.contains('+') {
        number.replace("(0)", "")
    } else {
        number.to_owned()
    };
    let mut digits = String::with_capacity(written.len());
    for (at, c) in written.chars().enumerate() {
        match c {
            '0'..='9' => digits.push(c),
            '+' if digits.is_empty() && at <= 1 => {}
            ' ' | '-' | '.' | '(' | ')' | '/' | '·' | '‐' | '‑' | '–' | '—' | '−' | '\t' =>
                {}
            _ => return Err(PhoneError::Character(c)),
        }
    }
    Ok(digits)
}

fn international(digits: &str) -> Result<String, PhoneError> {
    if digits.starts_with('0') {
        return Err(PhoneError::CountryCode);
    }
    let full = match digits.strip_prefix(HOME) {
        Some(national) => format!("+{HOME}{}", national.trim_start_matches('0')),
        None => format!("+{digits}"),
    };
    check_length(&full[1..])?;
    Ok(full)
}

fn without_plus(digits: &str) -> Result<String, PhoneError> {
    if let Some(called) = digits.strip_prefix("00")
        && called.len() >= 7
    {
        return international(called);
    }
    check_length(digits)?;
    if let Some(national) = digits.strip_prefix(HOME).map(|n| n.trim_start_matches('0'))
        && digits.len() >= 11
        && is_national(national)
    {
        return Ok(format!("+{HOME}{national}"));
    }
    let national = digits.strip_prefix('0');
    let home = match national {
        Some(national) => is_mobile(national) || is_landline(national),
        None => is_mobile(digits) || is_service(digits),
    };
    Ok(if home {
        format!("+{HOME}{}", national.unwrap_or(digits))
    } else {
        digits.to_owned()
    })
}

fn check_length(digits: &str) -> Result<(), PhoneError> {
    match digits.len() {
        0..DIGITS_LEAST => Err(PhoneError::TooShort),
        DIGITS_LEAST..=DIGITS_MOST => Ok(()),
        _ => Err(PhoneError::TooLong),
    }
}

fn is_national(digits: &str) -> bool {
    is_mobile(digits) || is_landline(digits) || is_service(digits)
}

fn is_mobile(national: &str) -> bool {
    matches!(national.as_bytes(), [b'1', b'3'..=b'9', ..]) && national.len() == 11
}

fn is_landline(national: &str) -> bool {
    let area = match national.as_bytes() {
        [b'1', b'0', ..] | [b'2', ..] => 2,
        [b'3'..=b'9', ..] if !is_service(national) => 3,
        _ => return false,
    };
    national.len() == area + 8 || national.len() == area + 7
}

fn is_service(national: &str) -> bool {
    (national.starts_with("400") || national.starts_with("800")) && national.len() == 10
}

#[cfg(test)]
mod tests {
    use super::{PhoneError, normalize, parse};

    #[test]
    fn one_number_has_one_form() {
        for (form, writings) in [
            (
                "+8615091049297",
                &[
                    "+86 150 9104 9297",
                    "86 15091049297",
                    "0086-150-9104-9297",
                    "150-9104-9297",
                    "１５０９１０４９２９７",
                    "（+86）15091049297",
                    "+8615091049297",
                    "015091049297",
                    "tel:+86-150-9104-9297",
                    "\u{202d}15091049297\u{202c}",
                ][..],
            ),
            (
                "+8655162345678",
                &[
                    "（0551）6234 5678",
                    "0551-62345678",
                    "+86 551 62345678",
                    "+86 0551 6234 5678",
                    "86 551 62345678",
                    "86-0551-62345678",
                    "+86 (0)551 62345678",
                ],
            ),
            (
                "+8655162345678;ext=8",
                &[
                    "0551-62345678 转 8",
                    "0551-62345678转8",
                    "0551 6234 5678 ext. 8",
                    "0551-62345678-分机8",
                    "055162345678x8",
                    "+8655162345678;ext=8",
                    "0551-62345678（转8",
                ],
            ),
            (
                "+861062345678",
                &[
                    "010-62345678",
                    "(010) 6234 5678",
                    "+86 10 6234 5678",
                    "86 10 62345678",
                ],
            ),
            (
                "+442079460018",
                &[
                    "+44 20 7946 0018",
                    "+44 (0)20 7946 0018",
                    "0044 20 7946 0018",
                ],
            ),
            ("+12025550143", &["+1 (202) 555-0143", "001 202 555 0143"]),
            (
                "+864008001234",
                &["400-800-1234", "4008001234", "+86 400 800 1234"],
            ),
            ("62345678", &["6234 5678", "6234-5678"]),
            ("95588", &["95588"]),
        ] {
            for writing in writings {
                assert_eq!(normalize(writing).as_deref(), Some(form), "{writing}");
            }
        }
    }

    #[test]
    fn what_is_no_number_is_told_why() {
        for (text, error) in [
            ("", PhoneError::TooShort),
            ("12", PhoneError::TooShort),
            ("242518195201065427", PhoneError::TooLong),
            ("R00012", PhoneError::Character('r')),
            ("0551-62345678 转 前台", PhoneError::Extension),
            ("+0551 62345678", PhoneError::CountryCode),
            ("150+91049297", PhoneError::Character('+')),
        ] {
            assert_eq!(parse(text), Err(error), "{text}");
        }
    }
}
