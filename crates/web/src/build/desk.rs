//! What a page is made with: the reader's words, clock and place, and the names of what links lead to.

use crate::door::Visit;
use crate::pages::{Face, Lookup};
use crate::{Argument, Moment, Speaker, Words};
use guanxi_access::Action;
use guanxi_engine::{Context, EngineError, EngineResult, Record};
use guanxi_meta::fault::Fault;
use guanxi_meta::{Cell, Label, Object, Value};
use guanxi_query::cond::{Cond, Select};
use guanxi_store::StoreExt;
use jiff::Timestamp;
use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use uuid::Uuid;

pub struct Desk<'a> {
    pub ctx: &'a Context,
    pub words: &'a Words,
    pub speaker: Speaker,
    /// Titles by object and id; what the reader may not see is not among them.
    titles: RefCell<HashMap<(String, Uuid), String>>,
    asked: RefCell<HashSet<(String, Uuid)>>,
}

const TONES: [&str; 5] = ["jade", "gold", "rose", "sky", "plum"];

impl<'a> Desk<'a> {
    pub fn new(visit: &'a Visit) -> EngineResult<Desk<'a>> {
        let ctx = &visit.ctx;
        let code = ctx.lang.code();
        let words = visit.site.renderer.words(code);
        let words = words.ok_or_else(|| EngineError::Broken(format!("no words in {code}")))?;
        Ok(Desk {
            ctx,
            words,
            speaker: Speaker::new(words.clone(), ctx.zone.clone(), ctx.now),
            titles: RefCell::default(),
            asked: RefCell::default(),
        })
    }

    pub fn say(&self, key: &str) -> String {
        self.words.say(key, &[])
    }

    pub fn say_of(&self, key: &str, name: &str, value: &str) -> String {
        self.words.say(key, &[(name, Argument::Text(value))])
    }

    /// A message with a count `n`.
    pub fn say_n(&self, key: &str, n: u64) -> String {
        // Counts that people read are far below 2^53.
        self.words.say(key, &[("n", Argument::Number(n as f64))])
    }

    pub fn label(&self, label: &Label, fallback: &str) -> String {
        label.get(self.ctx.lang, fallback).to_owned()
    }

    pub fn one(&self, object: &Object) -> String {
        self.label(&object.label, &object.name)
    }

    pub fn many(&self, object: &Object) -> String {
        self.label(&object.plural, &object.name)
    }

    pub fn fault(&self, fault: &Fault) -> String {
        fault.message(self.ctx.lang)
    }

    /// From microseconds since 1970.
    pub fn instant(&self, micros: i64) -> Moment {
        Timestamp::from_microsecond(micros)
            .map(|at| self.speaker.instant(at))
            .unwrap_or_default()
    }

    /// Asks for the titles of what these values lead to, with one question per object.
    pub fn learn<'v>(
        &self,
        links: impl IntoIterator<Item = (&'v str, &'v Value)>,
    ) -> EngineResult<()> {
        let mut wanted: HashMap<String, Vec<Uuid>> = HashMap::new();
        for (to, value) in links {
            for (object, id) in targets(to, value) {
                if self.asked.borrow_mut().insert((object.clone(), id)) {
                    wanted.entry(object).or_default().push(id);
                }
            }
        }
        for (object, ids) in wanted {
            let found = match object.as_str() {
                "user" => self.people(&ids),
                "department" => self.departments(&ids),
                name => self.ask(name, &ids)?,
            };
            let mut titles = self.titles.borrow_mut();
            titles.extend(
                found
                    .into_iter()
                    .map(|(id, title)| ((object.clone(), id), title)),
            );
        }
        Ok(())
    }

    fn people(&self, ids: &[Uuid]) -> Vec<(Uuid, String)> {
        let known = ids
            .iter()
            .filter_map(|id| self.ctx.directory.user_by_id(*id));
        known.map(|user| (user.id, user.name.clone())).collect()
    }

