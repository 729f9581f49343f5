//! What surrounds a page: navigation by what the reader may reach, preferences, what is said once.

use super::desk::face;
use crate::door::answer::FLASH;
use crate::door::head::Head;
use crate::door::{Site, Visit, token};
use crate::pages::{Actor, Area, Face, NavItem, Shell, ToastView};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use guanxi_access::Action;
use guanxi_engine::{Context, EngineResult, notices};
use guanxi_meta::{Lang, Object};

/// Names that languages give themselves.
const LANGUAGES: [(&str, &str); 2] = [("zh", "中文"), ("en", "English")];

pub fn whole(visit: &Visit, title: &str) -> EngineResult<Shell> {
    let ctx = &visit.ctx;
    let say = |key: &str| {
        visit
            .site
            .renderer
            .words(ctx.lang.code())
            .map(|words| words.say(key, &[]))
            .unwrap_or_default()
    };
    let here = visit
        .head
        .path
        .split('?')
        .next()
        .unwrap_or_default()
        .to_owned();
    let mut letters = Letters(vec!['h', 'n']);
    let day = item(&say("my-day"), "house", "/", &here).jump('h');
    let bell = item(&say("notices"), "bell", "/notices", &here).jump('n');
    let mut areas = vec![Area {
        label: String::new(),
        items: vec![day.clone(), bell],
    }];
    for area in ctx
        .catalog
        .areas
        .iter()
        .filter(|area| area.name != "settings")
    {
        let objects = ctx
            .catalog
            .objects
            .iter()
            .filter(|object| object.area == area.name);
        let seen = objects.filter(|object| !ctx.grant(object, Action::Read).is_empty());
        let items: Vec<NavItem> = seen
            .flat_map(|object| entries(ctx, object, (&visit.head.path, &here), &mut letters))
            .collect();
        if !items.is_empty() {
            areas.push(Area {
                label: area.label.get(ctx.lang, &area.name).to_owned(),
                items,
            });
        }
    }
    let mut bottom = vec![day];
    bottom.extend(
        areas
            .iter()
            .skip(1)
            .flat_map(|area| &area.items)
            .filter(|item| is_main(item))
            .take(2)
            .cloned(),
    );
    Ok(Shell {
        title: title.to_owned(),
        areas,
        bottom,
        new_href: new_href(ctx, &here),
        unread: notices::unread(ctx)?,
        csrf: visit.csrf(),
        events: "/events/changes".to_owned(),
        actor: actor(ctx),
        toasts: flash(&visit.head),
        ..nobody(&visit.site, &visit.head, title)
    }
    .in_language(ctx.lang))
}

/// The frame of a fragment: the language and the page's token are all that its template may ask for.
pub fn bare(visit: &Visit, title: &str) -> Shell {
    let shell = nobody(&visit.site, &visit.head, title);
    Shell {
        csrf: visit.csrf(),
        actor: actor(&visit.ctx),
        ..shell
    }
    .in_language(visit.ctx.lang)
}

/// The frame of a page for whom nobody knows.
pub fn nobody(site: &Site, head: &Head, title: &str) -> Shell {
    let one_of = |name: &str, values: [&str; 3]| {
        let said = head.cookie(name).unwrap_or_default();
        values
            .into_iter()
            .find(|value| *value == said)
            .unwrap_or(values[0])
            .to_owned()
    };
    Shell {
        lang: head.lang.unwrap_or_default().code().to_owned(),
        title: title.to_owned(),
        organisation: site.engine.settings().organisation.clone(),
        theme: one_of("gx_theme", ["auto", "light", "dark"]),
        density: one_of("gx_density", ["comfortable", "compact", "comfortable"]),
        new_href: "/customer/new".to_owned(),
        csrf: head.cookie("gx_login").map(token::of).unwrap_or_default(),
        languages: LANGUAGES
            .map(|(code, name)| (code.to_owned(), name.to_owned()))
            .into(),
        ..Shell::default()
    }
}

