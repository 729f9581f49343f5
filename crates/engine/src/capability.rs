//! What declarations cannot say. A capability is a small module with a name that any object may declare; the engine
//! calls it at the visible stages of a save and offers its nouns on each record. The program hands the
//! implementations in, so the engine knows none of them.

use crate::context::Context;
use crate::error::EngineResult;
use crate::record::Record;
use guanxi_access::Action;
use guanxi_meta::fault::FieldError;
use guanxi_meta::{Label, Object};
use guanxi_store::Transaction;
use serde_json::{Map, Value as Json};
use std::sync::Arc;

/// A record on its way through a save.
#[derive(Debug, Clone)]
pub struct Draft {
    /// As it was; `None` for a creation.
    pub before: Option<Record>,
    pub after: Record,
    /// Names of the fields that the caller named.
    pub named: Vec<String>,
    /// What is wrong so far; the save ends with all of it at once.
    pub errors: Vec<FieldError>,
    /// Which act this is: `create update remove`, or a noun.
    pub act: &'static str,
}

impl Draft {
    pub fn is_new(&self) -> bool {
        self.before.is_none()
    }

    /// Whether the field differs from what it was (for a creation: from empty).
    pub fn changes(&self, field: &str) -> bool {
        match &self.before {
            Some(before) => before.get(field) != self.after.get(field),
            None => !self.after.get(field).is_null(),
        }
    }

    pub fn names(&self, field: &str) -> bool {
        self.named.iter().any(|name| name == field)
    }
}

/// An action that is not editing: its own address, its own history entry.
#[derive(Debug, Clone)]
pub struct Noun {
    pub name: &'static str,
    pub label: Label,
    /// What the caller must be allowed to do with the record.
    pub needs: Action,
    pub inputs: Vec<NounInput>,
}

#[derive(Debug, Clone)]
pub struct NounInput {
    pub name: &'static str,
    /// A kind's name, with `link:user` for links.
    pub kind: &'static str,
    pub required: bool,
    pub label: Label,
}

/// A noun's request, checked to be on a record that the caller may see.
#[derive(Debug, Clone)]
pub struct Act {
    pub noun: &'static str,
    pub record: Record,
    pub input: Map<String, Json>,
}

pub trait Capability: Send + Sync {
    /// As declarations name it.
    fn name(&self) -> &'static str;

    /// What the capability adds to records of this object.
    fn nouns(&self, _object: &Object) -> Vec<Noun> {
        Vec::new()
    }

    /// In the transaction, after defaults and the caller's values, before formulas and checks.
    fn before_save(&self, _ctx: &Context, _tx: &mut dyn Transaction, _draft: &mut Draft) -> EngineResult<()> {
        Ok(())
    }

    /// In the transaction, after the row and its log row are written.
    fn after_save(&self, _ctx: &Context, _tx: &mut dyn Transaction, _draft: &Draft) -> EngineResult<()> {
        Ok(())
    }

    /// Does one of `nouns` in the transaction. What it changes goes through `write::apply`.
    fn act(&self, _ctx: &Context, _tx: &mut dyn Transaction, _act: &Act) -> EngineResult<Json> {
        Err(crate::error::EngineError::NotFound)
    }
}

/// The capabilities that this program has, by name.
#[derive(Clone, Default)]
pub struct Capabilities(Vec<Arc<dyn Capability>>);

impl Capabilities {
    pub fn new(list: Vec<Arc<dyn Capability>>) -> Capabilities {
        Capabilities(list)
    }

    /// Those that the object declares, in the program's order.
    pub fn of<'a>(&'a self, object: &'a Object) -> impl Iterator<Item = &'a Arc<dyn Capability>> + 'a {
        self.0.iter().filter(move |capability| object.has(capability.name()))
    }

    pub fn nouns(&self, object: &Object) -> Vec<Noun> {
        self.of(object).flat_map(|capability| capability.nouns(object)).collect()
    }

    /// The capability that does `noun` on the object.
    pub fn for_noun(&self, object: &Object, noun: &str) -> Option<(Arc<dyn Capability>, Noun)> {
        self.of(object).find_map(|capability| {
            let found = capability.nouns(object).into_iter().find(|n| n.name == noun)?;
            Some((capability.clone(), found))
        })
    }

    pub fn names(&self) -> Vec<&'static str> {
        self.0.iter().map(|capability| capability.name()).collect()
    }
}
