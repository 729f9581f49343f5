//! What follows a save without being asked for: jobs, derived values, the outbox, housekeeping.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod derived;
mod housekeeping;
mod jobs;
mod lists;
mod outbox;
mod view_indexes;

use guanxi_engine::read::list::{ListRequest, list};
use guanxi_engine::{Context, Record, admin, audit, read};
use guanxi_meta::overlay::Overlay;
use guanxi_testkit::{TestEngine, object, words};
use serde_json::Value as Json;

fn try_field(test: &TestEngine, name: &str, field: Json) -> Result<(), guanxi_engine::EngineError> {
    let ctx = test.admin();
    let table = object(&ctx, name).table.clone();
    let column = None;
    let add = Overlay::AddField {
        table,
        column,
        field,
    };
    admin::publish(&ctx, vec![add])
}

fn field(test: &TestEngine, object: &str, field: Json) {
    try_field(test, object, field).unwrap_or_else(|error| panic!("{}", words(&error)));
}

fn now(ctx: &Context, record: &Record) -> Record {
    read::get(ctx, &object(ctx, &record.object.name), record.id).unwrap()
}

fn names(ctx: &Context, name: &str, filter: &str, sort: &str) -> Vec<String> {
    let request = ListRequest {
        filter: filter.to_owned(),
        sort: sort.to_owned(),
        ..ListRequest::default()
    };
    let page = list(ctx, &object(ctx, name), &request);
    let page = page.unwrap_or_else(|error| panic!("{filter}: {}", words(&error)));
    page.records.iter().map(Record::title).collect()
}

/// Every look of `doctor --deep` finds nothing, and no job was given up.
fn sound(test: &TestEngine) {
    for finding in audit::run(&test.engine, &mut |_| {}).unwrap() {
        assert_eq!(
            finding.problems, 0,
            "{}: {:?}",
            finding.name, finding.examples
        );
    }
    let dead = Some(guanxi_engine::jobs::State::Dead);
    let dead = guanxi_engine::jobs::list(&test.admin(), dead).unwrap();
    assert!(dead.is_empty(), "{dead:?}");
}
