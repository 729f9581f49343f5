//! Views that people keep: a list's address with a name, for themselves, for their department or for everybody; and the
//! one with which a person's list opens.

use crate::context::Context;
use crate::error::{EngineError, EngineResult};
use crate::system::SAVED_VIEW;
use crate::view_indexes;
use guanxi_meta::Cell;
use guanxi_query::cond::{Cond, Direction, Select};
use guanxi_store::{Row, Set, StoreExt, Transaction, Weight};
use uuid::Uuid;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedView {
    pub id: Uuid,
    pub name: String,
    /// The list's query string.
    pub query: String,
    /// `seq` of the user who keeps it.
    pub person: i64,
    pub sharing: Sharing,
}

/// Who sees a kept view beside its keeper. What a view shows is every reader's own: it holds a question, no answer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Sharing {
    #[default]
    Nobody,
    Team,
    Everybody,
}

impl Sharing {
    pub const ALL: [Sharing; 3] = [Sharing::Nobody, Sharing::Team, Sharing::Everybody];

    pub fn name(self) -> &'static str {
        match self {
            Sharing::Nobody => "nobody",
            Sharing::Team => "team",
            Sharing::Everybody => "everybody",
        }
    }

    pub fn parse(name: &str) -> Option<Sharing> {
        Sharing::ALL
            .into_iter()
            .find(|sharing| sharing.name() == name)
    }

    fn of(cell: i64) -> Sharing {
        match cell {
            1 => Sharing::Team,
            2 => Sharing::Everybody,
            _ => Sharing::Nobody,
        }
    }

    fn cell(self) -> Cell {
        Cell::Int(match self {
            Sharing::Nobody => 0,
            Sharing::Team => 1,
            Sharing::Everybody => 2,
        })
    }
}

/// Views of one person on one object, and views that others share.
const MOST: u32 = 50;
/// Characters.
const LONGEST_NAME: usize = 60;
const LONGEST_QUERY: usize = 4_000;
/// The name under which the row stands that says with which query a list opens; no view has it, since names are trimmed.
const OPENING: &str = " opening";

const COLUMNS: [&str; 6] = ["id", "name", "query", "person", "shared", "position"];

/// The caller's own views of the object in their order, then those that others share with the caller.
pub fn list(ctx: &Context, object: &str) -> EngineResult<Vec<SavedView>> {
    let me = ctx.actor.seq();
    let mut team: Vec<Cell> = Vec::new();
    if let Some(person) = ctx.person() {
        let department = person.department;
        let members = ctx.directory.users();
        let members = members.filter(|user| user.department == department && user.seq != me);
        team.extend(members.map(|user| Cell::Int(user.seq)));
    }
    let shared =
        Cond::equal("shared", 2).or(Cond::equal("shared", 1).and(Cond::among("person", team)));
    let select = Select::of(SAVED_VIEW, &COLUMNS)
        .filter(Cond::equal("object", object).and(own(ctx).or(shared)))
        .order("seq", Direction::Ascending)
        .limit(2 * MOST);
    let rows = ctx
        .engine
        .store()
        .look(|view| Ok::<_, EngineError>(view.select(&select)?))?;
    let mut rows: Vec<&Row> = rows
        .iter()
        .filter(|row| row.cells[1].text() != Some(OPENING))
        .collect();
    let is_mine = |row: &&Row| row.cells[3].int() == Some(me);
    rows.sort_by_key(|row| (!is_mine(row), row.cells[5].int().unwrap_or(0), row.seq));
    Ok(rows.into_iter().map(saved_view).collect())
}

fn saved_view(row: &Row) -> SavedView {
    let text = |at: usize| row.cells[at].text().unwrap_or_default().to_owned();
    SavedView {
        id: row.cells[0].id().unwrap_or_default(),
        name: text(1),
        query: text(2),
        person: row.cells[3].int().unwrap_or(0),
        sharing: Sharing::of(row.cells[4].int().unwrap_or(0)),
    }
}

/// With which query the caller's list of the object opens, if the caller said so.
pub fn opening(ctx: &Context, object: &str) -> EngineResult<Option<String>> {
    let select = Select::of(SAVED_VIEW, &["query"])
        .filter(named(ctx, object, OPENING))
        .limit(1);
    let rows = ctx
        .engine
        .store()
        .look(|view| Ok::<_, EngineError>(view.select(&select)?))?;
    Ok(rows
        .first()
        .and_then(|row| row.cells[0].text().map(str::to_owned)))
}

