//! `insight nps` and `insight csat`

use super::reader::{Kind, Table, Want};
use super::{Input, answer};
use clap::Args;
use guanxi_methods::MethodError;
use guanxi_methods::columns::Coded;
use guanxi_methods::satisfaction;
use serde::Serialize;
use std::process::ExitCode;

#[derive(Debug, Args)]
pub struct Nps {
    #[command(flatten)]
    answers: Answers,
}

#[derive(Debug, Args)]
pub struct Csat {
    #[command(flatten)]
    answers: Answers,
    /// The best answer; the worst is 1.
    #[arg(long, default_value_t = 5.0)]
    scale: f64,
    /// The least answer of the satisfied; the second best unless given.
    #[arg(long)]
    satisfied_from: Option<f64>,
}

#[derive(Debug, Args)]
struct Answers {
    #[command(flatten)]
    input: Input,
    /// Column of the answer; empty ones are left out.
    #[arg(long)]
    score: String,
    /// Column by which answers are grouped.
    #[arg(long)]
    by: Option<String>,
}

#[derive(Serialize)]
struct Answer<'a, T: Serialize> {
    #[serde(flatten)]
    all: T,
    unanswered: usize,
    groups: Vec<Group<'a, T>>,
}

#[derive(Serialize)]
struct Group<'a, T: Serialize> {
    name: &'a str,
    #[serde(flatten)]
    of_group: T,
}

impl Nps {
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        self.answers.run(satisfaction::nps)
    }
}

impl Csat {
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        let from = self.satisfied_from.unwrap_or(self.scale - 1.0);
        if !(self.scale >= 2.0 && from >= 1.0 && from <= self.scale) {
            return super::wrong_use("--scale is at least 2, and --satisfied-from lies on it.");
        }
        self.answers
            .run(|scores| satisfaction::csat(scores, from, self.scale))
    }
}

impl Answers {
    fn run<T: Serialize>(
        &self,
        measure: impl Fn(&[f64]) -> Result<T, MethodError>,
    ) -> anyhow::Result<ExitCode> {
        let mut wants = vec![Want::optional(&self.score, Kind::Number)];
        wants.extend(self.by.as_deref().map(|by| Want::optional(by, Kind::Text)));
        let table = Table::read(&self.input.source(), &wants)?;
        let scores = table.columns[0].numbers();
        // Checked with the gaps in place, so that the row that is named is the row of the file.
        let checked: Vec<f64> = scores
            .iter()
            .map(|score| if score.is_nan() { 1.0 } else { *score })
            .collect();
        measure(&checked).map_err(|error| self.in_file(error))?;
        let given: Vec<f64> = scores
            .iter()
            .copied()
            .filter(|score| !score.is_nan())
            .collect();
        let all = measure(&given)?;
        let none = Coded::default();
        let by = table.columns.get(1).map_or(&none, |column| column.texts());
        let mut groups = Vec::new();
        for code in by.names.order() {
            let of_group = |(score, group): (&f64, &u32)| {
                (*group == code && !score.is_nan()).then_some(*score)
            };
            let of_group: Vec<f64> = scores.iter().zip(&by.codes).filter_map(of_group).collect();
            if !of_group.is_empty() {
                groups.push(Group {
                    name: by.names.get(code),
                    of_group: measure(&of_group)?,
                });
            }
        }
        answer(&Answer {
            all,
            unanswered: scores.len() - given.len(),
            groups,
        })
    }

    fn in_file(&self, error: MethodError) -> anyhow::Error {
        match error {
            MethodError::Value { row, reason } => anyhow::anyhow!(
                "{}, row {}: the column `{}` holds a value that can't be: {reason}. Correct it, or leave the row out.",
                self.input.files[0].display(),
                row + 2,
                self.score
            ),
            other => other.into(),
        }
    }
}
