//! What stands in for the cloud on a developer's machine.
//!
//! A real PostgreSQL in Supabase's shape ([`postgres`], [`supabase`]), and a Lambda that runs the
//! real function binaries ([`binaries`], [`runtime_api`], [`function_url`]). Nothing here is ever
//! deployed, and nothing listens anywhere but on a private socket and on 127.0.0.1.

pub mod binaries;
pub mod function_url;
pub mod page;
pub mod postgres;
pub mod runtime_api;
pub mod sender;
pub mod supabase;

mod environment;
mod http_server;
