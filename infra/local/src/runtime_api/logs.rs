//! What the function's processes write, line by line.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};

/// The last lines that were written; older ones are forgotten.
#[derive(Debug, Clone)]
pub(super) struct Lines {
    lines: Arc<Mutex<VecDeque<String>>>,
    capacity: usize,
}

impl Lines {
    pub(super) fn with_capacity(capacity: usize) -> Self {
        Self {
            lines: Arc::default(),
            capacity,
        }
    }

    pub(super) fn push(&self, line: String) {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() == self.capacity {
            lines.pop_front();
        }
        lines.push_back(line);
    }

    pub(super) fn to_vec(&self) -> Vec<String> {
        let lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        lines.iter().cloned().collect()
    }

    /// All lines as one text, for the message of an error.
    pub(super) fn to_text(&self) -> String {
        let lines = self.to_vec();
        if lines.is_empty() {
            "(nothing)".to_owned()
        } else {
            lines.join("\n")
        }
    }
}

/// Reads lines until the stream ends, and gives each to all of `into`.
pub(super) async fn collect(stream: impl AsyncRead + Unpin, into: [Lines; 2]) {
    let mut stream = BufReader::new(stream);
    let mut bytes = Vec::new();
    // A stream that breaks has ended.
    while let Ok(1..) = stream.read_until(b'\n', &mut bytes).await {
        let line = String::from_utf8_lossy(&bytes);
        for lines in &into {
            lines.push(line.trim_end().to_owned());
        }
        bytes.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_last_lines_are_kept_whatever_their_bytes() {
        let (few, many) = (Lines::with_capacity(2), Lines::with_capacity(9));
        collect(&b"one\ntwo\r\n\xffthree"[..], [few.clone(), many.clone()]).await;
        assert_eq!(few.to_vec(), ["two", "\u{fffd}three"]);
        assert_eq!(many.to_text(), "one\ntwo\n\u{fffd}three");
        assert_eq!(Lines::with_capacity(1).to_text(), "(nothing)");
    }
}
