//! `bench`.

use crate::{bench, cli::Bench};
use std::process::ExitCode;

pub fn run(arguments: Bench) -> anyhow::Result<ExitCode> {
    bench::run(arguments)
}
