//! The program as its users have it: built, started, asked, killed.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::postgres::free_port;
use crate::shell;

/// The built program.
pub struct Program {
    path: PathBuf,
    /// Beside the environment that it inherits.
    variables: Vec<(&'static str, PathBuf)>,
}

impl Program {
    /// Builds it with the dev profile, unless `GUANXI_PROGRAM` names one that
    /// is built. `None` while it has no `serve`, as in the project's first
    /// days: then there is nothing to drive.
    pub fn build() -> Result<Option<Program>> {
        let program = match std::env::var_os("GUANXI_PROGRAM") {
            Some(given) => PathBuf::from(given),
            None => {
                shell::run(shell::cargo().args(["build", "--locked", "--package", "guanxi"]))?;
                shell::target().join("debug/guanxi")
            }
        };
        let program = Program {
            path: std::path::absolute(program)?,
            variables: Vec::new(),
        };
        let help = shell::read(program.command().arg("--help"))?;
        Ok(help.contains("serve").then_some(program))
    }

    /// The same with an environment variable.
    pub fn with(mut self, name: &'static str, value: PathBuf) -> Program {
        self.variables.push((name, value));
        self
    }

    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.path);
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Runs a command with text on its standard input; returns its output.
    pub fn tell(&self, arguments: &[&str], input: &str) -> Result<String> {
        let shown = arguments.join(" ");
        let mut command = self.command();
        command.args(arguments).stdin(Stdio::piped());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command
            .spawn()
            .context("the program could not be started")?;
        if let Some(mut pipe) = child.stdin.take() {
            // A command that asks for nothing may end before it has read.
            let _ = writeln!(pipe, "{input}");
        }
        let output = child.wait_with_output()?;
        if !output.status.success() {
            let errors = String::from_utf8_lossy(&output.stderr);
            bail!(
                "`guanxi {shown}` ended with {}: {}",
                output.status,
                errors.trim()
            );
        }
        Ok(String::from_utf8(output.stdout)?.trim().to_string())
    }

    /// Starts `serve` on a free port and waits until `/readyz` answers 200.
    /// `log` is appended to.
    pub fn serve(&self, database: &str, log: &Path) -> Result<Server> {
        let mut server = self.launch(database, log, None)?;
        match server.wait_ready(Duration::from_secs(60))? {
            Start::Ready => Ok(server),
            Start::Ended(status) => {
                bail!("`serve` ended with {status}: {}", server.last_words())
            }
        }
    }

    /// The same with an environment variable that lets it die at some point,
    /// maybe before it is ready: then there is nothing to serve.
    pub fn serve_armed(
        &self,
        database: &str,
        log: &Path,
        variable: (&str, &str),
    ) -> Result<Option<Server>> {
        let mut server = self.launch(database, log, Some(variable))?;
        Ok(match server.wait_ready(Duration::from_secs(60))? {
            Start::Ready => Some(server),
            Start::Ended(status) if status.code().is_none() => None,
            Start::Ended(status) => {
                bail!("`serve` ended with {status}: {}", server.last_words())
            }
        })
    }

    fn launch(&self, database: &str, log: &Path, variable: Option<(&str, &str)>) -> Result<Server> {
        let port = free_port()?;
        let out = File::options().create(true).append(true).open(log)?;
        let mut command = self.command();
        command.args(["serve", "--db", database, "--listen"]);
        command
            .arg(format!("127.0.0.1:{port}"))
            .stdin(Stdio::null());
        command.stdout(out.try_clone()?).stderr(out);
        command.envs(variable);
        let child = command.spawn().context("`serve` could not be started")?;
        Ok(Server {
            url: format!("http://127.0.0.1:{port}"),
            child,
            log: log.to_path_buf(),
        })
    }
}

/// How a start went.
enum Start {
    Ready,
    Ended(ExitStatus),
}

/// A running `serve`; killed when dropped.
pub struct Server {
    pub url: String,
    child: Child,
    log: PathBuf,
}

impl Server {
    /// `kill -9`, and waits until it is gone.
    pub fn kill(&mut self) -> Result<()> {
        self.child
            .kill()
            .context("the server could not be killed")?;
        self.child.wait()?;
        Ok(())
    }

    /// Whether it has ended by itself within this time.
    pub fn ends_within(&mut self, limit: Duration) -> Result<bool> {
        let start = Instant::now();
        while start.elapsed() < limit {
            if self.child.try_wait()?.is_some() {
                return Ok(true);
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(false)
    }

    fn wait_ready(&mut self, limit: Duration) -> Result<Start> {
        let address = format!("{}/readyz", self.url);
        let start = Instant::now();
        while start.elapsed() < limit {
            if let Some(status) = self.child.try_wait()? {
                return Ok(Start::Ended(status));
            }
            if ureq::get(&address).call().is_ok() {
                return Ok(Start::Ready);
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        bail!(
            "/readyz did not answer 200 within {limit:?}: {}",
            self.last_words()
        )
    }

    fn last_words(&self) -> String {
        let log = std::fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<_> = log.lines().collect();
        lines[lines.len().saturating_sub(8)..].join("\n")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already, which is as well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
