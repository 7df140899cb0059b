//! Everything that can keep the triggers from their work.

use rollcall_tests::{mutants, people};

use crate::{
    Case, ROLES,
    truth::{BAD, Shape, Truth},
    walk,
};

/// Every mutant, half of them or the other, so that both cores have something to do.
async fn walk_mutants(chosen: impl Fn(usize, &str) -> bool) {
    let cases = mutants::all().into_iter().enumerate();
    let cases = cases.filter(|(at, (change, ..))| chosen(*at, change));
    let cases = cases.map(|(_, (change, state, _))| {
        let can_count = !BLINDING.iter().any(|words| change.contains(words));
        let truth = Truth {
            trigger: state.name(),
            can_count,
            ..BAD
        };
        let mut case = Case::new(&*change, truth)
            .then("supabase_auth_admin", people::insert(1, 3, 0))
            .then("supabase_admin", &*change);
        case.undo = is_of_roles(&change).then_some(UNDO);
        case
    });
    walk(&Shape::verified_users(), cases.collect()).await;
}

/// After these nobody can be counted any more.
const BLINDING: [&str; 9] = [
    "rollcall.standing",
    "rollcall.exclusions",
    "drop table rollcall.sync_failures",
    // A kept column is read by the statement that counts.
    "drop column email_verified",
    "rename to people",
    "drop table public.users",
    "on schema public",
    "on auth.users from",
    "nobypassrls",
];

const UNDO: &str = "alter role postgres bypassrls; grant pg_read_all_data to postgres";

/// Roles and what they are members of belong to the server.
fn is_of_roles(change: &str) -> bool {
    change.contains("alter role") || change.contains("pg_read_all_data")
}

#[tokio::test]
async fn each_is_told_alike() {
    let _roles = ROLES.read().await;
    walk_mutants(|at, change| at % 2 == 0 && !is_of_roles(change)).await;
}

#[tokio::test]
async fn so_are_the_others() {
    let _roles = ROLES.read().await;
    walk_mutants(|at, change| at % 2 == 1 && !is_of_roles(change)).await;
}

#[tokio::test]
async fn and_those_of_the_roles() {
    let _alone = ROLES.write().await;
    walk_mutants(|_, change| is_of_roles(change)).await;
}
