//! What declarations cannot say. A capability is a small module with a name that any object may declare; the engine
//! calls it at the visible stages of a save and offers its nouns on each record. The program hands the
//! implementations in, so the engine knows none of them.

use crate::context::Context;
use crate::error::{EngineError, EngineResult};
use crate::jobs::Handler;
use crate::record::Record;
use guanxi_access::Action;
use guanxi_meta::catalog::{Choice, Options, Required};
use guanxi_meta::fault::FieldError;
use guanxi_meta::{Field, Label, Object, Value, kind};
use guanxi_store::Transaction;
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::sync::Arc;
use uuid::Uuid;

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
    /// Columns of other records that were changed along with this one, without a save of theirs.
    pub touched: Vec<Touched>,
}

/// A column of a record that follows from another record.
#[derive(Debug, Clone)]
pub struct Touched {
    pub object: Arc<Object>,
    pub id: Uuid,
    pub field: String,
}

impl Touched {
    pub fn new(object: &Arc<Object>, id: Uuid, field: &Field) -> Touched {
        Touched {
            object: object.clone(),
            id,
            field: field.name.clone(),
        }
    }
}

impl Draft {
    /// A record whose formulas are computed anew, without a change by anybody.
    pub(crate) fn derived(record: Record) -> Draft {
        Draft {
            before: Some(record.clone()),
            after: record,
            named: Vec::new(),
            errors: Vec::new(),
            act: guanxi_store::log::DERIVED,
            touched: Vec::new(),
        }
    }

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
    pub on: On,
    pub inputs: Vec<NounInput>,
}

/// Which records a noun is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum On {
    Live,
    /// Those that were removed.
    Removed,
}

impl Noun {
    /// On records that are there, without inputs.
    pub fn new(name: &'static str, needs: Action, label: Label) -> Noun {
        Noun {
            name,
            label,
            needs,
            on: On::Live,
            inputs: Vec::new(),
        }
    }

    #[must_use]
    pub fn on_removed(mut self) -> Noun {
        self.on = On::Removed;
        self
    }

    #[must_use]
    pub fn takes(mut self, input: NounInput) -> Noun {
        self.inputs.push(input);
        self
    }
}

#[derive(Debug, Clone)]
pub struct NounInput {
    pub name: &'static str,
    /// A kind's name.
    pub kind: &'static str,
    pub required: bool,
    pub label: Label,
    /// Where a link leads, what a choice offers.
    pub options: Options,
}

impl NounInput {
    pub fn new(name: &'static str, kind: &'static str, label: Label) -> NounInput {
        NounInput {
            name,
            kind,
            required: false,
            label,
            options: Options::default(),
        }
    }

    #[must_use]
    pub fn required(mut self) -> NounInput {
        self.required = true;
        self
    }

    /// The object that a link leads to.
    #[must_use]
    pub fn to(mut self, object: &str) -> NounInput {
        self.options.to = Some(object.to_owned());
        self
    }

    #[must_use]
    pub fn choices(mut self, choices: Vec<Choice>) -> NounInput {
        self.options.choices = choices;
        self
    }

    /// Takes values that are not among the choices.
    #[must_use]
    pub fn open(mut self) -> NounInput {
        self.options.open = true;
        self
    }

    /// As a field: forms show it and the kind reads it like any other. `None` for a kind that does not exist.
    pub fn field(&self) -> Option<Field> {
        let mut field = Field::new(self.name, kind::lookup(self.kind)?);
        field.label = self.label.clone();
        field.required = if self.required {
            Required::Yes
        } else {
            Required::No
        };
        field.options = self.options.clone();
        Some(field)
    }
}

/// A noun's request. The record is locked, and the caller may see it and do with it what the noun needs.
#[derive(Debug, Clone)]
pub struct Act {
    pub noun: &'static str,
    pub record: Record,
    pub input: Input,
}

