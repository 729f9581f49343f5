//! A small HTTP/1.1 client on one kept connection: what is measured is the server, so the client does nothing else.

use anyhow::{Context as _, bail};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

/// No answer may take longer than this.
const PATIENCE: Duration = Duration::from_secs(120);

pub struct Client {
    stream: BufReader<TcpStream>,
    /// The lines that every request has.
    head: String,
}

pub struct Reply {
    pub status: u16,
    pub body: Vec<u8>,
}

/// Who asks.
#[derive(Debug, Clone)]
pub enum Caller {
    Token(String),
    Session(String),
}

impl Client {
    pub fn connect(address: SocketAddr, caller: &Caller) -> anyhow::Result<Client> {
        let stream = TcpStream::connect(address).context("The server does not answer.")?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let who = match caller {
            Caller::Token(token) => format!("Authorization: Bearer {token}"),
            Caller::Session(secret) => format!("Cookie: gx_session={secret}"),
        };
        let head = format!("Host: {address}\r\n{who}\r\nAccept-Language: zh\r\n");
        Ok(Client {
            stream: BufReader::with_capacity(1 << 16, stream),
            head,
        })
    }

    pub fn get(&mut self, path: &str) -> anyhow::Result<Reply> {
        let request = format!("GET {path} HTTP/1.1\r\n{}\r\n", self.head);
        self.ask(request.as_bytes())
    }

    /// As `get`, for what is compressed where the caller says that it may be.
    pub fn get_compressed(&mut self, path: &str) -> anyhow::Result<Reply> {
        let request = format!(
            "GET {path} HTTP/1.1\r\n{}Accept-Encoding: br, gzip\r\n\r\n",
            self.head
        );
        self.ask(request.as_bytes())
    }

    pub fn post(&mut self, path: &str, body: &[u8]) -> anyhow::Result<Reply> {
        let length = body.len();
        let mut request = format!(
            "POST {path} HTTP/1.1\r\n{}Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n",
            self.head
        )
        .into_bytes();
        request.extend_from_slice(body);
        self.ask(&request)
    }

    /// The body of a success as JSON; another status is an error with its text.
    pub fn json(&mut self, path: &str) -> anyhow::Result<serde_json::Value> {
        let reply = self.get(path)?;
        reply.expect_success(path)?;
        serde_json::from_slice(&reply.body).with_context(|| format!("{path} is no JSON"))
    }

    /// What the request took from its first byte to the last of the answer.
    pub fn timed(&mut self, path: &str) -> anyhow::Result<Duration> {
        let start = Instant::now();
        let reply = self.get(path)?;
        let took = start.elapsed();
        reply.expect_success(path)?;
        Ok(took)
    }

    fn ask(&mut self, request: &[u8]) -> anyhow::Result<Reply> {
        self.stream.get_mut().write_all(request)?;
        let status = self.line()?;
        let status = status
            .split(' ')
            .nth(1)
            .and_then(|code| code.parse().ok())
            .context("an answer without a status")?;
        let (mut length, mut chunked) = (0, false);
        loop {
            let line = self.line()?;
            if line.is_empty() {
                break;
            }
            let (name, value) = line.split_once(':').unwrap_or((&line, ""));
            if name.eq_ignore_ascii_case("content-length") {
                length = value.trim().parse().context("a length that is none")?;
            } else if name.eq_ignore_ascii_case("transfer-encoding") {
                chunked = value.trim().eq_ignore_ascii_case("chunked");
            }
        }
        let body = if chunked {
            self.chunks()?
        } else {
            self.exactly(length)?
        };
        Ok(Reply { status, body })
    }

    fn chunks(&mut self) -> anyhow::Result<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let size = usize::from_str_radix(self.line()?.trim(), 16)
                .context("a chunk without a length")?;
            body.extend(self.exactly(size)?);
            self.line()?;
            if size == 0 {
                return Ok(body);
            }
        }
    }

    fn exactly(&mut self, length: usize) -> anyhow::Result<Vec<u8>> {
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body)?;
        Ok(body)
    }

    fn line(&mut self) -> anyhow::Result<String> {
        let mut line = String::new();
        if self.stream.read_line(&mut line)? == 0 {
            bail!("the server closed the connection");
        }
        line.truncate(line.trim_end().len());
        Ok(line)
    }
}

impl Reply {
    pub fn expect_success(&self, path: &str) -> anyhow::Result<()> {
        if (200..300).contains(&self.status) {
            return Ok(());
        }
        let text = String::from_utf8_lossy(&self.body);
        bail!(
            "{path} answered {}: {}",
            self.status,
            text.chars().take(300).collect::<String>()
        )
    }
}

/// A value of a query, so that any text may stand in it.
pub fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 3);
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}
