//! The Runtime API as one process sees it: ask for an event, answer it, report an error.

use crate::http_server::HttpServer;
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::{Method, Request, Response, StatusCode};
use serde_json::Value;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::sync::{Mutex, mpsc};

/// An event on its way to the process.
#[derive(Debug)]
pub(super) struct Event {
    pub(super) request_id: String,
    pub(super) deadline_ms: u128,
    pub(super) function_arn: String,
    pub(super) payload: Bytes,
}

/// What the process said through the API.
#[derive(Debug)]
pub(super) enum Report {
    /// It waits for an event.
    Ready,
    /// It answered an event.
    Answer { request_id: String, body: Bytes },
    /// It failed at an event.
    Failure {
        request_id: String,
        error_type: String,
        error_message: String,
    },
    /// It cannot start.
    InitFailure {
        error_type: String,
        error_message: String,
    },
}

/// The API of one process, and the two ends of the conversation with it.
#[derive(Debug)]
pub(super) struct RuntimeApi {
    server: HttpServer,
    pub(super) events: mpsc::UnboundedSender<Event>,
    pub(super) reports: mpsc::UnboundedReceiver<Report>,
}

impl RuntimeApi {
    pub(super) async fn serve() -> io::Result<Self> {
        let (events, waiting) = mpsc::unbounded_channel();
        let (said, reports) = mpsc::unbounded_channel();
        let side = Arc::new(ProcessSide {
            events: Mutex::new(waiting),
            reports: said,
        });
        let server = HttpServer::serve(0, move |request| {
            let side = Arc::clone(&side);
            async move { side.answer(request).await }
        })
        .await?;
        Ok(Self {
            server,
            events,
            reports,
        })
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.server.address
    }
}

#[derive(Debug)]
struct ProcessSide {
    events: Mutex<mpsc::UnboundedReceiver<Event>>,
    reports: mpsc::UnboundedSender<Report>,
}

impl ProcessSide {
    async fn answer(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let path = request.uri().path().to_owned();
        let Some(route) = path.strip_prefix("/2018-06-01/runtime/") else {
            return refusal(StatusCode::NOT_FOUND, "InvalidPath");
        };
        let parts: Vec<&str> = route.split('/').collect();
        match (request.method(), parts.as_slice()) {
            (&Method::GET, ["invocation", "next"]) => self.next().await,
            (&Method::POST, ["invocation", id, "response"]) => self.response(id, request).await,
            (&Method::POST, ["invocation", id, "error"]) => {
                let (error_type, error_message) = read_error(request).await;
                let request_id = (*id).to_owned();
                self.report(Report::Failure {
                    request_id,
                    error_type,
                    error_message,
                })
            }
            (&Method::POST, ["init", "error"]) => {
                let (error_type, error_message) = read_error(request).await;
                self.report(Report::InitFailure {
                    error_type,
                    error_message,
                })
            }
            _ => refusal(StatusCode::NOT_FOUND, "InvalidPath"),
        }
    }

    async fn next(&self) -> Response<Full<Bytes>> {
        // Whoever listened is gone when the sandbox is, and then the process is, too.
        let _ = self.reports.send(Report::Ready);
        let Some(event) = self.events.lock().await.recv().await else {
            return refusal(StatusCode::GONE, "SandboxGone");
        };
        Response::builder()
            .header("content-type", "application/json")
            .header("lambda-runtime-aws-request-id", event.request_id)
            .header("lambda-runtime-deadline-ms", event.deadline_ms.to_string())
            .header("lambda-runtime-invoked-function-arn", event.function_arn)
            .body(Full::new(event.payload))
            .unwrap_or_else(|_| refusal(StatusCode::INTERNAL_SERVER_ERROR, "InvalidHeader"))
    }

    async fn response(&self, id: &str, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let Ok(body) = request.into_body().collect().await else {
            return refusal(StatusCode::BAD_REQUEST, "BodyIncomplete");
        };
        let body = body.to_bytes();
        if body.len() > super::PAYLOAD_LIMIT {
            let error_type = "Function.ResponseSizeTooLarge".to_owned();
            let error_message =
                format!("the answer has {} bytes, and Lambda takes 6 MB", body.len());
            self.report(Report::Failure {
                request_id: id.to_owned(),
                error_type,
                error_message,
            });
            return refusal(StatusCode::PAYLOAD_TOO_LARGE, "RequestEntityTooLarge");
        }
        self.report(Report::Answer {
            request_id: id.to_owned(),
            body,
        })
    }

    fn report(&self, report: Report) -> Response<Full<Bytes>> {
        match self.reports.send(report) {
            Ok(()) => json(StatusCode::ACCEPTED, r#"{"status":"OK"}"#.to_owned()),
            Err(_) => refusal(StatusCode::GONE, "SandboxGone"),
        }
    }
}

/// Reads `{"errorType", "errorMessage"}`; what is not there is called unknown.
async fn read_error(request: Request<Incoming>) -> (String, String) {
    let body = match request.into_body().collect().await {
        Ok(body) => body.to_bytes(),
        Err(_) => Bytes::new(),
    };
    let error: Value = serde_json::from_slice(&body).unwrap_or_default();
    let field = |name: &str| error[name].as_str().unwrap_or("unknown").to_owned();
    (field("errorType"), field("errorMessage"))
}

fn refusal(status: StatusCode, error_type: &str) -> Response<Full<Bytes>> {
    json(
        status,
        format!(r#"{{"errorType":"{error_type}","errorMessage":"{error_type}"}}"#),
    )
}

fn json(status: StatusCode, body: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::from(body));
    *response.status_mut() = status;
    response
}
