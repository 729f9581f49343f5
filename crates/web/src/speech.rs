//! Dates, numbers and sizes as people say them, in one language and one time zone.

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{Timestamp, Unit};
use serde::Serialize;

use crate::words::{Argument, Words};

/// A date or instant: what is shown, what stands in the hover text, and the machine's form.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Moment {
    pub text: String,
    pub title: String,
    pub iso: String,
    /// True when it lies before now (for due dates).
    pub past: bool,
}

/// Says things in one language, seen from one moment in one place.
pub struct Speaker {
    words: Words,
    zone: TimeZone,
    now: Timestamp,
}

impl Speaker {
    pub fn new(words: Words, zone: TimeZone, now: Timestamp) -> Speaker {
        Speaker { words, zone, now }
    }

    /// `今天 09:42`, `3 天前`, `11-08`; the exact instant in the title.
    pub fn instant(&self, at: Timestamp) -> Moment {
        let local = at.to_zoned(self.zone.clone()).datetime();
        let seconds = self.now.duration_since(at).as_secs();
        let text = match seconds {
            0..60 => self.say("ago-now"),
            60..3600 => self.count("ago-minutes", seconds / 60),
            _ => match self.days_from_today(local.date()) {
                days @ -1..=1 => format!("{} {}", self.near_day(days), clock(local)),
                days => self.far_day(local.date(), days),
            },
        };
        Moment {
            text,
            title: local.strftime("%Y-%m-%d %H:%M:%S").to_string(),
            iso: at.to_string(),
            past: seconds > 0,
        }
    }

    /// `今天`, `明天`, `周五`, `3 天前`, `11-08`, `2025-11-08`.
    pub fn date(&self, date: Date) -> Moment {
        let days = self.days_from_today(date);
        let text = if (-1..=1).contains(&days) {
            self.near_day(days)
        } else {
            self.far_day(date, days)
        };
        let weekday = self.weekday(date);
        Moment {
            text,
            title: format!("{date} {weekday}"),
            iso: date.to_string(),
            past: days < 0,
        }
    }

    /// `3 分 12 秒`, `1 小时 5 分`; at most two parts.
    pub fn duration(&self, seconds: i64) -> String {
        let parts = [
            ("span-days", seconds / 86_400),
            ("span-hours", seconds / 3600 % 24),
            ("span-minutes", seconds / 60 % 60),
            ("span-seconds", seconds % 60),
        ];
        let shown: Vec<_> = parts
            .iter()
            .filter(|(_, n)| *n != 0)
            .take(2)
            .map(|(key, n)| self.count(key, *n))
            .collect();
        if shown.is_empty() {
            self.count("span-seconds", 0)
        } else {
            shown.join(" ")
        }
    }

    /// `1,284,500.50` from a plain decimal string; anything else comes back as it is.
    pub fn number(&self, decimal: &str) -> String {
        let (sign, digits) = decimal
            .strip_prefix('-')
            .map_or(("", decimal), |rest| ("-", rest));
        let (whole, fraction) = digits
            .split_once('.')
            .map_or((digits, None), |(whole, fraction)| (whole, Some(fraction)));
        if whole.is_empty() || !whole.bytes().all(|byte| byte.is_ascii_digit()) {
            return decimal.to_owned();
        }
        let first = (whole.len() - 1) % 3 + 1;
        let mut text = format!("{sign}{}", &whole[..first]);
        for group in whole.as_bytes()[first..].chunks(3) {
            text.push(',');
            text.extend(group.iter().map(|byte| char::from(*byte)));
        }
        if let Some(fraction) = fraction {
            text.push('.');
            text.push_str(fraction);
        }
        text
    }

    /// `¥ 1,284,500.00`: the currency's sign where it has a common one, else its code.
    pub fn money(&self, amount: &str, currency: &str) -> String {
        let sign = match currency {
            "CNY" => "¥",
            "USD" => "$",
            "EUR" => "€",
            "GBP" => "£",
            other => return format!("{other} {}", self.number(amount)),
        };
        format!("{sign}{}", self.number(amount))
    }

