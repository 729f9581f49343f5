//! A private PostgreSQL cluster for one run, gone when the run ends.

use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result};

use crate::shell;

/// The variable by which tests learn of a PostgreSQL, as a URL of a database
/// in which they may create others.
pub const VARIABLE: &str = "GUANXI_TEST_PG";

/// Whether a crash of the machine may lose what was committed. Tests do not
/// care and run several times as fast; the crash suite does care.
#[derive(Clone, Copy, PartialEq)]
pub enum Durability {
    Forgetful,
    PowerSafe,
}

/// A PostgreSQL for tests: one that was given, or a cluster of our own.
pub struct Postgres {
    pub url: String,
    /// Held for its end: dropping it ends the cluster.
    _guardian: Option<Guardian>,
}

/// The URL in the environment, if one is set.
pub fn given() -> Option<String> {
    std::env::var(VARIABLE).ok().filter(|url| !url.is_empty())
}

/// The folder with `initdb` and `pg_ctl`: Debian keeps them out of PATH.
pub fn programs() -> Option<PathBuf> {
    let newest = std::fs::read_dir("/usr/lib/postgresql")
        .ok()
        .and_then(|versions| {
            let numbered = versions.flatten().filter_map(|entry| {
                let version: u32 = entry.file_name().to_str()?.parse().ok()?;
                Some((version, entry.path().join("bin")))
            });
            numbered
                .filter(|(_, bin)| bin.join("initdb").is_file())
                .max()
        });
    let in_path = || Some(shell::find("initdb")?.parent()?.to_path_buf());
    newest.map(|(_, bin)| bin).or_else(in_path)
}

impl Postgres {
    /// The given PostgreSQL, or a new private cluster on a free port.
    pub fn start(durability: Durability) -> Result<Postgres> {
        if let Some(url) = given() {
            return Ok(Postgres {
                url,
                _guardian: None,
            });
        }
        let bin = programs().context("PostgreSQL's server programs are not installed")?;
        let owner = Owner::find();
        let template = std::env::temp_dir().join("guanxi-pg.XXXXXX");
        let folder = shell::read(owner.command("mktemp").arg("-d").arg(template))?;
        let folder = PathBuf::from(folder.trim());
        // From here on somebody else cleans up, whatever becomes of us.
        let guardian = Guardian::start(&owner, &bin, &folder)?;
        let port = free_port()?;
        initialise(&owner, &bin, &folder)?;
        launch(&owner, &bin, &folder, &settings(port, &folder, durability))?;
        Ok(Postgres {
            url: format!("postgres://postgres@127.0.0.1:{port}/postgres"),
            _guardian: Some(guardian),
        })
    }
}

/// A port on the loopback that nothing listens on at the moment.
pub fn free_port() -> Result<u16> {
    let probe = TcpListener::bind(("127.0.0.1", 0)).context("no port is free")?;
    Ok(probe.local_addr()?.port())
}

/// The user that runs the cluster: PostgreSQL refuses to be run by root.
enum Owner {
    Myself,
    Other(&'static str),
}

impl Owner {
    fn find() -> Owner {
        if !shell::is_root() {
            return Owner::Myself;
        }
        let exists = |name: &&'static str| shell::read(Command::new("id").arg(name)).is_ok();
        let named = ["postgres", "nobody"].into_iter().find(exists);
        Owner::Other(named.unwrap_or("nobody"))
    }

    fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = match self {
            Owner::Myself => Command::new(program),
            Owner::Other(name) => {
                let mut command = Command::new("runuser");
                command.args(["-u", name, "--"]).arg(program.as_ref());
                command
            }
        };
        // The owner may have no right to enter the folder where we stand.
        command.current_dir("/");
        command
    }
}

/// A small shell that waits until this process ends, in whatever way (also by
/// Ctrl-C or a kill, for the end of a pipe is what it waits for), then stops
/// the cluster and removes its folder.
struct Guardian(Child);

impl Guardian {
    fn start(owner: &Owner, bin: &Path, folder: &Path) -> Result<Guardian> {
        let script = "trap '' INT TERM HUP; cat >/dev/null; \
                      \"$1/pg_ctl\" -D \"$2/data\" -m immediate -w stop >/dev/null 2>&1; \
                      rm -rf \"$2\"";
        let mut command = owner.command("sh");
        command
            .args(["-c", script, "guardian"])
            .arg(bin)
            .arg(folder);
        // In a process group of its own, Ctrl-C at the terminal passes it by.
        command.process_group(0).stdin(Stdio::piped());
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn().context("no shell for cleaning up")?;
        Ok(Guardian(child))
    }
}

impl Drop for Guardian {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        // Nothing is left to do if the wait fails: the guardian works alone.
        let _ = self.0.wait();
    }
}

fn initialise(owner: &Owner, bin: &Path, folder: &Path) -> Result<()> {
    let mut initdb = owner.command(bin.join("initdb"));
    initdb.arg("-D").arg(folder.join("data"));
    initdb.args(["-U", "postgres", "--auth=trust", "--encoding=UTF8"]);
    shell::read(initdb.args(["--locale=C", "--no-sync"])).map(drop)
}

fn settings(port: u16, folder: &Path, durability: Durability) -> String {
    let mut settings = vec![
        format!("port={port}"),
        "listen_addresses=127.0.0.1".to_string(),
        format!("unix_socket_directories={}", folder.display()),
        "max_connections=300".to_string(),
    ];
    if durability == Durability::Forgetful {
        let off = ["fsync", "synchronous_commit", "full_page_writes"];
        settings.extend(off.map(|name| format!("{name}=off")));
    }
    let flags: Vec<_> = settings.iter().map(|one| format!("-c {one}")).collect();
    flags.join(" ")
}

fn launch(owner: &Owner, bin: &Path, folder: &Path, settings: &str) -> Result<()> {
    let log = folder.join("log");
    let mut start = owner.command(bin.join("pg_ctl"));
    start.arg("-D").arg(folder.join("data")).arg("-l").arg(&log);
    start.args(["-w", "-t", "60", "-o", settings, "start"]);
    // Its output goes to the log; a pipe would stay open as long as the server.
    start
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let status = start.status().context("pg_ctl could not be started")?;
    if status.success() {
        return Ok(());
    }
    let said = std::fs::read_to_string(&log).unwrap_or_default();
    anyhow::bail!("PostgreSQL did not start: {}", said.trim())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn only_tests_forget() {
        let folder = Path::new("somewhere");
        let fast = settings(1, folder, Durability::Forgetful);
        let safe = settings(1, folder, Durability::PowerSafe);
        assert!(fast.contains("fsync=off") && !safe.contains("fsync"));
    }

    #[test]
    fn a_cluster_answers_and_leaves_nothing_behind() {
        if programs().is_none() || given().is_some() {
            eprintln!("skipped: no PostgreSQL programs, or one is given");
            return;
        }
        let cluster = Postgres::start(Durability::Forgetful).unwrap();
        let address = cluster.url.split(['@', '/']).nth(3).unwrap().to_string();
        assert!(std::net::TcpStream::connect(&address).is_ok());
        drop(cluster);
        assert!(std::net::TcpStream::connect(&address).is_err());
    }
}
