//! How many rows a second go in and out. Run by hand, optimised:
//! `GUANXI_ROWS=1000000 cargo test --release -p guanxi-engine --test rate -- --ignored --nocapture`.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

use guanxi_engine::export;
use guanxi_engine::import::{self, Mapping, Request, Run};
use guanxi_testkit::{Backend, engine, object};
use std::fmt::Write as _;
use std::time::Instant;

const MAPPING: &str = "mode = \"upsert\"\nmatch = [\"external_id\"]\n[columns.id]\nfield = \"external_id\"\n[columns.name]\n\
    field = \"name\"\n[columns.phone]\nfield = \"phone\"\n[columns.email]\nfield = \"email\"\n[columns.level]\nfield = \"level\"\n\
    [columns.region]\nfield = \"region\"\n[columns.industry]\nfield = \"industry\"\n[columns.owner]\nfield = \"owner\"\n\
    [columns.revenue]\nfield = \"annual_revenue\"\n";

const HEADS: [&str; 6] = ["合肥", "南京", "上海", "Northern", "重庆", "Blue"];
const TAILS: [&str; 5] = [
    "锅炉制造有限公司",
    "食品厂",
    "Trading",
    "科技有限公司",
    "Industries",
];

fn file(rows: usize) -> String {
    let mut csv = String::with_capacity(rows * 120);
    csv.push_str("id,name,phone,email,level,region,industry,owner,revenue\n");
    for at in 0..rows {
        // Spread as real keys are, not in order.
        let mixed = (at as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 24;
        let (head, tail) = (HEADS[at % HEADS.len()], TAILS[mixed as usize % TAILS.len()]);
        let owner = ["Sam Sales", "Cora Colleague", "Stan Stranger"][at % 3];
        let _ = writeln!(
            csv,
            "X{mixed:010},{head}{}{tail},1{:010},c{at}@example.com,key,anhui,machinery,{owner},{}.50",
            mixed % 100_000,
            3_000_000_000_u64 + mixed % 999_999_999,
            at % 100_000
        );
    }
    csv
}

#[test]
#[ignore = "a measurement, not a check"]
fn rows_a_second() {
    let rows: usize = std::env::var("GUANXI_ROWS")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(100_000);
    for backend in Backend::all() {
        let test = engine(backend);
        let ctx = test.admin();
        let csv = file(rows);
        let id = import::receive(&ctx, "rate.csv", &mut csv.as_bytes()).unwrap();
        drop(csv);
        let mapping = Mapping::parse(MAPPING).unwrap();
        let request = Request {
            object: "customer".to_owned(),
            mapping,
            mode: None,
            match_fields: Vec::new(),
            run: Run::Write,
        };
        let start = Instant::now();
        let (mut last, mut before) = (Instant::now(), 0);
        let status = import::run_now(&ctx, id, &request, &mut |status| {
            if status.rows >= before + 100_000 {
                eprintln!(
                    "  {} rows: {:.0} rows/s",
                    status.rows,
                    (status.rows - before) as f64 / last.elapsed().as_secs_f64()
                );
                (last, before) = (Instant::now(), status.rows);
            }
        })
        .unwrap();
        assert_eq!(status.created as usize, rows, "{:?}", status.outcome.errors);
        let took = start.elapsed().as_secs_f64();
        eprintln!(
            "{backend:?}: import with search text {:.0} rows/s; {}",
            rows as f64 / took,
            memory()
        );
        let start = Instant::now();
        let count = export::run(
            &ctx,
            &object(&ctx, "customer"),
            &export::Request::default(),
            &mut std::io::sink(),
        )
        .unwrap();
        eprintln!(
            "{backend:?}: export {:.0} rows/s; {}",
            count as f64 / start.elapsed().as_secs_f64(),
            memory()
        );
    }
}

fn memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = |name: &str| {
        status
            .lines()
            .find(|line| line.starts_with(name))
            .unwrap_or_default()
            .to_owned()
    };
    format!("{} {}", line("VmRSS"), line("VmHWM"))
}
