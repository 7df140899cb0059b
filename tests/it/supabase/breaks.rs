//! Whatever is wrong with the webhook, the signup commits with its profile, says nothing, and leaves
//! a note of the call that was not made.

use std::time::{Duration, Instant};

use rollcall_tests::{World, project::PG_NET};

use super::{project, sign_up, whole};

struct Break {
    what: &'static str,
    breaks: &'static str,
    mends: &'static str,
    state: &'static str,
}

const RAISE: &str = "create or replace function net.http_post(
        url text, body jsonb default '{}', params jsonb default '{}', headers jsonb default '{}',
        timeout_milliseconds int default 5000
    ) returns bigint language plpgsql as ";

const BREAKS: &[Break] = &[
    Break {
        what: "no pg_net",
        breaks: "alter schema net rename to gone",
        mends: "alter schema gone rename to net",
        state: "3F000",
    },
    Break {
        what: "a pg_net that takes other arguments",
        breaks: "alter function net.http_post rename to http_send",
        mends: "alter function net.http_send rename to http_post",
        state: "42883",
    },
    Break {
        what: "a queue that is gone",
        breaks: "alter table net.http_request_queue rename to gone",
        mends: "alter table net.gone rename to http_request_queue",
        state: "42P01",
    },
    Break {
        what: "a queue that may not be written",
        breaks: "revoke all on net.http_request_queue from public",
        mends: "grant all on net.http_request_queue to public",
        state: "42501",
    },
    Break {
        what: "a function that may not be called",
        breaks: "revoke execute on function net.http_post from public",
        mends: "grant execute on function net.http_post to public",
        state: "42501",
    },
    Break {
        what: "a queue that is full of conditions",
        breaks: "alter table net.http_request_queue add constraint nothing check (id < 0) not valid",
        mends: "alter table net.http_request_queue drop constraint nothing",
        state: "23514",
    },
    Break {
        what: "no Vault",
        breaks: "alter schema vault rename to gone",
        mends: "alter schema gone rename to vault",
        state: "42P01",
    },
    Break {
        what: "a Vault that cannot decrypt",
        breaks: "create function vault.fail(text) returns text language plpgsql as
                'begin raise exception ''SECRET''; end';
            create or replace view vault.decrypted_secrets as
            select s.id, s.name, s.secret, vault.fail(s.secret) as decrypted_secret from vault.secrets s",
        mends: "create or replace view vault.decrypted_secrets as
            select s.id, s.name, s.secret, s.secret as decrypted_secret from vault.secrets s",
        state: "P0001",
    },
    Break {
        what: "no secret of that name",
        breaks: "update vault.secrets set name = 'gone' where name = 'rollcall_webhook'",
        mends: "update vault.secrets set name = 'rollcall_webhook' where name = 'gone'",
        state: "P0002",
    },
    Break {
        what: "an empty secret",
        breaks: "update vault.secrets set name = name || '-' where name <> 'other';
            insert into vault.secrets (name, secret) values ('rollcall_webhook', '')",
        mends: "delete from vault.secrets where name = 'rollcall_webhook';
            update vault.secrets set name = 'rollcall_webhook' where name = 'rollcall_webhook-'",
        state: "28P01",
    },
    Break {
        what: "a secret of another form",
        breaks: "update vault.secrets set secret = 'SECRET' || secret where name = 'rollcall_webhook'",
        mends: "update vault.secrets set secret = substr(secret, 7) where name = 'rollcall_webhook'",
        state: "28P01",
    },
    Break {
        what: "a secret whose base64 is cut short",
        breaks: "update vault.secrets set secret = secret || 'SECRETSEC' where name = 'rollcall_webhook'",
        mends: "update vault.secrets set secret = left(secret, -9) where name = 'rollcall_webhook'",
        state: "22023",
    },
    Break {
        what: "no pgcrypto",
        breaks: "drop extension pgcrypto",
        mends: "create extension pgcrypto with schema extensions",
        state: "22004",
    },
];

