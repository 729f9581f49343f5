//! The command line: what the program can do, each with an example.

use crate::commands;
use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;

/// 关系: customers, deals, service; one program, any trade.
#[derive(Debug, Parser)]
#[command(
    name = "guanxi",
    version,
    about,
    max_term_width = 110,
    after_help = "Example:\n  guanxi demo"
)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

/// The database, on every command that touches data.
#[derive(Debug, Clone, Args)]
pub struct Database {
    /// sqlite:PATH or postgres://USER@HOST/NAME?schema=SCHEMA
    #[arg(long, env = "GUANXI_DB", global = true)]
    pub db: Option<String>,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Try it: an embedded database with believable data, served at once.
    #[command(after_help = "Example:\n  guanxi demo --size 1000 --listen 127.0.0.1:8080")]
    Demo(Demo),
    /// Web, API and workers.
    #[command(after_help = "Example:\n  guanxi serve --db sqlite:guanxi.db --listen 0.0.0.0:8080")]
    Serve(Serve),
    /// A new installation with its first administrator; the password is read from standard input.
    #[command(after_help = "Example:\n  guanxi init --db sqlite:guanxi.db --admin mei@example.com")]
    Init(Init),
    /// People who may log in.
    #[command(
        subcommand,
        after_help = "Example:\n  guanxi user disable li@example.com"
    )]
    User(User),
    /// Tokens for programs.
    #[command(
        subcommand,
        after_help = "Example:\n  guanxi token create --user li@example.com --name shop"
    )]
    Token(Token),
    /// Industry packs.
    #[command(
        subcommand,
        after_help = "Example:\n  guanxi pack check packs/hospital"
    )]
    Pack(Pack),
    /// Records from a CSV or XLSX file; bad rows do not stop the others.
    #[command(
        after_help = "Examples:\n  guanxi import customer customers.csv --map customers.map.toml --db sqlite:guanxi.db\n  guanxi import --undo 0198a… --db sqlite:guanxi.db"
    )]
    Import(Import),
    /// Records to standard output.
    #[command(
        after_help = "Example:\n  guanxi export customer --filter 'region = \"华东\"' --format csv > customers.csv"
    )]
    Export(Export),
    /// A consistent copy while everybody works.
    #[command(after_help = "Example:\n  guanxi backup copy.db --db sqlite:guanxi.db")]
    Backup(BackupFile),
    /// A copy becomes a database, in a new place.
    #[command(
        after_help = "Examples:\n  guanxi restore copy.db --db sqlite:guanxi.db\n  guanxi restore copy.db --db postgres://guanxi@db/crm?schema=restored"
    )]
    Restore(Restore),
    /// Checks configuration, database, disk and clock, each with its remedy.
    #[command(after_help = "Example:\n  guanxi doctor --db sqlite:guanxi.db --json")]
    Doctor(Doctor),
    /// Every address that the program answers.
    #[command(after_help = "Example:\n  guanxi routes")]
    Routes(Report),
    /// Who may see a record, and why.
    #[command(
        after_help = "Example:\n  guanxi permissions --explain li@example.com customer 0198a… --db sqlite:guanxi.db"
    )]
    Permissions(Permissions),
    /// The methods of analysis on CSV files, without a database.
    #[command(
        subcommand,
        after_help = "Example:\n  guanxi insight rfm --in orders.csv --customer id --date day --amount total --json"
    )]
    Insight(commands::insight::Method),
    /// Measures this machine and this program, and prints both against the bars.
    #[command(after_help = "Example:\n  guanxi bench --size 10000")]
    Bench(Bench),
}

#[derive(Debug, Args)]
pub struct Demo {
    /// Packs of trades to add to the core.
    #[arg(long = "pack")]
    pub packs: Vec<String>,
    /// Customers.
    #[arg(long, default_value_t = 1000)]
    pub size: usize,
    /// Where the database is made.
    #[arg(long, default_value = "guanxi-demo")]
    pub dir: PathBuf,
    #[arg(long, env = "GUANXI_LISTEN", default_value = "127.0.0.1:8080")]
    pub listen: String,
    /// Make the data and stop.
    #[arg(long)]
    pub load_only: bool,
    /// One JSON document on standard output: url, db, users.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct Serve {
    #[command(flatten)]
    pub database: Database,
    #[arg(long, env = "GUANXI_LISTEN")]
    pub listen: Option<String>,
}

#[derive(Debug, Args)]
pub struct Init {
    #[command(flatten)]
    pub database: Database,
    /// E-mail address of the first administrator.
    #[arg(long)]
    pub admin: String,
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Subcommand)]
pub enum User {
    /// Adds a person; the password is read from standard input.
    #[command(
        after_help = "Example:\n  guanxi user add --email li@example.com --name 李雷 --role salesperson --department Sales/East < password"
    )]
    Add {
        #[command(flatten)]
        database: Database,
        #[arg(long)]
        email: String,
        #[arg(long)]
        name: String,
        #[arg(long = "role", required = true)]
        roles: Vec<String>,
        /// A path from the top; what is missing of it is made.
        #[arg(long)]
        department: Option<String>,
        #[arg(long)]
        json: bool,
    },
    /// A new password, from standard input; ends the person's sessions.
    #[command(after_help = "Example:\n  guanxi user password li@example.com < password")]
    Password {
        #[command(flatten)]
        database: Database,
        email: String,
    },
    /// Ends every way in of a person, at once.
    #[command(after_help = "Example:\n  guanxi user disable li@example.com")]
    Disable {
        #[command(flatten)]
        database: Database,
        email: String,
    },
}

