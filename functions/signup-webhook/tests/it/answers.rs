use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::json;

use crate::support::*;

#[tokio::test]
async fn only_post_is_answered() {
    let mut event = request("");
    for method in ["GET", "PUT", "HEAD", "OPTIONS", "post"] {
        event["requestContext"]["http"]["method"] = json!(method);
        event["headers"] = json!({});
        let (status, headers, body) = send(&app_with_token(), &event).await;
        assert_eq!((status, &body["code"]), (405, &json!("method_not_allowed")));
        assert_eq!(headers["allow"], "POST");
    }
}

#[tokio::test]
async fn a_body_over_5_mib_is_refused_before_anybody_is_authenticated() {
    let largest = " ".repeat(5 * 1024 * 1024);
    let over = format!("{largest} ");
    let app = app_with_token();
    for event in [
        json!({"body": over}),
        json!({"body": STANDARD.encode(&over), "isBase64Encoded": true}),
    ] {
        let (status, _, body) = send(&app, &event).await;
        assert_eq!((status, &body["code"]), (413, &json!("too_large")));
    }
    assert_eq!(send(&app, &json!({"body": largest})).await.0, 401);
    assert_eq!(send(&app, &request(&largest)).await.0, 400);
}

#[tokio::test]
async fn nobody_learns_why_a_request_is_not_authentic() {
    let secret = "v1,whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    let both = app(&[("WEBHOOK_TOKENS", TOKEN), ("WEBHOOK_SECRETS", secret)]).unwrap();
    let only_token = app_with_token();
    let only_secret = app(&[("WEBHOOK_SECRETS", secret)]).unwrap();
    let signed = json!({"webhook-id": "1", "webhook-timestamp": "1795164022", "webhook-signature": "v1,AAAA"});
    let mut bodies = Vec::new();
    for app in [&both, &only_token, &only_secret] {
        for headers in [
            json!({}),
            json!({"x-rollcall-token": "wrong"}),
            signed.clone(),
            json!({"webhook-signature": ""}),
            json!({"authorization": format!("Bearer {TOKEN}")}),
        ] {
            for body in ["not json", &insert().to_string(), ""] {
                let (status, _, body) = send(app, &json!({"headers": headers, "body": body})).await;
                assert_eq!(status, 401);
                bodies.push(body);
            }
        }
    }
    bodies.dedup();
    assert_eq!(bodies.len(), 1);
    assert_eq!(bodies[0]["code"], "not_authentic");
}

#[tokio::test]
async fn a_header_name_is_known_in_any_case_and_in_several_copies() {
    let app = app_with_token();
    for headers in [
        json!({"X-Rollcall-Token": TOKEN}),
        json!({"X-ROLLCALL-TOKEN": format!("{TOKEN},{TOKEN}")}),
        json!({"X-Rollcall-Token": "stale", "x-rollcall-token": TOKEN}),
    ] {
        let (status, ..) = send(&app, &json!({"headers": headers, "body": "not json"})).await;
        assert_eq!(status, 400, "{headers}");
    }
}

#[tokio::test]
async fn what_cannot_be_read_is_malformed_and_what_is_others_is_not_ours() {
    let app = app_with_token();
    let mut orders = insert();
    orders["schema"] = json!("public");
    orders["table"] = json!("orders");
    for (body, expected) in [
        (String::new(), (400, "malformed")),
        ("{}".to_owned(), (400, "malformed")),
        (orders.to_string(), (422, "not_ours")),
        (hook("send-email").to_string(), (422, "not_ours")),
    ] {
        let (status, _, answer) = send(&app, &request(&body)).await;
        assert_eq!(
            (status, answer["code"].as_str().unwrap()),
            expected,
            "{body}"
        );
        assert!(answer["message"].as_str().unwrap().len() > 10);
        assert!(answer.get("error").is_none());
    }
    let mut event = request("***");
    event["isBase64Encoded"] = json!(true);
    assert_eq!(send(&app, &event).await.0, 400);
}

#[tokio::test]
async fn before_user_created_is_ignored_without_the_database() {
    let app = app_with_token();
    let ignored = json!({"user_id": ID, "outcome": "ignored"});
    let (status, _, body) = send(&app, &request(&hook("before-user-created").to_string())).await;
    assert_eq!((status, body), (200, ignored.clone()));

    let mut encoded = request(&STANDARD.encode(hook("before-user-created").to_string()));
    encoded["isBase64Encoded"] = json!(true);
    assert_eq!(send(&app, &encoded).await.2, ignored);

    encoded["headers"] = json!({});
    assert_eq!(send(&app, &encoded).await.0, 401);
}

#[tokio::test]
async fn an_event_that_is_no_http_request_is_a_bad_request() {
    for event in [
        json!(null),
        json!([]),
        json!({"body": 7}),
        json!({"headers": []}),
    ] {
        let failure = send_at(&app_with_token(), &event, now()).await.unwrap_err();
        assert_eq!(failure.kind(), rollcall_lambda::Kind::BadRequest);
    }
}
