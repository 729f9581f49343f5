//! A browser of a test: keeps cookies, sends the page's token, reads what comes back.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode};
use guanxi_engine::accounts::{self, session};
use guanxi_testkit::{Backend, TestEngine, email, engine};
use std::collections::BTreeMap;
use std::sync::Mutex;
use tokio::runtime::Runtime;
use tower::ServiceExt;

pub struct Site {
    pub test: TestEngine,
    router: Router,
    runtime: Runtime,
}

pub struct Browser<'a> {
    site: &'a Site,
    cookies: Mutex<BTreeMap<String, String>>,
    csrf: Mutex<String>,
}

#[derive(Debug)]
pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

/// A new organisation behind the pages.
pub fn site() -> Site {
    let test = engine(Backend::Sqlite);
    let router = guanxi_web::router(test.engine.clone()).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    Site {
        test,
        router,
        runtime,
    }
}

impl Site {
    pub fn nobody(&self) -> Browser<'_> {
        Browser {
            site: self,
            cookies: Mutex::default(),
            csrf: Mutex::default(),
        }
    }

    /// Somebody who has logged in. The password's slow hash is left to the tests of logging in.
    pub fn person(&self, address: &str) -> Browser<'_> {
        let system = self.test.system();
        let seq = accounts::by_email(&system, &email(address)).unwrap();
        let secret = session::start(&system, seq, "test", "127.0.0.1").unwrap();
        let browser = self.nobody();
        browser
            .cookies
            .lock()
            .unwrap()
            .insert("gx_session".into(), secret);
        let page = browser.get("/settings/profile");
        assert_eq!(page.status, 200, "{}", page.body);
        let token = page
            .body
            .split("name=\"csrf\" content=\"")
            .nth(1)
            .unwrap()
            .split('"')
            .next()
            .unwrap();
        *browser.csrf.lock().unwrap() = token.to_owned();
        browser
    }

    pub fn salesperson(&self) -> Browser<'_> {
        self.person("salesperson")
    }
}

impl Browser<'_> {
    pub fn get(&self, path: &str) -> Reply {
        self.send(Method::GET, path, &[], &[])
    }

    /// As htmx asks.
    pub fn fragment(&self, path: &str) -> Reply {
        self.send(Method::GET, path, &[("hx-request", "true")], &[])
    }

    /// A plain form.
    pub fn post(&self, path: &str, form: &[(&str, &str)]) -> Reply {
        let token = self.csrf();
        let mut form = form.to_vec();
        form.push(("_csrf", &token));
        self.send(Method::POST, path, &[], &form)
    }

    /// A write of a script, with the version of what it was read from.
    pub fn write(
        &self,
        method: Method,
        (path, version): (&str, i64),
        form: &[(&str, &str)],
    ) -> Reply {
        let (token, tag) = (self.csrf(), format!("\"{version}\""));
        self.send(
            method,
            path,
            &[
                ("hx-request", "true"),
                ("x-csrf-token", &token),
                ("if-match", &tag),
            ],
            form,
        )
    }

    pub fn csrf(&self) -> String {
        self.csrf.lock().unwrap().clone()
    }

    pub fn set_csrf(&self, token: &str) {
        *self.csrf.lock().unwrap() = token.to_owned();
    }

    pub fn cookie(&self, name: &str) -> Option<String> {
        self.cookies.lock().unwrap().get(name).cloned()
    }

    pub fn set_cookie(&self, name: &str, value: &str) {
        self.cookies
            .lock()
            .unwrap()
            .insert(name.to_owned(), value.to_owned());
    }

    /// A file in a form.
    pub fn upload(
        &self,
        path: &str,
        fields: &[(&str, &str)],
        (name, bytes): (&str, &str),
    ) -> Reply {
        self.upload_as(path, fields, ("file", name, bytes))
    }

    /// A file in a form, under a name of its own.
    pub fn upload_as(
        &self,
        path: &str,
        fields: &[(&str, &str)],
        (input, name, bytes): (&str, &str, &str),
    ) -> Reply {
        let edge = "----edge";
        let mut body = String::new();
        let token = self.csrf();
        for (field, value) in fields.iter().copied().chain([("_csrf", token.as_str())]) {
            body.push_str(&format!(
                "--{edge}\r\nContent-Disposition: form-data; name=\"{field}\"\r\n\r\n{value}\r\n"
            ));
        }
        let head = format!(
            "--{edge}\r\nContent-Disposition: form-data; name=\"{input}\"; filename=\"{name}\"\r\n"
        );
        body.push_str(&format!(
            "{head}Content-Type: text/html\r\n\r\n{bytes}\r\n--{edge}--\r\n"
        ));
        let kind = format!("multipart/form-data; boundary={edge}");
        self.raw(Method::POST, path, &[("content-type", &kind)], body)
    }

    pub fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        form: &[(&str, &str)],
    ) -> Reply {
        let body = serde_urlencoded::to_string(form).unwrap();
        let mut headers = headers.to_vec();
        headers.push(("content-type", "application/x-www-form-urlencoded"));
        self.raw(method, path, &headers, body)
    }

    pub fn raw(&self, method: Method, path: &str, headers: &[(&str, &str)], body: String) -> Reply {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", "localhost");
        request = request.header("accept-language", "en");
        let cookies: Vec<String> = self
            .cookies
            .lock()
            .unwrap()
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        if !cookies.is_empty() {
            request = request.header("cookie", cookies.join("; "));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::from(body)).unwrap();
        let router = self.site.router.clone();
        let reply = self.site.runtime.block_on(async move {
            let answer = router.oneshot(request).await.unwrap();
            let (parts, body) = answer.into_parts();
            let bytes = to_bytes(body, 64 << 20).await.unwrap_or_default();
            Reply {
                status: parts.status,
                headers: parts.headers,
                body: String::from_utf8_lossy(&bytes).replace("&#x2f;", "/"),
            }
        });
        self.keep(&reply.headers);
        reply
    }

    fn keep(&self, headers: &HeaderMap) {
        let mut cookies = self.cookies.lock().unwrap();
        for line in headers.get_all("set-cookie") {
            let line = line.to_str().unwrap();
            let (name, value) = line.split(';').next().unwrap().split_once('=').unwrap();
            if line.contains("Max-Age=0") {
                cookies.remove(name);
            } else {
                cookies.insert(name.to_owned(), value.to_owned());
            }
        }
    }
}

impl Reply {
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    /// Where a redirect leads, by either way of saying so.
    pub fn to(&self) -> &str {
        if self.headers.contains_key("location") {
            self.header("location")
        } else {
            self.header("hx-redirect")
        }
    }

    /// What is the page's own, without what surrounds every page.
    pub fn main(&self) -> &str {
        let start = self.body.find("<main").unwrap_or(0);
        let end = self.body.find("</main>").unwrap_or(self.body.len());
        &self.body[start..end]
    }

    pub fn has(&self, text: &str) -> bool {
        self.body.contains(text)
    }

    /// The reply if it has this status; else the test ends with what came instead.
    pub fn is(self, status: u16) -> Reply {
        assert_eq!(
            self.status.as_u16(),
            status,
            "{:?} {}",
            self.headers,
            self.main()
        );
        self
    }
}
