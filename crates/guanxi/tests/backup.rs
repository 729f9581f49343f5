//! `backup` and `restore` as their users have them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use serde_json::Value as Json;
use std::path::Path;
use std::process::{Command, Output};

fn guanxi(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_guanxi"));
    // Beside a PostgreSQL, files would rest where the program stands.
    let files = std::env::temp_dir().join(format!("guanxi-backup-{}", std::process::id()));
    let output = command.args(arguments).env("GUANXI_FILES", &files).output();
    let _nothing_there = std::fs::remove_dir_all(&files);
    output.unwrap()
}

fn told(arguments: &[&str]) -> Json {
    let output = guanxi(arguments);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {errors}");
    serde_json::from_slice(&output.stdout).unwrap()
}

#[track_caller]
fn refused(arguments: &[&str], words: &str) {
    let output = guanxi(arguments);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{errors}");
    assert!(errors.contains(words), "{errors}");
}

fn sqlite(path: &Path) -> String {
    format!("sqlite:{}", path.display())
}

/// A schema of the server that tests are given.
fn postgres() -> Option<String> {
    let url = std::env::var("GUANXI_TEST_PG")
        .ok()
        .filter(|url| !url.is_empty())?;
    let mark = if url.contains('?') { '&' } else { '?' };
    Some(format!(
        "{url}{mark}schema=t{}",
        uuid::Uuid::now_v7().simple()
    ))
}

#[test]
fn what_was_backed_up_is_restored_into_a_new_place() {
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| folder.path().join(name);
    let text = |name: &str| place(name).display().to_string();
    let made = told(&[
        "demo",
        "--load-only",
        "--json",
        "--size",
        "30",
        "--dir",
        &text("demo"),
    ]);
    let db = made["db"].as_str().unwrap().to_owned();
    let backup = told(&["backup", &text("copy.db"), "--db", &db, "--json"]);
    assert!(
        backup["rows"].as_u64().is_some_and(|rows| rows > 100),
        "{backup}"
    );
    for companion in ["copy.db.search", "copy.db-wal", "copy.db.part.lock"] {
        assert!(!place(companion).exists(), "{companion}");
    }
    let sum = backup["checksum"].clone();
    assert_eq!(sum.as_str().map(str::len), Some(64));

    let there = sqlite(&place("new/guanxi.db"));
    std::fs::create_dir(place("new")).unwrap();
    let restore = ["restore", &text("copy.db"), "--db", &there, "--json"];
    assert_eq!(told(&restore)["checksum"], sum);
    refused(&restore, "--replace");
    // The same data is not the same installation's files; everything else is well.
    let doctor = guanxi(&["doctor", "--deep", "--json", "--db", &there]);
    assert!(
        doctor.status.success(),
        "{}",
        String::from_utf8_lossy(&doctor.stdout)
    );
    let replace = [&restore[..], &["--replace"]].concat();
    let working = guanxi_store::open(&there).unwrap();
    refused(&replace, "in use");
    drop(working);
    let kept = told(&replace)["kept"].clone();
    assert!(Path::new(kept.as_str().unwrap()).is_file());
    std::fs::write(place("no.db"), b"no database").unwrap();
    refused(
        &["restore", &text("no.db"), "--db", &sqlite(&place("x.db"))],
        "no copy",
    );
    assert!(!place("x.db").exists());

    let Some(url) = postgres() else {
        eprintln!("skipped: no PostgreSQL is given");
        return;
    };
    let elsewhere = ["restore", &text("copy.db"), "--db", &url, "--json"];
    assert_eq!(told(&elsewhere)["checksum"], sum);
    refused(&elsewhere, "already");
    let doctor = guanxi(&["doctor", "--deep", "--json", "--db", &url]);
    assert!(
        doctor.status.success(),
        "{}",
        String::from_utf8_lossy(&doctor.stdout)
    );
    let back = told(&["backup", &text("back.db"), "--db", &url, "--json"]);
    assert_eq!(back["rows"], backup["rows"], "{back}");
    assert_eq!(back["checksum"], sum);
    guanxi_store::postgres::drop_schema(&url).unwrap();
}
