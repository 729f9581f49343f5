//! `insight churn`

use super::reader::{Kind, Table, Want};
use super::{Input, Named, answer, day_of, parse_day};
use anyhow::Context as _;
use clap::Args;
use guanxi_methods::churn::{self, AtRisk, Stage, Survival};
use guanxi_methods::columns::Coded;
use guanxi_methods::dates;
use serde::Serialize;
use std::process::ExitCode;

#[derive(Debug, Args)]
pub struct Churn {
    #[command(flatten)]
    input: Input,
    /// Column of the customer's id.
    #[arg(long)]
    customer: String,
    /// Column of the order's date.
    #[arg(long)]
    date: String,
    /// The day of observation; that of the last order unless given. Later orders are left out.
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = parse_day)]
    as_of: Option<i32>,
}

#[derive(Serialize)]
struct Answer<'a> {
    as_of: String,
    /// The most at risk first.
    customers: Vec<Named<'a, &'a AtRisk>>,
    stages: Vec<StageCount>,
    survival: &'a [Survival],
    /// Where risks come from.
    risk_by: &'static str,
}

#[derive(Serialize)]
struct StageCount {
    stage: Stage,
    count: usize,
}

impl Churn {
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        let wants = [
            Want::optional(&self.customer, Kind::Text),
            Want::required(&self.date, Kind::Instant),
        ];
        let table = Table::read(&self.input.source(), &wants)?;
        let customers = table.columns[0].texts();
        let days = table.columns[1]
            .instants()
            .iter()
            .map(|instant| day_of(*instant));
        let rows = customers
            .codes
            .iter()
            .zip(days)
            .filter(|(customer, _)| **customer != Coded::MISSING);
        let mut orders: Vec<(u32, i32, f64)> =
            rows.map(|(customer, day)| (*customer, day, 0.0)).collect();
        let last = orders
            .iter()
            .map(|(_, day, _)| *day)
            .max()
            .context("There is no order with a customer.")?;
        let as_of = self.as_of.unwrap_or(last);
        let mut found = churn::churn(&mut orders, as_of)?;
        let count = |stage: &Stage| StageCount {
            stage: *stage,
            count: found
                .customers
                .iter()
                .filter(|one| one.stage == *stage)
                .count(),
        };
        let stages = Stage::ALL.iter().map(count).collect();
        found
            .customers
            .sort_by(|a, b| b.risk.total_cmp(&a.risk).then(a.customer.cmp(&b.customer)));
        let named = found.customers.iter();
        answer(&Answer {
            as_of: dates::text(as_of),
            customers: named
                .map(|one| Named {
                    id: customers.names.get(one.customer),
                    result: one,
                })
                .collect(),
            stages,
            survival: &found.survival,
            risk_by: if found.fit.is_some() {
                "pareto_nbd"
            } else {
                "pauses"
            },
        })
    }
}
