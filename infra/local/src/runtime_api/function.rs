//! A function with its processes: as many as are needed at once, up to its limit.

use super::logs::Lines;
use super::sandbox::Sandbox;
use super::watchdog::Watchdog;
use super::{FunctionSpec, InvokeError, PAYLOAD_LIMIT, StartError};
use hyper::body::Bytes;
use serde_json::Value;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Semaphore;

/// A function that takes events; its processes end when it is dropped, or when we die.
#[derive(Debug)]
pub struct Function {
    spec: FunctionSpec,
    idle: Mutex<Vec<Sandbox>>,
    permits: Semaphore,
    logs: Lines,
    init_duration: Mutex<Option<Duration>>,
    peak_memory_kb: AtomicU64,
    // Last, so that it outlives the processes.
    watchdog: Watchdog,
}

impl Function {
    /// How many lines of output are kept.
    const LOG_LINES: usize = 20_000;

    /// Starts the function's first process and waits until it is ready for events.
    pub async fn start(spec: FunctionSpec) -> Result<Self, StartError> {
        let watchdog = Watchdog::start().map_err(|source| StartError::Surroundings {
            doing: "start the watchdog",
            function: spec.name.clone(),
            source,
        })?;
        let function = Self {
            permits: Semaphore::new(spec.concurrency.max(1)),
            idle: Mutex::default(),
            logs: Lines::with_capacity(Self::LOG_LINES),
            init_duration: Mutex::default(),
            peak_memory_kb: AtomicU64::new(0),
            watchdog,
            spec,
        };
        let first = function.start_sandbox().await?;
        function.idle().push(first);
        Ok(function)
    }

    /// Has one event handled; waits while all processes that there may be are busy.
    pub async fn invoke(&self, payload: Value) -> Result<Value, InvokeError> {
        let answer = self.invoke_bytes(payload.to_string().into_bytes()).await?;
        serde_json::from_slice(&answer).map_err(|error| InvokeError::Function {
            error_type: "Runtime.MalformedResponse".to_owned(),
            error_message: format!("the answer is no JSON ({error})"),
        })
    }

    /// Like [`Function::invoke`], without looking into the event or the answer.
    pub async fn invoke_bytes(&self, payload: Vec<u8>) -> Result<Vec<u8>, InvokeError> {
        if payload.len() > PAYLOAD_LIMIT {
            return Err(InvokeError::TooLarge {
                bytes: payload.len(),
            });
        }
        // The semaphore is never closed, so a permit always comes.
        let _permit = self.permits.acquire().await;
        let mut sandbox = match self.take_idle() {
            Some(sandbox) => sandbox,
            None => self
                .start_sandbox()
                .await
                .map_err(|source| InvokeError::Init { source })?,
        };
        let outcome = sandbox.invoke(&self.spec, Bytes::from(payload)).await;
        self.note_memory(&sandbox);
        // If we are dropped at the await above, the process is killed with its unfinished event.
        if !matches!(
            outcome,
            Err(InvokeError::TimedOut | InvokeError::Crashed { .. })
        ) {
            self.idle().push(sandbox);
        }
        outcome.map(Vec::from)
    }

    /// The name of the function.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.spec.name
    }

    /// The lines that its processes have written so far, to standard output and error.
    #[must_use]
    pub fn logs(&self) -> Vec<String> {
        self.logs.to_vec()
    }

    /// How long the latest process took from its start to its first request for an event.
    #[must_use]
    pub fn init_duration(&self) -> Option<Duration> {
        *self
            .init_duration
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// The most memory that any of its processes has needed; known on Linux only.
    #[must_use]
    pub fn peak_memory_kb(&self) -> Option<u64> {
        Some(self.peak_memory_kb.load(Ordering::Relaxed)).filter(|peak| *peak > 0)
    }

    async fn start_sandbox(&self) -> Result<Sandbox, StartError> {
        let (sandbox, took) = Sandbox::start(&self.spec, &self.logs, &self.watchdog).await?;
        *self
            .init_duration
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Some(took);
        self.note_memory(&sandbox);
        Ok(sandbox)
    }

    /// Takes the process that was busy last; drops those that have ended in their sleep.
    fn take_idle(&self) -> Option<Sandbox> {
        let mut idle = self.idle();
        while let Some(mut sandbox) = idle.pop() {
            if sandbox.is_alive() {
                return Some(sandbox);
            }
        }
        None
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Sandbox>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note_memory(&self, sandbox: &Sandbox) {
        if let Some(peak) = sandbox.peak_memory_kb() {
            self.peak_memory_kb.fetch_max(peak, Ordering::Relaxed);
        }
    }
}
