//! Whoever a run was for is on a list in the bucket, once the run has ended.

mod denying;
mod trouble;

use std::collections::BTreeMap;

use rollcall_tests::{Moto, World, shapes, thrown};
use serde_json::json;

use super::*;
use crate::aws::{Account, REGION};

/// A function that writes its lists into this bucket of somebody's S3.
async fn exporting(world: &World, endpoint: &str, bucket: &str) -> Function {
    Deployed::start(
        "backfill",
        world,
        "rollcall_operator",
        &aws(endpoint, bucket),
    )
    .await
}

fn aws<'a>(endpoint: &'a str, bucket: &'a str) -> [(&'static str, &'a str); 5] {
    [
        ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "a-secret"),
        ("AWS_ENDPOINT_URL", endpoint),
        ("AWS_REGION", REGION),
        ("EXPORT_BUCKET", bucket),
    ]
}

async fn world_of(number: u32) -> World {
    let (sql, toml) = shapes::USERS;
    let world = World::with(sql, toml).await;
    ghosts(&world, 1, number).await;
    world
}

/// The lines that the answer's list has, each by the id of its user.
async fn list(account: &Account, answer: &Value) -> BTreeMap<String, Vec<String>> {
    assert_adds_up(answer);
    let (bucket, key) = (&answer["export"]["bucket"], &answer["export"]["key"]);
    let run_id = answer["run_id"].as_str().unwrap();
    assert_eq!(key, &json!(format!("affected/{run_id}.csv")), "{answer:#}");
    let bucket = bucket.as_str().unwrap();
    let path = format!("/{bucket}/affected/{run_id}");
    let (bytes, content_type) = account.read(&format!("{path}.csv")).await;
    assert_eq!(content_type, "text/csv; charset=utf-8");
    let mut reader = csv::Reader::from_reader(&*bytes);
    let columns = "user_id email created_at days_affected outcome reason";
    let headers = reader.headers().unwrap().iter().collect::<Vec<_>>();
    assert_eq!(headers.join(" "), columns);
    let lines = reader.records().map(|line| {
        let mut cells = line.unwrap().iter().map(str::to_owned).collect::<Vec<_>>();
        (cells.remove(0), cells)
    });
    let lines: BTreeMap<_, _> = lines.collect();
    assert_eq!(
        i64::try_from(lines.len()).unwrap(),
        count(answer, "planned")
    );
    let (message, content_type) = account.read(&format!("{path}.md")).await;
    assert_eq!(content_type, "text/markdown; charset=utf-8");
    let message = String::from_utf8(message).unwrap();
    assert!(
        message.contains(run_id) && !message.contains('@'),
        "{message}"
    );
    lines
}

#[tokio::test]
async fn everybody_is_on_the_list_with_what_became_of_them() {
    let Some(moto) = Moto::shared() else { return };
    let account = Account::of(moto);
    account.make_bucket("every-outcome").await;
    let world = world_of(7).await;
    quietly(
        &world,
        "update auth.users set email = '=HYPERLINK(\"http://x\",\"y\")' where email like 'u2@%';
         update auth.users set email = e'a\n+\"b\", ä@example.com' where email like 'u3@%';
         alter table public.users add check (email <> 'u4@example.com')",
    )
    .await;
    let function = exporting(&world, moto.url(), "every-outcome").await;
    let plan = answer(&function, json!({"export": true})).await;
    quietly(
        &world,
        "insert into public.users (id) select id from auth.users where email like 'u5@%';
         delete from auth.users where email like 'u6@%';
         update auth.users set deleted_at = now() where email like 'u7@%'",
    )
    .await;
    let event = json!({"mode": "run", "run_id": plan["run_id"], "export": true});
    let run = function.invoke(event.clone()).await.unwrap();
    assert_eq!(counts(&run), [7, 3, 1, 1, 2, 0]);
    let lines = list(&account, &run).await;
    let line = |number| {
        let [email, created_at, days, outcome, reason] = &lines[&id(number)][..] else {
            panic!("{lines:?}")
        };
        // All of them signed up in November of 2026, on the day of their number.
        let at = (!created_at.is_empty()).then_some(created_at.as_str());
        let expected = format!("2026-11-{:02}T00:00:00Z", number + 1);
        assert!(at.is_none_or(|at| at == expected), "{at:?}");
        assert_eq!(days.is_empty(), at.is_none());
        assert!(days.is_empty() || days.parse::<u32>().is_ok(), "{days}");
        [email.clone(), outcome.clone(), reason.clone()]
    };
    for (number, expected) in [
        (1, ["u1@example.com", "created", ""]),
        (2, ["'=HYPERLINK(\"http://x\",\"y\")", "created", ""]),
        (3, ["a\n'+\"b\", ä@example.com", "created", ""]),
        (4, ["u4@example.com", "refused", "check"]),
        (5, ["u5@example.com", "present", ""]),
        (6, ["", "gone", ""]),
        (7, ["", "gone", ""]),
    ] {
        assert_eq!(line(number), expected);
    }
    assert_eq!(lines[&id(6)][1], "", "of whom nothing is left");

    // The same again writes the list again, and nothing else.
    let audited = "select count(*) || ' ' || sum(records_affected) from public.cleanup_audit_log";
    let before = world.ask(audited).await;
    let again = function.invoke(event).await.unwrap();
    assert_eq!(again["export"], run["export"]);
    assert_eq!(list(&account, &again).await, lines);
    assert_eq!(world.ask(audited).await, before);
}

