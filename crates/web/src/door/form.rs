//! What was posted: names with values in their order, and files.

use super::Site;
use axum::body::Bytes;
use axum::extract::{FromRequest, Multipart, Request};
use axum::http::{Method, header};
use guanxi_engine::{EngineError, EngineResult};
use guanxi_meta::fault::Fault;

/// Values of one form; a name may occur again.
#[derive(Debug, Default)]
pub struct Form {
    pairs: Vec<(String, String)>,
    pub files: Vec<Upload>,
}

/// One file of a form, whole: larger ones than the limit are refused before they are read.
#[derive(Debug)]
pub struct Upload {
    pub field: String,
    pub name: String,
    pub bytes: Bytes,
}

/// Pairs of one form.
const MOST_PAIRS: usize = 20_000;

impl Form {
    pub fn from_pairs(pairs: Vec<(String, String)>) -> Form {
        Form {
            pairs,
            files: Vec::new(),
        }
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.pairs
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    /// The last of a name: of a check box and its hidden "false" the box.
    pub fn last(&self, name: &str) -> Option<&str> {
        self.pairs
            .iter()
            .rev()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    pub fn text(&self, name: &str) -> &str {
        self.get(name).unwrap_or_default()
    }

    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> + 'a {
        self.pairs
            .iter()
            .filter(move |(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    pub fn pairs(&self) -> &[(String, String)] {
        &self.pairs
    }

    /// Whether the form has the name, or parts of it (`amount.currency`).
    pub fn has(&self, name: &str) -> bool {
        let is = |known: &str| {
            known == name
                || known
                    .strip_prefix(name)
                    .is_some_and(|rest| rest.starts_with('.'))
        };
        self.pairs.iter().any(|(known, _)| is(known))
    }

    pub fn file(&self, field: &str) -> Option<&Upload> {
        self.files
            .iter()
            .find(|file| file.field == field && !file.name.is_empty())
    }

    /// The body of a request that writes; others have none.
    pub async fn from_request(request: Request, site: &Site) -> EngineResult<Form> {
        if matches!(*request.method(), Method::GET | Method::HEAD) {
            return Ok(Form::default());
        }
        let kind = request
            .headers()
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        if kind.starts_with("multipart/form-data") {
            return multipart(request, site).await;
        }
        let bytes = Bytes::from_request(request, site)
            .await
            .map_err(|_| too_large())?;
        if bytes.is_empty() {
            return Ok(Form::default());
        }
        let pairs =
            serde_urlencoded::from_bytes(&bytes).map_err(|_| EngineError::bad("bad_form"))?;
        bounded(Form {
            pairs,
            files: Vec::new(),
        })
    }
}

async fn multipart(request: Request, site: &Site) -> EngineResult<Form> {
    let mut parts = Multipart::from_request(request, site)
        .await
        .map_err(|_| EngineError::bad("bad_form"))?;
    let mut form = Form::default();
    while let Some(part) = parts
        .next_field()
        .await
        .map_err(|_| EngineError::bad("bad_form"))?
    {
        let field = part.name().unwrap_or_default().to_owned();
        let file_name = part.file_name().map(str::to_owned);
        let bytes = part.bytes().await.map_err(|_| too_large())?;
        match file_name {
            Some(name) => form.files.push(Upload { field, name, bytes }),
            None => {
                let text =
                    String::from_utf8(bytes.to_vec()).map_err(|_| EngineError::bad("bad_form"))?;
                form.pairs.push((field, text));
            }
        }
    }
    bounded(form)
}

fn bounded(form: Form) -> EngineResult<Form> {
    if form.pairs.len() > MOST_PAIRS {
        Err(too_large())
    } else {
        Ok(form)
    }
}

fn too_large() -> EngineError {
    EngineError::TooLarge(Fault::new("request_too_large"))
}
