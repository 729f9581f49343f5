//! From a request to the engine and back: who calls, on a blocking thread, once per key.

use crate::Api;
use crate::answer::{Answer, respond};
use crate::params;
use crate::problem::respond_problem;
use axum::body::Body;
use axum::extract::{FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, Response, StatusCode, Uri, header};
use guanxi_engine::accounts::token;
use guanxi_engine::idempotency::{self, Claim, Done};
use guanxi_engine::{Context, EngineError, EngineResult};
use guanxi_meta::Lang;
use guanxi_meta::fault::Fault;
use std::convert::Infallible;

/// Records begin at version 1.
const NO_VERSION: i64 = -1;

/// What of a request's head matters to every handler.
#[derive(Debug, Clone)]
pub struct Head {
    token: Option<String>,
    lang: Option<Lang>,
    idempotency: Option<String>,
    pub if_match: Option<String>,
    /// Method and path with query: part of what an Idempotency-Key stands for.
    what: String,
    pub query: String,
}

impl<S: Sync> FromRequestParts<S> for Head {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Head, Infallible> {
        Ok(Head::read(&parts.method, &parts.uri, &parts.headers))
    }
}

impl Head {
    pub fn of(request: &Request) -> Head {
        Head::read(request.method(), request.uri(), request.headers())
    }

    fn read(method: &Method, uri: &Uri, headers: &HeaderMap) -> Head {
        let text = |name: &str| {
            headers
                .get(name)
                .and_then(|value| value.to_str().ok())
                .map(str::to_owned)
        };
        // A key that is no text is a bad one, not none: the caller counts on it.
        let key = headers
            .get("idempotency-key")
            .map(|key| key.to_str().unwrap_or_default().to_owned());
        let token = text(header::AUTHORIZATION.as_str()).and_then(|value| bearer(&value));
        Head {
            token,
            lang: language(headers),
            idempotency: (*method == Method::POST).then_some(key).flatten(),
            if_match: text(header::IF_MATCH.as_str()),
            what: format!("{method} {uri}"),
            query: uri.query().unwrap_or_default().to_owned(),
        }
    }
}

fn bearer(value: &str) -> Option<String> {
    let (scheme, token) = value.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then(|| token.trim().to_owned())
}

/// The first language of the request that the product speaks.
pub fn language(headers: &HeaderMap) -> Option<Lang> {
    headers
        .get(header::ACCEPT_LANGUAGE)?
        .to_str()
        .ok()
        .and_then(Lang::negotiate)
}

impl Head {
    pub fn is_keyed(&self) -> bool {
        self.idempotency.is_some()
    }

    pub fn has_token(&self) -> bool {
        self.token.is_some()
    }

    /// The caller's context; without a token, or with one that is no longer good, 401.
    pub fn context(&self, api: &Api) -> EngineResult<Context> {
        let secret = self.token.as_deref().ok_or(EngineError::Unauthorized)?;
        let ctx = token::resume(&api.engine, secret, "api")?;
        Ok(match self.lang {
            Some(lang) => ctx.speaking(lang),
            None => ctx,
        })
    }

    /// Whether whoever calls is known and the address is one without parameters: asked before a large body is read.
    pub fn admitted(&self, api: &Api) -> EngineResult<()> {
        self.context(api)?;
        params::none(&self.query)
    }

    /// The language of what is said before the caller is known.
    pub fn lang(&self) -> Lang {
        self.lang.unwrap_or_default()
    }

    /// The version that the caller read, from `If-Match`; `*` asks nothing. Of several the one that is `current`.
    pub fn version(
        &self,
        current: impl FnOnce() -> EngineResult<i64>,
    ) -> EngineResult<Option<i64>> {
        let Some(text) = self
            .if_match
            .as_deref()
            .map(str::trim)
            .filter(|text| *text != "*")
        else {
            return Ok(None);
        };
        // A tag that this house never gave matches no version: stale, not malformed.
        let tag = |text: &str| {
            text.trim()
                .trim_start_matches("W/")
                .trim_matches('"')
                .parse()
                .unwrap_or(NO_VERSION)
        };
        let tags: Vec<i64> = text.split(',').map(tag).collect();
        if let [one] = tags[..] {
            return Ok(Some(one));
        }
        let current = current()?;
        Ok(Some(if tags.contains(&current) {
            current
        } else {
            NO_VERSION
        }))
    }
}

/// Runs `work` for the caller on a blocking thread and renders what it answers. The address takes no parameters.
pub async fn run(
    api: Api,
    head: Head,
    work: impl FnOnce(&Context, &Head) -> EngineResult<Answer> + Send + 'static,
) -> Response<Body> {
    run_asked(api, head, |ctx, head| {
        params::none(&head.query)?;
        work(ctx, head)
    })
    .await
}

