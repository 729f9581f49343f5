//! Anomalies of consumption: which series depart from their own past and from what their peers do.
//!
//! Every series is cut into cells (weeks, where there are values every day). What all series do together, the median of
//! their logarithms around their own level, is the common course: season and weather. Each is regressed on it before
//! and after every possible date, and the date that explains most gives two likelihood ratios: for a lower level, and
//! for a weaker season (a reversed one is the extreme). Three more measures look within the cells: the share of zeros,
//! days that differ more than they used to, and days that differ less. Each is put on one scale by median and median
//! distance over all series, and the excess is added up: nothing has to be known about which series are at fault.
//!
//! Sources: the faults are those of Zanetti and others, "A Tunable Fraud Detection System for Advanced Metering
//! Infrastructure", IEEE Transactions on Smart Grid 10, 2019; the ratio is that of Quandt (Journal of the American
//! Statistical Association 53, 1958); the scaling is Hampel's. Assumes values from zero up, and that most series are
//! sound. A rise is no suspicion.

mod cells;

use crate::MethodError;
use crate::math::describe::{median, robust_scale};
use crate::math::parallel;
use cells::Cells;
use serde::Serialize;

/// Values of many series on the same days.
#[derive(Debug, Clone, PartialEq)]
pub struct Panel {
    /// Rising.
    pub days: Vec<i32>,
    /// One list a series, as long as `days`; NaN where there is no reading.
    pub series: Vec<Vec<f64>>,
}

impl Panel {
    /// From readings (series, day, value) of `count` series; readings of one series and day are added up.
    pub fn of_readings(readings: &[(u32, i32, f64)], count: usize) -> Panel {
        let mut days: Vec<i32> = readings.iter().map(|(_, day, _)| *day).collect();
        days.sort_unstable();
        days.dedup();
        let mut series = vec![vec![f64::NAN; days.len()]; count];
        for (one, day, value) in readings {
            if let Ok(at) = days.binary_search(day) {
                let cell = &mut series[*one as usize][at];
                *cell = if cell.is_nan() { *value } else { *cell + value };
            }
        }
        Panel { days, series }
    }
}

/// What was found against a series.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Reason {
    pub code: &'static str,
    /// How far beyond what is usual, in robust deviations of all series.
    pub excess: f64,
    /// The measure itself: see [`CODES`].
    pub value: f64,
    /// The day since which it holds, where there is one.
    #[serde(skip)]
    pub since: Option<i32>,
}

/// Codes of the reasons with what their value is.
pub const CODES: [(&str, &str); 6] = [
    (
        "level_dropped",
        "the level after the date, as a share of what was to be expected",
    ),
    (
        "season_weaker",
        "how much of the common course is followed after the date, against 1 before",
    ),
    ("season_reversed", "the same, where it is below 0"),
    (
        "zeros",
        "the largest share of zeros over a quarter of the cells' usual window",
    ),
    (
        "erratic",
        "how many times as much days differ as they used to",
    ),
    (
        "constant",
        "how many times as little days differ as they used to",
    ),
];

#[derive(Debug, Clone, PartialEq)]
pub struct Suspicion {
    pub series: u32,
    pub score: f64,
    /// The strongest first.
    pub reasons: Vec<Reason>,
}

/// Excess from which on a measure is named as a reason.
const TELLING: f64 = 3.0;
/// Fewest series of which a common course is taken.
const FEWEST_PEERS: usize = 8;
/// Added to sums of squares (of logarithms), so that a perfect fit is not infinitely good.
const FLOOR: f64 = 0.01;

/// Every series, the most suspicious first; equals in their order.
pub fn anomalies(panel: &Panel) -> Result<Vec<Suspicion>, MethodError> {
    MethodError::unless_enough("anomaly", "series", 1, panel.series.len())?;
    MethodError::unless_enough("anomaly", "dates", 12, panel.days.len())?;
    if let Some(row) = panel
        .series
        .iter()
        .position(|one| one.iter().any(|value| value.is_infinite()))
    {
        return Err(MethodError::argument(format!(
            "the series in place {} holds a value without bound",
            row + 1
        )));
    }
    let width = cells::width(&panel.days);
    let cut: Vec<Cells> = parallel::map(&panel.series, |values| {
        Cells::of(values, &panel.days, width)
    });
    let course = common_course(&cut);
    let measured = parallel::map(&cut, |cells| Measures::of(cells, &course));
    let floors = [3.0, 3.0, 0.05, 0.05, 0.05];
    let scales: [(f64, f64); 5] = std::array::from_fn(|at| {
        let values: Vec<f64> = measured
            .iter()
            .map(|one| one.values[at])
            .filter(|value| value.is_finite())
            .collect();
        let (centre, spread) = if values.is_empty() {
            (0.0, 1.0)
        } else {
            robust_scale(&values)
        };
        (centre, spread.max(floors[at]))
    });
    let mut suspicions: Vec<Suspicion> = measured
        .iter()
        .enumerate()
        .map(|(series, measures)| {
            let excess: Vec<f64> = (0..5)
                .map(|at| ((measures.values[at] - scales[at].0) / scales[at].1).max(0.0))
                .collect();
            let mut reasons: Vec<Reason> = (0..5)
                .filter(|at| excess[*at] >= TELLING)
                .map(|at| {
                    measures.reason(at, excess[at], |cell| {
                        panel.days[(cell * width).min(panel.days.len() - 1)]
                    })
                })
                .collect();
            reasons.sort_by(|a, b| b.excess.total_cmp(&a.excess));
            Suspicion {
                series: series as u32,
                score: excess.iter().sum(),
                reasons,
            }
        })
        .collect();
    suspicions.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.series.cmp(&b.series)));
    Ok(suspicions)
}

