//! My day. Each part asks what the organisation's catalogue has; what it lacks is left out.

use super::cells::shown;
use super::desk::{Desk, face, query, record_href};
use super::hangs::todo;
use super::slots::slot;
use super::timelines::moment;
use crate::pages::home::{Figure, FollowUp, FunnelStep, HomePage, Step};
use crate::pages::{Lookup, Todo};
use guanxi_access::{Action, Rows};
use guanxi_engine::read::list::{Count, Counting, ListRequest, PATIENCE, Question, count, list};
use guanxi_engine::{EngineError, EngineResult, Record, recent};
use guanxi_meta::Object;
use guanxi_meta::catalog::Outcome;
use guanxi_query::print::quote;
use guanxi_store::StoreExt;
use jiff::ToSpan;
use std::collections::HashMap;
use std::sync::Arc;

/// Lines of one part.
const LINES: u32 = 8;

const OPEN_TASKS: &str = r#"owner = $me and status in ("planned", "in_progress")"#;

pub fn page(desk: &Desk<'_>) -> EngineResult<HomePage> {
    let steps = first_steps(desk)?;
    let tasks = tasks(desk)?;
    let follow_ups = follow_ups(desk)?;
    let (pipeline, total) = pipeline(desk)?;
    let open_tasks = format!("/task?{}", query(&[("view", "mine")]));
    Ok(HomePage {
        greeting: greeting(desk),
        today: today(desk, (tasks.len(), follow_ups.len())),
        figures: figures(desk)?,
        tasks,
        tasks_href: open_tasks,
        new_task_href: "/task/new?_back=/".to_owned(),
        follow_ups,
        follow_ups_href: "/customer?view=follow_up".to_owned(),
        birthdays: birthdays(desk)?,
        pipeline,
        pipeline_total: total,
        pipeline_href: "/opportunity?view=board".to_owned(),
        recent: recent(desk)?,
        first_steps: steps,
    })
}

fn greeting(desk: &Desk<'_>) -> String {
    let hour = desk.ctx.now.to_zoned(desk.ctx.zone.clone()).hour();
    let key = match hour {
        5..11 => "greet-morning",
        11..13 => "greet-noon",
        13..18 => "greet-afternoon",
        _ => "greet-evening",
    };
    desk.say_of(
        key,
        "name",
        desk.ctx.person().map_or("", |person| person.name.as_str()),
    )
}

fn today(desk: &Desk<'_>, (tasks, waiting): (usize, usize)) -> String {
    let day = desk
        .speaker
        .date(desk.ctx.now.to_zoned(desk.ctx.zone.clone()).date())
        .title;
    let tasks = desk.say_n("today-tasks", tasks as u64);
    let waiting = desk.say_n("today-waiting", waiting as u64);
    format!("{day} · {tasks} · {waiting}")
}

/// The object, if the reader may read it and it has all these fields.
fn object(desk: &Desk<'_>, name: &str, fields: &[&str]) -> Option<Arc<Object>> {
    let object = desk.ctx.object(name).ok()?;
    let has = |field: &&str| {
        matches!(*field, "owner" | "created_at") || slot(desk, &object, field).is_some()
    };
    fields.iter().all(has).then_some(object)
}

fn records(
    desk: &Desk<'_>,
    object: &Arc<Object>,
    filter: &str,
    sort: &str,
) -> EngineResult<Vec<Record>> {
    let request = ListRequest {
        filter: filter.to_owned(),
        sort: sort.to_owned(),
        limit: Some(LINES),
        ..ListRequest::default()
    };
    Ok(list(desk.ctx, object, &request)?.records)
}

/// Counted to 1,000; a question that no index serves in time is left out rather than keeping the page.
fn counted(desk: &Desk<'_>, object: &Arc<Object>, filter: &str) -> EngineResult<Option<String>> {
    let request = ListRequest {
        filter: filter.to_owned(),
        count: Counting::Estimate,
        ..ListRequest::default()
    };
    match count(desk.ctx, object, &request) {
        Ok(Count { value, exact }) => Ok(Some(format!("{value}{}", if exact { "" } else { "+" }))),
        Err(EngineError::BadRequest(fault)) if fault.code == "too_slow" => Ok(None),
        Err(error) => Err(error),
    }
}

fn tasks(desk: &Desk<'_>) -> EngineResult<Vec<Todo>> {
    let Some(task) = object(desk, "task", &["status", "due_at"]) else {
        return Ok(Vec::new());
    };
    let found = records(
        desk,
        &task,
        &format!("{OPEN_TASKS} and due_at < today() + 8d"),
        "due_at",
    )?;
    desk.learn(found.iter().map(|task| ("customer", task.get("customer"))))?;
    Ok(found.iter().map(|task| todo(desk, task)).collect())
}

fn follow_ups(desk: &Desk<'_>) -> EngineResult<Vec<FollowUp>> {
    let mut all = Vec::new();
    for name in ["customer", "lead"] {
        let Some(object) = object(desk, name, &["follow_up_on"]) else {
            continue;
        };
        for record in records(
            desk,
            &object,
            "owner = $me and follow_up_on < today() + 1d",
            "follow_up_on",
        )? {
            all.push(follow_up(desk, &record, "follow_up_on"));
        }
    }
    all.truncate(LINES as usize);
    Ok(all)
}

