//! Days, instants and lengths of time in a zone. Everything answers `None` where the calendar ends.

use crate::ast::{DAY_MICROS, Length};
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, Timestamp};

/// Days since 1970, as a date rests in its column.
pub(crate) fn days(date: Date) -> i64 {
    (date
        .to_datetime(jiff::civil::Time::midnight())
        .to_zoned(TimeZone::UTC))
    .map_or(0, |zoned| zoned.timestamp().as_second().div_euclid(86_400))
}

/// The first microsecond of a day; a day that the zone skipped begins where the next one does.
pub(crate) fn day_start(date: Date, zone: &TimeZone) -> i64 {
    match date.to_zoned(zone.clone()) {
        Ok(zoned) => zoned.timestamp().as_microsecond(),
        Err(_) if date.year() < 0 => i64::MIN,
        Err(_) => i64::MAX,
    }
}

/// The first microsecond after a day.
pub(crate) fn day_end(date: Date, zone: &TimeZone) -> i64 {
    date.tomorrow()
        .map_or(i64::MAX, |next| day_start(next, zone))
}

/// The day in which an instant lies, by the same bounds that filters compare with: where a clock that is set back
/// shows the end of a day again after midnight, the new day goes on.
pub(crate) fn day_of(instant: Timestamp, zone: &TimeZone) -> Date {
    let mut day = zone.to_datetime(instant).date();
    while instant.as_microsecond() >= day_end(day, zone) {
        let Ok(next) = day.tomorrow() else { break };
        day = next;
    }
    day
}

/// The instant of a local time; one that a zone skips or repeats is taken as calendars do (RFC 5545).
pub(crate) fn local(time: DateTime, zone: &TimeZone) -> Option<Timestamp> {
    time.to_zoned(zone.clone())
        .ok()
        .map(|zoned| zoned.timestamp())
}

/// A date and a length: hours count as far as they make whole days.
pub(crate) fn date_plus(date: Date, length: Length) -> Option<Date> {
    let days = length.days.checked_add(length.micros / DAY_MICROS)?;
    let span = Span::new()
        .try_months(length.months)
        .ok()?
        .try_days(days)
        .ok()?;
    date.checked_add(span).ok()
}

/// An instant and a length: months and days by the zone's calendar, the rest by the clock.
pub(crate) fn instant_plus(
    instant: Timestamp,
    length: Length,
    zone: &TimeZone,
) -> Option<Timestamp> {
    let span = Span::new()
        .try_months(length.months)
        .ok()?
        .try_days(length.days)
        .ok()?;
    let moved = instant.to_zoned(zone.clone()).checked_add(span).ok()?;
    moved
        .timestamp()
        .checked_add(SignedDuration::from_micros(length.micros))
        .ok()
}

/// Days from `from` to `to`.
pub(crate) fn days_between(from: Date, to: Date) -> i64 {
    days(to) - days(from)
}

/// A text as a date of the calendar: `2026-02-28` and nothing else.
pub(crate) fn read_date(text: &str) -> Option<Date> {
    let shaped = text.len() == 10 && text.bytes().all(|b| b.is_ascii_digit() || b == b'-');
    text.parse().ok().filter(|_| shaped)
}

/// What a text says about a moment.
pub(crate) enum Moment {
    Day(Date),
    Instant(Timestamp),
    Local(DateTime),
}

/// A text as a day, an instant with an offset (RFC 3339), or a local time.
pub(crate) fn read_moment(text: &str) -> Option<Moment> {
    if let Some(date) = read_date(text) {
        return Some(Moment::Day(date));
    }
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Some(Moment::Instant(instant));
    }
    let timed = text.contains([':']);
    text.parse::<DateTime>()
        .ok()
        .filter(|_| timed)
        .map(Moment::Local)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// In the second zone half an hour of 26 October comes again after the first midnight; in the third a day is
    /// skipped as a whole.
    #[test]
    fn every_instant_lies_in_the_day_whose_bounds_hold_it() {
        let zones = [
            "CET-1CEST,M3.5.0,M10.5.0/3",
            "XXX-1YYY,M3.5.0/0,M10.5.0/0:30",
            "<-10>10<+14>-14,J363/0,J365",
        ];
        for zone in zones.map(|zone| TimeZone::posix(zone).unwrap()) {
            for quarter in 0..(366 * 96) {
                let instant = Timestamp::from_second(1_704_067_200 + quarter * 900).unwrap();
                let (day, micros) = (day_of(instant, &zone), instant.as_microsecond());
                let held = day_start(day, &zone) <= micros && micros < day_end(day, &zone);
                assert!(held, "{instant} in {day} of {zone:?}");
            }
        }
    }

    #[test]
    fn the_calendar_has_an_end() {
        assert_eq!(
            date_plus(
                Date::MAX,
                Length {
                    days: 1,
                    ..Length::default()
                }
            ),
            None
        );
        assert_eq!(
            date_plus(
                Date::MIN,
                Length {
                    months: i64::MIN,
                    ..Length::default()
                }
            ),
            None
        );
        assert_eq!(
            instant_plus(
                Timestamp::MAX,
                Length {
                    micros: i64::MAX,
                    ..Length::default()
                },
                &TimeZone::UTC
            ),
            None
        );
        assert_eq!(day_end(Date::MAX, &TimeZone::UTC), i64::MAX);
        assert_eq!(days(jiff::civil::date(1969, 12, 31)), -1);
    }
}
