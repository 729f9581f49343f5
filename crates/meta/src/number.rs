//! Exact numbers: reading them, and keeping them as scaled integers.

use crate::catalog::Options;
use crate::fault::Fault;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde_json::Value as Json;
use std::fmt::Write;

/// Decimal places of a decimal whose declaration sets no `scale`.
pub(crate) const SCALE: u32 = 4;

/// The most decimal places that a declaration may ask for: nine leave nine digits before the point.
pub(crate) const MAX_SCALE: u32 = 9;

/// Digits of which a binary float gives every one back.
const FLOAT_DIGITS: usize = 15;

/// Longer texts are no numbers that anybody keeps in a record.
const MAX_CHARS: usize = 40;

/// Reads a decimal string, or a JSON number that did not lose digits on its way here.
pub(crate) fn decimal(json: &Json) -> Result<Decimal, Fault> {
    match json {
        Json::String(text) => parse(text.trim()),
        Json::Number(number) if number.is_f64() => {
            let text = number.to_string();
            let mantissa = text.split(['e', 'E']).next().unwrap_or_default();
            if mantissa.chars().filter(char::is_ascii_digit).count() > FLOAT_DIGITS {
                return Err(Fault::new("inexact_number"));
            }
            Decimal::from_str_exact(&text)
                .or_else(|_| Decimal::from_scientific(&text))
                .map_err(|_| Fault::new("out_of_range"))
        }
        Json::Number(number) => parse(&number.to_string()),
        _ => Err(Fault::new("not_a_number")),
    }
}

/// Reads what a person typed: as `decimal`, and with separators between thousands.
pub(crate) fn typed(text: &str) -> Result<Decimal, Fault> {
    let narrow: String = text.trim().chars().map(narrow).collect();
    let digits = narrow.trim_start_matches(['+', '-']);
    let whole = digits.split('.').next().unwrap_or_default();
    let groups: Vec<&str> = whole.split(',').collect();
    let grouped = groups.len() > 1
        && (1..=3).contains(&groups[0].len())
        && groups[1..].iter().all(|group| group.len() == 3);
    parse(&if grouped {
        narrow.replace(',', "")
    } else {
        narrow
    })
}

/// Full-width forms of digits and signs, which Chinese input methods produce.
fn narrow(letter: char) -> char {
    match letter {
        '０'..='９' | '．' | '，' | '－' | '＋' => {
            char::from_u32(letter as u32 - 0xFEE0).unwrap_or(letter)
        }
        '−' => '-',
        other => other,
    }
}

fn parse(text: &str) -> Result<Decimal, Fault> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let plain = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !plain(whole) || !plain(fraction) {
        return Err(Fault::new("not_a_number"));
    }
    if text.len() > MAX_CHARS {
        return Err(Fault::new("out_of_range"));
    }
    Decimal::from_str_exact(text.strip_prefix('+').unwrap_or(text))
        .map_err(|_| Fault::new("out_of_range"))
}

/// The value as an integer of `scale` decimal places; never rounds.
pub(crate) fn scaled(value: Decimal, scale: u32) -> Result<i64, Fault> {
    let value = value.normalize();
    if value.scale() > scale {
        return Err(Fault::new("too_many_decimals").with("scale", scale));
    }
    value
        .checked_mul(Decimal::from(10_i64.pow(scale.min(MAX_SCALE))))
        .and_then(|whole| whole.to_i64())
        .ok_or_else(|| Fault::new("out_of_range"))
}

/// The cell of a value that was checked when it was parsed, or computed by the engine: rounded half-up to the
/// scale, null where it does not fit.
pub(crate) fn cell(value: Decimal, scale: u32) -> crate::table::Cell {
    let rounded =
        value.round_dp_with_strategy(scale, rust_decimal::RoundingStrategy::MidpointAwayFromZero);
    scaled(rounded, scale).ok().into()
}

pub(crate) fn unscaled(value: i64, scale: u32) -> Decimal {
    Decimal::new(value, scale.min(MAX_SCALE)).normalize()
}

/// The digits of a decimal with at least `places` after the point.
pub(crate) fn fixed(value: Decimal, places: u32) -> String {
    let mut value = value.normalize();
    if value.scale() < places {
        value.rescale(places);
    }
    value.to_string()
}