fn follow_up(desk: &Desk<'_>, record: &Record, field: &str) -> FollowUp {
    let href = record_href(record);
    let at = moment(desk, record.get(field)).unwrap_or_default();
    let last = moment(desk, record.get("last_contact_at"));
    let why = match last {
        Some(last) => desk.say_of("last-contact", "when", &last.text),
        None => desk.say("never-contacted"),
    };
    FollowUp {
        face: face(&record.title(), record.id),
        name: record.title(),
        peek: format!("{href}/peek"),
        href,
        why: format!("{} · {why}", at.text),
        tone: if at.past { "rose" } else { "gold" }.to_owned(),
        at,
    }
}

fn birthdays(desk: &Desk<'_>) -> EngineResult<Vec<FollowUp>> {
    let date = desk.ctx.now.to_zoned(desk.ctx.zone.clone()).date();
    let filter = format!(
        "birthday_month_day = {}",
        i32::from(date.month()) * 100 + i32::from(date.day())
    );
    let mut all = Vec::new();
    for name in ["contact", "customer"] {
        let Some(object) = object(desk, name, &["birthday", "birthday_month_day"]) else {
            continue;
        };
        let own = if sees_only_own(desk, &object) {
            filter.clone()
        } else {
            format!("{filter} and owner = $me")
        };
        // Whoever may not read names gets no order by them either.
        let named = slot(desk, &object, &object.title().name).is_some();
        let sort = if named { "name" } else { "" };
        for record in records(desk, &object, &own, sort)? {
            let at = desk.speaker.date(date);
            let customer = record.get("customer").id();
            desk.learn([("customer", record.get("customer"))])?;
            let of = customer
                .map(|id| desk.lookup("customer", id).label)
                .unwrap_or_else(|| desk.one(&object));
            all.push(FollowUp {
                why: of,
                at,
                tone: "gold".to_owned(),
                ..follow_up(desk, &record, "birthday")
            });
        }
    }
    all.truncate(LINES as usize);
    Ok(all)
}

/// Whether nobody else's rows are within the reader's scope.
fn sees_only_own(desk: &Desk<'_>, object: &Arc<Object>) -> bool {
    match &desk.ctx.grant(object, Action::Read).rows {
        Rows::Some { departments, .. } => departments.is_empty(),
        _ => false,
    }
}

