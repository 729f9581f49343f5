//! The application as programs see it: requests into the router, without a socket, by callers of every kind.
//!
//! Each kind of caller is a type, so that a story says who acts: `app.salesperson().post(…)`.

use crate::{Backend, TestEngine, email, engine};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request};
use futures_util::StreamExt;
use guanxi_engine::{Engine, accounts};
use parking_lot::Mutex;
use serde_json::{Value as Json, json};
use std::collections::HashMap;
use std::marker::PhantomData;
use std::ops::{Deref, Index};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Weak};
use tokio::runtime::Runtime;
use tower::ServiceExt;

/// An organisation of [`crate::PEOPLE`] behind a router.
pub struct TestApp {
    pub test: TestEngine,
    pub backend: Backend,
    router: Router,
    tokens: Mutex<HashMap<String, String>>,
    runtime: Runtime,
}

impl TestApp {
    /// A new organisation; `router` is the program's own.
    pub fn new(backend: Backend, router: impl Fn(Engine) -> Router) -> TestApp {
        let test = engine(backend);
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .expect("a runtime");
        TestApp {
            router: router(test.engine.clone()),
            test,
            backend,
            tokens: Mutex::default(),
            runtime,
        }
    }

    pub fn nobody(&self) -> Client<'_, Nobody> {
        Client {
            caller: Caller {
                app: self,
                token: None,
            },
            kind: PhantomData,
        }
    }

    pub fn salesperson(&self) -> Client<'_, Salesperson> {
        self.client("salesperson")
    }

    /// Of the salesperson's department.
    pub fn colleague(&self) -> Client<'_, Colleague> {
        self.client("colleague")
    }

    /// A salesperson of another department.
    pub fn stranger(&self) -> Client<'_, Stranger> {
        self.client("stranger")
    }

    /// Of the salesperson's department.
    pub fn manager(&self) -> Client<'_, Manager> {
        self.client("manager")
    }

    /// Above all departments that sell.
    pub fn head(&self) -> Client<'_, Manager> {
        self.client("head")
    }

    pub fn service(&self) -> Client<'_, Service> {
        self.client("service")
    }

    pub fn reader(&self) -> Client<'_, Reader> {
        self.client("reader")
    }

    pub fn admin(&self) -> Client<'_, Administrator> {
        self.client("admin")
    }

    /// Anybody of the organisation by the name before the `@`.
    pub fn caller(&self, address: &str) -> Caller<'_> {
        Caller {
            app: self,
            token: Some(self.token(address)),
        }
    }

    /// Whoever holds this secret.
    pub fn bearer(&self, secret: &str) -> Caller<'_> {
        Caller {
            app: self,
            token: Some(secret.to_owned()),
        }
    }

    /// The user's id.
    pub fn id_of(&self, address: &str) -> String {
        crate::me(&self.test.person(address)).to_string()
    }

    /// A further person, whom no other test knows.
    pub fn join(&self, address: &str, role: &str, department: &str) -> Caller<'_> {
        let new = accounts::NewUser {
            email: email(address),
            name: address.to_owned(),
            roles: vec![role.to_owned()],
            department: Some(department.to_owned()),
            password: None,
        };
        accounts::add(&self.test.system(), new)
            .unwrap_or_else(|error| panic!("{address}: {}", crate::words(&error)));
        self.caller(address)
    }

    fn client<K>(&self, address: &str) -> Client<'_, K> {
        Client {
            caller: self.caller(address),
            kind: PhantomData,
        }
    }

    fn token(&self, address: &str) -> String {
        let mut tokens = self.tokens.lock();
        tokens
            .entry(address.to_owned())
            .or_insert_with(|| {
                let ctx = self.test.person(address);
                accounts::token::create(&ctx, ctx.actor.seq(), "test").expect("a token")
            })
            .clone()
    }
}

/// One organisation for all tests of a binary that run at the same time and do not change what holds for everybody.
/// It goes with the last of them.
pub struct Shared(Mutex<Vec<(Backend, Weak<TestApp>)>>);

impl Shared {
    #[allow(clippy::new_without_default)]
    pub const fn new() -> Shared {
        Shared(Mutex::new(Vec::new()))
    }

    pub fn get(&self, backend: Backend, router: impl Fn(Engine) -> Router) -> Arc<TestApp> {
        let mut known = self.0.lock();
        if let Some(app) = known
            .iter()
            .find(|(of, _)| *of == backend)
            .and_then(|(_, app)| app.upgrade())
        {
            return app;
        }
        let app = Arc::new(TestApp::new(backend, router));
        known.retain(|(of, _)| *of != backend);
        known.push((backend, Arc::downgrade(&app)));
        app
    }
}

pub struct Nobody;
pub struct Salesperson;
pub struct Colleague;
pub struct Stranger;
pub struct Manager;
pub struct Service;
pub struct Reader;
pub struct Administrator;

/// A caller whose kind is known.
pub struct Client<'a, K> {
    caller: Caller<'a>,
    kind: PhantomData<K>,
}

impl<'a, K> Deref for Client<'a, K> {
    type Target = Caller<'a>;

