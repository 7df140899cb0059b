//! moto's server, which answers like AWS: the only other side there is without an account.

use std::{
    env, fs,
    io::{self, Write},
    os::unix::process::CommandExt,
    path::Path,
    process::{self, Child, Command, Stdio},
    sync::OnceLock,
    thread,
    time::{Duration, Instant},
};

/// A server that ends when this process does, in whatever way.
#[derive(Debug)]
pub struct Moto {
    url: String,
    // Holds the pipe that keeps the server alive.
    _supervisor: Child,
}

impl Moto {
    const PATIENCE: Duration = Duration::from_mins(1);

    /// The server of this process, on a free port of the loopback interface. Tests share it, so
    /// each has its own names for what it makes there.
    ///
    /// Without `moto_server` on the PATH there is none, unless `ROLLCALL_REQUIRE_MOTO` is 1.
    ///
    /// # Panics
    /// If it does not start, or is required and not installed.
    #[must_use]
    pub fn shared() -> Option<&'static Self> {
        static MOTO: OnceLock<Option<Moto>> = OnceLock::new();
        // Nobody's functions: nothing listens on port 0.
        MOTO.get_or_init(|| is_there().then(|| Self::start(0)))
            .as_ref()
    }

    /// A server of one's own, whose state machines look for functions on this port of the
    /// loopback interface. None under the same conditions.
    ///
    /// # Panics
    /// If it does not start, or is required and not installed.
    #[must_use]
    pub fn with_functions_at(port: u16) -> Option<Self> {
        is_there().then(|| Self::start(port))
    }

    /// Where it answers, for every service.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    fn start(functions: u16) -> Self {
        let name = format!("rollcall-moto-{}-{functions}", process::id());
        let directory = env::temp_dir().join(name);
        let mut supervisor = Command::new("/bin/sh")
            .args(["-c", include_str!("moto.sh"), "rollcall-moto"])
            .arg(&directory)
            .args(["moto_server", "-H", "127.0.0.1", "-p", "0"])
            .env("MOTO_PORT", functions.to_string())
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("a shell");
        let url = wait_until_ready(&mut supervisor, &directory.join("log"));
        Self {
            url,
            _supervisor: supervisor,
        }
    }
}

/// Whether it is installed; says so where everybody sees it if not.
fn is_there() -> bool {
    if is_installed() {
        return true;
    }
    let missing = "moto_server is not installed: pip install 'moto[server]'";
    let required = env::var_os("ROLLCALL_REQUIRE_MOTO").is_some_and(|value| value == "1");
    assert!(!required, "{missing}");
    announce(missing);
    false
}

fn is_installed() -> bool {
    Command::new("moto_server")
        .arg("--help")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// The address, which the server says when it has got its port.
fn wait_until_ready(supervisor: &mut Child, log: &Path) -> String {
    let begun = Instant::now();
    loop {
        let said = fs::read_to_string(log).unwrap_or_default();
        let address = said
            .lines()
            .find_map(|line| line.split_once(" * Running on "));
        if let (Some((_, url)), true) = (address, said.ends_with('\n')) {
            return url.trim().to_owned();
        }
        let ended = supervisor.try_wait().expect("a child of ours");
        assert!(
            ended.is_none() && begun.elapsed() < Moto::PATIENCE,
            "moto_server does not start; it said:\n{said}"
        );
        thread::sleep(Duration::from_millis(20));
    }
}

/// Says what was left out where everybody sees it: the harness keeps what tests print.
fn announce(missing: &str) {
    let _ = writeln!(io::stderr(), "LEFT OUT, NOT PASSED: {missing}");
}