/// What `net.http_post` itself may do.
const RAISES: &[(&str, &str, &str)] = &[
    ("raises", "begin raise exception 'SECRET'; end", "P0001"),
    (
        "fails an assertion",
        "begin assert false, 'SECRET'; return 1; end",
        "P0004",
    ),
    ("divides by zero", "begin return 1 / 0; end", "22012"),
    ("says nothing", "begin end", "2F005"),
    (
        "runs out of the stack",
        "begin return net.http_post(url); end",
        "54001",
    ),
    (
        "sleeps",
        "begin perform pg_sleep(10); return 1; end",
        "57014",
    ),
    (
        "waits for a lock",
        "begin lock table public.users in access exclusive mode; return 1; end",
        "55P03",
    ),
    (
        "has its disk full",
        "begin raise exception using errcode = '53100'; end",
        "53100",
    ),
    (
        "is told to end",
        "begin raise exception using errcode = '57P01'; end",
        "57P01",
    ),
];

/// Signs somebody up under something broken; what was noted of the call.
async fn sign_up_under(world: &World, number: usize, what: &str) -> String {
    let id = format!("00000000-0000-4000-8000-{number:012}");
    let sql = format!("set statement_timeout = '2s'; {}", sign_up(&id));
    let output = world.psql("supabase_auth_admin", &sql);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{what}: {said}");
    assert!(said.is_empty(), "{what}: {said}");
    let profile = format!("select exists (select from public.users where id = '{id}')");
    assert_eq!(world.ask(&profile).await, "true", "{what}");
    world
        .ask(
            "select coalesce(request_id::text, sqlstate) from rollcall.webhook_calls
             order by called_at desc limit 1",
        )
        .await
}

#[tokio::test]
async fn whatever_is_broken_the_signup_commits_with_its_profile() {
    let world = whole().await;
    for (number, case) in (1..).zip(BREAKS) {
        world.run("supabase_admin", case.breaks).await;
        let noted = sign_up_under(&world, number, case.what).await;
        assert_eq!(noted, case.state, "{}", case.what);
        world.run("supabase_admin", case.mends).await;
    }
    // It is whole again, so each break was by itself.
    let noted = sign_up_under(&world, 100, "nothing").await;
    assert!(noted.parse::<i64>().is_ok(), "{noted}");
    assert_eq!(super::queue(&world).await.len(), 1);
}

#[tokio::test]
async fn whatever_pg_net_does_the_signup_commits_with_its_profile() {
    let world = whole().await;
    let mut holder = world.connect("supabase_admin").await;
    for (number, (what, body, state)) in (1..).zip(RAISES) {
        let sql = format!("{RAISE} $$ {body} $$");
        world.run("supabase_admin", &sql).await;
        if *state == "55P03" {
            // Reading is enough to be in the way.
            let hold = "begin; lock table public.users in access share mode";
            sqlx::raw_sql(hold).execute(&mut holder).await.unwrap();
        }
        let noted = sign_up_under(&world, number, what).await;
        assert_eq!(noted, *state, "{what}");
        sqlx::raw_sql("rollback")
            .execute(&mut holder)
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn without_the_note_there_is_a_warning_that_tells_no_secret() {
    let world = project(&[PG_NET], "").await;
    let lose = "alter table rollcall.webhook_calls rename to gone";
    world.run("postgres", lose).await;
    let id = "00000000-0000-4000-8000-000000000001";
    let output = world.psql("supabase_auth_admin", &sign_up(id));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    let warning = format!(
        "rollcall: no webhook for user {id} (SQLSTATE 42P01), and no note of it (SQLSTATE 42P01)"
    );
    assert!(said.contains(&warning), "{said}");
    assert!(!said.contains("example.com"), "{said}");
}

/// The note of a call that waited for its own table waits for it no second time.
#[tokio::test]
async fn the_table_of_notes_is_waited_for_half_a_second_and_no_longer() {
    let world = whole().await;
    let mut holder = world.connect("postgres").await;
    let hold = "begin; lock table rollcall.webhook_calls in access exclusive mode";
    sqlx::raw_sql(hold).execute(&mut holder).await.unwrap();
    let id = "00000000-0000-4000-8000-000000000001";
    let begun = Instant::now();
    let output = world.psql("supabase_auth_admin", &sign_up(id));
    let took = begun.elapsed();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    let warning = format!(
        "rollcall: no webhook for user {id} (SQLSTATE 55P03), and no note of it (SQLSTATE 55P03)"
    );
    assert!(said.contains(&warning), "{said}");
    assert!(took > Duration::from_millis(450), "{took:?}");
    assert!(took < Duration::from_millis(950), "{took:?}");
    sqlx::raw_sql("rollback")
        .execute(&mut holder)
        .await
        .unwrap();
    let noted = sign_up_under(&world, 2, "nothing").await;
    assert!(noted.parse::<i64>().is_ok(), "{noted}");
}
