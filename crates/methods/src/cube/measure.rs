//! Measures as they are written: `sum(amount), count(), ratio(won, deals)`.

use crate::MethodError;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Function {
    /// Facts.
    Count,
    /// Facts with a value.
    CountOf,
    Distinct,
    Sum,
    Average,
    Least,
    Most,
    Median,
    /// Sum of the first over sum of the second.
    Ratio,
}

/// A function of columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Measure {
    pub function: Function,
    pub columns: Vec<String>,
    /// As it was written, without blanks.
    pub text: String,
}

/// Separated by commas outside brackets.
pub fn parse_measures(text: &str) -> Result<Vec<Measure>, MethodError> {
    let mut depth = 0;
    let mut parts = vec![String::new()];
    for c in text.chars() {
        match c {
            ',' if depth == 0 => {
                parts.push(String::new());
                continue;
            }
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if let Some(last) = parts.last_mut() {
            last.push(c);
        }
    }
    parts.iter().map(|part| parse(part.trim())).collect()
}

fn parse(text: &str) -> Result<Measure, MethodError> {
    let wrong = |why: &str| {
        MethodError::argument(format!(
            "`{text}` is no measure: {why}. Write count(), count(c), distinct(c), sum(c), avg(c), min(c), max(c), median(c) or ratio(a, b)"
        ))
    };
    let inner = text
        .strip_suffix(')')
        .ok_or_else(|| wrong("a bracket is missing"))?;
    let (name, arguments) = inner
        .split_once('(')
        .ok_or_else(|| wrong("a bracket is missing"))?;
    let columns: Vec<String> = arguments
        .split(',')
        .map(|part| part.trim().to_owned())
        .filter(|part| !part.is_empty())
        .collect();
    let function = match (name.trim(), columns.len()) {
        ("count", 0) => Function::Count,
        ("count", 1) => Function::CountOf,
        ("distinct", 1) => Function::Distinct,
        ("sum", 1) => Function::Sum,
        ("avg" | "mean", 1) => Function::Average,
        ("min", 1) => Function::Least,
        ("max", 1) => Function::Most,
        ("median", 1) => Function::Median,
        ("ratio", 2) => Function::Ratio,
        ("count" | "distinct" | "sum" | "avg" | "mean" | "min" | "max" | "median" | "ratio", _) => {
            return Err(wrong("the number of columns does not fit"));
        }
        _ => return Err(wrong("there is no such function")),
    };
    let text = format!("{}({})", name.trim(), columns.join(","));
    Ok(Measure {
        function,
        columns,
        text,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measures_are_read_and_mistakes_are_named() {
        let found = parse_measures("sum(amount), count(), ratio(won , all deals)").unwrap();
        assert_eq!(
            found
                .iter()
                .map(|one| one.text.as_str())
                .collect::<Vec<_>>(),
            ["sum(amount)", "count()", "ratio(won,all deals)"]
        );
        assert_eq!(found[2].columns, ["won", "all deals"]);
        for (text, part) in [
            ("sum", "bracket"),
            ("sum()", "number of columns"),
            ("total(x)", "no such function"),
            ("", "bracket"),
        ] {
            assert!(
                parse_measures(text).unwrap_err().to_string().contains(part),
                "{text}"
            );
        }
    }
}
