//! The local stack with its schedules sped up: what is lost between two pulses is made good by the
//! next ones, without anybody doing anything.

use std::{
    io::{BufRead, BufReader, Lines},
    process::{Child, ChildStdout, Command, Stdio},
};

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
    fn start() -> Self {
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
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
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
}

#[tokio::test]
async fn a_restore_between_two_pulses_is_healed_by_one_of_the_next_two() {
    let mut up = Up::start();
    let line = up.next_with("DATABASE_URL=");
    let url = line.split('\'').nth(1).unwrap();
    let url = url.replace("postgres://postgres@", "postgres://supabase_admin@");
    up.next_with("check: healthy");
    up.next_with("pulse: healthy");
    let mut connection = PgConnection::connect(&url).await.unwrap();
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
