//! The suite that every store passes. It speaks only to the trait; what it expects is computed in memory.
//!
//! A case panics when the store is wrong. Each makes tables of its own, so cases may share a store.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod conditions;
mod model;
mod pages;
mod search;
mod structure;
mod transactions;

use crate::traits::Store;
use std::sync::Arc;

/// One promise of the store.
pub struct Case {
    pub name: &'static str,
    pub run: fn(&Arc<dyn Store>),
}

/// Runs every case; a failure names its case.
pub fn run(store: &Arc<dyn Store>) {
    for case in cases() {
        let start = std::time::Instant::now();
        eprint!("  {} … ", case.name);
        (case.run)(store);
        eprintln!("{} ms", start.elapsed().as_millis());
    }
}

pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    cases.extend(structure::CASES.iter().map(to_case));
    cases.extend(conditions::CASES.iter().map(to_case));
    cases.extend(pages::CASES.iter().map(to_case));
    cases.extend(transactions::CASES.iter().map(to_case));
    cases.extend(search::CASES.iter().map(to_case));
    cases
}

type Named = (&'static str, fn(&Arc<dyn Store>));

fn to_case(&(name, run): &Named) -> Case {
    Case { name, run }
}
