//! Ended at random moments, again and again, stamps and their undo come to the same end as
//! undisturbed. `ROLLCALL_KILLS` says how often, 20 times if it is not set.

use rollcall_tests::Line;

use super::*;
use crate::blows::{again_and_again, blows};

const LOST: u32 = 2000;

#[tokio::test]
async fn however_often_they_are_ended_each_is_stamped_once_and_put_back() {
    let (sql, toml) = shapes::VERIFIED_USERS;
    let world = World::with(sql, toml).await;
    people(&world, 1, LOST + 10).await;
    let lost = format!("delete from auth.users where id <= '{}'", id(LOST));
    quietly(&world, &lost).await;
    let slow = "create function public.slow() returns trigger language plpgsql as
        $$ begin perform pg_sleep(0.0003); return new; end $$;
        create trigger slow before update on public.users
            for each row execute function public.slow()";
    world.run("postgres", slow).await;
    let before = world.ask(ALL).await;
    let line = Line::open().await;
    let url = line.url("rollcall_operator", &world);
    let function = Deployed::with_url("repair", &url, &[]).await;
    let planned = plan(&world).await;
    for action in ["apply", "undo"] {
        let event = json!({"action": action, "run_id": planned["run_id"], "confirm_count": LOST});
        let holds = async || {
            // Whoever is stamped has an image, and nobody else has one.
            let apart = "select count(*) from public.users p
                full join rollcall.run_images i on i.user_id = p.id
                where (i.user_id is null) <> (p.deleted_at is null)";
            assert_eq!(world.ask(apart).await, "0");
        };
        let done = again_and_again(&blows(400), &function, &event, &world, &line, holds).await;
        // Where the answer of the last was lost, the next undo finds nothing left.
        let is_end =
            |status: &Value| status == "completed" || action == "undo" && status == "nothing_to_do";
        assert!(is_end(&done["status"]), "{done:#}");
        let done = "select sum(created) from rollcall.runs group by kind = 'undo' order by kind = 'undo' desc limit 1";
        assert_eq!(world.ask(done).await, LOST.to_string());
        let stamped = "select count(*) from public.users where deleted_at is not null";
        let expected = if action == "apply" { LOST } else { 0 };
        assert_eq!(world.ask(stamped).await, expected.to_string());
    }
    assert_eq!(world.ask(ALL).await, before);
    let audited = "select string_agg(concat_ws(' ', job_name, status, records_affected), ', '
        order by started_at) from public.cleanup_audit_log where records_affected > 0";
    let expected = format!("stamp_profiles completed {LOST}, undo_profiles completed {LOST}");
    assert_eq!(world.ask(audited).await, expected);
}
