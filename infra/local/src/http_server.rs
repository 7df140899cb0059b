//! A small HTTP server on the loopback interface, stopped by dropping it.

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// A server that runs until it is dropped, connections and all.
#[derive(Debug)]
pub(crate) struct HttpServer {
    pub(crate) address: SocketAddr,
    // Holds the accepting task, which in turn holds those of the connections.
    _accepting: JoinSet<()>,
}

impl HttpServer {
    /// Listens on 127.0.0.1 (any free port for 0) and answers every request with `handle`.
    pub(crate) async fn serve<H, F>(port: u16, handle: H) -> io::Result<Self>
    where
        H: Fn(Request<Incoming>) -> F + Clone + Send + 'static,
        F: Future<Output = Response<Full<Bytes>>> + Send + 'static,
    {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        let address = listener.local_addr()?;
        let mut accepting = JoinSet::new();
        accepting.spawn(accept(listener, handle));
        Ok(Self {
            address,
            _accepting: accepting,
        })
    }
}

async fn accept<H, F>(listener: TcpListener, handle: H)
where
    H: Fn(Request<Incoming>) -> F + Clone + Send + 'static,
    F: Future<Output = Response<Full<Bytes>>> + Send + 'static,
{
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(answer(stream, handle.clone()));
                }
                // Out of file descriptors, or a client gone already: others may still come.
                Err(_) => tokio::time::sleep(std::time::Duration::from_millis(10)).await,
            },
            // Forgets the connections that have ended.
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn answer<H, F>(stream: TcpStream, handle: H)
where
    H: Fn(Request<Incoming>) -> F + Send + 'static,
    F: Future<Output = Response<Full<Bytes>>> + Send + 'static,
{
    // Requests and answers are small and waited for, so none may wait for more to come.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request| {
        let answer = handle(request);
        async move { Ok::<_, Infallible>(answer.await) }
    });
    // A connection that breaks is the client's affair.
    let _ = http1::Builder::new()
        .serve_connection(TokioIo::new(stream), service)
        .await;
}
