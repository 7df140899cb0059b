//! A running server, and its end.

use super::account::Account;
use super::directory::RunDirectory;
use super::{Error, Installation};
use std::fs;
use std::io::Read;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// How a server is to be run.
#[derive(Debug, Clone)]
pub struct Options {
    /// Whether a commit is to survive a power cut; without it everything is faster, and the data
    /// live in memory where there is enough of it.
    pub durable: bool,
    /// How many sessions the server allows at once.
    pub max_connections: u32,
    /// Further settings, name and value.
    pub extra: Vec<(String, String)>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            durable: false,
            max_connections: 100,
            extra: Vec::new(),
        }
    }
}

/// A cluster of our own, running until this is dropped or this process dies.
///
/// Its superuser is `supabase_admin`; whoever can reach the socket may be anybody.
#[derive(Debug)]
pub struct Server {
    directory: RunDirectory,
    supervisor: Child,
}

impl Server {
    const PORT: u16 = 5432;
    const PATIENCE: Duration = Duration::from_mins(1);

    /// Makes a new cluster and starts a server on it; returns when it takes connections.
    ///
    /// Blocks the thread for about half a second.
    pub fn start(installation: &Installation, options: &Options) -> Result<Self, Error> {
        let directory = RunDirectory::choose(options.durable);
        let settings = settings(options, directory.in_memory);
        let supervisor = Account::choose()?
            .command(Path::new("/bin/sh"))
            .arg("-c")
            .arg(include_str!("supervise.sh"))
            .arg("rollcall-postgres")
            .args([&directory.path, &installation.bin_dir])
            .args(settings.iter().flat_map(|setting| ["-c", setting]))
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(Error::program("/bin/sh"))?;
        let mut server = Self {
            directory,
            supervisor,
        };
        server.wait_until_ready(installation)?;
        Ok(server)
    }

    /// The directory that holds the server's socket.
    #[must_use]
    pub fn socket_dir(&self) -> &Path {
        &self.directory.path
    }

    /// The port in the name of the socket; nothing listens on the network.
    #[must_use]
    pub fn port(&self) -> u16 {
        Self::PORT
    }

    /// The file to which the server writes its log.
    #[must_use]
    pub fn log_path(&self) -> PathBuf {
        self.directory.log()
    }

    /// The address of `database` for `role`, as sqlx and libpq understand it.
    #[must_use]
    pub fn url(&self, role: &str, database: &str) -> String {
        let directory = self.directory.path.to_string_lossy();
        format!(
            "postgres://{}@localhost:{}/{}?host={}",
            percent_encode(role),
            Self::PORT,
            percent_encode(database),
            percent_encode(&directory),
        )
    }

    /// The last lines of the log, once the server has ended without having been told to; nothing
    /// while it runs.
    pub fn ended(&mut self) -> Option<String> {
        let status = self.supervisor.try_wait().ok().flatten()?;
        Some(match self.last_words() {
            words if words.is_empty() => status.to_string(),
            words => words,
        })
    }

    fn wait_until_ready(&mut self, installation: &Installation) -> Result<(), Error> {
        let begin = Instant::now();
        loop {
            if self.is_ready() {
                return Ok(());
            }
            let ended = self
                .supervisor
                .try_wait()
                .map_err(Error::program("the supervisor of PostgreSQL"))?;
            let outcome = match ended {
                Some(status) => format!("ended before it took connections ({status})"),
                None if begin.elapsed() > Self::PATIENCE => {
                    format!("took no connections within {} s", Self::PATIENCE.as_secs())
                }
                None => {
                    thread::sleep(Duration::from_millis(5));
                    continue;
                }
            };
            return Err(Error::Start {
                version: installation.version.clone(),
                directory: installation.bin_dir.clone(),
                outcome,
                log: self.last_words(),
            });
        }
    }

    /// The socket alone is not enough: it is there before the server lets anybody in.
    fn is_ready(&self) -> bool {
        let pid_file = self.directory.data().join("postmaster.pid");
        let said_ready = fs::read_to_string(pid_file).is_ok_and(|text| {
            text.lines()
                .nth(7)
                .is_some_and(|line| line.trim() == "ready")
        });
        let socket = self.directory.path.join(format!(".s.PGSQL.{}", Self::PORT));
        said_ready && UnixStream::connect(socket).is_ok()
    }

    /// Stops the server and reads what it wrote last.
    fn last_words(&mut self) -> String {
        drop(self.supervisor.stdin.take());
        let mut words = String::new();
        if let Some(mut stderr) = self.supervisor.stderr.take() {
            // Words that cannot be read are missing from the message, no more.
            let _ = stderr.read_to_string(&mut words);
        }
        words.trim_end().to_owned()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Closing the pipe is the order to stop; the supervisor then removes the files.
        drop(self.supervisor.stdin.take());
        // Nobody reads its last words, so it must not wait for a reader.
        drop(self.supervisor.stderr.take());
        let _ = self.supervisor.wait();
    }
}

fn settings(options: &Options, in_memory: bool) -> Vec<String> {
    let mut settings = vec![
        "listen_addresses=".to_owned(),
        format!("port={}", Server::PORT),
        format!("max_connections={}", options.max_connections),
        // As on the service.
        "timezone=UTC".to_owned(),
        "log_timezone=UTC".to_owned(),
        "max_wal_size=4GB".to_owned(),
        "shared_buffers=256MB".to_owned(),
    ];
    if !options.durable {
        let careless = [
            "fsync=off",
            "synchronous_commit=off",
            "full_page_writes=off",
        ];
        settings.extend(careless.map(str::to_owned));
    }
    if !in_memory {
        // A container's /dev/shm is often too small for a parallel query.
        settings.push("dynamic_shared_memory_type=mmap".to_owned());
    }
    settings.extend(
        options
            .extra
            .iter()
            .map(|(name, value)| format!("{name}={value}")),
    );
    settings
}

fn percent_encode(text: &str) -> String {
    use std::fmt::Write;
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_address_cannot_hold_is_percent_encoded() {
        assert_eq!(percent_encode("/dev/shm/a b"), "%2Fdev%2Fshm%2Fa%20b");
        assert_eq!(percent_encode("ü"), "%C3%BC");
    }

    #[test]
    fn an_extra_setting_comes_last_and_therefore_wins() {
        let options = Options {
            extra: vec![("fsync".to_owned(), "on".to_owned())],
            ..Options::default()
        };
        assert_eq!(
            settings(&options, true).last().map(String::as_str),
            Some("fsync=on")
        );
    }
}
