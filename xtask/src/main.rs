//! The project's own chores: what a laptop and CI run alike.
//!
//! `cargo xtask test` is the whole of it: a named list of steps, each printed
//! with its time. The other commands are single chores of that list.

mod crash;
mod deny;
mod needs;
mod postgres;
mod program;
mod shell;
mod shots;
mod steps;
mod suites;
mod tidy;
mod web;

use std::process::ExitCode;

use anyhow::{Result, bail};

const USAGE: &str = "\
usage: cargo xtask COMMAND

  test [--only STEP]...   every check and suite; installs what is missing as root on Debian
  ci                      the same, and a tool that cannot be had is a failure
  tidy                    arrows, sizes, code map and the other rules about the tree itself
  deny                    licences, banned and duplicate crates
  web [ARGS]...           builds the interface (the script that the build of `web` calls)
  crash [--kills N] [--seed N] [--db sqlite|postgres]
                          kills the program at random under load and looks for lost writes
  shots [--only STORY]... the browser suite with screenshots in target/shots

example: cargo xtask test --only tidy --only tests
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            let misused = error.downcast_ref::<Misuse>().is_some();
            ExitCode::from(if misused { 2 } else { 1 })
        }
    }
}

fn run(arguments: &[String]) -> Result<()> {
    std::env::set_current_dir(shell::root()?)?;
    let (command, rest) = match arguments.split_first() {
        Some((command, rest)) => (command.as_str(), rest),
        None => ("help", arguments),
    };
    match command {
        "test" => suites::run(&options(rest, &["--only"])?, needs::Strictness::from_env()),
        "ci" => suites::run(&options(rest, &["--only"])?, needs::Strictness::Strict),
        "tidy" => tidy::run(),
        "deny" => deny::run(),
        "web" => web::run(rest),
        "crash" => crash::run(&options(rest, &["--kills", "--seed", "--db"])?),
        "shots" => shots::run(&options(rest, &["--only"])?),
        "help" | "--help" | "-h" => {
            print!("{USAGE}");
            Ok(())
        }
        other => bail!(Misuse(format!("no chore is called `{other}`"))),
    }
}

/// The command line was wrong: exit code 2 instead of 1.
#[derive(Debug)]
struct Misuse(String);

impl std::fmt::Display for Misuse {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}\n\n{USAGE}", self.0)
    }
}

impl std::error::Error for Misuse {}

/// Options as (name, value) pairs in the order given; any may repeat.
pub struct Options(Vec<(String, String)>);

impl Options {
    /// All the values of an option.
    pub fn all(&self, name: &str) -> Vec<&str> {
        let matching = self.0.iter().filter(|(given, _)| given == name);
        matching.map(|(_, value)| value.as_str()).collect()
    }

    /// The last value of an option.
    pub fn last(&self, name: &str) -> Option<&str> {
        self.all(name).pop()
    }

    /// The last value of an option as a number.
    pub fn number(&self, name: &str) -> Result<Option<u64>> {
        let Some(text) = self.last(name) else {
            return Ok(None);
        };
        match text.parse() {
            Ok(number) => Ok(Some(number)),
            Err(_) => bail!(Misuse(format!("{name} takes a number, not `{text}`"))),
        }
    }
}

/// Reads `--name value` and `--name=value`; anything else is a misuse.
fn options(arguments: &[String], known: &[&str]) -> Result<Options> {
    let mut found = Vec::new();
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        let (name, value) = match argument.split_once('=') {
            Some((name, value)) => (name.to_string(), Some(value.to_string())),
            None => (argument.clone(), None),
        };
        if !known.contains(&name.as_str()) {
            bail!(Misuse(format!("unknown option `{name}`")));
        }
        let Some(value) = value.or_else(|| rest.next().cloned()) else {
            bail!(Misuse(format!("{name} needs a value")));
        };
        found.push((name, value));
    }
    Ok(Options(found))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn words(line: &str) -> Vec<String> {
        line.split_whitespace().map(str::to_string).collect()
    }

    #[test]
    fn options_repeat_and_take_both_spellings() {
        let read = options(&words("--only tidy --only=fmt"), &["--only"]).unwrap();
        assert_eq!(read.all("--only"), ["tidy", "fmt"]);
        assert_eq!(read.last("--only"), Some("fmt"));
    }

    #[test]
    fn a_wrong_command_line_is_a_misuse() {
        for line in ["--kill 3", "--kills", "stray"] {
            let error = options(&words(line), &["--kills"]).err().unwrap();
            assert!(error.downcast_ref::<Misuse>().is_some(), "{line}");
        }
        let read = options(&words("--kills many"), &["--kills"]).unwrap();
        assert!(read.number("--kills").is_err());
    }
}
