//! Builds the interface, by the same script that the build of `web` calls.

use std::path::Path;
use std::process::Command;

use anyhow::{Result, bail};

use crate::shell;

/// `cargo xtask web [ARGS]`: the arguments go to `ui/build.mjs`.
pub fn run(arguments: &[String]) -> Result<()> {
    let folder = Path::new("ui");
    if !folder.join("build.mjs").is_file() {
        bail!("ui/build.mjs is missing: there is no interface to build");
    }
    install(folder)?;
    let mut build = Command::new("node");
    shell::run(build.arg("build.mjs").args(arguments).current_dir(folder))
}

/// `npm ci` in a folder with a lock file, when what is installed is older
/// than the lock. No package may run a script of its own.
pub fn install(folder: &Path) -> Result<()> {
    let installed = folder.join("node_modules/.package-lock.json");
    if !shell::is_stale(&installed, &folder.join("package-lock.json")) {
        return Ok(());
    }
    let mut npm = Command::new("npm");
    npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]);
    shell::run(npm.current_dir(folder))
}