    fn departments(&self, ids: &[Uuid]) -> Vec<(Uuid, String)> {
        let known = ids
            .iter()
            .filter_map(|id| self.ctx.directory.department_by_id(*id));
        known
            .map(|department| (department.id, department.name.clone()))
            .collect()
    }

    fn ask(&self, object: &str, ids: &[Uuid]) -> EngineResult<Vec<(Uuid, String)>> {
        let Some(object) = self.ctx.catalog.object(object) else {
            return Ok(Vec::new());
        };
        let grant = self.ctx.grant(object, Action::Read);
        if grant.is_empty() || !grant.may_read(object.title) {
            return Ok(Vec::new());
        }
        let title = object.title();
        let mut columns = vec!["id".to_owned()];
        columns.extend(
            title
                .kind
                .columns(title)
                .into_iter()
                .map(|column| column.name),
        );
        let cells = ids.iter().copied().map(Cell::Id).collect();
        let select = Select::from(&object.table, columns).filter(
            Cond::among("id", cells)
                .and(Cond::null("deleted_at"))
                .and(grant.cond()),
        );
        let rows = self
            .ctx
            .engine
            .store()
            .look(|view| Ok::<_, EngineError>(view.select(&select)?))?;
        let read = |row: &guanxi_store::Row| {
            let value = title.kind.load(title, &row.cells[1..]);
            Some((row.cells[0].id()?, title.kind.to_text(title, &value)))
        };
        Ok(rows.iter().filter_map(read).collect())
    }

    /// A record that a link leads to; without a name where the reader may not see it.
    pub fn lookup(&self, object: &str, id: Uuid) -> Lookup {
        let titles = self.titles.borrow();
        match titles.get(&(object.to_owned(), id)) {
            Some(title) => Lookup {
                id: id.to_string(),
                label: title.clone(),
                href: href(object, id),
            },
            None => Lookup {
                id: id.to_string(),
                label: self.say("not-yours-to-see"),
                href: String::new(),
            },
        }
    }

    /// The round of a user by `seq`; none for nobody.
    pub fn user_face(&self, seq: i64) -> Option<Face> {
        self.ctx
            .directory
            .user(seq)
            .map(|user| face(&user.name, user.id))
    }

    /// Objects that the reader may reach any of, in their order.
    pub fn objects(&self, action: Action) -> impl Iterator<Item = &'a Arc<Object>> + use<'a, '_> {
        self.ctx
            .catalog
            .objects
            .iter()
            .filter(move |object| !self.ctx.grant(object, action).is_empty())
    }
}

/// Where links of a value lead.
pub fn targets(to: &str, value: &Value) -> Vec<(String, Uuid)> {
    match value {
        Value::Id(id) => vec![(to.to_owned(), *id)],
        Value::Reference { object, id } => vec![(object.clone(), *id)],
        Value::List(items) => items
            .iter()
            .filter_map(Value::id)
            .map(|id| (to.to_owned(), id))
            .collect(),
        _ => Vec::new(),
    }
}

pub fn href(object: &str, id: Uuid) -> String {
    format!("/{object}/{id}")
}

pub fn record_href(record: &Record) -> String {
    href(&record.object.name, record.id)
}

/// POST takes the change back that made this version.
pub fn undo_href(record: &Record, version: i64) -> String {
    format!("{}/undo?version={version}", record_href(record))
}

/// A name's first letter, in a tone that stays with the id.
pub fn face(name: &str, id: Uuid) -> Face {
    let initial: String = name
        .chars()
        .find(|c| c.is_alphanumeric())
        .map(|c| c.to_uppercase().collect())
        .unwrap_or_default();
    let tone = TONES[usize::from(id.as_bytes()[15]) % TONES.len()];
    Face {
        initial,
        tone: tone.to_owned(),
        name: name.to_owned(),
    }
}

/// A query string of the pairs that say something.
pub fn query(pairs: &[(&str, &str)]) -> String {
    serde_urlencoded::to_string(pairs).unwrap_or_default()
}
