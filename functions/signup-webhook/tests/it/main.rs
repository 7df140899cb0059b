//! The function from the outside: an event in, an HTTP answer out.
//!
//! None of these tests has a database; what the database does with an event is tested with one,
//! in the workspace's own tests.

#![expect(
    clippy::unwrap_used,
    reason = "the lint's exception for tests does not reach their helpers"
)]

mod answers;
mod limits;
mod properties;
mod settings;
mod signatures;
mod support;
mod taken_back;
