//! A configuration that has been checked against the database: it cannot be wrong any more.

mod casts;
mod check;
mod columns;
mod references;
mod removal;
mod rights;
mod shown;
mod table;
mod taken;

pub(crate) use casts::example;
pub use check::check;
pub(crate) use removal::fate;
pub(crate) use table::holds_user_id;

use crate::names::{Name, Qualified};

/// How one application's profiles are made from auth users.
#[derive(Debug, Clone, PartialEq)]
pub struct Mapping {
    /// The profile table.
    pub table: Qualified,
    /// The column that holds `auth.users.id`.
    pub key: Key,
    /// What says of a profile, to people, whose it is and since when.
    pub shown: Shown,
    /// The other columns Rollcall fills, in the order of the file.
    pub columns: Vec<Column>,
    /// Which of [`Mapping::columns`] are brought up to date when the auth user changes.
    pub keep: Vec<Name>,
    /// What happens to the profile when the auth user is gone; nothing if absent.
    pub removal: Option<Removal>,
    /// Whether anonymous users are eligible.
    pub anonymous: bool,
    /// How profiles come to be at signup.
    pub trigger: Trigger,
    /// The child tables that the check counts.
    pub children: Vec<Child>,
    /// The webhook that the database itself calls, if any.
    pub webhook: Option<Webhook>,
    /// Limits of the scheduled checks.
    pub check: Check,
    /// SHA-256 of the configuration in a canonical form, in lower-case hex: the same for two
    /// files that mean the same.
    pub digest: String,
}

/// The profile's key column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// The column's name.
    pub name: Name,
    /// Its type: `uuid`, or a text type (`text`, `character varying`).
    pub sql_type: SqlType,
}

impl Key {
    /// Whether the key holds the id as text.
    #[must_use]
    pub fn is_text(&self) -> bool {
        self.sql_type.kind != Kind::Uuid
    }
}

/// Columns of the profile table that tell people whose a profile is, where it has such columns.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shown {
    /// The one with the e-mail address.
    pub email: Option<Name>,
    /// The one with the time of creation, and its type.
    pub created_at: Option<(Name, SqlType)>,
}

/// A column's type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SqlType {
    /// The type as SQL, schema-qualified outside `pg_catalog`, without length or precision:
    /// `format_type(atttypid, -1)` under an empty search path. A cast to it never truncates.
    pub name: String,
    /// What sort of type it is; a domain counts as its base type.
    pub kind: Kind,
}

/// The sorts of types that the renderer treats differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `uuid`.
    Uuid,
    /// `text`, `character varying`, `character`, `citext`, `name`.
    Text,
    /// `boolean`.
    Boolean,
    /// `json` or `jsonb`.
    Json,
    /// `timestamp with time zone`.
    TimestampTz,
    /// `timestamp without time zone`.
    Timestamp,
    /// `date`.
    Date,
    /// Anything else: numbers, enums, arrays, …
    Other,
}

/// A profile column and where its value comes from.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// The column's name.
    pub name: Name,
    /// The column's type.
    pub sql_type: SqlType,
    /// The sources, tried in this order; never empty.
    pub sources: Vec<Source>,
    /// The column's default as SQL (`pg_get_expr` under an empty search path), if it has one.
    pub default: Option<String>,
    /// Whether the column refuses null.
    pub not_null: bool,
}

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq)]
pub enum Source {
    /// `auth.users.id`.
    Id,
    /// `auth.users.email`.
    Email,
    /// `auth.users.phone`.
    Phone,
    /// Whether the e-mail address is confirmed.
    EmailConfirmed,
    /// Whether the phone number is confirmed.
    PhoneConfirmed,
    /// `auth.users.created_at`.
    CreatedAt,
    /// `auth.users.updated_at`.
    UpdatedAt,
    /// The time of the transaction that writes the profile.
    Now,
    /// The provider that the user signed up with.
    Provider,
    /// Whether the user is anonymous.
    IsAnonymous,
    /// Whether the user came by SSO.
    IsSsoUser,
    /// The part of the e-mail address before the `@`.
    EmailLocalPart,
    /// A path in `raw_user_meta_data`, which the user can write.
    Meta(Vec<String>),
    /// A path in `raw_app_meta_data`, which only the application can write.
    AppMeta(Vec<String>),
    /// A text.
    Text(String),
    /// A number, as the file spells it.
    Number(String),
    /// A truth value.
    Bool(bool),
    /// A JSON value.
    Json(serde_json::Value),
}

/// What is done to the profile of a user who is gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Removal {
    /// The column that is stamped with the time.
    pub soft_delete: Name,
    /// Its type: a timestamp, a date or a boolean.
    pub sql_type: SqlType,
    /// Columns set to null in the same update.
    pub release: Vec<Name>,
}

/// How profiles come to be at signup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trigger {
    /// Who writes the profile.
    pub mode: Mode,
    /// The trigger's name on `auth.users`.
    pub name: Name,
    /// The trigger's function.
    pub function: Qualified,
    /// Whether the application's own trigger and function of these names are replaced.
    pub adopt: bool,
}

/// Who writes the profile at signup.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Rollcall's trigger.
    Create,
    /// The application's own; Rollcall checks and heals.
    Watch,
}

/// A child table's column that names a user, as the file has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// The child table.
    pub table: Qualified,
    /// The column.
    pub column: Name,
}

/// A child table's column that names a user, as it is in the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Child {
    /// The child table.
    pub table: Qualified,
    /// The column.
    pub column: Name,
    /// Whether the column holds the id as text.
    pub is_text: bool,
}

/// The signup webhook, called by the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Webhook {
    /// Where it is.
    pub url: String,
    /// The name of its secret in Vault.
    pub vault_secret: String,
}

/// Limits of the scheduled checks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// Whether a synthetic signup is tried and rolled back.
    pub canary: Canary,
    /// More ghosts than this are never healed by a scheduled check.
    pub heal_limit: i64,
    /// More ghosts than this is P0.
    pub burst: i64,
    /// One ghost older than this many seconds is P0.
    pub old_seconds: i64,
    /// How long history is kept, in days.
    pub retention_days: i64,
}

/// When the canary flies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Canary {
    /// Only where no trigger of the application's would fire with it.
    Auto,
    /// Always.
    On,
    /// Never.
    Off,
}
