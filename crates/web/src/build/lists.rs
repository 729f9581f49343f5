//! Lists: columns, rows, chips, tabs.

use super::cells::of_record;
use super::chips::chips;
use super::desk::{Desk, record_href};
use super::place::{Place, Shape};
use super::slots::{Slot, slot, slots};
use crate::pages::list::{Column, ListPage, RowView, RowsPage};
use crate::pages::{Action as Button, CellView, Count, Empty, Method, Tab};
use guanxi_access::Action;
use guanxi_engine::read::list::{Count as Counted, Counting, ListRequest, Page, list};
use guanxi_engine::views::Sharing;
use guanxi_engine::{EngineResult, Record, views};
use guanxi_meta::Object;
use guanxi_query::Sort;
use std::sync::Arc;

/// Rows of one page of a list.
pub const ROWS: u32 = 50;

/// What the place asks of the engine.
pub fn request(place: &Place, cursor: &str, count: Counting) -> ListRequest {
    ListRequest {
        filter: place.filter.clone(),
        sort: place.sort.clone(),
        limit: Some(ROWS),
        cursor: cursor.to_owned(),
        count,
        ..ListRequest::default()
    }
}

pub fn whole(desk: &Desk<'_>, place: &Place) -> EngineResult<ListPage> {
    let page = list(
        desk.ctx,
        &place.object,
        &request(place, "", Counting::Estimate),
    )?;
    let slots = slots(desk, &place.object, &place.columns);
    let rows = rows(desk, &slots, &page.records)?;
    let mut whole = head(desk, place)?;
    whole.columns = columns(desk, place, &slots);
    whole.count = count(page.count, place);
    whole.next = page
        .next
        .as_deref()
        .map(|cursor| place.href("/rows", &[("cursor", Some(cursor))]));
    whole.empty = rows.is_empty().then(|| empty(desk, place, &whole));
    whole.rows = rows;
    Ok(whole)
}

/// Further rows of the place, or those of the page that the caller has found.
pub fn more(desk: &Desk<'_>, place: &Place, page: &Page) -> EngineResult<RowsPage> {
    let slots = slots(desk, &place.object, &place.columns);
    let next = page
        .next
        .as_deref()
        .map(|cursor| place.href("/rows", &[("cursor", Some(cursor))]));
    Ok(RowsPage {
        columns: columns(desk, place, &slots),
        rows: rows(desk, &slots, &page.records)?,
        next,
    })
}

/// Everything of a list but its rows: what a board has too.
pub fn head(desk: &Desk<'_>, place: &Place) -> EngineResult<ListPage> {
    let object = &place.object;
    let chips = chips(desk, place)?;
    Ok(ListPage {
        object: object.name.clone(),
        label: desk.many(object),
        tabs: tabs(desk, place)?,
        save_view: place.href("/views/new", &[]),
        arrange_views: place.href("/views", &[]),
        modes: modes(desk, place),
        clear_filter: if chips.is_empty() {
            String::new()
        } else {
            place.href("", &[("filter", Some(""))])
        },
        chips,
        add_filter: place.href("/filter", &[]),
        sort_label: sort_label(desk, place),
        columns_href: if place.shape == Shape::Table {
            place.href("/columns", &[])
        } else {
            String::new()
        },
        filter: place.query(&[]),
        actions: actions(desk, place),
        new: new_button(desk, object),
        bulk: bulk(desk, object),
        ..ListPage::default()
    })
}

fn columns(desk: &Desk<'_>, place: &Place, slots: &[Slot]) -> Vec<Column> {
    let sorted = Sort::parse(&place.object, &place.sort, desk.ctx).unwrap_or_default();
    let first = sorted.keys.first();
    slots
        .iter()
        .map(|slot| {
            let is_first = first.is_some_and(|key| key.field == slot.name);
            let descending =
                first.is_some_and(|key| key.direction == guanxi_query::cond::Direction::Descending);
            let wanted = if is_first && !descending {
                format!("-{}", slot.name)
            } else {
                slot.name.clone()
            };
            let sortable = Sort::parse(&place.object, &slot.name, desk.ctx).is_ok();
            Column {
                name: slot.name.clone(),
                label: slot.label.clone(),
                is_number: slot.is_number(),
                sort: sortable.then(|| place.href("", &[("sort", Some(&wanted))])),
                sorted: match (is_first, descending) {
                    (false, _) => String::new(),
                    (true, true) => "descending".to_owned(),
                    (true, false) => "ascending".to_owned(),
                },
            }
        })
        .collect()
}