#[derive(Debug, Subcommand)]
pub enum Token {
    /// The token alone on standard output, once.
    #[command(after_help = "Example:\n  guanxi token create --user li@example.com --name shop")]
    Create {
        #[command(flatten)]
        database: Database,
        #[arg(long)]
        user: String,
        #[arg(long)]
        name: String,
    },
}

#[derive(Debug, Subcommand)]
pub enum Pack {
    /// Packs of this program.
    #[command(after_help = "Example:\n  guanxi pack list")]
    List(Report),
    /// Validates a folder of declarations: file, line, suggestion.
    #[command(after_help = "Example:\n  guanxi pack check packs/hospital")]
    Check {
        folder: PathBuf,
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Args)]
pub struct Import {
    #[command(flatten)]
    pub database: Database,
    /// The object, such as customer.
    #[arg(required_unless_present = "undo")]
    pub object: Option<String>,
    /// CSV or XLSX.
    #[arg(required_unless_present = "undo")]
    pub file: Option<PathBuf>,
    /// Mapping of columns to fields; without one it is guessed by names and labels.
    #[arg(long)]
    pub map: Option<PathBuf>,
    /// create, update or upsert; the mapping's own unless given.
    #[arg(long)]
    pub mode: Option<String>,
    /// Fields by which existing records are found, separated by commas.
    #[arg(long = "match")]
    pub match_fields: Option<String>,
    /// Check everything, write nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// In whose name: an e-mail address; the first administrator unless given.
    #[arg(long)]
    pub user: Option<String>,
    /// Takes an earlier import back.
    #[arg(long)]
    pub undo: Option<String>,
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct Export {
    #[command(flatten)]
    pub database: Database,
    pub object: String,
    /// A condition of the filter language.
    #[arg(long, default_value = "")]
    pub filter: String,
    /// csv, xlsx, parquet or json.
    #[arg(long, default_value = "csv")]
    pub format: String,
    /// Fields, separated by commas; all unless given.
    #[arg(long)]
    pub fields: Option<String>,
    /// In whose name: an e-mail address; the first administrator unless given.
    #[arg(long)]
    pub user: Option<String>,
}

#[derive(Debug, Args)]
pub struct BackupFile {
    #[command(flatten)]
    pub database: Database,
    pub file: PathBuf,
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct Restore {
    #[command(flatten)]
    pub database: Database,
    pub file: PathBuf,
    /// Where a database file is there already: keeps it beside and takes its place. Stop the server first.
    #[arg(long)]
    pub replace: bool,
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct Doctor {
    #[command(flatten)]
    pub database: Database,
    /// Also what takes long: history's chain, orphans, counters, search against a rebuild.
    #[arg(long)]
    pub deep: bool,
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct Report {
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct Permissions {
    #[command(flatten)]
    pub database: Database,
    /// USER OBJECT ID
    #[arg(long, num_args = 3, value_names = ["USER", "OBJECT", "ID"], required = true)]
    pub explain: Vec<String>,
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct Bench {
    #[command(flatten)]
    pub database: Database,
    /// Customers.
    #[arg(long, default_value_t = 10_000)]
    pub size: usize,
    /// A folder in which the data is kept for the next run, and beside which the run works; SQLite only.
    #[arg(long)]
    pub keep: Option<PathBuf>,
    /// Only this part; may be repeated.
    #[arg(long, value_enum)]
    pub only: Vec<BenchPart>,
    /// Only JSON on standard output.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum BenchPart {
    Import,
    Read,
    Export,
    Start,
    Create,
}

impl Bench {
    /// Whether this part is to be measured.
    pub fn wants(&self, part: BenchPart) -> bool {
        self.only.is_empty() || self.only.contains(&part)
    }
}

/// Reads the arguments, does what they say, and turns errors into words and an exit code.
pub fn run() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let _closed_pipe = error.print();
            return if error.use_stderr() {
                ExitCode::from(2)
            } else {
                ExitCode::SUCCESS
            };
        }
    };
    start_tracing();
    match commands::dispatch(cli.command) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("guanxi: {}", words(&error));
            ExitCode::FAILURE
        }
    }
}

/// The chain of causes as one paragraph.
fn words(error: &anyhow::Error) -> String {
    let mut parts: Vec<String> = Vec::new();
    for cause in error.chain() {
        let text = match cause.downcast_ref::<guanxi_engine::EngineError>() {
            Some(engine) => engine_words(engine),
            None => cause.to_string(),
        };
        if parts.last() != Some(&text) {
            parts.push(text);
        }
    }
    parts.join(" ")
}

/// What went wrong in the engine, field by field, as a person in a terminal reads it.
fn engine_words(error: &guanxi_engine::EngineError) -> String {
    let (_, document) = guanxi_api::problem(error, guanxi_meta::Lang::En);
    document["detail"].as_str().unwrap_or_default().to_owned()
}

fn start_tracing() {
    let filter = tracing_subscriber::EnvFilter::try_from_env("GUANXI_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn,guanxi=info"));
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    let _already_set = subscriber.try_init();
}
