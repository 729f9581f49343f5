//! The browser suite: the demo in headless Chromium, with screenshots.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::needs::{self, Need, Strictness};
use crate::program::Program;
use crate::steps::Outcome;
use crate::{Options, shell, web};

const SUITE: &str = "tests/browser";

/// `cargo xtask shots`.
pub fn run(options: &Options) -> Result<()> {
    let needs = [Need::Chromium, Need::ChineseFont, Need::Node];
    needs::meet(&needs, Strictness::Strict)?;
    match step(&options.all("--only"))? {
        Outcome::Passed => Ok(()),
        Outcome::Skipped(reason) => bail!("{reason}"),
    }
}

/// The same as a step of `test`; `only` names stories.
pub fn step(only: &[&str]) -> Result<Outcome> {
    let suite = Path::new(SUITE);
    web::install(suite)?;
    // The helpers of the suite are tried first: they need no program.
    let mut helpers = Command::new("npm");
    shell::run(helpers.args(["test", "--silent"]).current_dir(suite))?;
    let Some(program) = Program::build()? else {
        return Ok(Outcome::Skipped("the program has no `serve` yet".into()));
    };
    let folder = shell::target().join("shots-demo");
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    std::fs::create_dir_all(&folder)?;
    let logins = demo(&program, &folder)?;
    let database = logins["db"]
        .as_str()
        .context("`demo --json` names no `db`")?;
    let server = program.serve(database, &folder.join("serve.log"))?;
    let mut browser = Command::new("node");
    browser.arg("run.mjs").args(only).current_dir(suite);
    browser.env("GUANXI_URL", &server.url);
    browser.env("GUANXI_LOGINS", logins.to_string());
    browser.env(
        "GUANXI_SHOTS",
        std::path::absolute(shell::target().join("shots"))?,
    );
    if let Some(chromium) = needs::chromium() {
        browser.env("GUANXI_CHROMIUM", chromium);
    }
    shell::run(&mut browser)?;
    Ok(Outcome::Passed)
}

/// Loads the demo into a folder; the answer of `demo --json`.
fn demo(program: &Program, folder: &Path) -> Result<serde_json::Value> {
    let mut command = program.command();
    command
        .args(["demo", "--load-only", "--json", "--dir"])
        .arg(folder);
    let answer = shell::read(&mut command)?;
    serde_json::from_str(&answer).context("`demo --json` printed no JSON")
}
