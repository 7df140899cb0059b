//! A page on the loopback interface, made anew whenever it is asked for.

use crate::{function_url::Error, http_server::HttpServer};
use http_body_util::Full;
use hyper::body::Bytes;
use hyper::{Method, Response, StatusCode, header};

/// A page's address on this machine; gone when dropped.
#[derive(Debug)]
pub struct Page {
    server: HttpServer,
}

impl Page {
    /// Serves what `render` makes at `/` and `/report`, on this port of 127.0.0.1 or (0) on any
    /// free one. A sentence instead of a page is shown as an error.
    pub async fn serve<R, F>(port: u16, render: R) -> Result<Self, Error>
    where
        R: Fn() -> F + Clone + Send + 'static,
        F: Future<Output = Result<String, String>> + Send + 'static,
    {
        let server = HttpServer::serve(port, move |request| {
            let render = render.clone();
            async move {
                if !matches!(request.uri().path(), "/" | "/report") {
                    return answer(StatusCode::NOT_FOUND, "text/plain", "Not Found".into());
                }
                if !matches!(*request.method(), Method::GET | Method::HEAD) {
                    let text = "Method Not Allowed".into();
                    return answer(StatusCode::METHOD_NOT_ALLOWED, "text/plain", text);
                }
                match render().await {
                    Ok(page) => answer(StatusCode::OK, "text/html", page),
                    Err(sentence) => {
                        answer(StatusCode::SERVICE_UNAVAILABLE, "text/plain", sentence)
                    }
                }
            }
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

fn answer(status: StatusCode, kind: &str, text: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(text)));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    // The values are constants of this file, and valid.
    if let Ok(kind) = format!("{kind}; charset=utf-8").parse() {
        headers.insert(header::CONTENT_TYPE, kind);
    }
    headers.insert(
        header::CACHE_CONTROL,
        header::HeaderValue::from_static("no-store"),
    );
    response
}
