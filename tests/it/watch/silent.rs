//! A database that takes connections and says nothing, or no more: people are told by the alarm
//! over what the pulse measures.

use rollcall_tests::{Mute, Until, thrown};

use super::*;

#[tokio::test]
async fn a_database_that_gives_no_answer_is_measured_as_out_of_reach() {
    for (until, words) in [
        (
            Until::Nothing,
            "cannot reach the database: error communicating with database: it did not answer \
             within 2500 ms while connecting",
        ),
        (Until::LetIn, "cannot reach the database: "),
        (
            Until::Begun,
            "did not answer within 2500 ms while taking the pulse",
        ),
    ] {
        let mute = Mute::open(until).await;
        let pulse = Deployed::with_url("pulse", &mute.url(), &[]).await;
        let (kind, said) = thrown(pulse.invoke(json!({})).await);
        assert_eq!(kind, "Unavailable");
        assert!(said.contains(words), "{said}");
        assert_eq!(measured(&pulse), [(1, false)], "{until:?}");
    }
}

#[tokio::test]
async fn a_statement_that_the_database_cuts_off_has_reached_it() {
    let watched = Watched::new().await;
    let lock = "begin; lock table rollcall.sync_failures in access exclusive mode";
    let mut holder = watched.world.connect("postgres").await;
    sqlx::raw_sql(lock).execute(&mut holder).await.unwrap();
    let (kind, _) = thrown(watched.pulse.invoke(json!({})).await);
    assert_eq!(kind, "Unavailable");
    assert_eq!(measured(&watched.pulse), [(0, false)]);
}

/// Whether the database was out of reach, and whether there was a heartbeat, of each run.
fn measured(pulse: &Function) -> Vec<(i64, bool)> {
    let lines = pulse.logs();
    let lines = lines
        .iter()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok());
    lines
        .filter_map(|line| {
            let unreachable = line["DatabaseUnreachable"].as_i64()?;
            Some((unreachable, line["Heartbeat"] == 1))
        })
        .collect()
}
