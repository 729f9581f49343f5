//! `--filter` on files: the language of filters, with columns for fields.
//!
//! A comparison of a column with a value is decided once for every distinct text of the column, so that a row costs a
//! look-up. Texts compare as numbers or dates where both sides are such.

use super::reader::{self, Days};
use anyhow::{anyhow, bail};
use guanxi_methods::columns::Coded;
use guanxi_query::ast::{Binary, Expr, Node, Sense};
use std::cmp::Ordering;

/// A condition over rows.
pub enum Filter {
    /// Column by place, and by code whether it passes; the last is for rows without a value.
    Column(usize, Vec<Option<bool>>),
    And(Vec<Filter>),
    Or(Vec<Filter>),
    Not(Box<Filter>),
    Always(bool),
}

/// The names of columns that a text mentions.
pub fn columns(expression: &Expr) -> Vec<String> {
    fn walk(expression: &Expr, names: &mut Vec<String>) {
        match &expression.node {
            Node::Path(path) => {
                let name = path
                    .iter()
                    .map(|name| name.text.as_str())
                    .collect::<Vec<_>>()
                    .join(".");
                if !names.contains(&name) {
                    names.push(name);
                }
            }
            Node::And(list) | Node::Or(list) => list.iter().for_each(|one| walk(one, names)),
            Node::Not(one) | Node::Negate(one) => walk(one, names),
            Node::Binary { left, right, .. } => {
                walk(left, names);
                walk(right, names);
            }
            Node::In { left, .. } | Node::IsNull { left, .. } => walk(left, names),
            _ => {}
        }
    }
    let mut names = Vec::new();
    walk(expression, &mut names);
    names
}

/// Compiles an expression against columns that were read under `names`.
pub fn compile(expression: &Expr, names: &[String], table: &[&Coded]) -> anyhow::Result<Filter> {
    let part = |one: &Expr| compile(one, names, table);
    Ok(match &expression.node {
        Node::And(list) => Filter::And(list.iter().map(part).collect::<anyhow::Result<_>>()?),
        Node::Or(list) => Filter::Or(list.iter().map(part).collect::<anyhow::Result<_>>()?),
        Node::Not(one) => Filter::Not(Box::new(part(one)?)),
        Node::Bool(value) => Filter::Always(*value),
        Node::IsNull { left, sense } => {
            let (at, column) = column(left, names, table)?;
            let mut verdicts = vec![Some(*sense == Sense::Negated); column.names.len()];
            verdicts.push(Some(*sense == Sense::Plain));
            Filter::Column(at, verdicts)
        }
        Node::In { left, list, sense } => {
            let values = list
                .iter()
                .map(literal)
                .collect::<anyhow::Result<Vec<_>>>()?;
            decide(column(left, names, table)?, |text| {
                let is_in = values
                    .iter()
                    .any(|value| compare(text, value) == Some(Ordering::Equal));
                Some(is_in == (*sense == Sense::Plain))
            })
        }
        Node::Binary { op, left, right } => {
            let (subject, value, op) = match (&left.node, &right.node) {
                (Node::Path(_), _) => (column(left, names, table)?, literal(right)?, *op),
                (_, Node::Path(_)) => (column(right, names, table)?, literal(left)?, turned(*op)),
                _ => bail!("The filter compares two values: one side has to be a column."),
            };
            let folded = value.to_lowercase();
            let verdict = |text: &str| match op {
                Binary::Contains => Some(text.to_lowercase().contains(&folded)),
                Binary::NotContains => Some(!text.to_lowercase().contains(&folded)),
                Binary::StartsWith => Some(text.to_lowercase().starts_with(&folded)),
                _ => {
                    let order = compare(text, &value)?;
                    match op {
                        Binary::Equal => Some(order == Ordering::Equal),
                        Binary::NotEqual => Some(order != Ordering::Equal),
                        Binary::Less => Some(order == Ordering::Less),
                        Binary::LessOrEqual => Some(order != Ordering::Greater),
                        Binary::Greater => Some(order == Ordering::Greater),
                        Binary::GreaterOrEqual => Some(order != Ordering::Less),
                        _ => None,
                    }
                }
            };
            if !matches!(
                op,
                Binary::Add | Binary::Subtract | Binary::Multiply | Binary::Divide | Binary::Under
            ) {
                return Ok(decide(subject, verdict));
            }
            bail!(
                "On files a filter compares columns with values; `{}` is for records.",
                op.symbol()
            )
        }
        _ => bail!("On files a filter compares columns with values, joined by and, or, not."),
    })
}

fn turned(op: Binary) -> Binary {
    match op {
        Binary::Less => Binary::Greater,
        Binary::LessOrEqual => Binary::GreaterOrEqual,
        Binary::Greater => Binary::Less,
        Binary::GreaterOrEqual => Binary::LessOrEqual,
        other => other,
    }
}

