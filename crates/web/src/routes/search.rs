//! Search over everything, and the palette.

use crate::build::desk::{Desk, query, record_href};
use crate::build::slots::slot;
use crate::door::Visit;
use crate::door::answer::Answer;
use crate::pages::palette::{PaletteGroup, PaletteHit, PalettePage};
use crate::pages::search::{Hit, Piece, SearchPage};
use crate::pages::{Action as Button, Empty, Method, Tab};
use guanxi_access::Action;
use guanxi_engine::search::{Hit as Found, search};
use guanxi_engine::{EngineResult, Record, recent};
use guanxi_meta::text::Query;
use std::collections::BTreeMap;

/// Hits of one page of results.
const MOST: usize = 50;
/// Hits in the palette.
const MOST_QUICK: usize = 8;
/// Characters of a query that are read; more says nothing more.
const LONGEST: usize = 200;

fn asked(visit: &Visit) -> String {
    visit.head.query("q").trim().chars().take(LONGEST).collect()
}

pub fn show(visit: &Visit) -> EngineResult<Answer> {
    let desk = Desk::new(visit)?;
    let q = asked(visit);
    let hits = search(&visit.ctx, &q, None, MOST)?;
    let wanted = visit.head.query("object");
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for hit in &hits {
        *counts.entry(hit.record.object.name.clone()).or_default() += 1;
    }
    let within = |hit: &&Found| wanted.is_empty() || hit.record.object.name == wanted;
    let shown: Vec<Hit> = hits
        .iter()
        .filter(within)
        .map(|hit| hit_view(&desk, hit))
        .collect();
    let empty = shown.is_empty().then(|| Empty {
        icon: "search".to_owned(),
        title: desk.say(if q.is_empty() {
            "search-start"
        } else {
            "search-none"
        }),
        text: desk.say("search-how"),
        actions: Vec::new(),
    });
    let tabs = if hits.is_empty() {
        Vec::new()
    } else {
        tabs(&desk, (&q, wanted), (&counts, hits.len()))
    };
    let page = SearchPage {
        query: q,
        tabs,
        hits: shown,
        next: None,
        empty,
    };
    Answer::page(visit, &desk.say("search"), &page)
}

fn tabs(
    desk: &Desk<'_>,
    (q, wanted): (&str, &str),
    (counts, all): (&BTreeMap<String, usize>, usize),
) -> Vec<Tab> {
    let tab = |label: String, name: &str, count: usize| Tab {
        label,
        href: format!(
            "/search?{}",
            query(&if name.is_empty() {
                vec![("q", q)]
            } else {
                vec![("q", q), ("object", name)]
            })
        ),
        count: if count >= MOST {
            format!("{MOST}+")
        } else {
            count.to_string()
        },
        current: name == wanted,
        ..Tab::default()
    };
    let mut tabs = vec![tab(desk.say("all"), "", all)];
    for (name, count) in counts {
        let label = desk
            .ctx
            .catalog
            .object(name)
            .map_or(name.clone(), |object| desk.many(object));
        tabs.push(tab(label, name, *count));
    }
    tabs
}

fn hit_view(desk: &Desk<'_>, hit: &Found) -> Hit {
    let record = &hit.record;
    let title = record.title();
    let in_title = hit.field == record.object.title().name;
    let field = slot(desk, &record.object, &hit.field).map_or(hit.field.clone(), |slot| slot.label);
    let owner = desk.ctx.user_name(record.owner);
    Hit {
        record: format!("{}/{}", record.object.name, record.id),
        icon: record.object.icon.clone(),
        object: desk.one(&record.object),
        name: if in_title {
            marked(&title, &hit.mark)
        } else {
            plain(&title)
        },
        href: record_href(record),
        peek: format!("{}/peek", record_href(record)),
        field,
        text: marked(&hit.text, &hit.mark),
        detail: if record.owner == 0 {
            desk.say("in-pool")
        } else {
            owner.to_owned()
        },
    }
}

fn plain(text: &str) -> Vec<Piece> {
    vec![Piece {
        text: text.to_owned(),
        is_match: false,
    }]
}

/// The text with the place of the match; a range that does not fit this text marks nothing.
fn marked(text: &str, mark: &std::ops::Range<usize>) -> Vec<Piece> {
    let (Some(before), Some(found), Some(after)) = (
        text.get(..mark.start),
        text.get(mark.clone()),
        text.get(mark.end..),
    ) else {
        return plain(text);
    };
    let pieces = [(before, false), (found, true), (after, false)];
    let full = pieces.into_iter().filter(|(text, _)| !text.is_empty());
    full.map(|(text, is_match)| Piece {
        text: text.to_owned(),
        is_match,
    })
    .collect()
}

