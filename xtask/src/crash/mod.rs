//! `kill -9` under load, first at each of the program's fail points and then at
//! random: every acknowledged write must be there afterwards, none half, and
//! the program must start again unaided.

mod acts;
mod client;
mod ledger;
mod load;
mod points;
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
use crate::{Misuse, Options};
use client::Client;
use ledger::{Kind, Ledger, Tally};
use load::Worker;
use points::Lead;
use random::Random;
use verify::Jobs;

const WORKERS: usize = 6;
const KILLS: u64 = 200;
/// Times between a start and its kill, in milliseconds.
const LIFE: std::ops::Range<u64> = 50..1500;
/// How long a round waits for its point.
const MOST_LIFE: Duration = Duration::from_secs(20);
/// So many kills lie between two looks at everything.
const CHECK_EVERY: u64 = 10;
/// At which passing of a point the program dies, lap by lap.
const COUNTS: [u64; 3] = [1, 2, 40];
const COLLEAGUE: &str = "colleague@example.com";
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
        Some(program) => plan.run(program),
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
        Some(program) => plan.run(program).map(|()| Outcome::Passed),
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
    fn run(&self, program: Program) -> Result<()> {
        let folder = tempfile::tempdir()?;
        let program = &program.with("GUANXI_FILES", folder.path().join("files"));
        // Dropped last: the cluster outlives the servers.
        let (database, _cluster) = self.database(folder.path())?;
        eprintln!("  {} kills, seed {}, {database}", self.kills, self.seed);
        let mut site = Site::prepare(program, database, folder.path())?;
        let mut ledgers: Vec<Ledger> = (0..WORKERS).map(|_| Ledger::default()).collect();
        let tally = Mutex::new(Tally::default());
        let mut random = Random::new(self.seed);
        let armed = self.armed();
        let mut missed = BTreeSet::new();
        for round in 1..=self.kills {
            let death = match armed.get(round as usize - 1) {
                Some((point, count)) => Death::Point(point, *count),
                None => Death::After(Duration::from_millis(
                    LIFE.start + random.below(LIFE.end - LIFE.start),
                )),
            };
            match self.round(&mut site, (round, death), (&mut ledgers, &tally))? {
                Died::AsMeant => {}
                Died::NotAtItsPoint(point) => {
                    missed.insert(point);
                }
            }
            if round % CHECK_EVERY == 0 {
                eprintln!("  {round} kills; the slowest start took {:?}", site.slowest);
            }
        }
        site.check_all(&mut ledgers)?;
        let tally = tally
            .into_inner()
            .map_err(|_| anyhow::anyhow!("a worker panicked"))?;
        eprint!("{}", tally.table());
        if !missed.is_empty() {
            bail!("these points were not passed within {MOST_LIFE:?}: {missed:?}");
        }
        site.report(&tally, self.kills)
    }

    /// Each point in turn, as long as there are kills for it, before the
    /// random ones: first at its first passing, then at later ones.
    fn armed(&self) -> Vec<(&'static str, u64)> {
        let is_there = |point: &&str| match self.backend {
            Backend::Sqlite => true,
            Backend::Postgres => !points::is_of_sqlite(point),
        };
        let points: Vec<_> = points::all().into_iter().filter(is_there).collect();
        let most = self.kills as usize * 2 / 3;
        let rounds = COUNTS.iter().enumerate().flat_map(|(lap, counts)| {
            let some = points
                .iter()
                .filter(move |point| lap == 0 || points::is_frequent(point));
            some.map(|point| (*point, *counts))
        });
        rounds.take(most).collect()
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
        (round, death): (u64, Death),
        (ledgers, tally): (&mut [Ledger], &Mutex<Tally>),
    ) -> Result<Died> {
        let server = site.start()?;
        site.check(&server, round, ledgers)?;
        let (mut server, lead) = match death {
            Death::After(_) => (server, Lead::default()),
            Death::Point(point, count) => {
                // What looks at the last kill's rest must not pass the point.
                drop(server);
                match site.start_armed(point, count)? {
                    Some(server) => (server, points::lead(point)),
                    // It died while it opened the database.
                    None => return Ok(Died::AsMeant),
                }
            }
        };
        let stop = AtomicBool::new(false);
        let people = &site.people.clone();
        std::thread::scope(|scope| {
            for (number, ledger) in ledgers.iter_mut().enumerate() {
                let worker = Worker {
                    client: Client::new(&server.url, &site.token),
                    ledger,
                    tally,
                    random: Random::branch(self.seed, round, number as u64),
                    prefix: format!("-{number}"),
                    people,
                    lead,
                };
                scope.spawn(|| worker.run(&stop));
            }
            let died = match death {
                Death::After(life) => {
                    // On a busy machine much of a second passes before
                    // anything is written.
                    let before = acknowledged(tally);
                    let since = Instant::now();
                    while acknowledged(tally) == before && since.elapsed() < MOST_LIFE {
                        std::thread::sleep(Duration::from_millis(5));
                    }
                    std::thread::sleep(life);
                    Died::AsMeant
                }
                Death::Point(point, _) => match server.ends_within(MOST_LIFE)? {
                    true => Died::AsMeant,
                    false => Died::NotAtItsPoint(point),
                },
            };
            let killed = server.kill();
            stop.store(true, Ordering::Relaxed);
            killed.map(|()| died)
        })
    }
}

