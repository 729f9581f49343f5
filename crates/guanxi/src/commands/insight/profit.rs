//! `insight profit`

use super::reader::{Cells, Kind, Want, scan};
use super::{Input, Named, answer};
use clap::Args;
use guanxi_methods::columns::Coded;
use guanxi_methods::profit::{self, Customer, Ledger};
use serde::Serialize;
use std::process::ExitCode;

#[derive(Debug, Args)]
pub struct ProfitArguments {
    #[command(flatten)]
    input: Input,
    /// Column of the customer's id.
    #[arg(long)]
    customer: String,
    /// Column of the revenue.
    #[arg(long)]
    revenue: String,
    /// Columns of costs in money, separated by commas.
    #[arg(long, value_delimiter = ',')]
    cost: Vec<String>,
    /// Columns of quantities with what one costs: `calls=12.5,visits=300`.
    #[arg(long, value_delimiter = ',', value_parser = parse_rate)]
    rates: Vec<(String, f64)>,
}

fn parse_rate(text: &str) -> Result<(String, f64), String> {
    let wrong = "write rates like calls=12.5,visits=300";
    let (name, rate) = text.split_once('=').ok_or(wrong)?;
    Ok((
        name.trim().to_owned(),
        rate.trim().parse().map_err(|_| wrong)?,
    ))
}

#[derive(Serialize)]
struct Answer<'a> {
    #[serde(flatten)]
    totals: &'a profit::Profit,
    /// From the best to the worst.
    customers: Vec<Named<'a, &'a Customer>>,
}

impl ProfitArguments {
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        let mut wants = vec![
            Want::optional(&self.customer, Kind::Text),
            Want::optional(&self.revenue, Kind::Number),
        ];
        wants.extend(
            self.cost
                .iter()
                .map(|name| Want::optional(name.trim(), Kind::Number)),
        );
        wants.extend(
            self.rates
                .iter()
                .map(|(name, _)| Want::optional(name, Kind::Number)),
        );
        let rates: Vec<f64> = self
            .cost
            .iter()
            .map(|_| 1.0)
            .chain(self.rates.iter().map(|(_, rate)| *rate))
            .collect();
        let mut ledger = Ledger::default();
        let scanned = scan(&self.input.source(), &wants, |batch| {
            let [Cells::Texts(customers), Cells::Numbers(revenue), costs @ ..] = &batch.columns[..]
            else {
                unreachable!("columns come as they were wanted");
            };
            let known = |value: f64| if value.is_nan() { 0.0 } else { value };
            for row in 0..batch.rows {
                if customers[row] == Coded::MISSING {
                    continue;
                }
                let cost = costs.iter().zip(&rates).map(|(cells, rate)| match cells {
                    Cells::Numbers(numbers) => known(numbers[row]) * rate,
                    _ => 0.0,
                });
                ledger.add(customers[row], known(revenue[row]), cost.sum());
            }
            Ok(())
        })?;
        let names = &scanned.names[0];
        let found = profit::profit(&ledger, names);
        let customers = found.customers.iter().map(|one| Named {
            id: names.get(one.customer),
            result: one,
        });
        answer(&Answer {
            totals: &found,
            customers: customers.collect(),
        })
    }
}
