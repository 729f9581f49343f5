//! A named list of steps, run in order, each printed with its time.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};

/// What a step came to.
pub enum Outcome {
    Passed,
    /// Nothing was run, for the reason told.
    Skipped(String),
}

/// One step: a name that `--only` takes, and the work.
pub struct Step<'a> {
    pub name: &'static str,
    pub work: Box<dyn FnOnce() -> Result<Outcome> + 'a>,
}

impl<'a> Step<'a> {
    pub fn new(name: &'static str, work: impl FnOnce() -> Result<Outcome> + 'a) -> Self {
        Step {
            name,
            work: Box::new(work),
        }
    }
}

/// Runs every step, also after one has failed, so that one run tells all that
/// is wrong; then prints the table and fails if any step did.
pub fn run(steps: Vec<Step<'_>>) -> Result<()> {
    let began = Instant::now();
    let mut lines = Vec::new();
    for step in steps {
        eprintln!("\n== {}", step.name);
        let start = Instant::now();
        let result = (step.work)();
        let line = Line::new(step.name, result, start.elapsed());
        eprintln!("{}", line.text());
        lines.push(line);
    }
    let count = |verdict| lines.iter().filter(|line| line.verdict == verdict).count();
    let (passed, failed) = (count(Verdict::Passed), count(Verdict::Failed));
    println!("\nThe steps, {} in all:", seconds(began.elapsed()));
    for line in &lines {
        println!("{}", line.text());
    }
    println!(
        "\nsteps: {passed} passed, {failed} failed, {} skipped",
        count(Verdict::Skipped)
    );
    if failed > 0 {
        bail!("{failed} of {} steps failed", lines.len());
    }
    Ok(())
}

#[derive(Clone, Copy, PartialEq)]
enum Verdict {
    Passed,
    Skipped,
    Failed,
}

struct Line {
    name: &'static str,
    verdict: Verdict,
    took: Duration,
    remark: String,
}

impl Line {
    fn new(name: &'static str, result: Result<Outcome>, took: Duration) -> Self {
        let (verdict, remark) = match result {
            Ok(Outcome::Passed) => (Verdict::Passed, String::new()),
            Ok(Outcome::Skipped(reason)) => (Verdict::Skipped, reason),
            Err(error) => (Verdict::Failed, format!("{error:#}")),
        };
        Line {
            name,
            verdict,
            took,
            remark,
        }
    }

    fn text(&self) -> String {
        let verdict = match self.verdict {
            Verdict::Passed => "ok",
            Verdict::Skipped => "skipped",
            Verdict::Failed => "FAILED",
        };
        let (name, took) = (self.name, seconds(self.took));
        let line = format!("  {name:<10} {verdict:<8} {took:>9}  {}", self.remark);
        line.trim_end().to_string()
    }
}

fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::cell::RefCell;

    #[test]
    fn later_steps_run_after_a_failure_and_the_whole_fails() {
        let ran = RefCell::new(Vec::new());
        let steps = vec![
            Step::new("first", || {
                ran.borrow_mut().push("first");
                bail!("broken")
            }),
            Step::new("second", || {
                ran.borrow_mut().push("second");
                Ok(Outcome::Passed)
            }),
        ];
        let error = run(steps).unwrap_err();
        assert_eq!(*ran.borrow(), ["first", "second"]);
        assert_eq!(error.to_string(), "1 of 2 steps failed");
    }

    #[test]
    fn a_skipped_step_is_no_failure() {
        let step = Step::new("absent", || Ok(Outcome::Skipped("nothing there".into())));
        assert!(run(vec![step]).is_ok());
    }
}
