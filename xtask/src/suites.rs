//! `test` and `ci`: the list of steps, in the order in which they run.

use std::cell::RefCell;
use std::process::Command;

use anyhow::{Result, bail};

use crate::needs::{self, Need, Strictness};
use crate::postgres::{self, Durability, Postgres};
use crate::steps::{self, Outcome, Step};
use crate::{Misuse, Options, crash, deny, shell, shots, tidy};

/// How often the crash step kills; `cargo xtask crash` kills more often.
const KILLS: u64 = 20;

/// The name of the integration binaries that hold stories told by REST.
const STORIES: &str = "stories";

/// Runs the steps named by `--only`, or all of them.
pub fn run(options: &Options, strictness: Strictness) -> Result<()> {
    let wanted = options.all("--only");
    let run = Run {
        strictness,
        database: RefCell::new(None),
    };
    let steps = run.steps();
    if let Some(unknown) = wanted
        .iter()
        .find(|name| !steps.iter().any(|s| s.name == **name))
    {
        let names: Vec<_> = steps.iter().map(|step| step.name).collect();
        bail!(Misuse(format!(
            "no step is called `{unknown}`; there are: {}",
            names.join(" ")
        )));
    }
    let chosen = steps.into_iter().filter(|step| {
        let serves = match step.name {
            "tools" => true,
            "postgres" => wanted.contains(&"tests") || wanted.contains(&"stories"),
            _ => false,
        };
        wanted.is_empty() || serves || wanted.contains(&step.name)
    });
    steps::run(chosen.collect())
}

/// What the steps of one run share.
struct Run {
    strictness: Strictness,
    database: RefCell<Option<Postgres>>,
}

impl Run {
    fn steps(&self) -> Vec<Step<'_>> {
        vec![
            Step::new("tools", || self.tools()),
            Step::new("fmt", fmt),
            Step::new("clippy", clippy),
            Step::new("deny", || deny::run().map(|()| Outcome::Passed)),
            Step::new("tidy", || tidy::run().map(|()| Outcome::Passed)),
            Step::new("postgres", || self.postgres()),
            Step::new("tests", || self.tests()),
            Step::new("docs", doc_tests),
            Step::new("stories", || self.stories()),
            Step::new("crash", || crash::step(KILLS)),
            Step::new("browser", || self.browser()),
        ]
    }

    fn tools(&self) -> Result<Outcome> {
        let missing = needs::meet(&Need::ALL, self.strictness)?;
        if missing.is_empty() {
            return Ok(Outcome::Passed);
        }
        Ok(Outcome::Skipped(format!("without {missing:?}")))
    }

    fn postgres(&self) -> Result<Outcome> {
        if !Need::Postgres.is_met() {
            return self.absent(Need::Postgres);
        }
        let database = Postgres::start(Durability::Forgetful)?;
        eprintln!("  {}", shown(&database.url));
        *self.database.borrow_mut() = Some(database);
        Ok(Outcome::Passed)
    }

    fn tests(&self) -> Result<Outcome> {
        // Nextest refuses a filter that names a binary which is not there.
        let all_else = has_target(STORIES)?.then_some("not binary(stories)");
        self.suite(all_else, &[])
    }

    fn stories(&self) -> Result<Outcome> {
        if !has_target(STORIES)? {
            return Ok(Outcome::Skipped("no crate has tests/stories yet".into()));
        }
        self.suite(Some("binary(stories)"), &["--test", STORIES])
    }

    fn browser(&self) -> Result<Outcome> {
        for need in [Need::Chromium, Need::ChineseFont, Need::Node] {
            if !need.is_met() {
                return self.absent(need);
            }
        }
        shots::step(&[])
    }

    /// One run of nextest, which gives each test a process; without nextest
    /// the tests run under cargo's own runner, all or only some `targets`.
    fn suite(&self, filter: Option<&str>, targets: &[&str]) -> Result<Outcome> {
        let mut command = shell::cargo();
        if shell::find("cargo-nextest").is_some() {
            command.args(["nextest", "run", "--workspace", "--locked"]);
            command.args(filter.map(|filter| ["-E", filter]).into_iter().flatten());
        } else {
            eprintln!("  cargo-nextest is absent: cargo's own test runner is used");
            command.args(["test", "--workspace", "--locked", "--no-fail-fast"]);
            let targets = if targets.is_empty() {
                &["--lib", "--bins", "--tests"]
            } else {
                targets
            };
            command.args(targets);
        }
        match &*self.database.borrow() {
            Some(database) => {
                command.env(postgres::VARIABLE, &database.url);
            }
            None => eprintln!("  without PostgreSQL: what needs it skips itself"),
        }
        if let Some(folder) = public_data() {
            command.env(DATA, folder);
        }
        shell::run(&mut command)?;
        Ok(Outcome::Passed)
    }

    fn absent(&self, need: Need) -> Result<Outcome> {
        match self.strictness {
            Strictness::Strict => bail!("{need:?} is missing"),
            Strictness::Lenient => Ok(Outcome::Skipped(format!("{need:?} is missing"))),
        }
    }
}

/// The variable by which tests find public data sets that are too large, or not free enough, to lie in the project.
const DATA: &str = "GUANXI_DATA";

/// Where they lie beside the project, unless the variable already says.
fn public_data() -> Option<std::path::PathBuf> {
    if std::env::var_os(DATA).is_some() {
        return None;
    }
    let beside = std::env::current_dir().ok()?.join("../shared/data");
    beside.is_dir().then_some(beside)
}

fn fmt() -> Result<Outcome> {
    shell::run(shell::cargo().args(["fmt", "--all", "--check"]))?;
    Ok(Outcome::Passed)
}

fn clippy() -> Result<Outcome> {
    let mut command = shell::cargo();
    command.args(["clippy", "--workspace", "--all-targets", "--locked"]);
    shell::run(command.args(["--", "-D", "warnings"]))?;
    Ok(Outcome::Passed)
}

fn doc_tests() -> Result<Outcome> {
    shell::run(shell::cargo().args(["test", "--workspace", "--locked", "--doc"]))?;
    Ok(Outcome::Passed)
}

/// Whether any crate has an integration test binary of this name.
fn has_target(name: &str) -> Result<bool> {
    let mut command: Command = shell::cargo();
    command.args(["metadata", "--format-version=1", "--no-deps", "--locked"]);
    let metadata: serde_json::Value = serde_json::from_str(&shell::read(&mut command)?)?;
    let packages = metadata["packages"].as_array().into_iter().flatten();
    let mut targets =
        packages.flat_map(|package| package["targets"].as_array().into_iter().flatten());
    Ok(targets.any(|target| target["name"] == name && target["kind"][0] == "test"))
}

/// A URL without its password.
fn shown(url: &str) -> String {
    match (url.find("://"), url.rfind('@')) {
        (Some(start), Some(end)) if url[start + 3..end].contains(':') => {
            let user = url[start + 3..end].split(':').next().unwrap_or_default();
            format!("{}{user}:…{}", &url[..start + 3], &url[end..])
        }
        _ => url.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_not_shown() {
        let shown = shown("postgres://ann:secret@db/crm");
        assert_eq!(shown, "postgres://ann:…@db/crm");
    }

    #[test]
    fn the_list_of_steps_is_the_one_in_the_house_rules() {
        let run = Run {
            strictness: Strictness::Lenient,
            database: RefCell::new(None),
        };
        let names: Vec<_> = run.steps().iter().map(|step| step.name).collect();
        let expected = "tools fmt clippy deny tidy postgres tests docs stories crash browser";
        assert_eq!(names.join(" "), expected);
    }
}
