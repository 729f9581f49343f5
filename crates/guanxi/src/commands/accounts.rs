//! `init`, `user` and `token`.

use super::{acting, engine};
use crate::cli::{Init, Token, User};
use crate::house::{self, Configuration};
use crate::terminal;
use anyhow::{Context as _, bail};
use guanxi_engine::accounts::{self, NewUser, password, token as tokens};
use guanxi_store::shown;
use serde_json::json;
use std::process::ExitCode;

pub fn init(arguments: Init) -> anyhow::Result<ExitCode> {
    let configuration = Configuration::load()?;
    let url = configuration.database(arguments.database.db.as_deref())?;
    let engine = house::open(&url, &configuration)?;
    let system = engine.system("init")?;
    if system.directory.users().next().is_some() {
        bail!(
            "{} is already set up. `guanxi user add` adds people, `guanxi serve` starts it.",
            shown(&url)
        );
    }
    let secret = terminal::secret("Password of the administrator")?;
    let name = arguments
        .admin
        .split('@')
        .next()
        .unwrap_or("Administrator")
        .to_owned();
    let new = NewUser {
        email: arguments.admin.clone(),
        name,
        roles: vec!["administrator".to_owned()],
        department: None,
        password: Some(secret),
    };
    accounts::add(&system, new)?;
    if arguments.json {
        terminal::json(&json!({"db": shown(&url), "admin": arguments.admin}));
    } else {
        eprintln!("{0} is ready. Start it: guanxi serve --db {0}", shown(&url));
    }
    Ok(ExitCode::SUCCESS)
}

pub fn user(arguments: User) -> anyhow::Result<ExitCode> {
    match arguments {
        User::Add {
            database,
            email,
            name,
            roles,
            department,
            json,
        } => {
            let engine = engine(database.db.as_deref())?;
            let system = engine.system("cli")?;
            let secret = terminal::secret("Password")?;
            let new = NewUser {
                email: email.clone(),
                name,
                roles,
                department,
                password: Some(secret),
            };
            let record = accounts::add(&system, new)?;
            if json {
                terminal::json(&json!({"id": record.id, "email": email}));
            } else {
                eprintln!("{email} can log in.");
            }
        }
        User::Password { database, email } => {
            let engine = engine(database.db.as_deref())?;
            let system = engine.system("cli")?;
            let person = accounts::by_email(&system, &email)
                .with_context(|| format!("There is no user {email}."))?;
            let secret = terminal::secret("New password")?;
            password::check_strength(&secret, &[&email])?;
            password::set(&system, person, &secret)?;
            eprintln!("{email} has a new password; open sessions have ended.");
        }
        User::Disable { database, email } => {
            let engine = engine(database.db.as_deref())?;
            let system = engine.system("cli")?;
            let person = accounts::by_email(&system, &email)
                .with_context(|| format!("There is no user {email}."))?;
            accounts::disable(&system, person)?;
            eprintln!("{email} can no longer come in.");
        }
    }
    Ok(ExitCode::SUCCESS)
}

pub fn token(arguments: Token) -> anyhow::Result<ExitCode> {
    let Token::Create {
        database,
        user,
        name,
    } = arguments;
    let engine = engine(database.db.as_deref())?;
    let ctx = acting(&engine, Some(&user), "cli")?;
    println!("{}", tokens::create(&ctx, ctx.actor.seq(), &name)?);
    Ok(ExitCode::SUCCESS)
}
