//! A tree becomes a text again: what it says parses to the same tree.

use crate::ast::{DAY_MICROS, Expr, Length, Name, Node, Sense, level};
use crate::parse::{is_keyword, level_of};

/// `text` as a literal of the language, in double quotes.
pub fn quote(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            // No text of the language holds it; a filter over it finds nothing either way.
            '\0' => {}
            c if c.is_control() => out.push_str(&format!("\\u{{{:X}}}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// The text of a tree.
pub fn print(expr: &Expr) -> String {
    let mut out = String::new();
    write(expr, &mut out);
    out
}

/// The text of a tree where at least `least` must bind.
pub(crate) fn print_within(expr: &Expr, least: u8) -> String {
    let mut out = String::new();
    write_within(expr, least, &mut out);
    out
}

/// A path as it is written, names that are keywords in back quotes.
pub(crate) fn path(names: &[Name]) -> String {
    let written = names.iter().map(|name| {
        if is_keyword(&name.text) {
            format!("`{}`", name.text)
        } else {
            name.text.clone()
        }
    });
    written.collect::<Vec<_>>().join(".")
}

fn write_within(expr: &Expr, least: u8, out: &mut String) {
    if level_of(expr) >= least {
        return write(expr, out);
    }
    out.push('(');
    write(expr, out);
    out.push(')');
}

fn write(expr: &Expr, out: &mut String) {
    match &expr.node {
        Node::Null => out.push_str("null"),
        Node::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Node::Number(number) => out.push_str(&number.to_string()),
        Node::Text(text) => out.push_str(&quote(text)),
        Node::Duration(length) => out.push_str(&duration(*length)),
        Node::Path(names) => out.push_str(&path(names)),
        Node::Me(names) => {
            out.push_str("$me");
            if !names.is_empty() {
                out.push('.');
                out.push_str(&path(names));
            }
        }
        Node::Call { name, args } => {
            out.push_str(&name.text);
            write_list(args, out);
        }
        Node::Negate(inner) => {
            out.push('-');
            write_within(inner, level::NEGATE, out);
        }
        Node::Not(inner) => {
            out.push_str("not ");
            write_within(inner, level::NOT, out);
        }
        Node::And(list) => write_chain(list, " and ", level::NOT, out),
        Node::Or(list) => write_chain(list, " or ", level::AND, out),
        Node::Binary { op, left, right } => {
            let binds = op.level();
            // Comparisons do not chain, the others lean to the left.
            let least = if binds == level::COMPARE {
                binds + 1
            } else {
                binds
            };
            write_within(left, least, out);
            out.push_str(&format!(" {} ", op.symbol()));
            write_within(right, binds + 1, out);
        }
        Node::In { left, list, sense } => {
            write_within(left, level::ADD, out);
            out.push_str(if *sense == Sense::Negated {
                " not in "
            } else {
                " in "
            });
            write_list(list, out);
        }
        Node::Within { left, list, sense } => {
            write_within(left, level::ADD, out);
            out.push_str(if *sense == Sense::Negated {
                " not in "
            } else {
                " in "
            });
            write(list, out);
        }
        Node::IsNull { left, sense } => {
            write_within(left, level::ADD, out);
            out.push_str(if *sense == Sense::Negated {
                " is not null"
            } else {
                " is null"
            });
        }
    }
}

fn write_list(list: &[Expr], out: &mut String) {
    out.push('(');
    write_chain(list, ", ", level::OR, out);
    out.push(')');
}

fn write_chain(list: &[Expr], between: &str, least: u8, out: &mut String) {
    for (at, item) in list.iter().enumerate() {
        if at > 0 {
            out.push_str(between);
        }
        write_within(item, least, out);
    }
}

/// All parts of a length have one sign, since a literal has one.
fn duration(length: Length) -> String {
    let negative = length.months < 0 || length.days < 0 || length.micros < 0;
    let minutes = length.micros.unsigned_abs() / 60_000_000;
    let parts = [
        (length.months.unsigned_abs() / 12, "y"),
        (length.months.unsigned_abs() % 12, "m"),
        (length.days.unsigned_abs(), "d"),
        (minutes / 60, "h"),
        (minutes % 60, "min"),
    ];
    let written: String = parts
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, unit)| format!("{count}{unit}"))
        .collect();
    debug_assert!(
        length.micros % (DAY_MICROS / 1_440) == 0,
        "literals are whole minutes"
    );
    match (written.is_empty(), negative) {
        (true, _) => "0d".to_owned(),
        (false, true) => format!("-{written}"),
        (false, false) => written,
    }
}