#[tokio::test]
async fn a_run_that_was_cancelled_has_a_list_and_one_that_is_under_way_has_none() {
    let Some(moto) = Moto::shared() else { return };
    let account = Account::of(moto);
    account.make_bucket("cancelled-run").await;
    let world = world_of(5).await;
    let url = world.url("rollcall_operator");
    let more = aws(moto.url(), "cancelled-run");
    let function = Deployed::as_said("backfill", &url, &more, |spec| {
        spec.timeout = std::time::Duration::from_secs(4);
    })
    .await;
    let event = json!({"mode": "run", "batch_size": 3, "export": true});
    let partial = answer(&function, event).await;
    assert_eq!(partial["status"], "partial");

    // A call of its own, with time for the list.
    let function = exporting(&world, moto.url(), "cancelled-run").await;
    let event = json!({"mode": "cancel", "run_id": partial["run_id"], "export": true});
    let cancelled = function.invoke(event).await.unwrap();
    assert_eq!(counts(&cancelled), [5, 3, 0, 0, 0, 2]);
    let lines = list(&account, &cancelled).await;
    let outcomes: Vec<_> = lines.values().map(|cells| &*cells[3]).collect();
    let [created, left] = ["created", "not_reached"];
    assert_eq!(outcomes, [created, created, created, left, left]);
}

#[tokio::test]
async fn a_list_of_nobody_has_its_first_line() {
    let Some(moto) = Moto::shared() else { return };
    let account = Account::of(moto);
    account.make_bucket("nobody-at-all").await;
    let world = world_of(0).await;
    let function = exporting(&world, moto.url(), "nobody-at-all").await;
    let event = json!({"mode": "run", "export": true});
    let run = function.invoke(event).await.unwrap();
    assert_eq!(run["status"], "nothing_to_do");
    assert!(list(&account, &run).await.is_empty());
}

#[tokio::test]
async fn a_list_of_many_arrives_in_parts_or_not_at_all() {
    let Some(moto) = Moto::shared() else { return };
    let account = Account::of(moto);
    account.make_bucket("many-users").await;
    // A line is about as long as this, and a part has five mebibytes.
    let users = 5 * 1024 * 1024 / 100 + 20_000;
    let world = world_of(users).await;
    let denying = denying::Denying::open().await;
    let function = exporting(&world, &denying.url, "many-users").await;
    let (kind, sentence) = thrown(
        function
            .invoke(json!({"mode": "run", "export": true}))
            .await,
    );
    assert_eq!(kind, "Misconfigured", "{sentence}");
    assert!(sentence.contains("AccessDenied"), "{sentence}");
    let asked = denying.asked();
    let methods = asked
        .iter()
        .map(|line| line.split_whitespace().next().unwrap());
    assert_eq!(
        methods.collect::<Vec<_>>(),
        ["POST", "PUT", "DELETE"],
        "{asked:?}"
    );
    assert_eq!(profiles(&world).await, users.to_string());

    let run_id = world.ask("select run_id from rollcall.runs").await;
    let function = exporting(&world, moto.url(), "many-users").await;
    let event = json!({"mode": "run", "run_id": run_id, "export": true});
    let run = function.invoke(event).await.unwrap();
    let lines = list(&account, &run).await;
    assert!(lines.values().all(|cells| cells[3] == "created"));
}

#[tokio::test]
async fn repair_lists_any_run_that_has_ended_an_undo_too() {
    let Some(moto) = Moto::shared() else { return };
    let account = Account::of(moto);
    account.make_bucket("of-repair").await;
    let world = world_of(3).await;
    let run = answer(&backfill(&world).await, json!({"mode": "run"})).await;
    let settings = aws(moto.url(), "of-repair");
    let repair = Deployed::start("repair", &world, "rollcall_operator", &settings).await;
    let export = async |run_id: &Value| {
        let event = json!({"action": "export", "run_id": run_id});
        let answer = repair.invoke(event).await.unwrap();
        assert_eq!(&answer["run_id"], run_id);
        let (bucket, key) = (&answer["export"]["bucket"], &answer["export"]["key"]);
        let path = format!("/{}/{}", bucket.as_str().unwrap(), key.as_str().unwrap());
        String::from_utf8(account.read(&path).await.0).unwrap()
    };
    let list = export(&run["run_id"]).await;
    assert_eq!(list.matches(",created,").count(), 3, "{list}");

    let touched = format!("update public.users set name = 'x' where id = '{}'", id(2));
    world.run("postgres", &touched).await;
    let undo = json!({"action": "undo", "run_id": run["run_id"]});
    let undone = repair.invoke(undo).await.unwrap();
    assert_ne!(undone["run_id"], run["run_id"]);
    let list = export(&undone["run_id"]).await;
    assert_eq!(list.matches(",removed,").count(), 2, "{list}");
    assert!(list.contains("refused,changed_since"), "{list}");
    let planned = answer(&backfill(&world).await, json!({})).await;
    let event = json!({"action": "export", "run_id": planned["run_id"]});
    let (kind, sentence) = thrown(repair.invoke(event).await);
    assert_eq!(kind, "Rejected");
    assert!(sentence.contains("has not ended"), "{sentence}");
}
