//! The history as people read it: one HTML page that needs nothing else, and Markdown drafts of a
//! post-mortem and of a message to the users of a run.
//!
//! From plain data to text, without a database or a clock. The templates escape whatever they are
//! given; no text leaves here with an e-mail address in it, whoever wrote it.

mod affected;
mod chart;
mod next;
mod page;
mod post_mortem;
mod strip;
mod words;

use rollcall_domain::{
    affected::Tally,
    history::{History, PostMortem},
};
use uuid::Uuid;

/// A text could not be made. This is a mistake in a template.
#[derive(Debug)]
pub struct Error(askama::Error);

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "cannot render the report: {}", self.0)
    }
}

impl std::error::Error for Error {}

/// The page.
pub fn page(history: &History) -> Result<String, Error> {
    askama::Template::render(&page::Page::of(history)).map_err(Error)
}

/// The draft of a post-mortem.
pub fn post_mortem(post_mortem: &PostMortem) -> Result<String, Error> {
    askama::Template::render(&post_mortem::Draft::of(post_mortem)).map_err(Error)
}

/// The draft of a message to the users of a run.
pub fn message(run_id: Uuid, tally: &Tally) -> Result<String, Error> {
    askama::Template::render(&affected::Message::of(run_id, tally)).map_err(Error)
}
