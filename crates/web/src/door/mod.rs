//! From a request to a handler and back: who asks, in which language, whether the request was meant.

pub mod answer;
pub mod cookies;
pub mod form;
pub mod head;
pub mod oops;
pub mod token;

use crate::Renderer;
use answer::Answer;
use axum::body::Body;
use axum::extract::{RawPathParams, Request, State};
use axum::http::{Method, Response};
use axum::routing::{MethodFilter, MethodRouter};
use form::Form;
use guanxi_access::Action;
use guanxi_engine::accounts::session;
use guanxi_engine::{Context, Engine, EngineError, EngineResult};
use guanxi_meta::{Lang, Object};
use head::Head;
use std::sync::Arc;
use uuid::Uuid;

/// What handlers share.
#[derive(Clone)]
pub struct Site {
    pub engine: Engine,
    pub renderer: Arc<Renderer>,
}

/// A request of somebody who is logged in.
pub struct Visit {
    pub site: Site,
    pub ctx: Context,
    pub head: Head,
    pub form: Form,
    /// The session's secret.
    pub session: String,
}

/// What a handler is: it runs on a blocking thread, since the engine is synchronous.
pub type Work = fn(&Visit) -> EngineResult<Answer>;

impl Visit {
    /// The object that the address names.
    pub fn object(&self) -> EngineResult<Arc<Object>> {
        self.ctx.object(self.head.param("object"))
    }

    /// The id that the address names; what is no id names nothing.
    pub fn id(&self) -> EngineResult<Uuid> {
        self.head
            .param("id")
            .parse()
            .map_err(|_| EngineError::NotFound)
    }

    /// The object, if the caller may do this with any of it at all.
    pub fn object_for(&self, action: Action) -> EngineResult<Arc<Object>> {
        let object = self.object()?;
        if self.ctx.grant(&object, action).is_empty() {
            return Err(EngineError::Forbidden(action.name()));
        }
        Ok(object)
    }

    /// The version that the reader saw: of the header, else of the form.
    pub fn version(&self) -> Option<i64> {
        let said = self
            .head
            .if_match
            .as_deref()
            .or_else(|| self.form.get("version"))?;
        let tag = said.trim().trim_start_matches("W/").trim_matches('"');
        // A version that this house never gave is stale, not malformed.
        (!tag.is_empty() && tag != "*").then(|| tag.parse().unwrap_or(-1))
    }

    /// Sent back with every write of this session.
    pub fn csrf(&self) -> String {
        token::of(&self.session)
    }
}

/// The handler of one method of one address.
pub fn on(method: &str, work: Work) -> MethodRouter<Site> {
    let method = Method::from_bytes(method.as_bytes()).unwrap_or_default();
    let filter = MethodFilter::try_from(method).unwrap_or(MethodFilter::GET);
    MethodRouter::new().on(
        filter,
        move |State(site): State<Site>, params: RawPathParams, request: Request| async move {
            run(site, params, request, work).await
        },
    )
}

async fn run(site: Site, params: RawPathParams, request: Request, work: Work) -> Response<Body> {
    let head = Head::read(&request, &params);
    let form = match Form::from_request(request, &site).await {
        Ok(form) => form,
        Err(error) => return oops::blunt(&site, &head, &error),
    };
    let (there, asked) = (site.clone(), head.clone());
    let done = tokio::task::spawn_blocking(move || attend(there, asked, form, work));
    match done.await {
        Ok(response) => response,
        Err(panic) => oops::blunt(&site, &head, &EngineError::Broken(panic.to_string())),
    }
}

/// Finds the session, refuses what was not meant, works, and renders what comes of it.
fn attend(site: Site, head: Head, form: Form, work: Work) -> Response<Body> {
    let visit = match admit(&site, &head, form) {
        Ok(visit) => visit,
        Err(EngineError::Unauthorized) => return oops::log_in_first(&head),
        Err(error) => return oops::blunt(&site, &head, &error),
    };
    if !head.is_safe() && !token::is_meant(&visit.head, visit.form.get("_csrf"), &visit.csrf()) {
        return oops::respond(&visit, &EngineError::Forbidden("csrf"));
    }
    match work(&visit) {
        Ok(answer) => answer.into_response(),
        Err(error) => oops::respond(&visit, &error),
    }
}

fn admit(site: &Site, head: &Head, form: Form) -> EngineResult<Visit> {
    let secret = head
        .cookie("gx_session")
        .ok_or(EngineError::Unauthorized)?
        .to_owned();
    let ctx = session::resume(&site.engine, &secret, "web")?;
    let chosen = ctx
        .person()
        .and_then(|person| person.language.as_deref())
        .and_then(Lang::parse);
    let lang = head.picked.or(chosen).or(head.lang).unwrap_or_default();
    Ok(Visit {
        site: site.clone(),
        ctx: ctx.speaking(lang),
        head: head.clone(),
        form,
        session: secret,
    })
}