pub fn palette(visit: &Visit) -> EngineResult<Answer> {
    let desk = Desk::new(visit)?;
    let q = asked(visit);
    let mut groups = Vec::new();
    let records = if q.is_empty() {
        let seen = recent::list(&visit.ctx, 6)?;
        (
            desk.say("recently-seen"),
            seen.iter()
                .map(|record| record_hit(&desk, record, plain(&record.title())))
                .collect(),
        )
    } else {
        let hits = search(&visit.ctx, &q, None, MOST_QUICK)?;
        let hit = |hit: &Found| {
            let view = hit_view(&desk, hit);
            record_hit(&desk, &hit.record, view.name)
        };
        (
            desk.say("results"),
            hits.iter().map(hit).collect::<Vec<_>>(),
        )
    };
    let commands = commands(&desk, &q);
    for (label, hits) in [records, (desk.say("commands"), commands)] {
        if !hits.is_empty() {
            groups.push(PaletteGroup { label, hits });
        }
    }
    Answer::page(
        visit,
        &desk.say("palette"),
        &PalettePage { groups, query: q },
    )
}

fn record_hit(desk: &Desk<'_>, record: &Record, name: Vec<Piece>) -> PaletteHit {
    let action = command(String::new(), &record.object.icon, record_href(record));
    PaletteHit {
        action,
        name,
        detail: desk.one(&record.object),
        does: String::new(),
    }
}

fn command(label: String, icon: &str, href: String) -> Button {
    Button {
        label,
        icon: icon.to_owned(),
        href,
        method: Method::Link,
        ..Button::default()
    }
}

/// Whatever can be gone to or made, as far as its words match what was typed (in pinyin too).
fn commands(desk: &Desk<'_>, q: &str) -> Vec<PaletteHit> {
    let mut all = vec![
        command(desk.say("my-day"), "house", "/".to_owned()),
        command(desk.say("notices"), "bell", "/notices".to_owned()),
        command(
            desk.say("my-profile"),
            "user",
            "/settings/profile".to_owned(),
        ),
        command(desk.say("import"), "file-up", "/import".to_owned()),
        command(desk.say("work"), "layers", "/background".to_owned()),
    ];
    for object in desk
        .objects(Action::Create)
        .filter(|object| object.area != "settings")
    {
        let label = desk.say_of("new-one", "name", &desk.one(object));
        all.push(command(label, "plus", format!("/{}/new", object.name)));
    }
    for object in desk
        .objects(Action::Read)
        .filter(|object| object.area != "settings")
    {
        let label = desk.say_of("go-to", "name", &desk.many(object));
        all.push(command(label, &object.icon, format!("/{}", object.name)));
        for view in &object.views {
            let label = format!(
                "{} · {}",
                desk.many(object),
                desk.label(&view.label, &view.name)
            );
            all.push(command(
                label,
                "list",
                format!("/{}?view={}", object.name, view.name),
            ));
        }
    }
    if desk.ctx.administers() {
        for name in ["users", "departments", "roles", "choices", "merges"] {
            all.push(command(
                desk.say(&format!("settings-{name}")),
                "settings",
                format!("/settings/{name}"),
            ));
        }
    }
    let mut hits: Vec<PaletteHit> = all
        .into_iter()
        .map(|action| PaletteHit {
            action,
            ..PaletteHit::default()
        })
        .collect();
    hits.extend(deeds(desk));
    let query = Query::parse(q);
    let most = if q.is_empty() { 10 } else { 8 };
    let fits = |hit: &PaletteHit| {
        query.is_empty() || query.verify(&[("label", &hit.action.label)]).is_some()
    };
    hits.into_iter().filter(fits).take(most).collect()
}

/// What is done at once: theme, density, language, shortcuts, printing, leaving.
fn deeds(desk: &Desk<'_>) -> Vec<PaletteHit> {
    let script = |label: String, icon: &str, does: &str| PaletteHit {
        action: command(label, icon, "#".to_owned()),
        does: does.to_owned(),
        ..PaletteHit::default()
    };
    let named = |group: &str, key: &str| format!("{}: {}", desk.say(group), desk.say(key));
    let other = match desk.ctx.lang {
        guanxi_meta::Lang::Zh => ("English", "en"),
        guanxi_meta::Lang::En => ("中文", "zh"),
    };
    let post = |label: String, icon: &str, href: String| PaletteHit {
        action: Button {
            method: Method::Post,
            ..command(label, icon, href)
        },
        ..PaletteHit::default()
    };
    vec![
        script(named("theme", "theme-dark"), "moon", "theme=dark"),
        script(named("theme", "theme-light"), "sun", "theme=light"),
        script(named("theme", "theme-auto"), "sun-moon", "theme=auto"),
        script(
            named("density", "density-compact"),
            "rows-4",
            "density=compact",
        ),
        script(
            named("density", "density-comfortable"),
            "rows-3",
            "density=comfortable",
        ),
        post(
            desk.say_of("speak", "name", other.0),
            "languages",
            format!("/settings/language?to={}", other.1),
        ),
        script(desk.say("shortcuts"), "keyboard", "show=keys"),
        script(desk.say("print"), "file-text", "print"),
        post(desk.say("log-out"), "log-out", "/logout".to_owned()),
    ]
}
