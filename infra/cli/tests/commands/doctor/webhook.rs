//! What the database needs to call the signup webhook by itself.

use rollcall_tests::{
    SECRET, World,
    project::{PG_NET, VAULT},
    shapes,
};

use super::{doctor, is_silent_about, says};

#[tokio::test]
async fn what_a_call_of_the_webhook_lacks_is_found_with_its_mend() {
    let (sql, toml) = shapes::USERS;
    let toml = format!(
        "{toml}\n[webhook]\nurl = \"https://rollcall.example.com/\"\n\
         vault_secret = \"rollcall_webhook\"\n"
    );
    let world = World::bare(sql).await;
    let look = || doctor(&world, "postgres", Some(&toml));
    let ended = look();
    assert_eq!(ended.status, 1);
    says(&ended, "found", "`create extension pg_net`");
    says(&ended, "found", "`create extension supabase_vault`");

    for part in [PG_NET, VAULT] {
        world.run("supabase_admin", part).await;
    }
    let ended = look();
    is_silent_about(&ended, "create extension");
    says(&ended, "found", "Vault has no secret rollcall_webhook");

    for (secret, is_good) in [
        ("whsec_short", false),
        ("", false),
        (SECRET, true),
        (&format!("something|{SECRET}"), true),
        ("v1,whsec_YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnc", false),
        ("whsec_YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4", true),
    ] {
        let keep = format!(
            "delete from vault.secrets;
             insert into vault.secrets (name, secret) values ('rollcall_webhook', '{secret}')"
        );
        world.run("supabase_admin", &keep).await;
        let ended = look();
        if is_good {
            says(&ended, "ok", "Vault's secret are there for the webhook");
        } else {
            says(&ended, "found", "rollcall_webhook is not v1,whsec_");
        }
        assert!(
            secret.is_empty() || !ended.out.contains(secret),
            "{ended:?}"
        );
    }

    world
        .run(
            "supabase_admin",
            "drop extension pgcrypto cascade; drop view vault.decrypted_secrets;
             create view vault.decrypted_secrets as
                 select s.name, (1 / 0 * length(s.name))::text as decrypted_secret from vault.secrets s",
        )
        .await;
    says(
        &look(),
        "found",
        "`create extension pgcrypto with schema extensions`",
    );
    says(&look(), "unseen", "could not look at Vault's secret");
}

#[tokio::test]
async fn whoever_wants_no_call_is_told_nothing_of_it() {
    let (sql, toml) = shapes::USERS;
    let world = World::bare(sql).await;
    is_silent_about(&doctor(&world, "postgres", Some(toml)), "Vault");
}
