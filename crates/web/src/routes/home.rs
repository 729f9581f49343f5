//! My day, and what I was told.

use crate::Frame;
use crate::build::desk::Desk;
use crate::build::home;
use crate::door::Visit;
use crate::door::answer::Answer;
use crate::pages::Empty;
use crate::pages::notices::{NoticeRow, NoticesPage};
use guanxi_engine::EngineResult;
use guanxi_engine::notices::{Notice, list, read_all};
use serde_json::Value as Json;

pub fn show(visit: &Visit) -> EngineResult<Answer> {
    let desk = Desk::new(visit)?;
    Answer::page(visit, &desk.say("my-day"), &home::page(&desk)?)
}

/// Notices of one page.
const ROWS: u32 = 50;

pub fn notices(visit: &Visit) -> EngineResult<Answer> {
    let desk = Desk::new(visit)?;
    Answer::page(visit, &desk.say("notices"), &page(visit, &desk)?)
}

pub fn read_notices(visit: &Visit) -> EngineResult<Answer> {
    read_all(&visit.ctx)?;
    let desk = Desk::new(visit)?;
    // The script takes `#main` out of the whole page.
    Answer::framed(
        visit,
        &desk.say("notices"),
        &page(visit, &desk)?,
        Frame::Whole,
    )
}

fn page(visit: &Visit, desk: &Desk<'_>) -> EngineResult<NoticesPage> {
    let (found, next) = list(&visit.ctx, visit.head.query("before").parse().ok(), ROWS)?;
    let notices: Vec<NoticeRow> = found.iter().map(|notice| row(desk, notice)).collect();
    let empty = notices.is_empty().then(|| Empty {
        icon: "bell".to_owned(),
        title: desk.say("notices-empty"),
        text: desk.say("notices-empty-text"),
        actions: Vec::new(),
    });
    Ok(NoticesPage {
        notices,
        next: next.map(|before| format!("/notices?before={before}")),
        read_all: "/notices/read".to_owned(),
        empty,
    })
}

fn row(desk: &Desk<'_>, notice: &Notice) -> NoticeRow {
    NoticeRow {
        icon: match notice.code.as_str() {
            "handover" => "arrow-left-right",
            "shared" => "share-2",
            code if code.starts_with("import") => "file-up",
            _ => "bell",
        }
        .to_owned(),
        text: words(desk, notice),
        detail: notice
            .args
            .get("name")
            .and_then(Json::as_str)
            .unwrap_or_default()
            .to_owned(),
        href: href(notice),
        at: desk.instant(notice.at),
        is_new: notice.read_at.is_none(),
    }
}

/// To the record, or where the notice itself leads on this site.
fn href(notice: &Notice) -> String {
    if let Some((object, id)) = &notice.about {
        return crate::build::desk::href(object, *id);
    }
    let said = notice.args.get("href").and_then(Json::as_str);
    said.map_or("/notices", crate::door::head::local).to_owned()
}

/// The notice's sentence in the reader's language; a code without words of its own says that something happened.
pub fn words(desk: &Desk<'_>, notice: &Notice) -> String {
    let key = format!("notice-{}", notice.code.replace('_', "-"));
    let known = desk.words.keys().contains(&key);
    let text = |name: &str| match notice.args.get(name) {
        Some(Json::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None => String::new(),
    };
    let count = notice
        .args
        .get("count")
        .and_then(Json::as_f64)
        .unwrap_or(1.0);
    let (by, name) = (text("by"), text("name"));
    let arguments = [
        ("by", crate::Argument::Text(&by)),
        ("name", crate::Argument::Text(&name)),
        ("count", crate::Argument::Number(count)),
    ];
    desk.words
        .say(if known { &key } else { "notice-other" }, &arguments)
}
