//! HTTP as bytes, so that a recorded request can be sent again just as it was.

use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// What came back.
#[derive(Debug)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// The status line and the headers, in lower case.
    pub head: String,
    /// The body.
    pub body: String,
}

impl Reply {
    /// The value of a header, if it is there.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head
            .lines()
            .filter_map(|line| line.split_once(':'))
            .find_map(|(given, value)| (given == name).then(|| value.trim()))
    }

    /// The body as JSON.
    ///
    /// # Panics
    /// If it is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }
}

/// Sends a POST.
pub async fn post(url: &str, headers: &[(&str, &str)], body: &[u8]) -> Reply {
    let mut request = format!(
        "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n",
        body.len()
    );
    for (name, value) in headers {
        request.extend([name, ": ", value, "\r\n"]);
    }
    request.push_str("\r\n");
    send_raw(url, &[request.as_bytes(), body].concat()).await
}

/// Sends the bytes of a request, and reads one answer.
///
/// # Panics
/// If there is no answer.
pub async fn send_raw(url: &str, request: &[u8]) -> Reply {
    let address = url.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    stream
        .write_all(request)
        .await
        .expect("the request is taken");
    let mut answer = Vec::new();
    loop {
        if let Some(reply) = read(&answer) {
            return reply;
        }
        let more = stream.read_buf(&mut answer).await.expect("an answer");
        assert!(more > 0, "cut short: {}", String::from_utf8_lossy(&answer));
    }
}

/// The answer, once all of it is there; one that only says to go on is none.
fn read(bytes: &[u8]) -> Option<Reply> {
    let text = String::from_utf8_lossy(bytes);
    let (head, body) = text.split_once("\r\n\r\n")?;
    if head.starts_with("HTTP/1.1 100 ") {
        return read(body.as_bytes());
    }
    let head = head.to_lowercase();
    let status = head.split(' ').nth(1)?.parse().ok()?;
    let reply = Reply {
        status,
        head,
        body: body.to_owned(),
    };
    let length = reply.header("content-length")?.parse::<usize>().ok()?;
    (reply.body.len() >= length).then_some(reply)
}
