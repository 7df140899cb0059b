//! Somebody else's idea of the language: moto runs the definition, and comes to the same calls
//! and the same end as we do.

use chrono::{DateTime, Utc};
use http::Request;
use hyper::body::Bytes;
use rollcall_lambda::{
    Environment,
    aws::{Client, Service},
};
use rollcall_tests::{Mailbox, Moto};

use super::*;

/// An account of AWS's in one region. There is one execution in it: moto can't take a second.
struct Elsewhere<'m> {
    moto: &'m Moto,
    region: &'static str,
}

impl Elsewhere<'_> {
    async fn execute(&self, input: &Value) -> Result<Value, TaskError> {
        self.post(
            "states",
            "/moto-api/config",
            "",
            r#"{"stepfunctions": {"execute_state_machine": true}}"#,
        )
        .await;
        let machine = json!({
            "name": "backfill", "roleArn": "arn:aws:iam::123456789012:role/any",
            "definition": DEFINITION
                .replace("${Partition}", "aws")
                .replace("${BackfillFunction}", "backfill")
                // Its clock is a real one.
                .replace("\"Seconds\": 2", "\"Seconds\": 0")
                .replace("\"IntervalSeconds\": 2", "\"IntervalSeconds\": 1"),
        });
        let machine = self.states("CreateStateMachine", &machine).await;
        let start = json!({
            "stateMachineArn": machine["stateMachineArn"], "name": "one",
            "input": input.to_string()
        });
        let started = self.states("StartExecution", &start).await;
        let execution = json!({"executionArn": started["executionArn"]});
        loop {
            let seen = self.states("DescribeExecution", &execution).await;
            let text = |field: &str| seen[field].as_str().unwrap().to_owned();
            match seen["status"].as_str().unwrap() {
                "RUNNING" => tokio::time::sleep(Duration::from_millis(50)).await,
                "SUCCEEDED" => return Ok(serde_json::from_str(&text("output")).unwrap()),
                _ => {
                    return Err(TaskError {
                        error: text("error"),
                        cause: text("cause"),
                    });
                }
            }
        }
    }

    async fn states(&self, action: &str, input: &Value) -> Value {
        let target = format!("AWSStepFunctions.{action}");
        let answer = self.post("states", "/", &target, &input.to_string()).await;
        serde_json::from_slice(&answer).unwrap()
    }

    async fn post(&self, service: &'static str, path: &str, target: &str, body: &str) -> Bytes {
        let service = Service {
            name: service,
            endpoint_variable: "AWS_ENDPOINT_URL",
        };
        let environment = Environment::of([
            ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
            ("AWS_SECRET_ACCESS_KEY", "a-secret"),
            ("AWS_SESSION_TOKEN", "a-token"),
            ("AWS_ENDPOINT_URL", self.moto.url()),
        ]);
        let limit = Duration::from_secs(20);
        let client =
            Client::from_environment(&environment, service, Some(self.region), limit).unwrap();
        let request = Request::post(path)
            .header("content-type", "application/x-amz-json-1.0")
            .header("x-amz-target", target)
            .body(Bytes::from(body.to_owned()));
        let now: DateTime<Utc> = "2026-11-20T04:12:33Z".parse().unwrap();
        let answer = client.send(request.unwrap(), now);
        let answer = answer.await.unwrap();
        assert!(answer.status().is_success(), "{path}: {answer:?}");
        answer.into_body()
    }
}

/// Has the function answer so, in the terms of Lambda.
fn will_answer(function: &Mailbox, said: &Result<Value, TaskError>) {
    match said {
        Ok(answer) => function.answer("x-amz-executed-version: $LATEST", answer),
        Err(thrown) => {
            let body = serde_json::from_str(&thrown.cause).unwrap();
            function.answer("x-amz-function-error: Unhandled", &body);
        }
    }
}

#[tokio::test]
async fn moto_comes_to_the_same_end_by_the_same_calls() {
    let function = Mailbox::open().await;
    let Some(moto) = Moto::with_functions_at(function.port()) else {
        return;
    };
    let said = |status: &str, remaining: i64| {
        Ok(json!({"run_id": RUN, "status": status, "remaining": remaining, "refusals": []}))
    };
    let thrown = |error: &str| {
        let cause = json!({"errorType": error, "errorMessage": "a sentence"}).to_string();
        let error = error.to_owned();
        Err(TaskError { error, cause })
    };
    let stuck = vec![said("partial", 3); 6];
    let to_the_end = vec![
        said("partial", 3),
        said("partial", 3),
        thrown("Unavailable"),
        said("partial", 2),
        said("completed", 0),
    ];
    for (region, input, script) in [
        ("eu-central-1", json!({}), vec![said("planned", 3)]),
        (
            "eu-west-1",
            json!({"mode": "run", "batch_size": 5, "max_users": 9}),
            to_the_end,
        ),
        (
            "eu-west-2",
            json!({"mode": "run", "run_id": RUN, "user_ids": [RUN]}),
            stuck,
        ),
        (
            "eu-west-3",
            json!({"mode": "run", "run_id": null}),
            vec![said("paused", 1)],
        ),
        ("eu-north-1", json!({"mode": 7}), vec![thrown("BadRequest")]),
    ] {
        for said in &script {
            will_answer(&function, said);
        }
        let theirs = Elsewhere {
            moto: &moto,
            region,
        }
        .execute(&input)
        .await;
        let mut calls = function.take();
        let mut script = script.into_iter();
        let ours = execute(input, 1.0, async |_, _| script.next().unwrap()).await;
        if ours.calls[0]["run_id"] == RUN {
            // It chose another one.
            let named = calls[0]["run_id"].as_str().unwrap();
            assert_eq!(named.len(), RUN.len());
            calls[0]["run_id"] = json!(RUN);
        }
        assert_eq!((calls, theirs), (ours.calls, ours.outcome), "{region}");
    }
}
