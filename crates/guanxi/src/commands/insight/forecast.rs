//! `insight forecast`

use super::grain::Grain;
use super::reader::{self, Kind, Table, Want};
use super::{Input, answer, day_of};
use anyhow::{Context as _, bail};
use clap::{Args, ValueEnum};
use guanxi_methods::dates::{self, DAY, civil, days_in};
use guanxi_methods::forecast::{self, Family, Point, Trial};
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::process::ExitCode;

#[derive(Debug, Args)]
pub struct Forecast {
    #[command(flatten)]
    input: Input,
    /// Column of the date: dates at even distances, or years as numbers (1960.25).
    #[arg(long)]
    date: String,
    /// Column of the value.
    #[arg(long)]
    value: String,
    /// Values in a cycle: 12 for months, 4 for quarters, 7 for days; 1 for none.
    #[arg(long, default_value_t = 1)]
    season: usize,
    /// Values ahead.
    #[arg(long, default_value_t = 12)]
    horizon: usize,
    /// The family, or the best of all by trying them on the past.
    #[arg(long, value_enum, default_value_t = ModelName::Auto)]
    model: ModelName,
    /// Model the logarithm; the intervals are turned back with it.
    #[arg(long)]
    log: bool,
    /// Add values up by period first; periods without a value count 0.
    #[arg(long, value_enum)]
    grain: Option<Grain>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ModelName {
    Auto,
    Ets,
    Arima,
    Theta,
    Snaive,
    Naive,
}

#[derive(Serialize)]
struct Answer {
    model: String,
    aicc: Option<f64>,
    parameters: Map<String, Value>,
    forecast: Vec<Dated>,
    /// How the families did on the end of the series, each fitted without it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    trials: Vec<Trial>,
    values: usize,
}

#[derive(Serialize)]
struct Dated {
    date: String,
    #[serde(flatten)]
    point: Point,
}

/// When the values are.
enum Axis {
    /// Seconds since 1970, rising.
    Instants(Vec<i64>),
    Numbers(Vec<f64>),
    /// The last period of a grain.
    Periods(Grain, i32),
}

impl Forecast {
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        if self.season == 0 || self.horizon == 0 {
            return super::wrong_use("--season and --horizon are at least 1.");
        }
        let (axis, mut y) = self.read()?;
        if self.log {
            if y.iter().any(|value| *value <= 0.0) {
                bail!(
                    "The column `{}` holds values that are not above 0 and have no logarithm: leave --log out.",
                    self.value
                );
            }
            y.iter_mut().for_each(|value| *value = value.ln());
        }
        let family = match self.model {
            ModelName::Auto => None,
            ModelName::Ets => Some(Family::Ets),
            ModelName::Arima => Some(Family::Arima),
            ModelName::Theta => Some(Family::Theta),
            ModelName::Snaive => Some(Family::Snaive),
            ModelName::Naive => Some(Family::Naive),
        };
        let (found, trials) = match family {
            Some(family) => (
                forecast::forecast(family, &y, self.season, self.horizon)?,
                Vec::new(),
            ),
            None => forecast::choose(&y, self.season, self.horizon)?,
        };
        let labels = axis.ahead(self.horizon, self.season);
        let turned = |point: &Point| match self.log {
            false => *point,
            true => Point {
                mean: point.mean.exp(),
                lo80: point.lo80.exp(),
                hi80: point.hi80.exp(),
                lo95: point.lo95.exp(),
                hi95: point.hi95.exp(),
            },
        };
        answer(&Answer {
            model: if self.log {
                format!("log {}", found.model)
            } else {
                found.model
            },
            aicc: found.aicc.filter(|aicc| aicc.is_finite()),
            parameters: found
                .parameters
                .into_iter()
                .map(|(name, value)| (name, json!(value)))
                .collect(),
            forecast: labels
                .into_iter()
                .zip(&found.points)
                .map(|(date, point)| Dated {
                    date,
                    point: turned(point),
                })
                .collect(),
            trials,
            values: y.len(),
        })
    }

