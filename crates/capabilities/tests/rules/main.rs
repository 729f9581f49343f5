//! What capabilities promise, on both databases.
#![allow(clippy::unwrap_used)]

mod activity;
mod conversion;
mod handover;
mod identity;
mod nouns;
mod people;
mod pipeline;
mod pool;
mod sharing;

use guanxi_testkit::{Backend, TestEngine};

/// Runs a story on each database that there is.
fn on_each(story: impl Fn(&TestEngine)) {
    for backend in Backend::all() {
        let test = guanxi_testkit::engine(backend);
        story(&test);
    }
}
