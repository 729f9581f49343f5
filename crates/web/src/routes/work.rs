//! `/background`: imports and their undoing, wherever they were begun; a page may be left and the work found again.

use crate::build::desk::Desk;
use crate::build::records::button;
use crate::door::Visit;
use crate::door::answer::Answer;
use crate::pages::work::{JobRow, RunningPage, WorkPage};
use crate::pages::{Empty, Method, Tag};
use guanxi_engine::EngineResult;
use guanxi_engine::import::{self, State, Status};

/// Jobs of the page.
const MOST: u32 = 50;

pub fn show(visit: &Visit) -> EngineResult<Answer> {
    let desk = Desk::new(visit)?;
    let jobs = jobs(&desk)?;
    let empty = jobs.is_empty().then(|| Empty {
        icon: "layers".to_owned(),
        title: desk.say("work-empty"),
        text: desk.say("work-empty-text"),
        actions: vec![button(
            desk.say("import"),
            "file-up",
            "/import".to_owned(),
            Method::Link,
        )],
    });
    Answer::page(visit, &desk.say("work"), &WorkPage { jobs, empty })
}

/// For the line in the corner of every page: only what runs.
pub fn running(visit: &Visit) -> EngineResult<Answer> {
    let desk = Desk::new(visit)?;
    let mut jobs = jobs(&desk)?;
    jobs.retain(|job| job.is_running);
    Answer::page(visit, &desk.say("work"), &RunningPage { jobs })
}

fn jobs(desk: &Desk<'_>) -> EngineResult<Vec<JobRow>> {
    let known = import::list(desk.ctx, MOST)?;
    let begun = known
        .iter()
        .filter(|status| status.state != State::Received && !status.options.dry_run);
    Ok(begun.map(|status| row(desk, status)).collect())
}

fn row(desk: &Desk<'_>, status: &Status) -> JobRow {
    let object = desk.ctx.catalog.object(&status.object);
    let object = object.map_or(String::new(), |object| desk.many(object));
    let at = format!("/import/{}", status.id);
    let is_running = matches!(status.state, State::Running | State::Undoing);
    let mut actions = Vec::new();
    if status.failed > 0 {
        let failed = format!("{at}/failed");
        actions.push(button(
            desk.say("import-failed-file"),
            "download",
            failed,
            Method::Link,
        ));
    }
    JobRow {
        name: status.file_name.clone(),
        what: format!("{} · {object}", desk.say("import")),
        by: desk.ctx.user_name(status.person).to_owned(),
        at: desk.instant(status.created_at),
        state: Tag {
            text: desk.say(&format!("import-state-{}", status.state.name())),
            tone: match status.state {
                State::Done => "jade",
                State::Failed => "rose",
                State::Running | State::Undoing => "sky",
                _ => "",
            }
            .to_owned(),
        },
        is_running,
        // The end of the file is known in bytes, so progress is told in thousandths.
        done: (status.progress() * 1000.0) as u64,
        text: desk.say_n("import-progress", status.rows),
        actions,
        href: at,
    }
}
