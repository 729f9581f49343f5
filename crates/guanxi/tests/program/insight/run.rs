//! Runs the program.

use serde_json::Value as Json;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A folder of files for one test.
pub struct Folder(tempfile::TempDir);

impl Folder {
    pub fn new() -> Folder {
        Folder(tempfile::tempdir().unwrap())
    }

    /// Writes a file and gives its path.
    pub fn file(&self, name: &str, text: &str) -> String {
        let path = self.0.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

pub fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_guanxi"))
        .arg("insight")
        .args(arguments)
        .output()
        .unwrap()
}

/// The answer of a run that has to succeed: one JSON object on one line.
#[track_caller]
pub fn answer(arguments: &[&str]) -> Json {
    let output = run(arguments);
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {errors}");
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(text.matches('\n').count(), 1, "{text}");
    let answer: Json = serde_json::from_str(&text).unwrap();
    assert!(answer.is_object());
    answer
}

/// A set that lies with the methods.
pub fn data(file: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../methods/tests/data");
    folder.join(file).to_str().unwrap().to_owned()
}

/// A set of the folder that GUANXI_DATA names.
pub fn public(file: &str) -> Option<String> {
    let folder = std::env::var_os("GUANXI_DATA").map(PathBuf::from);
    if folder.is_none() {
        eprintln!("skipped: GUANXI_DATA names no folder with {file}");
    }
    Some(folder?.join(file).to_str().unwrap().to_owned())
}

#[track_caller]
pub fn close(found: &Json, expected: f64, tolerance: f64) {
    let value = found
        .as_f64()
        .unwrap_or_else(|| panic!("{found} is no number"));
    assert!(
        (value - expected).abs() <= tolerance * expected.abs().max(1.0),
        "{value} is not {expected}"
    );
}
