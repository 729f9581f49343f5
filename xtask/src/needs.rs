//! What the suites need from the machine, and how to get it.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::{postgres, shell};

/// What happens when a tool is absent and cannot be installed.
#[derive(Clone, Copy, PartialEq)]
pub enum Strictness {
    /// The steps that need it are skipped, in plain words.
    Lenient,
    /// The run fails.
    Strict,
}

impl Strictness {
    /// Strict where `CI=true`, as build machines set it.
    pub fn from_env() -> Self {
        match std::env::var("CI").as_deref() {
            Ok("true" | "1") => Strictness::Strict,
            _ => Strictness::Lenient,
        }
    }
}

/// One thing that a suite cannot do without.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Need {
    Postgres,
    Chromium,
    /// Without it headless Chromium draws Chinese as boxes.
    ChineseFont,
    Node,
}

impl Need {
    pub const ALL: [Need; 4] = [
        Need::Postgres,
        Need::Chromium,
        Need::ChineseFont,
        Need::Node,
    ];

    pub fn is_met(self) -> bool {
        match self {
            Need::Postgres => postgres::given().is_some() || postgres::programs().is_some(),
            Need::Chromium => chromium().is_some(),
            Need::ChineseFont => has_chinese_font(),
            Need::Node => {
                node_version().is_some_and(|version| version >= NODE)
                    && shell::find("npm").is_some()
            }
        }
    }

    /// Debian's packages that meet it.
    fn packages(self) -> &'static [&'static str] {
        match self {
            Need::Postgres => &["postgresql"],
            Need::Chromium => &["chromium"],
            Need::ChineseFont => &["fontconfig", "fonts-noto-cjk"],
            Need::Node => &["nodejs", "npm"],
        }
    }

    fn what(self) -> &'static str {
        match self {
            Need::Postgres => "PostgreSQL's server programs (or GUANXI_TEST_PG)",
            Need::Chromium => "Chromium",
            Need::ChineseFont => "a font with Chinese characters",
            Need::Node => "Node.js 20 or newer with npm",
        }
    }
}

/// The oldest Node.js that the packages of the interface accept.
const NODE: u32 = 20;

/// Where Chromium is: `GUANXI_CHROMIUM`, or the usual names.
pub fn chromium() -> Option<PathBuf> {
    if let Some(given) = std::env::var_os("GUANXI_CHROMIUM") {
        return Some(PathBuf::from(given));
    }
    let names = ["chromium", "chromium-browser", "google-chrome"];
    names.into_iter().find_map(shell::find)
}

/// Says what is missing and installs it where that is possible; afterwards
/// fails, or names what is still missing, as the strictness has it.
pub fn meet(needs: &[Need], strictness: Strictness) -> Result<Vec<Need>> {
    let missing = unmet(needs);
    if missing.is_empty() {
        return Ok(missing);
    }
    let packages = packages(&missing);
    let names: Vec<_> = missing.iter().map(|need| need.what()).collect();
    eprintln!("  missing: {}", names.join("; "));
    if shell::is_root() && shell::find("apt-get").is_some() {
        if let Err(error) = install(&packages) {
            eprintln!("  not installed: {error:#}");
        }
    } else {
        eprintln!("  to get it: sudo apt-get install {}", packages.join(" "));
    }
    let missing = unmet(needs);
    if strictness == Strictness::Strict && !missing.is_empty() {
        let names: Vec<_> = missing.iter().map(|need| need.what()).collect();
        bail!("still missing: {}", names.join("; "));
    }
    Ok(missing)
}

fn unmet(needs: &[Need]) -> Vec<Need> {
    let unmet = needs.iter().copied().filter(|need| !need.is_met());
    unmet.collect()
}

fn packages(needs: &[Need]) -> Vec<&'static str> {
    let packages = needs.iter().flat_map(|need| need.packages());
    packages.copied().collect()
}

fn install(packages: &[&str]) -> Result<()> {
    let apt = || {
        let mut command = Command::new("apt-get");
        command.env("DEBIAN_FRONTEND", "noninteractive").arg("-qq");
        command
    };
    shell::run(apt().arg("update")).context("the package lists could not be fetched")?;
    let mut command = apt();
    command.args(["install", "-y", "--no-install-recommends"]);
    shell::run(command.args(packages))
}

/// The first number of what `node --version` prints, as in v20.20.2.
fn node_version() -> Option<u32> {
    let said = shell::read(Command::new("node").arg("--version")).ok()?;
    said.trim()
        .strip_prefix('v')?
        .split('.')
        .next()?
        .parse()
        .ok()
}

fn has_chinese_font() -> bool {
    let fonts = shell::read(Command::new("fc-list").arg(":lang=zh-cn"));
    fonts.is_ok_and(|fonts| !fonts.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_need_names_its_packages() {
        assert!(Need::ALL.iter().all(|need| !need.packages().is_empty()));
        let both = packages(&[Need::Postgres, Need::Node]);
        assert_eq!(both, ["postgresql", "nodejs", "npm"]);
    }
}
