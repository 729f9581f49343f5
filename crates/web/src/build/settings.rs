//! Settings: the reader's own, and those of the organisation.

use super::desk::{Desk, face};
use crate::pages::settings::{
    AccessPage, AccessRow, ChoiceRow, ChoicesPage, DepartmentNode, DepartmentsPage, ProfilePage,
    UserRow, UsersPage,
};
use crate::pages::{CellView, Choice, Method, Tag};
use guanxi_access::{Department, User};
use guanxi_engine::EngineResult;
use guanxi_engine::accounts::{session, token};
use guanxi_meta::{Field, Lang, Object};
use std::sync::Arc;
use uuid::Uuid;

/// What people say of themselves.
pub const OWN_FIELDS: [&str; 5] = ["name", "title", "phone", "language", "time_zone"];

pub fn profile(cells: Vec<CellView>) -> ProfilePage {
    ProfilePage {
        action: "/settings/profile".to_owned(),
        cells,
        password_action: "/settings/password".to_owned(),
        ..ProfilePage::default()
    }
}

pub fn users(desk: &Desk<'_>) -> UsersPage {
    let mut people: Vec<&User> = desk.ctx.directory.users().collect();
    people.sort_by_key(|user| (!user.active, guanxi_meta::text::sort_key(&user.name)));
    UsersPage {
        users: people
            .into_iter()
            .map(|user| user_row(desk, user))
            .collect(),
        new: "/settings/users/new".to_owned(),
        next: None,
    }
}

fn user_row(desk: &Desk<'_>, user: &User) -> UserRow {
    let at = format!("/settings/users/{}", user.id);
    let record = format!("/user/{}", user.id);
    let (key, tone) = if user.active {
        ("state-active", "jade")
    } else {
        ("state-disabled", "")
    };
    let edit = super::records::button(
        desk.say("edit"),
        "pencil",
        format!("{record}/edit"),
        Method::Link,
    );
    let mut actions = vec![edit];
    actions.push(super::records::button(
        desk.say("change-password"),
        "key-round",
        format!("{at}/password"),
        Method::Dialog,
    ));
    let toggle = if user.active {
        ("disable", "lock")
    } else {
        ("enable", "check")
    };
    actions.push(super::records::button(
        desk.say(toggle.0),
        toggle.1,
        format!("{at}/{}", toggle.0),
        Method::Post,
    ));
    UserRow {
        face: face(&user.name, user.id),
        name: user.name.clone(),
        email: user.email.clone(),
        role: roles(desk, user),
        department: desk.ctx.directory.path(user.department),
        state: Tag {
            text: desk.say(key),
            tone: tone.to_owned(),
        },
        href: record,
        actions,
        ..UserRow::default()
    }
}

fn roles(desk: &Desk<'_>, user: &User) -> String {
    let label = |name: &String| {
        desk.ctx
            .catalog
            .roles
            .get(name)
            .map_or(name.clone(), |role| desk.label(&role.label, name))
    };
    user.roles.iter().map(label).collect::<Vec<_>>().join(", ")
}

pub fn departments(desk: &Desk<'_>) -> DepartmentsPage {
    let mut all: Vec<&Department> = desk.ctx.directory.departments().collect();
    all.sort_by_key(|department| guanxi_meta::text::sort_key(&department.name));
    DepartmentsPage {
        roots: nodes(desk, &all, None, 0),
        new: "/settings/departments/new".to_owned(),
    }
}

/// Children of a department; a ring, which saving refuses, ends at a depth that nobody builds.
fn nodes(
    desk: &Desk<'_>,
    all: &[&Department],
    parent: Option<Uuid>,
    depth: usize,
) -> Vec<DepartmentNode> {
    const DEEPEST: usize = 32;
    if depth > DEEPEST {
        return Vec::new();
    }
    let known = |id: Uuid| all.iter().any(|department| department.id == id);
    let is_child = |department: &&&Department| department.parent.filter(|id| known(*id)) == parent;
    let node = |department: &&Department| {
        let members = desk
            .ctx
            .directory
            .users()
            .filter(|user| user.department == department.seq && user.active)
            .count();
        DepartmentNode {
            name: department.name.clone(),
            head: if department.region {
                desk.say("is-region")
            } else {
                String::new()
            },
            members: desk.say_n("members-n", members as u64),
            href: format!("/settings/departments/{}", department.id),
            children: nodes(desk, all, Some(department.id), depth + 1),
        }
    };
    all.iter().filter(is_child).map(node).collect()
}

