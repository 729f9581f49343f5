//! Nothing in the project names a machine's folders or a registry's host.

use super::Finding;
use super::tree::Tree;

/// Folders that exist on somebody's machine. In pieces, so that this list is
/// not found by its own check.
const FOLDERS: &[&[&str]] = &[
    &["/", "work/"],
    &["/", "root/"],
    &["/", "home/"],
    &["/", "Users/"],
];

pub fn check(tree: &Tree) -> Vec<Finding> {
    let folders: Vec<_> = FOLDERS.iter().map(|parts| parts.concat()).collect();
    let mut findings = Vec::new();
    for (path, text) in tree.files() {
        for (at, line) in text.lines().enumerate() {
            if let Some(folder) = folders.iter().find(|folder| names(line, folder)) {
                findings.push(Finding::wrong(
                    path,
                    at + 1,
                    format!("names `{folder}` of some machine"),
                ));
            }
            if path.ends_with("package-lock.json") && line.contains("\"resolved\": \"http") {
                let message = "names a registry: npm install --omit-lockfile-registry-resolved";
                findings.push(Finding::wrong(path, at + 1, message));
            }
        }
    }
    findings
}

/// Whether the folder stands at the beginning of a path: not behind a letter
/// or a dot, as in an address or `../`.
fn names(line: &str, folder: &str) -> bool {
    line.match_indices(folder).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        !before.is_some_and(|c| c.is_alphanumeric() || ".-_}~*".contains(c))
    })
}

#[cfg(test)]
mod tests {
    use super::super::wrongs;
    use super::*;

    #[test]
    fn machines_are_not_named() {
        let found = |line: String| wrongs(check, &[("docs/a.md", &line)]).len();
        assert_eq!(found(format!("see {}main", FOLDERS[0].concat())), 1);
        assert_eq!(found(format!("`{}.bashrc`", FOLDERS[1].concat())), 1);
        assert_eq!(
            found(format!("https://example.org{}", FOLDERS[2].concat())),
            0
        );
        assert_eq!(found("target/shots".to_string()), 0);
    }

    #[test]
    fn registries_are_not_named() {
        let lock = "  \"resolved\": \"https://registry.example/a.tgz\",\n";
        assert_eq!(wrongs(check, &[("ui/package-lock.json", lock)]).len(), 1);
    }
}
