//! Days and seconds since 1970-01-01 in the proleptic Gregorian calendar, without a time zone.

/// Seconds of a day.
pub const DAY: i64 = 86_400;

/// The day of a civil date, counted from 1970-01-01; `None` where the calendar has no such date.
///
/// Source: H. Hinnant, "chrono-Compatible Low-Level Date Algorithms".
pub fn day_of(year: i32, month: u32, day: u32) -> Option<i32> {
    if !(1..=12).contains(&month) || day == 0 || day > days_in(year, month) {
        return None;
    }
    let shifted = i64::from(year) - i64::from(month <= 2);
    let era = shifted.div_euclid(400);
    let year_of_era = shifted.rem_euclid(400);
    let month_from_march = i64::from((month + 9) % 12);
    let day_of_year = (153 * month_from_march + 2) / 5 + i64::from(day) - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    i32::try_from(era * 146_097 + day_of_era - 719_468).ok()
}

/// The civil date of a day: year, month, day of the month.
pub fn civil(day: i32) -> (i32, u32, u32) {
    let shifted = i64::from(day) + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = (month_from_march + 2) % 12 + 1;
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year as i32, month as u32, day as u32)
}

pub fn days_in(year: i32, month: u32) -> u32 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

/// The same day of the month `months` later, or the last of that month where it has no such day.
pub fn add_months(day: i32, months: i32, day_of_month: u32) -> i32 {
    let (year, month, _) = civil(day);
    let index = year * 12 + month as i32 - 1 + months;
    let (year, month) = (index.div_euclid(12), index.rem_euclid(12) as u32 + 1);
    let wanted = day_of_month.min(days_in(year, month));
    day_of(year, month, wanted).unwrap_or(day)
}

/// ISO 8601: the year and week of a day, and the day of the week from Monday = 1.
pub fn iso_week(day: i32) -> (i32, u32, u32) {
    let weekday = (day + 3).rem_euclid(7);
    let thursday = day - weekday + 3;
    let (year, _, _) = civil(thursday);
    let first = day_of(year, 1, 1).unwrap_or(thursday);
    (
        year,
        ((thursday - first) / 7) as u32 + 1,
        weekday as u32 + 1,
    )
}

/// `YYYY-MM-DD`
pub fn text(day: i32) -> String {
    let (year, month, day) = civil(day);
    format!("{year:04}-{month:02}-{day:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_dates_are_one_to_one() {
        assert_eq!(day_of(1970, 1, 1), Some(0));
        assert_eq!(day_of(2000, 2, 29), Some(11_016));
        assert_eq!(day_of(1900, 2, 29), None);
        for day in (-800_000..800_000).step_by(97) {
            let (year, month, of_month) = civil(day);
            assert_eq!(day_of(year, month, of_month), Some(day));
        }
    }

    #[test]
    fn weeks_and_months_follow_the_calendar() {
        let day = |y, m, d| day_of(y, m, d).unwrap_or_default();
        assert_eq!(iso_week(day(2021, 1, 3)), (2020, 53, 7));
        assert_eq!(iso_week(day(2026, 1, 1)), (2026, 1, 4));
        assert_eq!(text(add_months(day(2024, 1, 31), 1, 31)), "2024-02-29");
        assert_eq!(text(add_months(day(2024, 2, 29), 1, 31)), "2024-03-31");
    }
}
