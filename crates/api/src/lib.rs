//! REST: what programs see. Every handler reads its request, asks the engine on a blocking thread, and answers.

mod answer;
mod background;
mod batch;
mod body;
mod events;
mod files;
mod health;
mod history;
mod imports;
mod meta;
mod openapi;
mod params;
mod problem;
mod records;
mod run;
mod search;
mod upload;

pub use problem::problem;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{any, delete, get, post};
use guanxi_engine::Engine;
use std::sync::Arc;
use std::time::Instant;

/// What handlers share.
#[derive(Clone)]
pub struct Api {
    pub engine: Engine,
    started: Arc<Instant>,
}

/// Bytes of a request that writes one record.
const MOST_RECORD: usize = 2 << 20;
/// Bytes of a batch of up to 10,000 operations.
const MOST_BATCH: usize = 64 << 20;

/// Bytes of an upload; the engine sets its own, lower limits by what the file is for.
const MOST_FILE: usize = 1 << 30;

/// Every route: method and address. What asks each of them as nobody, and the description of the API, go by this list;
/// a test compares it with the router.
pub const ROUTES: &[(&str, &str)] = &[
    ("GET", "/healthz"),
    ("GET", "/readyz"),
    ("GET", "/metrics"),
    ("GET", "/api/v1/openapi.json"),
    ("GET", "/api/v1/me"),
    ("GET", "/api/v1/meta/objects"),
    ("POST", "/api/v1/meta/objects"),
    ("GET", "/api/v1/meta/objects/{object}"),
    ("PATCH", "/api/v1/meta/objects/{object}"),
    ("DELETE", "/api/v1/meta/objects/{object}"),
    ("POST", "/api/v1/meta/objects/{object}/fields"),
    ("PATCH", "/api/v1/meta/objects/{object}/fields/{field}"),
    ("DELETE", "/api/v1/meta/objects/{object}/fields/{field}"),
    ("GET", "/api/v1/meta/roles"),
    ("GET", "/api/v1/meta/roles/{role}"),
    ("PUT", "/api/v1/meta/roles/{role}"),
    ("GET", "/api/v1/records/{object}"),
    ("POST", "/api/v1/records/{object}"),
    ("POST", "/api/v1/records/{object}/batch"),
    ("GET", "/api/v1/records/{object}/{id}"),
    ("PATCH", "/api/v1/records/{object}/{id}"),
    ("DELETE", "/api/v1/records/{object}/{id}"),
    ("GET", "/api/v1/records/{object}/{id}/history"),
    ("GET", "/api/v1/records/{object}/{id}/timeline"),
    ("GET", "/api/v1/records/{object}/{id}/explanation"),
    ("GET", "/api/v1/records/{object}/{id}/related/{relation}"),
    ("GET", "/api/v1/records/{object}/{id}/files"),
    ("POST", "/api/v1/records/{object}/{id}/{noun}"),
    ("DELETE", "/api/v1/merges/{id}"),
    ("GET", "/api/v1/search"),
    ("GET", "/api/v1/events"),
    ("GET", "/api/v1/imports"),
    ("POST", "/api/v1/imports"),
    ("GET", "/api/v1/imports/{id}"),
    ("GET", "/api/v1/imports/{id}/failed.csv"),
    ("POST", "/api/v1/imports/{id}/undo"),
    ("GET", "/api/v1/jobs"),
    ("POST", "/api/v1/jobs/{id}/retry"),
    ("GET", "/api/v1/outbox"),
    ("POST", "/api/v1/outbox/{id}/replay"),
    ("POST", "/api/v1/files"),
    ("GET", "/api/v1/files/{id}"),
    ("DELETE", "/api/v1/files/{id}"),
];

/// Everything under `/api/v1`, and what stands at the root for programs.
pub fn router(engine: Engine) -> Router {
    let api = Api {
        engine,
        started: Arc::new(Instant::now()),
    };
    Router::new()
        .nest("/api/v1", v1())
        // Else the pages, which share the address, would take these for objects.
        .route("/api", any(problem::no_such_address))
        .route("/api/{*rest}", any(problem::no_such_address))
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz))
        .route("/metrics", get(health::metrics))
        .with_state(api)
}

fn v1() -> Router<Api> {
    Router::new()
        .route("/openapi.json", get(openapi::document))
        .route("/me", get(meta::me))
        .route(
            "/meta/objects",
            get(meta::objects).post(meta::create_object),
        )
        .route(
            "/meta/objects/{object}",
            get(meta::object)
                .patch(meta::update_object)
                .delete(meta::remove_object),
        )
        .route("/meta/objects/{object}/fields", post(meta::create_field))
        .route(
            "/meta/objects/{object}/fields/{field}",
            axum::routing::patch(meta::update_field).delete(meta::remove_field),
        )
        .route("/meta/roles", get(meta::roles))
        .route("/meta/roles/{role}", get(meta::role).put(meta::set_role))
        .route(
            "/records/{object}",
            get(records::list).post(records::create),
        )
        .route(
            "/records/{object}/batch",
            post(batch::run).layer(DefaultBodyLimit::max(MOST_BATCH)),
        )
        .route(
            "/records/{object}/{id}",
            get(records::get)
                .patch(records::update)
                .delete(records::remove),
        )
        .route("/records/{object}/{id}/history", get(history::history))
        .route("/records/{object}/{id}/timeline", get(history::timeline))
        .route(
            "/records/{object}/{id}/explanation",
            get(history::explanation),
        )
        .route(
            "/records/{object}/{id}/related/{relation}",
            get(history::related),
        )
        .route("/records/{object}/{id}/files", get(files::list))
        .route("/records/{object}/{id}/{noun}", post(records::act))
        .route("/merges/{id}", delete(records::unmerge))
        .route("/search", get(search::search))
        .route("/events", get(events::stream))
        .route(
            "/imports",
            get(imports::list)
                .post(imports::create)
                .layer(DefaultBodyLimit::max(MOST_FILE)),
        )
        .route("/imports/{id}", get(imports::get))
        .route("/imports/{id}/failed.csv", get(imports::failed))
        .route("/imports/{id}/undo", post(imports::undo))
        .route("/jobs", get(background::jobs))
        .route("/jobs/{id}/retry", post(background::retry))
        .route("/outbox", get(background::outbox))
        .route("/outbox/{id}/replay", post(background::replay))
        .route(
            "/files",
            post(files::create).layer(DefaultBodyLimit::max(MOST_FILE)),
        )
        .route("/files/{id}", get(files::get).delete(files::remove))
        .fallback(problem::no_such_address)
        .method_not_allowed_fallback(problem::method_not_allowed)
        .layer(DefaultBodyLimit::max(MOST_RECORD))
        .layer(axum::middleware::from_fn(problem::only_text))
}
