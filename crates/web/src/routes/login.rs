//! Coming in and going out.

use crate::Frame;
use crate::build::desk::face;
use crate::build::shell;
use crate::door::answer::Answer;
use crate::door::cookies;
use crate::door::form::Form;
use crate::door::head::{Head, local};
use crate::door::{Site, Visit, oops, token};
use crate::pages::login::{DemoLogin, LoginPage};
use axum::body::Body;
use axum::extract::{RawPathParams, Request, State};
use axum::http::{Response, StatusCode};
use guanxi_engine::accounts::{password, session};
use guanxi_engine::{Context, EngineError, EngineResult, settings};
use guanxi_meta::Lang;
use serde_json::Value as Json;

/// Seconds; as long as the engine's sessions.
const SESSION_AGE: i64 = 30 * 24 * 3600;
/// Seconds in which the form of the log-in page is good.
const FORM_AGE: i64 = 24 * 3600;
/// The setting in which a demonstration keeps its log-ins: `[{email, password, name, role}]`.
const DEMO: &str = "demo:logins";

pub async fn show(
    State(site): State<Site>,
    params: RawPathParams,
    request: Request,
) -> Response<Body> {
    let head = Head::read(&request, &params);
    blocking(site, head, |site, head| {
        let next = local(head.query("next")).to_owned();
        if head
            .cookie("gx_session")
            .is_some_and(|secret| session::resume(&site.engine, secret, "web").is_ok())
        {
            return Ok(redirect(&next));
        }
        page(
            site,
            head,
            LoginPage {
                next,
                ..LoginPage::default()
            },
        )
        .map(|answer| kept_language(answer, head))
    })
    .await
}

pub async fn enter(
    State(site): State<Site>,
    params: RawPathParams,
    request: Request,
) -> Response<Body> {
    let head = Head::read(&request, &params);
    match Form::from_request(request, &site).await {
        Ok(form) => blocking(site, head, move |site, head| log_in(site, head, &form)).await,
        Err(error) => oops::blunt(&site, &head, &error),
    }
}

async fn blocking(
    site: Site,
    head: Head,
    work: impl FnOnce(&Site, &Head) -> EngineResult<Answer> + Send + 'static,
) -> Response<Body> {
    let (there, asked) = (site.clone(), head.clone());
    let done = tokio::task::spawn_blocking(move || work(&there, &asked)).await;
    match done {
        Ok(Ok(answer)) => answer.into_response(),
        Ok(Err(error)) => oops::blunt(&site, &head, &error),
        Err(panic) => oops::blunt(&site, &head, &EngineError::Broken(panic.to_string())),
    }
}

fn log_in(site: &Site, head: &Head, form: &Form) -> EngineResult<Answer> {
    let (email, next) = (
        form.text("email").trim(),
        local(form.text("next")).to_owned(),
    );
    let again = LoginPage {
        email: email.to_owned(),
        next: next.clone(),
        ..LoginPage::default()
    };
    let wanted = head.cookie("gx_login").map(token::of);
    if !wanted.is_some_and(|wanted| token::is_meant(head, form.get("_csrf"), &wanted)) {
        // A page that lay open for too long: a new one, with a new token, loses nothing but a click.
        return Ok(page(
            site,
            head,
            LoginPage {
                error: Some(say(site, head, "login-again")),
                ..again
            },
        )?
        .status(StatusCode::FORBIDDEN));
    }
    let ctx = site.engine.system("web")?;
    match password::verify(&ctx, email, form.text("password"), &head.address) {
        Ok(person) => {
            let secret = session::start(&ctx, person, &head.agent, &head.address)?;
            let own = head.is_secure;
            let answer =
                redirect(&next).cookie(cookies::set("gx_session", &secret, SESSION_AGE, own));
            Ok(answer.cookie(cookies::set("gx_login", "", 0, own)))
        }
        Err(EngineError::Unauthorized) => {
            let error = Some(say(site, head, "login-wrong"));
            Ok(page(site, head, LoginPage { error, ..again })?
                .status(StatusCode::UNPROCESSABLE_ENTITY))
        }
        Err(error @ EngineError::TooMany { retry_after_s }) => {
            let said = say_n(site, head, "login-wait", retry_after_s);
            let answer = page(
                site,
                head,
                LoginPage {
                    error: Some(said),
                    ..again
                },
            )?;
            let (status, _) = oops::said(&error, Lang::En);
            Ok(answer
                .status(status)
                .with(axum::http::header::RETRY_AFTER, &retry_after_s.to_string()))
        }
        Err(error) => Err(error),
    }
}

