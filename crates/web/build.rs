//! Builds the interface's assets before they are embedded, when they are older than their sources.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

/// What the bundle is made from, under `ui/`.
const SOURCES: [&str; 8] = [
    "build.mjs",
    "css",
    "icons.txt",
    "islands",
    "package-lock.json",
    "package.json",
    "static",
    "tsconfig.json",
];

fn main() {
    // Asked now, not when the script was compiled: a target folder may serve several checkouts.
    let here = std::env::var("CARGO_MANIFEST_DIR").unwrap_or_else(|_| ".".to_owned());
    let ui = Path::new(&here).join("../../ui");
    for source in SOURCES {
        println!("cargo::rerun-if-changed={}", ui.join(source).display());
    }
    println!(
        "cargo::rerun-if-changed={}",
        ui.join("dist/manifest.json").display()
    );
    println!("cargo::rerun-if-changed=templates");
    println!("cargo::rerun-if-changed=lang");
    let built = modified(&ui.join("dist/manifest.json"));
    let changed = SOURCES
        .iter()
        .filter_map(|source| newest(&ui.join(source)))
        .max();
    if built.is_some() && built >= changed {
        return;
    }
    if let Err(error) = build(&ui) {
        // Cargo fails the build and shows these words.
        println!("cargo::error={error}");
    }
}

fn build(ui: &Path) -> Result<(), String> {
    let installed = modified(&ui.join("node_modules/.package-lock.json"));
    if installed.is_none() || installed < modified(&ui.join("package-lock.json")) {
        run(
            ui,
            "npm",
            &[
                "ci",
                "--omit=dev",
                "--ignore-scripts",
                "--no-audit",
                "--no-fund",
            ],
        )?;
    }
    run(ui, "node", &["build.mjs"])
}

fn run(ui: &Path, program: &str, arguments: &[&str]) -> Result<(), String> {
    let output = Command::new(program).args(arguments).current_dir(ui).output().map_err(|error| {
        format!(
            "the interface is built with Node.js 20 or later, but `{program}` did not start ({error}); \
             install it (Debian, Ubuntu: `apt install nodejs npm`) and build again"
        )
    })?;
    if output.status.success() {
        return Ok(());
    }
    let errors = String::from_utf8_lossy(&output.stderr).replace('\n', " | ");
    Err(format!(
        "`{program} {}` in ui/ failed: {errors}",
        arguments.join(" ")
    ))
}

fn modified(path: &Path) -> Option<SystemTime> {
    path.metadata().ok()?.modified().ok()
}

/// The newest change at or below `path`.
fn newest(path: &Path) -> Option<SystemTime> {
    let own = modified(path);
    let Ok(entries) = path.read_dir() else {
        return own;
    };
    let below = entries
        .flatten()
        .map(|entry| -> PathBuf { entry.path() })
        .filter_map(|entry| newest(&entry))
        .max();
    own.max(below)
}
