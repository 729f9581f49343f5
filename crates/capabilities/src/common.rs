//! What several capabilities need: refusals, typed changes, notices, notes.

use guanxi_engine::system;
use guanxi_engine::write::{Change, Saved, apply, apply_change, prepare};
use guanxi_engine::{Context, EngineError, EngineResult, Record};
use guanxi_meta::fault::Fault;
use guanxi_meta::{Cell, Field, Object, Value, links};
use guanxi_query::cond::{Cond, Select};
use guanxi_store::Transaction;
use serde_json::{Map, Value as Json, json};
use std::sync::Arc;
use uuid::Uuid;

/// The act can't be done to the record as it stands now.
pub fn conflict(code: &'static str) -> EngineError {
    EngineError::Taken(Fault::new(code), Vec::new())
}

/// Of these fields those that are given, as the JSON that a change takes.
pub fn members<const N: usize>(list: [(&str, Json); N]) -> Map<String, Json> {
    list.into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

/// The answer of a noun that changed its record.
pub fn answer(saved: &Saved) -> Json {
    json!({ "id": saved.id, "version": saved.version })
}

/// Typed values for a change; each names all of several.
#[derive(Debug, Clone, Default)]
pub struct Values {
    /// Position of the field, its new value.
    pub fields: Vec<(usize, Value)>,
    /// `seq`; 0 is nobody.
    pub owner: Option<i64>,
    pub department: Option<i64>,
}

impl Values {
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty() && self.owner.is_none() && self.department.is_none()
    }
}

impl From<Vec<(usize, Value)>> for Values {
    fn from(fields: Vec<(usize, Value)>) -> Values {
        Values {
            fields,
            ..Values::default()
        }
    }
}

/// A change by typed values on behalf of a noun.
pub fn set_values(
    tx: &mut dyn Transaction,
    ctx: &Context,
    change: Change,
    values: impl Into<Values>,
) -> EngineResult<Saved> {
    let values = values.into();
    let mut prepared = prepare(ctx, change)?;
    for (at, value) in values.fields {
        prepared.named.push(prepared.object.fields[at].name.clone());
        prepared.whole.push(at);
        prepared.values.push((at, value));
    }
    prepared.owner = values.owner.or(prepared.owner);
    prepared.department = values.department.or(prepared.department);
    apply(tx, ctx, &prepared)
}

/// What a notice is about.
pub struct Notice<'a> {
    /// `seq` of the user who gets it.
    pub person: i64,
    pub code: &'static str,
    pub args: Json,
    pub record: Option<&'a Record>,
}

/// Written in the transaction of what it tells; nobody is told of the own acts.
pub fn notify(tx: &mut dyn Transaction, ctx: &Context, notice: &Notice) -> EngineResult<()> {
    if notice.person == 0 || notice.person == ctx.actor.seq() {
        return Ok(());
    }
    let row = vec![
        Cell::Id(ctx.engine.ids().next()),
        Cell::Int(notice.person),
        Cell::from(notice.code),
        Cell::from(notice.args.to_string()),
        Cell::from(notice.record.map(|record| record.object.name.as_str())),
        Cell::from(notice.record.map(|record| record.id)),
        Cell::Int(ctx.now_micros()),
    ];
    tx.insert(
        system::NOTICE,
        &["id", "person", "code", "args", "object", "record", "at"],
        vec![row],
    )?;
    Ok(())
}

/// The act under which the house writes a note.
pub const HOUSE_NOTE: &str = "note";

/// A note about a record, where the catalogue has notes. It belongs to whoever holds the record from now on, since
/// that is who needs to read it.
pub fn write_note(
    tx: &mut dyn Transaction,
    ctx: &Context,
    about: &Record,
    note: (String, &str, Option<Uuid>),
) -> EngineResult<()> {
    let (subject, body, owner) = note;
    let Some(object) = ctx
        .catalog
        .object("note")
        .filter(|note| note.field("about").is_some())
    else {
        return Ok(());
    };
    let mut fields = members([
        (object.title().name.as_str(), json!(subject)),
        (
            "about",
            json!({ "object": about.object.name, "id": about.id }),
        ),
        ("owner", json!(owner)),
    ]);
    if object.field("body").is_some() {
        fields.insert("body".into(), json!(body));
    }
    // The author may have just given the record away; the note still goes with it.
    apply_change(
        tx,
        &ctx.by_rule(),
        Change::create(object, fields).as_part_of(HOUSE_NOTE),
    )?;
    Ok(())
}

/// Rows that still need somebody: no closed deal, no finished activity, no lead that has become a customer.
pub fn open_cond(object: &Object) -> Cond {
    let mut cond = Cond::True;
    if object.has("pipeline")
        && let Some(closed) = object.field("closed_at")
    {
        cond = cond.and(Cond::null(&closed.column));
    }
    let ended: &[&str] = match () {
        () if object.is_activity() => &["done", "cancelled"],
        () if object.has("conversion") => &["converted", "disqualified"],
        () => &[],
    };
    match object.field("status") {
        Some(status) if !ended.is_empty() => {
            let ended = ended.iter().map(|&word| Cell::from(word)).collect();
            cond.and(!Cond::among(&status.column, ended))
        }
        _ => cond,
    }
}

/// That a link field of some object leads to this record.
pub fn leads_to(object: &Object, field: &Field, to: &Object, ids: &[Uuid]) -> Cond {
    let cells = || ids.iter().map(|id| Cell::Id(*id)).collect();
    let these = || Cond::among(&field.column, cells());
    match (field.kind.name(), field.options.to.as_deref()) {
        ("link", Some("*")) => these().and(Cond::equal(
            &format!("{}_object", field.column),
            to.name.as_str(),
        )),
        ("link", Some(name)) if name == to.name => these(),
        ("many_links", Some(name)) if name == to.name => {
            links::key(object, field).map_or(Cond::False, |key| Cond::linked(&key, cells()))
        }
        _ => Cond::False,
    }
}

/// Rows of an object as records, in the order of their making.
pub fn records(
    tx: &mut dyn Transaction,
    object: &Arc<Object>,
    cond: Cond,
    most: u32,
) -> EngineResult<Vec<Record>> {
    let select = Select::from(&object.table, object.columns())
        .filter(cond.and(Cond::null("deleted_at")))
        .limit(most);
    Ok(tx
        .select(&select)?
        .iter()
        .map(|row| Record::from_row(object, row))
        .collect())
}
