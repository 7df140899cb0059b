//! The report that an alert links to: made when one is due, put into the bucket, and never in the
//! alert's way.

use std::time::{Duration, Instant};

use rollcall_tests::{Mood, Moto};

use super::*;
use crate::aws::{Account, REGION, notification};

/// What a function has to know of AWS, and of a bucket.
fn variables<'a>(moto: &'a Moto, bucket: &'a str) -> Vec<(&'static str, &'a str)> {
    let mut variables = Account::variables(moto).to_vec();
    variables.extend([("AWS_REGION", REGION), ("EXPORT_BUCKET", bucket)]);
    variables
}

/// A world with a bucket, in which somebody is missing whom no healing helps.
async fn broken(variables: &[(&str, &str)]) -> Watched {
    let (sql, toml) = shapes::USERS;
    let watched = Watched::telling(World::with(sql, toml).await, variables).await;
    watched
        .world
        .run(
            "postgres",
            "alter table public.users add constraint nobody check (false) not valid",
        )
        .await;
    watched.sign_up(1, 2).await;
    watched
}

fn failure(report: &Value) -> (&str, &str) {
    let alerts = report["alerts"].as_array().unwrap();
    let last = alerts.last().unwrap();
    assert_eq!(last["sent"], false, "{report:#}");
    (
        last["channel"].as_str().unwrap(),
        last["error"].as_str().unwrap(),
    )
}

#[tokio::test]
async fn every_channel_links_to_a_report_that_is_there() {
    let Some(moto) = Moto::shared() else { return };
    let account = Account::of(moto);
    let (incidents, on_call) = account.topic_with_queue("linked").await;
    account.make_bucket("linked-reports").await;
    let mut variables = variables(moto, "linked-reports");
    variables.push(("INCIDENTS_TOPIC_ARN", &incidents));
    let watched = broken(&variables).await;
    let report = watched.check().await;
    let alerts = report["alerts"].as_array().unwrap();
    assert_eq!(alerts.len(), 2, "{report:#}");
    assert!(alerts.iter().all(|alert| alert["sent"] == true));

    let run_id = report["run_id"].as_str().unwrap();
    let path = format!("/linked-reports/reports/{run_id}.html");
    let link = format!("{}{path}", moto.url());
    let incident = report["incident"]["id"].as_str().unwrap();
    let command = format!("rollcall report --incident {incident}");
    let posted = watched.mailbox.take();
    assert_eq!(posted.len(), 1);
    let posted = posted[0]["blocks"].to_string();
    assert!(posted.contains(&format!("<{link}|")), "{posted}");
    assert!(posted.contains(&command), "{posted}");
    let received = account.received(&on_call).await;
    let text = notification(&received[0])["Message"].to_string();
    assert!(
        text.contains(&format!("Page: {link}\\nReport: {command}")),
        "{text}"
    );

    let (page, content_type) = account.read(&path).await;
    let page = String::from_utf8(page).unwrap();
    assert_eq!(content_type, "text/html; charset=utf-8");
    assert!(page.starts_with("<!doctype html>") && page.trim_end().ends_with("</html>"));
    // It holds the very check that found it, and the incident.
    let sentence = report["cause"]["sentence"].as_str().unwrap();
    let begins = sentence.split([':', ',', ';', '\'', '"']).next().unwrap();
    for word in [incident, begins] {
        assert!(page.contains(word), "{word}");
    }
    assert!(!page.contains("example.com"));

    // With nothing to tell there is nothing to make.
    let ongoing = watched.check().await;
    let pulse = watched.beat().await;
    assert_eq!(
        (&ongoing["alerts"], &pulse["alerts"]),
        (&json!([]), &json!([]))
    );
    let (listing, _) = account.read("/linked-reports?list-type=2").await;
    let listing = String::from_utf8(listing).unwrap();
    assert_eq!(listing.matches("<Key>").count(), 1, "{listing}");
}

#[tokio::test]
async fn a_bucket_that_refuses_costs_the_link_and_nothing_else() {
    let Some(moto) = Moto::shared() else { return };
    let watched = broken(&variables(moto, "no-such-bucket-of-ours")).await;
    let report = watched.check().await;
    assert_eq!(report["incident"]["state"], "opened", "{report:#}");
    assert_eq!(
        report["alerts"][0],
        json!({"channel": "slack", "sent": true})
    );
    let (channel, error) = failure(&report);
    assert_eq!(channel, "report");
    assert!(
        error.contains("no-such-bucket-of-ours") && error.contains("NoSuchBucket"),
        "{error}"
    );
    let posted = watched.mailbox.take();
    let posted = posted[0]["blocks"].to_string();
    assert!(posted.contains("rollcall report --incident"), "{posted}");
    assert!(!posted.contains("*Page:*"), "{posted}");
}

#[tokio::test]
async fn a_bucket_that_hangs_costs_the_link_and_some_seconds() {
    let silent = Mailbox::open().await;
    silent.be(Mood::Silent);
    let url = silent.url();
    let watched = broken(&[
        ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "a-secret"),
        ("AWS_REGION", REGION),
        ("AWS_ENDPOINT_URL_S3", &url),
        ("EXPORT_BUCKET", "rollcall-exports"),
    ])
    .await;
    let begun = Instant::now();
    let report = watched.check().await;
    // It would wait for ever, and a function for a minute.
    assert!(begun.elapsed() < Duration::from_secs(30));
    assert_eq!(
        report["alerts"][0],
        json!({"channel": "slack", "sent": true})
    );
    let (channel, error) = failure(&report);
    assert_eq!(channel, "report");
    assert!(error.contains("did not answer within 3 s"), "{error}");
    assert!(!error.contains("a-secret"), "{error}");
    assert_eq!(watched.headlines().len(), 1);
}

#[tokio::test]
async fn what_keeps_nobody_from_working_is_told_with_what_to_call() {
    let orphan = "insert into public.users (id, email) values (gen_random_uuid(), null)";
    let call = "docs/checks/orphaned_profiles_check.md): \
        rollcall repair profiles plan";
    let watched = Watched::new().await;
    watched.sign_up(1, 3).await;
    watched.world.run("postgres", orphan).await;
    let report = watched.check().await;
    assert_eq!(report["severity"], "P2", "{report:#}");
    assert!(report["next_step"].as_str().unwrap().ends_with(call));
    let posted = watched.mailbox.take();
    assert_eq!(posted.len(), 1);
    let posted = posted[0]["blocks"].to_string();
    assert!(posted.contains(call), "{posted}");

    // Where the users are gone, nobody is told to remove their profiles.
    let watched = Watched::new().await;
    watched.world.run("postgres", orphan).await;
    let report = watched.check().await;
    assert_eq!(report["cause"]["kind"], "users_lost");
    let posted = watched.mailbox.take();
    assert_eq!(posted.len(), 2);
    for message in posted {
        let blocks = message["blocks"].to_string();
        assert!(blocks.contains("before anything is repaired"), "{blocks}");
        assert!(!blocks.contains(call), "{blocks}");
    }
}
