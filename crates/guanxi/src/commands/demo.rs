//! `demo`: believable data through the one write path, then the product on it.

use crate::cli::Demo;
use crate::demo::{DemoRecord, OBJECTS, PASSWORD, Plan};
use crate::house::{self, Configuration};
use crate::{server, terminal};
use anyhow::{Context as _, bail};
use guanxi_engine::accounts::password;
use guanxi_engine::write::{Change, Origin, apply, apply_change, prepare};
use guanxi_engine::{Context, Engine, EngineError, act, search};
use guanxi_meta::Object;
use guanxi_store::{StoreExt, Weight};
use indicatif::ProgressBar;
use serde_json::{Map, Value as Json, json};
use sha2::{Digest, Sha256};
use std::process::ExitCode;
use std::sync::Arc;
use uuid::Uuid;

/// Rows of one transaction: large, since nobody else is at work yet.
const CHUNK: usize = 20_000;
/// The mark that a database was filled to the end, with its size.
const DONE: &str = "demo";
/// Who may log in, for the page that asks.
const LOGINS: &str = "demo:logins";

pub fn run(arguments: Demo) -> anyhow::Result<ExitCode> {
    let mut configuration = Configuration::load()?;
    configuration.packs.extend(arguments.packs.iter().cloned());
    if configuration.organisation.is_none() {
        configuration.organisation = Some("华东锅炉 Huadong Boiler".to_owned());
    }
    std::fs::create_dir_all(&arguments.dir)
        .with_context(|| format!("The folder {} can't be made.", arguments.dir.display()))?;
    let url = format!("sqlite:{}", arguments.dir.join("guanxi.db").display());
    let engine = house::open(&url, &configuration)?;
    let plan = plan(&engine, arguments.size)?;
    fill(&engine, &plan, arguments.size)?;
    let shown =
        json!({"url": format!("http://{}", arguments.listen), "db": url, "users": users(&plan)});
    if arguments.load_only {
        announce(&arguments, &shown);
        return Ok(ExitCode::SUCCESS);
    }
    server::serve(engine, &arguments.listen, |_| announce(&arguments, &shown))?;
    Ok(ExitCode::SUCCESS)
}

fn announce(arguments: &Demo, shown: &Json) {
    if arguments.json {
        terminal::json(shown);
        return;
    }
    println!(
        "\n  关系 Guanxi   {}\n",
        shown["url"].as_str().unwrap_or_default()
    );
    for user in shown["users"].as_array().into_iter().flatten().take(8) {
        let text = |name: &str| user[name].as_str().unwrap_or_default().to_owned();
        println!(
            "  {:28} {:14} {:14} {}",
            text("email"),
            text("password"),
            text("role"),
            text("department")
        );
    }
    println!(
        "\n  数据在 / data in: {}",
        shown["db"].as_str().unwrap_or_default()
    );
    println!(
        "  下一步 / next: 登录，按 Ctrl+K 搜索，按 ? 看快捷键。 Log in, press Ctrl+K to search, ? for keys.\n"
    );
}

fn users(plan: &Plan) -> Vec<Json> {
    let login = |login: crate::demo::Login| json!({"email": login.email, "password": PASSWORD, "role": login.role, "department": login.department, "name": login.name});
    plan.logins().into_iter().map(login).collect()
}

/// The day of the data: today in the organisation's zone.
fn plan(engine: &Engine, size: usize) -> anyhow::Result<Plan> {
    let today = engine.clock().now().to_zoned(engine.zone()).date();
    Ok(Plan::new(size, today))
}

/// Fills an empty database; one that this command filled before is taken as it is.
fn fill(engine: &Engine, plan: &Plan, size: usize) -> anyhow::Result<()> {
    let system = engine.system("demo")?;
    if let Some(known) = guanxi_engine::settings::get(&system, DONE)? {
        if known != size.to_string() {
            eprintln!("The folder holds demonstration data of size {known}; it is taken as it is.");
        }
        return Ok(());
    }
    if system.directory.users().next().is_some() {
        bail!(
            "The folder holds a database that `demo` did not finish. Give --dir another, or remove it."
        );
    }
    let bar = terminal::bar(plan.total(), "demo");
    for object in OBJECTS {
        load(engine, plan, object, &bar)?;
        if object == "user" {
            passwords(engine, plan)?;
        }
    }
    finish(engine, plan)?;
    bar.finish_and_clear();
    let system = engine.system("demo")?;
    guanxi_engine::settings::set(&system, LOGINS, &json!(users(plan)).to_string())?;
    guanxi_engine::settings::set(&system, DONE, &size.to_string())?;
    Ok(())
}