fn decide((at, column): (usize, &Coded), verdict: impl Fn(&str) -> Option<bool>) -> Filter {
    let mut verdicts: Vec<Option<bool>> = column.names.iter().map(verdict).collect();
    // As in SQL, nothing is known of a value that is not there.
    verdicts.push(None);
    Filter::Column(at, verdicts)
}

fn column<'a>(
    expression: &Expr,
    names: &[String],
    table: &[&'a Coded],
) -> anyhow::Result<(usize, &'a Coded)> {
    let Node::Path(path) = &expression.node else {
        bail!("On files a filter compares columns with values.");
    };
    let name = path
        .iter()
        .map(|name| name.text.as_str())
        .collect::<Vec<_>>()
        .join(".");
    let at = names
        .iter()
        .position(|one| *one == name)
        .ok_or_else(|| anyhow!("The filter's column `{name}` was not read."))?;
    Ok((at, table[at]))
}

fn literal(expression: &Expr) -> anyhow::Result<String> {
    Ok(match &expression.node {
        Node::Text(text) => text.clone(),
        Node::Number(number) => number.to_string(),
        Node::Bool(value) => value.to_string(),
        Node::Negate(inner) => match &inner.node {
            Node::Number(number) => format!("-{number}"),
            _ => bail!("On files a filter compares columns with values."),
        },
        _ => bail!(
            "On files a filter compares columns with values: texts in quotes, numbers, dates as texts."
        ),
    })
}

/// As numbers, as dates, or as texts.
fn compare(text: &str, value: &str) -> Option<Ordering> {
    let number = |text: &str| reader::number(text.as_bytes());
    if let (Some(a), Some(b)) = (number(text), number(value)) {
        return a.partial_cmp(&b);
    }
    let instant = |text: &str| reader::instant(text.as_bytes(), Days::MonthFirst);
    if let (Some(a), Some(b)) = (instant(text), instant(value)) {
        return Some(a.cmp(&b));
    }
    Some(text.cmp(value))
}

impl Filter {
    pub fn keeps(&self, table: &[&Coded], row: usize) -> bool {
        self.verdict(table, row) == Some(true)
    }

    /// `None` where it is not known, because a value is missing.
    fn verdict(&self, table: &[&Coded], row: usize) -> Option<bool> {
        match self {
            Filter::Always(value) => Some(*value),
            Filter::Column(at, verdicts) => {
                let code = table[*at].codes[row] as usize;
                verdicts[code.min(verdicts.len() - 1)]
            }
            Filter::Not(one) => one.verdict(table, row).map(|is| !is),
            Filter::And(list) => {
                let mut all = Some(true);
                for one in list {
                    match one.verdict(table, row) {
                        Some(false) => return Some(false),
                        None => all = None,
                        Some(true) => {}
                    }
                }
                all
            }
            Filter::Or(list) => {
                let mut any = Some(false);
                for one in list {
                    match one.verdict(table, row) {
                        Some(true) => return Some(true),
                        None => any = None,
                        Some(false) => {}
                    }
                }
                any
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_over_columns() {
        let stage = Coded::of(&["Won", "Lost", "won", "Open"]);
        let mut amount = Coded::of(&["10", "9", "100.5", "x"]);
        amount.codes[3] = Coded::MISSING;
        let date = Coded::of(&["2026-01-05", "2026-02-01", "2025-12-31", "2026-03-01"]);
        let names = ["stage", "amount", "closed"].map(str::to_owned);
        let table = [&stage, &amount, &date];
        for (text, expected) in [
            ("stage = \"Won\"", vec![0]),
            ("stage ~ \"WON\"", vec![0, 2]),
            ("amount >= 10", vec![0, 2]),
            ("10 > amount", vec![1]),
            ("not (amount >= 10)", vec![1]),
            ("amount is null", vec![3]),
            (
                "amount is not null and stage not in (\"Won\", \"Lost\")",
                vec![2],
            ),
            (
                "closed >= \"2026-01-05\" and closed < \"2026-03-01\"",
                vec![0, 1],
            ),
            ("stage ^= \"l\" or amount = 100.50", vec![1, 2]),
        ] {
            let expression = guanxi_query::parse::parse(text).unwrap();
            let filter = compile(&expression, &names, &table).unwrap();
            let kept: Vec<usize> = (0..4).filter(|row| filter.keeps(&table, *row)).collect();
            assert_eq!(kept, expected, "{text}");
        }
        for text in ["amount + 1 > 2", "today() > closed", "stage"] {
            let expression = guanxi_query::parse::parse(text).unwrap();
            assert!(compile(&expression, &names, &table).is_err(), "{text}");
        }
    }
}