fn redirect(path: &str) -> Answer {
    Answer::body(Body::empty(), "text/plain")
        .status(StatusCode::SEE_OTHER)
        .with(axum::http::header::LOCATION, path)
}

/// The page with a token of its own, kept in a cookie until the form comes back.
fn page(site: &Site, head: &Head, page: LoginPage) -> EngineResult<Answer> {
    let lang = head.lang.unwrap_or_default();
    let secret = match head.cookie("gx_login") {
        Some(secret) => secret.to_owned(),
        None => format!(
            "{}{}",
            site.engine.ids().next().simple(),
            site.engine.ids().next().simple()
        ),
    };
    let title = say(site, head, "log-in");
    let frame = crate::pages::Shell {
        csrf: token::of(&secret),
        ..shell::nobody(site, head, &title)
    };
    let page = LoginPage {
        demo: demo(&site.engine.system("web")?, lang)?,
        ..page
    };
    let html = site
        .renderer
        .page(&frame, &page, Frame::Whole)
        .map_err(|error| EngineError::Broken(error.to_string()))?;
    Ok(Answer::html(html).cookie(cookies::set("gx_login", &secret, FORM_AGE, head.is_secure)))
}

fn kept_language(answer: Answer, head: &Head) -> Answer {
    match Lang::parse(head.query("language")) {
        Some(lang) => answer.cookie(language_cookie(lang, head)),
        None => answer,
    }
}

pub fn language_cookie(lang: Lang, head: &Head) -> axum::http::HeaderValue {
    cookies::set("gx_lang", lang.code(), 365 * 24 * 3600, head.is_secure)
}

/// The log-ins that a demonstration offers; an installation in earnest has none.
fn demo(ctx: &Context, lang: Lang) -> EngineResult<Vec<DemoLogin>> {
    let Some(text) = settings::get(ctx, DEMO)? else {
        return Ok(Vec::new());
    };
    let list: Vec<Json> = serde_json::from_str(&text).unwrap_or_default();
    let login = |one: &Json| {
        let text = |name: &str| one.get(name).and_then(Json::as_str).map(str::to_owned);
        let role = text("role")?;
        let label = ctx
            .catalog
            .roles
            .get(&role)
            .map(|known| known.label.get(lang, &role).to_owned());
        let (name, email) = (text("name")?, text("email")?);
        Some(DemoLogin {
            face: face(
                &name,
                guanxi_engine::accounts::by_email(ctx, &email)
                    .and_then(|seq| ctx.directory.user(seq))
                    .map(|user| user.id)
                    .unwrap_or_default(),
            ),
            name,
            role: label.unwrap_or(role),
            email,
            password: text("password")?,
        })
    };
    Ok(list.iter().filter_map(login).collect())
}

fn say(site: &Site, head: &Head, key: &str) -> String {
    let lang = head.lang.unwrap_or_default();
    site.renderer
        .words(lang.code())
        .map(|words| words.say(key, &[]))
        .unwrap_or_default()
}

fn say_n(site: &Site, head: &Head, key: &str, n: u64) -> String {
    let lang = head.lang.unwrap_or_default();
    let n = crate::Argument::Number(n as f64);
    site.renderer
        .words(lang.code())
        .map(|words| words.say(key, &[("n", n)]))
        .unwrap_or_default()
}

pub fn leave(visit: &Visit) -> EngineResult<Answer> {
    session::end(&visit.site.engine, &visit.session)?;
    Ok(
        Answer::see(visit, "/login").cookie(cookies::set(
            "gx_session",
            "",
            0,
            visit.head.is_secure,
        )),
    )
}
