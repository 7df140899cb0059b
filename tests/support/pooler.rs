//! Debian's pgbouncer in front of the test server, in transaction mode, without prepared
//! statements: the strictest pooler that a project can have.

use std::{
    io::Read,
    net::TcpListener,
    os::unix::{fs::MetadataExt, net::UnixStream, process::CommandExt},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    thread,
    time::{Duration, Instant},
};

use crate::{World, server};

/// A pooler that ends when this is dropped, or this process dies.
#[derive(Debug)]
pub struct Pooler {
    directory: PathBuf,
    port: u16,
    supervisor: Child,
}

impl Pooler {
    /// Only the name of a socket.
    const PORT: u16 = 6543;
    const PATIENCE: Duration = Duration::from_secs(20);

    /// Starts a pooler that has `size` connections for each role and database.
    ///
    /// # Panics
    /// If pgbouncer is not installed, or does not start.
    #[must_use]
    pub fn start(size: u32) -> Self {
        Self::start_at(Self::PORT, size, "")
    }

    /// Starts one that also listens on the loopback interface, and takes nobody there without TLS: with
    /// the certificate and the key in these files, which everybody may read.
    ///
    /// # Panics
    /// If pgbouncer is not installed, or does not start.
    #[must_use]
    pub fn with_tls(certificate: &Path, key: &Path) -> Self {
        let free = TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr());
        let more = format!(
            "listen_addr = 127.0.0.1\n\
             client_tls_sslmode = require\n\
             client_tls_cert_file = {}\n\
             client_tls_key_file = {}\n",
            certificate.display(),
            key.display()
        );
        Self::start_at(free.expect("a port").port(), 2, &more)
    }

    fn start_at(port: u16, size: u32, more: &str) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let program = program();
        let sockets = server().socket_dir();
        let directory = PathBuf::from(format!(
            "{}-pooler-{}",
            sockets.display(),
            NUMBER.fetch_add(1, Ordering::Relaxed)
        ));
        // pgbouncer refuses to be root, so it is whoever the server is.
        let owner = sockets.metadata().expect("the server's directory");
        let supervisor = Command::new("/bin/sh")
            .args(["-c", include_str!("pooler.sh"), "rollcall-pooler"])
            .args([&directory, &program])
            .arg(settings(&program, &directory, port, size) + more)
            .arg("\"rollcall_app\" \"\"\n\"rollcall_operator\" \"\"\n\"postgres\" \"\"")
            .current_dir("/")
            .process_group(0)
            .uid(owner.uid())
            .gid(owner.gid())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("a shell");
        let mut pooler = Self {
            directory,
            port,
            supervisor,
        };
        pooler.wait_until_ready();
        pooler
    }

    /// The address of a world behind the pooler, for a role.
    #[must_use]
    pub fn url(&self, role: &str, world: &World) -> String {
        format!(
            "postgres://{role}@localhost:{}/{}?host={}",
            self.port,
            world.name(),
            self.directory.display()
        )
    }

    /// The same by its port, under this name of the machine.
    #[must_use]
    pub fn tls_url(&self, role: &str, host: &str, world: &World) -> String {
        format!(
            "postgres://{role}@{host}:{}/{}?sslmode=verify-full",
            self.port,
            world.name()
        )
    }

    fn wait_until_ready(&mut self) {
        let begun = Instant::now();
        let socket = self.directory.join(format!(".s.PGSQL.{}", self.port));
        while UnixStream::connect(&socket).is_err() {
            let ended = self.supervisor.try_wait().expect("a child of ours");
            assert!(
                ended.is_none() && begun.elapsed() < Self::PATIENCE,
                "pgbouncer does not start; it said:\n{}",
                self.last_words()
            );
            thread::sleep(Duration::from_millis(10));
        }
    }

    fn last_words(&mut self) -> String {
        drop(self.supervisor.stdin.take());
        let mut words = String::new();
        if let Some(mut stderr) = self.supervisor.stderr.take() {
            // Words that cannot be read are missing from the message, no more.
            let _ = stderr.read_to_string(&mut words);
        }
        words
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        drop(self.supervisor.stdin.take());
        // Nobody reads its last words, so it must not wait for a reader.
        drop(self.supervisor.stderr.take());
        let _ = self.supervisor.wait();
    }
}

/// Debian puts it where only root looks.
fn program() -> PathBuf {
    [
        "/usr/sbin/pgbouncer",
        "/usr/bin/pgbouncer",
        "/usr/local/bin/pgbouncer",
    ]
    .into_iter()
    .map(PathBuf::from)
    .find(|path| path.is_file())
    .expect(
        "pgbouncer is not installed: `apt-get install pgbouncer`, or set ROLLCALL_SKIP_POOLER \
             to leave these tests out",
    )
}

fn settings(program: &Path, directory: &Path, port: u16, size: u32) -> String {
    let mut settings = format!(
        "[databases]\n\
         * = host={} port={}\n\
         [pgbouncer]\n\
         listen_port = {}\n\
         unix_socket_dir = {directory}\n\
         auth_type = trust\n\
         auth_file = {directory}/users\n\
         pool_mode = transaction\n\
         default_pool_size = {size}\n",
        server().socket_dir().display(),
        server().port(),
        port,
        directory = directory.display(),
    );
    if knows_prepared_statements(program) {
        settings.push_str("max_prepared_statements = 0\n");
    }
    settings
}

/// Older ones have no such setting, and know no more of them than zero allows.
fn knows_prepared_statements(program: &Path) -> bool {
    let version = Command::new(program).arg("--version").output();
    let version = String::from_utf8(version.expect("its version").stdout).expect("text");
    let mut numbers = version
        .split(|character: char| !character.is_ascii_digit())
        .filter_map(|number| number.parse::<u32>().ok());
    (numbers.next(), numbers.next()) >= (Some(1), Some(21))
}
