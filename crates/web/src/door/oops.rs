//! The one place where errors become answers: a page for people, problem details for scripts. Causes go to the log.

use super::answer::Answer;
use super::head::Head;
use super::{Site, Visit};
use crate::Frame;
use crate::build::shell;
use crate::pages::Shell;
use crate::pages::error::ErrorPage;
use axum::body::Body;
use axum::http::{Response, StatusCode, header};
use guanxi_engine::EngineError;
use guanxi_meta::Lang;
use guanxi_meta::fault::{FieldError, message};
use guanxi_store::StoreError;
use serde_json::json;

/// The answer to somebody who is logged in.
pub fn respond(visit: &Visit, error: &EngineError) -> Response<Body> {
    let request = note(&visit.site, error);
    let (status, detail) = said(error, visit.ctx.lang);
    if visit.head.is_fragment {
        return problem(status, &detail, error);
    }
    let page = ErrorPage {
        status: status.as_u16(),
        detail: own_words(error, detail),
        request,
    };
    let shell = shell::whole(visit, "").unwrap_or_else(|_| shell::bare(visit, ""));
    let title = status.as_u16().to_string();
    page_or_text(
        &visit.site,
        Shell { title, ..shell },
        (status, &page),
        error,
    )
}

/// The answer where nobody is known: the caller has no session, or the body can't be read.
pub fn blunt(site: &Site, head: &Head, error: &EngineError) -> Response<Body> {
    let request = note(site, error);
    let lang = head.lang.unwrap_or_default();
    let (status, detail) = said(error, lang);
    if head.is_fragment {
        return problem(status, &detail, error);
    }
    let page = ErrorPage {
        status: status.as_u16(),
        detail: own_words(error, detail),
        request,
    };
    let shell = shell::nobody(site, head, status.as_str());
    page_or_text(site, shell, (status, &page), error)
}

/// To the log-in page, and back afterwards; a script is told so.
pub fn log_in_first(head: &Head) -> Response<Body> {
    if head.is_fragment || !head.is_safe() {
        return problem(StatusCode::UNAUTHORIZED, "", &EngineError::Unauthorized);
    }
    let next: String = serde_urlencoded::to_string([("next", &head.path)]).unwrap_or_default();
    let to = if head.path == "/" {
        "/login".to_owned()
    } else {
        format!("/login?{next}")
    };
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SEE_OTHER;
    if let Ok(value) = to.parse() {
        response.headers_mut().insert(header::LOCATION, value);
    }
    response
}

/// Status and the sentence that a person reads.
pub fn said(error: &EngineError, lang: Lang) -> (StatusCode, String) {
    let say = |code: &str| message_of(lang, code);
    match error {
        EngineError::NotFound => (StatusCode::NOT_FOUND, say("not_found")),
        EngineError::Unauthorized => (StatusCode::UNAUTHORIZED, say("unauthorized")),
        EngineError::Forbidden(_) => (StatusCode::FORBIDDEN, say("forbidden")),
        EngineError::BadRequest(fault) => (StatusCode::BAD_REQUEST, fault.message(lang)),
        EngineError::Query(query) => (StatusCode::BAD_REQUEST, query.message(lang)),
        EngineError::Invalid(errors) => (StatusCode::UNPROCESSABLE_ENTITY, sentences(errors, lang)),
        EngineError::Stale(_) => (StatusCode::PRECONDITION_FAILED, say("stale")),
        EngineError::Taken(fault, errors) if errors.is_empty() => {
            (StatusCode::CONFLICT, fault.message(lang))
        }
        EngineError::Taken(_, errors) => (StatusCode::CONFLICT, sentences(errors, lang)),
        EngineError::TooMany { .. } => (StatusCode::TOO_MANY_REQUESTS, say("too_many")),
        EngineError::TooLarge(fault) => (StatusCode::PAYLOAD_TOO_LARGE, fault.message(lang)),
        EngineError::Store(StoreError::Full) => (StatusCode::INSUFFICIENT_STORAGE, say("full")),
        EngineError::Outdated
        | EngineError::Store(StoreError::Conflict | StoreError::Unavailable(_)) => {
            (StatusCode::SERVICE_UNAVAILABLE, say("unavailable"))
        }
        EngineError::Store(StoreError::TooSlow) => {
            (StatusCode::BAD_REQUEST, message(lang, "too_slow", &[]))
        }
        EngineError::Store(_) | EngineError::Broken(_) => {
            (StatusCode::INTERNAL_SERVER_ERROR, say("internal"))
        }
    }
}

fn message_of(lang: Lang, code: &str) -> String {
    message(lang, &format!("problem.{code}.detail"), &[])
}

fn sentences(errors: &[FieldError], lang: Lang) -> String {
    errors
        .iter()
        .map(|error| error.fault.message(lang))
        .collect::<Vec<_>>()
        .join(" ")
}

/// Where the page has words of its own for the status, those are kinder than the API's.
fn own_words(error: &EngineError, detail: String) -> String {
    match error {
        EngineError::BadRequest(_)
        | EngineError::Query(_)
        | EngineError::Invalid(_)
        | EngineError::Taken(..) => detail,
        EngineError::Store(StoreError::TooSlow) | EngineError::TooLarge(_) => detail,
        _ => String::new(),
    }
}

/// Defects go to the log under a number that the page names too.
fn note(site: &Site, error: &EngineError) -> String {
    if !matches!(error, EngineError::Broken(_) | EngineError::Store(_)) {
        return String::new();
    }
    let request = site.engine.ids().next().simple().to_string();
    tracing::error!(%error, request, "a page failed");
    request
}

/// A script reads `detail`; for htmx nothing of it is swapped in.
fn problem(status: StatusCode, detail: &str, error: &EngineError) -> Response<Body> {
    // Statuses whose body htmx swaps in mean a form; a problem that is no form must not land in the page.
    let swapped = matches!(status.as_u16(), 409 | 412 | 422);
    let status = if swapped {
        StatusCode::BAD_REQUEST
    } else {
        status
    };
    let body =
        json!({ "type": "about:blank", "status": status.as_u16(), "detail": detail }).to_string();
    let answer = Answer::body(Body::from(body), "application/problem+json").status(status);
    retry(answer, error).into_response()
}

fn page_or_text(
    site: &Site,
    shell: Shell,
    (status, page): (StatusCode, &ErrorPage),
    error: &EngineError,
) -> Response<Body> {
    let answer = match site.renderer.page(&shell, page, Frame::Whole) {
        Ok(html) => Answer::html(html),
        Err(failure) => {
            tracing::error!(%failure, "not even the error page");
            Answer::body(Body::from(page.detail.clone()), "text/plain; charset=utf-8")
        }
    };
    retry(answer.status(status), error).into_response()
}

fn retry(answer: Answer, error: &EngineError) -> Answer {
    match error {
        EngineError::TooMany { retry_after_s } => {
            answer.with(header::RETRY_AFTER, &retry_after_s.to_string())
        }
        EngineError::Outdated
        | EngineError::Store(StoreError::Conflict | StoreError::Unavailable(_)) => {
            answer.with(header::RETRY_AFTER, "1")
        }
        _ => answer,
    }
}
