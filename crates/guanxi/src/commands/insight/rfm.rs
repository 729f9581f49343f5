//! `insight rfm`

use super::reader::{Cells, Kind, Want, scan};
use super::{Input, Named, answer, day_of, parse_day, parse_numbers};
use clap::{Args, ValueEnum};
use guanxi_methods::columns::Coded;
use guanxi_methods::dates;
use guanxi_methods::rfm::{self, Edges, Scored, Scoring, Summary};
use serde::Serialize;
use std::collections::HashSet;
use std::process::ExitCode;

#[derive(Debug, Args)]
pub struct Rfm {
    #[command(flatten)]
    input: Input,
    /// Column of the customer's id.
    #[arg(long)]
    customer: String,
    /// Column of the order's date.
    #[arg(long)]
    date: String,
    /// Column of the amount.
    #[arg(long)]
    amount: String,
    /// Column of the order's number, where an order has several rows.
    #[arg(long)]
    order: Option<String>,
    /// The day of observation; the day after the last order unless given. Later orders are left out.
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = parse_day)]
    as_of: Option<i32>,
    /// How values become scores: five equal groups (ties by id), edges at percentiles, or edges that are given.
    #[arg(long, value_enum, default_value_t = Rule::Quintile)]
    scoring: Rule,
    /// Four rising edges in days, for `--scoring fixed`.
    #[arg(long, default_value = "30,90,180,365", value_parser = parse_numbers::<4>)]
    recency_edges: [f64; 4],
    /// Four rising edges in orders, for `--scoring fixed`.
    #[arg(long, default_value = "1,2,4,8", value_parser = parse_numbers::<4>)]
    frequency_edges: [f64; 4],
    /// Four rising edges in money, for `--scoring fixed`.
    #[arg(long, default_value = "100,500,1000,5000", value_parser = parse_numbers::<4>)]
    monetary_edges: [f64; 4],
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Rule {
    Quintile,
    Value,
    Fixed,
}

#[derive(Serialize)]
struct Answer<'a> {
    as_of: String,
    rows: usize,
    /// Rows without a customer, and rows after the day of observation.
    rows_without_customer: usize,
    rows_after: usize,
    customers: Vec<Named<'a, &'a Scored>>,
    segments: Vec<SegmentCount>,
}

#[derive(Serialize)]
struct SegmentCount {
    name: rfm::Segment,
    count: usize,
    monetary: f64,
}

impl Rfm {
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        let mut wants = vec![
            Want::optional(&self.customer, Kind::Text),
            Want::required(&self.date, Kind::Instant),
            Want::required(&self.amount, Kind::Number),
        ];
        wants.extend(
            self.order
                .as_deref()
                .map(|order| Want::required(order, Kind::Text)),
        );
        let mut summary = Summary::default();
        let mut orders: HashSet<(u32, u32), rustc_hash::FxBuildHasher> = HashSet::default();
        let (mut without, mut after) = (0, 0);
        let until = self.as_of.unwrap_or(i32::MAX);
        let scanned = scan(&self.input.source(), &wants, |batch| {
            let [
                Cells::Texts(customers),
                Cells::Instants(instants),
                Cells::Numbers(amounts),
                rest @ ..,
            ] = &batch.columns[..]
            else {
                unreachable!("columns come as they were wanted");
            };
            for row in 0..batch.rows {
                let (customer, day) = (customers[row], day_of(instants[row]));
                if customer == Coded::MISSING {
                    without += 1;
                } else if day > until {
                    after += 1;
                } else {
                    let is_new = match rest {
                        [Cells::Texts(numbers), ..] => orders.insert((customer, numbers[row])),
                        _ => true,
                    };
                    if is_new {
                        summary.add(customer, day, amounts[row]);
                    } else {
                        summary.add_line(customer, day, amounts[row]);
                    }
                }
            }
            Ok(())
        })?;
        let names = &scanned.names[0];
        let as_of = self
            .as_of
            .or(summary.newest_day().map(|day| day + 1))
            .unwrap_or_default();
        let scored = rfm::score(&summary, names, as_of, self.scoring())?;
        let count = |name: &rfm::Segment| {
            let of_segment = scored.iter().filter(|one| one.segment == *name);
            SegmentCount {
                name: *name,
                count: of_segment.clone().count(),
                monetary: of_segment.map(|one| one.monetary).sum(),
            }
        };
        let segments = rfm::Segment::ALL
            .iter()
            .map(count)
            .filter(|segment| segment.count > 0);
        answer(&Answer {
            as_of: dates::text(as_of),
            rows: scanned.rows,
            rows_without_customer: without,
            rows_after: after,
            customers: scored
                .iter()
                .map(|one| Named {
                    id: names.get(one.customer),
                    result: one,
                })
                .collect(),
            segments: segments.collect(),
        })
    }

    fn scoring(&self) -> Scoring {
        match self.scoring {
            Rule::Quintile => Scoring::Quintile,
            Rule::Value => Scoring::Value,
            Rule::Fixed => Scoring::Fixed(Edges {
                recency: self.recency_edges,
                frequency: self.frequency_edges,
                monetary: self.monetary_edges,
            }),
        }
    }
}