/// Appends what `fixed` makes of what `unscaled` reads.
pub(crate) fn write_fixed(cell: i64, scale: u32, places: u32, out: &mut String) {
    let scale = scale.min(MAX_SCALE);
    let unit = 10_u64.pow(scale);
    let (whole, mut rest) = (cell.unsigned_abs() / unit, cell.unsigned_abs() % unit);
    let mut digits = scale;
    while digits > places && rest % 10 == 0 {
        rest /= 10;
        digits -= 1;
    }
    if cell < 0 {
        out.push('-');
    }
    // Writing to a string does not fail.
    let _ = write!(out, "{whole}");
    if digits.max(places) > 0 {
        out.push('.');
    }
    if digits > 0 {
        let width = digits as usize;
        let _ = write!(out, "{rest:0width$}");
    }
    out.extend((digits..places).map(|_| '0'));
}

/// Holds the declared `min` and `most`.
pub(crate) fn bounded(value: Decimal, options: &Options) -> Result<Decimal, Fault> {
    if let Some(min) = options.min.filter(|&min| value < Decimal::from(min)) {
        return Err(Fault::new("too_small").with("min", min));
    }
    if let Some(most) = options.most.filter(|&most| value > Decimal::from(most)) {
        return Err(Fault::new("too_large").with("most", most));
    }
    Ok(value)
}

/// Holds that the declared bounds leave something between them, and that the scale can be kept.
pub(crate) fn check(options: &Options) -> Result<(), Fault> {
    if let (Some(min), Some(most)) = (options.min, options.most)
        && min > most
    {
        return Err(Fault::new("empty_range")
            .with("min", min)
            .with("most", most));
    }
    match options.scale {
        Some(scale) if scale > MAX_SCALE => {
            Err(Fault::new("scale_too_large").with("most", MAX_SCALE))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    #[test]
    fn reads_exactly_or_not_at_all() {
        for (input, expect) in [
            (json!("1234.50"), Ok("1234.50")),
            (json!("-0.0001"), Ok("-0.0001")),
            (json!(12), Ok("12")),
            (json!(0.1), Ok("0.1")),
            (json!(1e3), Ok("1000")),
            (json!("1e3"), Err("not_a_number")),
            (json!("1_000"), Err("not_a_number")),
            (json!("1."), Err("not_a_number")),
            (json!(""), Err("not_a_number")),
            (json!("9".repeat(50)), Err("out_of_range")),
            (json!(1234567.123456789_f64), Err("inexact_number")),
            (json!(true), Err("not_a_number")),
        ] {
            let found = decimal(&input);
            match expect {
                Ok(text) => assert_eq!(
                    found.unwrap(),
                    Decimal::from_str_exact(text).unwrap(),
                    "{input}"
                ),
                Err(code) => assert_eq!(found.unwrap_err().code, code, "{input}"),
            }
        }
        assert_eq!(typed("1,234,567.5").unwrap().to_string(), "1234567.5");
        assert_eq!(typed("１２．５").unwrap().to_string(), "12.5");
        assert_eq!(typed("1,23").unwrap_err().code, "not_a_number");
    }

    #[test]
    fn scales_without_rounding() {
        let value = Decimal::new(12345, 3);
        assert_eq!(scaled(value, 3), Ok(12345));
        assert_eq!(scaled(value, 4), Ok(123_450));
        assert_eq!(scaled(value, 2).unwrap_err().code, "too_many_decimals");
        assert_eq!(scaled(Decimal::MAX, 4).unwrap_err().code, "out_of_range");
        assert_eq!(fixed(Decimal::new(12_5000, 4), 2), "12.50");
        assert_eq!(fixed(Decimal::new(123_456, 4), 2), "12.3456");
    }

    proptest::proptest! {
        #[test]
        fn digits_are_written_as_they_are_read(cell: i64, scale in 0..=MAX_SCALE, places in 0..=MAX_SCALE) {
            let mut written = String::new();
            write_fixed(cell, scale, places, &mut written);
            proptest::prop_assert_eq!(written, fixed(unscaled(cell, scale), places));
        }
    }
}