pub fn rows(desk: &Desk<'_>, slots: &[Slot], records: &[Record]) -> EngineResult<Vec<RowView>> {
    let mut values = Vec::with_capacity(records.len() * slots.len());
    for record in records {
        values.extend(
            slots
                .iter()
                .map(|slot| (slot.to(), slot.value(desk.ctx, record))),
        );
    }
    desk.learn(values.iter().map(|(to, value)| (*to, value)))?;
    Ok(records
        .iter()
        .map(|record| row(desk, slots, record))
        .collect())
}

fn row(desk: &Desk<'_>, slots: &[Slot], record: &Record) -> RowView {
    let object = &record.object;
    let grant = desk.ctx.grant(object, Action::Update);
    let href = record_href(record);
    let title = object.title().name.clone();
    // Shares are not asked for here: a cell of a shared row opens its form on the record's own page.
    let is_mine = grant.admits(record.standing());
    let cells = slots
        .iter()
        .map(|slot| of_record(desk, slot, record, is_mine && slot.is_writable(&grant)));
    let mut cells: Vec<CellView> = cells.collect();
    for cell in cells.iter_mut().filter(|cell| cell.name == title) {
        cell.href = Some(href.clone());
        if cell.text.is_empty() {
            cell.text = desk.say("unnamed");
        }
    }
    roles(&mut cells, &title);
    cells.iter_mut().for_each(CellView::of_table);
    let names: Vec<&str> = slots.iter().map(|slot| slot.name.as_str()).collect();
    let refresh = super::desk::query(&[
        ("id", &record.id.to_string()),
        ("columns", &names.join(",")),
    ]);
    RowView {
        record: format!("{}/{}", object.name, record.id),
        id: record.id.to_string(),
        version: record.version.unsigned_abs(),
        peek: format!("{href}/peek"),
        href,
        refresh: format!("/{}/rows?{refresh}", object.name),
        cells,
    }
}

/// Places on a phone's card: each once, in the order of the columns.
fn roles(cells: &mut [CellView], title: &str) {
    let mut free = vec!["mark", "value", "meta", "sub"];
    for cell in cells {
        let wanted = match cell.widget.as_str() {
            _ if cell.name == title => "title",
            "choice" => "mark",
            "money" | "decimal" | "integer" => "value",
            "date" | "instant" => "meta",
            "text" | "link" | "phone" | "email" => "sub",
            _ => "",
        };
        if wanted == "title" {
            cell.role = wanted.to_owned();
        } else if let Some(at) = free.iter().position(|role| *role == wanted) {
            cell.role = free.remove(at).to_owned();
        }
    }
}

fn count(counted: Option<Counted>, place: &Place) -> Count {
    let Some(counted) = counted else {
        return Count::default();
    };
    let mark = if counted.exact { "" } else { "+" };
    Count {
        text: format!("{}{mark}", counted.value),
        exact: counted.exact,
        exact_href: if counted.exact {
            String::new()
        } else {
            place.href("/count", &[])
        },
    }
}

fn tabs(desk: &Desk<'_>, place: &Place) -> EngineResult<Vec<Tab>> {
    let object = &place.object;
    let own = views::list(desk.ctx, &object.name)?;
    let here = place.query(&[]);
    let kept = own.iter().any(|view| view.query == here);
    let mut tabs: Vec<Tab> = Vec::new();
    for view in &object.views {
        tabs.push(Tab {
            label: desk.label(&view.label, &view.name),
            href: format!("/{}?view={}", object.name, view.name),
            current: view.name == place.view.name && !kept,
            ..Tab::default()
        });
    }
    for view in own {
        let current = view.query == here;
        let is_mine = view.person == desk.ctx.actor.seq();
        tabs.push(Tab {
            label: view.name,
            href: format!("/{}?{}", object.name, view.query),
            icon: match view.sharing {
                Sharing::Nobody => String::new(),
                _ => "users".to_owned(),
            },
            title: if is_mine {
                String::new()
            } else {
                desk.say_of("view-shared-by", "name", desk.ctx.user_name(view.person))
            },
            current,
            ..Tab::default()
        });
    }
    Ok(tabs)
}

