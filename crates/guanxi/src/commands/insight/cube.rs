//! `insight cube`

use super::grain::Grain;
use super::reader::{self, Column, Kind, Table, Want};
use super::{Input, answer, day_of, filter};
use anyhow::{anyhow, bail};
use clap::Args;
use guanxi_methods::columns::Coded;
use guanxi_methods::cube::{self, Cell, Facts, Function, Measure};
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::process::ExitCode;

#[derive(Debug, Args)]
pub struct Cube {
    #[command(flatten)]
    input: Input,
    /// Columns of the file that make the rows of the pivot, separated by commas; `date:month` takes a grain of its own.
    #[arg(long, value_delimiter = ',')]
    rows: Vec<String>,
    /// Columns of the file that make the columns of the pivot.
    #[arg(long, value_delimiter = ',')]
    columns: Vec<String>,
    /// count(), count(c), distinct(c), sum(c), avg(c), min(c), max(c), median(c), ratio(a, b), separated by commas.
    #[arg(long, default_value = "count()")]
    measures: String,
    /// A condition, such as: stage = "Won" and amount >= 1000.
    #[arg(long, default_value = "")]
    filter: String,
    /// Period into which columns of dates fall.
    #[arg(long, value_enum)]
    grain: Option<Grain>,
    /// Only so many rows of the pivot, by the first measure; the rest is one row.
    #[arg(long)]
    top: Option<usize>,
}

#[derive(Serialize)]
struct Answer {
    rows: Vec<Vec<Value>>,
    columns: Vec<Vec<Value>>,
    measures: Vec<String>,
    /// One for every row and column that has facts: its keys, and its measures by name.
    cells: Vec<CellAnswer>,
    totals: Totals,
}

#[derive(Serialize)]
struct CellAnswer {
    row: Vec<Value>,
    column: Vec<Value>,
    values: Map<String, Value>,
}

#[derive(Serialize)]
struct Totals {
    rows: Vec<CellAnswer>,
    columns: Vec<CellAnswer>,
    /// Some dimensions summed over, null in their place: what neither rows, columns nor all is.
    partial: Vec<CellAnswer>,
    all: Map<String, Value>,
}

/// A dimension after its dates were put into periods.
struct Dimension {
    codes: Vec<u32>,
    names: Vec<String>,
}

