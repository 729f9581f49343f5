//! Search across everything that the caller may see.

use crate::Api;
use crate::answer::Answer;
use crate::params;
use crate::records::envelope;
use crate::run::{Head, run_asked};
use axum::body::Body;
use axum::extract::State;
use axum::http::Response;
use guanxi_access::Action;
use guanxi_engine::search::{Hit, search as find};
use guanxi_engine::{Context, EngineError};
use serde_json::{Value as Json, json};

/// Hits of one answer when the caller asks no other number.
const ROWS: u32 = 20;

pub async fn search(State(api): State<Api>, head: Head) -> Response<Body> {
    run_asked(api, head, move |ctx, head| {
        let asked = params::read(&head.query, &["q", "object", "limit"])?;
        let q = asked
            .get("q")
            .ok_or_else(|| EngineError::field("q", "required"))?;
        let object = match asked.get("object").filter(|name| !name.is_empty()) {
            Some(name) => Some(ctx.object(name)?),
            None => None,
        };
        let limit = params::limit(&asked)?.unwrap_or(ROWS) as usize;
        let hits = find(ctx, q, object.as_ref(), limit)?;
        Ok(Answer::ok(envelope(
            hits.iter().map(|hit| entry(ctx, hit)).collect(),
            None,
            None,
        )))
    })
    .await
}

/// The name of a record only for whoever may read the field that holds it.
fn entry(ctx: &Context, hit: &Hit) -> Json {
    let object = &hit.record.object;
    let named = ctx.grant(object, Action::Read).may_read(object.title);
    json!({
        "object": hit.record.object.name,
        "id": hit.record.id,
        "name": named.then(|| hit.record.title()),
        "reason": {"field": hit.field, "text": hit.text},
    })
}