fn acknowledged(tally: &Mutex<Tally>) -> u64 {
    let tally = tally.lock();
    tally.map_or(0, |tally| {
        tally.0.values().map(|count| count.acknowledged).sum()
    })
}

/// How a round ends.
#[derive(Clone, Copy)]
enum Death {
    After(Duration),
    /// At a point, when it is passed for the so-manieth time.
    Point(&'static str, u64),
}

enum Died {
    AsMeant,
    NotAtItsPoint(&'static str),
}

/// The installation under test, and what was found wrong with it.
struct Site<'a> {
    program: &'a Program,
    database: String,
    token: String,
    /// The ids of the administrator and of a salesperson.
    people: [String; 2],
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
        let add = ["user", "add", "--db", &database, "--email", COLLEAGUE];
        let add = [&add[..], &["--name", "Cora", "--role", "salesperson"]].concat();
        program.tell(&add, PASSWORD)?;
        let mut site = Site {
            program,
            database,
            token,
            people: Default::default(),
            log: folder.join("serve.log"),
            slowest: Duration::ZERO,
            wrong: BTreeSet::new(),
        };
        let server = site.start()?;
        let client = Client::new(&server.url, &site.token);
        for (email, id) in [ADMINISTRATOR, COLLEAGUE].iter().zip(&mut site.people) {
            let found = client.find("user", &format!("email = \"{email}\""));
            let found = found.map_err(|failure| anyhow::anyhow!("no people: {failure:?}"))?;
            *id = found
                .first()
                .map(|user| load::text(&user["id"]))
                .context("a person who was added is not there")?;
        }
        Ok(site)
    }

    fn start_armed(&mut self, point: &str, count: u64) -> Result<Option<Server>> {
        let setting = format!("{point}:{count}");
        let variable = (points::VARIABLE, setting.as_str());
        self.program
            .serve_armed(&self.database, &self.log, variable)
            .with_context(|| format!("the program does not start with {setting}"))
    }

    /// What the last kill left; now and then everything that the program
    /// itself can check.
    fn check(&mut self, server: &Server, round: u64, ledgers: &mut [Ledger]) -> Result<()> {
        let client = Client::new(&server.url, &self.token);
        let is_due = round.is_multiple_of(CHECK_EVERY);
        let jobs = if is_due { Jobs::Awaited } else { Jobs::Later };
        let mut wrong = Vec::new();
        if is_due {
            wrong.extend(verify::await_jobs(&client)?);
        }
        for ledger in ledgers.iter_mut() {
            wrong.extend(verify::recent(&client, ledger, jobs)?);
        }
        if is_due {
            wrong.extend(self.doctor()?);
        }
        self.complain(&format!("after kill {}", round - 1), wrong);
        Ok(())
    }

    /// What the program finds wrong with its own database, while it serves.
    fn doctor(&self) -> Result<Vec<String>> {
        let mut doctor = self.program.command();
        doctor.args(["doctor", "--deep", "--json", "--db", &self.database]);
        let output = doctor.output().context("the doctor could not be started")?;
        let said: serde_json::Value = serde_json::from_slice(&output.stdout)
            .with_context(|| format!("no report: {}", String::from_utf8_lossy(&output.stderr)))?;
        let checks = said["checks"].as_array().cloned().unwrap_or_default();
        let ill = checks.iter().filter(|check| check["ok"] == false);
        Ok(ill
            .map(|check| format!("doctor: {}: {}", check["check"], check["seen"]))
            .collect())
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
    /// program's own look at its invariants.
    fn check_all(&mut self, ledgers: &mut [Ledger]) -> Result<()> {
        let server = self.start()?;
        let client = Client::new(&server.url, &self.token);
        let mut wrong = Vec::new();
        wrong.extend(verify::await_jobs(&client)?);
        for ledger in ledgers.iter_mut() {
            wrong.extend(verify::recent(&client, ledger, Jobs::Awaited)?);
        }
        wrong.extend(verify::everything(&client, ledgers)?);
        wrong.extend(self.doctor()?);
        self.complain("at the end", wrong);
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
