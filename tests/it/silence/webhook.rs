//! The signup webhook, from every success to every failure.

use rollcall_local::function_url::Endpoint;
use rollcall_tests::{Line, World, post, send_raw, shapes, sign_with};
use serde_json::json;

use super::*;

struct Webhook {
    function: Arc<Function>,
    endpoint: Endpoint,
}

impl Webhook {
    async fn start(url: &str, loud: &[(&str, &str)]) -> Self {
        let function = start("signup-webhook", &with_password(url), loud).await;
        let endpoint = Endpoint::serve(Arc::clone(&function), 0).await.unwrap();
        Self { function, endpoint }
    }

    /// The status, once the answer is known to be silent.
    async fn send(&self, headers: &[(&str, &str)], body: &[u8]) -> u16 {
        let reply = post(&self.endpoint.url(), headers, body).await;
        assert_silent(&reply.head);
        assert_silent(&reply.body);
        reply.status
    }

    async fn send_event(&self, event: &Value) -> u16 {
        let token = [("x-rollcall-token", TOKEN)];
        self.send(&token, event.to_string().as_bytes()).await
    }

    async fn assert_silent_but_for_the_id(&self) {
        let heard = heard(&self.function).await;
        assert_silent(&heard);
        assert!(heard.contains(ADA), "{heard}");
    }
}

fn hook(id: &str) -> Value {
    json!({
        "metadata": {"uuid": id, "name": "after-user-created", "ip_address": "canary"},
        "user": {"id": id, "email": EMAIL, "user_metadata": {"full_name": NAME}},
    })
}

#[tokio::test]
async fn what_is_done_and_what_is_refused_is_told_without_the_row() {
    for (loud, refusal) in LOUD.iter().cycle().zip(REFUSALS) {
        let (sql, toml) = shapes::USERS;
        let world = World::with(sql, toml).await;
        sign_up(&world, ADA).await;
        add_gossip(&world).await;
        let webhook = Webhook::start(&world.url("rollcall_app"), loud).await;
        for event in [
            full_row("INSERT", ADA),
            full_row("UPDATE", ADA),
            full_row("DELETE", ADA),
        ] {
            assert_eq!(webhook.send_event(&event).await, 200);
        }
        world.run("postgres", "delete from public.users").await;
        world.run("supabase_admin", refusal).await;
        for event in [full_row("INSERT", ADA), hook(ADA)] {
            webhook.send_event(&event).await;
        }
        webhook.assert_silent_but_for_the_id().await;
    }
}

#[tokio::test]
async fn what_is_not_taken_is_told_without_the_request() {
    let (sql, toml) = shapes::USERS;
    let world = World::with(sql, toml).await;
    for loud in LOUD {
        let webhook = Webhook::start(&world.url("rollcall_app"), &loud).await;
        let body = full_row("INSERT", ADA).to_string();
        let timestamp = "1795164022";
        let signature = sign_with(
            "v1,whsec_Y2FuYXJ5IHNlY3JldCBvZiBlbm91Z2ggYnl0ZXM=",
            "canary",
            0,
            body.as_bytes(),
        );
        let stale = [
            ("webhook-id", "canary"),
            ("webhook-timestamp", timestamp),
            ("webhook-signature", signature.as_str()),
        ];
        assert_eq!(webhook.send(&stale, body.as_bytes()).await, 401);
        let wrong = [
            ("x-rollcall-token", "canary-token-that-is-unknown"),
            ("x-canary", "canary"),
        ];
        assert_eq!(webhook.send(&wrong, body.as_bytes()).await, 401);
        let large = "canary".repeat(1024 * 1024);
        assert_eq!(
            webhook
                .send(&[], &large.as_bytes()[..=5 * 1024 * 1024])
                .await,
            413
        );
        let token = [("x-rollcall-token", TOKEN)];
        for (body, status) in [
            ("canary", 400),
            ("{\"canary\": \"canary\"}", 400),
            ("{\"type\": \"canary\"}", 400),
            (
                "{\"type\": \"INSERT\", \"schema\": \"canary\", \"table\": \"canary\"}",
                422,
            ),
            (
                "{\"type\": \"INSERT\", \"schema\": \"auth\", \"table\": \"users\", \"id\": \"canary\"}",
                400,
            ),
            (
                "{\"metadata\": {\"name\": \"canary\"}, \"user\": {\"id\": \"canary\"}}",
                422,
            ),
        ] {
            assert_eq!(
                webhook.send(&token, body.as_bytes()).await,
                status,
                "{body}"
            );
        }
        let get = format!(
            "GET /canary?canary=canary HTTP/1.1\r\nHost: canary\r\nCookie: canary=canary\r\n\
             x-rollcall-token: {TOKEN}\r\n\r\n"
        );
        let reply = send_raw(&webhook.endpoint.url(), get.as_bytes()).await;
        assert_eq!(reply.status, 405);
        assert_silent(&reply.body);
        assert_silent(&heard(&webhook.function).await);
    }
}

#[tokio::test]
async fn a_database_out_of_reach_is_told_without_its_password() {
    let (sql, toml) = shapes::USERS;
    let world = World::with(sql, toml).await;
    sign_up(&world, ADA).await;
    for loud in LOUD {
        let line = Line::open().await;
        let webhook = Webhook::start(&line.url("rollcall_app", &world), &loud).await;
        line.cut().await;
        assert_eq!(webhook.send_event(&full_row("INSERT", ADA)).await, 503);
        assert_eq!(webhook.send_event(&hook(ADA)).await, 200);
        line.mend().await;
        assert_eq!(webhook.send_event(&full_row("INSERT", ADA)).await, 200);
        line.hold();
        assert_eq!(webhook.send_event(&full_row("INSERT", ADA)).await, 503);
        webhook.assert_silent_but_for_the_id().await;
    }
    for loud in LOUD {
        let nobody = Webhook::start(&world.url("nobody_at_all"), &loud).await;
        assert_eq!(nobody.send_event(&full_row("INSERT", ADA)).await, 503);
        nobody.assert_silent_but_for_the_id().await;
        let unknown = "postgres://rollcall_app@host.invalid:5432/app";
        let unknown = Webhook::start(unknown, &loud).await;
        assert_eq!(unknown.send_event(&full_row("INSERT", ADA)).await, 503);
        unknown.assert_silent_but_for_the_id().await;
    }
}
