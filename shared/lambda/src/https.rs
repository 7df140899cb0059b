//! One HTTP exchange with somebody outside, within a time limit.
//!
//! Nothing is tried again, no redirect is followed, and no connection is kept: between two events
//! Lambda freezes the process, and a connection that slept may be dead without knowing it.

use std::{error::Error, fmt, sync::Arc, time::Duration};

use http::{Request, Response, Uri, uri::Scheme};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{self, connect::HttpConnector},
    rt::TokioExecutor,
};

/// The longest answer that is read unless more is asked for: a secret has at most 64 KiB, and an alert's receipt is short.
const LONGEST_ANSWER: usize = 256 * 1024;

/// How long a connection may be idle before it is asked whether it is still there.
const KEEPALIVE: Duration = Duration::from_secs(30);

/// A client whose every exchange, from looking up the name to the last byte, has `limit`.
#[derive(Clone)]
pub(crate) struct Https {
    client: legacy::Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    limit: Duration,
    longest: usize,
}

/// Why there is no answer. Its words go on after the name of whoever was asked, and hold nothing
/// of the address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoAnswer {
    /// The time is up.
    #[error("did not answer within {} s", .0.as_secs_f32())]
    Late(Duration),
    /// There is no connection, or no trust in whoever is at its other end.
    #[error("could not be reached: {0}")]
    Unreachable(String),
    /// The connection ended too early, or the answer is not HTTP.
    #[error("gave no answer that can be read: {0}")]
    Unreadable(String),
    /// The request could not be made.
    #[error("was not asked: {0}")]
    Unasked(String),
}

impl Https {
    /// `limit` is for one exchange as a whole.
    pub(crate) fn new(limit: Duration) -> Self {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut http = HttpConnector::new();
        http.enforce_http(false);
        // Whoever waits long for an answer must not be forgotten by what stands in between.
        http.set_keepalive(Some(KEEPALIVE));
        let connector = HttpsConnectorBuilder::new()
            .with_provider_and_webpki_roots(provider)
            .expect("ring knows the default versions of TLS")
            .https_or_http()
            .enable_http1()
            .wrap_connector(http);
        let client = legacy::Client::builder(TokioExecutor::new())
            .pool_max_idle_per_host(0)
            .build(connector);
        Self {
            client,
            limit,
            longest: LONGEST_ANSWER,
        }
    }

    /// Reads answers of up to this many bytes.
    pub(crate) fn taking(self, longest: usize) -> Self {
        Self { longest, ..self }
    }

    /// Sends the request and reads the answer, whatever its status.
    pub(crate) async fn exchange(
        &self,
        request: Request<Bytes>,
    ) -> Result<Response<Bytes>, NoAnswer> {
        let exchange = async {
            let response = self.client.request(request.map(Full::new)).await;
            read(response.map_err(|error| no_answer(&error))?, self.longest).await
        };
        tokio::time::timeout(self.limit, exchange)
            .await
            .unwrap_or(Err(NoAnswer::Late(self.limit)))
    }
}

impl fmt::Debug for Https {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Https")
            .field("limit", &self.limit)
            .finish_non_exhaustive()
    }
}

async fn read(response: Response<Incoming>, longest: usize) -> Result<Response<Bytes>, NoAnswer> {
    let (head, body) = response.into_parts();
    match Limited::new(body, longest).collect().await {
        Ok(body) => Ok(Response::from_parts(head, body.to_bytes())),
        Err(error) => Err(NoAnswer::Unreadable(innermost(&*error))),
    }
}

fn no_answer(error: &legacy::Error) -> NoAnswer {
    if error.is_connect() {
        NoAnswer::Unreachable(innermost(error))
    } else {
        NoAnswer::Unreadable(innermost(error))
    }
}

/// The first cause, which says it best.
fn innermost(error: &(dyn Error + 'static)) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}

/// An address that can be called: `https` or `http`, with a host, without a user or password.
pub(crate) fn address(text: &str) -> Option<Uri> {
    let uri: Uri = text.parse().ok()?;
    let authority = uri.authority()?;
    let known = [Some(&Scheme::HTTPS), Some(&Scheme::HTTP)].contains(&uri.scheme());
    (known && !authority.host().is_empty() && !authority.as_str().contains('@')).then_some(uri)
}

#[cfg(test)]
pub(crate) mod endpoint;
#[cfg(test)]
mod tests;
