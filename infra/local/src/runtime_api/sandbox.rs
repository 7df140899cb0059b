//! One process of a function, from its start to its end.

use super::api::{Event, Report, RuntimeApi};
use super::logs::{self, Lines};
use super::watchdog::{Watchdog, Watched};
use super::{FunctionSpec, InvokeError, StartError, memory};
use hyper::body::Bytes;
use std::io;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::process::{Child, Command};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until, timeout};

/// A process that is ready for events, or busy with one; killed when dropped.
#[derive(Debug)]
pub(super) struct Sandbox {
    // Dropped in this order: killed first, then called off at the watchdog.
    process: Child,
    _watched: Watched,
    api: RuntimeApi,
    readers: JoinSet<()>,
    tail: Lines,
    pid: u32,
    peak_memory_kb: Option<u64>,
}

impl Sandbox {
    /// What Lambda allows a process until it asks for its first event.
    const INIT_LIMIT: Duration = Duration::from_secs(10);
    /// How many lines go into the message of an error.
    const TAIL: usize = 20;

    /// Starts a process and waits until it asks for an event; tells how long that took.
    pub(super) async fn start(
        spec: &FunctionSpec,
        logs: &Lines,
        watchdog: &Watchdog,
    ) -> Result<(Self, Duration), StartError> {
        let cannot = |doing| {
            let function = spec.name.clone();
            move |source| StartError::Surroundings {
                doing,
                function,
                source,
            }
        };
        let api = RuntimeApi::serve()
            .await
            .map_err(cannot("serve the Runtime API"))?;
        let begin = Instant::now();
        let mut process = command(spec, &api)
            .spawn()
            .map_err(|source| StartError::Binary {
                binary: spec.binary.clone(),
                source,
            })?;
        let pid = process.id().unwrap_or_default();
        let watched = watchdog
            .watch(pid)
            .map_err(cannot("keep watch over a process"))?;
        let tail = Lines::with_capacity(Self::TAIL);
        let into = || [logs.clone(), tail.clone()];
        let mut readers = JoinSet::new();
        if let Some(stdout) = process.stdout.take() {
            readers.spawn(logs::collect(stdout, into()));
        }
        if let Some(stderr) = process.stderr.take() {
            readers.spawn(logs::collect(stderr, into()));
        }
        let mut sandbox = Self {
            process,
            _watched: watched,
            api,
            readers,
            tail,
            pid,
            peak_memory_kb: None,
        };
        sandbox
            .wait_until_ready(&spec.name, begin + Self::INIT_LIMIT)
            .await?;
        Ok((sandbox, begin.elapsed()))
    }

    async fn wait_until_ready(
        &mut self,
        function: &str,
        deadline: Instant,
    ) -> Result<(), StartError> {
        let function = function.to_owned();
        match self.listen(deadline).await {
            Heard::Said(Report::InitFailure {
                error_type,
                error_message,
            }) => {
                let output = self.end().await;
                Err(StartError::Reported {
                    function,
                    error_type,
                    error_message,
                    output,
                })
            }
            // Anything else that it says can only be said by a process that runs.
            Heard::Said(_) => Ok(()),
            Heard::Ended(status) => {
                let output = self.end().await;
                Err(StartError::Exited {
                    function,
                    status,
                    output,
                })
            }
            Heard::Deadline => {
                let (limit_s, output) = (Self::INIT_LIMIT.as_secs(), self.end().await);
                Err(StartError::TooSlow {
                    function,
                    limit_s,
                    output,
                })
            }
        }
    }