/// The same where `work` reads the address's parameters, and refuses those that it does not know.
pub async fn run_asked(
    api: Api,
    head: Head,
    work: impl FnOnce(&Context, &Head) -> EngineResult<Answer> + Send + 'static,
) -> Response<Body> {
    let lang = head.lang;
    let done = tokio::task::spawn_blocking(move || {
        let ctx = head.context(&api)?;
        let lang = ctx.lang;
        Ok::<_, EngineError>((work(&ctx, &head), lang))
    });
    match done.await {
        Ok(Ok((Ok(answer), _))) => answer.into_response(),
        Ok(Ok((Err(error), lang))) => respond_problem(&error, lang),
        Ok(Err(error)) => respond_problem(&error, lang.unwrap_or_default()),
        Err(panic) => respond_problem(
            &EngineError::Broken(panic.to_string()),
            lang.unwrap_or_default(),
        ),
    }
}

/// The same for a request that writes: with an `Idempotency-Key`, once. `body` is what such a key stands for beside the
/// address; it may be a digest.
pub async fn run_once(
    api: Api,
    head: Head,
    body: Vec<u8>,
    work: impl FnOnce(&Context, &Head, &[u8]) -> EngineResult<Answer> + Send + 'static,
) -> Response<Body> {
    let Some(key) = head.idempotency.clone() else {
        return run(api, head, move |ctx, head| work(ctx, head, &body)).await;
    };
    let fallback = head.lang.unwrap_or_default();
    let done = tokio::task::spawn_blocking(move || {
        let ctx = match head.context(&api) {
            Ok(ctx) => ctx,
            Err(error) => return respond_problem(&error, fallback),
        };
        match once(&ctx, &head, &key, &body, work) {
            Ok(response) => response,
            Err(error) => respond_problem(&error, ctx.lang),
        }
    });
    done.await
        .unwrap_or_else(|panic| respond_problem(&EngineError::Broken(panic.to_string()), fallback))
}

fn once(
    ctx: &Context,
    head: &Head,
    key: &str,
    body: &[u8],
    work: impl FnOnce(&Context, &Head, &[u8]) -> EngineResult<Answer>,
) -> EngineResult<Response<Body>> {
    params::none(&head.query)?;
    if key.is_empty() || key.len() > 255 || !key.is_ascii() {
        return Err(EngineError::BadRequest(Fault::new("bad_idempotency_key")));
    }
    let mut asked = head.what.clone().into_bytes();
    asked.push(0);
    asked.extend_from_slice(body);
    let once = match idempotency::claim(ctx, key, &asked, sealed)? {
        Claim::Answered(answer) => return Ok(replay(answer)),
        Claim::Mine(once) => once,
    };
    let ctx = &ctx.clone().once(once.clone());
    let (kept, response) = match work(ctx, head, body) {
        Ok(answer) => (kept(&answer), answer.into_response()),
        Err(error) => {
            let (status, document) = crate::problem::problem(&error, ctx.lang);
            let kept = idempotency::Answer {
                status: status.as_u16(),
                body: document.to_string(),
                headers: "{}".to_owned(),
            };
            (kept, respond_problem(&error, ctx.lang))
        }
    };
    idempotency::finish(ctx, &once, &kept)?;
    Ok(response)
}

/// The answer of a transaction, as its handler will give it.
fn sealed(ctx: &Context, done: &Done) -> EngineResult<idempotency::Answer> {
    Ok(kept(&match done {
        Done::Saved(saved) => crate::records::created(ctx, saved)?,
        Done::Acted(answer) => Answer::ok((*answer).clone()),
        Done::Many(saved) => crate::batch::all(saved),
        Done::Attached(attachment) => crate::files::attached(ctx, attachment),
        Done::Begun(status) => crate::imports::begun(status),
    }))
}

fn kept(answer: &Answer) -> idempotency::Answer {
    idempotency::Answer {
        status: answer.status.as_u16(),
        body: answer.body(),
        headers: serde_json::json!({"etag": answer.etag, "location": answer.location}).to_string(),
    }
}

/// The same answer as the first time.
fn replay(answer: idempotency::Answer) -> Response<Body> {
    let headers: serde_json::Value = serde_json::from_str(&answer.headers).unwrap_or_default();
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK);
    let media_type = if status.is_success() {
        "application/json"
    } else {
        "application/problem+json"
    };
    let etag = headers["etag"]
        .as_i64()
        .map(|version| format!("\"{version}\""));
    let location = headers["location"].as_str().map(str::to_owned);
    let replayed = axum::http::HeaderName::from_static("idempotency-replayed");
    let list = [
        (header::ETAG, etag),
        (header::LOCATION, location),
        (replayed, Some("true".to_owned())),
    ];
    respond(status, answer.body, media_type, list)
}
