//! `insight clv`

use super::reader::{Kind, Table, Want};
use super::{Input, Named, answer, day_of, parse_day, parse_numbers};
use anyhow::Context as _;
use clap::{Args, ValueEnum};
use guanxi_methods::clv::bg_nbd::{self, BgNbd};
use guanxi_methods::clv::gamma_gamma::{self, GammaGamma};
use guanxi_methods::clv::holdout::{self, HoldOut};
use guanxi_methods::clv::pareto_nbd;
use guanxi_methods::clv::value::{Horizon, Value, value};
use guanxi_methods::clv::{Fit, History, of_orders};
use guanxi_methods::columns::{Coded, Names};
use guanxi_methods::dates;
use serde::Serialize;
use std::process::ExitCode;

#[derive(Debug, Args)]
pub struct Clv {
    #[command(flatten)]
    input: Input,
    #[command(flatten)]
    columns: Columns,
    /// Time ahead, in the unit of T.
    #[arg(long, default_value_t = 52.0)]
    horizon: f64,
    /// The unit of time.
    #[arg(long, value_enum, default_value_t = Unit::Week)]
    unit: Unit,
    /// Interest of a year at which later amounts count less.
    #[arg(long, default_value_t = 0.15)]
    discount: f64,
    /// Which models of orders are fitted; values come from BG/NBD.
    #[arg(long, value_enum, default_value_t = Models::Both)]
    model: Models,
    /// r,alpha,a,b that are used instead of a fit.
    #[arg(long, value_parser = parse_numbers::<4>)]
    bg_nbd: Option<[f64; 4]>,
    /// p,q,gamma that are used instead of a fit.
    #[arg(long, value_parser = parse_numbers::<3>)]
    gamma_gamma: Option<[f64; 3]>,
    /// The last day of observation; that of the last order unless given.
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = parse_day)]
    as_of: Option<i32>,
    /// Fit on orders until this day and compare the later ones with what was expected.
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = parse_day, requires = "customer")]
    calibration_end: Option<i32>,
}

/// Orders, or a summary of them.
#[derive(Debug, Args)]
struct Columns {
    /// Orders: column of the customer's id.
    #[arg(
        long,
        requires = "date",
        required_unless_present = "id",
        conflicts_with = "id"
    )]
    customer: Option<String>,
    /// Orders: column of the date.
    #[arg(long, requires = "customer")]
    date: Option<String>,
    /// Orders: column of the amount; without it only their number is expected.
    #[arg(long, requires = "customer")]
    amount: Option<String>,
    /// Summary: column of the customer's id.
    #[arg(long, requires_all = ["x", "t_x", "t"])]
    id: Option<String>,
    /// Summary: repeat orders.
    #[arg(long, requires = "id")]
    x: Option<String>,
    /// Summary: time of the last order, counted from the first.
    #[arg(long, requires = "id")]
    t_x: Option<String>,
    /// Summary: time observed, counted from the first order.
    #[arg(long = "T", requires = "id")]
    t: Option<String>,
    /// Summary: mean amount of the repeat orders.
    #[arg(long, requires = "id")]
    zbar: Option<String>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Unit {
    Day,
    Week,
    Month,
}

impl Unit {
    fn days(self) -> f64 {
        match self {
            Unit::Day => 1.0,
            Unit::Week => 7.0,
            Unit::Month => 365.25 / 12.0,
        }
    }

