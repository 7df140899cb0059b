//! The four shapes of profile table in the runbooks, as SQL and as `rollcall.toml`.

/// `public.users(id, email, name)`.
pub const USERS: (&str, &str) = (
    "create table public.users (
        id uuid primary key,
        email text,
        name text
    )",
    r#"
[profile]
table = "public.users"
key = "id"

[profile.columns]
email = "email"
name = ["meta.full_name", "meta.name", "email"]
"#,
);

/// `public.users(id, email, email_verified, created_at, updated_at, deleted_at)`.
pub const VERIFIED_USERS: (&str, &str) = (
    "create table public.users (
        id uuid primary key,
        email text unique,
        email_verified boolean not null default false,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        deleted_at timestamptz
    )",
    r#"
[profile]
table = "public.users"
key = "id"

[profile.columns]
email = "email"
email_verified = "email_confirmed"
created_at = "created_at"
updated_at = "now"

[profile.keep]
columns = ["email", "email_verified"]

[profile.removal]
soft_delete = "deleted_at"
release = ["email"]
"#,
);

/// `public.user_profiles(id, email, full_name, preferences)`.
pub const USER_PROFILES: (&str, &str) = (
    "create table public.user_profiles (
        id uuid primary key references auth.users (id) on delete cascade,
        email text,
        full_name text,
        preferences jsonb not null default '{}'
    )",
    r#"
[profile]
table = "public.user_profiles"
key = "id"

[profile.columns]
email = "email"
full_name = ["meta.full_name", "meta.name"]
preferences = { json = {} }
"#,
);

/// `public.profiles(id, …)` with child tables.
pub const PROFILES: (&str, &str) = (
    "create table public.profiles (
        id uuid primary key references auth.users (id) on delete cascade,
        username text,
        avatar_url text
    );
    create table public.orders (id bigserial primary key, user_id uuid references public.profiles (id));
    create table public.chat_messages (id bigserial primary key, user_id uuid);
    create table public.conversations (id bigserial primary key, user_id uuid);
    create table public.leads (id bigserial primary key, user_id uuid)",
    r#"
[profile]
table = "public.profiles"
key = "id"

[profile.columns]
username = ["meta.user_name", "email_local_part"]
avatar_url = "meta.avatar_url"

[[references]]
table = "public.orders"
column = "user_id"
"#,
);

/// `public.users(id, email, name)`, of which the application's own trigger takes care.
pub const WATCHED: (&str, &str) = (
    "create table public.users (
        id uuid primary key,
        email text,
        name text
    );
    create function public.welcome() returns trigger language plpgsql security definer as
        'begin insert into public.users (id) values (new.id); return new; end';
    create trigger on_signup after insert on auth.users
        for each row execute function public.welcome()",
    r#"
[profile]
table = "public.users"
key = "id"

[profile.columns]
email = "email"
name = ["meta.full_name", "meta.name", "email"]

[trigger]
mode = "watch"
name = "on_signup"
function = "public.welcome"
"#,
);

/// The four of the runbooks.
pub const ALL: [(&str, (&str, &str)); 4] = [
    ("users", USERS),
    ("verified_users", VERIFIED_USERS),
    ("user_profiles", USER_PROFILES),
    ("profiles", PROFILES),
];