    /// Hands over one event and waits for its answer, until the deadline at most.
    ///
    /// After [`InvokeError::TimedOut`] and [`InvokeError::Crashed`] the process is gone.
    pub(super) async fn invoke(
        &mut self,
        spec: &FunctionSpec,
        payload: Bytes,
    ) -> Result<Bytes, InvokeError> {
        let id = uuid::Uuid::new_v4().to_string();
        let deadline = Instant::now() + spec.timeout;
        let event = Event {
            request_id: id.clone(),
            deadline_ms: epoch_ms(spec.timeout),
            function_arn: format!(
                "arn:aws:lambda:us-east-1:000000000000:function:{}",
                spec.name
            ),
            payload,
        };
        // The other end is ours, too, and lives as long as we do.
        let _ = self.api.events.send(event);
        loop {
            match self.listen(deadline).await {
                Heard::Said(Report::Answer { request_id, body }) if request_id == id => {
                    return Ok(body);
                }
                Heard::Said(Report::Failure {
                    request_id,
                    error_type,
                    error_message,
                }) if request_id == id => {
                    return Err(InvokeError::Function {
                        error_type,
                        error_message,
                    });
                }
                // That it is ready, or a late word about an event that is long over.
                Heard::Said(_) => {}
                Heard::Ended(status) => {
                    let output = self.end().await;
                    return Err(InvokeError::Crashed { status, output });
                }
                Heard::Deadline => {
                    self.end().await;
                    return Err(InvokeError::TimedOut);
                }
            }
        }
    }

    /// Whether the process has not ended meanwhile.
    pub(super) fn is_alive(&mut self) -> bool {
        matches!(self.process.try_wait(), Ok(None))
    }

    /// The most memory it has needed so far, or until it was ended.
    pub(super) fn peak_memory_kb(&self) -> Option<u64> {
        memory::peak_kb(self.pid).or(self.peak_memory_kb)
    }

    /// Waits for the next thing that happens. What was said counts before what happened then.
    async fn listen(&mut self, deadline: Instant) -> Heard {
        tokio::select! {
            biased;
            Some(report) = self.api.reports.recv() => Heard::Said(report),
            ended = self.process.wait() => Heard::Ended(describe(ended)),
            () = sleep_until(deadline) => Heard::Deadline,
        }
    }

    /// Kills the process, if it lives, and returns the last lines it wrote.
    async fn end(&mut self) -> String {
        self.peak_memory_kb = memory::peak_kb(self.pid);
        // It may have ended by itself, which is just as well.
        let _ = self.process.kill().await;
        // A process of its own may still hold its output open; nobody waits for that one.
        let read_all = async { while self.readers.join_next().await.is_some() {} };
        let _ = timeout(Duration::from_millis(500), read_all).await;
        self.tail.to_text()
    }
}

/// What a sandbox can hear.
enum Heard {
    Said(Report),
    Ended(String),
    Deadline,
}

/// The command with the environment that Lambda gives, and nothing of ours.
fn command(spec: &FunctionSpec, api: &RuntimeApi) -> Command {
    let mut command = Command::new(&spec.binary);
    command
        .env_clear()
        .env("PATH", "/usr/local/bin:/usr/bin:/bin")
        .env("TZ", ":UTC")
        .env("_HANDLER", "bootstrap")
        .env("AWS_REGION", "us-east-1")
        .env("AWS_DEFAULT_REGION", "us-east-1")
        .env("AWS_LAMBDA_RUNTIME_API", api.address().to_string())
        .env("AWS_LAMBDA_FUNCTION_NAME", &spec.name)
        .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
        .env(
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
            spec.memory_mb.to_string(),
        )
        .env("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand")
        .env("AWS_LAMBDA_LOG_FORMAT", "JSON")
        .env(
            "AWS_LAMBDA_LOG_GROUP_NAME",
            format!("/aws/lambda/{}", spec.name),
        )
        .env("AWS_LAMBDA_LOG_STREAM_NAME", "local")
        .env(
            "LAMBDA_TASK_ROOT",
            spec.binary.parent().unwrap_or(Path::new("/")),
        )
        .envs(spec.environment.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        // Ctrl-C is for us; we end what we started.
        .process_group(0)
        .kill_on_drop(true);
    command
}

fn describe(ended: io::Result<std::process::ExitStatus>) -> String {
    ended.map_or_else(|error| error.to_string(), |status| status.to_string())
}

#[expect(
    clippy::disallowed_methods,
    reason = "a function is told its deadline as a time of the wall clock; Lambda has one, too"
)]
fn epoch_ms(from_now: Duration) -> u128 {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    (now + from_now).as_millis()
}
