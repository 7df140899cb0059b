//! The watch: what the two scheduled functions heal, tell and remember. Real binaries, a real
//! database, and a mailbox in Slack's place.

mod faults;
mod forged;
mod healing;
mod incidents;
mod lost;
mod pulse;
mod report;
mod silent;
mod unhealed;

use rollcall_local::runtime_api::Function;
use rollcall_tests::{Deployed, Mailbox, World, people, shapes};
use serde_json::{Value, json};

/// A world with the two functions and a mailbox.
struct Watched {
    world: World,
    nightly: Function,
    pulse: Function,
    mailbox: Mailbox,
}

impl Watched {
    /// Users who sign up here get a profile by Rollcall's trigger.
    async fn new() -> Self {
        let (sql, toml) = shapes::USERS;
        Self::of(World::with(sql, toml).await).await
    }

    async fn of(world: World) -> Self {
        Self::telling(world, &[]).await
    }

    /// With more to tell by than the mailbox.
    async fn telling(world: World, more: &[(&str, &str)]) -> Self {
        let mailbox = Mailbox::open().await;
        let url = mailbox.url();
        let mut channels = vec![("SLACK_WEBHOOK_URL", url.as_str())];
        channels.extend(more);
        let nightly = Deployed::start("nightly-check", &world, "rollcall_app", &channels).await;
        let pulse = Deployed::start("pulse", &world, "rollcall_app", &channels).await;
        Self {
            world,
            nightly,
            pulse,
            mailbox,
        }
    }

    async fn check(&self) -> Value {
        self.nightly.invoke(json!({})).await.unwrap()
    }

    async fn beat(&self) -> Value {
        self.pulse.invoke(json!({})).await.unwrap()
    }

    /// So many people sign up, numbered from `first` on.
    async fn sign_up(&self, first: u32, number: u32) {
        let sql = insert(first, number);
        self.counted("supabase_auth_admin", &sql).await;
    }

    /// So many people come by a restore, which fires no trigger.
    async fn restore(&self, first: u32, number: u32) {
        let sql = people::unnoticed(&insert(first, number));
        self.counted("supabase_admin", &sql).await;
    }

    /// Does something, and waits until the server's counters have taken it in. A session hands
    /// them over when it is idle, or ends, a moment later.
    async fn counted(&self, role: &str, sql: &str) {
        let mut connection = self.world.connect(role).await;
        for sql in [sql, "select pg_stat_force_next_flush()"] {
            sqlx::raw_sql(sqlx::AssertSqlSafe(sql.to_owned()))
                .execute(&mut connection)
                .await
                .unwrap_or_else(|error| panic!("{error}\nin: {sql}"));
        }
    }

    async fn ghosts(&self) -> i64 {
        let sql = "select count(*) from auth.users u
            where not exists (select from public.users p where p.id = u.id)";
        self.world.ask(sql).await.parse().unwrap()
    }

    /// The headlines of what has arrived since.
    fn headlines(&self) -> Vec<String> {
        let messages = self.mailbox.take();
        let texts = messages.iter().map(|message| message["text"].as_str());
        texts.map(|text| text.unwrap().to_owned()).collect()
    }
}

fn insert(first: u32, number: u32) -> String {
    people::insert(first, number, 0)
}

fn cause(report: &Value) -> &str {
    report["cause"]["kind"].as_str().unwrap_or("none")
}
