//! A target and the columns that explain it, as `logit` and `scorecard` take them.

use super::reader::{self, Kind, Source, Table, Want};
use anyhow::bail;
use clap::Args;
use guanxi_methods::columns::{Coded, Names};
use guanxi_methods::logit::Column;

#[derive(Debug, Args)]
pub struct Features {
    /// Column of the outcome, which has two values.
    #[arg(long)]
    pub target: String,
    /// Columns that explain it, separated by commas: numbers where all their values are, else texts. All others unless
    /// given.
    #[arg(long, value_delimiter = ',')]
    pub columns: Vec<String>,
}

/// Columns with their names, and the outcome of every row as a code.
pub struct Read {
    pub columns: Vec<(String, Column)>,
    pub target: Coded,
}

/// Values that usually mean that something happened, by falling certainty.
const HAPPENED: &[&str] = &[
    "1", "yes", "y", "true", "t", "bad", "default", "churned", "是", "有",
];

impl Features {
    /// Reads a file; `like` is the reading whose kinds of columns are kept.
    pub fn read(&self, source: &Source, like: Option<&Read>) -> anyhow::Result<Read> {
        let names = match like {
            Some(like) => like.columns.iter().map(|(name, _)| name.clone()).collect(),
            None if self.columns.is_empty() => {
                let mut names = reader::header(&source.files[0])?;
                names.retain(|name| *name != self.target);
                names
            }
            None => self
                .columns
                .iter()
                .map(|name| name.trim().to_owned())
                .collect::<Vec<_>>(),
        };
        let mut wants = vec![Want::required(&self.target, Kind::Text)];
        wants.extend(names.iter().map(|name| Want::optional(name, Kind::Text)));
        let table = Table::read(source, &wants)?;
        let mut columns = table.columns.into_iter();
        let Some(reader::Column::Texts(target)) = columns.next() else {
            unreachable!("columns come as they were wanted");
        };
        let mut read = Read {
            columns: Vec::new(),
            target,
        };
        for (at, (name, column)) in names.into_iter().zip(columns).enumerate() {
            let texts = column.texts();
            let was_text = like.is_some_and(|like| matches!(like.columns[at].1, Column::Texts(_)));
            let numbers = if was_text {
                None
            } else {
                reader::numbers_of(texts)
            };
            let was_number =
                like.is_some_and(|like| matches!(like.columns[at].1, Column::Numbers(_)));
            let column = match numbers {
                Some(numbers) => Column::Numbers(numbers),
                None if was_number => {
                    bail!("The column `{name}` holds numbers in the first file and texts here.")
                }
                None => Column::Texts(texts.clone()),
            };
            read.columns.push((name, column));
        }
        Ok(read)
    }

    /// The value of the target that counts as the event: the one that was named, one that usually means it, or the
    /// later of the two in code points.
    pub fn event(&self, names: &Names, chosen: Option<&str>) -> anyhow::Result<String> {
        let mut values: Vec<&str> = names.iter().collect();
        values.sort_unstable();
        if let Some(chosen) = chosen {
            if !values.contains(&chosen) {
                bail!(
                    "The column `{}` never holds `{chosen}`; it holds {}.",
                    self.target,
                    values.join(", ")
                );
            }
            return Ok(chosen.to_owned());
        }
        if values.len() != 2 {
            let some: Vec<&str> = values.iter().copied().take(5).collect();
            bail!(
                "The column `{}` has {} values ({}…) where an outcome has two: name the one that counts.",
                self.target,
                values.len(),
                some.join(", ")
            );
        }
        let usual = |value: &&&str| HAPPENED.contains(&value.to_lowercase().as_str());
        Ok(values.iter().find(usual).unwrap_or(&values[1]).to_string())
    }
}

impl Read {
    pub fn is(&self, event: &str) -> Vec<bool> {
        let code =
            (0..self.target.names.len() as u32).find(|code| self.target.names.get(*code) == event);
        self.target
            .codes
            .iter()
            .map(|one| Some(*one) == code)
            .collect()
    }
}
