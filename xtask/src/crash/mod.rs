//! `kill -9` at random under load: every acknowledged write must be there
//! afterwards, none half, and the program must start again unaided.

mod client;
mod ledger;
mod load;
mod random;
mod stored;
mod verify;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::postgres::{Durability, Postgres};
use crate::program::{Program, Server};
use crate::steps::Outcome;
use crate::{Misuse, Options, shell};
use client::Client;
use ledger::{Kind, Ledger, Tally};
use load::Worker;
use random::Random;

const WORKERS: usize = 6;
const KILLS: u64 = 200;
/// Times between a start and its kill, in milliseconds.
const LIFE: std::ops::Range<u64> = 50..1500;
const ADMINISTRATOR: &str = "administrator@example.com";
const PASSWORD: &str = "a long enough pass phrase";

/// `cargo xtask crash`.
pub fn run(options: &Options) -> Result<()> {
    let clock = std::time::UNIX_EPOCH
        .elapsed()
        .map_or(1, |time| time.as_secs());
    let plan = Plan {
        kills: options.number("--kills")?.unwrap_or(KILLS),
        seed: options.number("--seed")?.unwrap_or(clock),
        backend: match options.last("--db").unwrap_or("sqlite") {
            "sqlite" => Backend::Sqlite,
            "postgres" => Backend::Postgres,
            other => bail!(Misuse(format!("--db is sqlite or postgres, not `{other}`"))),
        },
    };
    match Program::build()? {
        Some(program) => plan.run(&program),
        None => bail!("the program has no `serve` yet: there is nothing to kill"),
    }
}

/// The same as a step of `test`, on SQLite, with a fixed seed.
pub fn step(kills: u64) -> Result<Outcome> {
    let plan = Plan {
        kills,
        seed: 1,
        backend: Backend::Sqlite,
    };
    match Program::build()? {
        Some(program) => plan.run(&program).map(|()| Outcome::Passed),
        None => Ok(Outcome::Skipped("the program has no `serve` yet".into())),
    }
}

struct Plan {
    kills: u64,
    seed: u64,
    backend: Backend,
}

#[derive(Clone, Copy)]
enum Backend {
    Sqlite,
    Postgres,
}

impl Plan {
    fn run(&self, program: &Program) -> Result<()> {
        let folder = tempfile::tempdir()?;
        // Dropped last: the cluster outlives the servers.
        let (database, _cluster) = self.database(folder.path())?;
        eprintln!("  {} kills, seed {}, {database}", self.kills, self.seed);
        let mut site = Site::prepare(program, database, folder.path())?;
        let mut ledgers: Vec<Ledger> = (0..WORKERS).map(|_| Ledger::default()).collect();
        let tally = Mutex::new(Tally::default());
        let mut random = Random::new(self.seed);
        for round in 1..=self.kills {
            let life = LIFE.start + random.below(LIFE.end - LIFE.start);
            self.round(
                &mut site,
                round,
                Duration::from_millis(life),
                (&mut ledgers, &tally),
            )?;
            if round % 10 == 0 {
                eprintln!("  {round} kills; the slowest start took {:?}", site.slowest);
            }
        }
        site.check_all(&mut ledgers)?;
        let tally = tally
            .into_inner()
            .map_err(|_| anyhow::anyhow!("a worker panicked"))?;
        eprint!("{}", tally.table());
        site.report(&tally, self.kills)
    }

    fn database(&self, folder: &Path) -> Result<(String, Option<Postgres>)> {
        Ok(match self.backend {
            Backend::Sqlite => (
                format!("sqlite:{}", folder.join("crash.db").display()),
                None,
            ),
            Backend::Postgres => {
                let cluster = Postgres::start(Durability::PowerSafe)?;
                (cluster.url.clone(), Some(cluster))
            }
        })
    }

