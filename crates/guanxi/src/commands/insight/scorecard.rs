//! `insight scorecard`

use super::features::Features;
use super::{Input, answer};
use anyhow::Context as _;
use clap::Args;
use guanxi_methods::math::describe::{quantile_of_sorted, sorted};
use guanxi_methods::math::ranking::{Ranking, rank, stability};
use guanxi_methods::scorecard::rating::{Grades, distribution};
use guanxi_methods::scorecard::{Bin, Cuts, Scale, Scorecard, fit};
use serde::Serialize;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Debug, Args)]
pub struct ScorecardArguments {
    #[command(flatten)]
    input: Input,
    #[command(flatten)]
    features: Features,
    /// A second file on which the card is tried, and against which its stability is measured.
    #[arg(long)]
    test: Option<PathBuf>,
    /// The value of the target that the score warns of.
    #[arg(long)]
    bad: Option<String>,
    /// A TOML file of cut points by column: `age = [26, 28, 35]`.
    #[arg(long, value_name = "FILE")]
    cuts: Option<PathBuf>,
    /// Points at the base odds.
    #[arg(long, default_value_t = 600.0)]
    base: f64,
    /// Good to bad at the base points.
    #[arg(long, default_value_t = 19.0)]
    odds: f64,
    /// Points that double the odds of being good.
    #[arg(long, default_value_t = 50.0)]
    pdo: f64,
    /// Grades from best to worst with the least points for each: `A=650,B=550,C=0`.
    #[arg(long, value_delimiter = ',', value_parser = parse_grade)]
    grades: Vec<(String, f64)>,
}

fn parse_grade(text: &str) -> Result<(String, f64), String> {
    let (name, from) = text
        .split_once('=')
        .ok_or("write grades like A=650,B=550")?;
    Ok((
        name.trim().to_owned(),
        from.trim()
            .parse()
            .map_err(|_| "write grades like A=650,B=550")?,
    ))
}

#[derive(Serialize)]
struct Answer<'a> {
    bad: &'a str,
    variables: Vec<Variable<'a>>,
    base_points: f64,
    scale: Scale,
    coefficients: &'a [guanxi_methods::logit::Coefficient],
    auc: f64,
    gini: f64,
    ks: f64,
    train: Ranking,
    test: Option<Ranking>,
    /// Population stability index of the test against the fit.
    psi: Option<f64>,
    grades: Vec<Grade>,
    scores: Vec<f64>,
    notes: Vec<String>,
}

#[derive(Serialize)]
struct Variable<'a> {
    name: &'a str,
    iv: f64,
    bins: Vec<BinAnswer<'a>>,
}

#[derive(Serialize)]
struct BinAnswer<'a> {
    #[serde(flatten)]
    bin: &'a Bin,
    points: f64,
}

#[derive(Serialize)]
struct Grade {
    grade: String,
    count: usize,
}

impl ScorecardArguments {
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        if !(self.odds > 0.0 && self.pdo > 0.0) {
            return super::wrong_use("--odds and --pdo are above 0.");
        }
        let train = self.features.read(&self.input.source(), None)?;
        let event = self
            .features
            .event(&train.target.names, self.bad.as_deref())?;
        let bad = train.is(&event);
        let scale = Scale {
            base: self.base,
            odds: 1.0 / self.odds,
            double: self.pdo,
        };
        let card = fit(&train.columns, &bad, &self.cuts()?, scale)?;
        let scores = card.scores(&train.columns);
        let on_train = rank_risk(&scores, &bad);
        let (mut on_test, mut psi) = (None, None);
        if let Some(path) = &self.test {
            let test = self
                .features
                .read(&self.input.source_of(vec![path.clone()]), Some(&train))?;
            let tested = card.scores(&test.columns);
            on_test = Some(rank_risk(&tested, &test.is(&event)));
            let rising = sorted(&scores);
            let edges: Vec<f64> = (1..10)
                .map(|tenth| quantile_of_sorted(&rising, f64::from(tenth) / 10.0))
                .collect();
            psi = Some(stability(&scores, &tested, &edges, 1e-4));
        }
        let shown = on_test.unwrap_or(on_train);
        answer(&Answer {
            bad: &event,
            variables: card.variables.iter().map(variable).collect(),
            base_points: card.base_points,
            scale,
            coefficients: &card.fit.coefficients,
            auc: shown.auc,
            gini: shown.gini,
            ks: shown.ks,
            train: on_train,
            test: on_test,
            psi,
            grades: self.count_grades(&scores),
            notes: notes(&card),
            scores,
        })
    }

    fn cuts(&self) -> anyhow::Result<Cuts> {
        let Some(path) = &self.cuts else {
            return Ok(Cuts::new());
        };
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("{} can't be read.", path.display()))?;
        toml::from_str(&text).with_context(|| {
            format!(
                "{}: write cut points like age = [26.0, 28.0, 35.0].",
                path.display()
            )
        })
    }

    fn count_grades(&self, scores: &[f64]) -> Vec<Grade> {
        let counts = distribution(scores, &Grades(self.grades.clone()));
        counts
            .into_iter()
            .map(|(grade, count)| Grade { grade, count })
            .collect()
    }
}

/// Low scores are risky.
fn rank_risk(scores: &[f64], bad: &[bool]) -> Ranking {
    rank(&scores.iter().map(|score| -score).collect::<Vec<_>>(), bad)
}

fn variable(variable: &guanxi_methods::scorecard::Variable) -> Variable<'_> {
    let bins = variable.binning.bins.iter().zip(&variable.points);
    Variable {
        name: &variable.name,
        iv: variable.binning.information_value,
        bins: bins
            .map(|(bin, points)| BinAnswer {
                bin,
                points: *points,
            })
            .collect(),
    }
}

fn notes(card: &Scorecard) -> Vec<String> {
    let silent = card
        .variables
        .iter()
        .filter(|variable| variable.binning.bins.len() < 2);
    let mut notes: Vec<String> = silent
        .map(|variable| {
            format!(
                "`{}` does not tell good from bad and has no points.",
                variable.name
            )
        })
        .collect();
    let wrong = card
        .fit
        .coefficients
        .iter()
        .skip(1)
        .filter(|one| one.value < 0.0);
    notes.extend(wrong.map(|one| {
        format!("`{}` has a negative coefficient: other columns say the same, and its points run against its own evidence. Leave it out.", one.name)
    }));
    notes
}
