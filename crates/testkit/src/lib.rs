//! A working organisation for tests, on either database: the core pack, a tree of departments, a person of every
//! role, a clock that stands still.
#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "a test that can't be set up says so and ends"
)]

pub mod app;
mod backend;
mod receiver;

pub use backend::{Backend, Leftover, POSTGRES};
pub use receiver::{Answer, Receiver};

use guanxi_engine::ambient::SystemClock;
use guanxi_engine::capability::{Capabilities, Capability};
use guanxi_engine::outbox::{Channel, Channels};
use guanxi_engine::write::{Change, save};
use guanxi_engine::{
    Context, Engine, EngineError, EngineResult, Parts, Record, Settings, accounts, act, read,
};
use guanxi_meta::Object;
use guanxi_meta::ambient::{Clock, Ids};
use guanxi_meta::declare::{Declarations, PackSource, Source, load};
use jiff::{SignedDuration, Timestamp};
use parking_lot::Mutex;
use serde_json::{Map, Value as Json};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tempfile::TempDir;
use uuid::{Builder, Uuid};

/// The people that every test organisation has: address before the `@`, name, role, department.
pub const PEOPLE: [(&str, &str, &str, &str); 8] = [
    ("admin", "Ada Admin", "administrator", "Sales"),
    ("head", "何总", "manager", "Sales"),
    ("manager", "Mia Manager", "manager", "Sales/East"),
    ("salesperson", "Sam Sales", "salesperson", "Sales/East"),
    ("colleague", "Cora Colleague", "salesperson", "Sales/East"),
    ("stranger", "Stan Stranger", "salesperson", "Sales/West"),
    ("service", "Sue Service", "service", "Service"),
    ("reader", "Rex Reader", "read_only", "Service"),
];

/// Every person's password.
pub const PASSWORD: &str = "correct horse battery staple";

/// When tests begin: a Monday morning in Shanghai.
pub const START: &str = "2026-03-02T01:00:00Z";

/// A clock that moves when a test says so.
pub struct TestClock(Mutex<Timestamp>);

impl TestClock {
    pub fn advance(&self, seconds: i64) {
        *self.0.lock() += SignedDuration::from_secs(seconds);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        *self.0.lock()
    }
}

/// Identities that count up, so that two runs of a test are equal.
struct CountedIds {
    clock: Arc<TestClock>,
    count: AtomicU64,
}

impl Ids for CountedIds {
    fn next(&self) -> Uuid {
        let mut rest = [0_u8; 10];
        rest[2..].copy_from_slice(&self.count.fetch_add(1, Ordering::Relaxed).to_be_bytes());
        let millis = u64::try_from(self.clock.now().as_millisecond()).unwrap_or(0);
        Builder::from_unix_timestamp_millis(millis, &rest).into_uuid()
    }
}

/// An engine with the core pack and all capabilities, and the people of [`PEOPLE`]. Its files go when it goes.
pub struct TestEngine {
    pub engine: Engine,
    pub clock: Arc<TestClock>,
    folder: TempDir,
    url: String,
    declarations: Declarations,
    /// Dropped after the engine, which uses it.
    _leftover: backend::Leftover,
}

/// The first identity of another process on the same database.
const ELSEWHERE: u64 = 1 << 40;

/// A new organisation on the database.
pub fn engine(backend: Backend) -> TestEngine {
    organisation(backend, core())
}

/// The same with declarations of the test's own making.
pub fn organisation(backend: Backend, declarations: Declarations) -> TestEngine {
    peopled(bare(backend, declarations))
}

/// The same with further capabilities, which do what a test needs.
pub fn equipped(backend: Backend, declarations: Declarations, more: More) -> TestEngine {
    peopled(made(backend, declarations, more))
}

/// What a test's program has beside the product's own.
#[derive(Default)]
pub struct More {
    pub capabilities: Vec<Arc<dyn Capability>>,
    pub channels: Vec<Arc<dyn Channel>>,
}

fn peopled(test: TestEngine) -> TestEngine {
    let ctx = test.system();
    for (address, name, role, department) in PEOPLE {
        let new = accounts::NewUser {
            email: email(address),
            name: name.to_owned(),
            roles: vec![role.to_owned()],
            department: Some(department.to_owned()),
            // Hashing is slow on purpose; tests of logging in set a password themselves.
            password: None,
        };
        let ctx = test.engine.again(&ctx).expect("a context");
        accounts::add(&ctx, new).unwrap_or_else(|error| panic!("{address}: {}", words(&error)));
    }
    test
}

