//! Numbers and instants from bytes.

use super::Days;
use guanxi_methods::dates::{DAY, day_of};

/// Texts that stand for no number.
const NONE: &[&[u8]] = &[b"", b"NA", b"N/A", b"NaN", b"nan", b"null", b"NULL"];

/// Powers of ten that a float holds exactly.
const TENS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
];

pub fn is_none(bytes: &[u8]) -> bool {
    NONE.contains(&bytes.trim_ascii())
}

/// A decimal number; `None` where it is none. Correctly rounded.
pub fn number(bytes: &[u8]) -> Option<f64> {
    let bytes = bytes.trim_ascii();
    let (negative, digits) = match bytes.first()? {
        b'-' => (true, &bytes[1..]),
        b'+' => (false, &bytes[1..]),
        _ => (false, bytes),
    };
    let (mut mantissa, mut count, mut point) = (0u64, 0usize, None);
    for (at, byte) in digits.iter().enumerate() {
        match byte {
            b'0'..=b'9' if count < 15 => {
                mantissa = mantissa * 10 + u64::from(byte - b'0');
                count += usize::from(mantissa > 0);
            }
            b'.' if point.is_none() => point = Some(at),
            _ => return slow(bytes),
        }
    }
    let decimals = point.map_or(0, |at| digits.len() - at - 1);
    if digits.len() == usize::from(point.is_some()) || decimals >= TENS.len() {
        return slow(bytes);
    }
    // Both are exact, so that the quotient is the nearest float.
    let value = mantissa as f64 / TENS[decimals];
    Some(if negative { -value } else { value })
}

fn slow(bytes: &[u8]) -> Option<f64> {
    let text = std::str::from_utf8(bytes).ok()?;
    text.parse::<f64>().ok().filter(|value| value.is_finite())
}

/// Seconds since 1970 of `YYYY-MM-DD`, `YYYY/M/D`, `YYYYMMDD` or `M/D/YYYY`, each with or without a time of the day.
///
/// A zone behind the time is passed over: the clock on the wall counts.
pub fn instant(bytes: &[u8], days: Days) -> Option<i64> {
    let bytes = bytes.trim_ascii();
    let split = bytes.iter().position(|byte| matches!(byte, b' ' | b'T'));
    let (date, time) = bytes.split_at(split.unwrap_or(bytes.len()));
    let day = day(date, days)?;
    let seconds = if time.is_empty() {
        0
    } else {
        seconds(&time[1..])?
    };
    Some(i64::from(day) * DAY + seconds)
}

fn day(bytes: &[u8], days: Days) -> Option<i32> {
    if bytes.len() == 8 && bytes.iter().all(u8::is_ascii_digit) {
        return day_of(
            digits(&bytes[..4])? as i32,
            digits(&bytes[4..6])?,
            digits(&bytes[6..])?,
        );
    }
    let mut parts = [0u32; 3];
    let mut lengths = [0usize; 3];
    let mut at = 0;
    for part in bytes.split(|byte| matches!(byte, b'-' | b'/' | b'.')) {
        *parts.get_mut(at)? = digits(part)?;
        lengths[at] = part.len();
        at += 1;
    }
    match (at, lengths) {
        (3, [4, _, _]) => day_of(parts[0] as i32, parts[1], parts[2]),
        (2, [4, _, _]) => day_of(parts[0] as i32, parts[1], 1),
        (3, [_, _, 4]) if days == Days::DayFirst => day_of(parts[2] as i32, parts[1], parts[0]),
        (3, [_, _, 4]) => day_of(parts[2] as i32, parts[0], parts[1]),
        _ => None,
    }
}

/// `HH:MM`, `HH:MM:SS`, `HH:MM:SS.fff`, with `Z` or `+hh:mm` behind.
fn seconds(bytes: &[u8]) -> Option<i64> {
    let end = bytes
        .iter()
        .position(|byte| matches!(byte, b'Z' | b'+' | b'-' | b'.' | b',' | b' '));
    let mut parts = bytes[..end.unwrap_or(bytes.len())].split(|byte| *byte == b':');
    let hours = digits(parts.next()?)?;
    let minutes = digits(parts.next()?)?;
    let seconds = parts.next().map_or(Some(0), digits)?;
    let is_time = hours < 24 && minutes < 60 && seconds <= 60 && parts.next().is_none();
    is_time.then(|| i64::from(hours) * 3600 + i64::from(minutes) * 60 + i64::from(seconds))
}

fn digits(bytes: &[u8]) -> Option<u32> {
    if bytes.is_empty() || bytes.len() > 8 {
        return None;
    }
    bytes.iter().try_fold(0u32, |value, byte| {
        byte.is_ascii_digit()
            .then(|| value * 10 + u32::from(byte - b'0'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_rounded_as_the_standard_library_rounds_them() {
        for text in [
            "0",
            "-0.1",
            "+3.14",
            ".5",
            "5.",
            "12345678901234.5",
            "0.000001234",
            "123456789012345678",
            "1e-7",
            "29.33",
            "-14.37",
            "0.1234567890123456789",
        ] {
            assert_eq!(number(text.as_bytes()), text.parse().ok(), "{text}");
        }
        for text in ["", ".", "-", "1,5", "1 2", "x", "inf", "--1", "1.2.3"] {
            assert_eq!(number(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn instants_as_people_write_them() {
        let at = |text: &str, days| instant(text.as_bytes(), days);
        let day = |y, m, d| day_of(y, m, d).map(|day| i64::from(day) * DAY);
        for text in [
            "2026-03-04",
            "2026/3/4",
            "20260304",
            "2026.03.04",
            "3/4/2026",
        ] {
            assert_eq!(at(text, Days::MonthFirst), day(2026, 3, 4), "{text}");
        }
        assert_eq!(at("3/4/2026", Days::DayFirst), day(2026, 4, 3));
        assert_eq!(at("2026-03", Days::MonthFirst), day(2026, 3, 1));
        let noon = day(2026, 3, 4).map(|day| day + 12 * 3600);
        for text in [
            "2026-03-04 12:00",
            "2026-03-04T12:00:00Z",
            "2026-03-04T12:00:00.5+08:00",
        ] {
            assert_eq!(at(text, Days::MonthFirst), noon, "{text}");
        }
        for text in ["2026-02-30", "13/13/2026", "today", "2026-03-04 25:00", ""] {
            assert_eq!(at(text, Days::MonthFirst), None, "{text}");
        }
    }
}
