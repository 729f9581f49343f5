//! People who may log in: each sees the own row, roles exist, someone can always administer, and whoever is put out is
//! out at once.

use guanxi_engine::accounts::is_active;
use guanxi_engine::capability::{Capability, Draft};
use guanxi_engine::engine::touch_access;
use guanxi_engine::{Context, EngineError, EngineResult, Record, system};
use guanxi_meta::fault::Fault;
use guanxi_meta::kind::nearest;
use guanxi_meta::text::email;
use guanxi_meta::{Cell, Value};
use guanxi_query::cond::{Cond, Select};
use guanxi_store::{Set, Transaction};
use jiff::tz::TimeZone;

pub struct Person;

/// What people who do not administer may say of themselves; fields that an organisation added go by their rights.
const OWN_FIELDS: [&str; 5] = ["name", "title", "phone", "language", "time_zone"];

impl Capability for Person {
    fn name(&self) -> &'static str {
        "person"
    }

    fn before_save(
        &self,
        ctx: &Context,
        tx: &mut dyn Transaction,
        draft: &mut Draft,
    ) -> EngineResult<()> {
        keep_standing(draft);
        normalise_email(draft);
        check_roles(ctx, draft);
        check_zone(draft);
        if !ctx.administers() {
            only_own_fields(ctx, draft)?;
        }
        let administers_no_more = draft
            .before
            .as_ref()
            .is_some_and(|before| administers(ctx, before));
        if administers_no_more && !administers(ctx, &draft.after) {
            someone_administers(ctx, tx, &draft.after)?;
        }
        Ok(())
    }

    fn after_save(
        &self,
        _ctx: &Context,
        tx: &mut dyn Transaction,
        draft: &mut Draft,
    ) -> EngineResult<()> {
        if draft.is_new() {
            // Only now is the number known by which a person owns rows, the own one first of all.
            let own = draft.after.seq;
            let table = draft.after.object.table.clone();
            tx.update(
                &table,
                &[("owner", Set::To(Cell::Int(own)))],
                &Cond::equal("seq", own),
            )?;
            draft.after.owner = own;
        }
        if !is_active(&draft.after) {
            end_ways_in(tx, draft.after.seq)?;
        }
        touch_access(tx)
    }
}

/// A person's row is the person's own, whoever writes it; the department is where the person works.
fn keep_standing(draft: &mut Draft) {
    let names_department = draft.names("department");
    let (owner, department) = match &draft.before {
        Some(before) => (before.seq, before.department),
        None => (0, 0),
    };
    draft.after.owner = owner;
    if !names_department {
        draft.after.department = department;
    }
}

fn normalise_email(draft: &mut Draft) {
    if let Some(Ok(address)) = draft.after.get("email").text().map(email::normalize) {
        draft.after.set("email", Value::Text(address));
    }
}

fn check_roles(ctx: &Context, draft: &mut Draft) {
    if !draft.changes("roles") {
        return;
    }
    let mut roles = draft
        .after
        .get("roles")
        .list()
        .iter()
        .filter_map(Value::text);
    if let Some(unknown) = roles.find(|role| !ctx.catalog.roles.contains_key(*role)) {
        let near = nearest(unknown, ctx.catalog.roles.keys().map(String::as_str));
        let fault = Fault::new("unknown_role").with("name", unknown).near(near);
        draft.errors.push(fault.at("roles"));
    }
}

fn check_zone(draft: &mut Draft) {
    let Some(name) = draft.after.get("time_zone").text() else {
        return;
    };
    if draft.changes("time_zone") && TimeZone::get(name).is_err() {
        let fault = Fault::new("unknown_time_zone").with("value", name);
        draft.errors.push(fault.at("time_zone"));
    }
}

/// Somebody without the right to administer neither makes nor removes people, and changes nothing that decides what
/// a person may do.
fn only_own_fields(ctx: &Context, draft: &mut Draft) -> EngineResult<()> {
    let Some(before) = &draft.before else {
        return ctx.administer();
    };
    if before.deleted_at != draft.after.deleted_at {
        return ctx.administer();
    }
    let object = draft.after.object.clone();
    let declared = object
        .fields
        .iter()
        .filter(|field| field.origin == object.origin);
    let mut kept: Vec<&str> = declared
        .map(|field| field.name.as_str())
        .filter(|name| !OWN_FIELDS.contains(name))
        .collect();
    kept.retain(|name| draft.changes(name));
    if before.department != draft.after.department {
        kept.push("department");
    }
    let errors: Vec<_> = kept
        .into_iter()
        .map(|name| Fault::new("no_write_right").at(name))
        .collect();
    draft.errors.extend(errors);
    Ok(())
}

fn administers(ctx: &Context, person: &Record) -> bool {
    let mut roles = person.get("roles").list().iter().filter_map(Value::text);
    is_active(person)
        && roles.any(|role| {
            ctx.catalog
                .roles
                .get(role)
                .is_some_and(|role| role.administer)
        })
}

/// The row of versions is locked first, so that of two administrators who strip each other at once one fails.
fn someone_administers(
    ctx: &Context,
    tx: &mut dyn Transaction,
    leaving: &Record,
) -> EngineResult<()> {
    touch_access(tx)?;
    let object = leaving.object.clone();
    let others = Cond::null("deleted_at").and(!Cond::equal("seq", leaving.seq));
    let rows = tx.select(&Select::from(&object.table, object.columns()).filter(others))?;
    let mut others = rows.iter().map(|row| Record::from_row(&object, row));
    if others.any(|person| administers(ctx, &person)) {
        return Ok(());
    }
    let field = if leaving.deleted_at.is_some() || *leaving.get("active") == Value::Bool(false) {
        "active"
    } else {
        "roles"
    };
    Err(EngineError::field(field, "last_administrator"))
}

fn end_ways_in(tx: &mut dyn Transaction, person: i64) -> EngineResult<()> {
    tx.delete(system::SESSION, &Cond::equal("person", person))?;
    tx.delete(system::TOKEN, &Cond::equal("person", person))?;
    Ok(())
}
