//! What people see in a terminal: progress on standard error when it is one, results on standard output.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::{BufRead, IsTerminal, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

/// A bar over `total` rows; silent where standard error is not a terminal.
pub fn bar(total: u64, what: &str) -> ProgressBar {
    let target = if std::io::stderr().is_terminal() {
        ProgressDrawTarget::stderr()
    } else {
        ProgressDrawTarget::hidden()
    };
    let bar = ProgressBar::with_draw_target(Some(total), target);
    let style =
        ProgressStyle::with_template("{msg:16} {bar:32} {human_pos}/{human_len} {per_sec} {eta}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar.set_message(what.to_owned());
    bar
}

/// A sign of life for work of unknown length; silent where standard error is not a terminal.
pub fn spinner(what: &'static str) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let spinner = ProgressBar::new_spinner().with_message(what);
    spinner.enable_steady_tick(std::time::Duration::from_millis(200));
    spinner
}

/// One document on one line of standard output.
pub fn json(document: &serde_json::Value) {
    let mut out = std::io::stdout().lock();
    let _closed_pipe = writeln!(out, "{document}");
}

/// A secret from standard input: never from arguments, which other people's `ps` shows.
pub fn secret(what: &str) -> anyhow::Result<String> {
    if std::io::stdin().is_terminal() {
        eprint!("{what}: ");
    }
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line)?;
    let line = line.trim_end_matches(['\r', '\n']).to_owned();
    if line.is_empty() {
        anyhow::bail!(
            "{what} is empty: write it to standard input, for example `echo … | guanxi …`."
        );
    }
    Ok(line)
}

/// Time after which a command that is still busy shows a bar.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(2);

/// A bar over the bytes of files, shown only where it takes long and somebody looks.
pub struct Progress {
    size: u64,
    taken: Arc<AtomicU64>,
    since: Instant,
    bar: Option<ProgressBar>,
}

impl Progress {
    /// `taken` is counted up by whoever reads.
    pub fn new(size: u64, taken: Arc<AtomicU64>) -> Progress {
        Progress {
            size,
            taken,
            since: Instant::now(),
            bar: None,
        }
    }

    pub fn tick(&mut self) {
        if self.bar.is_none() && self.since.elapsed() < PATIENCE {
            return;
        }
        let bar = self.bar.get_or_insert_with(|| {
            let bar = bar(self.size, "reading");
            let style =
                ProgressStyle::with_template("{msg:16} {bar:32} {bytes}/{total_bytes} {eta}");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar
        });
        bar.set_position(self.taken.load(Ordering::Relaxed));
    }

    pub fn finish(self) {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
    }
}