    /// `1.4 MB`.
    pub fn size(&self, bytes: u64) -> String {
        match bytes {
            0..1024 => format!("{bytes} B"),
            1024..1_048_576 => format!("{} KB", bytes.div_ceil(1024)),
            _ => {
                let tenths = (u128::from(bytes) * 10 + 524_288) / 1_048_576;
                format!("{}.{} MB", tenths / 10, tenths % 10)
            }
        }
    }

    fn days_from_today(&self, date: Date) -> i32 {
        let today = self.now.to_zoned(self.zone.clone()).date();
        today
            .until((Unit::Day, date))
            .map(|span| span.get_days())
            .unwrap_or_default()
    }

    fn near_day(&self, days: i32) -> String {
        self.say(match days {
            -1 => "day-yesterday",
            0 => "day-today",
            _ => "day-tomorrow",
        })
    }

    fn far_day(&self, date: Date, days: i32) -> String {
        let today = self.now.to_zoned(self.zone.clone()).date();
        match days {
            -30..=-2 => self.count("ago-days", i64::from(-days)),
            2..=6 => self.weekday(date),
            7..=30 => self.count("in-days", i64::from(days)),
            _ if date.year() == today.year() => date.strftime("%m-%d").to_string(),
            _ => date.to_string(),
        }
    }

    fn weekday(&self, date: Date) -> String {
        self.say(&format!(
            "weekday-{}",
            date.weekday().to_monday_one_offset()
        ))
    }

    fn say(&self, key: &str) -> String {
        self.words.say(key, &[])
    }

    fn count(&self, key: &str, n: i64) -> String {
        // Counts of days and seconds are far below 2^53, so nothing is lost.
        self.words.say(key, &[("n", Argument::Number(n as f64))])
    }
}

fn clock(at: DateTime) -> String {
    at.strftime("%H:%M").to_string()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn speaker(code: &str) -> Speaker {
        let words = Words::load().unwrap().remove(code).unwrap();
        Speaker::new(
            words,
            TimeZone::fixed(jiff::tz::offset(8)),
            "2026-11-22T02:00:00Z".parse().unwrap(),
        )
    }

    #[test]
    fn instants_are_said_as_people_say_them() {
        let cases = [
            ("2026-11-22T01:59:40Z", "刚刚", "just now"),
            ("2026-11-22T01:42:00Z", "18 分钟前", "18 min ago"),
            ("2026-11-21T16:30:00Z", "今天 00:30", "today 00:30"),
            ("2026-11-21T08:20:00Z", "昨天 16:20", "yesterday 16:20"),
            ("2026-11-19T08:20:00Z", "3 天前", "3 days ago"),
            ("2026-09-01T08:20:00Z", "09-01", "09-01"),
            ("2025-09-01T08:20:00Z", "2025-09-01", "2025-09-01"),
        ];
        for (at, zh, en) in cases {
            assert_eq!(speaker("zh").instant(at.parse().unwrap()).text, zh);
            assert_eq!(speaker("en").instant(at.parse().unwrap()).text, en);
        }
        assert_eq!(
            speaker("zh")
                .instant("2026-11-19T08:20:05Z".parse().unwrap())
                .title,
            "2026-11-19 16:20:05"
        );
    }

    #[test]
    fn dates_ahead_are_said_too() {
        let say = |date: &str| speaker("zh").date(date.parse().unwrap()).text;
        assert_eq!(say("2026-11-22"), "今天");
        assert_eq!(say("2026-11-23"), "明天");
        assert_eq!(say("2026-11-27"), "周五");
        assert_eq!(say("2026-12-04"), "12 天后");
        assert!(speaker("zh").date("2026-11-20".parse().unwrap()).past);
    }

    #[test]
    fn numbers_are_grouped() {
        let speaker = speaker("en");
        for (given, shown) in [
            ("1284500", "1,284,500"),
            ("-1234.50", "-1,234.50"),
            ("999", "999"),
            ("0", "0"),
            ("", ""),
            ("n/a", "n/a"),
        ] {
            assert_eq!(speaker.number(given), shown);
        }
        assert_eq!(speaker.money("1234.50", "CNY"), "¥1,234.50");
        assert_eq!(speaker.money("1234.50", "JPY"), "JPY 1,234.50");
        assert_eq!(speaker.size(1_468_006), "1.4 MB");
        assert_eq!(speaker.duration(252), "4 min 12 s");
    }
}
