//! `insight uplift`

use super::reader::{Kind, Table, Want};
use super::{Input, answer};
use anyhow::bail;
use clap::Args;
use guanxi_methods::uplift::{self, Uplift};
use serde::Serialize;
use std::process::ExitCode;

#[derive(Debug, Args)]
pub struct UpliftArguments {
    #[command(flatten)]
    input: Input,
    /// Column of the group: who was addressed, and who was left alone.
    #[arg(long)]
    group: String,
    /// The value of the group that was left alone.
    #[arg(long, default_value = "control")]
    control: String,
    /// Column of the outcome: 0 and 1, or an amount.
    #[arg(long)]
    outcome: String,
    /// Column by which results are split.
    #[arg(long)]
    by: Option<String>,
}

#[derive(Serialize)]
struct Answer<'a> {
    control: &'a str,
    /// One for every group that was addressed.
    groups: Vec<Group<'a>>,
    by: Vec<Split<'a>>,
}

#[derive(Serialize)]
struct Group<'a> {
    group: &'a str,
    #[serde(flatten)]
    result: Uplift,
}

#[derive(Serialize)]
struct Split<'a> {
    value: &'a str,
    groups: Vec<Group<'a>>,
}

impl UpliftArguments {
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        let mut wants = vec![
            Want::required(&self.group, Kind::Text),
            Want::required(&self.outcome, Kind::Number),
        ];
        wants.extend(self.by.as_deref().map(|by| Want::optional(by, Kind::Text)));
        let table = Table::read(&self.input.source(), &wants)?;
        let (groups, outcomes) = (table.columns[0].texts(), table.columns[1].numbers());
        let Some(control) =
            (0..groups.names.len() as u32).find(|code| groups.names.get(*code) == self.control)
        else {
            let names: Vec<&str> = groups.names.iter().take(10).collect();
            bail!(
                "The column `{}` never holds `{}`, the control group; it holds {}. Name it by --control.",
                self.group,
                self.control,
                names.join(", ")
            );
        };
        let compare = |is_in: &dyn Fn(usize) -> bool| {
            let of = |code: u32| -> Vec<f64> {
                (0..table.rows)
                    .filter(|row| groups.codes[*row] == code && is_in(*row))
                    .map(|row| outcomes[row])
                    .collect()
            };
            let left_alone = of(control);
            let others = groups
                .names
                .order()
                .into_iter()
                .filter(|code| *code != control);
            others
                .map(|code| Ok((code, uplift::uplift(&of(code), &left_alone)?)))
                .collect::<Result<Vec<_>, guanxi_methods::MethodError>>()
        };
        let named = |list: Vec<(u32, Uplift)>| -> Vec<Group> {
            list.into_iter()
                .map(|(code, result)| Group {
                    group: groups.names.get(code),
                    result,
                })
                .collect()
        };
        let whole = named(compare(&|_| true)?);
        let mut by = Vec::new();
        if let Some(column) = table.columns.get(2) {
            let splits = column.texts();
            for code in splits.names.order() {
                // A part that is too small to be compared is left out.
                if let Ok(list) = compare(&|row| splits.codes[row] == code) {
                    by.push(Split {
                        value: splits.names.get(code),
                        groups: named(list),
                    });
                }
            }
        }
        answer(&Answer {
            control: &self.control,
            groups: whole,
            by,
        })
    }
}
