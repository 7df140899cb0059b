//! The check that makes a mapping, against a real database: a good world is clean; break one
//! thing, and exactly that is refused.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod casts;
mod columns;
mod objects;
mod removal;
mod tables;

use rollcall_install::{
    catalog::Catalog,
    config::Config,
    mapping::{self, Kind, Mapping},
    refusal::Refusal,
};

use rollcall_tests::World;

/// A good world: every sort of column that a profile table tends to have.
const WORLD: &str = "
    create table public.users (
        id uuid primary key,
        email text unique,
        name varchar(200) not null default '',
        email_verified boolean not null default false,
        preferences jsonb not null default '{}',
        role text not null default 'user',
        created_at timestamptz not null default now(),
        updated_at timestamp,
        number bigint generated always as identity,
        shout text generated always as (upper(email)) stored,
        deleted_at timestamptz
    );
    create table public.orders (id bigint primary key, user_id uuid, total numeric);
";

const FILE: &str = r#"
    [profile]
    table = "public.users"

    [profile.columns]
    email = "email"
    name = ["meta.full_name", "email"]
    email_verified = "email_confirmed"
    updated_at = "now"

    [profile.keep]
    columns = ["email"]

    [profile.removal]
    soft_delete = "deleted_at"
    release = ["email"]

    [[references]]
    table = "public.orders"
    column = "user_id"
"#;

async fn check(world: &World, file: &str) -> Result<Mapping, Vec<Refusal>> {
    let catalog = Catalog::read(&mut world.connect("postgres").await)
        .await
        .unwrap();
    mapping::check(&Config::parse("rollcall.toml", file).unwrap(), &catalog)
}

/// The refusals of a file that is no good in a world, as sentences without the file's name.
async fn refusals(world: &World, file: &str) -> Vec<String> {
    let refusals = check(world, file).await.unwrap_err();
    refusals
        .iter()
        .map(|refusal| {
            let at = refusal
                .line
                .map_or(String::new(), |line| format!(":{line}"));
            let sentence = refusal.to_string();
            let prefix = format!("rollcall.toml{at}: ");
            sentence.strip_prefix(&prefix).unwrap().to_owned()
        })
        .collect()
}

/// The only refusal.
async fn refusal(world: &World, file: &str) -> String {
    let mut refusals = refusals(world, file).await;
    assert_eq!(refusals.len(), 1, "{refusals:#?}");
    refusals.remove(0)
}

/// A file for the table `public.t` with the key `id`.
fn file_for_t(rest: &str) -> String {
    format!("[profile]\ntable = \"public.t\"\n{rest}")
}

#[tokio::test]
async fn a_good_world_is_clean_and_keeps_the_order_of_the_file() {
    let world = World::bare(WORLD).await;
    let mapping = check(&world, FILE).await.unwrap();
    let columns: Vec<_> = mapping
        .columns
        .iter()
        .map(|column| {
            let default = column.default.as_deref();
            (
                column.name.text(),
                &*column.sql_type.name,
                default,
                column.not_null,
            )
        })
        .collect();
    assert_eq!(
        columns,
        [
            ("email", "text", None, false),
            (
                "name",
                "character varying",
                Some("''::character varying"),
                true
            ),
            ("email_verified", "boolean", Some("false"), true),
            ("updated_at", "timestamp without time zone", None, false),
        ]
    );
    assert!(!mapping.key.is_text());
    assert_eq!(mapping.removal.unwrap().sql_type.kind, Kind::TimestampTz);
    assert_eq!(mapping.digest, Config::parse("", FILE).unwrap().digest());
}

#[tokio::test]
async fn all_that_is_wrong_is_refused_at_once_with_its_line() {
    let world = World::bare(WORLD).await;
    let file = FILE
        .replace("email = \"email\"\n", "emial = \"email\"\n")
        .replace("updated_at = \"now\"", "updated_at = \"is_anonymous\"")
        .replace("\"public.orders\"", "\"public.order\"");
    let refusals = check(&world, &file).await.unwrap_err();
    let at: Vec<_> = refusals
        .iter()
        .map(|refusal| (refusal.line.unwrap(), &*refusal.key))
        .collect();
    assert_eq!(
        at,
        [
            (6, "profile.columns.emial"),
            (9, "profile.columns.updated_at"),
            (12, "profile.keep.columns[0]"),
            (19, "references[0].table"),
        ]
    );
}
