//! Functions and files that a reader can hold in mind.

use super::Finding;
use super::rust::Source;
use super::tree::Tree;

/// Lines of a function that are worth a remark, and that are too many.
const FUNCTION: (usize, usize) = (70, 110);
/// The same of a file.
const FILE: (usize, usize) = (600, 700);

const ENDINGS: &[&str] = &[".rs", ".ts", ".css", ".mjs"];

pub fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, text) in tree.files() {
        if ENDINGS.iter().any(|ending| path.ends_with(ending)) {
            let message = format!("{} lines; split it", text.lines().count());
            findings.extend(weigh(text.lines().count(), FILE, (path, 0, message)));
        }
    }
    for (path, text) in tree.ending(".rs") {
        for function in Source::parse(text).functions() {
            let message = format!("`{}` has {} lines", function.name, function.lines);
            findings.extend(weigh(
                function.lines,
                FUNCTION,
                (path, function.line, message),
            ));
        }
    }
    findings
}

fn weigh(
    lines: usize,
    (remarkable, wrong): (usize, usize),
    (path, line, message): (&str, usize, String),
) -> Option<Finding> {
    match lines {
        _ if lines > wrong => Some(Finding::wrong(path, line, message)),
        _ if lines > remarkable => Some(Finding::remark(path, line, message)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::wrongs;
    use super::*;

    fn function(lines: usize) -> String {
        format!("fn long() {{\n{}}}\n", "    step();\n".repeat(lines - 2))
    }

    #[test]
    fn long_functions() {
        let find = |lines| check(&Tree::of(&[("crates/a/src/b.rs", &function(lines))]));
        assert!(find(70).is_empty());
        assert_eq!(
            find(71).first(),
            Some(&Finding::remark(
                "crates/a/src/b.rs",
                1,
                "`long` has 71 lines"
            ))
        );
        assert_eq!(
            find(111).first(),
            Some(&Finding::wrong(
                "crates/a/src/b.rs",
                1,
                "`long` has 111 lines"
            ))
        );
    }

    #[test]
    fn long_files() {
        let text = "x\n".repeat(701);
        assert_eq!(wrongs(check, &[("ui/css/a.css", &text)]).len(), 1);
        assert!(wrongs(check, &[("docs/long.md", &text)]).is_empty());
    }
}
