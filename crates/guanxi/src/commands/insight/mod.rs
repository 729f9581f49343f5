//! `insight METHOD`: the methods of `guanxi-methods` on files, without a database.
//!
//! One file a method: its arguments, the columns it reads, and the answer's shape, whose keys are promised to the
//! outside. The answer is one JSON object on one line of standard output.

mod abc;
mod anomaly;
mod basket;
mod churn;
mod clv;
mod cube;
mod features;
mod filter;
mod forecast;
mod grain;
mod link;
mod logit;
mod next;
mod pls;
mod profit;
mod reader;
mod rfm;
mod satisfaction;
mod scorecard;
mod segment;
mod structure;
mod uplift;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use guanxi_methods::dates::DAY;
use reader::{Days, Source};
use serde::Serialize;
use std::io::{BufWriter, Write};
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Debug, Subcommand)]
pub enum Method {
    /// Recency, frequency, monetary value: scores and named segments of customers.
    #[command(
        after_help = "Example:\n  guanxi insight rfm --in orders.csv --customer id --date day --amount total --json"
    )]
    Rfm(rfm::Rfm),
    /// ABC analysis: which items make most of the total.
    #[command(
        after_help = "Example:\n  guanxi insight abc --in orders.csv --item product --amount total --json"
    )]
    Abc(abc::Abc),
    /// Customer lifetime value: BG/NBD, Pareto/NBD and Gamma-Gamma.
    #[command(
        after_help = "Examples:\n  guanxi insight clv --in orders.csv --customer id --date day --amount total --horizon 52 --json\n  guanxi insight clv --in summary.csv --id ID --x x --t-x t_x --T T --zbar zbar --horizon 39 --json"
    )]
    Clv(clv::Clv),
    /// Market baskets: frequent sets and association rules.
    #[command(
        after_help = "Examples:\n  guanxi insight basket --in groceries.csv --format baskets --min-support 0.01 --min-confidence 0.5 --json\n  guanxi insight basket --in lines.csv.gz --transaction invoice --item product --min-support 0.02 --min-confidence 0.5 --json"
    )]
    Basket(basket::Basket),
    /// Net promoter score of answers from 0 to 10.
    #[command(
        after_help = "Example:\n  guanxi insight nps --in answers.csv --score recommend --by region --json"
    )]
    Nps(satisfaction::Nps),
    /// Share of satisfied answers.
    #[command(
        after_help = "Example:\n  guanxi insight csat --in answers.csv --score satisfaction --scale 5 --json"
    )]
    Csat(satisfaction::Csat),
    /// Logistic regression: how likely, and why.
    #[command(
        after_help = "Example:\n  guanxi insight logit --in train.csv --test test.csv --target bought --columns age,job,balance --json"
    )]
    Logit(logit::LogitArguments),
    /// A scorecard: bins, weights of evidence, points.
    #[command(
        after_help = "Example:\n  guanxi insight scorecard --in loans.csv --target creditability --columns age,purpose,amount --json"
    )]
    Scorecard(scorecard::ScorecardArguments),
    /// Segments by k-means.
    #[command(
        after_help = "Example:\n  guanxi insight segment --in customers.csv --columns recency,orders,amount --scale standard --k auto --json"
    )]
    Segment(segment::Segment),
    /// Churn: stage, risk and reasons of every customer, by their own rhythm.
    #[command(
        after_help = "Example:\n  guanxi insight churn --in orders.csv --customer id --date day --json"
    )]
    Churn(churn::Churn),
    /// Forecast of a series with intervals.
    #[command(
        after_help = "Examples:\n  guanxi insight forecast --in sales.csv --date month --value amount --season 12 --horizon 12 --json\n  guanxi insight forecast --in orders.csv --date day --value amount --grain month --season 12 --model ets --json"
    )]
    Forecast(forecast::Forecast),
    /// Series that depart from their own past and from their peers.
    #[command(
        after_help = "Example:\n  guanxi insight anomaly --in readings.csv.gz --series meter --date day --value use --json"
    )]
    Anomaly(anomaly::Anomaly),
    /// Records that are the same person or company.
    #[command(
        after_help = "Examples:\n  guanxi insight link --in customers.csv --id rec_id --json\n  guanxi insight link --in shop.csv --in crm.csv --id id --fields fields.toml --json"
    )]
    Link(link::Link),
    /// A path model of satisfaction by partial least squares.
    #[command(
        after_help = "Example:\n  guanxi insight pls --in answers.csv --model satisfaction.toml --bootstrap 500 --json"
    )]
    Pls(pls::Pls),
    /// A pivot: measures by rows and columns, with totals.
    #[command(
        after_help = "Example:\n  guanxi insight cube --in deals.csv --rows office --columns closed --grain month --measures \"sum(amount),count()\" --filter 'stage = \"Won\"' --json"
    )]
    Cube(cube::Cube),
    /// Next best product of every customer.
    #[command(
        after_help = "Example:\n  guanxi insight next --in lines.csv --customer id --item product --top 3 --json"
    )]
    Next(next::Next),
    /// What a campaign changed, against a control group.
    #[command(
        after_help = "Example:\n  guanxi insight uplift --in campaign.csv --group arm --control none --outcome bought --json"
    )]
    Uplift(uplift::UpliftArguments),
    /// Profit of every customer: revenue less what it costs to serve.
    #[command(
        after_help = "Example:\n  guanxi insight profit --in customers.csv --customer id --revenue sales --cost goods --rates calls=12.5,visits=300 --json"
    )]
    Profit(profit::ProfitArguments),
    /// Many columns as few: principal components, or rotated factors.
    #[command(
        after_help = "Example:\n  guanxi insight factor --in answers.csv --columns q1,q2,q3,q4 --method factors --json"
    )]
    Factor(structure::Factor),
    /// Which kinds go with which: a map of a table of counts.
    #[command(
        after_help = "Example:\n  guanxi insight correspondence --in sales.csv --rows segment --columns product --json"
    )]
    Correspondence(structure::Correspondence),
}