    fn deref(&self) -> &Caller<'a> {
        &self.caller
    }
}

impl Client<'_, Administrator> {
    /// A new field, at once there for everybody.
    #[track_caller]
    pub fn field(&self, object: &str, field: Json) -> Reply {
        self.post(&format!("/meta/objects/{object}/fields"), field)
            .expect(201)
    }

    /// A new object with a `name` and these fields.
    #[track_caller]
    pub fn object(&self, name: &str, fields: Json) -> Reply {
        let mut all =
            vec![json!({"name": "name", "kind": "text", "required": true, "searched": true})];
        all.extend(fields.as_array().cloned().unwrap_or_default());
        let label = json!({"zh": name, "en": name});
        self.post(
            "/meta/objects",
            json!({"name": name, "label": label, "field": all}),
        )
        .expect(201)
    }
}

/// Sends requests, with a token or without.
#[derive(Clone)]
pub struct Caller<'a> {
    app: &'a TestApp,
    token: Option<String>,
}

impl<'a> Caller<'a> {
    /// A request below `/api/v1`; an address that begins with `//` is one at the root.
    pub fn request(&self, method: &str, path: &str) -> Call<'a> {
        let uri = match path.strip_prefix('/').filter(|rest| rest.starts_with('/')) {
            Some(root) => root.to_owned(),
            None => format!("/api/v1{path}"),
        };
        let mut headers = vec![("accept-language".to_owned(), "en".to_owned())];
        if let Some(token) = &self.token {
            headers.push(("authorization".to_owned(), format!("Bearer {token}")));
        }
        Call {
            app: self.app,
            method: method.to_owned(),
            uri,
            headers,
            body: Vec::new(),
        }
    }

    pub fn get(&self, path: &str) -> Reply {
        self.request("GET", path).send()
    }

    /// With parameters, which are encoded here.
    pub fn ask(&self, path: &str, parameters: &[(&str, &str)]) -> Reply {
        let query = serde_urlencoded::to_string(parameters).expect("parameters");
        self.get(&format!("{path}?{query}"))
    }

    pub fn post(&self, path: &str, body: Json) -> Reply {
        self.request("POST", path).json(body).send()
    }

    pub fn patch(&self, path: &str, body: Json) -> Reply {
        self.request("PATCH", path).json(body).send()
    }

    pub fn put(&self, path: &str, body: Json) -> Reply {
        self.request("PUT", path).json(body).send()
    }

    pub fn delete(&self, path: &str) -> Reply {
        self.request("DELETE", path).send()
    }

    /// A new record; its id.
    #[track_caller]
    pub fn create(&self, object: &str, fields: Json) -> String {
        self.post(&format!("/records/{object}"), fields)
            .expect(201)
            .id()
    }

    pub fn read(&self, object: &str, id: &str) -> Reply {
        self.get(&format!("/records/{object}/{id}"))
    }

    pub fn update(&self, object: &str, id: &str, fields: Json) -> Reply {
        self.patch(&format!("/records/{object}/{id}"), fields)
    }

    pub fn act(&self, object: &str, id: &str, noun: &str, input: Json) -> Reply {
        self.post(&format!("/records/{object}/{id}/{noun}"), input)
    }

    /// Names of the rows that a list with these parameters answers, over all its pages.
    #[track_caller]
    pub fn names(&self, object: &str, parameters: &[(&str, &str)]) -> Vec<String> {
        let mut names = Vec::new();
        let mut cursor = String::new();
        loop {
            let mut all = parameters.to_vec();
            all.push(("cursor", &cursor));
            let page = self.ask(&format!("/records/{object}"), &all).expect(200);
            names.extend(
                page.rows()
                    .iter()
                    .map(|row| row["name"].as_str().unwrap_or("?").to_owned()),
            );
            match page["next"].as_str() {
                Some(next) => cursor = next.to_owned(),
                None => return names,
            }
        }
    }

    /// What a search finds: `object:name`.
    #[track_caller]
    pub fn found(&self, q: &str) -> Vec<String> {
        let hits = self.ask("/search", &[("q", q)]).expect(200);
        let word = |hit: &Json, key: &str| hit[key].as_str().unwrap_or("?").to_owned();
        hits.rows()
            .iter()
            .map(|hit| format!("{}:{}", word(hit, "object"), word(hit, "name")))
            .collect()
    }
}