/// The list opens with this query from now on; an empty one as it opens for everybody.
pub fn set_opening(ctx: &Context, object: &str, query: &str) -> EngineResult<()> {
    let (same, row) = (
        named(ctx, object, OPENING),
        cells(ctx, object, (OPENING, query), Sharing::Nobody),
    );
    let is_wanted = !query.is_empty() && query.len() <= LONGEST_QUERY;
    ctx.engine.store().change(Weight::Light, move |tx| {
        tx.delete(SAVED_VIEW, &same)?;
        if is_wanted {
            insert(tx, row.clone())?;
        }
        Ok::<_, EngineError>(())
    })
}

/// Keeps the query under the name; one of the same name is replaced.
pub fn save(
    ctx: &Context,
    object: &str,
    (name, query): (&str, &str),
    sharing: Sharing,
) -> EngineResult<Uuid> {
    let name = checked(name)?;
    let own = list(ctx, object)?;
    let own = own.iter().filter(|view| view.person == ctx.actor.seq());
    if query.len() > LONGEST_QUERY || own.count() >= MOST as usize {
        return Err(EngineError::field("name", "too_many"));
    }
    let row = cells(ctx, object, (&name, query), sharing);
    let id = row[0].id().unwrap_or_default();
    let same = named(ctx, object, &name);
    let (context, object) = (ctx.clone(), object.to_owned());
    ctx.engine.store().change(Weight::Light, move |tx| {
        tx.delete(SAVED_VIEW, &same)?;
        insert(tx, row.clone())?;
        view_indexes::follow(tx, &context, &object)
    })?;
    ctx.engine.announce();
    Ok(id)
}

/// The caller's own views as they are to be: name and sharing by id, in their order. Those that are not named stay.
pub fn arrange(ctx: &Context, views: &[(Uuid, String, Sharing)]) -> EngineResult<()> {
    let mut wanted = Vec::with_capacity(views.len());
    for (position, (id, name, sharing)) in views.iter().take(MOST as usize).enumerate() {
        wanted.push((*id, checked(name)?, *sharing, position as i64));
    }
    let mine = own(ctx);
    ctx.engine.store().change(Weight::Light, move |tx| {
        for (id, name, sharing, position) in &wanted {
            let values = [
                ("name", Set::To(Cell::from(name.as_str()))),
                ("shared", Set::To(sharing.cell())),
                ("position", Set::To(Cell::Int(*position))),
            ];
            tx.update(
                SAVED_VIEW,
                &values,
                &mine.clone().and(Cond::equal("id", *id)),
            )?;
        }
        Ok::<_, EngineError>(())
    })
}

/// Forgets one of the caller's own.
pub fn remove(ctx: &Context, id: Uuid) -> EngineResult<()> {
    let this = own(ctx).and(Cond::equal("id", id));
    let context = ctx.clone();
    ctx.engine.store().change(Weight::Light, move |tx| {
        let of = Select::of(SAVED_VIEW, &["object"]).filter(this.clone());
        let rows = tx.select(&of)?;
        let object = rows.first().and_then(|row| row.cells[0].text());
        let object = object.ok_or(EngineError::NotFound)?;
        tx.delete(SAVED_VIEW, &this)?;
        view_indexes::follow(tx, &context, object)
    })?;
    ctx.engine.announce();
    Ok(())
}

fn checked(name: &str) -> EngineResult<String> {
    let name: String = name.trim().chars().take(LONGEST_NAME).collect();
    if name.is_empty() {
        return Err(EngineError::field("name", "required"));
    }
    Ok(name)
}

/// A row of [`COLUMNS`] and the object's name.
fn cells(ctx: &Context, object: &str, (name, query): (&str, &str), sharing: Sharing) -> Vec<Cell> {
    vec![
        Cell::Id(ctx.engine.ids().next()),
        Cell::from(name),
        Cell::from(query),
        Cell::Int(ctx.actor.seq()),
        sharing.cell(),
        Cell::Int(i64::from(MOST)),
        Cell::from(object),
    ]
}

fn insert(tx: &mut dyn Transaction, row: Vec<Cell>) -> EngineResult<()> {
    let mut names = COLUMNS.to_vec();
    names.push("object");
    tx.insert(SAVED_VIEW, &names, vec![row])?;
    Ok(())
}

fn named(ctx: &Context, object: &str, name: &str) -> Cond {
    own(ctx)
        .and(Cond::equal("object", object))
        .and(Cond::equal("name", name))
}

fn own(ctx: &Context) -> Cond {
    Cond::equal("person", ctx.actor.seq())
}