/// What every method takes.
#[derive(Debug, Clone, Args)]
pub struct Input {
    /// A CSV file with a header, also packed (.gz); several with the same columns are read as one.
    #[arg(long = "in", value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
    /// Read 3/4/2026 as the third of April.
    #[arg(long)]
    pub day_first: bool,
    /// One JSON object on one line, which the answer is in any case.
    #[arg(long)]
    pub json: bool,
}

impl Input {
    pub fn source(&self) -> Source {
        self.source_of(self.files.clone())
    }

    /// Other files, read in the same manner.
    pub fn source_of(&self, files: Vec<PathBuf>) -> Source {
        let days = if self.day_first {
            Days::DayFirst
        } else {
            Days::MonthFirst
        };
        Source { files, days }
    }
}

pub fn run(method: Method) -> anyhow::Result<ExitCode> {
    match method {
        Method::Rfm(arguments) => arguments.run(),
        Method::Abc(arguments) => arguments.run(),
        Method::Clv(arguments) => arguments.run(),
        Method::Basket(arguments) => arguments.run(),
        Method::Nps(arguments) => arguments.run(),
        Method::Csat(arguments) => arguments.run(),
        Method::Logit(arguments) => arguments.run(),
        Method::Scorecard(arguments) => arguments.run(),
        Method::Segment(arguments) => arguments.run(),
        Method::Churn(arguments) => arguments.run(),
        Method::Forecast(arguments) => arguments.run(),
        Method::Anomaly(arguments) => arguments.run(),
        Method::Link(arguments) => arguments.run(),
        Method::Pls(arguments) => arguments.run(),
        Method::Cube(arguments) => arguments.run(),
        Method::Next(arguments) => arguments.run(),
        Method::Uplift(arguments) => arguments.run(),
        Method::Profit(arguments) => arguments.run(),
        Method::Factor(arguments) => arguments.run(),
        Method::Correspondence(arguments) => arguments.run(),
    }
}

/// Writes the answer. Whoever closes the pipe has seen enough.
fn answer(document: &impl Serialize) -> anyhow::Result<ExitCode> {
    let mut out = BufWriter::with_capacity(1 << 16, std::io::stdout().lock());
    let written = serde_json::to_writer(&mut out, document).map_err(std::io::Error::from);
    match written
        .and_then(|()| out.write_all(b"\n"))
        .and_then(|()| out.flush())
    {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(error).context("The answer can't be written.")
        }
        _ => Ok(ExitCode::SUCCESS),
    }
}

/// Wrong use is told as clap tells it: exit code 2.
fn wrong_use(text: &str) -> anyhow::Result<ExitCode> {
    eprintln!("guanxi: {text}");
    Ok(ExitCode::from(2))
}

/// A result with the name of whom it is about.
#[derive(Serialize)]
struct Named<'a, T: Serialize> {
    id: &'a str,
    #[serde(flatten)]
    result: T,
}

fn day_of(seconds: i64) -> i32 {
    seconds.div_euclid(DAY) as i32
}

/// `--as-of` and its like.
fn parse_day(text: &str) -> Result<i32, String> {
    let instant = reader::instant(text.as_bytes(), Days::MonthFirst);
    instant
        .map(day_of)
        .ok_or_else(|| "write the date as YYYY-MM-DD".to_owned())
}

/// Numbers separated by commas.
fn parse_numbers<const N: usize>(text: &str) -> Result<[f64; N], String> {
    let wrong = || format!("write {N} numbers separated by commas");
    let numbers: Vec<f64> = text
        .split(',')
        .map(|part| part.trim().parse().map_err(|_| wrong()))
        .collect::<Result<_, _>>()?;
    numbers.try_into().map_err(|_| wrong())
}
