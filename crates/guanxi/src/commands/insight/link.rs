//! `insight link`

use super::reader::{self, Column, Kind, Table, Want};
use super::{Input, answer};
use anyhow::{Context as _, bail};
use clap::Args;
use guanxi_methods::columns::{Coded, Interner};
use guanxi_methods::link::{self, Field, Scope, Weights, clusters, guess, link as find};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Debug, Args)]
pub struct Link {
    /// One file (--in) to find its doubles, two to link them.
    #[command(flatten)]
    input: Input,
    /// Column of the record's id, which is never evidence.
    #[arg(long)]
    id: String,
    /// A TOML file of columns with their kinds: name, phone, email, date, code, address, category, text. Guessed unless
    /// given.
    #[arg(long, value_name = "FILE")]
    fields: Option<PathBuf>,
    /// Columns that are no evidence, separated by commas.
    #[arg(long, value_delimiter = ',')]
    ignore: Vec<String>,
    /// The least probability of a pair.
    #[arg(long, default_value_t = 0.5)]
    threshold: f64,
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// `[fields]` and `column = "kind"`, or the same without the head.
#[derive(Deserialize)]
#[serde(untagged)]
enum Declared {
    Headed {
        fields: BTreeMap<String, link::Kind>,
    },
    Bare(BTreeMap<String, link::Kind>),
}

#[derive(Serialize)]
struct Answer<'a> {
    records: usize,
    compared: usize,
    pairs: Vec<PairAnswer<'a>>,
    clusters: Vec<Vec<&'a str>>,
    parameters: &'a Weights,
}

#[derive(Serialize)]
struct PairAnswer<'a> {
    a: &'a str,
    b: &'a str,
    probability: f64,
}

/// Columns of both files, one after the other.
struct Records {
    ids: Vec<String>,
    fields: Vec<Field>,
    scope: Scope,
}

impl Link {
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        if !(0.0..=1.0).contains(&self.threshold) {
            return super::wrong_use("--threshold is a probability from 0 to 1.");
        }
        if self.input.files.len() > 2 {
            return super::wrong_use("Give one file to find its doubles, or two to link them.");
        }
        let records = self.read()?;
        let found = find(&records.fields, records.scope, self.threshold, self.seed)?;
        let id = |record: u32| records.ids[record as usize].as_str();
        let groups = clusters(&found.pairs, records.ids.len());
        answer(&Answer {
            records: records.ids.len(),
            compared: found.compared,
            pairs: found
                .pairs
                .iter()
                .map(|pair| PairAnswer {
                    a: id(pair.a),
                    b: id(pair.b),
                    probability: pair.probability,
                })
                .collect(),
            clusters: groups
                .iter()
                .map(|group| group.iter().map(|record| id(*record)).collect())
                .collect(),
            parameters: &found.weights,
        })
    }

    fn read(&self) -> anyhow::Result<Records> {
        let declared = self.declared()?;
        let mut names = match &declared {
            Some(kinds) => kinds.keys().cloned().collect(),
            None => self.shared_columns()?,
        };
        names.retain(|name: &String| {
            *name != self.id && !self.ignore.iter().any(|one| one.trim() == name)
        });
        if names.is_empty() {
            bail!(
                "Besides `{}` there is no column that both files have: name them by --fields.",
                self.id
            );
        }
        let mut wants = vec![Want::required(&self.id, Kind::Text)];
        wants.extend(names.iter().map(|name| Want::optional(name, Kind::Text)));
        let mut ids = Vec::new();
        let mut interners: Vec<Interner> = names.iter().map(|_| Interner::default()).collect();
        let mut codes: Vec<Vec<u32>> = vec![Vec::new(); names.len()];
        let mut split = None;
        for file in &self.input.files {
            split = (!ids.is_empty()).then_some(ids.len()).or(split);
            let table = Table::read(&self.input.source_of(vec![file.clone()]), &wants)?;
            let own = table.columns[0].texts();
            ids.extend((0..own.len()).map(|row| own.get(row).unwrap_or_default().to_owned()));
            let columns = table.columns[1..].iter().map(Column::texts);
            for ((column, interner), codes) in columns.zip(&mut interners).zip(&mut codes) {
                let own: Vec<u32> = column
                    .names
                    .iter()
                    .map(|name| interner.code(name.trim()))
                    .collect();
                codes.extend(
                    column
                        .codes
                        .iter()
                        .map(|code| own.get(*code as usize).copied().unwrap_or(Coded::MISSING)),
                );
            }
        }
        let fields =
            names
                .into_iter()
                .zip(interners)
                .zip(codes)
                .map(|((name, interner), codes)| {
                    let values = Coded {
                        codes,
                        names: interner.into_names(),
                    };
                    let kind = declared
                        .as_ref()
                        .and_then(|kinds| kinds.get(&name).copied());
                    Field {
                        kind: kind.unwrap_or_else(|| guess(&name, &values)),
                        name,
                        values,
                    }
                });
        let fields: Vec<Field> = fields
            .filter(|field| field.values.names.len() > 1)
            .collect();
        let scope = match (self.input.files.len(), split) {
            (1, _) => Scope::Within,
            (_, Some(split)) => Scope::Across(split),
            _ => bail!("Each of the two files has to hold a record."),
        };
        Ok(Records { ids, fields, scope })
    }

    fn declared(&self) -> anyhow::Result<Option<BTreeMap<String, link::Kind>>> {
        let Some(path) = &self.fields else {
            return Ok(None);
        };
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("{} can't be read.", path.display()))?;
        let declared: Declared = toml::from_str(&text).with_context(|| {
            format!(
                "{}: write columns with their kinds, like name = \"name\" and tel = \"phone\".",
                path.display()
            )
        })?;
        Ok(Some(match declared {
            Declared::Headed { fields } | Declared::Bare(fields) => fields,
        }))
    }

    fn shared_columns(&self) -> anyhow::Result<Vec<String>> {
        let mut shared = reader::header(&self.input.files[0])?;
        for file in &self.input.files[1..] {
            let other = reader::header(file)?;
            shared.retain(|name| other.contains(name));
        }
        shared.retain(|name| !name.is_empty());
        Ok(shared)
    }
}
