//! `insight next`

use super::reader::{Kind, Table, Want};
use super::{Input, answer};
use clap::Args;
use guanxi_methods::basket::Baskets;
use guanxi_methods::columns::Coded;
use guanxi_methods::next::{HitRate, Neighbours, hit_rate};
use serde::Serialize;
use std::process::ExitCode;

#[derive(Debug, Args)]
pub struct Next {
    #[command(flatten)]
    input: Input,
    /// Column of the customer's id.
    #[arg(long)]
    customer: String,
    /// Column of the product.
    #[arg(long)]
    item: String,
    /// Products to suggest to each.
    #[arg(long, default_value_t = 3)]
    top: usize,
}

#[derive(Serialize)]
struct Answer<'a> {
    customers: Vec<Customer<'a>>,
    /// How often a product that was hidden from the method was among its suggestions.
    hit_rate: HitRate,
}

#[derive(Serialize)]
struct Customer<'a> {
    id: &'a str,
    next: Vec<Suggested<'a>>,
}

#[derive(Serialize)]
struct Suggested<'a> {
    item: &'a str,
    because: &'a str,
    score: f64,
    confidence: f64,
    lift: f64,
}

impl Next {
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        let wants = [
            Want::optional(&self.customer, Kind::Text),
            Want::optional(&self.item, Kind::Text),
        ];
        let table = Table::read(&self.input.source(), &wants)?;
        let (customers, items) = (table.columns[0].texts(), table.columns[1].texts());
        let rows = customers.codes.iter().zip(&items.codes);
        let rows: Vec<(u32, u32)> = rows
            .filter(|(a, b)| **a != Coded::MISSING && **b != Coded::MISSING)
            .map(|(a, b)| (*a, *b))
            .collect();
        let mut codes: Vec<u32> = rows.iter().map(|(customer, _)| *customer).collect();
        codes.sort_unstable();
        codes.dedup();
        let owned = Baskets::of_rows(rows);
        let suggested = Neighbours::of(&owned).suggest(&owned, self.top);
        let customers = codes.iter().zip(&suggested).map(|(code, list)| Customer {
            id: customers.names.get(*code),
            next: list
                .iter()
                .map(|one| Suggested {
                    item: items.names.get(one.item),
                    because: items.names.get(one.because),
                    score: one.score,
                    confidence: one.confidence,
                    lift: one.lift,
                })
                .collect(),
        });
        answer(&Answer {
            customers: customers.collect(),
            hit_rate: hit_rate(&owned, self.top),
        })
    }
}
