//! The command as its users meet it: arguments, exit statuses, what stands on which output.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod backfill;
mod browser;
mod database;
mod deployed;
mod diagnose;
mod doctor;
mod documents;
mod export;
mod fix;
mod references;
mod repair;
mod report;
#[path = "../runner/mod.rs"]
mod runner;
mod up;
mod usage;

use runner::{Ended, rollcall, with};
