//! `insight pls`

use super::reader::{Kind, Table, Want};
use super::{Input, answer};
use anyhow::{Context as _, bail};
use clap::Args;
use guanxi_methods::pls::{self, Block, Model, Report, Scaling, Scheme};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Debug, Args)]
pub struct Pls {
    #[command(flatten)]
    input: Input,
    /// A TOML file: scheme ("path", "centroid" or "factorial"), scale (true or false), edges ([["Image", "Loyalty"]])
    /// and [blocks] (Image = ["imag1", "imag2"]).
    #[arg(long, value_name = "FILE")]
    model: PathBuf,
    /// Resamples for standard errors and intervals of the paths.
    #[arg(long, default_value_t = 0)]
    bootstrap: usize,
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// The model as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Declared {
    blocks: toml::Table,
    edges: Vec<Edge>,
    #[serde(default = "path")]
    scheme: String,
    #[serde(default = "standardised")]
    scale: Scale,
    /// Lowest and highest answer.
    #[serde(default)]
    range: Option<(f64, f64)>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Edge {
    Pair((String, String)),
    /// `Image -> Loyalty`
    Arrow(String),
    Named {
        from: String,
        to: String,
    },
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Scale {
    Is(bool),
    Named(String),
}

fn path() -> String {
    "path".to_owned()
}

fn standardised() -> Scale {
    Scale::Is(true)
}

impl Edge {
    fn ends(&self) -> anyhow::Result<(&str, &str)> {
        match self {
            Edge::Pair((from, to)) | Edge::Named { from, to } => Ok((from, to)),
            Edge::Arrow(text) => {
                let (from, to) = text
                    .split_once("->")
                    .with_context(|| format!("The edge `{text}` has no ->."))?;
                Ok((from.trim(), to.trim()))
            }
        }
    }
}

#[derive(Serialize)]
struct Answer {
    weights: Map<String, Value>,
    loadings: Map<String, Value>,
    paths: Map<String, Value>,
    total_effects: Map<String, Value>,
    r2: Map<String, Value>,
    index: Map<String, Value>,
    ave: Map<String, Value>,
    cronbach_alpha: Map<String, Value>,
    dillon_goldstein_rho: Map<String, Value>,
    goodness_of_fit: f64,
    iterations: usize,
    converged: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    bootstrap: Option<Map<String, Value>>,
    answers: usize,
    replaced_by_means: usize,
}

/// A model, the names of its items in the order of the columns, and the range of answers.
type Asked = (Model, Vec<String>, Option<(f64, f64)>);

impl Pls {
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        let (model, items, range) = self.model()?;
        let wants: Vec<Want> = items
            .iter()
            .map(|name| Want::optional(name, Kind::Number))
            .collect();
        let table = Table::read(&self.input.source(), &wants)?;
        let mut columns: Vec<Vec<f64>> = table
            .columns
            .iter()
            .map(|column| column.numbers().to_vec())
            .collect();
        let replaced_by_means = pls::complete(&mut columns);
        let range = range.unwrap_or_else(|| answers_range(&columns));
        let report = pls::fit(&model, &columns, range)?;
        let bootstrap = (self.bootstrap > 1)
            .then(|| pls::bootstrap(&model, &columns, &report.fit, self.bootstrap, self.seed));
        answer(&Answer {
            bootstrap: bootstrap.map(|intervals| by_edge(&model, &intervals)),
            answers: table.rows,
            replaced_by_means,
            ..shape(&model, &items, &report)
        })
    }

    /// The model, the names of its items in the order of the columns, and the range of answers.
    fn model(&self) -> anyhow::Result<Asked> {
        let shown = self.model.display();
        let text = std::fs::read_to_string(&self.model)
            .with_context(|| format!("{shown} can't be read."))?;
        let declared: Declared = toml::from_str(&text).with_context(|| format!("{shown}:"))?;
        let (mut blocks, mut items): (Vec<Block>, Vec<String>) = (Vec::new(), Vec::new());
        for (name, list) in &declared.blocks {
            let list: Vec<String> = list.clone().try_into().with_context(|| {
                format!("{shown}: the block `{name}` is a list of columns, like [\"{name}1\", \"{name}2\"].")
            })?;
            let start = items.len();
            items.extend(list);
            blocks.push(Block {
                name: name.clone(),
                items: (start..items.len()).collect(),
            });
        }
        for (at, item) in items.iter().enumerate() {
            if items[..at].contains(item) {
                bail!("{shown}: the column `{item}` stands in two blocks.");
            }
        }
        let place = |name: &str| {
            let found = blocks.iter().position(|block| block.name == name);
            found.with_context(|| {
                format!("{shown}: an edge names the block `{name}`, which is not there.")
            })
        };
        let mut edges = Vec::new();
        for edge in &declared.edges {
            let (from, to) = edge.ends()?;
            edges.push((place(from)?, place(to)?));
        }
        let scheme = match declared.scheme.as_str() {
            "path" => Scheme::Path,
            "centroid" => Scheme::Centroid,
            "factorial" | "factor" => Scheme::Factorial,
            other => bail!("{shown}: scheme is path, centroid or factorial, not {other}."),
        };
        let scaling = match declared.scale {
            Scale::Is(true) => Scaling::Standard,
            Scale::Is(false) => Scaling::Centred,
            Scale::Named(name)
                if matches!(name.as_str(), "standard" | "standardised" | "standardized") =>
            {
                Scaling::Standard
            }
            Scale::Named(name)
                if matches!(name.as_str(), "none" | "raw" | "centred" | "centered") =>
            {
                Scaling::Centred
            }
            Scale::Named(name) => bail!("{shown}: scale is true or false, not {name}."),
        };
        Ok((
            Model {
                blocks,
                edges,
                scheme,
                scaling,
            },
            items,
            declared.range,
        ))
    }
}

/// 1 to 10 where all answers are, as in the customer satisfaction indices; else what there is.
fn answers_range(columns: &[Vec<f64>]) -> (f64, f64) {
    let low = columns
        .iter()
        .flatten()
        .copied()
        .fold(f64::INFINITY, f64::min);
    let high = columns
        .iter()
        .flatten()
        .copied()
        .fold(f64::NEG_INFINITY, f64::max);
    if low >= 1.0 && high <= 10.0 && high > 5.0 {
        (1.0, 10.0)
    } else {
        (low, high)
    }
}

fn by_edge<T: Serialize>(model: &Model, values: &[T]) -> Map<String, Value> {
    let name = |(from, to): &(usize, usize)| {
        format!("{}->{}", model.blocks[*from].name, model.blocks[*to].name)
    };
    model
        .edges
        .iter()
        .zip(values)
        .map(|(edge, value)| (name(edge), json!(value)))
        .collect()
}

fn shape(model: &Model, items: &[String], report: &Report) -> Answer {
    let by_item = |values: &[f64]| {
        items
            .iter()
            .zip(values)
            .map(|(name, value)| (name.clone(), json!(value)))
            .collect()
    };
    let by_block = |values: &[f64]| -> Map<String, Value> {
        model
            .blocks
            .iter()
            .zip(values)
            .map(|(block, value)| (block.name.clone(), json!(value)))
            .collect()
    };
    let r2 = model.blocks.iter().zip(&report.fit.r2);
    let effect = |(from, to, value): &(usize, usize, f64)| {
        (
            format!("{}->{}", model.blocks[*from].name, model.blocks[*to].name),
            json!(value),
        )
    };
    Answer {
        weights: by_item(&report.fit.weights),
        loadings: by_item(&report.fit.loadings),
        paths: by_edge(model, &report.fit.paths),
        total_effects: report.total_effects.iter().map(effect).collect(),
        r2: r2
            .filter_map(|(block, r2)| Some((block.name.clone(), json!((*r2)?))))
            .collect(),
        index: by_block(&report.index),
        ave: by_block(&report.ave),
        cronbach_alpha: by_block(&report.alpha),
        dillon_goldstein_rho: by_block(&report.rho),
        goodness_of_fit: report.goodness_of_fit,
        iterations: report.fit.iterations,
        converged: report.fit.converged,
        bootstrap: None::<Map<String, Value>>,
        answers: 0,
        replaced_by_means: 0,
    }
}
