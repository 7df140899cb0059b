//! The local stack with its schedules sped up: what is lost between two pulses is made good by the
//! next ones, without anybody doing anything.

use std::{
    io::{BufRead, BufReader, Lines, Read},
    process::{Child, ChildStdout, Command, Stdio},
};

use rollcall_tests::Mailbox;
use sqlx::{Connection, PgConnection};

/// The stack; it ends with the test.
struct Up {
    process: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Drop for Up {
    fn drop(&mut self) {
        // It has nothing to lose that its own watchdog does not take away.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Up {
    /// With these variables, and none that the functions would be given.
    fn start(variables: &[(&str, &str)]) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_rollcall"))
            .args([
                "up",
                "--port",
                "0",
                "--report-port",
                "0",
                "--pulse-every",
                "1",
            ])
            .env_remove("DATABASE_URL")
            .env_remove("SLACK_WEBHOOK_URL")
            .env_remove("INCIDENTS_TOPIC_ARN")
            .env_remove("DATA_QUALITY_TOPIC_ARN")
            .env_remove("EXPORT_BUCKET")
            .envs(variables.iter().copied())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        Self { process, lines }
    }

    /// The next line that holds these words.
    fn next_with(&mut self, words: &str) -> String {
        let mut lines = self.lines.by_ref().map(Result::unwrap);
        lines
            .find(|line| line.contains(words))
            .unwrap_or_else(|| panic!("it ended without saying {words}"))
    }

    /// The same, while what else this test does goes on.
    async fn until(mut self, words: &'static str) -> (Self, String) {
        let reading = tokio::task::spawn_blocking(move || {
            let line = self.next_with(words);
            (self, line)
        });
        reading.await.unwrap()
    }

    /// The database, as its superuser.
    async fn database(&mut self) -> PgConnection {
        let line = self.next_with("DATABASE_URL=");
        let url = line.split('\'').nth(1).unwrap();
        let url = url.replace("postgres://postgres@", "postgres://supabase_admin@");
        PgConnection::connect(&url).await.unwrap()
    }
}

#[tokio::test]
async fn a_restore_between_two_pulses_is_healed_by_one_of_the_next_two() {
    let mut up = Up::start(&[]);
    let mut connection = up.database().await;
    up.next_with("check: healthy");
    up.next_with("pulse: healthy");
    sqlx::raw_sql(
        "set session_replication_role = replica;
         insert into auth.users (id, email, created_at)
         select gen_random_uuid(), 'restored' || n || '@example.com', now()
         from generate_series(1, 4) n",
    )
    .execute(&mut connection)
    .await
    .unwrap();
    sqlx::raw_sql("select pg_stat_force_next_flush()")
        .execute(&mut connection)
        .await
        .unwrap();
    let sql = "select to_char(clock_timestamp() at time zone 'utc', 'HH24:MI:SS')";
    let since = sqlx::query_scalar::<_, String>(sql).fetch_one(&mut connection);
    let since = since.await.unwrap();
    let mut pulses_since = vec![];
    let healed = loop {
        let pulse = up.next_with("pulse: ");
        if pulse.contains("healed: 4") {
            break pulse;
        }
        // One that was said before, or in the same second, may have looked before.
        if pulse[..since.len()] > *since {
            pulses_since.push(pulse);
        }
        assert!(pulses_since.len() < 2, "{since}: {pulses_since:?}");
    };
    assert!(healed.contains("without the trigger firing"), "{healed}");
    let sql = "select count(*) from auth.users u
        where not exists (select from public.users p where p.id = u.id)";
    let ghosts = sqlx::query_scalar::<_, i64>(sql)
        .fetch_one(&mut connection)
        .await;
    assert_eq!(ghosts.unwrap(), 0);
}

#[tokio::test]
async fn its_alerts_go_where_the_environment_says() {
    let mailbox = Mailbox::open().await;
    let url = mailbox.url();
    let mut up = Up::start(&[("SLACK_WEBHOOK_URL", &url), ("AWS_REGION", "eu-central-1")]);
    let mut connection = up.database().await;
    let said = up.next_with("passed on");
    assert_eq!(
        said,
        "passed on to the functions: SLACK_WEBHOOK_URL, AWS_REGION"
    );
    let (up, _) = up.until("check: healthy").await;
    sqlx::raw_sql("alter table auth.users disable trigger on_auth_user_created")
        .execute(&mut connection)
        .await
        .unwrap();
    let _up = up.until("pulse: critical").await;
    let messages = mailbox.take();
    assert_eq!(messages.len(), 1, "{messages:?}");
    let text = messages[0]["text"].as_str().unwrap();
    assert!(text.starts_with("P1: a trigger that keeps"), "{text}");
}

#[tokio::test]
async fn a_database_that_ends_ends_it_with_a_word() {
    let mut up = Up::start(&[]);
    let mut connection = up.database().await;
    up.next_with("check: healthy");
    let sql = "select split_part(pg_read_file('postmaster.pid'), chr(10), 1)";
    let pid = sqlx::query_scalar::<_, String>(sql).fetch_one(&mut connection);
    let pid = pid.await.unwrap();
    let killed = Command::new("kill").args(["-INT", &pid]).status().unwrap();
    assert!(killed.success());
    let mut said = String::new();
    let mut stderr = up.process.stderr.take().unwrap();
    stderr.read_to_string(&mut said).unwrap();
    assert!(said.contains("the local database has ended"), "{said}");
    assert_eq!(up.process.wait().unwrap().code(), Some(3));
}
