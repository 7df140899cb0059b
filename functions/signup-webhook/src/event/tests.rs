use std::{fs, thread};

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

const ID: &str = "6b9f8f3e-2c1d-4e4b-9a3e-0f6f0d5c1a2b";

fn parsed(body: &str) -> Result<(Kind, String), &'static str> {
    match Event::parse(body.as_bytes()) {
        Ok(event) => Ok((event.kind, event.user_id.to_string())),
        Err(Refusal::Malformed(_)) => Err("malformed"),
        Err(Refusal::NotOurs(_)) => Err("not ours"),
        Err(other) => panic!("{other:?}"),
    }
}

fn kind_of(body: &Value) -> Result<Kind, &'static str> {
    parsed(&body.to_string()).map(|(kind, id)| {
        assert_eq!(id, ID);
        kind
    })
}

#[test]
fn every_captured_request_of_pg_net_is_read() {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../tests/fixtures/pgnet-webhook-requests.json"
    );
    let captured: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let mut read = 0;
    for request in captured["requests"].as_array().unwrap() {
        let name = request["name"].as_str().unwrap();
        let Some(body) = request["body"].as_str() else {
            assert_eq!(request["body_omitted"], true, "{name}");
            continue;
        };
        let (kind, id) = parsed(body).unwrap();
        let mut words = name.split('-');
        assert_eq!(
            kind.as_str().to_lowercase(),
            words.next().unwrap(),
            "{name}"
        );
        assert!(id.starts_with(words.next().unwrap()), "{name}");
        read += 1;
    }
    assert_eq!(read, 10);
}

#[test]
fn a_database_webhook_has_the_row_or_only_the_id() {
    let of = |kind: &str, rest: Value| {
        let mut body = json!({"type": kind, "schema": "auth", "table": "users"});
        body.as_object_mut()
            .unwrap()
            .extend(rest.as_object().unwrap().clone());
        kind_of(&body)
    };
    let row = json!({"id": ID, "email": "ada@example.com"});
    assert_eq!(
        of("INSERT", json!({"record": row, "old_record": null})),
        Ok(Kind::Insert)
    );
    assert_eq!(
        of("UPDATE", json!({"record": row, "old_record": row})),
        Ok(Kind::Update)
    );
    assert_eq!(
        of("DELETE", json!({"record": null, "old_record": row})),
        Ok(Kind::Delete)
    );
    assert_eq!(of("INSERT", json!({"id": ID})), Ok(Kind::Insert));
    assert_eq!(
        of("UPDATE", json!({"id": ID.to_uppercase()})),
        Ok(Kind::Update)
    );
    assert_eq!(
        of("DELETE", json!({"id": ID, "user_id": null})),
        Ok(Kind::Delete)
    );

    assert_eq!(of("insert", json!({"id": ID})), Err("malformed"));
    assert_eq!(of("TRUNCATE", json!({})), Err("malformed"));
    assert_eq!(of("INSERT", json!({})), Err("malformed"));
    assert_eq!(of("DELETE", json!({"record": row})), Err("malformed"));
    assert_eq!(
        of("INSERT", json!({"record": {"id": null}})),
        Err("malformed")
    );
    for id in [
        json!(7),
        json!("7"),
        json!(ID.replace('-', "")),
        json!(format!("{{{ID}}}")),
    ] {
        assert_eq!(
            of("INSERT", json!({"record": {"id": id}})),
            Err("malformed"),
            "{id}"
        );
        assert_eq!(of("INSERT", json!({"id": id})), Err("malformed"), "{id}");
    }
}

#[test]
fn another_table_is_told_before_its_id_is_looked_at() {
    for (schema, table) in [("public", "users"), ("auth", "sessions"), ("Auth", "users")] {
        let body = json!({"type": "INSERT", "schema": schema, "table": table, "record": {"id": 7}});
        assert_eq!(kind_of(&body), Err("not ours"));
    }
    assert_eq!(
        kind_of(&json!({"type": "INSERT", "table": "users", "id": ID})),
        Err("malformed")
    );
}

#[test]
fn an_auth_hook_is_known_by_its_name() {
    let hook = |name: &str| {
        kind_of(&json!({
            "metadata": {"uuid": ID, "time": "2026-11-20T08:23:20.123456789Z", "name": name},
            "user": {"id": ID, "email": "", "created_at": "0001-01-01T00:00:00Z"}}))
    };
    assert_eq!(hook("after-user-created"), Ok(Kind::AfterUserCreated));
    assert_eq!(hook("before-user-created"), Ok(Kind::BeforeUserCreated));
    assert_eq!(hook("customize-access-token"), Err("not ours"));
    for other in [
        json!({"user": {"id": ID}, "email_data": {"token": "1"}}),
        json!({"user_id": ID, "claims": {}, "authentication_method": "password"}),
    ] {
        assert_eq!(kind_of(&other), Err("not ours"));
    }
    for broken in [
        json!({}),
        json!({"metadata": {"uuid": ID}}),
        json!({"metadata": {"name": "after-user-created"}}),
        json!({"metadata": {"name": "after-user-created"}, "user": [ID]}),
        json!({"metadata": {"name": "after-user-created"}, "user": {"id": 7}}),
    ] {
        assert_eq!(kind_of(&broken), Err("malformed"), "{broken}");
    }
}

#[test]
fn metadata_may_be_anything_that_jsonb_holds() {
    let huge = "9".repeat(401);
    let deep = format!("{}{}", "[".repeat(1_000_000), "]".repeat(1_000_000));
    for metadata in [
        "null",
        "{}",
        "7",
        r#""{\"full_name\": \"Ada\"}""#,
        "[1e400, -1e-400, 0.1]",
        r#"{"id": "not this one", "id": 1, "a": "\u0000\ud800"}"#,
        &huge,
        &deep,
    ] {
        let body = format!(
            r#"{{"type": "INSERT", "table": "users", "schema": "auth", "old_record": null,
                "record": {{"raw_user_meta_data": {metadata}, "banned_until": "infinity",
                "created_at": "0044-03-15T00:00:00+00:00 BC", "id": "x", "id": "{ID}"}},
                "extra": {metadata}}}"#
        );
        // A stack as small as a thread may have: nothing here may need it to grow with the body.
        let small = thread::Builder::new().stack_size(128 * 1024);
        let (kind, id) = small
            .spawn(move || parsed(&body))
            .unwrap()
            .join()
            .unwrap()
            .unwrap();
        assert_eq!((kind, id.as_str()), (Kind::Insert, ID));
    }
}

#[test]
fn of_a_key_given_twice_the_last_counts() {
    let body = format!(
        r#"{{"type": "DELETE", "type": "INSERT", "schema": "auth", "table": "users",
            "record": {{"id": "{}"}}, "record": {{"id": "{ID}"}}}}"#,
        Uuid::nil()
    );
    assert_eq!(parsed(&body), Ok((Kind::Insert, ID.to_owned())));
}

proptest! {
    #[test]
    fn arbitrary_bytes_are_refused(body: Vec<u8>) {
        prop_assert!(Event::parse(&body).is_err());
    }

    #[test]
    fn a_damaged_body_never_panics(at in 0..200_usize, byte: u8) {
        let body = json!({
            "type": "UPDATE", "schema": "auth", "table": "users", "record": {"id": ID},
            "old_record": {"id": ID, "raw_user_meta_data": {"a": [1, "é", null]}}});
        let mut body = body.to_string().into_bytes();
        if let Some(place) = body.get_mut(at) {
            *place = byte;
        }
        let _ = Event::parse(&body);
    }
}