impl Cube {
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        if self.rows.is_empty() && self.columns.is_empty() {
            return super::wrong_use("Give --rows or --columns.");
        }
        let measures = match cube::parse_measures(&self.measures) {
            Ok(measures) => measures,
            Err(error) => return super::wrong_use(&error.to_string()),
        };
        let condition = guanxi_query::parse::parse(&self.filter)
            .map_err(|error| anyhow!("--filter, character {}: {error}", error.position + 1))?;
        let dimensions: Vec<(String, Option<Grain>)> = self
            .rows
            .iter()
            .chain(&self.columns)
            .map(|text| self.dimension(text))
            .collect::<anyhow::Result<_>>()?;
        let filtered = filter::columns(&condition);
        let table = self.read(&dimensions, &measures, &filtered)?;
        let (of_dimensions, rest) = table.columns.split_at(dimensions.len());
        let (of_filter, of_measures) = rest.split_at(filtered.len());
        let filter_columns: Vec<&Coded> = of_filter.iter().map(Column::texts).collect();
        let filter = filter::compile(&condition, &filtered, &filter_columns)?;
        let mut sorted: Vec<Dimension> = Vec::new();
        for ((name, grain), column) in dimensions.iter().zip(of_dimensions) {
            sorted.push(Dimension::of(name, column.texts(), *grain, self)?);
        }
        let mut next = of_measures.iter();
        let mut take = || {
            next.next()
                .ok_or_else(|| anyhow!("A measure's column was not read."))
        };
        let mut inputs = Vec::new();
        for measure in &measures {
            inputs.push(match (measure.function, measure.columns.len()) {
                (_, 0) => cube::Input::None,
                (Function::Distinct, _) => cube::Input::Codes(&take()?.texts().codes),
                (_, 1) => cube::Input::Numbers(take()?.numbers()),
                _ => cube::Input::Ratio(take()?.numbers(), take()?.numbers()),
            });
        }
        let functions: Vec<Function> = measures.iter().map(|measure| measure.function).collect();
        let facts = |sorted: &[Dimension]| -> anyhow::Result<Vec<Cell>> {
            let dimensions = sorted.iter().map(|one| one.codes.as_slice()).collect();
            let facts = Facts {
                rows: table.rows,
                dimensions,
                inputs: inputs.clone(),
            };
            Ok(cube::cube(&facts, &functions, |row| {
                filter.keeps(&filter_columns, row)
            })?)
        };
        let mut cells = facts(&sorted)?;
        if let Some(top) = self.top {
            self.keep_top(top, &mut sorted, &cells)?;
            cells = facts(&sorted)?;
        }
        answer(&self.shape(&cells, &sorted, &measures))
    }

    /// `column` or `column:grain`.
    fn dimension(&self, text: &str) -> anyhow::Result<(String, Option<Grain>)> {
        let text = text.trim();
        match text.rsplit_once(':') {
            Some((name, grain)) => match <Grain as clap::ValueEnum>::from_str(grain, true) {
                Ok(grain) => Ok((name.to_owned(), Some(grain))),
                Err(_) => Ok((text.to_owned(), self.grain)),
            },
            None => Ok((text.to_owned(), self.grain)),
        }
    }

    fn read(
        &self,
        dimensions: &[(String, Option<Grain>)],
        measures: &[Measure],
        filtered: &[String],
    ) -> anyhow::Result<Table> {
        let mut wants: Vec<Want> = dimensions
            .iter()
            .map(|(name, _)| Want::optional(name, Kind::Text))
            .collect();
        wants.extend(filtered.iter().map(|name| Want::optional(name, Kind::Text)));
        for measure in measures {
            // What is only counted may be any text.
            let kind = match measure.function {
                Function::Distinct => Kind::Text,
                _ => Kind::Number,
            };
            wants.extend(
                measure
                    .columns
                    .iter()
                    .map(|name| Want::optional(name, kind)),
            );
        }
        Table::read(&self.input.source(), &wants)
    }

    /// The best rows by the first measure keep their names; the others become one.
    fn keep_top(&self, top: usize, sorted: &mut [Dimension], cells: &[Cell]) -> anyhow::Result<()> {
        if self.rows.len() != 1 {
            bail!("--top takes one column in --rows.");
        }
        let is_total_of_row =
            |cell: &&Cell| cell.key[0].is_some() && cell.key[1..].iter().all(Option::is_none);
        let mut best: Vec<(&Cell, u32)> = cells
            .iter()
            .filter(is_total_of_row)
            .filter_map(|cell| Some((cell, cell.key[0]?)))
            .collect();
        best.sort_by(|a, b| {
            let value = |cell: &Cell| cell.values[0].unwrap_or(f64::NEG_INFINITY);
            value(b.0).total_cmp(&value(a.0)).then(a.1.cmp(&b.1))
        });
        let kept: Vec<u32> = best.iter().take(top).map(|(_, code)| *code).collect();
        let others = sorted[0].names.len() as u32;
        sorted[0].names.push("(others)".to_owned());
        for code in sorted[0]
            .codes
            .iter_mut()
            .filter(|code| !kept.contains(code))
        {
            *code = others;
        }
        Ok(())
    }

    fn shape(&self, cells: &[Cell], dimensions: &[Dimension], measures: &[Measure]) -> Answer {
        let name = |(at, code): (usize, &Option<u32>)| match code {
            None => Value::Null,
            Some(cube::MISSING) => json!(""),
            Some(code) => json!(dimensions[at].names[*code as usize]),
        };
        let count = self.rows.len();
        let values = |cell: &Cell| -> Map<String, Value> {
            measures
                .iter()
                .zip(&cell.values)
                .map(|(measure, value)| (measure.text.clone(), json!(value)))
                .collect()
        };
        let mut shaped = Answer {
            rows: Vec::new(),
            columns: Vec::new(),
            measures: measures
                .iter()
                .map(|measure| measure.text.clone())
                .collect(),
            cells: Vec::new(),
            totals: Totals {
                rows: Vec::new(),
                columns: Vec::new(),
                partial: Vec::new(),
                all: Map::new(),
            },
        };
        for cell in cells {
            let keys: Vec<Value> = cell.key.iter().enumerate().map(name).collect();
            let (row, column) = keys.split_at(count);
            let is_known = |part: &[Option<u32>]| part.iter().all(Option::is_some);
            let is_summed = |part: &[Option<u32>]| part.iter().all(Option::is_none);
            let (of_row, of_column) = cell.key.split_at(count);
            let made = CellAnswer {
                row: row.to_vec(),
                column: column.to_vec(),
                values: values(cell),
            };
            if is_summed(&cell.key) {
                shaped.totals.all = made.values;
            } else if is_known(&cell.key) {
                shaped.cells.push(made);
            } else if is_known(of_row) && is_summed(of_column) {
                shaped.rows.push(made.row.clone());
                shaped.totals.rows.push(made);
            } else if is_summed(of_row) && is_known(of_column) {
                shaped.columns.push(made.column.clone());
                shaped.totals.columns.push(made);
            } else {
                shaped.totals.partial.push(made);
            }
        }
        // With one side alone, its cells are their own totals.
        if self.columns.is_empty() {
            shaped.rows = shaped.cells.iter().map(|cell| cell.row.clone()).collect();
        } else if self.rows.is_empty() {
            shaped.columns = shaped
                .cells
                .iter()
                .map(|cell| cell.column.clone())
                .collect();
        }
        shaped
    }
}

