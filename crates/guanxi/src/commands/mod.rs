//! One file per command.

mod accounts;
mod backup;
mod bench;
pub mod demo;
mod doctor;
pub mod insight;
mod packs;
mod permissions;
mod routes;
mod serve;
mod transfer;

use crate::cli::Command;
use crate::house::{self, Configuration};
use anyhow::Context as _;
use guanxi_engine::{Context, Engine};
use std::process::ExitCode;

pub fn dispatch(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Demo(arguments) => demo::run(arguments),
        Command::Serve(arguments) => serve::run(arguments),
        Command::Init(arguments) => accounts::init(arguments),
        Command::User(arguments) => accounts::user(arguments),
        Command::Token(arguments) => accounts::token(arguments),
        Command::Pack(arguments) => packs::run(arguments),
        Command::Backup(arguments) => backup::backup(arguments),
        Command::Restore(arguments) => backup::restore(arguments),
        Command::Doctor(arguments) => doctor::run(arguments),
        Command::Permissions(arguments) => permissions::run(arguments),
        Command::Import(arguments) => transfer::import(arguments),
        Command::Export(arguments) => transfer::export(arguments),
        Command::Bench(arguments) => bench::run(arguments),
        Command::Insight(method) => insight::run(method),
        Command::Routes(arguments) => routes::run(&arguments),
    }
}

/// The engine of the database that a command names.
fn engine(database: Option<&str>) -> anyhow::Result<Engine> {
    let configuration = Configuration::load()?;
    house::open_existing(&configuration.database(database)?, &configuration)
}

/// Acts as the person with this address, or as the system where none is named.
fn acting(engine: &Engine, email: Option<&str>, via: &str) -> anyhow::Result<Context> {
    let system = engine.system(via)?;
    let Some(email) = email else {
        return Ok(system);
    };
    let person = guanxi_engine::accounts::by_email(&system, email)
        .with_context(|| format!("There is no user {email}. `guanxi user add` makes one."))?;
    Ok(engine.context(person, via)?)
}
