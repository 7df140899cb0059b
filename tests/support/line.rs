//! A line to the database that can be held or cut while somebody is talking.

use std::{net::SocketAddr, path::PathBuf};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream, UnixStream},
    sync::watch,
    task::JoinSet,
};

use crate::{World, server};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    Held,
    Cut,
}

/// A port that leads to the test server, for as long as this is not dropped.
#[derive(Debug)]
pub struct Line {
    address: SocketAddr,
    state: watch::Sender<State>,
    // Holds the accepting task, which in turn holds the connections.
    _accepting: JoinSet<()>,
}

impl Line {
    /// A line that is open.
    ///
    /// # Panics
    /// If there is no port to be had.
    pub async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let socket = server()
            .socket_dir()
            .join(format!(".s.PGSQL.{}", server().port()));
        let (state, watched) = watch::channel(State::Open);
        let mut accepting = JoinSet::new();
        accepting.spawn(accept(listener, address, socket, watched));
        Self {
            address,
            state,
            _accepting: accepting,
        }
    }

    /// A database at the end of this line, for a role.
    #[must_use]
    pub fn url(&self, role: &str, world: &World) -> String {
        format!(
            "postgres://{role}@{}/{}?sslmode=disable",
            self.address,
            world.name()
        )
    }

    /// The port of the loopback interface that leads there.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// From now on nothing comes through, and nobody is told.
    pub fn hold(&self) {
        self.state.send_replace(State::Held);
    }

    /// Ends every connection, and refuses new ones.
    pub async fn cut(&self) {
        self.state.send_replace(State::Cut);
        while TcpStream::connect(self.address).await.is_ok() {
            tokio::task::yield_now().await;
        }
    }

    /// Lets everything through again.
    pub async fn mend(&self) {
        self.state.send_replace(State::Open);
        while TcpStream::connect(self.address).await.is_err() {
            tokio::task::yield_now().await;
        }
    }
}

async fn accept(
    mut listener: TcpListener,
    address: SocketAddr,
    socket: PathBuf,
    mut state: watch::Receiver<State>,
) {
    loop {
        {
            let mut connections = JoinSet::new();
            loop {
                tokio::select! {
                    accepted = listener.accept() => {
                        let (stream, _) = accepted.expect("a connection");
                        connections.spawn(carry(stream, socket.clone(), state.clone()));
                    }
                    () = cut(state.clone()) => break,
                }
            }
            drop(listener);
        }
        if state.wait_for(|state| *state == State::Open).await.is_err() {
            return;
        }
        listener = TcpListener::bind(address)
            .await
            .expect("the port is still ours");
    }
}

async fn cut(mut state: watch::Receiver<State>) {
    // Nobody left who could cut it: then it stays.
    if state.wait_for(|state| *state == State::Cut).await.is_err() {
        std::future::pending::<()>().await;
    }
}

async fn carry(client: TcpStream, socket: PathBuf, state: watch::Receiver<State>) {
    let Ok(database) = UnixStream::connect(socket).await else {
        return;
    };
    let (from_client, to_client) = client.into_split();
    let (from_database, to_database) = database.into_split();
    // When one side hangs up, the other is hung up on.
    tokio::select! {
        () = pump(from_client, to_database, state.clone()) => {}
        () = pump(from_database, to_client, state) => {}
    }
}

async fn pump(
    mut from: impl AsyncReadExt + Unpin,
    mut to: impl AsyncWriteExt + Unpin,
    mut state: watch::Receiver<State>,
) {
    let mut bytes = vec![0; 16 * 1024];
    while let Ok(length @ 1..) = from.read(&mut bytes).await {
        if state.wait_for(|state| *state == State::Open).await.is_err()
            || to.write_all(&bytes[..length]).await.is_err()
        {
            return;
        }
    }
}
