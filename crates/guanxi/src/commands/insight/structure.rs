//! `insight factor` and `insight correspondence`

use super::reader::{Kind, Table, Want};
use super::{Input, answer};
use clap::{Args, ValueEnum};
use guanxi_methods::columns::Coded;
use guanxi_methods::correspondence::{self, Map as CorrespondenceMap, Place};
use guanxi_methods::factor::{self, Factors};
use guanxi_methods::math::linear::Matrix;
use serde::Serialize;
use std::process::ExitCode;

#[derive(Debug, Args)]
pub struct Factor {
    #[command(flatten)]
    input: Input,
    /// Columns of numbers, separated by commas.
    #[arg(long, value_delimiter = ',', required = true)]
    columns: Vec<String>,
    /// Principal components, or factors rotated by varimax.
    #[arg(long, value_enum, default_value_t = Method::Components)]
    method: Method,
    /// How many; as many as have an eigenvalue above 1 unless given.
    #[arg(long)]
    count: Option<usize>,
    /// The place of every row too.
    #[arg(long)]
    scores: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Method {
    Components,
    Factors,
}

#[derive(Serialize)]
struct FactorAnswer<'a> {
    columns: &'a [String],
    #[serde(flatten)]
    found: &'a Factors,
    #[serde(skip_serializing_if = "Option::is_none")]
    scores: Option<&'a [Vec<f64>]>,
}

impl Factor {
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        let names: Vec<String> = self
            .columns
            .iter()
            .map(|name| name.trim().to_owned())
            .collect();
        let wants: Vec<Want> = names
            .iter()
            .map(|name| Want::required(name, Kind::Number))
            .collect();
        let table = Table::read(&self.input.source(), &wants)?;
        let columns: Vec<Vec<f64>> = table
            .columns
            .iter()
            .map(|column| column.numbers().to_vec())
            .collect();
        let method = match self.method {
            Method::Components => factor::Method::Components,
            Method::Factors => factor::Method::Factors,
        };
        let found = factor::factors(&columns, method, self.count)?;
        answer(&FactorAnswer {
            columns: &names,
            scores: self.scores.then_some(&found.scores),
            found: &found,
        })
    }
}

#[derive(Debug, Args)]
pub struct Correspondence {
    #[command(flatten)]
    input: Input,
    /// Column of the table's rows: a kind of customer.
    #[arg(long)]
    rows: String,
    /// Column of the table's columns: a kind of product.
    #[arg(long)]
    columns: String,
    /// Column of a count; every row of the file counts 1 unless given.
    #[arg(long)]
    count: Option<String>,
    #[arg(long, default_value_t = 2)]
    axes: usize,
}

#[derive(Serialize)]
struct CorrespondenceAnswer<'a> {
    inertia: &'a [f64],
    explained: &'a [f64],
    chi_square: f64,
    freedom: usize,
    p_value: f64,
    rows: Vec<NamedPlace<'a>>,
    columns: Vec<NamedPlace<'a>>,
}

#[derive(Serialize)]
struct NamedPlace<'a> {
    name: &'a str,
    #[serde(flatten)]
    place: &'a Place,
}

impl Correspondence {
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        let mut wants = vec![
            Want::optional(&self.rows, Kind::Text),
            Want::optional(&self.columns, Kind::Text),
        ];
        wants.extend(
            self.count
                .as_deref()
                .map(|count| Want::required(count, Kind::Number)),
        );
        let table = Table::read(&self.input.source(), &wants)?;
        let (rows, columns) = (table.columns[0].texts(), table.columns[1].texts());
        let mut counts = Matrix::zeros(rows.names.len(), columns.names.len());
        for at in 0..table.rows {
            let (row, column) = (rows.codes[at], columns.codes[at]);
            if row != Coded::MISSING && column != Coded::MISSING {
                let count = table
                    .columns
                    .get(2)
                    .map_or(1.0, |column| column.numbers()[at]);
                counts.add(row as usize, column as usize, count);
            }
        }
        let found = correspondence::map(&counts, self.axes)?;
        let CorrespondenceMap {
            inertia,
            explained,
            chi_square,
            freedom,
            p_value,
            ..
        } = &found;
        answer(&CorrespondenceAnswer {
            inertia,
            explained,
            chi_square: *chi_square,
            freedom: *freedom,
            p_value: *p_value,
            rows: named(rows, &found.rows),
            columns: named(columns, &found.columns),
        })
    }
}

/// In the order of the names.
fn named<'a>(column: &'a Coded, places: &'a [Place]) -> Vec<NamedPlace<'a>> {
    let order = column.names.order().into_iter();
    order
        .map(|code| NamedPlace {
            name: column.names.get(code),
            place: &places[code as usize],
        })
        .collect()
}
