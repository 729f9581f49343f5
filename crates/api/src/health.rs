//! For whoever runs the program: alive, ready, and in figures.

use crate::Api;
use crate::answer::{Answer, respond};
use crate::run::{Head, run};
use axum::Extension;
use axum::body::Body;
use axum::extract::{ConnectInfo, State};
use axum::http::{Response, StatusCode};
use guanxi_engine::EngineError;
use serde_json::json;
use std::net::SocketAddr;

pub async fn healthz() -> Response<Body> {
    Answer::ok(json!({"status": "alive"})).into_response()
}

/// 200 when requests work: the database answers.
pub async fn readyz(State(api): State<Api>) -> Response<Body> {
    let looked = tokio::task::spawn_blocking(move || api.engine.refresh()).await;
    match looked {
        Ok(Ok(())) => Answer::ok(json!({"status": "ready"})).into_response(),
        _ => {
            let body = json!({"status": "unavailable"}).to_string();
            respond(
                StatusCode::SERVICE_UNAVAILABLE,
                body,
                "application/json",
                [],
            )
        }
    }
}

/// Prometheus text, for this machine or whoever administers.
pub async fn metrics(
    State(api): State<Api>,
    from: Option<Extension<ConnectInfo<SocketAddr>>>,
    head: Head,
) -> Response<Body> {
    let local = from.is_some_and(|Extension(ConnectInfo(address))| address.ip().is_loopback());
    if local {
        let text = tokio::task::spawn_blocking(move || figures(&api))
            .await
            .unwrap_or_default();
        return respond(
            StatusCode::OK,
            text,
            "text/plain; version=0.0.4; charset=utf-8",
            [],
        );
    }
    let shown = api.clone();
    let allowed = run(api, head, |ctx, _| {
        ctx.administer()?;
        Ok(Answer::nothing())
    })
    .await;
    if allowed.status() != StatusCode::NO_CONTENT {
        return allowed;
    }
    let text = tokio::task::spawn_blocking(move || figures(&shown))
        .await
        .unwrap_or_default();
    respond(
        StatusCode::OK,
        text,
        "text/plain; version=0.0.4; charset=utf-8",
        [],
    )
}

fn figures(api: &Api) -> String {
    let store = api.engine.store();
    let number = |value: Result<i64, EngineError>| value.unwrap_or(-1);
    let head = number(store.log_head().map_err(EngineError::from));
    let indexed = number(store.indexed_to().map_err(EngineError::from));
    let size = store.size().unwrap_or(0);
    let lines = [
        (
            "guanxi_uptime_seconds",
            "gauge",
            "Seconds since this process started.",
            api.started.elapsed().as_secs() as i64,
        ),
        (
            "guanxi_log_position",
            "counter",
            "Highest position of the change log.",
            head,
        ),
        (
            "guanxi_search_position",
            "counter",
            "Position that the search index has reached.",
            indexed,
        ),
        (
            "guanxi_database_bytes",
            "gauge",
            "Bytes of the database on disk.",
            size as i64,
        ),
        (
            "guanxi_catalogue_version",
            "gauge",
            "Version of the declarations.",
            api.engine.catalog().version,
        ),
    ];
    let mut text = String::new();
    for (name, kind, help, value) in lines {
        text.push_str(&format!(
            "# HELP {name} {help}\n# TYPE {name} {kind}\n{name} {value}\n"
        ));
    }
    text
}