/// Whose deals the pipeline shows: the own ones, for who leads others those of all whom the role reaches.
fn whose(desk: &Desk<'_>, deal: &Arc<Object>) -> &'static str {
    if sees_only_own(desk, deal) {
        "owner = $me and "
    } else {
        ""
    }
}

type Totals = HashMap<String, (i64, i64)>;

/// Count and sum of open deals by stage.
fn totals(desk: &Desk<'_>, deal: &Arc<Object>, filter: &str) -> EngineResult<Totals> {
    let ctx = desk.ctx;
    let request = ListRequest {
        filter: filter.to_owned(),
        ..ListRequest::default()
    };
    let question = Question::new(ctx, deal, &request)?;
    let column = deal
        .field("stage")
        .map(|field| field.column.clone())
        .unwrap_or_default();
    let sums: Vec<String> = deal
        .field("amount")
        .map(|field| field.column.clone())
        .into_iter()
        .collect();
    let rows = ctx
        .engine
        .store()
        .look_within(PATIENCE, |view| question.totals(view, &column, &sums))?;
    let int = |row: &guanxi_store::Row, at: usize| {
        row.cells
            .get(at)
            .and_then(guanxi_meta::Cell::int)
            .unwrap_or(0)
    };
    Ok(rows
        .iter()
        .filter_map(|row| Some((row.cells[0].text()?.to_owned(), (int(row, 1), int(row, 2)))))
        .collect())
}

/// Money at rest is scaled by 10,000.
fn money(desk: &Desk<'_>, scaled: i64) -> String {
    desk.speaker.money(
        &(scaled / 10_000).to_string(),
        &desk.ctx.engine.settings().currency,
    )
}

fn pipeline(desk: &Desk<'_>) -> EngineResult<(Vec<FunnelStep>, String)> {
    let Some(deal) = object(desk, "opportunity", &["stage", "amount", "closed_at"]) else {
        return Ok((Vec::new(), String::new()));
    };
    let whose = whose(desk, &deal);
    let totals = totals(desk, &deal, &format!("{whose}closed_at is null"))?;
    let most = totals
        .values()
        .map(|(_, sum)| *sum)
        .max()
        .unwrap_or(0)
        .max(1);
    let mut steps = Vec::new();
    for stage in deal
        .pipelines
        .iter()
        .flat_map(|pipeline| &pipeline.stages)
        .filter(|stage| stage.outcome == Outcome::Open)
    {
        let Some((count, sum)) = totals.get(&stage.name) else {
            continue;
        };
        let filter = format!(
            "{whose}closed_at is null and stage = {}",
            quote(&stage.name)
        );
        steps.push(FunnelStep {
            label: desk.label(&stage.label, &stage.name),
            count: count.to_string(),
            sum: money(desk, *sum),
            share: u32::try_from((sum * 100 / most).clamp(0, 100)).unwrap_or(0),
            href: format!(
                "/opportunity?{}",
                query(&[("as", "table"), ("filter", &filter)])
            ),
        });
    }
    let total: i64 = totals.values().map(|(_, sum)| sum).sum();
    Ok((steps, money(desk, total)))
}

fn figures(desk: &Desk<'_>) -> EngineResult<Vec<Figure>> {
    let mut figures = Vec::new();
    if let Some(deal) = object(desk, "opportunity", &["stage", "amount", "closed_at"]) {
        figures.extend(deal_figures(desk, &deal)?);
    }
    let asked = [
        (
            "customer",
            "last_contact_at",
            "figure-silent",
            "clock",
            "owner = $me and (last_contact_at is null or last_contact_at < today() - 30d)",
        ),
        (
            "task",
            "due_at",
            "figure-overdue",
            "triangle-alert",
            r#"owner = $me and status in ("planned", "in_progress") and due_at < now()"#,
        ),
    ];
    for (name, field, key, icon, filter) in asked {
        let Some(object) = object(desk, name, &[field]) else {
            continue;
        };
        if let Some(value) = counted(desk, &object, filter)? {
            figures.push(figure(
                desk,
                key,
                icon,
                (value, desk.say(&format!("{key}-text"))),
                (name, filter),
            ));
        }
    }
    Ok(figures)
}

fn deal_figures(desk: &Desk<'_>, deal: &Arc<Object>) -> EngineResult<Vec<Figure>> {
    let whose = whose(desk, deal);
    let today = desk.ctx.now.to_zoned(desk.ctx.zone.clone()).date();
    let months = i64::from((today.month() - 1) % 3);
    let quarter = today
        .first_of_month()
        .checked_sub(months.months())
        .unwrap_or(today);
    let won = format!("{whose}stage = \"won\" and closed_at >= \"{quarter}\"");
    let open = format!("{whose}closed_at is null");
    let sum = |totals: &Totals| {
        totals
            .values()
            .fold((0, 0), |(n, all), (count, sum)| (n + count, all + sum))
    };
    let (won_count, won_sum) = sum(&totals(desk, deal, &won)?);
    let (open_count, open_sum) = sum(&totals(desk, deal, &open)?);
    let deals = |n: i64| desk.say_n("deals-n", n.unsigned_abs());
    Ok(vec![
        figure(
            desk,
            "figure-won",
            "trophy",
            (money(desk, won_sum), deals(won_count)),
            ("opportunity", &won),
        ),
        figure(
            desk,
            "figure-open",
            "target",
            (open_count.to_string(), money(desk, open_sum)),
            ("opportunity", &open),
        ),
    ])
}

fn figure(
    desk: &Desk<'_>,
    key: &str,
    icon: &str,
    (value, than): (String, String),
    (object, filter): (&str, &str),
) -> Figure {
    Figure {
        label: desk.say(key),
        icon: icon.to_owned(),
        value,
        than,
        trend: String::new(),
        href: format!(
            "/{object}?{}",
            query(&[("as", "table"), ("filter", filter)])
        ),
    }
}

fn recent(desk: &Desk<'_>) -> EngineResult<Vec<Lookup>> {
    let found = recent::list(desk.ctx, LINES as usize)?;
    let lookup = |record: &Record| Lookup {
        id: record.id.to_string(),
        label: format!("{} · {}", record.title(), shown_object(desk, record)),
        href: record_href(record),
    };
    Ok(found.iter().map(lookup).collect())
}

fn shown_object(desk: &Desk<'_>, record: &Record) -> String {
    match slot(desk, &record.object, "stage") {
        Some(stage) => shown(desk, &stage, &stage.value(desk.ctx, record)).text,
        None => desk.one(&record.object),
    }
}

/// For who may make such things and sees none of them yet; none once there is one of each.
fn first_steps(desk: &Desk<'_>) -> EngineResult<Vec<Step>> {
    let mut steps = Vec::new();
    for (name, key) in [
        ("customer", "step-customer"),
        ("opportunity", "step-deal"),
        ("task", "step-task"),
    ] {
        let Ok(object) = desk.ctx.object(name) else {
            continue;
        };
        if desk.ctx.grant(&object, Action::Create).is_empty() {
            return Ok(Vec::new());
        }
        let one = ListRequest {
            limit: Some(1),
            ..ListRequest::default()
        };
        steps.push(Step {
            label: desk.say(key),
            text: desk.say(&format!("{key}-text")),
            href: format!("/{name}/new?_back=/"),
            done: !list(desk.ctx, &object, &one)?.records.is_empty(),
        });
    }
    Ok(if steps.iter().all(|step| step.done) {
        Vec::new()
    } else {
        steps
    })
}
