//! People with a number each, so that every test knows their ids.

use crate::World;

/// The id of the person of this number.
#[must_use]
pub fn id(number: u32) -> String {
    format!("00000000-0000-4000-8000-{number:012}")
}

/// SQL that makes so many auth users, numbered from `first` on, who came so many hours ago.
#[must_use]
pub fn insert(first: u32, number: u32, hours: u32) -> String {
    format!(
        "insert into auth.users (id, email, created_at)
         select
             ('00000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid,
             'u' || n || '@example.com', now() - interval '{hours} hours'
         from generate_series({first}, {last}) n",
        last = first + number - 1
    )
}

/// SQL that does something without any trigger noticing, as a superuser can.
#[must_use]
pub fn unnoticed(sql: &str) -> String {
    format!("set session_replication_role = replica; {sql}")
}

/// People who sign up, and get a profile if somebody makes one.
pub async fn people(world: &World, first: u32, number: u32) {
    let sql = insert(first, number, 0);
    world.run("supabase_auth_admin", &sql).await;
}

/// People without a profile.
pub async fn ghosts(world: &World, first: u32, number: u32) {
    ghosts_of_age(world, first, number, 0).await;
}

/// People without a profile, who came so many hours ago.
pub async fn ghosts_of_age(world: &World, first: u32, number: u32, hours: u32) {
    quietly(world, &insert(first, number, hours)).await;
}

/// Changes something without any trigger noticing.
pub async fn quietly(world: &World, sql: &str) {
    world.run("supabase_admin", &unnoticed(sql)).await;
}