    /// Start, check what the last kill left, load, kill.
    fn round(
        &self,
        site: &mut Site<'_>,
        round: u64,
        life: Duration,
        (ledgers, tally): (&mut [Ledger], &Mutex<Tally>),
    ) -> Result<()> {
        let mut server = site.start()?;
        for ledger in ledgers.iter_mut() {
            let wrong = verify::recent(&Client::new(&server.url, &site.token), ledger)?;
            site.complain(&format!("after kill {}", round - 1), wrong);
        }
        let stop = AtomicBool::new(false);
        std::thread::scope(|scope| {
            for (number, ledger) in ledgers.iter_mut().enumerate() {
                let worker = Worker {
                    client: Client::new(&server.url, &site.token),
                    ledger,
                    tally,
                    random: Random::branch(self.seed, round, number as u64),
                    prefix: format!("-{number}"),
                };
                scope.spawn(|| worker.run(&stop));
            }
            std::thread::sleep(life);
            let killed = server.kill();
            stop.store(true, Ordering::Relaxed);
            killed
        })
    }
}

/// The installation under test, and what was found wrong with it.
struct Site<'a> {
    program: &'a Program,
    database: String,
    token: String,
    log: PathBuf,
    slowest: Duration,
    /// Each fault once, however often it is met again.
    wrong: BTreeSet<String>,
}

impl<'a> Site<'a> {
    fn prepare(program: &'a Program, database: String, folder: &Path) -> Result<Site<'a>> {
        let init = ["init", "--db", &database, "--admin", ADMINISTRATOR];
        program.tell(&init, PASSWORD)?;
        let token = [
            "token",
            "create",
            "--db",
            &database,
            "--user",
            ADMINISTRATOR,
            "--name",
            "crash",
        ];
        let token = program.tell(&token, "")?;
        Ok(Site {
            program,
            database,
            token,
            log: folder.join("serve.log"),
            slowest: Duration::ZERO,
            wrong: BTreeSet::new(),
        })
    }

    fn start(&mut self) -> Result<Server> {
        let begun = Instant::now();
        let server = self.program.serve(&self.database, &self.log);
        let server = server.context("the program does not start after a kill")?;
        self.slowest = self.slowest.max(begun.elapsed());
        Ok(server)
    }

    fn complain(&mut self, when: &str, wrong: Vec<String>) {
        for one in wrong {
            if self.wrong.insert(one.clone()) {
                eprintln!("  {when}: {one}");
            }
        }
    }

    /// One more start, and a look at everything since the first; then the
    /// program's own look at its invariants, if it has one.
    fn check_all(&mut self, ledgers: &mut [Ledger]) -> Result<()> {
        let server = self.start()?;
        let client = Client::new(&server.url, &self.token);
        let mut wrong = Vec::new();
        for ledger in ledgers.iter_mut() {
            wrong.extend(verify::recent(&client, ledger)?);
        }
        wrong.extend(verify::everything(&client, ledgers)?);
        self.complain("at the end", wrong);
        let help = self
            .program
            .tell(&["doctor", "--help"], "")
            .unwrap_or_default();
        if help.contains("--deep") {
            let mut doctor = self.program.command();
            doctor.args(["doctor", "--deep", "--db", &self.database]);
            if let Err(error) = shell::read(&mut doctor) {
                self.complain("doctor", vec![format!("{error:#}")]);
            }
        }
        Ok(())
    }

    fn report(&self, tally: &Tally, kills: u64) -> Result<()> {
        let created = tally
            .0
            .get(&Kind::Create)
            .map_or(0, |count| count.acknowledged);
        if created == 0 {
            bail!("nothing was written: the load did not reach the program");
        }
        let broken = tally.0.values().filter(|count| {
            count
                .example
                .as_ref()
                .is_some_and(|example| example.starts_with('5'))
        });
        if broken.count() > 0 {
            bail!("the program answered with 5xx under load");
        }
        if !self.wrong.is_empty() {
            bail!("{} faults after {kills} kills", self.wrong.len());
        }
        let written: u64 = tally.0.values().map(|count| count.acknowledged).sum();
        eprintln!("  {kills} kills, {written} acknowledged writes, none lost, none half");
        Ok(())
    }
}