/// A request that is being put together.
pub struct Call<'a> {
    app: &'a TestApp,
    method: String,
    uri: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Call<'_> {
    /// Replaces a header of that name.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.headers
            .retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    #[must_use]
    pub fn json(self, body: Json) -> Self {
        self.bytes(body.to_string().into_bytes())
    }

    #[must_use]
    pub fn bytes(mut self, body: Vec<u8>) -> Self {
        self.body = body;
        self.with("content-type", "application/json")
    }

    /// A form with a file, `(name, bytes)`; what stands between its members is another with each sending, as programs
    /// have it.
    #[must_use]
    pub fn form(self, members: &[(&str, &str)], (name, bytes): (&str, &[u8])) -> Self {
        static SENT: AtomicU32 = AtomicU32::new(0);
        let boundary = format!("boundary{}", SENT.fetch_add(1, Ordering::Relaxed));
        let mut body = Vec::new();
        for (member, text) in members {
            let head = format!("Content-Disposition: form-data; name=\"{member}\"");
            body.extend(format!("--{boundary}\r\n{head}\r\n\r\n{text}\r\n").bytes());
        }
        let head = format!("Content-Disposition: form-data; name=\"file\"; filename=\"{name}\"");
        body.extend(format!("--{boundary}\r\n{head}\r\n\r\n").bytes());
        body.extend_from_slice(bytes);
        body.extend(format!("\r\n--{boundary}--\r\n").bytes());
        let kind = format!("multipart/form-data; boundary={boundary}");
        self.bytes(body).with("content-type", &kind)
    }

    /// What an answer without an end has sent when it holds all of these; a panic where they do not come.
    #[track_caller]
    pub fn until(self, wanted: &[&str]) -> String {
        /// How long to wait for what comes at once, unless another test's long transaction holds PostgreSQL's log back.
        const PATIENCE: std::time::Duration = std::time::Duration::from_secs(120);
        let method = Method::from_bytes(self.method.as_bytes()).expect("a method");
        let mut request = Request::builder().method(method).uri(&self.uri);
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let request = request.body(Body::empty()).expect("a request");
        let router = self.app.router.clone();
        let mut text = String::new();
        let all = self.app.runtime.block_on(async {
            let response = router.oneshot(request).await;
            let mut body = response
                .unwrap_or_else(|never| match never {})
                .into_body()
                .into_data_stream();
            let read = async {
                while !wanted.iter().all(|piece| text.contains(piece)) {
                    match body.next().await {
                        Some(Ok(bytes)) => text.push_str(&String::from_utf8_lossy(&bytes)),
                        _ => return false,
                    }
                }
                true
            };
            tokio::time::timeout(PATIENCE, read).await
        });
        assert!(matches!(all, Ok(true)), "{wanted:?} did not come:\n{text}");
        text
    }

    pub fn send(self) -> Reply {
        let method = Method::from_bytes(self.method.as_bytes()).expect("a method");
        let mut request = Request::builder().method(method).uri(&self.uri);
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let request = request.body(Body::from(self.body)).expect("a request");
        let router = self.app.router.clone();
        self.app.runtime.block_on(async move {
            let response = router
                .oneshot(request)
                .await
                .unwrap_or_else(|never| match never {});
            let (head, body) = response.into_parts();
            let bytes = to_bytes(body, usize::MAX).await.expect("a body");
            let text = String::from_utf8_lossy(&bytes).into_owned();
            let json = serde_json::from_str(&text).unwrap_or(Json::Null);
            Reply {
                asked: format!("{} {}", self.method, self.uri),
                status: head.status.as_u16(),
                headers: head.headers,
                text,
                json,
            }
        })
    }
}

/// What came back.
#[derive(Debug, Clone)]
pub struct Reply {
    asked: String,
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
    pub json: Json,
}

impl Reply {
    /// The same, if its status is this; an error must be a problem document of that status.
    #[track_caller]
    pub fn expect(self, status: u16) -> Reply {
        assert_eq!(self.status, status, "{}\n{}", self.asked, self.text);
        if status >= 400 {
            self.is_problem();
        }
        self
    }

    #[track_caller]
    pub fn is_problem(&self) {
        assert_eq!(
            self.header("content-type"),
            "application/problem+json",
            "{}\n{}",
            self.asked,
            self.text
        );
        assert_eq!(
            self.json["status"], self.status,
            "{}\n{}",
            self.asked, self.text
        );
        for member in ["type", "title", "detail"] {
            let text = self.json[member].as_str().unwrap_or_default();
            assert!(
                !text.is_empty(),
                "{}: no {member}\n{}",
                self.asked,
                self.text
            );
            let is_open = text
                .split('{')
                .skip(1)
                .any(|rest| rest.starts_with(|c: char| c.is_ascii_lowercase()));
            assert!(
                !is_open,
                "{}: {member} has an open place\n{}",
                self.asked, self.text
            );
        }
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }

    #[track_caller]
    pub fn id(&self) -> String {
        self.json["id"]
            .as_str()
            .unwrap_or_else(|| panic!("{}: no id in {}", self.asked, self.text))
            .to_owned()
    }

    #[track_caller]
    pub fn rows(&self) -> &Vec<Json> {
        self.json["data"]
            .as_array()
            .unwrap_or_else(|| panic!("{}: no data in {}", self.asked, self.text))
    }

    /// The errors by field, `field:code`, in alphabetical order.
    pub fn errors(&self) -> Vec<String> {
        let word = |error: &Json, key: &str| error[key].as_str().unwrap_or("?").to_owned();
        let errors = self.json["errors"].as_array().cloned().unwrap_or_default();
        let mut all: Vec<String> = errors
            .iter()
            .map(|error| format!("{}:{}", word(error, "field"), word(error, "code")))
            .collect();
        all.sort();
        all
    }
}

impl Index<&str> for Reply {
    type Output = Json;

    fn index(&self, member: &str) -> &Json {
        &self.json[member]
    }
}
