//! `routes`.

use crate::cli::Report;
use crate::terminal;
use serde_json::{Value as Json, json};
use std::process::ExitCode;

pub fn run(arguments: &Report) -> anyhow::Result<ExitCode> {
    let routes: Vec<(&str, &str)> = guanxi_api::ROUTES
        .iter()
        .chain(guanxi_web::ROUTES)
        .copied()
        .collect();
    if arguments.json {
        let list: Vec<Json> = routes
            .iter()
            .map(|(methods, path)| json!({"methods": methods, "path": path}))
            .collect();
        terminal::json(&json!({"routes": list}));
    } else {
        for (methods, path) in routes {
            println!("{methods:24} {path}");
        }
    }
    Ok(ExitCode::SUCCESS)
}