/// An organisation without people.
pub fn bare(backend: Backend, declarations: Declarations) -> TestEngine {
    made(backend, declarations, More::default())
}

fn made(backend: Backend, declarations: Declarations, more: More) -> TestEngine {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let url = backend.url(folder.path());
    let clock = Arc::new(TestClock(Mutex::new(START.parse().expect("a time"))));
    let place = (url.as_str(), folder.path());
    let engine = opened(place, &declarations, more, (&clock, 1));
    TestEngine {
        engine,
        clock,
        _leftover: backend::Leftover::of(&url),
        folder,
        url,
        declarations,
    }
}

fn opened(
    (url, folder): (&str, &Path),
    declarations: &Declarations,
    mut more: More,
    (clock, count): (&Arc<TestClock>, u64),
) -> Engine {
    let mut capabilities: Vec<Arc<dyn Capability>> =
        guanxi_capabilities::all().all().cloned().collect();
    capabilities.append(&mut more.capabilities);
    let parts = Parts {
        store: backend::open(url),
        declarations: declarations.clone(),
        capabilities: Capabilities::new(capabilities),
        channels: Channels::new(more.channels),
        clock: clock.clone(),
        ids: Arc::new(CountedIds {
            clock: clock.clone(),
            count: AtomicU64::new(count),
        }),
        files: folder.join("files"),
        settings: Settings::default(),
    };
    Engine::open(parts)
        .unwrap_or_else(|error| panic!("the engine does not open: {}", words(&error)))
}

/// The core pack as it lies in the tree.
pub fn core() -> Declarations {
    let packs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs");
    load(&[pack(&packs, "core")]).unwrap_or_else(|errors| {
        let lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
        panic!("the core pack does not load:\n{}", lines.join("\n"))
    })
}

/// A pack's files.
pub fn pack(packs: &Path, name: &str) -> PackSource {
    let root = packs.join(name);
    let mut files = Vec::new();
    let mut folders: Vec<PathBuf> = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder)
            .expect("the pack's folder")
            .flatten()
        {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ext| ext == "toml") {
                let inside = path.strip_prefix(&root).expect("a file of the pack");
                let text = std::fs::read_to_string(&path).expect("a file of the pack");
                files.push(Source {
                    path: inside.to_string_lossy().replace('\\', "/"),
                    text,
                });
            }
        }
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    PackSource {
        folder: format!("packs/{name}"),
        files,
    }
}

pub fn email(address: &str) -> String {
    format!("{address}@example.com")
}

impl TestEngine {
    /// A new context of one of [`PEOPLE`], or of whoever was added since: with what is known now.
    pub fn person(&self, address: &str) -> Context {
        let system = self.system();
        let seq = accounts::by_email(&system, &email(address))
            .unwrap_or_else(|| panic!("there is no {address}"));
        self.engine
            .context(seq, "test")
            .unwrap_or_else(|error| panic!("{address}: {error}"))
    }

