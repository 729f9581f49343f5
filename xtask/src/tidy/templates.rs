//! Pages live under a strict content security policy: no styles and no
//! scripts inside the markup.

use super::Finding;
use super::tree::Tree;

pub fn check(tree: &Tree) -> Vec<Finding> {
    let pages = tree.files().filter(|(path, _)| {
        let page = [".html", ".jinja", ".j2"]
            .iter()
            .any(|ending| path.ends_with(ending));
        page && ["crates/web/", "ui/", "packs/"]
            .iter()
            .any(|home| path.starts_with(home))
    });
    let mut findings = Vec::new();
    for (path, text) in pages {
        for (at, line) in text.lines().enumerate() {
            findings.extend(fault(line).map(|message| Finding::wrong(path, at + 1, message)));
        }
    }
    findings
}

fn fault(line: &str) -> Option<String> {
    for (name, value) in attributes(line) {
        if name == "style" {
            return Some("a `style` attribute: use a class".to_string());
        }
        let event = name.strip_prefix("on").or(name.strip_prefix("hx-on"));
        if event
            .is_some_and(|event| event.starts_with(|c: char| c.is_ascii_lowercase() || c == ':'))
        {
            return Some(format!("the handler `{name}` in the markup: use an island"));
        }
        if value
            .trim_start_matches(['"', '\''])
            .starts_with("javascript:")
        {
            return Some(format!("a script in `{name}`"));
        }
    }
    let script = line.find("<script").map(|at| &line[at..]);
    let is_inline =
        script.is_some_and(|tag| !tag.contains("src=") && !tag.contains("application/json"));
    let is_style = line.contains("<style");
    (is_inline || is_style)
        .then(|| "a script or style inside the page: the policy forbids it".to_string())
}

/// What looks like `name=value` behind white space: (name in small letters,
/// the rest of the line).
fn attributes(line: &str) -> impl Iterator<Item = (String, &str)> {
    line.match_indices('=').filter_map(|(at, _)| {
        let before = &line[..at];
        let start = before.rfind(|c: char| !c.is_ascii_alphanumeric() && !"-:_@.".contains(c))?;
        let name = before[start + 1..].to_lowercase();
        let spaced = before[..=start].ends_with(|c: char| c.is_whitespace() || "\"'".contains(c));
        (spaced && !name.is_empty()).then(|| (name, &line[at + 1..]))
    })
}

#[cfg(test)]
mod tests {
    use super::super::wrongs;
    use super::*;

    #[test]
    fn markup_holds_no_style_and_no_script() {
        let found = |line: &str| wrongs(check, &[("crates/web/templates/a.html", line)]).len();
        assert_eq!(found("<p style=\"color:red\">"), 1);
        assert_eq!(found("<a class=x onclick=\"go()\">"), 1);
        assert_eq!(found("<a hx-on:click=\"go()\">"), 1);
        assert_eq!(found("<a href=\"javascript:go()\">"), 1);
        assert_eq!(found("<script>go()</script>"), 1);
        assert_eq!(found("<script type=\"module\" src=\"/a.js\"></script>"), 0);
        assert_eq!(
            found("<input name=\"one\" value=\"on\">{% set on = 1 %}"),
            0
        );
        assert_eq!(found("<link rel=\"stylesheet\" href=\"a.css\">"), 0);
    }
}
