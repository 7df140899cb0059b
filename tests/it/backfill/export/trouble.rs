//! What keeps a list from being written costs the run nothing, and is told with its mend.

use std::time::Duration;

use super::*;

#[tokio::test]
async fn without_a_bucket_nothing_is_done_at_all() {
    let world = world_of(3).await;
    let function = backfill(&world).await;
    let event = json!({"mode": "run", "export": true});
    let (kind, sentence) = thrown(function.invoke(event).await);
    assert_eq!(kind, "Misconfigured");
    assert!(
        sentence.starts_with("EXPORT_BUCKET is not set"),
        "{sentence}"
    );
    assert_eq!(profiles(&world).await, "0");
    assert_eq!(world.ask("select count(*) from rollcall.runs").await, "0");
    // A preview has no list, with a bucket or without.
    answer(&function, json!({"export": true})).await;
}

#[tokio::test]
async fn a_bucket_that_is_not_there_costs_the_list_and_not_the_run() {
    let Some(moto) = Moto::shared() else { return };
    let account = Account::of(moto);
    let world = world_of(3).await;
    let function = exporting(&world, moto.url(), "made-too-late").await;
    let event = json!({"mode": "run", "export": true});
    let (kind, sentence) = thrown(function.invoke(event).await);
    let run_id = world.ask("select run_id from rollcall.runs").await;
    assert_eq!(kind, "Misconfigured");
    for words in [
        "the bucket made-too-late",
        "NoSuchBucket",
        "make the bucket, or correct EXPORT_BUCKET",
        "its profiles are there",
        &format!("\"run_id\": \"{run_id}\""),
    ] {
        assert!(sentence.contains(words), "{words}: {sentence}");
    }
    assert_eq!(profiles(&world).await, "3");
    assert_eq!(
        world.ask("select state from rollcall.runs").await,
        "completed"
    );

    account.make_bucket("made-too-late").await;
    let event = json!({"mode": "run", "run_id": run_id, "export": true});
    let run = function.invoke(event).await.unwrap();
    assert_eq!(list(&account, &run).await.len(), 3);
    assert_eq!(world.ask("select count(*) from rollcall.runs").await, "1");
}

#[tokio::test]
async fn a_bucket_that_is_shut_is_told_with_the_right_that_opens_it() {
    let world = world_of(3).await;
    let denying = denying::Denying::open().await;
    let function = exporting(&world, &denying.url, "not-for-us").await;
    let event = json!({"mode": "run", "export": true});
    let (kind, sentence) = thrown(function.invoke(event).await);
    assert_eq!(kind, "Misconfigured");
    assert!(sentence.contains("AccessDenied"), "{sentence}");
    assert!(sentence.contains("s3:PutObject"), "{sentence}");
    assert_eq!(profiles(&world).await, "3");
}

#[tokio::test]
async fn an_s3_that_is_away_is_worth_another_try() {
    let world = world_of(3).await;
    let nobody = "http://127.0.0.1:9";
    let function = exporting(&world, nobody, "out-of-reach").await;
    let event = json!({"mode": "run", "export": true});
    let (kind, sentence) = thrown(function.invoke(event).await);
    assert_eq!(kind, "Unavailable", "{sentence}");
    assert_eq!(profiles(&world).await, "3");
}

#[tokio::test]
async fn a_list_that_takes_too_long_ends_before_the_call_does() {
    let Some(moto) = Moto::shared() else { return };
    let world = world_of(3).await;
    let run = answer(&backfill(&world).await, json!({"mode": "run"})).await;
    let run_id = run["run_id"].as_str().unwrap();
    let url = world.url("rollcall_operator");
    let more = aws(moto.url(), "too-slow");
    let function = Deployed::as_said("backfill", &url, &more, |spec| {
        spec.timeout = Duration::from_secs(7);
    })
    .await;
    let mut holder = world.connect("postgres").await;
    let lock = "begin; lock table rollcall.run_plans";
    sqlx::raw_sql(lock).execute(&mut holder).await.unwrap();
    let event = json!({"mode": "run", "run_id": run_id, "export": true});
    let (kind, sentence) = thrown(function.invoke(event).await);
    assert_eq!(kind, "Rejected", "{sentence}");
    let command = format!("rollcall repair export {run_id}");
    assert!(sentence.contains(&command), "{sentence}");
}
