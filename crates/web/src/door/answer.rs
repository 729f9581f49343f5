//! What a handler answers.

use super::Visit;
use super::cookies;
use crate::Frame;
use crate::build::shell;
use crate::pages::Page;
use axum::body::Body;
use axum::http::header::{self, HeaderName};
use axum::http::{HeaderValue, Response, StatusCode};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use guanxi_engine::{EngineError, EngineResult};
use serde_json::{Map, Value as Json, json};

#[derive(Debug)]
pub struct Answer {
    status: StatusCode,
    body: Body,
    headers: Vec<(HeaderName, HeaderValue)>,
    /// Events for the page's scripts.
    triggers: Map<String, Json>,
}

const HX_REDIRECT: HeaderName = HeaderName::from_static("hx-redirect");
const HX_REFRESH: HeaderName = HeaderName::from_static("hx-refresh");
const HX_TRIGGER: HeaderName = HeaderName::from_static("hx-trigger");
/// What is said once, on the page that comes next.
pub const FLASH: &str = "gx_flash";

impl Answer {
    fn new(status: StatusCode, body: Body) -> Answer {
        Answer {
            status,
            body,
            headers: Vec::new(),
            triggers: Map::new(),
        }
    }

    /// The page, whole or as the fragment that a script asked for.
    pub fn page<P: Page>(visit: &Visit, title: &str, page: &P) -> EngineResult<Answer> {
        let frame = if visit.head.is_fragment {
            Frame::Fragment
        } else {
            Frame::Whole
        };
        Answer::framed(visit, title, page, frame)
    }

    pub fn framed<P: Page>(
        visit: &Visit,
        title: &str,
        page: &P,
        frame: Frame,
    ) -> EngineResult<Answer> {
        let shell = match frame {
            Frame::Whole => shell::whole(visit, title)?,
            Frame::Fragment => shell::bare(visit, title),
        };
        let html = visit
            .site
            .renderer
            .page(&shell, page, frame)
            .map_err(|error| EngineError::Broken(error.to_string()))?;
        let mut answer = Answer::html(html);
        if frame == Frame::Whole && visit.head.cookie(FLASH).is_some() {
            answer = answer.cookie(cookies::set(FLASH, "", 0, visit.head.is_secure));
        }
        Ok(answer)
    }

    /// HTML that belongs to one person and changes at any time.
    pub fn html(html: String) -> Answer {
        let mut answer = Answer::new(StatusCode::OK, Body::from(html));
        answer.headers.push((
            header::CONTENT_TYPE,
            HeaderValue::from_static("text/html; charset=utf-8"),
        ));
        answer
            .headers
            .push((header::CACHE_CONTROL, HeaderValue::from_static("no-store")));
        answer
            .headers
            .push((header::VARY, HeaderValue::from_static("HX-Request, Cookie")));
        answer
    }

    /// Any other body; the caller names its type.
    pub fn body(body: Body, content_type: &str) -> Answer {
        Answer::new(StatusCode::OK, body).with(header::CONTENT_TYPE, content_type)
    }

    pub fn nothing() -> Answer {
        Answer::new(StatusCode::NO_CONTENT, Body::empty())
    }

    /// Goes on to another page of this site: by redirect, or for a script by the header that htmx follows.
    pub fn see(visit: &Visit, path: &str) -> Answer {
        if visit.head.is_fragment {
            return Answer::nothing().with(HX_REDIRECT, path);
        }
        Answer::new(StatusCode::SEE_OTHER, Body::empty()).with(header::LOCATION, path)
    }

    /// The page on which a script asked comes anew; without scripts, `path`.
    pub fn anew(visit: &Visit, path: &str) -> Answer {
        if visit.head.is_fragment {
            Answer::nothing().with(HX_REFRESH, "true")
        } else {
            Answer::see(visit, path)
        }
    }

    #[must_use]
    pub fn status(mut self, status: StatusCode) -> Answer {
        self.status = status;
        self
    }

    /// A header whose value HTTP can't carry is left out.
    #[must_use]
    pub fn with(mut self, name: HeaderName, value: &str) -> Answer {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.push((name, value));
        }
        self
    }

    #[must_use]
    pub fn cookie(mut self, cookie: HeaderValue) -> Answer {
        self.headers.push((header::SET_COOKIE, cookie));
        self
    }

    #[must_use]
    pub fn version(self, version: i64) -> Answer {
        self.with(header::ETAG, &format!("\"{version}\""))
    }

    #[must_use]
    pub fn trigger(mut self, event: &str, detail: Json) -> Answer {
        self.triggers.insert(event.to_owned(), detail);
        self
    }

    /// Said at the foot of the present page.
    #[must_use]
    pub fn toast(self, text: &str, undo: &str) -> Answer {
        self.trigger(
            "toast",
            json!({ "text": text, "tone": "good", "undo": undo }),
        )
    }

    /// Said on the page that comes next.
    #[must_use]
    pub fn flash(self, visit: &Visit, text: &str, (tone, undo): (&str, &str)) -> Answer {
        /// Seconds; the next page comes at once.
        const AGE: i64 = 60;
        let packed = URL_SAFE_NO_PAD.encode(json!([text, tone, undo]).to_string());
        self.cookie(cookies::set(FLASH, &packed, AGE, visit.head.is_secure))
    }

    pub fn into_response(mut self) -> Response<Body> {
        if !self.triggers.is_empty() {
            // Headers carry ASCII: everything else as JSON escapes it.
            let text = ascii(&Json::Object(std::mem::take(&mut self.triggers)).to_string());
            self = self.with(HX_TRIGGER, &text);
        }
        let mut response = Response::new(self.body);
        *response.status_mut() = self.status;
        for (name, value) in self.headers {
            response.headers_mut().append(name, value);
        }
        response
    }
}

fn ascii(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        if c.is_ascii() {
            out.push(c);
        } else {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                out.push_str(&format!("\\u{unit:04x}"));
            }
        }
    }
    out
}
