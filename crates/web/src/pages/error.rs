//! Error pages: what happened and how to go on. Internal detail never reaches them.

use serde::Serialize;

use super::Page;

#[derive(Clone, Debug, Default, Serialize)]
pub struct ErrorPage {
    /// 403, 404, 413, 429, 500, 503, 507.
    pub status: u16,
    /// Public detail in the reader's language; empty = the general text of the status.
    pub detail: String,
    /// Names the request in the log.
    pub request: String,
}

impl Page for ErrorPage {
    const TEMPLATE: &'static str = "error.html";

    fn samples(_: &str) -> Vec<(&'static str, Self)> {
        let page = |status| ErrorPage {
            status,
            detail: String::new(),
            request: "018f3c2e".into(),
        };
        vec![
            ("403", page(403)),
            ("404", page(404)),
            ("413", page(413)),
            ("429", page(429)),
            ("500", page(500)),
            ("503", page(503)),
            ("507", page(507)),
        ]
    }
}