impl Shell {
    fn in_language(mut self, lang: Lang) -> Shell {
        self.lang = lang.code().to_owned();
        self
    }
}

impl NavItem {
    fn jump(mut self, letter: char) -> NavItem {
        self.jump = letter.to_string();
        self
    }
}

fn item(label: &str, icon: &str, href: &str, here: &str) -> NavItem {
    let below = here
        .strip_prefix(href)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    let current = if href == "/" { here == "/" } else { below };
    NavItem {
        label: label.to_owned(),
        icon: icon.to_owned(),
        href: href.to_owned(),
        current,
        ..NavItem::default()
    }
}

/// The object's list, and its pool where it has one.
fn entries(
    ctx: &Context,
    object: &Object,
    (path, here): (&str, &str),
    letters: &mut Letters,
) -> Vec<NavItem> {
    let label = object.plural.get(ctx.lang, &object.name);
    let mut list = item(label, &object.icon, &format!("/{}", object.name), here);
    list.jump = letters.take(&object.name);
    let pool = object
        .views
        .iter()
        .find(|view| view.name == "pool" && object.has("pool"));
    let Some(view) = pool.filter(|_| object.name == "customer" && sees_pool(ctx)) else {
        return vec![list];
    };
    let href = format!("/{}?view=pool", object.name);
    let is_here = path.starts_with(&href);
    list.current &= !is_here;
    let mut pool = item(view.label.get(ctx.lang, &view.name), "waves", &href, "");
    pool.current = is_here;
    pool.jump = letters.take("w");
    vec![list, pool]
}

fn sees_pool(ctx: &Context) -> bool {
    let roles = ctx
        .person()
        .map(|person| person.roles.as_slice())
        .unwrap_or_default();
    roles
        .iter()
        .filter_map(|name| ctx.catalog.roles.get(name))
        .any(|role| role.pool)
}

fn is_main(item: &NavItem) -> bool {
    matches!(item.href.as_str(), "/customer" | "/opportunity")
}

/// Letters after `g`: the first of the name that is free.
struct Letters(Vec<char>);

impl Letters {
    fn take(&mut self, name: &str) -> String {
        let free = name
            .chars()
            .find(|c| c.is_ascii_lowercase() && !self.0.contains(c));
        self.0.extend(free);
        free.map(String::from).unwrap_or_default()
    }
}

/// A new one of what is being looked at, else a customer.
fn new_href(ctx: &Context, here: &str) -> String {
    let creates = |name: &str| {
        ctx.catalog
            .object(name)
            .is_some_and(|object| !ctx.grant(object, Action::Create).is_empty())
    };
    let first = here.split('/').nth(1).filter(|name| creates(name));
    let name = first.or(["customer", "task"].into_iter().find(|name| creates(name)));
    name.map_or_else(|| "/search".to_owned(), |name| format!("/{name}/new"))
}

fn actor(ctx: &Context) -> Actor {
    let Some(person) = ctx.person() else {
        return Actor::default();
    };
    Actor {
        face: Face {
            name: String::new(),
            ..face(&person.name, person.id)
        },
        name: person.name.clone(),
        department: ctx
            .directory
            .department(person.department)
            .map(|it| it.name.clone())
            .unwrap_or_default(),
        is_administrator: ctx.administers(),
    }
}

fn flash(head: &Head) -> Vec<ToastView> {
    let bytes = head
        .cookie(FLASH)
        .and_then(|text| URL_SAFE_NO_PAD.decode(text).ok());
    let said: Option<[String; 3]> = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    let toast = |[text, tone, undo]: [String; 3]| ToastView {
        text,
        tone,
        undo: local_undo(undo),
    };
    said.into_iter().map(toast).collect()
}

/// A cookie may be planted by a neighbour: only paths of this site are posted to.
fn local_undo(undo: String) -> String {
    if undo.is_empty() || crate::door::head::local(&undo) != undo {
        String::new()
    } else {
        undo
    }
}