impl Dimension {
    /// Names in order, and dates as periods where a grain is asked for.
    fn of(
        name: &str,
        column: &Coded,
        grain: Option<Grain>,
        cube: &Cube,
    ) -> anyhow::Result<Dimension> {
        let days = cube.input.source().days;
        let period = |text: &str| reader::instant(text.as_bytes(), days).map(day_of);
        // A grain for all columns leaves those alone that hold no dates.
        let are_dates = grain.is_some() && column.names.iter().all(|text| period(text).is_some());
        if let (Some(grain), true) = (grain, are_dates) {
            let indexes: Vec<i32> = column
                .names
                .iter()
                .map(|text| grain.index(period(text).unwrap_or(0)))
                .collect();
            let mut distinct = indexes.clone();
            distinct.sort_unstable();
            distinct.dedup();
            let place = |index: &i32| distinct.partition_point(|one| one < index) as u32;
            let by_code: Vec<u32> = indexes.iter().map(place).collect();
            let codes = column.codes.iter().map(|code| {
                by_code
                    .get(*code as usize)
                    .copied()
                    .unwrap_or(cube::MISSING)
            });
            return Ok(Dimension {
                codes: codes.collect(),
                names: distinct.iter().map(|index| grain.label(*index)).collect(),
            });
        }
        if grain.is_some() && cube.grain.is_none() {
            bail!("The column `{name}` holds values that are no dates, and has no periods.");
        }
        let ranks = column.names.ranks();
        let codes = column
            .codes
            .iter()
            .map(|code| ranks.get(*code as usize).copied().unwrap_or(cube::MISSING));
        let names = column
            .names
            .order()
            .into_iter()
            .map(|code| column.names.get(code).to_owned());
        Ok(Dimension {
            codes: codes.collect(),
            names: names.collect(),
        })
    }
}
