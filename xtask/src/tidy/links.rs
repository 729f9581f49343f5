//! The links between the project's own pages lead somewhere.

use std::collections::BTreeSet;

use super::Finding;
use super::tree::Tree;

pub fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, text) in tree.ending(".md") {
        for (line, target) in targets(text) {
            let is_elsewhere = target.contains("://") || target.starts_with("mailto:");
            if !is_elsewhere && !resolves(tree, path, target) {
                findings.push(Finding::wrong(
                    path,
                    line,
                    format!("`{target}` leads nowhere"),
                ));
            }
        }
    }
    findings
}

/// The targets of `[words](target)`, outside blocks of code.
fn targets(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut in_code = false;
    for (at, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
        }
        if in_code {
            continue;
        }
        for (start, mark) in line.match_indices("](") {
            let rest = &line[start + mark.len()..];
            let end = rest.find([')', ' ']).unwrap_or(rest.len());
            found.push((at + 1, &rest[..end]));
        }
    }
    found
}

fn resolves(tree: &Tree, from: &str, target: &str) -> bool {
    let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
    let path = if file.is_empty() {
        from.to_string()
    } else {
        join(from, file)
    };
    if !tree.has(path.trim_end_matches('/')) {
        return false;
    }
    let page = tree.text(&path).filter(|_| path.ends_with(".md"));
    anchor.is_empty() || page.is_none_or(|page| anchors(page).contains(anchor))
}

fn join(from: &str, file: &str) -> String {
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in file.split('/') {
        match part {
            "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// The headings as addresses: small letters, no punctuation, `-` for a space.
fn anchors(page: &str) -> BTreeSet<String> {
    let headings = page.lines().filter(|line| line.starts_with('#'));
    let slug = |line: &str| {
        let words = line.trim_start_matches('#').trim().to_lowercase();
        let kept = words
            .chars()
            .filter(|c| c.is_alphanumeric() || " -_".contains(*c));
        kept.map(|c| if c == ' ' { '-' } else { c }).collect()
    };
    headings.map(slug).collect()
}

#[cfg(test)]
mod tests {
    use super::super::wrongs;
    use super::*;

    #[test]
    fn links_lead_somewhere() {
        let found = |link: &str| {
            let page = format!("# A b, c\n[x]({link})\n");
            wrongs(check, &[("docs/a.md", &page), ("README.md", "# 关系\n")]).len()
        };
        assert_eq!(found("../README.md"), 0);
        assert_eq!(found("../README.md#关系"), 0);
        assert_eq!(found("#a-b-c"), 0);
        assert_eq!(found("https://example.org"), 0);
        assert_eq!(found("../READYOU.md"), 1);
        assert_eq!(found("#nowhere"), 1);
    }
}
