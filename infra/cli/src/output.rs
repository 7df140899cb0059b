//! Everything the command says, and how: coloured tables for a terminal, plain lines for a pipe,
//! JSON on request.
//!
//! `NO_COLOR` and dumb terminals are respected. Names come from databases, so control characters
//! in them are shown, never sent.

mod commands;

use std::{
    fmt::Display,
    io::{self, IsTerminal, Write},
};

use anstream::AutoStream;
use anstyle::{AnsiColor, Style};
use serde::Serialize;

const BOLD: Style = Style::new().bold();
const RED: Style = AnsiColor::Red.on_default().bold();

/// Standard output and standard error.
#[derive(Debug)]
pub(crate) struct Output {
    json: bool,
    is_terminal: bool,
    /// The stack whose functions do the work, to be named in every command that is told.
    stack: Option<String>,
    out: AutoStream<io::Stdout>,
    err: AutoStream<io::Stderr>,
}

impl Output {
    pub(crate) fn new(json: bool, stack: Option<&str>) -> Self {
        Self {
            json,
            is_terminal: io::stdout().is_terminal(),
            stack: stack.map(str::to_owned),
            out: AutoStream::auto(io::stdout()),
            err: AutoStream::auto(io::stderr()),
        }
    }

    /// Whether JSON was asked for, so that nothing else may go to standard output.
    pub(crate) fn is_json(&self) -> bool {
        self.json
    }

    /// A line of the answer; none where JSON was asked for.
    pub(crate) fn line(&mut self, text: impl Display) -> io::Result<()> {
        if self.json {
            return Ok(());
        }
        let text = self.shown(text);
        writeln!(self.out, "{text}")
    }

    /// The heading of a part of the answer; none where JSON was asked for.
    pub(crate) fn heading(&mut self, text: impl Display) -> io::Result<()> {
        if self.json {
            return Ok(());
        }
        let text = self.shown(text);
        writeln!(self.out, "\n{BOLD}{text}{BOLD:#}")
    }

    /// How far long work is: one line on a terminal's standard error, written over by the next.
    pub(crate) fn progress(&mut self, text: impl Display) {
        if io::stderr().is_terminal() {
            // Progress that cannot be shown must not end the work.
            let text = self.shown(text);
            let _ = write!(self.err, "\r\x1b[2K{text}");
            let _ = self.err.flush();
        }
    }

    /// Takes the line of progress away.
    pub(crate) fn end_progress(&mut self) {
        if io::stderr().is_terminal() {
            let _ = write!(self.err, "\r\x1b[2K");
            let _ = self.err.flush();
        }
    }

    /// Asks on standard error, and takes the answer from standard input: only a yes is one.
    pub(crate) fn ask(&mut self, question: &str) -> io::Result<bool> {
        write!(self.err, "\n{BOLD}{}{BOLD:#} [y/N] ", shown(question))?;
        self.err.flush()?;
        let mut answer = String::new();
        io::stdin().read_line(&mut answer)?;
        Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
    }

    /// A text that is the answer, byte for byte.
    pub(crate) fn verbatim(&mut self, text: &str) -> io::Result<()> {
        self.out.write_all(text.as_bytes())?;
        self.out.flush()
    }

    /// An answer as JSON.
    pub(crate) fn json(&mut self, answer: &impl Serialize) -> io::Result<()> {
        let text = serde_json::to_string_pretty(answer)?;
        writeln!(self.out, "{text}")
    }

    /// One sentence on standard error that says what is wrong and what to do.
    pub(crate) fn error(&mut self, sentence: impl Display) -> io::Result<()> {
        let sentence = self.shown(sentence);
        writeln!(self.err, "{RED}error:{RED:#} {sentence}")
    }

    /// A table: aligned under its headings on a terminal, elsewhere one line per row with tabs
    /// between; none where JSON was asked for.
    pub(crate) fn table<const N: usize>(
        &mut self,
        headings: [&str; N],
        rows: &[[String; N]],
    ) -> io::Result<()> {
        if self.json {
            return Ok(());
        }
        let rows: Vec<Vec<String>> = rows
            .iter()
            .map(|row| row.iter().map(|cell| self.shown(cell)).collect())
            .collect();
        if !self.is_terminal {
            return rows
                .iter()
                .try_for_each(|row| writeln!(self.out, "{}", row.join("\t")));
        }
        let widths: Vec<usize> = headings
            .iter()
            .enumerate()
            .map(|(at, heading)| {
                let cells = rows.iter().filter_map(|row| row.get(at));
                cells
                    .map(|cell| width(cell))
                    .max()
                    .unwrap_or(0)
                    .max(width(heading))
            })
            .collect();
        let headings: Vec<String> = headings.iter().map(ToString::to_string).collect();
        writeln!(self.out, "{BOLD}{}{BOLD:#}", aligned(&headings, &widths))?;
        rows.iter()
            .try_for_each(|row| writeln!(self.out, "{}", aligned(row, &widths)))
    }

    /// A text as it goes out.
    fn shown(&self, text: impl Display) -> String {
        let text = shown(&text.to_string());
        match &self.stack {
            Some(stack) => commands::of_stack(&text, stack),
            None => text,
        }
    }
}

fn width(text: &str) -> usize {
    text.chars().count()
}

fn aligned(cells: &[String], widths: &[usize]) -> String {
    let padded: Vec<String> = cells
        .iter()
        .zip(widths)
        .map(|(cell, width)| format!("{cell:<width$}"))
        .collect();
    padded.join("  ").trim_end().to_owned()
}

/// A text with its control characters made visible.
fn shown(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() {
            shown.extend(c.escape_default());
        } else {
            shown.push(c);
        }
    }
    shown
}
