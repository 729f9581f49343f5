//! Every address of the house, in one table: what `guanxi routes` prints and what the test tries as nobody.

mod activity;
mod board;
mod bulk;
mod cell;
mod dialogs;
mod events;
mod files;
mod form;
mod history;
mod home;
mod import;
mod list;
mod login;
mod lookup;
mod merge;
mod noun;
mod people;
mod record;
mod roles;
mod search;
mod settings;
mod views;
mod work;

use crate::door::{Site, on, oops};
use crate::security::SecurityHeaders;
use crate::{RenderError, Renderer, assets};
use axum::Router;
use axum::body::Body;
use axum::extract::{DefaultBodyLimit, RawPathParams, Request, State};
use axum::http::Response;
use axum::routing::MethodRouter;
use guanxi_engine::{Engine, EngineError};
use std::sync::Arc;

/// Bytes of a form with a file: as large as files may be, and a little for the fields.
const MOST_UPLOAD: usize = 101 << 20;
/// Bytes of any other form.
const MOST_FORM: usize = 4 << 20;

/// Declares the addresses once: as a list for people and tests, and as a router.
macro_rules! routes {
    ($($path:literal => $first:ident $first_work:path $(, $method:ident $work:path)*;)+) => {
        /// Methods and path of every page's address; assets and the log-in page are those that need no session.
        pub const ROUTES: &[(&str, &str)] = &[
            ("GET", "/assets/{name}"),
            ("GET POST", "/login"),
            ("GET", "/events/changes"),
            ("POST", "/import"),
            ("POST", "/files"),
            ("POST", "/{object}/{id}/files"),
            $((concat!(stringify!($first) $(, " ", stringify!($method))*), $path)),+
        ];

        fn table() -> Vec<(&'static str, MethodRouter<Site>)> {
            vec![$(($path, on(stringify!($first), $first_work)$(.merge(on(stringify!($method), $work)))*)),+]
        }
    };
}

