//! Where alerts arrive: an HTTP server on loopback that keeps what it takes.

use std::{
    collections::VecDeque,
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

/// How a mailbox treats whoever calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    /// It takes what comes.
    Open,
    /// It answers with an error.
    Refusing,
    /// It takes the request and never answers.
    Silent,
}

/// What an open mailbox answers, one after the other: the status, lines of the head, and the body.
type Answers = Arc<Mutex<VecDeque<(String, String, String)>>>;

/// A mailbox; it closes when it is dropped.
#[derive(Debug)]
pub struct Mailbox {
    address: SocketAddr,
    mood: Arc<Mutex<Mood>>,
    taken: Arc<Mutex<Vec<String>>>,
    answers: Answers,
    _accepting: JoinSet<()>,
}

impl Mailbox {
    /// An open mailbox on any free port.
    pub async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let mood = Arc::new(Mutex::new(Mood::Open));
        let taken = Arc::new(Mutex::new(vec![]));
        let answers = Answers::default();
        let mut accepting = JoinSet::new();
        accepting.spawn(accept(
            listener,
            Arc::clone(&mood),
            Arc::clone(&taken),
            Arc::clone(&answers),
        ));
        Self {
            address,
            mood,
            taken,
            answers,
            _accepting: accepting,
        }
    }

    /// Its address, with a path that is a secret, as Slack's is.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}/services/T0/B0/secret", self.address)
    }

    /// Where it listens on the loopback interface.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// After what it was told before, it answers so; with nothing left to say it says ok.
    pub fn answer(&self, header: &str, body: &Value) {
        self.say("200 OK", header, &body.to_string());
    }

    /// The same with another status than success.
    pub fn say(&self, status: &str, header: &str, body: &str) {
        let answer = (status.to_owned(), header.to_owned(), body.to_owned());
        self.answers.lock().expect("no panic").push_back(answer);
    }

    /// From now on it treats callers so.
    pub fn be(&self, mood: Mood) {
        *self.mood.lock().expect("no panic") = mood;
    }

    /// What it has taken since it was last asked, in order.
    #[must_use]
    pub fn take(&self) -> Vec<Value> {
        let bodies = std::mem::take(&mut *self.taken.lock().expect("no panic"));
        let bodies = bodies.iter().map(|body| serde_json::from_str(body));
        bodies.collect::<Result<_, _>>().expect("JSON")
    }
}

async fn accept(
    listener: TcpListener,
    mood: Arc<Mutex<Mood>>,
    taken: Arc<Mutex<Vec<String>>>,
    answers: Answers,
) {
    let mut calls = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let (mood, taken) = (Arc::clone(&mood), Arc::clone(&taken));
        calls.spawn(serve(stream, mood, taken, Arc::clone(&answers)));
    }
}

async fn serve(
    mut stream: TcpStream,
    mood: Arc<Mutex<Mood>>,
    taken: Arc<Mutex<Vec<String>>>,
    answers: Answers,
) {
    let Some((_, body)) = read(&mut stream).await else {
        return;
    };
    let mood = *mood.lock().expect("no panic");
    let plain = |status: &str, body: &str| {
        let header = "content-type: text/plain".to_owned();
        (status.to_owned(), header, body.to_owned())
    };
    let (status, header, body) = match mood {
        Mood::Open => {
            taken.lock().expect("no panic").push(body);
            let told = answers.lock().expect("no panic").pop_front();
            told.unwrap_or_else(|| plain("200 OK", "ok"))
        }
        Mood::Refusing => plain("500 Internal Server Error", "oops"),
        Mood::Silent => return std::future::pending().await,
    };
    let answer = format!(
        "HTTP/1.1 {status}\r\n{header}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
    // A caller who has hung up has its answer.
    let _ = stream.write_all(answer.as_bytes()).await;
}

/// One request's head and body.
pub(crate) async fn read(stream: &mut TcpStream) -> Option<(String, String)> {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .to_lowercase()
                .lines()
                .find_map(|line| line.strip_prefix("content-length:"))?
                .trim()
                .parse::<usize>()
                .ok()?;
            if body.len() >= length {
                return Some((head.to_owned(), body.to_owned()));
            }
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
}
