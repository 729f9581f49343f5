//! Business numbers: a pattern such as `C-{yyyy}{mm}-{0000}`, filled with a date and a counter.

use crate::fault::Fault;
use jiff::civil::Date;
use std::fmt::Write;

/// A pattern, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Numbering {
    pub parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    Text(String),
    /// `{yyyy}`
    Year,
    /// `{yy}`
    ShortYear,
    /// `{mm}`
    Month,
    /// `{dd}`
    Day,
    /// `{0000}`: as many digits at least.
    Counter(usize),
}

/// Digits of a counter that a pattern may ask for.
const MAX_WIDTH: usize = 12;

impl Numbering {
    /// Characters of a pattern, and of the numbers that it makes.
    pub const MAX_CHARS: u32 = 60;

    /// Reads a pattern. It has one counter; a month needs a year and a day a month, since the counter begins
    /// anew in each of them and numbers would come twice.
    ///
    /// # Errors
    /// `no_pattern`, `too_long`, `pattern_bracket`, `unknown_placeholder`, `pattern_counter`, `pattern_period`.
    pub fn parse(pattern: &str) -> Result<Numbering, Fault> {
        if pattern.trim().is_empty() {
            return Err(Fault::new("no_pattern"));
        }
        let length = pattern.chars().count();
        if length > Numbering::MAX_CHARS as usize / 2 {
            return Err(Fault::new("too_long")
                .with("max", Numbering::MAX_CHARS / 2)
                .with("length", length));
        }
        let mut parts = Vec::new();
        let mut rest = pattern;
        while !rest.is_empty() {
            let (text, behind) = rest
                .split_once('{')
                .map_or((rest, None), |(text, behind)| (text, Some(behind)));
            if text.contains('}') {
                return Err(Fault::new("pattern_bracket"));
            }
            if !text.is_empty() {
                parts.push(Part::Text(text.to_owned()));
            }
            let Some(behind) = behind else { break };
            let (name, behind) = behind
                .split_once('}')
                .ok_or_else(|| Fault::new("pattern_bracket"))?;
            parts.push(placeholder(name)?);
            rest = behind;
        }
        Numbering { parts }.checked()
    }

    /// The number. A counter that has outgrown its digits is written whole.
    pub fn format(&self, date: Date, counter: u64) -> String {
        let mut number = String::new();
        for part in &self.parts {
            // Writing into a string does not fail.
            let _ = match part {
                Part::Text(text) => number.write_str(text),
                Part::Year => write!(number, "{:04}", date.year()),
                Part::ShortYear => write!(number, "{:02}", date.year().rem_euclid(100)),
                Part::Month => write!(number, "{:02}", date.month()),
                Part::Day => write!(number, "{:02}", date.day()),
                Part::Counter(width) => write!(number, "{counter:0width$}"),
            };
        }
        number
    }

    /// The period and the count of a number that this pattern makes; `None` for any other text.
    pub fn read(&self, number: &str) -> Option<(String, u64)> {
        let (mut year, mut month, mut day, mut count) = (0, 1, 1, 0);
        let mut rest = number;
        for (at, part) in self.parts.iter().enumerate() {
            let width = match part {
                Part::Text(text) => {
                    rest = rest.strip_prefix(text.as_str())?;
                    continue;
                }
                Part::Year => 4,
                Part::ShortYear | Part::Month | Part::Day => 2,
                // A counter that has outgrown its width reaches as far as what follows it leaves.
                Part::Counter(width) => {
                    let behind = self.parts[at + 1..].iter().map(Part::width).sum::<usize>();
                    rest.len().checked_sub(behind)?.max(*width)
                }
            };
            let digits = rest.get(..width).filter(|digits| is_digits(digits))?;
            rest = &rest[width..];
            let value: u64 = digits.parse().ok()?;
            match part {
                Part::Year => year = value as i16,
                Part::ShortYear => year = 2000 + value as i16,
                Part::Month => month = value as i8,
                Part::Day => day = value as i8,
                Part::Counter(_) | Part::Text(_) => count = value,
            }
        }
        let date = Date::new(year, month, day)
            .ok()
            .filter(|_| rest.is_empty())?;
        Some((self.period(date), count))
    }