routes! {
    "/" => GET home::show;
    "/logout" => POST login::leave;
    "/search" => GET search::show;
    "/search/options" => GET lookup::anything;
    "/palette" => GET search::palette;
    "/notices" => GET home::notices;
    "/notices/read" => POST home::read_notices;
    "/background" => GET work::show;
    "/background/running" => GET work::running;
    "/settings" => GET settings::first;
    "/settings/language" => POST settings::language;
    "/settings/profile" => GET settings::profile, POST settings::save_profile;
    "/settings/password" => POST settings::change_password;
    "/settings/access" => GET settings::access;
    "/settings/access/tokens" => POST settings::new_token;
    "/settings/access/tokens/{id}" => POST settings::end_token;
    "/settings/access/sessions/{id}" => POST settings::end_session;
    "/settings/users" => GET people::users;
    "/settings/users/new" => GET people::new_user, POST people::add_user;
    "/settings/users/{id}/password" => GET people::password, POST people::set_password;
    "/settings/users/{id}/disable" => POST people::disable;
    "/settings/users/{id}/enable" => POST people::enable;
    "/settings/departments" => GET people::departments;
    "/settings/departments/new" => GET people::new_department, POST people::add_department;
    "/settings/departments/{id}" => GET people::department, POST people::save_department;
    "/settings/roles" => GET roles::roles, POST roles::save_role;
    "/settings/choices" => GET settings::choices, POST settings::save_choices;
    "/import" => GET import::upload;
    "/import/{id}" => GET import::show, POST import::run;
    "/import/{id}/mapping" => GET import::mapping, POST import::check;
    "/import/{id}/progress" => GET import::progress;
    "/import/{id}/failed" => GET import::failed;
    "/import/{id}/cancel" => POST import::cancel;
    "/import/{id}/undo" => POST import::undo;
    "/files/{id}" => GET files::show;
    "/files/{id}/remove" => POST files::remove;
    "/settings/merges" => GET merge::all;
    "/merges/{id}" => GET merge::outlook;
    "/merges/{id}/undo" => POST merge::undo;
    "/{object}" => GET list::show;
    "/{object}/rows" => GET list::rows;
    "/{object}/count" => GET list::count;
    "/{object}/options" => GET lookup::options;
    "/{object}/export" => GET list::export;
    "/{object}/cards" => GET board::cards;
    "/{object}/card" => GET board::card;
    "/{object}/filter" => GET views::filter;
    "/{object}/filter/check" => GET views::check_filter;
    "/{object}/filter/names" => GET views::filter_names;
    "/{object}/filter/apply" => GET views::apply_filter;
    "/{object}/columns" => GET views::columns, POST views::set_columns;
    "/{object}/views" => GET views::arrange, POST views::keep;
    "/{object}/views/arrange" => POST views::save_arranged;
    "/{object}/views/new" => GET views::new;
    "/{object}/bulk-undo" => POST bulk::undo;
    "/{object}/bulk/{what}" => GET bulk::ask, POST bulk::run;
    "/{object}/new" => GET form::new, POST form::create;
    "/{object}/{id}" => GET record::show;
    "/{object}/{id}/peek" => GET record::peek;
    "/{object}/{id}/edit" => GET form::edit, POST form::save;
    "/{object}/{id}/cell/{field}" => GET cell::ask, PATCH cell::save;
    "/{object}/{id}/why" => GET record::why;
    "/{object}/{id}/history" => GET history::changes;
    "/{object}/{id}/timeline" => GET history::activities;
    "/{object}/{id}/undo" => POST history::undo;
    "/{object}/{id}/activity" => POST activity::write;
    "/{object}/{id}/follow" => POST noun::follow;
    "/{object}/{id}/stage" => POST board::stage;
    "/{object}/{id}/move" => POST board::r#move;
    "/{object}/{id}/merge" => GET merge::ask, POST merge::run;
    "/{object}/{id}/remove" => GET dialogs::ask_removal, POST dialogs::remove;
    "/{object}/{id}/{noun}" => GET noun::ask, POST noun::run;
}

/// All pages of one organisation, with what they are made of.
pub fn router(engine: Engine) -> Result<Router, RenderError> {
    let site = Site {
        engine,
        renderer: Arc::new(Renderer::new()?),
    };
    let mut router = Router::new()
        .route("/login", axum::routing::get(login::show).post(login::enter))
        .route("/events/changes", axum::routing::get(events::stream));
    for (path, methods) in table() {
        let methods = methods.fallback(no_such_method);
        router = router.route(path, methods);
    }
    let files = Router::new()
        .route("/files", on("POST", files::receive))
        .route("/{object}/{id}/files", on("POST", files::add))
        .route("/import", on("POST", import::receive))
        .layer(DefaultBodyLimit::max(MOST_UPLOAD));
    let pages = router
        .layer(DefaultBodyLimit::max(MOST_FORM))
        .merge(files)
        .merge(assets::router());
    Ok(pages
        .fallback(no_such_page)
        .with_state(site)
        .layer(SecurityHeaders))
}

async fn no_such_page(
    State(site): State<Site>,
    params: RawPathParams,
    request: Request,
) -> Response<Body> {
    let head = crate::door::head::Head::read(&request, &params);
    // Whoever is not logged in learns nothing of which addresses there are.
    match head.cookie("gx_session") {
        Some(_) => oops::blunt(&site, &head, &EngineError::NotFound),
        None => oops::log_in_first(&head),
    }
}

async fn no_such_method(
    State(site): State<Site>,
    params: RawPathParams,
    request: Request,
) -> Response<Body> {
    let head = crate::door::head::Head::read(&request, &params);
    let mut response = oops::blunt(&site, &head, &EngineError::NotFound);
    *response.status_mut() = axum::http::StatusCode::METHOD_NOT_ALLOWED;
    response
}
