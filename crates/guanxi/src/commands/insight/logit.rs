//! `insight logit`

use super::features::{Features, Read};
use super::{Input, answer};
use clap::{Args, ValueEnum};
use guanxi_methods::logit::{Coefficient, Design, Logit, Reason, Scaling, fit, means};
use guanxi_methods::math::ranking::{Ranking, lift, rank};
use serde::Serialize;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Debug, Args)]
pub struct LogitArguments {
    #[command(flatten)]
    input: Input,
    #[command(flatten)]
    features: Features,
    /// A second file on which the fit is tried; `auc` is then the one found there.
    #[arg(long)]
    test: Option<PathBuf>,
    /// The value of the target that is explained.
    #[arg(long)]
    positive: Option<String>,
    /// Penalty λ in ½ λ Σ coefficient².
    #[arg(long, default_value_t = 0.0)]
    l2: f64,
    /// Numbers as z-scores, or as they stand.
    #[arg(long, value_enum, default_value_t = Scale::Standard)]
    scale: Scale,
    /// The probability of every row (of the test file where there is one) with this many reasons.
    #[arg(long, value_name = "REASONS")]
    explain: Option<usize>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Scale {
    Standard,
    Raw,
}

#[derive(Serialize)]
struct Answer {
    positive: String,
    coefficients: Vec<Coefficient>,
    log_likelihood: f64,
    null_log_likelihood: f64,
    iterations: usize,
    converged: bool,
    auc: f64,
    train: Sample,
    test: Option<Sample>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cases: Option<Vec<Case>>,
    notes: Vec<String>,
}

#[derive(Serialize)]
struct Sample {
    #[serde(flatten)]
    ranking: Ranking,
    lift_top_tenth: f64,
}

#[derive(Serialize)]
struct Case {
    row: usize,
    probability: f64,
    reasons: Vec<Reason>,
}

impl LogitArguments {
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        let train = self.features.read(&self.input.source(), None)?;
        let event = self
            .features
            .event(&train.target.names, self.positive.as_deref())?;
        let scaling = match self.scale {
            Scale::Standard => Scaling::Standard,
            Scale::Raw => Scaling::Raw,
        };
        let design = Design::of(&train.columns, scaling);
        let x = design.matrix(&train.columns);
        let positive = train.is(&event);
        let model = fit(&design.names(), &x, &positive, self.l2)?;
        let on_train = sample(&model.probabilities(&x), &positive);
        let test = match &self.test {
            Some(path) => Some(
                self.features
                    .read(&self.input.source_of(vec![path.clone()]), Some(&train))?,
            ),
            None => None,
        };
        let on_test = test.as_ref().map(|test| {
            sample(
                &model.probabilities(&design.matrix(&test.columns)),
                &test.is(&event),
            )
        });
        let cases = self
            .explain
            .map(|most| cases(&model, &design, test.as_ref().unwrap_or(&train), &x, most));
        let mut notes = Vec::new();
        if !model.converged {
            notes.push("The columns separate the outcomes almost perfectly: coefficients grow without end. Give --l2 1, or leave out what is known only afterwards.".to_owned());
        }
        answer(&Answer {
            positive: event,
            log_likelihood: model.log_likelihood,
            null_log_likelihood: model.null_log_likelihood,
            iterations: model.iterations,
            converged: model.converged,
            auc: on_test.as_ref().unwrap_or(&on_train).ranking.auc,
            coefficients: model.coefficients,
            train: on_train,
            test: on_test,
            cases,
            notes,
        })
    }
}

fn sample(scores: &[f64], positive: &[bool]) -> Sample {
    Sample {
        ranking: rank(scores, positive),
        lift_top_tenth: lift(scores, positive, 0.1),
    }
}

fn cases(
    model: &Logit,
    design: &Design,
    read: &Read,
    fitted: &guanxi_methods::math::linear::Matrix,
    most: usize,
) -> Vec<Case> {
    let x = design.matrix(&read.columns);
    let usual = means(fitted);
    let probabilities = model.probabilities(&x);
    let case = |(row, probability): (usize, f64)| {
        let mut reasons = model.reasons(design, &x, &usual, row);
        reasons.truncate(most);
        Case {
            row: row + 2,
            probability,
            reasons,
        }
    };
    probabilities.into_iter().enumerate().map(case).collect()
}
