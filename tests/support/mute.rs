//! A server that takes connections and falls silent, as behind a network that drops what it does
//! not like, or a pooler whose database is stuck.

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

/// The last thing that is answered on each connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Until {
    /// None.
    Nothing,
    /// Whoever comes is let in.
    LetIn,
    /// A transaction is begun.
    Begun,
}

/// Such a server; it closes when it is dropped.
#[derive(Debug)]
pub struct Mute {
    port: u16,
    _accepting: JoinSet<()>,
}

impl Mute {
    /// One on any free port.
    pub async fn open(until: Until) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let mut accepting = JoinSet::new();
        accepting.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                connections.spawn(serve(stream, until));
            }
        });
        Self {
            port,
            _accepting: accepting,
        }
    }

    /// A database there.
    #[must_use]
    pub fn url(&self) -> String {
        let port = self.port;
        format!("postgres://app:canary@127.0.0.1:{port}/app?sslmode=disable")
    }
}

async fn serve(mut stream: TcpStream, until: Until) {
    let answers: [(Until, &[u8]); 2] = [
        (Until::LetIn, b"R\0\0\0\x08\0\0\0\0Z\0\0\0\x05I"),
        (Until::Begun, b"C\0\0\0\x0aBEGIN\0Z\0\0\0\x05T"),
    ];
    for (word, answer) in answers {
        if word <= until {
            // Whoever asks, asks in one piece.
            let _ = stream.read(&mut [0; 1024]).await;
            let _ = stream.write_all(answer).await;
        }
    }
    // Open until whoever asked goes.
    let _ = stream.read_to_end(&mut vec![]).await;
}