/// Lists that an administrator edits: every choice field, by `object.field`.
pub fn choice_fields<'d>(desk: &'d Desk<'_>) -> impl Iterator<Item = (&'d Arc<Object>, &'d Field)> {
    let of = |object: &'d Arc<Object>| object.fields.iter().map(move |field| (object, field));
    let fields = desk.ctx.catalog.objects.iter().flat_map(of);
    fields.filter(|(object, field)| {
        let by_pipeline =
            !object.pipelines.is_empty() && matches!(field.name.as_str(), "stage" | "pipeline");
        matches!(field.kind.name(), "choice" | "multi_choice")
            && !by_pipeline
            && object.area != "settings"
    })
}

pub fn choices(desk: &Desk<'_>, wanted: &str) -> ChoicesPage {
    let fields: Vec<(&Arc<Object>, &Field)> = choice_fields(desk).collect();
    let key = |(object, field): &(&Arc<Object>, &Field)| format!("{}.{}", object.name, field.name);
    let chosen = fields
        .iter()
        .find(|one| key(one) == wanted)
        .or(fields.first());
    let Some(chosen) = chosen else {
        return ChoicesPage::default();
    };
    let name = |(object, field): &(&Arc<Object>, &Field)| {
        format!(
            "{} · {}",
            desk.one(object),
            desk.label(&field.label, &field.name)
        )
    };
    let list = |one: &(&Arc<Object>, &Field)| Choice {
        value: key(one),
        label: name(one),
        selected: key(one) == key(chosen),
        ..Choice::default()
    };
    let row = |choice: &guanxi_meta::catalog::Choice| ChoiceRow {
        value: choice.value.clone(),
        labels: Lang::ALL
            .map(|lang| {
                (
                    lang.code().to_owned(),
                    choice.label.get(lang, &choice.value).to_owned(),
                )
            })
            .into(),
        tone: choice.tone.clone().unwrap_or_default(),
        used: String::new(),
    };
    ChoicesPage {
        lists: fields.iter().map(list).collect(),
        heading: name(chosen),
        action: format!("/settings/choices?list={}", key(chosen)),
        rows: chosen.1.options.choices.iter().map(row).collect(),
        is_open: chosen.1.options.open,
    }
}

/// The reader's sessions and tokens; `here` is the session of this page, the newest of its browser.
pub fn access(desk: &Desk<'_>, here: Option<i64>) -> EngineResult<AccessPage> {
    let sessions = session::list(desk.ctx)?;
    let tokens = token::list(desk.ctx)?;
    let session_row = |session: &session::Session| AccessRow {
        name: browser(&session.agent),
        detail: session.address.clone(),
        at: desk.instant(session.seen_at),
        is_current: here == Some(session.seq),
        end: format!("/settings/access/sessions/{}", session.seq),
    };
    let token_row = |token: &token::Token| AccessRow {
        name: token.name.clone(),
        detail: match token.used_at {
            Some(at) => desk.say_of("token-used", "when", &desk.instant(at).text),
            None => desk.say("token-never-used"),
        },
        at: desk.instant(token.created_at),
        is_current: false,
        end: format!("/settings/access/tokens/{}", token.id),
    };
    Ok(AccessPage {
        sessions: sessions.iter().map(session_row).collect(),
        tokens: tokens.iter().map(token_row).collect(),
        token_action: "/settings/access/tokens".to_owned(),
        ..AccessPage::default()
    })
}

/// A browser's name in its header, as people know it.
fn browser(agent: &str) -> String {
    let known = [
        ("Edg/", "Edge"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
        ("curl/", "curl"),
    ];
    let systems = [
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("Windows", "Windows"),
        ("Mac OS", "macOS"),
        ("Linux", "Linux"),
    ];
    let find = |list: &[(&str, &'static str)]| {
        list.iter()
            .find(|(sign, _)| agent.contains(sign))
            .map(|(_, name)| *name)
    };
    match (find(&known), find(&systems)) {
        (Some(name), Some(system)) => format!("{name} · {system}"),
        (Some(name), None) => name.to_owned(),
        _ => agent.chars().take(40).collect(),
    }
}
