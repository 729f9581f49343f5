//! Reading over HTTP: one client on one connection, as a salesperson; page 1,000 as a manager.

use super::data::{Data, Person};
use super::figures::{Times, milliseconds, ms, round};
use super::host::Host;
use super::http::{Client, encoded};
use super::report::{Line, Verdict};
use anyhow::Context as _;
use serde_json::{Value as Json, json};
use std::time::Duration;

const WARM: usize = 60;
const TURNS: usize = 600;
const PAGE: usize = 50;
/// Pages that the manager has turned.
const TURNED: usize = 1_000;
/// Milliseconds.
const REST_BAR: f64 = 5.0;
const PAGE_BAR: f64 = 10.0;
const AD_HOC_BAR: f64 = 10.0;
const GROWTH_BAR: f64 = 1.5;
/// Bytes of style and script that the first page may load, compressed.
const WEIGHT_BAR: f64 = 120.0 * 1024.0;

/// Frequent ones, of places and of trades, and those that nearly every firm has in its name.
const WORDS: [&str; 8] = [
    "锅炉", "机械", "电子", "上海", "合肥", "公司", "有限", "张伟",
];
/// What people type first into a picker: characters, a Latin word, initials, digits.
const BEGINNINGS: [&str; 6] = ["合", "上海", "Silver", "hf", "zha", "138"];
const FILTER: &str = "level = \"key\"";
/// Three fields without an index; about one row in a thousand.
const AD_HOC: &str = "credit = 5 and satisfaction = 2 and level = \"watch\"";

/// One measure of reading.
#[derive(Debug, Clone)]
pub struct Reading {
    pub name: &'static str,
    pub times: Times,
    note: String,
}

/// What is asked, found out beforehand.
struct Questions {
    records: Vec<String>,
    last_page: String,
    far_page: String,
    last_number: usize,
    far_number: usize,
}

/// The bar's seven, over REST.
pub fn rest(data: &Data, host: &Host) -> anyhow::Result<Vec<Reading>> {
    let mut seller = Client::connect(host.address, &data.token(Person::Salesperson)?)?;
    let mut manager = Client::connect(host.address, &data.token(Person::Manager)?)?;
    let asked = Questions::find(&mut seller, &mut manager)?;
    let list = |rest: &str| format!("/api/v1/records/customer?limit={PAGE}{rest}");
    let words: Vec<String> = WORDS
        .iter()
        .map(|word| format!("/api/v1/search?q={}", encoded(word)))
        .collect();
    let begun: Vec<String> = BEGINNINGS
        .iter()
        .map(|text| format!("/api/v1/search?object=customer&limit=8&q={}", encoded(text)))
        .collect();
    let filtered = list(&format!("&filter={}", encoded(FILTER)));
    let mut readings = Vec::new();
    let mut measure = |client: &mut Client, name, paths: &[String], note: String| {
        readings.push(Reading {
            name,
            times: turns(client, paths).context(name)?,
            note,
        });
        Ok::<_, anyhow::Error>(())
    };
    measure(&mut seller, "a record", &asked.records, String::new())?;
    measure(
        &mut seller,
        "a list page of 50 by name",
        &[list("&sort=name")],
        String::new(),
    )?;
    let last = format!("page {}", asked.last_number);
    measure(
        &mut seller,
        "the last page that the salesperson sees",
        &[asked.last_page],
        last,
    )?;
    let far = format!("page {}", asked.far_number);
    measure(
        &mut manager,
        "page 1,000 of a manager",
        &[asked.far_page],
        far,
    )?;
    measure(
        &mut seller,
        "a filtered list",
        &[filtered],
        FILTER.to_owned(),
    )?;
    measure(
        &mut seller,
        "a search for two characters",
        &words,
        WORDS.join(" "),
    )?;
    measure(&mut seller, "autocomplete", &begun, BEGINNINGS.join(" "))?;
    Ok(readings)
}

