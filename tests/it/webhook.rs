//! The signup webhook: real requests to the real binary, in front of a real database.

mod authentication;
mod order;
mod outcomes;
mod parallel;
mod reach;
mod recorded;
mod refusals;

use std::sync::Arc;

use rollcall_local::function_url::Endpoint;
use rollcall_tests::{Deployed, SECRET, TOKEN, World, post};
use serde_json::{Value, json};

/// A user of these tests.
pub(crate) const ADA: &str = "00000000-0000-4000-8000-00000000000a";

/// The function behind an address, in front of a world.
pub(crate) struct Webhook {
    endpoint: Endpoint,
}

impl Webhook {
    /// It takes [`TOKEN`] and what [`SECRET`] has signed.
    async fn of(world: &World) -> Self {
        Self::at(&world.url("rollcall_app"), 1).await
    }

    /// The same with another address of the database, and so many processes.
    async fn at(url: &str, concurrency: usize) -> Self {
        let credentials = [("WEBHOOK_SECRETS", SECRET), ("WEBHOOK_TOKENS", TOKEN)];
        Self::with(url, &credentials, concurrency).await
    }

    pub(crate) async fn with(url: &str, variables: &[(&str, &str)], concurrency: usize) -> Self {
        let function = Deployed::as_said("signup-webhook", url, variables, |spec| {
            spec.concurrency = concurrency;
        });
        let endpoint = Endpoint::serve(Arc::new(function.await), 0).await.unwrap();
        Self { endpoint }
    }

    pub(crate) fn url(&self) -> String {
        self.endpoint.url()
    }

    /// The status and the body of what an authentic event is answered with.
    pub(crate) async fn send(&self, event: &Value) -> (u16, Value) {
        let token = [("x-rollcall-token", TOKEN)];
        let reply = post(&self.url(), &token, event.to_string().as_bytes()).await;
        assert_eq!(reply.header("content-type"), Some("application/json"));
        let body = reply.json();
        assert!(reply.status != 200 || body.get("error").is_none(), "{body}");
        (reply.status, body)
    }

    /// The outcome and the reason of an event that is answered with success.
    async fn outcome(&self, event: &Value) -> (String, Option<String>) {
        let (status, body) = self.send(event).await;
        assert_eq!(status, 200, "{body}");
        let word = |name: &str| body[name].as_str().map(str::to_owned);
        (word("outcome").unwrap(), word("reason"))
    }

    /// The outcome of an event that has no reason.
    pub(crate) async fn plain_outcome(&self, event: &Value) -> String {
        let (outcome, reason) = self.outcome(event).await;
        assert_eq!(reason, None, "{outcome}");
        outcome
    }
}

/// A database webhook in its short form.
pub(crate) fn row(kind: &str, id: &str) -> Value {
    json!({"type": kind, "schema": "auth", "table": "users", "id": id})
}

/// An Auth Hook.
pub(crate) fn hook(name: &str, id: &str) -> Value {
    json!({
        "metadata": {"uuid": "5f6a0000-0000-4000-8000-000000000001", "name": name},
        "user": {"id": id, "email": "ada@example.com", "user_metadata": {}},
    })
}

/// Signs somebody up as GoTrue does, with Rollcall's trigger or without.
pub(crate) async fn sign_up(world: &World, id: &str, with_trigger: bool) {
    let role = if with_trigger { "origin" } else { "replica" };
    world
        .run(
            "supabase_admin",
            &format!(
                "set session_replication_role = {role};
                 insert into auth.users (id, email, raw_user_meta_data, created_at)
                 values ('{id}', 'u{tail}@example.com', '{{\"full_name\": \"Ada\"}}', now())",
                tail = &id[30..]
            ),
        )
        .await;
}
