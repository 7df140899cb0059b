//! Every trace goes, wherever it was; and by itself, once the auth user is deleted.

use super::*;

const RUN: &str = "0e8f9a60-1111-4222-8333-444455556666";

/// Every row of everything that Rollcall keeps, that holds the id of this person.
async fn traces(world: &World, number: u32) -> String {
    let sql = format!(
        "select coalesce(string_agg(t.name, ' ' order by t.name), '') from (
            select c.oid::regclass::text as name
            from pg_class c
            where c.relkind = 'r'
                and (c.relnamespace = 'rollcall'::regnamespace
                    or c.oid in ('public.cleanup_audit_log'::regclass, 'public.error_logs'::regclass))
                and (xpath('/row/n/text()', query_to_xml(format(
                    'select count(*) as n from %s t where t::text like ''%%{}%%''', c.oid::regclass
                ), false, true, '')))[1]::text <> '0'
        ) t",
        id(number)
    );
    world.ask(&sql).await
}

/// A world in which this person is everywhere.
async fn known_everywhere() -> World {
    let world = world().await;
    people(&world, 50, 30).await;
    ghosts(&world, 1, 3).await;
    let backfill = Deployed::start("backfill", &world, "rollcall_operator", &[]).await;
    let scope = json!({"mode": "run", "run_id": RUN, "user_ids": [id(1), id(2), id(3)],
        "reason": format!("asked for by {}", id(1))});
    assert_eq!(backfill.invoke(scope).await.unwrap()["created"], 3);
    world
        .run(
            "postgres",
            &format!(
                "insert into rollcall.run_refusals values ('{RUN}', '{0}', 'other');
                 insert into rollcall.run_images values ('{RUN}', '{0}', '{{x}}');
                 select rollcall.record_failure('{0}', '23505', 'other');
                 insert into rollcall.exclusions values ('{0}');
                 insert into rollcall.acknowledgements values ('{0}', now() + interval '1 day');
                 insert into rollcall.incidents (incident_id, cause, sentence, severity, began_at,
                     opened_at, last_seen_at, most_affected)
                 values ('{RUN}', 'x', 'about {0}', 'P2', now(), now(), now(), 1);
                 insert into rollcall.incident_events
                 values ('{RUN}', now(), 'opened', 'P2', '{RUN}', 'about {0}');
                 insert into rollcall.outbox (alert_id, incident_id, channel, topic, message)
                 values ('{RUN}', '{RUN}', 'x', 'incidents', '{{\"samples\": [\"{0}\", \"{1}\"]}}');
                 insert into rollcall.checks (run_id, kind, checked_at, duration_ms, configuration,
                     status, counts, checks, sentence)
                 values ('{RUN}', 'full', now(), 1, '', 'healthy', '{{}}', '[\"{0}\"]', '{0}');
                 insert into public.error_logs (error_type, message) values ('x', '{0}');
                 insert into public.cleanup_audit_log (job_name, job_type, status, error_message)
                 values ('x', 'x', 'x', 'about {0} {1}')",
                id(1),
                id(2)
            ),
        )
        .await;
    world
}

#[tokio::test]
async fn every_trace_is_wiped_and_nobody_else_s() {
    let world = known_everywhere().await;
    let everywhere = "checks cleanup_audit_log error_logs rollcall.acknowledgements";
    assert!(!traces(&world, 1).await.is_empty(), "{everywhere}");
    let function = repair(&world).await;
    let event = json!({"action": "forget", "user_ids": [id(1)]});
    let (kind, sentence) = thrown(function.invoke(event.clone()).await);
    assert_eq!(kind, "Rejected");
    assert!(sentence.contains(&id(1)), "{sentence}");

    let others = traces(&world, 2).await;
    quietly(
        &world,
        &format!("delete from auth.users where id = '{}'", id(1)),
    )
    .await;
    let forgotten = function.invoke(event.clone()).await.unwrap();
    let wiped = forgotten["wiped"].as_array().unwrap();
    assert_eq!(wiped.len(), 14, "{forgotten:#}");
    assert_eq!(traces(&world, 1).await, "");
    assert_eq!(traces(&world, 2).await, others);
    let again = function.invoke(event).await.unwrap();
    assert_eq!(again["wiped"], json!([]));
}

#[tokio::test]
async fn what_was_said_of_somebody_else_names_the_person_no_more() {
    let world = world().await;
    people(&world, 1, 2).await;
    let reason = format!("second account of {}, ada@example.com; asked twice", id(1));
    for (action, until) in [
        ("exclude", Value::Null),
        ("acknowledge", json!("9999-12-31")),
    ] {
        let mut event = json!({"action": action, "user_ids": [id(2)], "reason": reason});
        if !until.is_null() {
            event["until"] = until;
        }
        act(&world, event).await;
    }
    let said = "select (select reason from rollcall.exclusions) || '|'
        || (select reason from rollcall.acknowledgements)";
    let kept = format!(
        "second account of {}, (address left out) asked twice",
        id(1)
    );
    assert_eq!(world.ask(said).await, format!("{kept}|{kept}"));
    let delete = format!("delete from auth.users where id = '{}'", id(1));
    quietly(&world, &delete).await;
    let event = json!({"action": "forget", "user_ids": [id(1)]});
    let forgotten = act(&world, event).await;
    let wiped = json!([
        {"table": "exclusions", "rows": 1}, {"table": "acknowledgements", "rows": 1}
    ]);
    assert_eq!(forgotten["wiped"], wiped, "{forgotten:#}");
    assert_eq!(traces(&world, 1).await, "");
    let words = world.ask(said).await;
    assert!(
        words.contains("asked twice|second account of 00000000-0000-0000-"),
        "{words}"
    );
    assert!(traces(&world, 2).await.contains("rollcall.exclusions"));
}

