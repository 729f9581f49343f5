//! Formulas and roll-up conditions of a catalogue, compiled once per version; formulas are computed at save and
//! stored, so that the database only compares and sorts columns.

mod recompute;

pub(crate) use recompute::{Recompute, follow, recount, settle, settle_at_start, touched};

use crate::capability::Draft;
use crate::context::Context;
use crate::error::EngineResult;
use crate::record::Record;
use guanxi_meta::{Catalog, Fault, Field, Lang, Object, Value};
use guanxi_query::cond::Select;
use guanxi_query::typed::Hop;
use guanxi_query::{Cond, Fields, Purpose, QueryError, Typed, check as typecheck};
use guanxi_store::Transaction;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use uuid::Uuid;

/// By table and column, which never change.
type Key = (String, String);

#[derive(Default)]
pub struct Formulas {
    formulas: HashMap<Key, Typed>,
    /// Conditions of roll-ups, over the child's fields.
    conditions: HashMap<Key, Typed>,
    /// Roll-ups by the object that they count.
    rollups: HashMap<String, Vec<(Arc<Object>, Field)>>,
    /// Names of the child's fields that a roll-up measures or is conditioned by.
    rollup_reads: HashMap<Key, HashSet<String>>,
    /// Whose formulas read a record, by its table.
    readers: HashMap<String, Vec<Reader>>,
}

/// Records whose formulas read a record at the end of these links; without links its own, which reads what changes
/// without a save.
pub(crate) struct Reader {
    pub object: Arc<Object>,
    pub hops: Vec<Hop>,
    /// Names of the fields that are read there.
    pub reads: HashSet<String>,
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
                    self.read_by(catalog, object, &typed);
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
                let mut reads: HashSet<String> = field.options.field.iter().cloned().collect();
                if let Some(typed) =
                    condition.and_then(|text| typecheck(catalog, child, text, Purpose::Filter).ok())
                {
                    let own = typed.fields().iter().filter(|read| read.hops.is_empty());
                    reads.extend(own.map(|read| read.field.clone()));
                    self.conditions.insert(key.clone(), typed);
                }
                self.rollup_reads.insert(key, reads);
                self.rollups
                    .entry(child.name.clone())
                    .or_default()
                    .push((object.clone(), field.clone()));
            }
            _ => {}
        }
    }

    fn read_by(&mut self, catalog: &Catalog, object: &Arc<Object>, typed: &Typed) {
        for read in typed.fields() {
            let Some(of) = catalog.object(&read.object) else {
                continue;
            };
            let readers = self.readers.entry(of.table.clone()).or_default();
            let same = |reader: &&mut Reader| {
                reader.object.table == object.table && reader.hops == read.hops
            };
            match readers.iter_mut().find(same) {
                Some(reader) => {
                    reader.reads.insert(read.field.clone());
                }
                None => readers.push(Reader {
                    object: object.clone(),
                    hops: read.hops.clone(),
                    reads: HashSet::from([read.field.clone()]),
                }),
            }
        }
    }

    pub(crate) fn readers(&self, table: &str) -> &[Reader] {
        self.readers.get(table).map_or(&[], Vec::as_slice)
    }

    /// The roll-ups that count `child`: the parent and its field.
    pub fn rollups(&self, child: &str) -> &[(Arc<Object>, Field)] {
        self.rollups.get(child).map_or(&[], Vec::as_slice)
    }

    /// Whether the roll-up measures this field of the child or is conditioned by it.
    pub(crate) fn rollup_reads(&self, parent: &Object, field: &Field, name: &str) -> bool {
        let key = (parent.table.clone(), field.column.clone());
        let reads = self.rollup_reads.get(&key);
        reads.is_some_and(|reads| reads.contains(name))
    }

    /// Whether the roll-up reads one of the child, which changes without a save: then it is counted anew by a job, since
    /// differences would be those of a moment that nobody saw.
    pub(crate) fn is_recounted(&self, child: &Object, parent: &Object, field: &Field) -> bool {
        child
            .fields
            .iter()
            .filter(|one| one.kind.name() == "roll_up")
            .any(|one| self.rollup_reads(parent, field, &one.name))
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
    if depth(catalog, &typed, &mut HashMap::new()) > DEEPEST {
        return Err(Fault::new("formula_too_deep").with("most", DEEPEST));
    }
    Ok(typed.result().0.to_owned())
}

/// How many formulas a change may travel through by links, one recomputed after another. Circles do not arise: a
/// formula that is not resolved yet has no type that another could use.
const DEEPEST: usize = 5;