fn load(engine: &Engine, plan: &Plan, name: &'static str, bar: &ProgressBar) -> anyhow::Result<()> {
    let ctx = engine.system("demo")?.remembering_links();
    let Some(object) = ctx.catalog.object(name).cloned() else {
        return Ok(());
    };
    let mut keys = 0..plan.count(name);
    loop {
        let chunk: Vec<u64> = keys.by_ref().take(CHUNK).collect();
        let Some(first) = chunk.first().copied() else {
            return Ok(());
        };
        let (rows, context, shape, plan) = (chunk.len() as u64, ctx.clone(), object.clone(), *plan);
        engine
            .store()
            .change(Weight::Bulk, move |tx| {
                for record in chunk.iter().filter_map(|key| plan.record(name, *key)) {
                    let prepared = prepare(&context, change(&context, &shape, &record))?;
                    apply(tx, &context, &prepared)?;
                }
                Ok::<_, EngineError>(())
            })
            .with_context(|| format!("{name} from {first} on"))?;
        engine.announce();
        bar.inc(rows);
    }
}

/// A record of the demonstration as a change that creates it.
pub fn change(ctx: &Context, object: &Arc<Object>, record: &DemoRecord) -> Change {
    let mut fields = Map::new();
    for (name, value) in &record.fields {
        let json = value.to_json(&|object, key| Some(id(object, key).to_string()));
        fields.insert((*name).to_owned(), json);
    }
    let of_people = matches!(record.object, "user" | "department");
    if !of_people {
        let owner = record.owner.map(|key| id("user", key));
        fields.insert("owner".to_owned(), json!(owner));
    }
    let created_by = record
        .owner
        .and_then(|key| ctx.directory.user_by_id(id("user", key)))
        .map(|user| user.seq);
    let origin = Origin {
        id: Some(id(record.object, record.key)),
        created_at: Some(record.created_at.as_microsecond()),
        created_by,
        ..Origin::default()
    };
    Change {
        origin,
        ..Change::create(object, fields)
    }
}

/// The same record has the same id in every run, so that links need no memory.
pub fn id(object: &str, key: u64) -> Uuid {
    let digest = Sha256::digest(format!("guanxi demo {object} {key}").as_bytes());
    let mut bytes = [0_u8; 16];
    bytes.copy_from_slice(&digest[..16]);
    // Version 7 sorts by time: all of the demonstration is of one moment, its order is the key's.
    bytes[..6].copy_from_slice(&[0x01, 0x8f, 0, 0, 0, 0]);
    bytes[2..6].copy_from_slice(&(key as u32).to_be_bytes());
    bytes[6] = (bytes[6] & 0x0f) | 0x70;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    Uuid::from_bytes(bytes)
}

fn passwords(engine: &Engine, plan: &Plan) -> anyhow::Result<()> {
    let ctx = engine.system("demo")?;
    for login in plan.logins() {
        let user = ctx
            .directory
            .user_by_id(id("user", login.user))
            .context("a demo user")?;
        password::set(&ctx, user.seq, PASSWORD)?;
    }
    Ok(())
}

/// What needs both sides: heads of departments, and records that were shared.
fn finish(engine: &Engine, plan: &Plan) -> anyhow::Result<()> {
    let ctx = engine.system("demo")?;
    let department = ctx
        .catalog
        .object("department")
        .context("departments")?
        .clone();
    let heads = plan.heads();
    let context = ctx.clone();
    engine.store().change(Weight::Bulk, move |tx| {
        for (key, head) in &heads {
            let fields = Map::from_iter([("head".to_owned(), json!(id("user", *head)))]);
            apply_change(
                tx,
                &context,
                Change::update(&department, id("department", *key), None, fields),
            )?;
        }
        Ok::<_, EngineError>(())
    })?;
    for share in plan.shares().take(200) {
        let Some(object) = ctx.catalog.object(share.object).cloned() else {
            continue;
        };
        let with = Map::from_iter([("with".to_owned(), json!(id("user", share.user)))]);
        act::act(&ctx, &object, id(share.object, share.key), "share", with)?;
    }
    search::index_all(engine)?;
    engine.store().optimise()?;
    Ok(())
}
