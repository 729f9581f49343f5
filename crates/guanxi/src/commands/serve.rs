//! `serve`.

use crate::cli::Serve;
use crate::house::{self, Configuration};
use crate::server;
use std::process::ExitCode;

const LISTEN: &str = "127.0.0.1:8080";

pub fn run(arguments: Serve) -> anyhow::Result<ExitCode> {
    let configuration = Configuration::load()?;
    let url = configuration.database(arguments.database.db.as_deref())?;
    let listen = arguments
        .listen
        .or_else(|| configuration.listen.clone())
        .unwrap_or_else(|| LISTEN.to_owned());
    let engine = house::open(&url, &configuration)?;
    server::serve(engine, &listen, |address| {
        eprintln!("Guanxi is at http://{address}")
    })?;
    Ok(ExitCode::SUCCESS)
}