fn depth(catalog: &Catalog, typed: &Typed, known: &mut HashMap<Key, usize>) -> usize {
    let mut deepest = 0;
    for read in typed.fields() {
        let Some(object) = catalog.object(&read.object) else {
            continue;
        };
        let field = object.field(&read.field);
        let text = field.filter(|field| field.kind.name() == "formula");
        let Some((field, text)) =
            text.and_then(|field| Some((field, field.options.expression.as_deref()?)))
        else {
            continue;
        };
        let key = (object.table.clone(), field.column.clone());
        let below = match known.get(&key) {
            Some(below) => *below,
            None => {
                let inner = typecheck(catalog, object, text, Purpose::Formula);
                let below = inner.map_or(0, |inner| depth(catalog, &inner, known));
                known.insert(key, below);
                below
            }
        };
        deepest = deepest.max(below + usize::from(!read.hops.is_empty()));
    }
    deepest
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
    compute_with(tx, ctx, draft, &mut Linked::default())
}

/// Linked records that a piece of work has read, by table and id or by table and `seq`.
#[derive(Default)]
pub(crate) struct Linked(HashMap<(String, Which), Option<Arc<Record>>>);

#[derive(PartialEq, Eq, Hash)]
enum Which {
    Id(Uuid),
    Seq(i64),
}

/// The same for many drafts that lead to the same few records.
pub(crate) fn compute_with(
    tx: &mut dyn Transaction,
    ctx: &Context,
    draft: &mut Draft,
    linked: &mut Linked,
) -> EngineResult<()> {
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
        let reached = reached(tx, ctx, (&draft.after, typed), linked)?;
        let value = typed.eval(
            &WithLinks {
                record: &draft.after,
                reached,
            },
            ctx,
        );
        draft.after.values[at] = value;
    }
    Ok(())
}

/// A record and the records that a formula reads through its links, by the path that leads there.
struct WithLinks<'a> {
    record: &'a Record,
    reached: HashMap<Vec<String>, Arc<Record>>,
}

impl Fields for WithLinks<'_> {
    fn get(&self, path: &[&str]) -> Value {
        match path.split_last() {
            Some((name, links)) if !links.is_empty() => {
                let links: Vec<String> = links.iter().map(|&link| link.to_owned()).collect();
                self.reached
                    .get(&links)
                    .map_or(Value::Null, |record| Fields::get(&**record, &[name]))
            }
            _ => Fields::get(self.record, path),
        }
    }
}

fn reached(
    tx: &mut dyn Transaction,
    ctx: &Context,
    (record, typed): (&Record, &Typed),
    linked: &mut Linked,
) -> EngineResult<HashMap<Vec<String>, Arc<Record>>> {
    let mut found: HashMap<Vec<String>, Arc<Record>> = HashMap::new();
    for read in typed.fields() {
        for (at, hop) in read.hops.iter().enumerate() {
            let path = read.path[..=at].to_vec();
            if found.contains_key(&path) {
                continue;
            }
            let from = if at == 0 {
                Some(record)
            } else {
                found.get(&read.path[..at]).map(|record| &**record)
            };
            let target = ctx.catalog.object(&hop.object);
            let (Some(from), Some(target)) = (from, target) else {
                break;
            };
            let key = match Fields::get(from, &[read.path[at].as_str()]) {
                Value::Int(seq) => Which::Seq(seq),
                value => match value.id() {
                    Some(id) => Which::Id(id),
                    None => break,
                },
            };
            match linked.read(tx, target, key)? {
                Some(record) => found.insert(path, record),
                None => break,
            };
        }
    }
    Ok(found)
}

impl Linked {
    fn read(
        &mut self,
        tx: &mut dyn Transaction,
        object: &Arc<Object>,
        key: Which,
    ) -> EngineResult<Option<Arc<Record>>> {
        let key = (object.table.clone(), key);
        if let Some(known) = self.0.get(&key) {
            return Ok(known.clone());
        }
        let this = match key.1 {
            Which::Id(id) => Cond::equal("id", id),
            Which::Seq(seq) => Cond::equal("seq", seq),
        };
        // Held until the commit: who changes it meanwhile would not find a row that is only being made, and its formula
        // would keep what it was computed from.
        let select = Select::from(&object.table, object.columns())
            .filter(this)
            .limit(1)
            .shared();
        let rows = tx.select(&select)?;
        let record = rows
            .first()
            .map(|row| Arc::new(Record::from_row(object, row)));
        self.0.insert(key, record.clone());
        Ok(record)
    }
}
