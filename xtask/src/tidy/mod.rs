//! The rules about the tree itself: each check is a module, a pure function
//! over the files, with a test that shows it can fail.

mod arrows;
mod clock;
mod code_map;
mod dependencies;
mod html;
mod http;
mod languages;
mod links;
mod paths;
mod rust;
mod sizes;
mod sql;
mod templates;
mod tree;

use anyhow::{Result, bail};

use crate::shell;
use tree::Tree;

/// A rule: the findings in a tree, none if it is kept.
type Check = fn(&Tree) -> Vec<Finding>;

/// The checks by name, in the order in which they are printed.
const CHECKS: &[(&str, Check)] = &[
    ("arrows", arrows::check),
    ("dependencies", dependencies::check),
    ("sizes", sizes::check),
    ("code map", code_map::check),
    ("sql", sql::check),
    ("http", http::check),
    ("html", html::check),
    ("clock", clock::check),
    ("templates", templates::check),
    ("languages", languages::check),
    ("paths", paths::check),
    ("links", links::check),
];

/// What a check found.
#[derive(Debug, PartialEq)]
pub struct Finding {
    weight: Weight,
    path: String,
    /// From 1; 0 when the whole file is meant.
    line: usize,
    message: String,
}

#[derive(Debug, PartialEq, Clone, Copy)]
enum Weight {
    /// Listed.
    Remark,
    /// Fails.
    Wrong,
}

impl Finding {
    fn wrong(path: &str, line: usize, message: impl Into<String>) -> Finding {
        Finding {
            weight: Weight::Wrong,
            path: path.to_string(),
            line,
            message: message.into(),
        }
    }

    fn remark(path: &str, line: usize, message: impl Into<String>) -> Finding {
        Finding {
            weight: Weight::Remark,
            ..Finding::wrong(path, line, message)
        }
    }
}

pub fn run() -> Result<()> {
    let tree = Tree::read(&shell::root()?)?;
    let mut failed = 0;
    for (name, check) in CHECKS {
        let findings = check(&tree);
        let wrong = findings
            .iter()
            .filter(|one| one.weight == Weight::Wrong)
            .count();
        failed += wrong;
        let verdict = if wrong == 0 { "ok" } else { "WRONG" };
        eprintln!("  {name:<13} {verdict}");
        for one in &findings {
            let mark = if one.weight == Weight::Wrong {
                "error"
            } else {
                "note"
            };
            let place = match one.line {
                0 => one.path.clone(),
                line => format!("{}:{line}", one.path),
            };
            eprintln!("    {mark}: {place}: {}", one.message);
        }
    }
    if failed > 0 {
        bail!("{failed} findings; the rules are in STYLE.md");
    }
    Ok(())
}

/// The messages of what is wrong in a tree made of these files, for tests.
#[cfg(test)]
fn wrongs(check: Check, files: &[(&str, &str)]) -> Vec<String> {
    let findings = check(&Tree::of(files)).into_iter();
    let wrong = findings.filter(|one| one.weight == Weight::Wrong);
    wrong
        .map(|one| format!("{}:{} {}", one.path, one.line, one.message))
        .collect()
}
