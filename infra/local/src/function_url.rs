//! An HTTP address in front of a function, as a Lambda Function URL is.
//!
//! A request becomes an event of payload format 2.0, and the function's answer a response. Other
//! than on AWS there is no TLS, no authentication, and no choice between buffered and streamed.

mod answer;
mod event;

use crate::http_server::HttpServer;
use crate::runtime_api::{Function, InvokeError, PAYLOAD_LIMIT};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::{Request, Response, StatusCode};
use std::io;
use std::sync::Arc;

/// Why no address could be put in front of a function.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The port is taken, or not ours to take.
    #[error("cannot listen on 127.0.0.1:{port}; choose another port, or 0 for any that is free")]
    Listen {
        /// The port asked for.
        port: u16,
        /// Why it failed.
        #[source]
        source: io::Error,
    },
}

/// A function's HTTP address on this machine; gone when dropped.
#[derive(Debug)]
pub struct Endpoint {
    server: HttpServer,
}

impl Endpoint {
    /// Puts an address in front of `function`, on this port of 127.0.0.1 or (0) on any free one.
    pub async fn serve(function: Arc<Function>, port: u16) -> Result<Self, Error> {
        let server = HttpServer::serve(port, move |request| {
            let function = Arc::clone(&function);
            async move { handle(function, request).await }
        })
        .await
        .map_err(|source| Error::Listen { port, source })?;
        Ok(Self { server })
    }

    /// The address, without a slash at its end.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.server.address)
    }
}

async fn handle(function: Arc<Function>, request: Request<Incoming>) -> Response<Full<Bytes>> {
    let (head, body) = request.into_parts();
    let body = match Limited::new(body, PAYLOAD_LIMIT).collect().await {
        Ok(body) => body.to_bytes(),
        Err(error) if error.is::<http_body_util::LengthLimitError>() => {
            return answer::message(StatusCode::PAYLOAD_TOO_LARGE, "Request Entity Too Large");
        }
        Err(_) => return answer::message(StatusCode::BAD_REQUEST, "Bad Request"),
    };
    let event = event::from_request(&head, &body).to_string().into_bytes();
    // In a task of its own, because a function goes on when its caller hangs up.
    let outcome = tokio::spawn(async move { function.invoke_bytes(event).await }).await;
    match outcome {
        Ok(Ok(payload)) => answer::to_response(&payload),
        // As an event the body is larger than it was: quoted, or in base64.
        Ok(Err(InvokeError::TooLarge { .. })) => {
            answer::message(StatusCode::PAYLOAD_TOO_LARGE, "Request Entity Too Large")
        }
        // Whatever went wrong inside is in the function's log, and no caller's affair.
        Ok(Err(_)) | Err(_) => answer::message(StatusCode::BAD_GATEWAY, "Internal Server Error"),
    }
}