    /// Values in the order of time.
    fn read(&self) -> anyhow::Result<(Axis, Vec<f64>)> {
        let wants = [
            Want::required(&self.date, Kind::Text),
            Want::required(&self.value, Kind::Number),
        ];
        let source = self.input.source();
        let table = Table::read(&source, &wants)?;
        let (texts, values) = (table.columns[0].texts(), table.columns[1].numbers());
        let by_name = |text: &str| reader::instant(text.as_bytes(), source.days);
        let instants: Option<Vec<i64>> = texts.names.iter().map(by_name).collect();
        if let (Some(grain), Some(instants)) = (self.grain, &instants) {
            let days = texts
                .codes
                .iter()
                .map(|code| day_of(instants[*code as usize]));
            return add_up(grain, days.zip(values.iter().copied()));
        }
        let numbers = reader::numbers_of(texts);
        // A year alone, and 1960.25, are numbers though they may look like dates.
        let is_years = numbers
            .as_ref()
            .is_some_and(|numbers| numbers.iter().all(|year| (1000.0..3000.0).contains(year)));
        match (instants, numbers) {
            (Some(instants), _) if !is_years => {
                let at = |row: usize| instants[texts.codes[row] as usize];
                let mut order: Vec<usize> = (0..table.rows).collect();
                order.sort_by_key(|row| at(*row));
                let times: Vec<i64> = order.iter().map(|row| at(*row)).collect();
                self.refuse_doubles(
                    times
                        .windows(2)
                        .position(|pair| pair[0] == pair[1])
                        .map(|at| order[at + 1]),
                )?;
                Ok((
                    Axis::Instants(times),
                    order.iter().map(|row| values[*row]).collect(),
                ))
            }
            (_, Some(numbers)) => {
                let mut order: Vec<usize> = (0..table.rows).collect();
                order.sort_by(|a, b| numbers[*a].total_cmp(&numbers[*b]));
                let times: Vec<f64> = order.iter().map(|row| numbers[*row]).collect();
                self.refuse_doubles(
                    times
                        .windows(2)
                        .position(|pair| pair[0] == pair[1])
                        .map(|at| order[at + 1]),
                )?;
                Ok((
                    Axis::Numbers(times),
                    order.iter().map(|row| values[*row]).collect(),
                ))
            }
            _ => {
                let wrong = (0..table.rows)
                    .find(|row| texts.get(*row).and_then(by_name).is_none())
                    .unwrap_or(0);
                bail!(
                    "{}, row {}: the column `{}` holds `{}`, which is no date: write it like 2026-01-31 (YYYY-MM-DD).",
                    self.input.files[0].display(),
                    wrong + 2,
                    self.date,
                    texts.get(wrong).unwrap_or_default()
                )
            }
        }
    }

    fn refuse_doubles(&self, row: Option<usize>) -> anyhow::Result<()> {
        match row {
            None => Ok(()),
            Some(row) => bail!(
                "{}, row {}: the column `{}` holds a date that was there before: add rows up by --grain month, or leave one out.",
                self.input.files[0].display(),
                row + 2,
                self.date
            ),
        }
    }
}

fn add_up(
    grain: Grain,
    rows: impl Iterator<Item = (i32, f64)>,
) -> anyhow::Result<(Axis, Vec<f64>)> {
    let mut sums: BTreeMap<i32, f64> = BTreeMap::new();
    for (day, value) in rows {
        *sums.entry(grain.index(day)).or_default() += value;
    }
    let (first, last) = sums
        .keys()
        .next()
        .zip(sums.keys().next_back())
        .context("There is no row.")?;
    let values = (*first..=*last)
        .map(|index| sums.get(&index).copied().unwrap_or(0.0))
        .collect();
    Ok((Axis::Periods(grain, *last), values))
}

