//! Orphaned child rows: rows of other tables that name a user without a profile. They are planned
//! column by column, and get a profile, go into quarantine, or are reassigned; all of it can be
//! taken back.
//!
//! A plan, its application and its undo are runs ([`crate::run`]). What a quarantine keeps, and what
//! an undo refuses, is told in docs/decisions/0019.

mod answer;
mod apply;
mod circles;
mod decide;
mod plan;
mod policy;
mod purge;
mod reason;
mod scope;
mod told;
mod undo;

pub(crate) use apply::apply;
pub use plan::{Order, plan};
pub use policy::Policy;
pub use purge::purge;
pub(crate) use undo::undo;

/// What `rollcall.runs` calls such a run.
pub(crate) const KIND: &str = "references";
