//! Who asks, in which language and time zone, under which version of the catalogue. One context goes through every
//! call of a request and never changes.

use crate::engine::{Engine, Known};
use crate::error::{EngineError, EngineResult};
use crate::formulas::Formulas;
use crate::idempotency::Once;
use guanxi_access::{Action, Directory, Grant, User};
use guanxi_meta::{Catalog, Field, Lang, Object};
use guanxi_query::{Cond, Env, Me};
use jiff::{Timestamp, tz::TimeZone};
use parking_lot::Mutex;
use rust_decimal::Decimal;
use serde_json::{Value as Json, json};
use std::collections::HashMap;
use std::sync::Arc;
use uuid::Uuid;

/// Cheap to clone: work that leaves the request takes its own.
#[derive(Clone)]
pub struct Context {
    pub engine: Engine,
    pub catalog: Arc<Catalog>,
    pub directory: Arc<Directory>,
    pub actor: Arc<Actor>,
    pub lang: Lang,
    pub zone: TimeZone,
    pub now: Timestamp,
    /// The door, as the change log keeps it: `web api import:ID undo:ID merge job demo`.
    pub via: Arc<str>,
    pub formulas: Arc<Formulas>,
    /// The request's Idempotency-Key, if it has one: its transaction keeps the answer.
    pub(crate) once: Option<Once>,
    /// Units of the organisation's currency for one unit of another, by ISO 4217.
    rates: Arc<HashMap<String, Decimal>>,
    /// Bulk work meets the same few links again and again; `None` outside it.
    links: Option<Arc<Mutex<Links>>>,
    grants: Arc<Mutex<Grants>>,
    rights: Rights,
}

/// Whose rights bind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rights {
    Own,
    House,
}

/// Whether a record, by table and id, was found.
type Links = HashMap<(String, Uuid), bool>;

/// Grants that this context has asked for, by object and action.
type Grants = HashMap<(String, Action), Arc<Grant>>;

/// The caller: a person, or the system itself.
#[derive(Debug, Clone)]
pub enum Actor {
    Person(User),
    /// Set-up, jobs for nobody. Never made from a request.
    System,
}

impl Actor {
    /// What rows carry: 0 is the system.
    pub fn seq(&self) -> i64 {
        match self {
            Actor::Person(user) => user.seq,
            Actor::System => 0,
        }
    }

    pub fn department(&self) -> i64 {
        match self {
            Actor::Person(user) => user.department,
            Actor::System => 0,
        }
    }
}

impl Context {
    pub fn new(engine: Engine, known: &Known, actor: Actor, via: &str) -> Context {
        let (lang, zone) = match &actor {
            Actor::Person(user) => (
                user.language.as_deref().and_then(Lang::parse),
                user.time_zone
                    .as_deref()
                    .and_then(|name| TimeZone::get(name).ok()),
            ),
            Actor::System => (None, None),
        };
        let now = engine.clock().now();
        Context {
            lang: lang.unwrap_or_default(),
            zone: zone.unwrap_or_else(|| engine.zone()),
            engine,
            catalog: known.catalog.clone(),
            directory: known.directory.clone(),
            formulas: known.formulas.clone(),
            rates: known.rates.clone(),
            links: None,
            once: None,
            actor: Arc::new(actor),
            now,
            via: via.into(),
            grants: Arc::default(),
            rights: Rights::Own,
        }
    }

    /// The same caller, signing for what follows by rule from an act that was allowed: a merge repoints links that the
    /// caller does not see, a new owner takes along what belongs to the record. What is read this way is never answered.
    #[must_use]
    pub fn by_rule(&self) -> Context {
        Context {
            grants: Arc::default(),
            links: None,
            rights: Rights::House,
            ..self.clone()
        }
    }

    /// The same caller through another door, as a job or an import acts.
    #[must_use]
    pub fn through(&self, via: &str) -> Context {
        Context {
            via: via.into(),
            ..self.clone()
        }
    }

    /// This context for the rest of another one's request: its key and whose rights bind go along.
    #[must_use]
    pub(crate) fn in_place_of(mut self, other: &Context) -> Context {
        self.once.clone_from(&other.once);
        self.rights = other.rights;
        self.links = other.links.as_ref().map(|_| Arc::default());
        self
    }

    /// For a request with an Idempotency-Key: what it does and its answer are written together.
    #[must_use]
    pub fn once(mut self, once: Once) -> Context {
        self.once = Some(once);
        self
    }

    #[must_use]
    pub fn speaking(mut self, lang: Lang) -> Context {
        self.lang = lang;
        self
    }

