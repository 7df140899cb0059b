//! Tests against a real PostgreSQL in the shape of Supabase.

#![expect(
    clippy::unwrap_used,
    reason = "the lint's exception for tests does not reach their helpers"
)]

mod alone;
mod at_once;
mod aws;
mod backfill;
mod blows;
mod check;
mod constrain;
mod diagnose;
mod discover;
mod hostile_names;
mod install;
mod kept_locked;
mod mapping;
mod never_blocks;
mod nightly_check;
mod one_row;
mod pooler;
mod profiles_repair;
mod references;
mod rendered;
mod restored;
mod runbooks;
mod secrets;
mod silence;
mod smoke;
mod supabase;
mod survey;
mod template;
mod trigger_repair;
mod undo;
mod users;
mod watch;
mod webhook;
