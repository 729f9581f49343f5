//! `insight basket`

use super::reader::{Kind, Table, Want, lines};
use super::{Input, answer};
use clap::{Args, ValueEnum};
use guanxi_methods::basket::{self, Baskets, Consequents, Itemsets, Rule};
use guanxi_methods::columns::{Coded, Interner, Names};
use serde::Serialize;
use std::collections::BTreeMap;
use std::process::ExitCode;

#[derive(Debug, Args)]
pub struct Basket {
    #[command(flatten)]
    input: Input,
    /// Rows of a transaction and an item, or one basket a line without a header.
    #[arg(long, value_enum, default_value_t = Format::Rows)]
    format: Format,
    /// Column of the transaction.
    #[arg(long, required_unless_present_any = ["format"])]
    transaction: Option<String>,
    /// Column of the item.
    #[arg(long, required_unless_present_any = ["format"])]
    item: Option<String>,
    /// Share of the transactions that a set has to be in; inclusive.
    #[arg(long, default_value_t = 0.01)]
    min_support: f64,
    /// Share of the cases in which a rule has to hold; inclusive.
    #[arg(long, default_value_t = 0.5)]
    min_confidence: f64,
    /// Only rules that conclude one item.
    #[arg(long)]
    single_consequent: bool,
    /// The sets themselves too.
    #[arg(long)]
    list_itemsets: bool,
    /// The most frequent sets that are looked for before the support is called too small.
    #[arg(long, default_value_t = 20_000_000)]
    most: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Rows,
    Baskets,
}

#[derive(Serialize)]
struct Answer<'a> {
    transactions: usize,
    items: usize,
    min_count: u32,
    itemsets: Sets<'a>,
    rules: Vec<RuleAnswer<'a>>,
}

#[derive(Serialize)]
struct Sets<'a> {
    total: usize,
    by_size: BTreeMap<usize, usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    list: Option<Vec<SetAnswer<'a>>>,
}

#[derive(Serialize)]
struct SetAnswer<'a> {
    items: Vec<&'a str>,
    count: u32,
    support: f64,
}

#[derive(Serialize)]
struct RuleAnswer<'a> {
    #[serde(rename = "if")]
    antecedent: Vec<&'a str>,
    #[serde(rename = "then")]
    consequent: Vec<&'a str>,
    count: u32,
    support: f64,
    confidence: f64,
    lift: f64,
    leverage: f64,
    /// Null where the rule never fails.
    conviction: f64,
}

impl Basket {
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        if !(0.0..=1.0).contains(&self.min_confidence) {
            return super::wrong_use("--min-confidence is a share from 0 to 1.");
        }
        if !(self.min_support > 0.0 && self.min_support <= 1.0) {
            return super::wrong_use("--min-support is a share above 0 and at most 1.");
        }
        let (baskets, names) = match (self.format, &self.transaction, &self.item) {
            (Format::Baskets, None, None) => self.of_lines()?,
            (Format::Rows, Some(transaction), Some(item)) => self.of_rows(transaction, item)?,
            _ => {
                return super::wrong_use(
                    "Give --transaction and --item, or --format baskets without them.",
                );
            }
        };
        let min_count = baskets.min_count(self.min_support)?;
        let sets = basket::frequent(&baskets, min_count, self.most)?;
        let consequents = if self.single_consequent {
            Consequents::Single
        } else {
            Consequents::Any
        };
        let rules = basket::rules(&sets, baskets.len(), self.min_confidence, consequents);
        let by_size = sets
            .by_size()
            .into_iter()
            .enumerate()
            .map(|(at, count)| (at + 1, count));
        answer(&Answer {
            transactions: baskets.len(),
            items: names.len(),
            min_count,
            itemsets: Sets {
                total: sets.len(),
                by_size: by_size.collect(),
                list: self
                    .list_itemsets
                    .then(|| list(&sets, &names, baskets.len())),
            },
            rules: rules
                .iter()
                .map(|rule| RuleAnswer::of(rule, &names))
                .collect(),
        })
    }

    fn of_lines(&self) -> anyhow::Result<(Baskets, Names)> {
        let (mut baskets, mut items) = (Baskets::default(), Interner::default());
        lines(&self.input.source(), |values| {
            let code =
                |value: &&[u8]| items.code_of_key(guanxi_methods::columns::key(value), value);
            baskets.push(values.iter().map(code));
        })?;
        Ok((baskets, items.into_names()))
    }

    fn of_rows(&self, transaction: &str, item: &str) -> anyhow::Result<(Baskets, Names)> {
        let wants = [
            Want::optional(transaction, Kind::Text),
            Want::optional(item, Kind::Text),
        ];
        let mut table = Table::read(&self.input.source(), &wants)?;
        let items = table.columns.remove(1).texts().clone();
        let transactions = table.columns.remove(0).texts().clone();
        let rows = transactions.codes.iter().zip(&items.codes);
        let rows =
            rows.filter(|(basket, item)| **basket != Coded::MISSING && **item != Coded::MISSING);
        Ok((
            Baskets::of_rows(rows.map(|(basket, item)| (*basket, *item)).collect()),
            items.names,
        ))
    }
}

fn texts<'a>(items: &[u32], names: &'a Names) -> Vec<&'a str> {
    let mut texts: Vec<&str> = items.iter().map(|item| names.get(*item)).collect();
    texts.sort_unstable();
    texts
}

fn list<'a>(sets: &Itemsets, names: &'a Names, baskets: usize) -> Vec<SetAnswer<'a>> {
    let mut list: Vec<SetAnswer> = sets
        .iter()
        .map(|(items, count)| SetAnswer {
            items: texts(items, names),
            count,
            support: f64::from(count) / baskets as f64,
        })
        .collect();
    list.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.items.cmp(&b.items)));
    list
}

impl<'a> RuleAnswer<'a> {
    fn of(rule: &Rule, names: &'a Names) -> RuleAnswer<'a> {
        RuleAnswer {
            antecedent: texts(&rule.antecedent, names),
            consequent: texts(&rule.consequent, names),
            count: rule.count,
            support: rule.support,
            confidence: rule.confidence,
            lift: rule.lift,
            leverage: rule.leverage,
            conviction: rule.conviction,
        }
    }
}
