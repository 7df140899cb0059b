//! An S3 that lets an upload begin, and takes nothing.

use std::sync::{Arc, Mutex};

use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

pub(super) struct Denying {
    pub(super) url: String,
    asked: Arc<Mutex<Vec<String>>>,
    _accepting: JoinSet<()>,
}

impl Denying {
    pub(super) async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(vec![]));
        let mut accepting = JoinSet::new();
        let kept = Arc::clone(&asked);
        accepting.spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let request = serve(stream).await;
                kept.lock().unwrap().push(request);
            }
        });
        Self {
            url,
            asked,
            _accepting: accepting,
        }
    }

    /// The methods and paths of all requests.
    pub(super) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

async fn serve(stream: TcpStream) -> String {
    let mut stream = BufReader::new(stream);
    let mut request = String::new();
    stream.read_line(&mut request).await.unwrap();
    let mut length = 0;
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await.unwrap();
        let line = line.trim().to_ascii_lowercase();
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if line.is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.unwrap();
    let (status, body) = match request.split(' ').next() {
        Some("POST") => ("200 OK", "<UploadId>u-1</UploadId>"),
        Some("DELETE") => ("204 No Content", ""),
        _ => ("403 Forbidden", "<Error><Code>AccessDenied</Code></Error>"),
    };
    let answer = format!(
        "HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(answer.as_bytes()).await.unwrap();
    request.trim_end_matches(" HTTP/1.1\r\n").to_owned()
}
