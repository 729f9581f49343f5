//! From a database's address to an engine with all that this program can do.

use crate::packs;
use anyhow::{Context as _, bail};
use guanxi_engine::ambient::{RandomIds, SystemClock};
use guanxi_engine::outbox::Channels;
use guanxi_engine::{Engine, Parts, Settings};
use guanxi_store::shown;
use jiff::tz::TimeZone;
use serde::Deserialize;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// `guanxi.toml` beside the program's working folder; the environment and flags go before it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Configuration {
    pub db: Option<String>,
    pub listen: Option<String>,
    pub organisation: Option<String>,
    /// ISO 4217.
    pub currency: Option<String>,
    /// IANA name.
    pub time_zone: Option<String>,
    pub packs: Vec<String>,
    /// Where uploaded files rest; beside the database unless it says otherwise.
    pub files: Option<PathBuf>,
}

impl Configuration {
    /// Reads `guanxi.toml` where there is one, then `GUANXI_*`.
    pub fn load() -> anyhow::Result<Configuration> {
        let mut configuration = match std::fs::read_to_string("guanxi.toml") {
            Ok(text) => toml::from_str(&text).context("guanxi.toml")?,
            Err(_) => Configuration::default(),
        };
        let variable = |name: &str| std::env::var(name).ok().filter(|text| !text.is_empty());
        let set = |slot: &mut Option<String>, name: &str| {
            if let Some(text) = variable(name) {
                *slot = Some(text);
            }
        };
        set(&mut configuration.db, "GUANXI_DB");
        set(&mut configuration.listen, "GUANXI_LISTEN");
        set(&mut configuration.organisation, "GUANXI_ORGANISATION");
        set(&mut configuration.currency, "GUANXI_CURRENCY");
        set(&mut configuration.time_zone, "GUANXI_TIME_ZONE");
        if let Some(folder) = variable("GUANXI_FILES") {
            configuration.files = Some(folder.into());
        }
        if let Some(list) = variable("GUANXI_PACKS") {
            configuration.packs = list.split(',').map(|name| name.trim().to_owned()).collect();
        }
        Ok(configuration)
    }

    /// The database that a command is about.
    pub fn database(&self, flag: Option<&str>) -> anyhow::Result<String> {
        flag.map(str::to_owned).or_else(|| self.db.clone()).context(
            "No database was named. Give --db sqlite:PATH or --db postgres://USER@HOST/NAME, or set GUANXI_DB.",
        )
    }

    fn settings(&self) -> anyhow::Result<Settings> {
        let mut settings = Settings::default();
        if let Some(name) = &self.organisation {
            settings.organisation.clone_from(name);
        }
        if let Some(currency) = &self.currency {
            settings.currency = currency.to_uppercase();
        }
        if let Some(name) = &self.time_zone {
            settings.zone = TimeZone::get(name)
                .with_context(|| format!("time_zone = {name:?} is no IANA time zone"))?;
        }
        Ok(settings)
    }
}

/// The same of a database that is there: a slip in an address makes no new one.
pub fn open_existing(url: &str, configuration: &Configuration) -> anyhow::Result<Engine> {
    if let Some(path) = url.strip_prefix("sqlite:")
        && !Path::new(path).exists()
    {
        bail!(
            "There is no database {path}. Check --db; `guanxi init --db {url} --admin EMAIL` makes a new one."
        );
    }
    open(url, configuration)
}

/// Opens the engine of a database; tables that it lacks are made.
pub fn open(url: &str, configuration: &Configuration) -> anyhow::Result<Engine> {
    let closed = || format!("The database {} can't be opened.", shown(url));
    let store = guanxi_store::open(url).with_context(closed)?;
    let parts = Parts {
        store,
        declarations: packs::declarations(&configuration.packs)?,
        capabilities: guanxi_capabilities::all(),
        channels: Channels::default(),
        clock: Arc::new(SystemClock),
        ids: Arc::new(RandomIds),
        files: files(url, configuration),
        settings: configuration.settings()?,
    };
    Engine::open(parts).with_context(closed)
}

/// `sqlite:DIR/guanxi.db` keeps its files in `DIR/guanxi.files`.
fn files(url: &str, configuration: &Configuration) -> PathBuf {
    if let Some(folder) = &configuration.files {
        return folder.clone();
    }
    match url.strip_prefix("sqlite:") {
        Some(path) => Path::new(path).with_extension("files"),
        None => PathBuf::from("guanxi.files"),
    }
}