/// With the bar, and beside the same at the small size where there is one.
pub fn rest_lines(readings: &[Reading], small: Option<&[Reading]>) -> Vec<Line> {
    let line = |reading: &Reading| {
        let p99 = ms(reading.times.p99);
        let verdict = Verdict::at_most(p99, REST_BAR);
        let before = small.and_then(|small| small.iter().find(|one| one.name == reading.name));
        let Some(before) = before else {
            let line = Line::new(reading.name, reading.times.words(), reading.times.json());
            return line.bar("p99 ≤ 5 ms", verdict).note(reading.note.clone());
        };
        let growth = ratio(reading.times.p50, before.times.p50);
        let worst = ratio(reading.times.p99, before.times.p99);
        let mut values = reading.times.json();
        values["at_10000"] = before.times.json();
        values["growth_p50"] = json!(round(growth));
        values["growth_p99"] = json!(round(worst));
        let (p50, p99) = (
            milliseconds(before.times.p50),
            milliseconds(before.times.p99),
        );
        let note = format!(
            "at 10,000: p50 {p50} p99 {p99} ms; grown p50 × {growth:.2}, p99 × {worst:.2}  {}",
            reading.note
        );
        Line::new(reading.name, reading.times.words(), values)
            .bar(
                "p99 ≤ 5 ms, p50 ≤ 1.5 × at 10,000",
                verdict.and(Verdict::at_most(growth, GROWTH_BAR)),
            )
            .note(note.trim_end().to_owned())
    };
    readings.iter().map(line).collect()
}

/// The same as pages of the interface, with the weight of the first one.
pub fn pages(data: &Data, host: &Host) -> anyhow::Result<Vec<Line>> {
    let mut browser = Client::connect(host.address, &data.session(Person::Salesperson)?)?;
    let mut seller = Client::connect(host.address, &data.token(Person::Salesperson)?)?;
    let ids = ids(&seller.json("/api/v1/records/customer?limit=50&sort=name")?);
    let search: Vec<String> = WORDS
        .iter()
        .map(|word| format!("/search?q={}", encoded(word)))
        .collect();
    let records: Vec<String> = ids.iter().map(|id| format!("/customer/{id}")).collect();
    let list = |rest: &str| vec![format!("/customer?sort=name{rest}")];
    let filtered = list(&format!("&filter={}", encoded(FILTER)));
    let wanted = [
        ("a record", records),
        ("a list by name", list("")),
        ("a filtered list", filtered),
        ("a search", search),
    ];
    let mut lines = Vec::new();
    for (name, paths) in wanted {
        let Some(first) = paths.first() else { continue };
        let bar = "p99 ≤ 10 ms";
        let status = browser.get(first)?.status;
        if status != 200 {
            lines.push(Line::missing(
                name,
                bar,
                format!("not there: {first} answers {status}"),
            ));
            continue;
        }
        let times = turns(&mut browser, &paths)?;
        let verdict = Verdict::at_most(ms(times.p99), PAGE_BAR);
        lines.push(Line::new(name, times.words(), times.json()).bar(bar, verdict));
    }
    lines.push(weight(&mut browser)?);
    Ok(lines)
}

/// What the list page asks a browser to load, compressed as the server sends it.
fn weight(browser: &mut Client) -> anyhow::Result<Line> {
    let (name, bar) = ("style and script of the first page", "≤ 120 KB compressed");
    let page = browser.get("/customer")?;
    if page.status != 200 {
        return Ok(Line::missing(
            name,
            bar,
            format!("not there: /customer answers {}", page.status),
        ));
    }
    let html = String::from_utf8_lossy(&page.body).into_owned();
    let wanted =
        |path: &&str| path.starts_with('/') && (path.contains(".css") || path.contains(".js"));
    let quoted = html
        .split('"')
        .filter(wanted)
        .collect::<std::collections::BTreeSet<_>>();
    let (mut bytes, mut files) = (0, 0);
    for path in quoted {
        let reply = browser.get_compressed(path)?;
        if reply.status == 200 {
            bytes += reply.body.len();
            files += 1;
        }
    }
    let verdict = Verdict::at_most(bytes as f64, WEIGHT_BAR);
    let shown = format!("{:.0} KB in {files} files", bytes as f64 / 1024.0);
    Ok(Line::new(name, shown, json!({"bytes": bytes, "files": files})).bar(bar, verdict))
}