    /// The period in which the counter counts on: `2024-01`, `2024`, or the empty text for one that never
    /// begins anew.
    pub fn period(&self, date: Date) -> String {
        let (year, month, day) = (date.year(), date.month(), date.day());
        if self.parts.contains(&Part::Day) {
            format!("{year:04}-{month:02}-{day:02}")
        } else if self.parts.contains(&Part::Month) {
            format!("{year:04}-{month:02}")
        } else if self.has_year() {
            format!("{year:04}")
        } else {
            String::new()
        }
    }

    fn has_year(&self) -> bool {
        self.parts.contains(&Part::Year) || self.parts.contains(&Part::ShortYear)
    }

    fn checked(self) -> Result<Numbering, Fault> {
        let counters = self
            .parts
            .iter()
            .filter(|part| matches!(part, Part::Counter(_)))
            .count();
        if counters != 1 {
            return Err(Fault::new("pattern_counter"));
        }
        let (month, day) = (
            self.parts.contains(&Part::Month),
            self.parts.contains(&Part::Day),
        );
        if (month && !self.has_year()) || (day && !month) {
            return Err(Fault::new("pattern_period"));
        }
        Ok(self)
    }
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

impl Part {
    /// Bytes that it takes; a counter at least.
    fn width(&self) -> usize {
        match self {
            Part::Text(text) => text.len(),
            Part::Year => 4,
            Part::ShortYear | Part::Month | Part::Day => 2,
            Part::Counter(width) => *width,
        }
    }
}

fn placeholder(name: &str) -> Result<Part, Fault> {
    Ok(match name {
        "yyyy" => Part::Year,
        "yy" => Part::ShortYear,
        "mm" => Part::Month,
        "dd" => Part::Day,
        zeros
            if (1..=MAX_WIDTH).contains(&zeros.len()) && zeros.bytes().all(|byte| byte == b'0') =>
        {
            Part::Counter(zeros.len())
        }
        _ => return Err(Fault::new("unknown_placeholder").with("name", name)),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn patterns_make_numbers() {
        let date = jiff::civil::date(2024, 1, 5);
        for (pattern, counter, number, period) in [
            ("C-{yyyy}{mm}-{0000}", 7, "C-202401-0007", "2024-01"),
            ("{yy}{mm}{dd}{000}", 12345, "24010512345", "2024-01-05"),
            ("合同{yyyy}第{00}号", 3, "合同2024第03号", "2024"),
            ("{00000}", 1, "00001", ""),
        ] {
            let numbering = Numbering::parse(pattern).unwrap();
            assert_eq!(numbering.format(date, counter), number);
            assert_eq!(numbering.period(date), period);
            let read = numbering.read(number).unwrap();
            assert_eq!(read, (period.to_owned(), counter));
            assert_eq!(numbering.read(&format!("{number}x")), None, "{pattern}");
        }
    }

    #[test]
    fn patterns_that_would_repeat_are_refused() {
        for (pattern, code) in [
            (" ", "no_pattern"),
            ("C-", "pattern_counter"),
            ("{00}{00}", "pattern_counter"),
            ("{mm}-{0000}", "pattern_period"),
            ("{yyyy}{dd}-{0000}", "pattern_period"),
            ("{yyy}-{0000}", "unknown_placeholder"),
            ("{yyyy-{0000}", "unknown_placeholder"),
            ("{0000", "pattern_bracket"),
            ("0000}", "pattern_bracket"),
            ("{}", "unknown_placeholder"),
        ] {
            assert_eq!(
                Numbering::parse(pattern).unwrap_err().code,
                code,
                "{pattern}"
            );
        }
    }
}