/// The median over all series of how far each is above its own level, by cell.
fn common_course(all: &[Cells]) -> Vec<f64> {
    let count = all.first().map_or(0, |cells| cells.level.len());
    if all.len() < FEWEST_PEERS {
        return vec![0.0; count];
    }
    let at = |cell: usize| {
        let here = all
            .iter()
            .map(|cells| cells.level[cell] - cells.middle)
            .filter(|value| value.is_finite());
        let here: Vec<f64> = here.collect();
        if here.is_empty() { 0.0 } else { median(&here) }
    };
    (0..count).map(at).collect()
}

/// The five measures of a series, all high where something is wrong: drop, season, zeros, more and less difference.
struct Measures {
    values: [f64; 5],
    /// What the reasons tell: level share, slope share, largest zero share.
    told: [f64; 5],
    since: [Option<usize>; 2],
}

impl Measures {
    fn of(cells: &Cells, course: &[f64]) -> Measures {
        let count = course.len();
        let mut found = Measures {
            values: [0.0; 5],
            told: [1.0; 5],
            since: [None; 2],
        };
        let (from, until) = (
            (count / 5).max(5),
            count.saturating_sub((count / 10).max(4)),
        );
        let whole = Fit::of(&cells.level, course, 0..count);
        for split in (from..until).step_by(1 + usize::from(count > 60)) {
            let parts = (
                whole.as_ref(),
                Fit::of(&cells.level, course, 0..split),
                Fit::of(&cells.level, course, split..count),
            );
            if let (Some(whole), Some(before), Some(after)) = parts {
                found.try_split(split, whole, &before, &after);
            }
        }
        let zeros = cells.windows(&cells.zeros, count.div_ceil(8));
        let most = zeros.iter().copied().fold(0.0, f64::max);
        found.values[2] = most - zeros.iter().copied().fold(most, f64::min);
        found.told[2] = most;
        let early: Vec<f64> = cells.noise[..(count / 4).max(1)]
            .iter()
            .copied()
            .filter(|x| x.is_finite())
            .collect();
        let noise = cells.window_medians(&cells.noise, count.div_ceil(10));
        if early.len() >= 3 && !noise.is_empty() {
            // Small differences are rounding.
            let usual = median(&early) + 0.02;
            let most = noise.iter().copied().fold(f64::NEG_INFINITY, f64::max) + 0.02;
            let least = noise.iter().copied().fold(f64::INFINITY, f64::min) + 0.02;
            found.values[3] = (most / usual).ln();
            found.values[4] = (usual / least).ln();
            found.told[3] = most / usual;
            found.told[4] = usual / least;
        }
        found
    }

    fn try_split(&mut self, split: usize, whole: &Fit, before: &Fit, after: &Fit) {
        let n = before.n + after.n;
        let separate = before.squares + after.squares + FLOOR;
        // One slope for both, but two levels.
        let slope = (before.xy + after.xy) / (before.xx + after.xx + Fit::RIDGE);
        let common = before.squares_with(slope) + after.squares_with(slope) + FLOOR;
        let expected = before.mean_y + before.slope * (after.mean_x - before.mean_x);
        let shift = after.mean_y - expected;
        let level = n * ((whole.squares + FLOOR) / common).ln();
        if shift < 0.0 && level > self.values[0] {
            self.values[0] = level;
            self.told[0] = shift.exp();
            self.since[0] = Some(split);
        }
        let season = n * (common / separate).ln();
        if before.slope > after.slope && season > self.values[1] {
            self.values[1] = season;
            self.told[1] = after.slope / before.slope.abs().max(0.05);
            self.since[1] = Some(split);
        }
    }

    fn reason(&self, at: usize, excess: f64, day: impl Fn(usize) -> i32) -> Reason {
        let code = match at {
            0 => "level_dropped",
            1 if self.told[1] < 0.0 => "season_reversed",
            1 => "season_weaker",
            2 => "zeros",
            3 => "erratic",
            _ => "constant",
        };
        let since = self.since.get(at).copied().flatten().map(day);
        Reason {
            code,
            excess,
            value: self.told[at],
            since,
        }
    }
}