fn modes(desk: &Desk<'_>, place: &Place) -> Vec<Tab> {
    let mode = |shape: Shape, icon: &str| Tab {
        label: desk.say(&format!("mode-{}", shape.name())),
        href: place.href("", &[("as", Some(shape.name()))]),
        icon: icon.to_owned(),
        current: place.shape == shape,
        ..Tab::default()
    };
    let mut modes = vec![mode(Shape::Table, "table-2")];
    if super::board::lane_slot(desk, place).is_some() {
        modes.push(mode(Shape::Board, "square-kanban"));
    }
    modes.push(mode(Shape::Calendar, "calendar-days"));
    modes.push(mode(Shape::Chart, "chart-column"));
    modes
}

fn sort_label(desk: &Desk<'_>, place: &Place) -> String {
    let sorted = Sort::parse(&place.object, &place.sort, desk.ctx).unwrap_or_default();
    let first = sorted
        .keys
        .first()
        .and_then(|key| slot(desk, &place.object, &key.field));
    first.map(|slot| slot.label).unwrap_or_default()
}

fn button(label: String, icon: &str, href: String, method: Method) -> Button {
    Button {
        label,
        icon: icon.to_owned(),
        href,
        method,
        ..Button::default()
    }
}

pub fn new_button(desk: &Desk<'_>, object: &Arc<Object>) -> Option<Button> {
    if desk.ctx.grant(object, Action::Create).is_empty() {
        return None;
    }
    let label = desk.say_of("new-one", "name", &desk.one(object));
    let button = button(label, "plus", format!("/{}/new", object.name), Method::Link);
    Some(Button {
        key: "c".to_owned(),
        tone: "go".to_owned(),
        ..button
    })
}

fn actions(desk: &Desk<'_>, place: &Place) -> Vec<Button> {
    let object = &place.object;
    let mut actions = Vec::new();
    if !desk.ctx.grant(object, Action::Create).is_empty() {
        actions.push(button(
            desk.say("import"),
            "file-up",
            format!("/import?object={}", object.name),
            Method::Link,
        ));
    }
    if !desk.ctx.grant(object, Action::Export).is_empty() {
        for format in ["xlsx", "csv"] {
            let href = place.href("/export", &[("format", Some(format))]);
            let label = desk.say_of("export-as", "name", &format.to_uppercase());
            actions.push(button(label, "file-down", href, Method::Link));
        }
    }
    actions
}

/// What may be done to many: editing a field, handing over, claiming, releasing, removing.
fn bulk(desk: &Desk<'_>, object: &Arc<Object>) -> Vec<Button> {
    let mut actions = Vec::new();
    let at = |what: &str| format!("/{}/bulk/{what}", object.name);
    if !desk.ctx.grant(object, Action::Update).is_empty() {
        actions.push(button(
            desk.say("bulk-edit"),
            "pencil",
            at("edit"),
            Method::Dialog,
        ));
    }
    for noun in guanxi_engine::act::nouns(desk.ctx, object) {
        if let Some((_, icon)) = BULK.iter().find(|(name, _)| *name == noun.name) {
            let label = desk.label(&noun.label, noun.name);
            actions.push(button(label, icon, at(noun.name), Method::Dialog));
        }
    }
    if !desk.ctx.grant(object, Action::Delete).is_empty() {
        let remove = button(desk.say("delete"), "trash-2", at("remove"), Method::Dialog);
        actions.push(Button {
            tone: "danger".to_owned(),
            ..remove
        });
    }
    actions
}

/// Nouns that make sense for many records at once.
pub const BULK: [(&str, &str); 5] = [
    ("handover", "arrow-left-right"),
    ("claim", "hand"),
    ("release", "waves"),
    ("completion", "check"),
    ("share", "share-2"),
];

fn empty(desk: &Desk<'_>, place: &Place, page: &ListPage) -> Empty {
    let object = &place.object;
    let many = desk.many(object);
    if place.filter.is_empty() {
        let mut actions: Vec<Button> = page.new.clone().into_iter().collect();
        actions.extend(
            page.actions
                .iter()
                .take(1)
                .filter(|action| action.icon == "file-up")
                .cloned(),
        );
        return Empty {
            icon: object.icon.clone(),
            title: desk.say_of("empty-none", "name", &many),
            text: desk.say("empty-none-text"),
            actions,
        };
    }
    let clear = button(
        desk.say("clear-conditions"),
        "x",
        page.clear_filter.clone(),
        Method::Link,
    );
    Empty {
        icon: "funnel".to_owned(),
        title: desk.say_of("empty-filtered", "name", &many),
        text: desk.say("empty-filtered-text"),
        actions: vec![clear],
    }
}