impl Axis {
    /// The dates that come next, at the distance of those before.
    fn ahead(&self, horizon: usize, season: usize) -> Vec<String> {
        match self {
            Axis::Periods(grain, last) => (1..=horizon as i32)
                .map(|step| grain.label(last + step))
                .collect(),
            Axis::Numbers(times) => {
                let (first, last) = (times[0], times[times.len() - 1]);
                let step = match times.len() {
                    1 => 1.0 / season as f64,
                    n => (last - first) / (n - 1) as f64,
                };
                (1..=horizon)
                    .map(|ahead| round(last + step * ahead as f64))
                    .collect()
            }
            Axis::Instants(times) => instants_ahead(times, horizon),
        }
    }
}

/// Years with parts keep what a reader needs of them.
fn round(value: f64) -> String {
    ((value * 1e8).round() / 1e8).to_string()
}

fn instants_ahead(times: &[i64], horizon: usize) -> Vec<String> {
    let Some(last) = times.last().copied() else {
        return Vec::new();
    };
    let days: Vec<i32> = times.iter().map(|time| day_of(*time)).collect();
    let day = day_of(last);
    let is_whole = times.iter().all(|time| time.rem_euclid(DAY) == 0);
    let of_month = |day: &i32| civil(*day).2;
    let is_end = |day: &i32| civil(*day).2 == days_in(civil(*day).0, civil(*day).1);
    let all_same = days
        .windows(2)
        .all(|pair| of_month(&pair[0]) == of_month(&pair[1]));
    let all_ends = days.iter().all(is_end);
    let months = |pair: &[i32]| Grain::Month.index(pair[1]) - Grain::Month.index(pair[0]);
    if is_whole && days.len() > 1 && (all_same || all_ends) && months(&days[days.len() - 2..]) > 0 {
        let mut steps: Vec<i32> = days.windows(2).map(months).collect();
        steps.sort_unstable();
        let step = steps[steps.len() / 2].max(1);
        let wanted = if all_ends { 31 } else { of_month(&day) };
        return (1..=horizon as i32)
            .map(|ahead| dates::text(dates::add_months(day, step * ahead, wanted)))
            .collect();
    }
    let mut gaps: Vec<i64> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
    gaps.sort_unstable();
    let step = gaps.get(gaps.len() / 2).copied().unwrap_or(DAY).max(1);
    let label = |ahead: i64| {
        let time = last + step * ahead;
        let (date, seconds) = (dates::text(day_of(time)), time.rem_euclid(DAY));
        match is_whole && step % DAY == 0 {
            true => date,
            false => format!(
                "{date}T{:02}:{:02}:{:02}",
                seconds / 3600,
                seconds / 60 % 60,
                seconds % 60
            ),
        }
    };
    (1..=horizon as i64).map(label).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use guanxi_methods::dates::day_of as day;

    #[test]
    fn dates_go_on_as_they_came() {
        let at = |list: &[(i32, u32, u32)]| -> Vec<i64> {
            list.iter()
                .map(|(y, m, d)| i64::from(day(*y, *m, *d).unwrap()) * DAY)
                .collect()
        };
        for (past, next) in [
            (
                at(&[(2025, 11, 30), (2025, 12, 31), (2026, 1, 31)]),
                ["2026-02-28", "2026-03-31"],
            ),
            (
                at(&[(2025, 7, 1), (2025, 10, 1), (2026, 1, 1)]),
                ["2026-04-01", "2026-07-01"],
            ),
            (
                at(&[(2026, 1, 1), (2026, 1, 8), (2026, 1, 15)]),
                ["2026-01-22", "2026-01-29"],
            ),
        ] {
            assert_eq!(instants_ahead(&past, 2), next);
        }
        let hours = [0, 3600, 7200];
        assert_eq!(instants_ahead(&hours, 1), ["1970-01-01T03:00:00"]);
        assert_eq!(
            Axis::Numbers(vec![1960.0, 1960.25, 1960.5]).ahead(1, 4),
            ["1960.75"]
        );
    }
}