#[tokio::test]
async fn every_table_that_can_hold_an_id_is_wiped() {
    // Whoever adds a table comes by here: is there a user's id in it?
    let world = world().await;
    let tables = "select string_agg(c.relname, ' ' order by c.relname) from pg_class c
        where c.relkind = 'r' and c.relnamespace = 'rollcall'::regnamespace
            and not exists (select from pg_proc p
                where p.proname = 'wipe' and p.pronamespace = c.relnamespace
                    and p.prosrc ~ ('rollcall\\.' || c.relname || '\\M'))";
    assert_eq!(
        world.ask(tables).await,
        "baseline definitions displaced installed webhook_calls"
    );
}

#[tokio::test]
async fn it_happens_by_itself_within_a_pulse_of_the_deletion() {
    for function in ["pulse", "nightly-check"] {
        let world = known_everywhere().await;
        let delete = format!("delete from auth.users where id = '{}'", id(1));
        world.run("supabase_auth_admin", &delete).await;
        let noted = "select count(*) from rollcall.forgetting";
        assert_eq!(world.ask(noted).await, "1");
        let scheduled = Deployed::start(function, &world, "rollcall_app", &[]).await;
        scheduled.invoke(json!({})).await.unwrap();
        assert_eq!(traces(&world, 1).await, "", "{function}");
        assert!(!traces(&world, 2).await.is_empty());
    }
}

#[tokio::test]
async fn where_no_trigger_saw_the_deletion_the_nightly_check_does() {
    let world = known_everywhere().await;
    let delete = format!("delete from auth.users where id = '{}'", id(1));
    quietly(&world, &delete).await;
    exclude(&world, &[90]).await;
    let check = Deployed::start("nightly-check", &world, "rollcall_app", &[]).await;
    check.invoke(json!({})).await.unwrap();
    assert_eq!(traces(&world, 1).await, "");
    // One who was never there is left out all the same.
    assert_eq!(traces(&world, 90).await, "rollcall.exclusions");
}

#[tokio::test]
async fn whoever_is_back_is_not_forgotten_and_a_deletion_never_waits() {
    let world = known_everywhere().await;
    let delete = format!("delete from auth.users where id = '{}'", id(1));
    world
        .run("postgres", "alter table rollcall.forgetting rename to gone")
        .await;
    world.run("supabase_auth_admin", &delete).await;
    world
        .run("postgres", "alter table rollcall.gone rename to forgetting")
        .await;
    assert_eq!(
        world
            .ask("select count(*) from auth.users where id::text like '%001'")
            .await,
        "0"
    );

    let delete = format!("delete from auth.users where id = '{}'", id(2));
    world.run("supabase_auth_admin", &delete).await;
    quietly(&world, &insert(2, 1, 0)).await;
    let before = traces(&world, 2).await.replace("rollcall.forgetting ", "");
    let pulse = Deployed::start("pulse", &world, "rollcall_app", &[]).await;
    pulse.invoke(json!({})).await.unwrap();
    assert_eq!(traces(&world, 2).await, before);
}

#[tokio::test]
async fn a_stamp_that_failed_at_the_deletion_is_made_up_for_and_then_the_person_is_forgotten() {
    let world = world().await;
    people(&world, 1, 3).await;
    let key = id(1);
    let stamped =
        format!("select (deleted_at is not null)::text from public.users where id = '{key}'");
    let pulse = Deployed::start("pulse", &world, "rollcall_app", &[]).await;
    let mut holder = world.connect("postgres").await;
    let hold = format!("begin; select from public.users where id = '{key}' for update");
    let run = |sql: String| sqlx::raw_sql(sqlx::AssertSqlSafe(sql));
    run(hold).execute(&mut holder).await.unwrap();
    let delete = format!("delete from auth.users where id = '{key}'");
    world.run("supabase_auth_admin", &delete).await;
    let kept = "select (select count(*) from rollcall.forgetting) || ' '
        || (select string_agg(reason || ' ' || attempts, ',') from rollcall.sync_failures)";
    assert_eq!(world.ask(kept).await, "1 lock_timeout 1");
    let due = "update rollcall.sync_failures set next_attempt_at = now()";
    world.run("postgres", due).await;
    pulse.invoke(json!({})).await.unwrap();
    assert_eq!(world.ask(kept).await, "1 lock_timeout 2", "still held");
    assert_eq!(world.ask(&stamped).await, "false");
    run("rollback".to_owned())
        .execute(&mut holder)
        .await
        .unwrap();
    pulse.invoke(json!({})).await.unwrap();
    assert_eq!(world.ask(kept).await, "1 lock_timeout 2", "not due yet");
    world.run("postgres", due).await;
    pulse.invoke(json!({})).await.unwrap();
    assert_eq!(world.ask(&stamped).await, "true");
    assert_eq!(traces(&world, 1).await, "");
}

#[tokio::test]
async fn a_stamp_refused_for_good_does_not_keep_anybody_from_being_forgotten() {
    let world = world().await;
    people(&world, 1, 3).await;
    let picky =
        "alter table public.users add constraint alive check (deleted_at is null) not valid";
    world.run("postgres", picky).await;
    let delete = format!("delete from auth.users where id = '{}'", id(1));
    world.run("supabase_auth_admin", &delete).await;
    let pulse = Deployed::start("pulse", &world, "rollcall_app", &[]).await;
    pulse.invoke(json!({})).await.unwrap();
    assert_eq!(
        traces(&world, 1).await,
        "rollcall.forgetting rollcall.sync_failures"
    );
    let later = "update rollcall.forgetting set noted_at = now() - interval '25 hours'";
    world.run("postgres", later).await;
    pulse.invoke(json!({})).await.unwrap();
    assert_eq!(traces(&world, 1).await, "");
}