    /// The last position of the log, once every row that was written is in it: PostgreSQL holds
    /// rows back while older transactions of anyone, also of other tests, still run.
    pub fn whole_log(&self) -> i64 {
        let store = self.engine.store();
        while !store.log_is_whole().expect("a log") {
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        store.log_head().expect("a log")
    }

    pub fn system(&self) -> Context {
        self.engine.system("test").expect("the system's context")
    }

    pub fn admin(&self) -> Context {
        self.person("admin")
    }

    /// Of Sales, above East and West.
    pub fn head(&self) -> Context {
        self.person("head")
    }

    /// Of Sales/East.
    pub fn manager(&self) -> Context {
        self.person("manager")
    }

    /// Of Sales/East.
    pub fn salesperson(&self) -> Context {
        self.person("salesperson")
    }

    /// Another of Sales/East.
    pub fn colleague(&self) -> Context {
        self.person("colleague")
    }

    /// A salesperson of Sales/West.
    pub fn stranger(&self) -> Context {
        self.person("stranger")
    }

    pub fn service(&self) -> Context {
        self.person("service")
    }

    pub fn reader(&self) -> Context {
        self.person("reader")
    }

    /// What another process would have on the same database: everything of its own but the clock.
    pub fn elsewhere(&self) -> Engine {
        self.another(More::default())
    }

    /// The same, of a program that has more.
    pub fn another(&self, more: More) -> Engine {
        self.opened(&self.url, more)
    }

    /// An engine with the same declarations and files on another database.
    pub fn on(&self, url: &str) -> Engine {
        self.opened(url, More::default())
    }

    fn opened(&self, url: &str, more: More) -> Engine {
        let place = (url, self.folder.path());
        opened(place, &self.declarations, more, (&self.clock, ELSEWHERE))
    }

    /// A folder that goes with the engine.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }
}

/// The object, which the caller may see.
pub fn object(ctx: &Context, name: &str) -> Arc<Object> {
    ctx.object(name)
        .unwrap_or_else(|_| panic!("the caller sees no {name}"))
}

/// The members of a JSON object.
pub fn members(json: Json) -> Map<String, Json> {
    match json {
        Json::Object(members) => members,
        other => panic!("not an object: {other}"),
    }
}

/// The caller's own id.
pub fn me(ctx: &Context) -> Uuid {
    ctx.person().map(|person| person.id).unwrap_or_default()
}

pub fn try_create(ctx: &Context, name: &str, fields: Json) -> EngineResult<Record> {
    Ok(save(ctx, Change::create(&object(ctx, name), members(fields)))?.record)
}

pub fn create(ctx: &Context, name: &str, fields: Json) -> Record {
    try_create(ctx, name, fields).unwrap_or_else(|error| panic!("{name}: {}", words(&error)))
}

pub fn try_update(ctx: &Context, record: &Record, fields: Json) -> EngineResult<Record> {
    Ok(save(
        ctx,
        Change::update(&record.object, record.id, None, members(fields)),
    )?
    .record)
}

pub fn update(ctx: &Context, record: &Record, fields: Json) -> Record {
    try_update(ctx, record, fields).unwrap_or_else(|error| panic!("{}", words(&error)))
}

pub fn try_remove(ctx: &Context, record: &Record) -> EngineResult<Record> {
    Ok(save(ctx, Change::remove(&record.object, record.id, None))?.record)
}

/// Does a noun to a record.
pub fn try_act(ctx: &Context, record: &Record, noun: &str, input: Json) -> EngineResult<Json> {
    act::act(ctx, &record.object, record.id, noun, members(input))
}

pub fn acted(ctx: &Context, record: &Record, noun: &str, input: Json) -> Json {
    try_act(ctx, record, noun, input).unwrap_or_else(|error| panic!("{noun}: {}", words(&error)))
}

/// The record as the caller sees it now.
pub fn again(ctx: &Context, record: &Record) -> Record {
    read::get(ctx, &record.object, record.id)
        .unwrap_or_else(|error| panic!("{}: {error}", record.title()))
}

pub fn sees(ctx: &Context, record: &Record) -> bool {
    matches!(read::lookup(ctx, &record.object, record.id), Ok(Some(_)))
}

/// An error in the words of tests: `404`, `403 update`, `409 already_closed`, `422 roles:unknown_role`.
pub fn words(error: &EngineError) -> String {
    let faults = |errors: &[guanxi_meta::FieldError]| {
        let each = errors
            .iter()
            .map(|error| format!("{}:{}", error.field, error.fault.code));
        each.collect::<Vec<_>>().join(" ")
    };
    match error {
        EngineError::NotFound => "404".to_owned(),
        EngineError::Unauthorized => "401".to_owned(),
        EngineError::Forbidden(what) => format!("403 {what}"),
        EngineError::BadRequest(fault) => format!("400 {}", fault.code),
        EngineError::Invalid(errors) => format!("422 {}", faults(errors)),
        EngineError::Taken(fault, errors) if errors.is_empty() => format!("409 {}", fault.code),
        EngineError::Taken(_, errors) => format!("409 {}", faults(errors)),
        EngineError::Stale(_) => "412".to_owned(),
        EngineError::TooLarge(fault) => format!("413 {}", fault.code),
        EngineError::TooMany { .. } => "429".to_owned(),
        other => other.to_string(),
    }
}

/// The refusal of something that must be refused.
pub fn refusal<T: std::fmt::Debug>(outcome: EngineResult<T>) -> String {
    match outcome {
        Ok(done) => panic!("was done: {done:?}"),
        Err(error) => words(&error),
    }
}

/// Runs `body` on so many threads at once and answers what each came to.
pub fn at_once<T: Send>(threads: usize, body: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let gate = std::sync::Barrier::new(threads);
    let (gate, body) = (&gate, &body);
    std::thread::scope(|scope| {
        let running: Vec<_> = (0..threads)
            .map(|at| {
                scope.spawn(move || {
                    gate.wait();
                    body(at)
                })
            })
            .collect();
        running
            .into_iter()
            .map(|thread| thread.join().expect("a thread"))
            .collect()
    })
}

/// The real clock, for tests that measure.
pub fn real_clock() -> Arc<dyn Clock> {
    Arc::new(SystemClock)
}
