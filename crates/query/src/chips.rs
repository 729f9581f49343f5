//! A filter as chips: the parts that stand side by side, each of which a person may take away.

use crate::ast::{Binary, Expr, Node, Sense, level};
use crate::error::Span;
use crate::print::{path, print, print_within};
use crate::typed::Typed;

/// One part of a filter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chip {
    /// The part as a text of its own.
    pub text: String,
    /// The filter without this part; empty when it was the only one.
    pub rest: String,
    /// What it says, if that is simple: a field, an operator and a value.
    pub simple: Option<Simple>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Simple {
    /// The path: `customer.owner`.
    pub field: String,
    /// As in the language: `= != < in not in is null under ~ …`.
    pub op: &'static str,
    /// As in the language; empty for `is null` and `is not null`, `true` for a field that is a condition by itself.
    pub value: String,
    /// The values behind it: one, or as many as the list has; none for what is computed, as `today() - 30d`.
    pub items: Vec<String>,
}

impl Typed {
    /// The parts of the top-level conjunction, in order; none for the empty filter.
    pub fn chips(&self) -> Vec<Chip> {
        let alone = std::slice::from_ref(&self.ast);
        let parts = match &self.ast.node {
            Node::And(list) => list.as_slice(),
            _ => alone,
        };
        (0..parts.len())
            .map(|at| Chip {
                text: print(&parts[at]),
                rest: without(parts, at),
                simple: simple(&parts[at]),
            })
            .collect()
    }
}

/// The conjunction of two filters as text; either may be blank. Both must be texts that parse.
pub fn conjunction(left: &str, right: &str) -> Result<String, crate::QueryError> {
    let parts: Vec<Expr> = [crate::parse::parse(left)?, crate::parse::parse(right)?]
        .into_iter()
        .flat_map(|expr| match expr.node {
            Node::And(list) => list,
            _ => vec![expr],
        })
        .collect();
    Ok(joined(parts.iter()))
}

fn without(parts: &[Expr], removed: usize) -> String {
    joined(
        parts
            .iter()
            .enumerate()
            .filter(|(at, _)| *at != removed)
            .map(|(_, part)| part),
    )
}

fn joined<'a>(parts: impl Iterator<Item = &'a Expr>) -> String {
    let parts: Vec<Expr> = parts.cloned().collect();
    match parts.as_slice() {
        [only] => print(only),
        _ => print(&Expr::new(Span::default(), Node::And(parts))),
    }
}

fn simple(expr: &Expr) -> Option<Simple> {
    let field = |expr: &Expr| match &expr.node {
        Node::Path(names) => Some(path(names)),
        _ => None,
    };
    let listed = |sense: &Sense| {
        if *sense == Sense::Negated {
            "not in"
        } else {
            "in"
        }
    };
    match &expr.node {
        Node::Path(names) => Some(flag(path(names), "=")),
        Node::Not(inner) => Some(flag(field(inner)?, "!=")),
        Node::Binary { op, left, right } if op.level() == level::COMPARE => {
            match (field(left), field(right)) {
                (Some(field), None) => Some(value(field, op.symbol(), right)),
                (None, Some(field)) => Some(value(field, mirrored(*op)?, left)),
                _ => None,
            }
        }
        Node::In { left, list, sense } => {
            let written: Vec<String> = list.iter().map(print).collect();
            let items = list.iter().map(item).collect::<Option<Vec<_>>>()?;
            Some(Simple {
                field: field(left)?,
                op: listed(sense),
                value: written.join(", "),
                items,
            })
        }
        Node::Within { left, list, sense } => {
            let (list, item) = (field(list)?, item(left)?);
            let op = if *sense == Sense::Negated { "!=" } else { "=" };
            Some(Simple {
                field: list,
                op,
                value: print(left),
                items: vec![item],
            })
        }
        Node::IsNull { left, sense } => {
            let op = if *sense == Sense::Negated {
                "is not null"
            } else {
                "is null"
            };
            Some(Simple {
                field: field(left)?,
                op,
                value: String::new(),
                items: Vec::new(),
            })
        }
        _ => None,
    }
}

/// A condition that is a field alone, or `not` of one.
fn flag(field: String, op: &'static str) -> Simple {
    Simple {
        field,
        op,
        value: "true".to_owned(),
        items: vec!["true".to_owned()],
    }
}

fn value(field: String, op: &'static str, expr: &Expr) -> Simple {
    Simple {
        field,
        op,
        value: print_within(expr, level::ADD),
        items: item(expr).into_iter().collect(),
    }
}

/// The bare value of a literal: a text without its quotes.
fn item(expr: &Expr) -> Option<String> {
    match &expr.node {
        Node::Text(text) => Some(text.clone()),
        Node::Null | Node::Bool(_) | Node::Number(_) | Node::Duration(_) | Node::Me(_) => {
            Some(print(expr))
        }
        _ => None,
    }
}

/// The operator when the sides are exchanged; `None` where that is another question.
fn mirrored(op: Binary) -> Option<&'static str> {
    Some(match op {
        Binary::Equal => "=",
        Binary::NotEqual => "!=",
        Binary::Less => ">",
        Binary::LessOrEqual => ">=",
        Binary::Greater => "<",
        Binary::GreaterOrEqual => "<=",
        _ => return None,
    })
}
