//! `insight abc`

use super::reader::{Cells, Kind, Want, scan};
use super::{Input, Named, answer};
use clap::Args;
use guanxi_methods::abc::{self, ClassTotal, Item, Limits};
use guanxi_methods::columns::Coded;
use serde::Serialize;
use std::process::ExitCode;

#[derive(Debug, Args)]
pub struct Abc {
    #[command(flatten)]
    input: Input,
    /// Column of the item: a product, a customer.
    #[arg(long)]
    item: String,
    /// Column of the amount, summed by item.
    #[arg(long)]
    amount: String,
    /// Share of the total at which A ends.
    #[arg(long, default_value_t = 0.8)]
    a: f64,
    /// Share of the total at which B ends.
    #[arg(long, default_value_t = 0.95)]
    b: f64,
}

#[derive(Serialize)]
struct Answer<'a> {
    total: f64,
    items: Vec<Named<'a, &'a Item>>,
    classes: Vec<ClassTotal>,
    /// Items whose total is not positive, and rows without an item.
    excluded: usize,
    rows_without_item: usize,
    gini: f64,
    top_fifth_share: f64,
}

impl Abc {
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        if !(0.0 < self.a && self.a <= self.b && self.b <= 1.0) {
            return super::wrong_use("--a and --b are shares with 0 < a ≤ b ≤ 1.");
        }
        let wants = [
            Want::optional(&self.item, Kind::Text),
            Want::required(&self.amount, Kind::Number),
        ];
        let mut totals: Vec<f64> = Vec::new();
        let mut without = 0;
        let scanned = scan(&self.input.source(), &wants, |batch| {
            let [Cells::Texts(items), Cells::Numbers(amounts)] = &batch.columns[..] else {
                unreachable!("columns come as they were wanted");
            };
            for (item, amount) in items.iter().zip(amounts) {
                if *item == Coded::MISSING {
                    without += 1;
                    continue;
                }
                let item = *item as usize;
                if item >= totals.len() {
                    totals.resize(item + 1, 0.0);
                }
                totals[item] += amount;
            }
            Ok(())
        })?;
        let names = &scanned.names[0];
        let found = abc::classify(
            &totals,
            names,
            Limits {
                a: self.a,
                b: self.b,
            },
        );
        answer(&Answer {
            total: found.total,
            items: found
                .items
                .iter()
                .map(|item| Named {
                    id: names.get(item.item),
                    result: item,
                })
                .collect(),
            classes: found.classes,
            excluded: found.excluded,
            rows_without_item: without,
            gini: found.gini,
            top_fifth_share: found.top_fifth_share,
        })
    }
}