/// What no index serves.
pub fn ad_hoc(data: &Data, host: &Host) -> anyhow::Result<Vec<Line>> {
    let mut manager = Client::connect(host.address, &data.token(Person::Manager)?)?;
    let filter = encoded(AD_HOC);
    let asked = [
        (
            "a filter that no index serves, page of 50 by name",
            format!("limit={PAGE}&sort=name&filter={filter}"),
        ),
        (
            "the exact count of what it finds",
            format!("limit=1&count=exact&filter={filter}"),
        ),
    ];
    let mut lines = Vec::new();
    for (name, query) in asked {
        let path = format!("/api/v1/records/customer?{query}");
        let bar = "p99 ≤ 10 ms";
        let answer = manager.get(&path)?;
        if answer.status != 200 {
            let text = String::from_utf8_lossy(&answer.body).into_owned();
            lines.push(Line::missing(
                name,
                bar,
                format!("it answers {}: {text}", answer.status),
            ));
            continue;
        }
        let document: Json = serde_json::from_slice(&answer.body)?;
        let found = document["count"]["value"].as_u64();
        let note = found.map_or(AD_HOC.to_owned(), |found| format!("{AD_HOC}: {found}"));
        let times = some(&mut manager, &path)?;
        let verdict = Verdict::at_most(ms(times.p99), AD_HOC_BAR);
        lines.push(
            Line::new(name, times.words(), times.json())
                .bar(bar, verdict)
                .note(note),
        );
    }
    Ok(lines)
}

impl Questions {
    fn find(seller: &mut Client, manager: &mut Client) -> anyhow::Result<Questions> {
        let first = "/api/v1/records/customer?sort=name";
        let walked = walk(seller, first, usize::MAX)?;
        let (last_page, last_number, records) = (walked.here, walked.page, walked.met);
        let walked = walk(manager, first, TURNED)?;
        // A page of a few rows would make a poor comparison: at a small size the last full one stands for it.
        let (far_page, far_number) = match walked.full {
            Some(full) if walked.page < TURNED => (full, walked.page - 1),
            _ => (walked.here, walked.page),
        };
        let records = records
            .iter()
            .map(|id| format!("/api/v1/records/customer/{id}"))
            .collect();
        Ok(Questions {
            records,
            last_page,
            far_page,
            last_number,
            far_number,
        })
    }
}

/// Where a walk by cursor ended.
struct Walked {
    /// The address of the page.
    here: String,
    /// Its number.
    page: usize,
    /// The address of the page before it, which is full.
    full: Option<String>,
    /// Some ids from everywhere on the way.
    met: Vec<String>,
}

/// By cursor to page `to`, or to the last; most of the way in steps of ten pages.
fn walk(client: &mut Client, first: &str, to: usize) -> anyhow::Result<Walked> {
    let (mut cursor, mut page) = (String::new(), 1);
    let mut met = Vec::new();
    while page + 10 <= to {
        let answer = client.json(&format!("{first}&limit={}&cursor={cursor}", PAGE * 10))?;
        met.extend(ids(&answer).into_iter().step_by(97));
        let Some(next) = answer["next"].as_str() else {
            break;
        };
        cursor = next.to_owned();
        page += 10;
    }
    let mut here = format!("{first}&limit={PAGE}&cursor={cursor}");
    let mut full = None;
    while page < to {
        let answer = client.json(&here)?;
        met.extend(ids(&answer).into_iter().step_by(10));
        let Some(next) = answer["next"].as_str() else {
            break;
        };
        full = Some(here);
        here = format!("{first}&limit={PAGE}&cursor={next}");
        page += 1;
    }
    Ok(Walked {
        here,
        page,
        full,
        met,
    })
}

fn ids(answer: &Json) -> Vec<String> {
    let rows = answer["data"].as_array().into_iter().flatten();
    rows.filter_map(|row| row["id"].as_str().map(str::to_owned))
        .collect()
}

fn turns(client: &mut Client, paths: &[String]) -> anyhow::Result<Times> {
    let mut took: Vec<Duration> = Vec::with_capacity(TURNS);
    for (turn, path) in paths.iter().cycle().take(WARM + TURNS).enumerate() {
        let time = client.timed(path)?;
        if turn >= WARM {
            took.push(time);
        }
    }
    Ok(Times::of(took))
}

/// As `turns`, but not for minutes where one takes long.
fn some(client: &mut Client, path: &str) -> anyhow::Result<Times> {
    let once = client.timed(path)?.max(client.timed(path)?);
    let count = (20.0 / once.as_secs_f64().max(1e-6)).clamp(10.0, TURNS as f64) as usize;
    let took: anyhow::Result<Vec<Duration>> = (0..count).map(|_| client.timed(path)).collect();
    Ok(Times::of(took?))
}

fn ratio(now: Duration, before: Duration) -> f64 {
    now.as_secs_f64() / before.as_secs_f64().max(1e-9)
}
