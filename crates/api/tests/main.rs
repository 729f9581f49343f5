//! The outside's view of the API: every promise as a story, every attack as a test, on both databases.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod attacks;
mod concurrency;
mod matrix;
mod routes;
mod stories;

use guanxi_testkit::app::{Shared, TestApp};
use guanxi_testkit::{Backend, POSTGRES};
use serde_json::Value as Json;

static SHARED: Shared = Shared::new();

/// Runs a story on each database, in an organisation that other stories use at the same time: it gives its records
/// names of its own.
fn on_each(story: impl Fn(&TestApp)) {
    for backend in backends() {
        eprintln!("on {backend:?}");
        story(&SHARED.get(backend, guanxi_api::router));
    }
}

/// The same in an organisation of its own, for what changes roles, quotas or the clock.
fn alone_on_each(story: impl Fn(&TestApp)) {
    for backend in backends() {
        eprintln!("on {backend:?}");
        story(&TestApp::new(backend, guanxi_api::router));
    }
}

fn backends() -> Vec<Backend> {
    let all = Backend::all();
    if all.len() == 1 {
        eprintln!("skipped on PostgreSQL: {POSTGRES} names none");
    }
    all
}

/// The names of an object's members.
fn keys(json: &Json) -> Vec<String> {
    json.as_object()
        .into_iter()
        .flatten()
        .map(|(key, _)| key.clone())
        .collect()
}
