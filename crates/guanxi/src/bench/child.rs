//! From nothing to the first page: the program itself as a child, on the database that is there, and its memory at
//! rest and at work.

use super::data::{Data, Person};
use super::figures::{Memory, megabytes, ms, round};
use super::http::{Caller, Client, encoded};
use super::report::{Line, Verdict};
use anyhow::{Context as _, bail};
use serde_json::json;
use std::net::{SocketAddr, TcpListener};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const STARTS: usize = 5;
const CLIENTS: usize = 8;
/// How long the clients work, and how long the server rests before it is weighed.
const WORK: Duration = Duration::from_secs(8);
const REST: Duration = Duration::from_secs(2);
const PATIENCE: Duration = Duration::from_secs(120);
const START_BAR: f64 = 300.0;
const IDLE_BAR: f64 = 60.0;
const LOAD_BAR: f64 = 250.0;

/// A server of ours; it ends with this.
struct Served {
    child: Child,
    address: SocketAddr,
}

pub fn lines(data: &Data) -> anyhow::Result<Vec<Line>> {
    let (seller, browser) = (
        data.token(Person::Salesperson)?,
        data.session(Person::Salesperson)?,
    );
    let mut starts = Vec::new();
    for _ in 0..STARTS {
        let start = Instant::now();
        let served = Served::start(&data.url)?;
        served.wait(start)?;
        let ready = start.elapsed();
        let page = first_page(&served, &seller, &browser)?;
        starts.push((start.elapsed(), ready, page));
    }
    starts.sort();
    let (took, ready, page) = starts[STARTS / 2];
    let served = Served::start(&data.url)?;
    served.wait(Instant::now())?;
    first_page(&served, &seller, &browser)?;
    std::thread::sleep(REST);
    let idle = megabytes(Memory::of(Some(served.child.id())).now);
    let requests = work(&served, &seller)?;
    let peak = megabytes(Memory::of(Some(served.child.id())).peak);
    let sqlite = data.engine.store().kind() == "sqlite";
    let load = Line::new("memory under load", format!("{peak:.0} MB"), json!({"mb": round(peak), "requests": requests}))
        .note(format!("highest of {requests} requests by {CLIENTS} clients in {} s: lists, records, searches, creations", WORK.as_secs()));
    Ok(vec![
        Line::new(
            "start to the first page",
            format!("{:.0} ms", ms(took)),
            json!({"ms": round(ms(took)), "ready_ms": round(ms(ready))}),
        )
        .bar("≤ 300 ms", Verdict::at_most(ms(took), START_BAR))
        .note(format!(
            "ready after {:.0} ms, then {page}; the middle of {STARTS}",
            ms(ready)
        )),
        Line::new(
            "memory at rest",
            format!("{idle:.0} MB"),
            json!({"mb": round(idle)}),
        )
        .bar("≤ 60 MB", Verdict::at_most(idle, IDLE_BAR)),
        if sqlite {
            load.bar("≤ 250 MB", Verdict::at_most(peak, LOAD_BAR))
        } else {
            load
        },
    ])
}

impl Served {
    fn start(url: &str) -> anyhow::Result<Served> {
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let program = std::env::current_exe().context("where this program lies")?;
        let child = Command::new(program)
            .args(["serve", "--db", url, "--listen", &address.to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("The server can't be started.")?;
        Ok(Served { child, address })
    }

    /// Until requests work.
    fn wait(&self, since: Instant) -> anyhow::Result<()> {
        let nobody = Caller::Token(String::new());
        while since.elapsed() < PATIENCE {
            let answer =
                Client::connect(self.address, &nobody).and_then(|mut client| client.get("/readyz"));
            if answer.is_ok_and(|reply| reply.status == 200) {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        bail!("the server did not become ready")
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ended_already = self.child.kill();
        let _ended = self.child.wait();
    }
}

/// A list of customers, as a page where there are pages.
fn first_page(served: &Served, seller: &Caller, browser: &Caller) -> anyhow::Result<&'static str> {
    if Client::connect(served.address, browser)?
        .get("/customer?sort=name")?
        .status
        == 200
    {
        return Ok("the list as a page");
    }
    Client::connect(served.address, seller)?.timed("/api/v1/records/customer?sort=name")?;
    Ok("the list over REST")
}

fn work(served: &Served, seller: &Caller) -> anyhow::Result<usize> {
    let done = std::thread::scope(|scope| {
        let one = |number: usize| scope.spawn(move || busy(served, seller, number));
        let threads: Vec<_> = (0..CLIENTS).map(one).collect();
        let joined = threads.into_iter().map(|thread| {
            thread
                .join()
                .map_err(|_| anyhow::anyhow!("a client panicked"))?
        });
        joined.collect::<anyhow::Result<Vec<usize>>>()
    })?;
    Ok(done.into_iter().sum())
}

fn busy(served: &Served, seller: &Caller, number: usize) -> anyhow::Result<usize> {
    let mut client = Client::connect(served.address, seller)?;
    let start = Instant::now();
    let (mut done, mut cursor) = (0, String::new());
    while start.elapsed() < WORK {
        let list = client.json(&format!(
            "/api/v1/records/customer?sort=name&limit=50&cursor={cursor}"
        ))?;
        cursor = list["next"].as_str().unwrap_or_default().to_owned();
        if let Some(id) = list["data"][0]["id"].as_str() {
            client.timed(&format!("/api/v1/records/customer/{id}"))?;
        }
        client.timed(&format!("/api/v1/search?q={}", encoded("公司")))?;
        let body = json!({"name": format!("负载 {number} {done}")}).to_string();
        client
            .post("/api/v1/records/customer", body.as_bytes())?
            .expect_success("a creation")?;
        done += 4;
    }
    Ok(done)
}
