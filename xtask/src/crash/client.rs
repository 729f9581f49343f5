//! REST as an outsider speaks it. A request that got no answer is a `Cut`:
//! whether it was carried out is unknown.

use std::time::Duration;

use serde_json::Value;
use ureq::Agent;
use ureq::http::{Request, request::Builder};

pub struct Client {
    agent: Agent,
    base: String,
    token: String,
}

pub struct Answer {
    /// Null where the body is no JSON.
    pub body: Value,
}

/// Why a request brought nothing.
#[derive(Debug)]
pub enum Failure {
    /// The connection ended before the answer.
    Cut,
    /// The server answered, and not with 2xx.
    Refused { status: u16, body: Value },
}

impl Client {
    /// `url` is the address of the server without a path.
    pub fn new(url: &str, token: &str) -> Client {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .proxy(None)
            .timeout_global(Some(Duration::from_secs(30)));
        Client {
            agent: config.build().new_agent(),
            base: format!("{url}/api/v1"),
            token: token.to_string(),
        }
    }

    pub fn get(&self, path: &str) -> Result<Answer, Failure> {
        let request = self.request("GET", path).body(());
        let response = request
            .map_err(cut)
            .and_then(|request| self.agent.run(request).map_err(cut));
        read(response?)
    }

    /// A POST that is carried out once however often it is sent with this key.
    pub fn post(&self, path: &str, key: &str, body: &Value) -> Result<Answer, Failure> {
        self.send(
            self.json("POST", path).header("Idempotency-Key", key),
            body.to_string(),
        )
    }

    /// A PATCH that is refused if the record has another version.
    pub fn patch(&self, path: &str, version: u64, body: &Value) -> Result<Answer, Failure> {
        self.send(
            self.json("PATCH", path)
                .header("If-Match", format!("\"{version}\"")),
            body.to_string(),
        )
    }

    /// A PUT; what is sent twice is the same.
    pub fn put(&self, path: &str, body: &Value) -> Result<Answer, Failure> {
        self.send(self.json("PUT", path), body.to_string())
    }

    pub fn delete(&self, path: &str) -> Result<Answer, Failure> {
        let request = self.request("DELETE", path).body(());
        let response = request
            .map_err(cut)
            .and_then(|request| self.agent.run(request).map_err(cut));
        read(response?)
    }

    /// A form with a file: `fields`, then the file as `file`.
    pub fn upload(
        &self,
        path: &str,
        fields: &[(&str, &str)],
        (name, content): (&str, &str),
    ) -> Result<Answer, Failure> {
        let boundary = "guanxi-crash-boundary";
        let part = |name: &str, value: &str| {
            format!(
                "--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
            )
        };
        let mut body: String = fields
            .iter()
            .map(|(name, value)| part(name, value))
            .collect();
        body.push_str(&format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\
             Content-Type: text/plain\r\n\r\n{content}\r\n--{boundary}--\r\n"
        ));
        let kind = format!("multipart/form-data; boundary={boundary}");
        self.send(
            self.request("POST", path).header("Content-Type", kind),
            body,
        )
    }

    /// The records of a list whose `field` stands in this relation to `text`,
    /// at most 500.
    pub fn find(&self, object: &str, condition: &str) -> Result<Vec<Value>, Failure> {
        let path = format!("/records/{object}?limit=500&filter={}", encode(condition));
        Ok(list(&self.get(&path)?))
    }

    fn json(&self, method: &str, path: &str) -> Builder {
        self.request(method, path)
            .header("Content-Type", "application/json")
    }

    fn request(&self, method: &str, path: &str) -> Builder {
        let address = format!("{}{path}", self.base);
        let bearer = format!("Bearer {}", self.token);
        Request::builder()
            .method(method)
            .uri(address)
            .header("Authorization", bearer)
    }

    fn send(&self, request: Builder, body: String) -> Result<Answer, Failure> {
        let request = request.body(body).map_err(cut)?;
        read(self.agent.run(request).map_err(cut)?)
    }
}

/// The records in the answer of a list.
pub fn list(answer: &Answer) -> Vec<Value> {
    answer.body["data"].as_array().cloned().unwrap_or_default()
}

/// A text as the value of a query parameter.
pub fn encode(text: &str) -> String {
    let encoded = text.bytes().map(|byte| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => {
            char::from(byte).to_string()
        }
        _ => format!("%{byte:02X}"),
    });
    encoded.collect()
}

fn read(mut response: ureq::http::Response<ureq::Body>) -> Result<Answer, Failure> {
    let status = response.status().as_u16();
    let text = response.body_mut().read_to_string().map_err(cut)?;
    let body = serde_json::from_str(&text).unwrap_or_default();
    if (200..300).contains(&status) {
        return Ok(Answer { body });
    }
    Err(Failure::Refused { status, body })
}

fn cut<E>(_: E) -> Failure {
    Failure::Cut
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_encoded() {
        assert_eq!(encode("name ^= \"a-b\""), "name%20%5E%3D%20%22a-b%22");
    }
}
