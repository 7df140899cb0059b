//! The SQL that a person is asked to review, as snapshots.
//!
//! They are read like code: whoever changes the text looks at each line that is another.

use rollcall_install::render;
use rollcall_tests::{World, shapes};

/// How to accept a changed text, said where it fails.
const ACCEPT: &str =
    "To accept: INSTA_UPDATE=always cargo test -p rollcall-tests --test it rendered";

/// Some of everything: a text key, names in mixed case, most sorts of types and sources.
const RICH: (&str, &str) = (
    r#"create type public.mood as enum ('fine', 'so so');
    create table public."Profile" (
        "userId" text primary key,
        email varchar(255) unique,
        "displayName" text not null default 'somebody',
        handle varchar(30),
        born date,
        age integer,
        mood public.mood not null default 'fine',
        preferences jsonb not null default '{"theme": "dark"}',
        address jsonb,
        signed_up timestamp not null default now(),
        updated_at timestamptz not null default now(),
        removed_on date
    )"#,
    r#"
[profile]
table = "public.Profile"
key = "userId"

[profile.columns]
email = "email"
displayName = ["meta.full_name", "meta.name", "email_local_part"]
handle = "meta.user_name"
born = "meta.born"
age = "meta.age"
mood = "meta.mood"
preferences = { json = { theme = "light", beta = false } }
address = "app_meta.billing.address"
signed_up = "created_at"
updated_at = "now"

[profile.keep]
columns = ["email", "displayName", "born"]

[profile.removal]
soft_delete = "removed_on"
release = ["email", "handle"]

[eligible]
anonymous = false

[trigger]
name = "make_profile"
function = "public.make_profile"
adopt = true
"#,
);

async fn migration((sql, toml): (&str, &str)) -> String {
    let world = World::bare(sql).await;
    render::migration(&world.mapping(toml).await)
}

/// Compares a text with its snapshot.
fn assert_rendered(name: &str, text: &str) {
    insta::with_settings!({ description => ACCEPT, omit_expression => true }, {
        insta::assert_snapshot!(name, text);
    });
}

#[tokio::test]
async fn every_shape_is_rendered_as_reviewed() {
    for (name, shape) in shapes::ALL {
        assert_rendered(name, &migration(shape).await);
    }
}

#[tokio::test]
async fn some_of_everything_is_rendered_as_reviewed() {
    assert_rendered("rich", &migration(RICH).await);
}

/// The application's own trigger stays: the migration has none.
#[tokio::test]
async fn watch_mode_is_rendered_as_reviewed() {
    let toml = format!("{}\n[trigger]\nmode = \"watch\"\n", shapes::USERS.1);
    assert_rendered("watched", &migration((shapes::USERS.0, &toml)).await);
}

#[tokio::test]
async fn the_webhook_is_rendered_as_reviewed() {
    let migration = migration((shapes::USERS.0, &webhook())).await;
    let (_, part) = migration.split_once("-- Tells the signup webhook").unwrap();
    assert_rendered("webhook", part);
}

/// One whose database calls the webhook, with a secret whose name has to be quoted.
fn webhook() -> String {
    let webhook = "url = \"https://rollcall.example.com/\"\nvault_secret = \"the project's\"";
    format!("{}\n[webhook]\n{webhook}\n", shapes::USERS.1)
}

#[test]
fn the_way_out_is_rendered_as_reviewed() {
    assert_rendered("uninstall", &render::uninstall());
}

#[tokio::test]
async fn no_line_is_longer_than_a_reviewer_likes() {
    let webhook = webhook();
    let more = [("rich", RICH), ("webhook", (shapes::USERS.0, &*webhook))];
    for (name, shape) in shapes::ALL.into_iter().chain(more) {
        let migration = migration(shape).await;
        for line in [migration, render::uninstall()].concat().lines() {
            assert!(line.chars().count() <= 120, "{name}: {line}");
            assert_eq!(line, line.trim_end(), "{name}: spaces at the end");
        }
    }
}
