//! What was measured, as a table that a person reads and as one JSON document.

use super::figures::round;
use serde_json::{Map, Value as Json, json};

/// One line of the table.
#[derive(Debug, Clone)]
pub struct Line {
    pub measure: String,
    pub shown: String,
    /// What a person has to know to read the figure.
    pub note: String,
    pub values: Json,
    pub bar: String,
    pub verdict: Verdict,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// How much of the bar was used, or reached where more is better.
    Met(f64),
    Missed(f64),
    /// A figure without a bar of its own.
    Told,
    NotMeasured,
}

impl Verdict {
    /// Less is better.
    pub fn at_most(value: f64, bar: f64) -> Verdict {
        if value <= bar {
            Verdict::Met(value / bar)
        } else {
            Verdict::Missed(value / bar)
        }
    }

    /// More is better.
    pub fn at_least(value: f64, bar: f64) -> Verdict {
        if value >= bar {
            Verdict::Met(value / bar)
        } else {
            Verdict::Missed(value / bar)
        }
    }

    /// Both have to be met; the worse is shown.
    pub fn and(self, other: Verdict) -> Verdict {
        match (&self, &other) {
            (Verdict::Missed(_), _) => self,
            (_, Verdict::Missed(_)) => other,
            (Verdict::Met(one), Verdict::Met(two)) if two > one => other,
            _ => self,
        }
    }

    fn words(&self) -> String {
        match self {
            Verdict::Met(ratio) => format!("met ({ratio:.2})"),
            Verdict::Missed(ratio) => format!("NOT met ({ratio:.2})"),
            Verdict::Told => String::new(),
            Verdict::NotMeasured => "not measured".to_owned(),
        }
    }

    fn json(&self) -> Json {
        match self {
            Verdict::Met(ratio) => json!({"met": true, "ratio": round(*ratio)}),
            Verdict::Missed(ratio) => json!({"met": false, "ratio": round(*ratio)}),
            Verdict::Told | Verdict::NotMeasured => json!({"met": null}),
        }
    }
}

impl Line {
    pub fn new(measure: impl Into<String>, shown: impl Into<String>, values: Json) -> Line {
        Line {
            measure: measure.into(),
            shown: shown.into(),
            note: String::new(),
            values,
            bar: String::new(),
            verdict: Verdict::Told,
        }
    }

    pub fn missing(
        measure: impl Into<String>,
        bar: impl Into<String>,
        reason: impl Into<String>,
    ) -> Line {
        let line = Line::new(measure, "–", json!({}));
        Line {
            bar: bar.into(),
            verdict: Verdict::NotMeasured,
            note: reason.into(),
            ..line
        }
    }

    #[must_use]
    pub fn bar(mut self, bar: impl Into<String>, verdict: Verdict) -> Line {
        self.bar = bar.into();
        self.verdict = verdict;
        self
    }

    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Line {
        self.note = note.into();
        self
    }

    fn json(&self, group: &str) -> Json {
        let mut members = Map::new();
        members.insert("group".into(), json!(group));
        members.insert("measure".into(), json!(self.measure));
        members.insert("values".into(), self.values.clone());
        members.insert("bar".into(), json!(self.bar));
        members.insert("note".into(), json!(self.note));
        if let Json::Object(verdict) = self.verdict.json() {
            members.extend(verdict);
        }
        Json::Object(members)
    }
}

/// Lines under headings, in the order of the run.
#[derive(Debug, Default)]
pub struct Report {
    groups: Vec<(String, Vec<Line>)>,
}

impl Report {
    pub fn add(&mut self, group: &str, lines: Vec<Line>) {
        self.groups.push((group.to_owned(), lines));
    }

    /// A measure that failed is a line with the reason; the others go on.
    pub fn add_or_reason(&mut self, group: &str, lines: anyhow::Result<Vec<Line>>) {
        match lines {
            Ok(lines) => self.add(group, lines),
            Err(error) => self.add(group, vec![Line::missing(group, "", format!("{error:#}"))]),
        }
    }

    pub fn json(&self, head: &Json) -> Json {
        let mut document = head.clone();
        let lines: Vec<Json> = self
            .groups
            .iter()
            .flat_map(|(group, lines)| lines.iter().map(|line| line.json(group)))
            .collect();
        document["measures"] = Json::Array(lines);
        document
    }

    pub fn text(&self) -> String {
        let all = || self.groups.iter().flat_map(|(_, lines)| lines);
        let width = |of: fn(&Line) -> &str| all().map(|line| chars(of(line))).max().unwrap_or(0);
        let (measure, shown, bar) = (
            width(|line| &line.measure),
            width(|line| &line.shown),
            width(|line| &line.bar),
        );
        let mut out = String::new();
        let head = [
            padded("measure", measure),
            padded("this run", shown),
            padded("bar", bar),
        ];
        out.push_str(&format!(
            "  {}  {}  {}  met (share of the bar)\n",
            head[0], head[1], head[2]
        ));
        for (group, lines) in &self.groups {
            out.push_str(&format!("\n{group}\n"));
            for line in lines {
                let cells = [
                    padded(&line.measure, measure),
                    padded(&line.shown, shown),
                    padded(&line.bar, bar),
                ];
                let row = format!(
                    "  {}  {}  {}  {}",
                    cells[0],
                    cells[1],
                    cells[2],
                    line.verdict.words()
                );
                out.push_str(row.trim_end());
                out.push('\n');
                if !line.note.is_empty() {
                    out.push_str(&format!("      {}\n", line.note));
                }
            }
        }
        out
    }
}

fn chars(text: &str) -> usize {
    text.chars().count()
}

fn padded(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(chars(text))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ratio_says_whether_the_bar_is_met() {
        assert_eq!(Verdict::at_most(4.0, 5.0), Verdict::Met(0.8));
        assert_eq!(Verdict::at_least(0.5, 1.0), Verdict::Missed(0.5));
        assert_eq!(
            Verdict::Met(0.8).and(Verdict::Missed(2.0)),
            Verdict::Missed(2.0)
        );
        assert_eq!(Verdict::Met(0.8).and(Verdict::Met(0.9)), Verdict::Met(0.9));
    }

    #[test]
    fn the_table_and_the_document_hold_the_same_lines() {
        let mut report = Report::default();
        let line =
            Line::new("list", "1 ms", json!({"ms": 1})).bar("≤ 5 ms", Verdict::at_most(1.0, 5.0));
        report.add(
            "REST",
            vec![line, Line::missing("board", "≤ 10 ms", "there is none")],
        );
        let text = report.text();
        assert!(
            text.contains("list") && text.contains("met (0.20)") && text.contains("there is none"),
            "{text}"
        );
        let document = report.json(&json!({"size": 1}));
        assert_eq!(document["measures"].as_array().map(Vec::len), Some(2));
        assert_eq!(document["measures"][0]["met"], json!(true));
    }
}
