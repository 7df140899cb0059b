//! Tests against a real PostgreSQL in the shape of Supabase.

mod discover;
mod mapping;
mod nightly_check;
mod smoke;
mod webhook;
