//! What Rollcall makes outside its own schema, and how it knows its own work again.

use std::fmt;

use crate::{
    mapping::Mode,
    names::{Name, Qualified},
};

/// How the comments begin that Rollcall puts on its schema and on tables that outlive it.
pub const MARK: &str = "Rollcall";

/// The tables that this version makes in `public`.
pub const PUBLIC_TABLES: &[&str] = &["cleanup_audit_log", "error_logs"];

/// The functions that this version makes in `public`, the trigger's aside: their names, and the
/// types of their arguments as the catalog spells them.
pub const PUBLIC_FUNCTIONS: [(&str, &str); 8] = [
    ("check_orphaned_profiles", ""),
    ("ensure_user_profile", ""),
    ("get_latest_sync_status", ""),
    ("get_sync_status_history", "integer"),
    ("get_user_sync_stats", ""),
    ("log_cleanup_job", "text,text,text,bigint,bigint,text"),
    ("record_user_sync_metrics", ""),
    ("run_user_sync_quality_check", ""),
];

/// The triggers that this version makes on `auth.users` beside the configured one, and the functions
/// that they call: those that keep profiles in mode `create`, and the one that calls the webhook.
pub const OTHER_TRIGGERS: [(&str, &str, Maker); 3] = [
    (
        "rollcall_user_updated",
        "rollcall.on_user_updated()",
        Maker::Create,
    ),
    (
        "rollcall_user_deleted",
        "rollcall.on_user_deleted()",
        Maker::Create,
    ),
    (
        "rollcall_user_inserted",
        "rollcall.on_user_inserted()",
        Maker::Webhook,
    ),
];

/// What of a configuration makes a trigger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Maker {
    /// `trigger.mode = "create"`.
    Create,
    /// `[webhook]`.
    Webhook,
}

impl Maker {
    /// Whether a configuration of this mode, with a webhook or without, makes it.
    #[must_use]
    pub fn is_asked(self, mode: Mode, has_webhook: bool) -> bool {
        match self {
            Self::Create => mode == Mode::Create,
            Self::Webhook => has_webhook,
        }
    }
}

/// Whether a trigger's name is one of theirs.
#[must_use]
pub fn is_other_trigger(name: &Name) -> bool {
    OTHER_TRIGGERS
        .iter()
        .any(|(other, ..)| *other == name.text())
}

/// An object of the database. Its `Display` is the key of `rollcall.installed`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Object {
    /// A function without arguments.
    Function(Qualified),
    /// A trigger on `auth.users`.
    Trigger(Name),
    /// A table.
    Table(Qualified),
}

impl fmt::Display for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Function(name) => write!(f, "function {}()", name.looked_up()),
            // Bare, because it is looked up as `tgname`.
            Self::Trigger(name) => write!(f, "trigger {}", name.text()),
            Self::Table(name) => write!(f, "table {}", name.looked_up()),
        }
    }
}
