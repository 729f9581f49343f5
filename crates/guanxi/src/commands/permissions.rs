//! `permissions --explain`.

use super::{acting, engine};
use crate::cli::Permissions;
use crate::terminal;
use anyhow::Context as _;
use guanxi_access::Action;
use guanxi_engine::read;
use guanxi_meta::Lang;
use serde_json::{Map, Value as Json, json};
use std::process::ExitCode;
use uuid::Uuid;

pub fn run(arguments: Permissions) -> anyhow::Result<ExitCode> {
    let [user, object, id] = &arguments.explain[..] else {
        anyhow::bail!("--explain takes USER OBJECT ID.")
    };
    let engine = engine(arguments.database.db.as_deref())?;
    let ctx = acting(&engine, Some(user), "cli")?.speaking(Lang::En);
    let object = ctx
        .catalog
        .object(object)
        .with_context(|| format!("There is no object {object}."))?
        .clone();
    let id: Uuid = id.parse().with_context(|| format!("{id} is no id."))?;
    let explained = read::explain(&ctx, &object, id)?;
    let sentences: Vec<String> = explained
        .reasons
        .iter()
        .map(|reason| reason.sentence(ctx.lang))
        .collect();
    let mut actions = Map::new();
    if let Some(record) = &explained.record {
        for action in Action::ALL {
            actions.insert(
                action.name().to_owned(),
                Json::Bool(read::may(&ctx, record, action)?),
            );
        }
    }
    if arguments.json {
        terminal::json(&json!({
            "user": user, "object": object.name, "id": id, "exists": explained.exists,
            "allowed": explained.allowed(), "reasons": sentences, "actions": actions,
        }));
    } else if explained.allowed() {
        println!("{user} may see it.\n{}", sentences.join("\n"));
        println!(
            "{}",
            actions
                .iter()
                .map(|(name, may)| format!("{name}: {may}"))
                .collect::<Vec<_>>()
                .join("  ")
        );
    } else if explained.exists {
        println!("{user} may not see it: no role's scope holds the record, and nobody shared it.");
    } else {
        println!("There is no such record.");
    }
    Ok(ExitCode::SUCCESS)
}