/// What the caller said, typed by the noun's inputs; what was left out or null is not among it.
#[derive(Debug, Clone, Default)]
pub struct Input(pub BTreeMap<&'static str, Value>);

impl Input {
    pub fn get(&self, name: &str) -> &Value {
        self.0.get(name).unwrap_or(&Value::Null)
    }

    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name).text()
    }

    pub fn id(&self, name: &str) -> Option<Uuid> {
        self.get(name).id()
    }

    pub fn ids(&self, name: &str) -> Vec<Uuid> {
        self.get(name).list().iter().filter_map(Value::id).collect()
    }

    pub fn bool(&self, name: &str) -> Option<bool> {
        match self.get(name) {
            Value::Bool(value) => Some(*value),
            _ => None,
        }
    }

    pub fn json(&self, name: &str) -> Option<&Json> {
        match self.get(name) {
            Value::Json(json) => Some(json),
            _ => None,
        }
    }
}

pub trait Capability: Send + Sync {
    /// As declarations name it.
    fn name(&self) -> &'static str;

    /// Whether records of the object have it: by its declaration, unless it belongs to all objects of some shape.
    fn applies(&self, object: &Object) -> bool {
        object.has(self.name())
    }

    /// What the capability adds to records of this object.
    fn nouns(&self, _object: &Object) -> Vec<Noun> {
        Vec::new()
    }

    /// Whether the noun makes sense for the record as it stands, so that nobody is offered what would be refused.
    fn offers(&self, _ctx: &Context, _record: &Record, _noun: &str) -> bool {
        true
    }

    /// In the transaction, after defaults and the caller's values, before formulas and checks.
    fn before_save(
        &self,
        _ctx: &Context,
        _tx: &mut dyn Transaction,
        _draft: &mut Draft,
    ) -> EngineResult<()> {
        Ok(())
    }

    /// In the transaction, after the row and its log row are written. What it sets in `draft.after` it has itself
    /// written to the row.
    fn after_save(
        &self,
        _ctx: &Context,
        _tx: &mut dyn Transaction,
        _draft: &mut Draft,
    ) -> EngineResult<()> {
        Ok(())
    }

    /// Does one of `nouns` in the transaction. What it changes goes through `write::apply`.
    fn act(&self, _ctx: &Context, _tx: &mut dyn Transaction, _act: &Act) -> EngineResult<Json> {
        Err(EngineError::NotFound)
    }

    /// The noun came to a record that the caller no longer sees. An error here tells more than "not found", which is
    /// right only where the caller could see the record a moment ago.
    fn missed(&self, _ctx: &Context, _tx: &mut dyn Transaction, _act: &Act) -> EngineResult<()> {
        Ok(())
    }

    /// What it does in the background.
    fn jobs(&self) -> Vec<Arc<dyn Handler>> {
        Vec::new()
    }

    /// Takes back an act that left a journal under this id; `None` when it is not this capability's.
    fn undo(
        &self,
        _ctx: &Context,
        _tx: &mut dyn Transaction,
        _journal: Uuid,
    ) -> EngineResult<Option<Json>> {
        Ok(None)
    }
}

/// The capabilities that this program has, by name.
#[derive(Clone, Default)]
pub struct Capabilities(Vec<Arc<dyn Capability>>);

impl Capabilities {
    pub fn new(list: Vec<Arc<dyn Capability>>) -> Capabilities {
        Capabilities(list)
    }

    pub fn all(&self) -> impl Iterator<Item = &Arc<dyn Capability>> {
        self.0.iter()
    }

    /// Those that the object has, in the program's order.
    pub fn of<'a>(
        &'a self,
        object: &'a Object,
    ) -> impl Iterator<Item = &'a Arc<dyn Capability>> + 'a {
        self.0
            .iter()
            .filter(move |capability| capability.applies(object))
    }

    pub fn nouns(&self, object: &Object) -> Vec<Noun> {
        self.of(object)
            .flat_map(|capability| capability.nouns(object))
            .collect()
    }

    /// The capability that does `noun` on the object.
    pub fn for_noun(&self, object: &Object, noun: &str) -> Option<(Arc<dyn Capability>, Noun)> {
        self.of(object).find_map(|capability| {
            let found = capability
                .nouns(object)
                .into_iter()
                .find(|n| n.name == noun)?;
            Some((capability.clone(), found))
        })
    }

    pub fn names(&self) -> Vec<&'static str> {
        self.0.iter().map(|capability| capability.name()).collect()
    }
}
