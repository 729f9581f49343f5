//! The headers that every answer carries, as a tower layer.

use std::pin::Pin;
use std::task::{Context, Poll};

use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue};
use axum::response::Response;
use tower::{Layer, Service};

/// No inline script or style, nothing from elsewhere, no framing, no plug-ins, forms only to ourselves.
pub const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; \
     font-src 'self'; connect-src 'self'; manifest-src 'self'; media-src 'self'; worker-src 'self'; \
     form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

const HEADERS: [(&str, &str); 6] = [
    ("content-security-policy", POLICY),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
    (
        "permissions-policy",
        "camera=(), microphone=(), payment=(), usb=(), geolocation=(self)",
    ),
];

/// Adds the headers to every answer that does not set its own.
#[derive(Clone, Copy, Debug, Default)]
pub struct SecurityHeaders;

impl<S> Layer<S> for SecurityHeaders {
    type Service = WithHeaders<S>;

    fn layer(&self, inner: S) -> Self::Service {
        WithHeaders { inner }
    }
}

/// The service made by [`SecurityHeaders`].
#[derive(Clone, Debug)]
pub struct WithHeaders<S> {
    inner: S,
}

impl<S> Service<Request> for WithHeaders<S>
where
    S: Service<Request, Response = Response>,
    S::Future: Send + 'static,
{
    type Response = Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let answer = self.inner.call(request);
        Box::pin(async move {
            let mut answer = answer.await?;
            for (name, value) in HEADERS {
                answer
                    .headers_mut()
                    .entry(HeaderName::from_static(name))
                    .or_insert(HeaderValue::from_static(value));
            }
            Ok(answer)
        })
    }
}
