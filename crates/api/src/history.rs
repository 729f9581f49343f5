//! What happened with a record, what hangs on it, and why the caller sees it.

use crate::Api;
use crate::answer::Answer;
use crate::params;
use crate::records::{envelope, identity, show};
use crate::run::{Head, run, run_asked};
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::Response;
use guanxi_access::Action;
use guanxi_engine::EngineError;
use guanxi_engine::read::history::Entry;
use guanxi_engine::read::{self, list::DEFAULT_ROWS, timeline as lines};
use guanxi_engine::{Context, record};
use serde_json::{Value as Json, json};

pub async fn history(
    State(api): State<Api>,
    Path((object, id)): Path<(String, String)>,
    head: Head,
) -> Response<Body> {
    run_asked(api, head, move |ctx, head| {
        let (object, id) = (ctx.object(&object)?, identity(&id)?);
        let asked = params::read(&head.query, &["limit", "cursor"])?;
        let limit = params::limit(&asked)?.unwrap_or(DEFAULT_ROWS);
        let cursor = asked.get("cursor").map(String::as_str).unwrap_or_default();
        let (entries, next) = read::history::history(ctx, &object, id, cursor, limit)?;
        let data = entries.iter().map(|entry| show_entry(ctx, entry)).collect();
        Ok(Answer::ok(envelope(data, next, None)))
    })
    .await
}

fn show_entry(ctx: &Context, entry: &Entry) -> Json {
    let changes = entry
        .changes
        .iter()
        .map(|c| json!({"field": c.field, "old": c.old, "new": c.new}));
    json!({
        "version": entry.version,
        "at": record::instant(entry.at),
        "by": ctx.user_json(entry.by),
        "via": entry.via,
        "op": entry.op,
        "changes": changes.collect::<Vec<_>>(),
    })
}

pub async fn timeline(
    State(api): State<Api>,
    Path((object, id)): Path<(String, String)>,
    head: Head,
) -> Response<Body> {
    run_asked(api, head, move |ctx, head| {
        let (object, id) = (ctx.object(&object)?, identity(&id)?);
        let asked = params::read(&head.query, &["limit", "cursor"])?;
        let limit = params::limit(&asked)?.unwrap_or(DEFAULT_ROWS);
        let record = read::get(ctx, &object, id)?;
        let cursor = asked.get("cursor").map(String::as_str).unwrap_or_default();
        let page = lines::timeline(ctx, &record, cursor, limit)?;
        let data = page.entries.iter().map(|entry| {
            let mut json = entry.to_json(ctx, &ctx.grant(&entry.object, Action::Read), None);
            if let Some(members) = json.as_object_mut() {
                members.insert("object".into(), json!(entry.object.name));
                members.insert("at".into(), record::instant(entry.created_at));
            }
            json
        });
        Ok(Answer::ok(envelope(data.collect(), page.next, None)))
    })
    .await
}

pub async fn related(
    State(api): State<Api>,
    Path((object, id, relation)): Path<(String, String, String)>,
    head: Head,
) -> Response<Body> {
    run_asked(api, head, move |ctx, head| {
        let (object, id) = (ctx.object(&object)?, identity(&id)?);
        let mut asked = params::list(&head.query)?;
        let request = std::mem::take(&mut asked.request);
        let (target, page) = lines::related(ctx, &object, id, &relation, request)?;
        let data = show(ctx, &target, &page.records, &asked)?;
        Ok(Answer::ok(envelope(data, page.next, page.count)))
    })
    .await
}

/// Why the caller may see this record.
pub async fn explanation(
    State(api): State<Api>,
    Path((object, id)): Path<(String, String)>,
    head: Head,
) -> Response<Body> {
    run(api, head, move |ctx, _| {
        let (object, id) = (ctx.object(&object)?, identity(&id)?);
        let explained = read::explain(ctx, &object, id)?;
        if !explained.allowed() {
            return Err(EngineError::NotFound);
        }
        let reasons = explained
            .reasons
            .iter()
            .map(|reason| json!({"code": reason.code(), "text": reason.sentence(ctx.lang)}));
        Ok(Answer::ok(json!({"reasons": reasons.collect::<Vec<_>>()})))
    })
    .await
}
