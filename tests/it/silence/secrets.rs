//! Secrets that are read from AWS, at the start and again, good ones and bad ones.

use rollcall_local::function_url::Endpoint;
use rollcall_tests::{Vault, World, post, shapes};

use super::*;

#[tokio::test]
async fn what_is_in_a_secret_is_told_by_nobody_who_reads_it() {
    let Some(vault) = Vault::open() else { return };
    let (sql, toml) = shapes::USERS;
    let world = World::with(sql, toml).await;
    sign_up(&world, ADA).await;
    let login = world.passworded("rollcall_app", PASSWORD).await;
    let url = |password: &str| {
        let address = world.url(&login);
        address.replacen('@', &format!(":{password}@"), 1)
    };
    for (number, loud) in LOUD.iter().enumerate() {
        let name = |what: &str| format!("silence/{number}/{what}");
        let database = vault.keep(&name("database"), &url(PASSWORD)).await;
        let secrets = vault.keep(&name("secrets"), SECRET).await;
        let tokens = vault.keep(&name("tokens"), TOKEN).await;
        let mut variables =
            vault.variables(&[("WEBHOOK_SECRETS", &secrets), ("WEBHOOK_TOKENS", &tokens)]);
        variables.extend_from_slice(loud);
        let function = Arc::new(Deployed::with_url("signup-webhook", &database, &variables).await);
        let endpoint = Endpoint::serve(Arc::clone(&function), 0).await.unwrap();
        let send = async |token: &str| {
            let header = [("x-rollcall-token", token)];
            let body = full_row("INSERT", ADA).to_string();
            let reply = post(&endpoint.url(), &header, body.as_bytes()).await;
            assert_silent(&reply.head);
            assert_silent(&reply.body);
            reply.status
        };
        assert_eq!(send(TOKEN).await, 200);
        // What is read again means nothing, and is full of canaries.
        vault.rotate(&tokens, "canary").await;
        assert_eq!(send("canary-token-that-is-unknown").await, 401);
        let account = json!({"username": "canary", "password": ["canary"]});
        vault.rotate(&database, &account.to_string()).await;
        let nobody = format!("alter role {login} nologin");
        world.run("supabase_admin", &nobody).await;
        world.end_sessions(&login).await;
        assert_eq!(send(TOKEN).await, 503);
        world
            .run("supabase_admin", &format!("alter role {login} login"))
            .await;
        assert_eq!(send(TOKEN).await, 200);
        let heard = heard(&function).await;
        assert_silent(&heard);
        assert!(heard.contains(ADA), "{heard}");
    }
}