/// A line of levels over the common course.
struct Fit {
    n: f64,
    mean_x: f64,
    mean_y: f64,
    xx: f64,
    xy: f64,
    yy: f64,
    slope: f64,
    squares: f64,
}

impl Fit {
    /// Keeps the slope from running away where the course hardly moves.
    const RIDGE: f64 = 0.02;
    const FEWEST: usize = 4;

    fn of(levels: &[f64], course: &[f64], cells: std::ops::Range<usize>) -> Option<Fit> {
        let known = || cells.clone().filter(|at| levels[*at].is_finite());
        let count = known().count();
        if count < Fit::FEWEST {
            return None;
        }
        let n = count as f64;
        let mean_x = known().map(|at| course[at]).sum::<f64>() / n;
        let mean_y = known().map(|at| levels[at]).sum::<f64>() / n;
        let (mut xx, mut xy, mut yy) = (0.0, 0.0, 0.0);
        for at in known() {
            let (x, y) = (course[at] - mean_x, levels[at] - mean_y);
            xx += x * x;
            xy += x * y;
            yy += y * y;
        }
        let slope = xy / (xx + Fit::RIDGE);
        let mut fit = Fit {
            n,
            mean_x,
            mean_y,
            xx,
            xy,
            yy,
            slope,
            squares: 0.0,
        };
        fit.squares = fit.squares_with(slope);
        Some(fit)
    }

    fn squares_with(&self, slope: f64) -> f64 {
        (self.yy - 2.0 * slope * self.xy + slope * slope * self.xx).max(0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    /// Forty sound meters over two years, and one for every fault.
    fn panel() -> Panel {
        let mut random = Random::new(6);
        let days: Vec<i32> = (0..728).collect();
        let season = |day: f64| (day / 365.0 * std::f64::consts::TAU).cos();
        let mut sound = |scale: f64| -> Vec<f64> {
            days.iter()
                .map(|day| scale * (0.5 * season(f64::from(*day)) + 0.08 * random.normal()).exp())
                .collect()
        };
        let mut series: Vec<Vec<f64>> = (0..45).map(|at| sound(1.0 + f64::from(at))).collect();
        let mut random = Random::new(7);
        for day in 400..728usize {
            series[40][day] *= 0.4;
            series[41][day] = if random.unit() < 0.4 {
                0.0
            } else {
                series[41][day]
            };
            series[42][day] *= 0.1 + 0.8 * random.unit();
            series[43][day] = 30.0;
            series[44][day] = 45.0 * (-0.5 * season(day as f64)).exp();
        }
        Panel { days, series }
    }

    #[test]
    fn every_fault_is_found_and_named() {
        let found = anomalies(&panel()).unwrap();
        let mut first: Vec<u32> = found[..5].iter().map(|one| one.series).collect();
        first.sort_unstable();
        assert_eq!(first, [40, 41, 42, 43, 44]);
        for (series, code) in [
            (40, "level_dropped"),
            (41, "zeros"),
            (42, "erratic"),
            (43, "constant"),
            (44, "season_reversed"),
        ] {
            let one = found.iter().find(|one| one.series == series).unwrap();
            assert!(
                one.reasons.iter().any(|reason| reason.code == code),
                "{one:?}"
            );
        }
        let dropped = found.iter().find(|one| one.series == 40).unwrap();
        let reason = dropped
            .reasons
            .iter()
            .find(|reason| reason.code == "level_dropped")
            .unwrap();
        assert!(
            (reason.value - 0.4).abs() < 0.1 && (reason.since.unwrap() - 400).abs() < 21,
            "{reason:?}"
        );
        assert!(found.windows(2).all(|pair| pair[0].score >= pair[1].score));
    }

    #[test]
    fn gaps_single_series_and_short_ones_do_not_fail() {
        let gappy = Panel {
            days: (0..60).collect(),
            series: vec![
                vec![f64::NAN; 60],
                vec![0.0; 60],
                (0..60).map(f64::from).collect(),
            ],
        };
        assert_eq!(anomalies(&gappy).unwrap().len(), 3);
        assert!(
            anomalies(&Panel {
                days: vec![1],
                series: vec![vec![1.0]]
            })
            .is_err()
        );
        let months = Panel {
            days: (0..24).map(|month| 30 * month).collect(),
            series: vec![vec![1.0; 24]; 10],
        };
        assert!(
            anomalies(&months)
                .unwrap()
                .iter()
                .all(|one| one.score < 1.0)
        );
    }

    #[test]
    fn readings_of_a_day_are_added_up() {
        let panel = Panel::of_readings(&[(1, 5, 2.0), (0, 3, 1.0), (1, 5, 3.0)], 2);
        assert_eq!(panel.days, [3, 5]);
        assert_eq!(panel.series[1][1], 5.0);
        assert!(panel.series[0][1].is_nan());
    }
}
