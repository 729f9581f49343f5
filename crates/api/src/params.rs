//! Parameters of an address: each is known or the request is refused.

use guanxi_engine::read::list::{Counting, ListRequest, MOST_ROWS};
use guanxi_engine::{EngineError, EngineResult};
use guanxi_meta::fault::Fault;
use guanxi_meta::kind::nearest;
use std::collections::HashMap;

/// The parameters by name; an unknown or doubled one is a bad request.
pub fn read(query: &str, known: &[&str]) -> EngineResult<HashMap<String, String>> {
    let mut found = HashMap::new();
    for (name, value) in form_urlencoded(query) {
        if !known.contains(&name.as_str()) {
            return Err(unknown(&name, known));
        }
        if found.insert(name.clone(), value).is_some() {
            return Err(EngineError::BadRequest(
                Fault::new("doubled_parameter").with("parameter", name),
            ));
        }
    }
    Ok(found)
}

/// What was asked for that this address does not know, and what it knows.
pub fn unknown(name: &str, known: &[&str]) -> EngineError {
    let code = if known.is_empty() {
        "no_parameters"
    } else {
        "unknown_parameter"
    };
    EngineError::BadRequest(
        Fault::new(code)
            .with("parameter", name)
            .with("known", known.join(", "))
            .near(nearest(name, known.iter().copied())),
    )
}

/// For an address that takes none.
pub fn none(query: &str) -> EngineResult<()> {
    read(query, &[]).map(|_| ())
}

fn form_urlencoded(query: &str) -> Vec<(String, String)> {
    serde_urlencoded::from_str(query).unwrap_or_default()
}

pub const LIST: [&str; 7] = [
    "filter", "sort", "fields", "limit", "cursor", "count", "expand",
];

/// What a list is asked for: the request and which members and links the answer shows.
pub struct ListParams {
    pub request: ListRequest,
    pub fields: Option<Vec<String>>,
    pub expand: Vec<String>,
}

pub fn list(query: &str) -> EngineResult<ListParams> {
    let params = read(query, &LIST)?;
    let text = |name: &str| params.get(name).cloned().unwrap_or_default();
    let request = ListRequest {
        filter: text("filter"),
        sort: text("sort"),
        limit: limit(&params)?,
        cursor: text("cursor"),
        count: match params.get("count").map(String::as_str) {
            None | Some("" | "none") => Counting::None,
            Some("estimate") => Counting::Estimate,
            Some("exact") => Counting::Exact,
            Some(_) => return Err(bad_value("count", "none, estimate, exact")),
        },
        ..ListRequest::default()
    };
    let fields = params
        .get("fields")
        .filter(|text| !text.trim().is_empty())
        .map(|text| names(text));
    Ok(ListParams {
        request,
        fields,
        expand: params
            .get("expand")
            .map(|text| names(text))
            .unwrap_or_default(),
    })
}

/// Rows of a page: 1 to 500.
pub fn limit(params: &HashMap<String, String>) -> EngineResult<Option<u32>> {
    match params.get("limit").filter(|text| !text.is_empty()) {
        None => Ok(None),
        Some(text) => match text.parse::<u32>() {
            Ok(rows) if (1..=MOST_ROWS).contains(&rows) => Ok(Some(rows)),
            _ => Err(bad_value("limit", &format!("1–{MOST_ROWS}"))),
        },
    }
}

pub fn bad_value(parameter: &str, allowed: &str) -> EngineError {
    EngineError::BadRequest(
        Fault::new("bad_parameter")
            .with("parameter", parameter)
            .with("allowed", allowed),
    )
}

/// `a,b.c` → names.
pub fn names(text: &str) -> Vec<String> {
    text.split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect()
}
