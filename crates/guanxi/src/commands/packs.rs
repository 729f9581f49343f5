//! `pack`.

use crate::cli::Pack;
use crate::{packs, terminal};
use serde_json::json;
use std::process::ExitCode;

pub fn run(arguments: Pack) -> anyhow::Result<ExitCode> {
    match arguments {
        Pack::List(report) => {
            let names = packs::names();
            if report.json {
                terminal::json(&json!({"packs": names}));
            } else {
                println!("{}", names.join("\n"));
            }
        }
        Pack::Check { folder, json } => {
            let outcome = packs::folder(&folder).and_then(packs::with_core);
            let checked = outcome.and_then(|declarations| {
                declarations
                    .catalog(1, &guanxi_engine::formulas::check)
                    .map_err(|errors| {
                        let lines: Vec<String> =
                            errors.iter().map(|error| error.to_string()).collect();
                        anyhow::anyhow!("{}", lines.join("\n"))
                    })
            });
            match checked {
                Ok(catalog) if json => {
                    terminal::json(&json!({"ok": true, "objects": catalog.objects.len()}))
                }
                Ok(catalog) => eprintln!(
                    "{} is sound: {} objects with the core.",
                    folder.display(),
                    catalog.objects.len()
                ),
                Err(error) if json => {
                    let text = error.to_string();
                    terminal::json(
                        &json!({"ok": false, "errors": text.lines().collect::<Vec<_>>()}),
                    );
                    return Ok(ExitCode::FAILURE);
                }
                Err(error) => return Err(error),
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}
