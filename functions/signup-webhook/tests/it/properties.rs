//! What no request may do, whatever is in it.

use base64::{Engine, engine::general_purpose::STANDARD};
use proptest::prelude::*;
use serde_json::{Value, json};
use tokio::runtime::{Builder, Runtime};

use crate::support::*;

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

/// Any JSON, with the keys that matter among the others.
fn any_json() -> impl Strategy<Value = Value> {
    let key = prop_oneof![
        Just("type".to_owned()),
        Just("schema".to_owned()),
        Just("table".to_owned()),
        Just("record".to_owned()),
        Just("id".to_owned()),
        Just("metadata".to_owned()),
        Just("name".to_owned()),
        Just("user".to_owned()),
        Just("headers".to_owned()),
        Just("body".to_owned()),
        Just("requestContext".to_owned()),
        ".*",
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        Just(json!("INSERT")),
        Just(json!("auth")),
        Just(json!("users")),
        Just(json!("after-user-created")),
        Just(json!(ID)),
        ".*".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::hash_map(key.clone(), inner, 0..6)
                .prop_map(|object| object.into_iter().collect()),
        ]
    })
}

proptest! {
    #[test]
    fn arbitrary_bytes_from_a_known_sender_are_malformed(body: Vec<u8>) {
        let mut event = request(&STANDARD.encode(body));
        event["isBase64Encoded"] = json!(true);
        let (status, ..) = runtime().block_on(send(&app_with_token(), &event));
        prop_assert_eq!(status, 400);
    }

    #[test]
    fn json_from_a_known_sender_is_answered_and_has_no_200_with_an_error(body in any_json()) {
        let event = request(&body.to_string());
        let (status, _, answer) = runtime().block_on(send(&app_with_token(), &event));
        prop_assert!([200, 400, 422, 503].contains(&status));
        prop_assert!(status != 200 || answer.get("error").is_none());
    }

    #[test]
    fn a_stranger_never_gets_a_200(event in any_json()) {
        if let Ok(response) = runtime().block_on(send_at(&app_with_token(), &event, now())) {
            prop_assert_eq!(response.status_code, 401);
        }
    }
}
