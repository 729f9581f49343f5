//! Periods of time: a date becomes the day, week, month, quarter or year that holds it.

use clap::ValueEnum;
use guanxi_methods::dates::{civil, iso_week};

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Grain {
    Day,
    Week,
    Month,
    Quarter,
    Year,
}

impl Grain {
    /// A number that grows by 1 from a period to the next.
    pub fn index(self, day: i32) -> i32 {
        let (year, month, _) = civil(day);
        match self {
            Grain::Day => day,
            // Weeks begin on Monday.
            Grain::Week => (day + 3).div_euclid(7),
            Grain::Month => year * 12 + month as i32 - 1,
            Grain::Quarter => year * 4 + (month as i32 - 1) / 3,
            Grain::Year => year,
        }
    }

    /// `2026-03-04`, `2026-W10`, `2026-03`, `2026-Q1`, `2026`; they sort as texts.
    pub fn label(self, index: i32) -> String {
        match self {
            Grain::Day => guanxi_methods::dates::text(index),
            Grain::Week => {
                let (year, week, _) = iso_week(index * 7 - 3);
                format!("{year}-W{week:02}")
            }
            Grain::Month => format!("{}-{:02}", index.div_euclid(12), index.rem_euclid(12) + 1),
            Grain::Quarter => format!("{}-Q{}", index.div_euclid(4), index.rem_euclid(4) + 1),
            Grain::Year => index.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use guanxi_methods::dates::day_of;

    #[test]
    fn periods_are_named_and_follow_each_other() {
        let day = day_of(2026, 1, 1).unwrap();
        for (grain, label, next) in [
            (Grain::Day, "2026-01-01", "2026-01-02"),
            (Grain::Week, "2026-W01", "2026-W02"),
            (Grain::Month, "2026-01", "2026-02"),
            (Grain::Quarter, "2026-Q1", "2026-Q2"),
            (Grain::Year, "2026", "2027"),
        ] {
            let index = grain.index(day);
            assert_eq!(
                (grain.label(index).as_str(), grain.label(index + 1).as_str()),
                (label, next)
            );
        }
        assert_eq!(
            Grain::Week.label(Grain::Week.index(day_of(2021, 1, 3).unwrap())),
            "2020-W53"
        );
    }
}
