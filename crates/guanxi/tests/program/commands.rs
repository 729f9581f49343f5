//! Commands, as somebody gives them in a terminal.

use serde_json::Value as Json;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// Runs the program in a folder, with these words on its standard input.
fn run(folder: &Path, arguments: &[&str], said: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_guanxi"))
        .args(arguments)
        .current_dir(folder)
        .env_remove("GUANXI_DB")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that wants nothing may have ended before.
    let _unread = child.stdin.take().unwrap().write_all(said.as_bytes());
    child.wait_with_output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn every_command_has_help_with_an_example() {
    let folder = tempfile::tempdir().unwrap();
    let mut paths: Vec<Vec<String>> = vec![Vec::new()];
    let mut seen = 0;
    while let Some(path) = paths.pop() {
        let mut arguments: Vec<&str> = path.iter().map(String::as_str).collect();
        arguments.push("--help");
        let output = run(folder.path(), &arguments, "");
        let help = text(&output.stdout);
        assert!(
            output.status.success() && help.contains("Example"),
            "{arguments:?}\n{help}"
        );
        let commands = help.split("Commands:\n").nth(1).unwrap_or_default();
        let names = commands
            .lines()
            .take_while(|line| line.starts_with("  "))
            .filter_map(|line| line.strip_prefix("  ")?.split_whitespace().next())
            .filter(|name| *name != "help");
        paths.extend(names.map(|name| [path.clone(), vec![name.to_owned()]].concat()));
        seen += 1;
    }
    assert!(seen > 15, "{seen} commands");
}

#[test]
fn wrong_use_is_2_and_a_failure_is_1_and_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    for wrong in [
        &["nothing"][..],
        &["import"],
        &["user", "add"],
        &["demo", "--nothing"],
    ] {
        let output = run(folder, wrong, "");
        assert_eq!(output.status.code(), Some(2), "{wrong:?}");
        assert!(
            output.stdout.is_empty() && !output.stderr.is_empty(),
            "{wrong:?}"
        );
    }
    // A slip in the address of a database makes no new one.
    for command in [
        &["export", "customer", "--db", "sqlite:absent/absent.db"][..],
        &["doctor", "--db", "sqlite:absent/absent.db"],
        &[
            "token",
            "create",
            "--user",
            "a@example.com",
            "--name",
            "n",
            "--db",
            "sqlite:absent.db",
        ],
    ] {
        let output = run(folder, command, "");
        assert_eq!(output.status.code(), Some(1), "{command:?}");
        let all = text(&output.stdout) + &text(&output.stderr);
        assert!(all.contains("guanxi init"), "{command:?}: {all}");
    }
    assert_eq!(std::fs::read_dir(folder).unwrap().count(), 0);
}

#[test]
fn an_installation_is_made_and_people_come_in() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let db = ["--db", "sqlite:guanxi.db"];
    let with_db = |arguments: &[&str], said: &str| run(folder, &[arguments, &db].concat(), said);
    let secret = "Korrekt-Pferd-88\n";
    let made = with_db(&["init", "--admin", "admin@example.com"], secret);
    assert!(made.status.success(), "{}", text(&made.stderr));
    assert_eq!(
        with_db(&["init", "--admin", "admin@example.com"], secret)
            .status
            .code(),
        Some(1)
    );
    let add = |email: &str, role: &str, said: &str| {
        let person = [
            "user", "add", "--email", email, "--name", "Li", "--role", role, "--json",
        ];
        with_db(
            &[&person[..], &["--department", "Sales/East"]].concat(),
            said,
        )
    };
    let added = add("li@example.com", "salesperson", secret);
    let json: Json = serde_json::from_slice(&added.stdout).unwrap();
    assert!(json["id"].is_string() && text(&added.stdout).lines().count() == 1);
    for (email, role, said, told) in [
        ("li@example.com", "salesperson", secret, "another"),
        ("x@example.com", "salesman", secret, "salesperson"),
        ("x@example.com", "salesperson", "short\n", "10 characters"),
        ("x@example.com", "salesperson", "", "standard input"),
    ] {
        let refused = add(email, role, said);
        assert_eq!(refused.status.code(), Some(1), "{email} {role}");
        let words = text(&refused.stderr);
        assert!(words.contains(told) && !words.contains('{'), "{words}");
    }
    let token = with_db(
        &["token", "create", "--user", "li@example.com", "--name", "n"],
        "",
    );
    assert!(token.stderr.is_empty() && text(&token.stdout).split_whitespace().count() == 1);
    std::fs::write(
        folder.join("a.csv"),
        "name,phone\n锅炉厂,0551-62345678\n坏,abc\n",
    )
    .unwrap();
    std::fs::write(folder.join("b.csv"), "name,phone\n坏,abc\n").unwrap();
    let import = |file: &str| with_db(&["import", "customer", file, "--json"], "");
    let report = import("a.csv");
    let json: Json = serde_json::from_slice(&report.stdout).unwrap();
    assert_eq!(report.status.code(), Some(0));
    assert_eq!(
        [&json["rows"], &json["created"], &json["failed"]],
        [2, 1, 1]
    );
    // As the database was named: from the working folder.
    let failed = folder.join(json["failed_file"].as_str().unwrap());
    assert!(failed.is_file(), "{}", failed.display());
    assert_eq!(import("b.csv").status.code(), Some(1), "none passed");
    let export = with_db(&["export", "customer", "--filter", "name ~ \"锅炉\""], "");
    assert!(
        text(&export.stdout).contains("锅炉厂"),
        "{}",
        text(&export.stderr)
    );
}
