//! One record out of several, in one transaction: values as chosen, every link of every object repointed, shares,
//! files and followers moved, the others removed with a reference, and a journal of it all.

use super::journal::{BesideChange, Journal, RowAct};
use crate::common::{Values, leads_to, records, set_values};
use guanxi_access::Action;
use guanxi_access::grant::SHARES;
use guanxi_engine::act::admit;
use guanxi_engine::capability::Act;
use guanxi_engine::write::Change;
use guanxi_engine::{Context, EngineError, EngineResult, Record, system};
use guanxi_meta::fault::Fault;
use guanxi_meta::table::Uniqueness;
use guanxi_meta::{Cell, Object, Value};
use guanxi_query::cond::{Cond, Direction, Select};
use guanxi_store::{Set, Transaction};
use serde_json::{Value as Json, json};
use std::collections::BTreeSet;
use std::sync::Arc;
use uuid::Uuid;

/// Records that go into one at once.
const MOST_OTHERS: usize = 50;
/// Rows of one object that are repointed.
const MOST_LINKED: u32 = 20_000;

pub fn merge(ctx: &Context, tx: &mut dyn Transaction, act: &Act) -> EngineResult<Json> {
    let kept = &act.record;
    let others = others(ctx, tx, act)?;
    let chosen = chosen(ctx, kept, &others, act.input.json("choose"))?;
    // Rows that the caller does not see must not go on pointing at a record that is no more.
    let rule = ctx.by_rule();
    let mut journal = Journal {
        others: others.iter().map(|other| other.id).collect(),
        ..Journal::default()
    };
    for other in &others {
        let freed = freed(&chosen, kept, other);
        let change = Change::remove(&other.object, other.id, None).as_part_of("merge");
        journal.note(&set_values(tx, &rule, change, freed)?, RowAct::Removed);
    }
    if !chosen.is_empty() {
        let change =
            Change::update(&kept.object, kept.id, None, Default::default()).as_part_of("merge");
        journal.note(&set_values(tx, &rule, change, chosen)?, RowAct::Changed);
    }
    for object in ctx.catalog.objects.clone() {
        repoint(tx, &rule, &object, (kept, &mut journal))?;
    }
    for (table, has_person) in [
        (SHARES, true),
        (system::FOLLOW, true),
        (system::FILE, false),
    ] {
        move_beside(tx, (table, has_person), kept, &mut journal)?;
    }
    let id = keep(ctx, tx, kept, &journal)?;
    Ok(json!({ "merge": id, "id": kept.id }))
}

/// The others, locked in the order of their ids; each must be one that the caller could remove.
fn others(ctx: &Context, tx: &mut dyn Transaction, act: &Act) -> EngineResult<Vec<Record>> {
    let ids: BTreeSet<Uuid> = act
        .input
        .ids("with")
        .into_iter()
        .filter(|id| *id != act.record.id)
        .collect();
    if ids.is_empty() {
        return Err(EngineError::field("with", "required"));
    }
    if ids.len() > MOST_OTHERS {
        return Err(EngineError::Invalid(vec![
            Fault::new("too_many").with("most", MOST_OTHERS).at("with"),
        ]));
    }
    ids.into_iter()
        .map(|id| admit(ctx, tx, &act.record.object, (id, Action::Delete)))
        .collect()
}

/// The values that the kept record takes from others: `{field: id}`.
fn chosen(
    ctx: &Context,
    kept: &Record,
    others: &[Record],
    choose: Option<&Json>,
) -> EngineResult<Values> {
    let mut values = Values::default();
    let mut errors = Vec::new();
    let members = match choose {
        None => return Ok(values),
        Some(Json::Object(members)) => members,
        Some(_) => return Err(EngineError::field("choose", "not_an_object")),
    };
    let (read, write) = (
        ctx.grant(&kept.object, Action::Read),
        ctx.grant(&kept.object, Action::Update),
    );
    for (name, id) in members {
        let id = id.as_str().and_then(|id| id.parse::<Uuid>().ok());
        let from = id.and_then(|id| {
            std::iter::once(kept)
                .chain(others)
                .find(|record| record.id == id)
        });
        let Some(from) = from else {
            errors.push(Fault::new("not_found").at(format!("choose.{name}")));
            continue;
        };
        if name == "owner" {
            values.owner = Some(from.owner).filter(|owner| *owner != kept.owner);
            values.department = values.owner.map(|_| from.department);
            continue;
        }
        let at = kept
            .object
            .position(name)
            .filter(|at| read.may_read(*at))
            .ok_or_else(|| {
                EngineError::BadRequest(Fault::new("unknown_field").with("name", name))
            })?;
        let computed = matches!(kept.object.fields[at].kind.name(), "formula" | "roll_up");
        if from.id == kept.id {
            continue;
        }
        match (computed, write.may_write(at)) {
            (true, _) => errors.push(Fault::new("read_only").at(format!("choose.{name}"))),
            (false, false) => {
                errors.push(Fault::new("no_write_right").at(format!("choose.{name}")))
            }
            (false, true) => values
                .fields
                .push((at, without_itself(kept, &from.values[at]))),
        }
    }
    if errors.is_empty() {
        Ok(values)
    } else {
        Err(EngineError::Invalid(errors))
    }
}

/// A link to the kept record itself makes no sense in it: the other's parent may be the kept one.
fn without_itself(kept: &Record, value: &Value) -> Value {
    if matches!(value, Value::Id(id) if *id == kept.id) {
        Value::Null
    } else {
        value.clone()
    }
}

