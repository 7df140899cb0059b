//! Tests against a real PostgreSQL in the shape of Supabase.

mod backfill;
mod discover;
mod mapping;
mod never_blocks;
mod nightly_check;
mod pooler;
mod silence;
mod smoke;
mod webhook;
