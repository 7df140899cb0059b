//! What PostgreSQL itself says at a signup that has no profile and no ledger either.

use std::fs;

use rollcall_tests::{World, server, shapes};
use uuid::Uuid;

use super::*;

/// Each takes the profile or the ledger away, so that a warning is all that is left.
const NO_LEDGER: [&str; 2] = [
    "drop table rollcall.sync_failures",
    "alter table rollcall.sync_failures add check (reason is null) not valid",
];

#[tokio::test]
async fn the_warning_of_a_trigger_has_the_id_and_the_sqlstate_and_no_more() {
    for no_ledger in NO_LEDGER {
        for refusal in &REFUSALS[..6] {
            let (sql, toml) = shapes::USERS;
            let world = World::with(sql, toml).await;
            world.run("supabase_admin", refusal).await;
            world.run("supabase_admin", no_ledger).await;
            let id = Uuid::new_v4();
            let signup = format!(
                "insert into auth.users (id, email, raw_user_meta_data, created_at)
                 values ('{id}', '{EMAIL}', '{{\"full_name\": \"{NAME}\"}}', now());
                 update auth.users set email = 'x{EMAIL}', raw_user_meta_data = '{{\"name\": \"{NAME}\"}}'"
            );
            let output = world.psql("supabase_auth_admin", &signup);
            let said = String::from_utf8(output.stderr).unwrap();
            assert!(output.status.success(), "the signup fails: {said}");
            assert_silent(&said);
            assert_eq!(world.ask("select count(*) from auth.users").await, "1");
            let log = fs::read_to_string(server().log_path()).unwrap();
            for line in log.lines().filter(|line| line.contains(&id.to_string())) {
                assert_silent(line);
            }
        }
    }
}