/// A unique value is given up by the one that held it, since both rows stay in the database.
fn freed(chosen: &Values, kept: &Record, other: &Record) -> Values {
    let unique = |at: usize| kept.object.fields[at].uniqueness == Uniqueness::Unique;
    let taken = chosen
        .fields
        .iter()
        .filter(|(at, value)| unique(*at) && other.values[*at] == *value);
    taken
        .map(|(at, _)| (*at, Value::Null))
        .collect::<Vec<_>>()
        .into()
}

/// Everything of one object that leads to one of the others leads to the kept record from now on.
fn repoint(
    tx: &mut dyn Transaction,
    ctx: &Context,
    object: &Arc<Object>,
    (kept, journal): (&Record, &mut Journal),
) -> EngineResult<()> {
    let others = journal.others.clone();
    let links = object.fields.iter();
    let cond = links.fold(Cond::False, |any, field| {
        any.or(leads_to(object, field, &kept.object, &others))
    });
    if cond == Cond::False {
        return Ok(());
    }
    let rows = records(tx, object, cond, MOST_LINKED + 1)?;
    if rows.len() > MOST_LINKED as usize {
        return Err(EngineError::TooLarge(
            Fault::new("too_many_along").with("most", MOST_LINKED),
        ));
    }
    for row in rows {
        let mut values = Vec::new();
        for (at, field) in object.fields.iter().enumerate() {
            if leads_to(object, field, &kept.object, &others) == Cond::False {
                continue;
            }
            let value = repointed(&row.values[at], kept, &others, row.id);
            if value != row.values[at] {
                values.push((at, value));
            }
        }
        if !values.is_empty() {
            let change =
                Change::update(object, row.id, None, Default::default()).as_part_of("merge");
            journal.note(&set_values(tx, ctx, change, values)?, RowAct::Changed);
        }
    }
    Ok(())
}

fn repointed(value: &Value, kept: &Record, others: &[Uuid], row: Uuid) -> Value {
    match value {
        Value::Id(id) if others.contains(id) && row == kept.id => Value::Null,
        Value::Id(id) if others.contains(id) => Value::Id(kept.id),
        Value::Reference { object, id } if *object == kept.object.name && others.contains(id) => {
            Value::Reference {
                object: object.clone(),
                id: kept.id,
            }
        }
        Value::List(items) => {
            let mut list: Vec<Value> = Vec::with_capacity(items.len());
            for item in items.iter().map(|item| repointed(item, kept, others, row)) {
                if !item.is_null() && !list.contains(&item) {
                    list.push(item);
                }
            }
            if list.is_empty() {
                Value::Null
            } else {
                Value::List(list)
            }
        }
        other => other.clone(),
    }
}

/// Shares, followers and files. Where a person has the same share of the kept record already, that one stays, with
/// the stronger of the two rights.
fn move_beside(
    tx: &mut dyn Transaction,
    (table, has_person): (&str, bool),
    kept: &Record,
    journal: &mut Journal,
) -> EngineResult<()> {
    let names = [
        Cell::from(kept.object.table.as_str()),
        Cell::from(kept.object.name.as_str()),
    ];
    let of_object = Cond::among("object", names.to_vec());
    let others = Cond::among(
        "record",
        journal.others.iter().map(|id| Cell::Id(*id)).collect(),
    );
    let columns: &[&str] = match (has_person, table == SHARES) {
        (true, true) => &["record", "person", "writable"],
        (true, false) => &["record", "person"],
        _ => &["record"],
    };
    let moving = Select::of(table, columns)
        .filter(of_object.clone().and(others))
        .order("seq", Direction::Ascending);
    for row in tx.select(&moving)? {
        if has_person {
            let same = of_object
                .clone()
                .and(Cond::equal("record", kept.id))
                .and(Cond::equal("person", row.cells[1].clone()));
            let known = tx.select(&Select::of(table, columns).filter(same).limit(1))?;
            if let Some(known) = known.first() {
                let raises = row.cells.get(2) == Some(&Cell::Int(1))
                    && known.cells.get(2) != Some(&Cell::Int(1));
                if raises {
                    tx.update(
                        table,
                        &[("writable", Set::To(Cell::Int(1)))],
                        &Cond::equal("seq", known.seq),
                    )?;
                    journal.beside.push(BesideChange {
                        table: table.to_owned(),
                        seq: known.seq,
                        from: None,
                    });
                }
                continue;
            }
        }
        tx.update(
            table,
            &[("record", Set::To(Cell::Id(kept.id)))],
            &Cond::equal("seq", row.seq),
        )?;
        journal.beside.push(BesideChange {
            table: table.to_owned(),
            seq: row.seq,
            from: row.cells[0].id(),
        });
    }
    Ok(())
}

fn keep(
    ctx: &Context,
    tx: &mut dyn Transaction,
    kept: &Record,
    journal: &Journal,
) -> EngineResult<Uuid> {
    let id = ctx.engine.ids().next();
    let row = vec![
        Cell::Id(id),
        Cell::from(kept.object.table.as_str()),
        Cell::Id(kept.id),
        Cell::Int(ctx.actor.seq()),
        Cell::Int(ctx.now_micros()),
        Cell::from(journal.write()?),
    ];
    tx.insert(
        system::MERGE,
        &["id", "object", "kept", "person", "at", "detail"],
        vec![row],
    )?;
    let references = journal
        .others
        .iter()
        .map(|other| vec![Cell::Id(*other), Cell::Id(kept.id), Cell::Id(id)])
        .collect();
    tx.insert(system::MERGED, &["record", "kept", "merge"], references)?;
    Ok(id)
}
