//! What Rollcall knows about auth users and their profiles, and every query it asks.
//!
//! Nothing in here knows AWS. The customer's table names occur only in the SQL that
//! `rollcall sql` renders into the database; the queries here call the functions of fixed
//! signature which that SQL makes, so each of them is checked when this crate is compiled.
//!
//! [`profile`] brings one user to where they ought to be; [`check`] takes the roll, looks at the
//! triggers ([`trigger`]) and says how bad it is ([`severity`]); [`backfill`] brings everybody, and
//! [`affected`] lists who they were. [`repair`] finds the repair that a run is of and says what each
//! answers; [`orphans`] deals with orphaned child rows, [`undo`] takes a backfill back.
//! [`watch`] is what the two scheduled functions do with it: [`pulse`], [`cause`], [`heal`],
//! [`incident`], [`outbox`]. [`history`] is what all of that left behind.

pub mod address;
pub mod affected;
pub mod alert;
pub mod backfill;
pub mod cause;
pub mod check;
pub mod configuration;
pub mod database;
pub mod diagnose;
pub mod error;
pub mod evidence;
pub mod forget;
pub mod heal;
pub mod history;
pub mod incident;
mod locked;
pub mod next_step;
pub mod orphans;
pub mod outbox;
pub mod profile;
pub mod profiles;
pub mod pulse;
pub mod repair;
pub mod roll;
pub mod run;
pub mod severity;
mod side_effects;
pub mod survey;
pub mod trigger;
pub mod undo;
pub mod unnamed;
pub mod users;
pub mod watch;
pub mod words;

pub use database::{Database, Limit, Looked};
pub use error::Error;
