//! Sees to it that no process of a function outlives us, even when we are killed.
//!
//! A process that waits for its next event notices by itself that we are gone, because its
//! connection breaks; one that is busy or hangs does not.

use std::io::{self, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};

/// A shell at the other end of a pipe, which kills what it was told about when the pipe closes.
#[derive(Debug)]
pub(super) struct Watchdog {
    shell: Child,
    pipe: Pipe,
}

/// Our end of the pipe; gone once the watchdog is.
type Pipe = Arc<Mutex<Option<ChildStdin>>>;

impl Watchdog {
    pub(super) fn start() -> io::Result<Self> {
        let mut shell = Command::new("/bin/sh")
            .args(["-c", include_str!("watchdog.sh"), "rollcall-watchdog"])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // Ctrl-C is for us; the watchdog has to survive it.
            .process_group(0)
            .spawn()?;
        let pipe = Arc::new(Mutex::new(shell.stdin.take()));
        Ok(Self { shell, pipe })
    }

    /// Has the process killed when we die, until the guard is dropped.
    pub(super) fn watch(&self, pid: u32) -> io::Result<Watched> {
        tell(&self.pipe, '+', pid)?;
        Ok(Watched {
            pid,
            pipe: Arc::clone(&self.pipe),
        })
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        drop(
            self.pipe
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .take(),
        );
        let _ = self.shell.wait();
    }
}

/// A process that the watchdog knows of.
#[derive(Debug)]
pub(super) struct Watched {
    pid: u32,
    pipe: Pipe,
}

impl Drop for Watched {
    fn drop(&mut self) {
        // Without a watchdog there is nothing to call off.
        let _ = tell(&self.pipe, '-', self.pid);
    }
}

fn tell(pipe: &Pipe, sign: char, pid: u32) -> io::Result<()> {
    match pipe.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
        Some(pipe) => writeln!(pipe, "{sign} {pid}"),
        None => Err(io::ErrorKind::BrokenPipe.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::process::ExitStatusExt;

    fn sleeper() -> Child {
        Command::new("sleep").arg("30").spawn().unwrap()
    }

    #[test]
    fn what_is_watched_is_killed_and_what_was_called_off_is_not() {
        let watchdog = Watchdog::start().unwrap();
        let mut sleepers = [sleeper(), sleeper(), sleeper()];
        let [first, spared, last] =
            [0, 1, 2].map(|which| watchdog.watch(sleepers[which].id()).unwrap());
        drop(spared);
        drop(watchdog);
        // After the watchdog there is nothing left to call off.
        drop((first, last));
        let [first, spared, last] = &mut sleepers;
        assert_eq!(first.wait().unwrap().signal(), Some(9));
        assert_eq!(last.wait().unwrap().signal(), Some(9));
        assert!(spared.try_wait().unwrap().is_none());
        spared.kill().unwrap();
        spared.wait().unwrap();
    }
}