    /// For bulk work: remembers which links were found. Only within one run, since rows come and go.
    #[must_use]
    pub fn remembering_links(mut self) -> Context {
        self.links = Some(Arc::default());
        self
    }

    pub(crate) fn seen_link(&self, table: &str, id: Uuid) -> Option<bool> {
        self.links
            .as_ref()?
            .lock()
            .get(&(table.to_owned(), id))
            .copied()
    }

    pub(crate) fn remember_link(&self, table: &str, id: Uuid, found: bool) {
        /// Links kept; past that the memory starts anew, so that a bulk run stays flat.
        const MOST: usize = 100_000;
        if let Some(links) = &self.links {
            let mut links = links.lock();
            if links.len() >= MOST {
                links.clear();
            }
            links.insert((table.to_owned(), id), found);
        }
    }

    pub fn rate(&self, currency: &str) -> Option<Decimal> {
        self.rates.get(currency).copied()
    }

    /// The roll-ups that count `child`: the parent and its field.
    pub fn rollups(&self, child: &str) -> &[(Arc<Object>, Field)] {
        self.formulas.rollups(child)
    }

    pub fn now_micros(&self) -> i64 {
        self.now.as_microsecond()
    }

    pub fn person(&self) -> Option<&User> {
        match &*self.actor {
            Actor::Person(user) => Some(user),
            Actor::System => None,
        }
    }

    /// The object of that name, if the caller may reach any of it: an object that nobody granted does not exist.
    pub fn object(&self, name: &str) -> EngineResult<Arc<Object>> {
        let object = self
            .catalog
            .object(name)
            .ok_or(EngineError::NotFound)?
            .clone();
        if self.grant(&object, Action::Read).is_empty() {
            return Err(EngineError::NotFound);
        }
        Ok(object)
    }

    pub fn grant(&self, object: &Arc<Object>, action: Action) -> Arc<Grant> {
        let mut grants = self.grants.lock();
        grants
            .entry((object.name.clone(), action))
            .or_insert_with(|| {
                Arc::new(match (&*self.actor, self.rights) {
                    (Actor::Person(user), Rights::Own) => {
                        Grant::new(&self.catalog, &self.directory, user, object, action)
                    }
                    _ => Grant::system(object, action),
                })
            })
            .clone()
    }

    /// Whether the caller may change declarations, people and settings.
    pub fn administers(&self) -> bool {
        match &*self.actor {
            Actor::System => true,
            Actor::Person(user) => user
                .roles
                .iter()
                .filter_map(|name| self.catalog.roles.get(name))
                .any(|role| role.administer),
        }
    }

    pub fn administer(&self) -> EngineResult<()> {
        if self.administers() {
            Ok(())
        } else {
            Err(EngineError::Forbidden("administer"))
        }
    }

    /// The id of a user as the API shows it; null for nobody.
    pub fn user_json(&self, seq: i64) -> Json {
        self.directory
            .user(seq)
            .map_or(Json::Null, |user| json!(user.id))
    }

    pub fn department_json(&self, seq: i64) -> Json {
        self.directory
            .department(seq)
            .map_or(Json::Null, |department| json!(department.id))
    }

    /// The name of a user; empty for nobody.
    pub fn user_name(&self, seq: i64) -> &str {
        self.directory
            .user(seq)
            .map_or("", |user| user.name.as_str())
    }
}

impl Env for Context {
    fn now(&self) -> Timestamp {
        self.now
    }

    fn zone(&self) -> TimeZone {
        self.zone.clone()
    }

    fn currency(&self) -> &str {
        &self.engine.settings().currency
    }

    fn me(&self) -> Me {
        match &*self.actor {
            Actor::Person(user) => Me {
                seq: user.seq,
                id: user.id,
                department: user.department,
            },
            Actor::System => Me::default(),
        }
    }

    fn user_seq(&self, id: Uuid) -> Option<i64> {
        self.directory.user_by_id(id).map(|user| user.seq)
    }

    fn department_seq(&self, id: Uuid) -> Option<i64> {
        self.directory
            .department_by_id(id)
            .map(|department| department.seq)
    }

    fn department_below(&self, seq: i64) -> Vec<i64> {
        self.directory.below(seq)
    }

    fn may_read(&self, object: &str, field: &str) -> bool {
        let Some(object) = self.catalog.object(object) else {
            return false;
        };
        let grant = self.grant(object, Action::Read);
        !grant.is_empty() && object.position(field).is_none_or(|at| grant.may_read(at))
    }

    fn rows(&self, object: &str) -> Cond {
        let Some(object) = self.catalog.object(object) else {
            return Cond::False;
        };
        self.grant(object, Action::Read)
            .cond()
            .and(Cond::null("deleted_at"))
    }
}
