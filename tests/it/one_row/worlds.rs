//! Profile tables: those of the runbooks, and one with something of everything.

use rollcall_tests::shapes;

/// A profile table and its mapping.
#[derive(Debug)]
pub(crate) struct Shape {
    pub(crate) name: &'static str,
    pub(crate) sql: &'static str,
    pub(crate) toml: &'static str,
    /// The table, as SQL.
    pub(crate) table: &'static str,
    /// The key column, as SQL.
    pub(crate) key: &'static str,
    /// Columns that Rollcall does not fill, whose values nobody compares.
    pub(crate) unmapped: &'static str,
}

pub(crate) const USERS: Shape = Shape {
    name: "users",
    sql: shapes::USERS.0,
    toml: shapes::USERS.1,
    table: "public.users",
    key: "id",
    unmapped: "{}",
};

pub(crate) const VERIFIED_USERS: Shape = Shape {
    name: "verified_users",
    sql: shapes::VERIFIED_USERS.0,
    toml: shapes::VERIFIED_USERS.1,
    ..USERS
};

pub(crate) const USER_PROFILES: Shape = Shape {
    name: "user_profiles",
    sql: shapes::USER_PROFILES.0,
    toml: shapes::USER_PROFILES.1,
    table: "public.user_profiles",
    ..USERS
};

pub(crate) const PROFILES: Shape = Shape {
    name: "profiles",
    sql: shapes::PROFILES.0,
    toml: shapes::PROFILES.1,
    table: "public.profiles",
    ..USERS
};

pub(crate) const WITHOUT_ANONYMOUS: Shape = Shape {
    name: "without_anonymous",
    sql: "create table public.users (id uuid primary key, email text, phone text unique)",
    toml: r#"
[profile]
table = "public.users"
key = "id"

[profile.columns]
email = ["email", "phone"]
phone = "phone"

[eligible]
anonymous = false
"#,
    ..USERS
};

pub(crate) const RICH: Shape = Shape {
    name: "rich",
    sql: r#"
create schema "App Data";
create type "App Data".plan as enum ('free', 'paid', 'it''s complicated');
create domain "App Data".short as text check (length(value) <= 5);
create table "App Data"."Profile ""x""" (
    number serial,
    "User Id" text primary key,
    email varchar(255),
    "E-Mail 'as given'" text default '(none)',
    phone text,
    handle varchar(12) check (handle <> 'admin'),
    age integer default 7,
    score numeric(6, 2),
    ratio double precision,
    vip boolean default false,
    plan "App Data".plan not null default 'free',
    short "App Data".short,
    born date,
    seen timestamp,
    seen_tz timestamptz,
    at_noon time,
    took interval,
    signed_up timestamp not null default now(),
    signed_on date not null default current_date,
    signed_text text default now()::text,
    signed_json jsonb,
    tags text[] not null default '{}',
    prefs jsonb not null default '{"theme": "dark"}',
    raw json,
    address inet,
    provider text,
    is_anonymous boolean not null,
    single_sign_on text,
    confirmed integer,
    note text,
    level numeric,
    defaults jsonb,
    touched_at timestamptz not null default clock_timestamp(),
    updated_at timestamp,
    gone boolean not null default false
)"#,
    toml: r#"
[profile]
table = "App Data.Profile \"x\""
key = "User Id"
allow_user_controlled = ["plan", "vip"]

[profile.columns]
email = "email"
"E-Mail 'as given'" = ["meta.email", "email"]
phone = "phone"
handle = ["meta.user_name", "meta.name", "email_local_part"]
age = "meta.age"
score = "meta.score"
ratio = "meta.score"
vip = "meta.vip"
plan = "meta.plan"
short = "meta.name"
born = "meta.born"
seen = "meta.seen"
seen_tz = "meta.seen"
at_noon = "meta.seen"
took = "meta.took"
signed_up = "created_at"
signed_on = ["created_at", "updated_at"]
signed_text = "created_at"
signed_json = "created_at"
tags = "meta.tags"
prefs = "meta.nested"
raw = "meta.nested.it's \"deep\""
address = "app_meta.address"
provider = "provider"
is_anonymous = "is_anonymous"
single_sign_on = "is_sso_user"
confirmed = "phone_confirmed"
note = { text = "it's {{table}} -- $body$ \\ /*" }
level = { number = -1.5 }
defaults = { json = { a = [1, "it's"] } }
touched_at = "now"
updated_at = "now"

[profile.keep]
columns = ["email", "age", "raw"]

[profile.removal]
soft_delete = "gone"
"#,
    table: r#""App Data"."Profile ""x""""#,
    key: r#""User Id""#,
    unmapped: "{number}",
};
