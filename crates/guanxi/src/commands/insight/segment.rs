//! `insight segment`

use super::reader::{Kind, Table, Want};
use super::{Input, answer};
use clap::{Args, ValueEnum};
use guanxi_methods::segment::{self, Points, Profile, Scaling, Tried};
use serde::Serialize;
use std::process::ExitCode;

#[derive(Debug, Args)]
pub struct Segment {
    #[command(flatten)]
    input: Input,
    /// Columns of numbers, separated by commas.
    #[arg(long, value_delimiter = ',', required = true)]
    columns: Vec<String>,
    /// Number of segments, or `auto` for the best silhouette.
    #[arg(long, default_value = "auto", value_parser = parse_k)]
    k: K,
    /// The largest number that `auto` tries.
    #[arg(long, default_value_t = 10)]
    most: usize,
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Starts of which the best is kept; 100 where there are few rows and 10 where there are many, unless given.
    #[arg(long)]
    restarts: Option<usize>,
    /// Columns as they stand, as z-scores, or from 0 to 1.
    #[arg(long, value_enum, default_value_t = Scale::None)]
    scale: Scale,
    /// Take ln(1 + value) first, with negative values as 0.
    #[arg(long)]
    log: bool,
    /// Column of ids, repeated in the answer.
    #[arg(long)]
    id: Option<String>,
}

/// Rows from which on fewer starts are made.
const MANY: usize = 20_000;

#[derive(Debug, Clone, Copy)]
enum K {
    Auto,
    Fixed(usize),
}

fn parse_k(text: &str) -> Result<K, String> {
    match text.parse() {
        _ if text == "auto" => Ok(K::Auto),
        Ok(k) if k > 0 => Ok(K::Fixed(k)),
        _ => Err("write a whole number above 0, or auto".to_owned()),
    }
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Scale {
    None,
    Standard,
    Range,
}

#[derive(Serialize)]
struct Answer<'a> {
    k: usize,
    inertia: f64,
    silhouette: f64,
    /// In the scale in which distances were taken.
    centers: Vec<&'a [f64]>,
    assignments: &'a [u32],
    #[serde(skip_serializing_if = "Option::is_none")]
    ids: Option<Vec<Option<&'a str>>>,
    sizes: Vec<usize>,
    columns: &'a [String],
    profiles: Vec<Profile>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tried: Vec<Tried>,
}

impl Segment {
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        let names: Vec<String> = self
            .columns
            .iter()
            .map(|name| name.trim().to_owned())
            .collect();
        let mut wants: Vec<Want> = names
            .iter()
            .map(|name| Want::required(name, Kind::Number))
            .collect();
        wants.extend(self.id.as_deref().map(|id| Want::optional(id, Kind::Text)));
        let table = Table::read(&self.input.source(), &wants)?;
        let columns: Vec<Vec<f64>> = table.columns[..names.len()]
            .iter()
            .map(|column| column.numbers().to_vec())
            .collect();
        let mut scaled = columns.clone();
        for column in &mut scaled {
            if self.log {
                column
                    .iter_mut()
                    .for_each(|value| *value = value.max(0.0).ln_1p());
            }
            segment::scale(column, self.scaling());
        }
        let points = Points::of_columns(&scaled)?;
        let restarts = self
            .restarts
            .unwrap_or(if points.len() < MANY { 100 } else { 10 });
        let (clusters, tried) = match self.k {
            K::Fixed(k) => (
                segment::kmeans(&points, k, restarts, self.seed)?,
                Vec::new(),
            ),
            K::Auto => {
                let most = self.most.min(points.len().saturating_sub(1)).max(2);
                segment::choose_k(&points, 2..=most, restarts, self.seed)?
            }
        };
        let k = clusters.centers.len() / points.width;
        let profiles = segment::profiles(&columns, &names, &clusters.assignments, k);
        answer(&Answer {
            k,
            inertia: clusters.inertia,
            silhouette: segment::silhouette(&points, &clusters.assignments, k, self.seed),
            centers: clusters.centers.chunks_exact(points.width).collect(),
            assignments: &clusters.assignments,
            ids: self.id.as_ref().map(|_| {
                let ids = table.columns[names.len()].texts();
                (0..ids.len()).map(|row| ids.get(row)).collect()
            }),
            sizes: profiles.iter().map(|profile| profile.size).collect(),
            columns: &names,
            profiles,
            tried,
        })
    }

    fn scaling(&self) -> Scaling {
        match self.scale {
            Scale::None => Scaling::None,
            Scale::Standard => Scaling::Standard,
            Scale::Range => Scaling::Range,
        }
    }
}
