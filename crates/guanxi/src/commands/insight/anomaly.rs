//! `insight anomaly`

use super::reader::{Kind, Table, Want};
use super::{Input, answer, day_of};
use clap::Args;
use guanxi_methods::anomaly::{Panel, Reason, anomalies};
use guanxi_methods::columns::Coded;
use guanxi_methods::dates;
use serde::Serialize;
use std::process::ExitCode;

#[derive(Debug, Args)]
pub struct Anomaly {
    #[command(flatten)]
    input: Input,
    /// Column of the series: a meter, a customer.
    #[arg(long)]
    series: String,
    /// Column of the date.
    #[arg(long)]
    date: String,
    /// Column of the value; empty ones are no reading.
    #[arg(long)]
    value: String,
}

#[derive(Serialize)]
struct Answer<'a> {
    /// The most suspicious first.
    series: Vec<Series<'a>>,
}

#[derive(Serialize)]
struct Series<'a> {
    id: &'a str,
    score: f64,
    reasons: Vec<ReasonAnswer<'a>>,
}

#[derive(Serialize)]
struct ReasonAnswer<'a> {
    #[serde(flatten)]
    reason: &'a Reason,
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<String>,
}

impl Anomaly {
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        let wants = [
            Want::optional(&self.series, Kind::Text),
            Want::required(&self.date, Kind::Instant),
            Want::optional(&self.value, Kind::Number),
        ];
        let table = Table::read(&self.input.source(), &wants)?;
        let (series, values) = (table.columns[0].texts(), table.columns[2].numbers());
        let instants = table.columns[1].instants();
        let readings: Vec<(u32, i32, f64)> = (0..table.rows)
            .filter(|row| series.codes[*row] != Coded::MISSING && !values[*row].is_nan())
            .map(|row| (series.codes[row], day_of(instants[row]), values[row]))
            .collect();
        let panel = Panel::of_readings(&readings, series.names.len());
        let found = anomalies(&panel)?;
        let list = found.iter().map(|one| Series {
            id: series.names.get(one.series),
            score: one.score,
            reasons: one
                .reasons
                .iter()
                .map(|reason| ReasonAnswer {
                    reason,
                    since: reason.since.map(dates::text),
                })
                .collect(),
        });
        answer(&Answer {
            series: list.collect(),
        })
    }
}
