//! Public data as people have it, by the mapping files of the documentation. The folder comes from GUANXI_DATA.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr
)]

use guanxi_engine::import::{self, Mapping, Request, Run, State, Status};
use guanxi_engine::read::list::{Counting, ListRequest, count, list};
use guanxi_engine::{Context, search};
use guanxi_testkit::{Backend, TestEngine, bare, core, object};
use serde_json::Value as Json;
use std::fs::File;
use std::path::{Path, PathBuf};

fn folder() -> Option<PathBuf> {
    let folder = std::env::var("GUANXI_DATA").ok().map(PathBuf::from);
    if folder.is_none() {
        eprintln!("skipped: GUANXI_DATA names no folder with the public data");
    }
    folder
}

fn import(ctx: &Context, data: &Path, file: &str, map: &str) -> Status {
    let maps = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/import");
    let text = std::fs::read_to_string(maps.join(format!("{map}.map.toml"))).unwrap();
    let mapping = Mapping::parse(&text).unwrap_or_else(|error| panic!("{map}: {error:?}"));
    let object = mapping.object.clone().unwrap();
    let id = import::receive(ctx, file, &mut File::open(data.join(file)).unwrap()).unwrap();
    let request = Request {
        object,
        mapping,
        mode: None,
        match_fields: Vec::new(),
        run: Run::Write,
    };
    let start = std::time::Instant::now();
    let status = import::run_now(ctx, id, &request, &mut |_| {})
        .unwrap_or_else(|error| panic!("{map}: {error:?}"));
    assert_eq!(
        status.state,
        State::Done,
        "{map}: {:?}",
        status.outcome.message
    );
    assert_eq!(status.failed, 0, "{map}: {:?}", status.outcome.errors);
    eprintln!(
        "{map}: {} created, {} updated in {:?}",
        status.created,
        status.updated,
        start.elapsed()
    );
    status
}

fn matching(ctx: &Context, name: &str, filter: &str) -> u64 {
    let request = ListRequest {
        filter: filter.to_owned(),
        count: Counting::Exact,
        ..ListRequest::default()
    };
    count(ctx, &object(ctx, name), &request).unwrap().value
}

fn pipeline(test: &TestEngine, data: &Path) {
    let ctx = || test.system();
    import(&ctx(), data, "crm_sales_teams.csv", "crm_sales_managers");
    import(&ctx(), data, "crm_sales_teams.csv", "crm_sales_teams");
    import(&ctx(), data, "crm_sales_teams.csv", "crm_sales_departments");
    import(&ctx(), data, "crm_sales_teams.csv", "crm_sales_regions");
    import(&ctx(), data, "crm_accounts.csv", "crm_accounts");
    import(&ctx(), data, "crm_products.csv", "crm_products");
    let status = import(&ctx(), data, "crm_sales_pipeline.csv", "crm_sales_pipeline");
    assert_eq!((status.rows, status.created), (8_800, 8_800));
    let ctx = ctx();
    assert_eq!(matching(&ctx, "customer", ""), 85);
    let golden: Json = serde_json::from_str(
        &std::fs::read_to_string(data.join("crm_pipeline_olap.golden.json")).unwrap(),
    )
    .unwrap();
    for agent in golden["by_agent"].as_array().unwrap() {
        let name = agent["sales_agent"].as_str().unwrap();
        let user = ctx
            .directory
            .users()
            .find(|user| user.name == name)
            .unwrap_or_else(|| panic!("no {name}"));
        let of = |stage: &str| {
            matching(
                &ctx,
                "opportunity",
                &format!("owner = \"{}\" and stage = \"{stage}\"", user.id),
            )
        };
        let (won, lost) = (of("won"), of("lost"));
        assert_eq!(
            (won, lost),
            (
                agent["won"].as_u64().unwrap(),
                agent["lost"].as_u64().unwrap()
            ),
            "{name}"
        );
        let rate = won as f64 / (won + lost) as f64;
        assert!(
            (rate - agent["win_rate"].as_f64().unwrap()).abs() < 1e-9,
            "{name}"
        );
    }
    // A manager sees the region and nothing beside it.
    let manager = ctx
        .directory
        .users()
        .find(|user| user.name == "Dustin Brinkmann")
        .unwrap();
    let theirs: u64 = golden["by_agent"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|agent| agent["regional_office"] == "Central")
        .map(|agent| agent["n"].as_u64().unwrap())
        .sum();
    let manager = test.engine.context(manager.seq, "test").unwrap();
    assert_eq!(matching(&manager, "opportunity", ""), theirs);
}

#[test]
fn a_sales_organisation_keeps_its_win_rates() {
    let Some(data) = folder() else { return };
    for backend in Backend::all() {
        pipeline(&bare(backend, core()), &data);
    }
}

#[test]
fn chinese_customers_are_imported_and_found() {
    let Some(data) = folder() else { return };
    for backend in Backend::all() {
        let test = bare(backend, core());
        let ctx = test.system();
        let status = import(&ctx, &data, "cn_customers_open.csv", "cn_customers_open");
        assert_eq!(status.created, 5_000);
        let status = import(&ctx, &data, "cn_customers_open.csv", "cn_contacts_open");
        assert_eq!(status.rows, status.created);
        assert!(
            matching(
                &ctx,
                "customer",
                "region is not null"
                    .replace("region is not null", "not (region is null)")
                    .as_str()
            ) > 3_000
        );
        let customer = object(&ctx, "customer");
        let found = search::search(&ctx, "靓庄", Some(&customer), 10).unwrap();
        assert!(found.iter().any(|hit| hit.record.title().contains("靓庄")));
        let page = list(
            &ctx,
            &customer,
            &ListRequest {
                filter: "name ~ \"马凯\"".to_owned(),
                ..ListRequest::default()
            },
        )
        .unwrap();
        assert!(!page.records.is_empty());
    }
}
