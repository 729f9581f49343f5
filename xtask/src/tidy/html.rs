//! Only `web` knows HTML. Packs may hold print templates.

use super::Finding;
use super::rust::Source;
use super::tree::{Tree, crate_of};

const TAGS: &[&str] = &[
    "<!doctype",
    "<html",
    "<head",
    "<body",
    "<div",
    "<span",
    "<p>",
    "<a href",
    "<table",
    "<tr>",
    "<td",
    "<ul>",
    "<li>",
    "<form",
    "<input",
    "<button",
    "<script",
    "<style",
    "<link ",
    "<img ",
];
const HOMES: &[&str] = &["crates/web/", "ui/", "packs/", "tests/", "docs/"];

/// Product files that name tags for a reason.
const EXCEPTIONS: &[&str] = &[
    // The values of this kind are markup: it says which tags a value may hold.
    "crates/meta/src/kinds/rich_text.rs",
];

pub fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, text) in tree
        .product()
        .filter(|(path, _)| crate_of(path) != Some("web") && !EXCEPTIONS.contains(path))
    {
        for (line, literal) in Source::parse_product(text).strings {
            let literal = literal.to_lowercase();
            if let Some(tag) = TAGS.iter().find(|tag| literal.contains(**tag)) {
                findings.push(Finding::wrong(
                    path,
                    line,
                    format!("HTML (`{tag}`) outside web"),
                ));
            }
        }
    }
    let pages = [".html", ".htm", ".jinja", ".j2"];
    for (path, _) in tree.files() {
        let is_page = pages.iter().any(|ending| path.ends_with(ending));
        if is_page && !HOMES.iter().any(|home| path.starts_with(home)) {
            findings.push(Finding::wrong(path, 0, "a page outside web"));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::super::wrongs;
    use super::*;

    #[test]
    fn html_stays_in_web() {
        let found = |path: &str, text: &str| wrongs(check, &[(path, text)]).len();
        let text = "fn f() -> &'static str { \"<DIV class=x>\" }";
        assert_eq!(found("crates/engine/src/a.rs", text), 1);
        assert_eq!(found("crates/web/src/a.rs", text), 0);
        assert_eq!(found("crates/query/src/a.rs", "fn f() { g(\"a < b\") }"), 0);
        assert_eq!(found("crates/api/docs.html", ""), 1);
        assert_eq!(found("packs/core/print/quote.html", ""), 0);
    }
}
