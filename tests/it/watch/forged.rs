//! A login of the application's calls what the watch calls: nothing that it says lasts for good.

use super::*;

#[tokio::test]
async fn nobody_makes_the_pulse_quiet_for_longer_than_it_makes_itself() {
    let watched = Watched::new().await;
    watched.sign_up(1, 1).await;
    watched.check().await;
    let quiet =
        "select concat(quiet_for, ' ', quiet_until <= now() + quiet_for) from rollcall.baseline";
    for (asked, waits) in [(2_000_000_000, "00:15:00 t"), (60, "00:01:00 t")] {
        let ask = format!("select rollcall.be_quiet({asked})");
        watched.world.run("rollcall_app", &ask).await;
        assert_eq!(watched.world.ask(quiet).await, waits);
    }
}

#[tokio::test]
async fn a_forged_check_is_the_latest_only_until_the_next() {
    let watched = Watched::new().await;
    watched.sign_up(1, 1).await;
    let forge = r#"select rollcall.write_check('{
        "run_id": "00000000-0000-4000-8000-00000000f000", "kind": "full",
        "checked_at": "2090-01-01T00:00:00Z", "duration_ms": 1, "configuration": "", "status": "healthy",
        "counts": {}, "checks": [], "healed": 0, "refused": 0}')"#;
    watched.world.run("rollcall_app", forge).await;
    let future = "select count(*) from rollcall.checks where checked_at > now()";
    assert_eq!(watched.world.ask(future).await, "0");
    watched.restore(10, 101).await;
    watched.check().await;
    let latest = "select status from rollcall.checks order by checked_at desc limit 1";
    assert_eq!(watched.world.ask(latest).await, "critical");
}

#[tokio::test]
async fn what_is_no_check_is_not_kept() {
    let watched = Watched::new().await;
    let forge = r#"select rollcall.write_check('{
        "run_id": "00000000-0000-4000-8000-00000000f000", "kind": "full",
        "checked_at": "2090-01-01T00:00:00Z", "duration_ms": 1, "configuration": "", "status": "warning",
        "counts": {"ghosts": "zzz"}, "checks": [], "healed": 0, "refused": 0}')"#;
    watched.world.run("rollcall_app", forge).await;
    let count = "select count(*) from rollcall.checks";
    assert_eq!(watched.world.ask(count).await, "0");
    watched
        .world
        .run("rollcall_app", &forge.replace("\"zzz\"", "7"))
        .await;
    assert_eq!(watched.world.ask(count).await, "1");
}