    fn of_year(self) -> f64 {
        match self {
            Unit::Day => 365.0,
            Unit::Week => 52.0,
            Unit::Month => 12.0,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Models {
    Both,
    BgNbd,
    ParetoNbd,
}

#[derive(Serialize)]
struct Answer<'a> {
    observed_until: Option<String>,
    bg_nbd: Option<BgNbdAnswer>,
    pareto_nbd: Option<ParetoNbdAnswer>,
    gamma_gamma: Option<GammaGammaAnswer>,
    hold_out: Option<HoldOut>,
    notes: Vec<String>,
    customers: Vec<Named<'a, &'a Value>>,
}

#[derive(Serialize)]
struct BgNbdAnswer {
    r: f64,
    alpha: f64,
    a: f64,
    b: f64,
    log_likelihood: f64,
    converged: bool,
    identified: bool,
}

#[derive(Serialize)]
struct ParetoNbdAnswer {
    r: f64,
    alpha: f64,
    s: f64,
    beta: f64,
    log_likelihood: f64,
    converged: bool,
    identified: bool,
}

#[derive(Serialize)]
struct GammaGammaAnswer {
    p: f64,
    q: f64,
    gamma: f64,
    log_likelihood: Option<f64>,
    converged: bool,
    identified: bool,
    /// Customers that were fitted, and the correlation of orders and amounts that the model takes for zero.
    customers: usize,
    correlation: Option<f64>,
}

/// What was read.
struct Observed {
    names: Names,
    /// The customer of every row of the history.
    codes: Vec<u32>,
    history: History,
    has_amounts: bool,
    until: Option<i32>,
    /// Orders after the fit's last day by row of the history, and the time that they took.
    later: Option<(Vec<f64>, f64)>,
}

impl Clv {
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        if self.horizon.is_nan() || self.horizon <= 0.0 {
            return super::wrong_use("--horizon is a time above 0.");
        }
        if self.model == Models::ParetoNbd && self.calibration_end.is_some() {
            return super::wrong_use("--calibration-end compares BG/NBD: leave --model out.");
        }
        let observed = if self.columns.id.is_some() {
            self.summary()?
        } else {
            self.orders()?
        };
        let history = &observed.history;
        history.check()?;
        let mut notes = Vec::new();
        let bg = self.fit_bg_nbd(history, &mut notes)?;
        let pareto = match self.model {
            Models::BgNbd => None,
            _ => Some(pareto_nbd::fit(history).map(|(model, fit)| {
                note(&mut notes, "Pareto/NBD", &fit);
                ParetoNbdAnswer {
                    r: model.r,
                    alpha: model.alpha,
                    s: model.s,
                    beta: model.beta,
                    log_likelihood: fit.log_likelihood,
                    converged: fit.converged,
                    identified: fit.identified,
                }
            })?),
        };
        let amounts = if observed.has_amounts {
            self.fit_amounts(history, &mut notes)?
        } else {
            None
        };
        let (values, hold_out) = match &bg {
            Some((model, _)) => {
                let horizon =
                    Horizon::with_yearly_rate(self.horizon, self.discount, self.unit.of_year());
                let values = value(
                    history,
                    model,
                    amounts.as_ref().map(|(model, _)| model),
                    horizon,
                );
                (values, hold_out(model, &observed))
            }
            None => (Vec::new(), None),
        };
        let customers = observed.codes.iter().zip(&values);
        answer(&Answer {
            observed_until: observed.until.map(dates::text),
            bg_nbd: bg.map(|(_, answer)| answer),
            pareto_nbd: pareto,
            gamma_gamma: amounts.map(|(_, answer)| answer),
            hold_out,
            notes,
            customers: customers
                .map(|(code, value)| Named {
                    id: observed.names.get(*code),
                    result: value,
                })
                .collect(),
        })
    }

    fn fit_bg_nbd(
        &self,
        history: &History,
        notes: &mut Vec<String>,
    ) -> anyhow::Result<Option<(BgNbd, BgNbdAnswer)>> {
        if let Some([r, alpha, a, b]) = self.bg_nbd {
            let model = BgNbd { r, alpha, a, b };
            let log_likelihood = model.log_likelihood(history);
            let answer = BgNbdAnswer {
                r,
                alpha,
                a,
                b,
                log_likelihood,
                converged: true,
                identified: true,
            };
            return Ok(Some((model, answer)));
        }
        if self.model == Models::ParetoNbd {
            return Ok(None);
        }
        let (model, fit) = bg_nbd::fit(history)?;
        note(notes, "BG/NBD", &fit);
        let BgNbd { r, alpha, a, b } = model;
        let Fit {
            log_likelihood,
            converged,
            identified,
            ..
        } = fit;
        Ok(Some((
            model,
            BgNbdAnswer {
                r,
                alpha,
                a,
                b,
                log_likelihood,
                converged,
                identified,
            },
        )))
    }

    fn fit_amounts(
        &self,
        history: &History,
        notes: &mut Vec<String>,
    ) -> anyhow::Result<Option<(GammaGamma, GammaGammaAnswer)>> {
        let spenders: Vec<usize> = (0..history.len())
            .filter(|row| history.x[*row] > 0.0 && history.mean_amount[*row] > 0.0)
            .collect();
        let of = |column: &[f64]| -> Vec<f64> { spenders.iter().map(|row| column[*row]).collect() };
        let correlation =
            guanxi_methods::math::describe::correlation(&of(&history.x), &of(&history.mean_amount));
        let correlation = correlation.is_finite().then_some(correlation);
        let (model, fit) = match self.gamma_gamma {
            Some([p, q, gamma]) => (GammaGamma { p, q, gamma }, None),
            None if spenders.len() < 3 => {
                notes.push(
                    "Too few customers have repeat orders of some amount: no amounts are expected."
                        .into(),
                );
                return Ok(None);
            }
            None => {
                let (model, fit) = gamma_gamma::fit(history)?;
                note(notes, "Gamma-Gamma", &fit);
                (model, Some(fit))
            }
        };
        let answer = GammaGammaAnswer {
            p: model.p,
            q: model.q,
            gamma: model.gamma,
            log_likelihood: fit.as_ref().map(|fit| fit.log_likelihood),
            converged: fit.as_ref().is_none_or(|fit| fit.converged),
            identified: fit.as_ref().is_none_or(|fit| fit.identified),
            customers: spenders.len(),
            correlation,
        };
        Ok(Some((model, answer)))
    }

    fn summary(&self) -> anyhow::Result<Observed> {
        let Columns {
            id: Some(id),
            x: Some(x),
            t_x: Some(t_x),
            t: Some(t),
            zbar,
            ..
        } = &self.columns
        else {
            anyhow::bail!("Give --id, --x, --t-x and --T.");
        };
        let mut wants = vec![Want::required(id, Kind::Text)];
        wants.extend([x, t_x, t].map(|name| Want::required(name, Kind::Number)));
        wants.extend(
            zbar.as_deref()
                .map(|name| Want::optional(name, Kind::Number)),
        );
        let table = Table::read(&self.input.source(), &wants)?;
        let ids = table.columns[0].texts();
        let column = |at: usize| table.columns[at].numbers().to_vec();
        let mean_amount = match zbar {
            Some(_) => column(4)
                .iter()
                .map(|amount| if amount.is_nan() { 0.0 } else { *amount })
                .collect(),
            None => vec![0.0; table.rows],
        };
        Ok(Observed {
            names: ids.names.clone(),
            codes: ids.codes.clone(),
            history: History {
                x: column(1),
                t_x: column(2),
                t: column(3),
                mean_amount,
            },
            has_amounts: zbar.is_some(),
            until: None,
            later: None,
        })
    }

    fn orders(&self) -> anyhow::Result<Observed> {
        let Columns {
            customer: Some(customer),
            date: Some(date),
            amount,
            ..
        } = &self.columns
        else {
            anyhow::bail!("Give --customer and --date, or --id with the columns of a summary.");
        };
        let mut wants = vec![
            Want::optional(customer, Kind::Text),
            Want::required(date, Kind::Instant),
        ];
        wants.extend(
            amount
                .as_deref()
                .map(|name| Want::required(name, Kind::Number)),
        );
        let table = Table::read(&self.input.source(), &wants)?;
        let customers = table.columns[0].texts();
        let days: Vec<i32> = table.columns[1]
            .instants()
            .iter()
            .map(|instant| day_of(*instant))
            .collect();
        let amounts = table.columns.get(2).map(|column| column.numbers());
        let mut orders: Vec<(u32, i32, f64)> = (0..table.rows)
            .filter(|row| customers.codes[*row] != Coded::MISSING)
            .map(|row| {
                (
                    customers.codes[row],
                    days[row],
                    amounts.map_or(0.0, |amounts| amounts[row]),
                )
            })
            .collect();
        let last = orders
            .iter()
            .map(|(_, day, _)| *day)
            .max()
            .context("There is no order with a customer.")?;
        let end = self.as_of.unwrap_or(last);
        orders.retain(|(_, day, _)| *day <= end);
        let until = self.calibration_end.unwrap_or(end).min(end);
        let (codes, history) = of_orders(&mut orders, until, self.unit.days());
        let later = (until < end).then(|| {
            let mut counts = vec![0.0; customers.names.len()];
            let mut after: Vec<(u32, i32)> = orders
                .iter()
                .filter(|(_, day, _)| *day > until)
                .map(|(customer, day, _)| (*customer, *day))
                .collect();
            after.dedup();
            for (customer, _) in after {
                counts[customer as usize] += 1.0;
            }
            let counts = codes.iter().map(|code| counts[*code as usize]).collect();
            (counts, f64::from(end - until) / self.unit.days())
        });
        Ok(Observed {
            names: customers.names.clone(),
            codes,
            history,
            has_amounts: amount.is_some(),
            until: Some(until),
            later,
        })
    }
}

fn hold_out(model: &BgNbd, observed: &Observed) -> Option<HoldOut> {
    let (actual, time) = observed.later.as_ref()?;
    let history = &observed.history;
    let expected: Vec<f64> = (0..history.len())
        .map(|row| model.expected_orders(history.x[row], history.t_x[row], history.t[row], *time))
        .collect();
    Some(holdout::compare(&history.x, actual, &expected))
}

/// Says what a reader of the parameters has to know.
fn note(notes: &mut Vec<String>, model: &str, fit: &Fit) {
    if !fit.identified {
        notes.push(format!(
            "{model} is not identified on these customers: its likelihood has no peak, so that its parameters say nothing one by one. More customers, or a longer time, may help."
        ));
    } else if !fit.converged {
        notes.push(format!(
            "{model} did not converge: take its parameters with care."
        ));
    }
}
