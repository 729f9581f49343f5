//! Formulas and roll-up conditions of a catalogue, compiled once per version; formulas are computed at save and
//! stored, so that the database only compares and sorts columns.

use crate::capability::Draft;
use crate::context::Context;
use crate::engine::row_by_id;
use crate::error::EngineResult;
use crate::record::Record;
use guanxi_meta::{Catalog, Fault, Field, Lang, Object, Value};
use guanxi_query::{Cond, Fields, Purpose, QueryError, Typed, check as typecheck};
use guanxi_store::Transaction;
use std::collections::HashMap;
use std::sync::Arc;

/// By table and column, which never change.
type Key = (String, String);

#[derive(Default)]
pub struct Formulas {
    formulas: HashMap<Key, Typed>,
    /// Conditions of roll-ups, over the child's fields.
    conditions: HashMap<Key, Typed>,
    /// Roll-ups by the object that they count.
    rollups: HashMap<String, Vec<(Arc<Object>, Field)>>,
}

impl Formulas {
    pub fn compile(catalog: &Catalog) -> Formulas {
        let mut compiled = Formulas::default();
        for object in &catalog.objects {
            for field in &object.fields {
                compiled.add(catalog, object, field);
            }
        }
        compiled
    }

    fn add(&mut self, catalog: &Catalog, object: &Arc<Object>, field: &Field) {
        let key = (object.table.clone(), field.column.clone());
        let expression = field.options.expression.as_deref();
        match (field.kind.name(), expression) {
            ("formula", Some(text)) => {
                if let Ok(typed) = typecheck(catalog, object, text, Purpose::Formula) {
                    self.formulas.insert(key, typed);
                }
            }
            ("roll_up", condition) => {
                let Some(child) = field
                    .options
                    .of
                    .as_deref()
                    .and_then(|of| catalog.object(of))
                else {
                    return;
                };
                if let Some(typed) =
                    condition.and_then(|text| typecheck(catalog, child, text, Purpose::Filter).ok())
                {
                    self.conditions.insert(key, typed);
                }
                self.rollups
                    .entry(child.name.clone())
                    .or_default()
                    .push((object.clone(), field.clone()));
            }
            _ => {}
        }
    }

    /// The roll-ups that count `child`: the parent and its field.
    pub fn rollups(&self, child: &str) -> &[(Arc<Object>, Field)] {
        self.rollups.get(child).map_or(&[], Vec::as_slice)
    }

    /// Whether a child's row is one that the roll-up counts.
    pub fn holds(&self, ctx: &Context, record: &Record, parent: &Object, field: &Field) -> bool {
        match self
            .conditions
            .get(&(parent.table.clone(), field.column.clone()))
        {
            Some(condition) => condition.holds(record, ctx),
            None => true,
        }
    }

    pub fn rollup_cond(&self, ctx: &Context, parent: &Object, field: &Field) -> EngineResult<Cond> {
        match self
            .conditions
            .get(&(parent.table.clone(), field.column.clone()))
        {
            Some(condition) => Ok(condition.lower(ctx)?),
            None => Ok(Cond::True),
        }
    }
}

/// The check that declarations are resolved with: a formula's result as a kind's name.
pub fn check(catalog: &Catalog, object: &Object, field: &Field) -> Result<String, Fault> {
    let text = field.options.expression.as_deref().unwrap_or_default();
    let typed = typecheck(catalog, object, text, Purpose::Formula).map_err(fault)?;
    Ok(typed.result().0.to_owned())
}

/// The mistake in both languages, since declarations are checked for nobody in particular.
fn fault(error: QueryError) -> Fault {
    Fault::new("expression")
        .with("position", error.position)
        .with("zh", error.message(Lang::Zh))
        .with("en", error.message(Lang::En))
}

/// Computes the formulas of a draft, in the order of their declaration, so that one may use those above it.
pub fn compute(tx: &mut dyn Transaction, ctx: &Context, draft: &mut Draft) -> EngineResult<()> {
    let object = draft.after.object.clone();
    for (at, field) in object.fields.iter().enumerate() {
        let key = (object.table.clone(), field.column.clone());
        let Some(typed) = ctx
            .formulas
            .formulas
            .get(&key)
            .filter(|_| field.kind.name() == "formula")
        else {
            continue;
        };
        let linked = linked_records(tx, ctx, &draft.after, typed)?;
        let value = typed.eval(
            &WithLinks {
                record: &draft.after,
                linked,
            },
            ctx,
        );
        draft.after.values[at] = value;
    }
    Ok(())
}

/// A record and the records one link away that a formula reads.
struct WithLinks<'a> {
    record: &'a Record,
    linked: HashMap<String, Record>,
}

impl Fields for WithLinks<'_> {
    fn get(&self, path: &[&str]) -> Value {
        match path {
            [link, rest @ ..] if !rest.is_empty() => self
                .linked
                .get(*link)
                .map_or(Value::Null, |record| Fields::get(record, rest)),
            path => Fields::get(self.record, path),
        }
    }
}

fn linked_records(
    tx: &mut dyn Transaction,
    ctx: &Context,
    record: &Record,
    typed: &Typed,
) -> EngineResult<HashMap<String, Record>> {
    let mut found = HashMap::new();
    for path in typed.paths().into_iter().filter(|path| path.len() > 1) {
        let Some(field) = record.object.field(&path[0]) else {
            continue;
        };
        let target = field
            .options
            .to
            .as_deref()
            .and_then(|to| ctx.catalog.object(to));
        let (Some(target), Some(id)) = (target, record.get(&path[0]).id()) else {
            continue;
        };
        if let Some(linked) = row_by_id(tx, target, id)? {
            found.insert(path[0].clone(), linked);
        }
    }
    Ok(found)
}
