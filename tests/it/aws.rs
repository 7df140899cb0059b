//! The channels against somebody else's idea of AWS.

use std::time::Duration;

use chrono::{DateTime, Utc};
use http::Request;
use hyper::body::Bytes;
use rollcall_domain::{
    alert::{Alert, Message, News, Topic},
    severity::Severity,
};
use rollcall_lambda::{
    Channels, Environment,
    aws::{
        Client, S3, SNS, Service,
        s3::{Bucket, SMALLEST_PART},
    },
};
use rollcall_tests::Moto;
use serde_json::{Value, json};
use uuid::Uuid;

pub(crate) const REGION: &str = "eu-central-1";
const SQS: Service = Service {
    name: "sqs",
    endpoint_variable: "AWS_ENDPOINT_URL_SQS",
};

fn now() -> DateTime<Utc> {
    "2026-11-20T04:12:33Z".parse().unwrap()
}

fn alert(topic: Topic, number: u128) -> Alert {
    Alert {
        alert_id: Uuid::from_u128(number),
        channel: "sns".to_owned(),
        topic,
        message: Message {
            incident_id: Uuid::from_u128(1),
            news: News::Opened,
            severity: Severity::P1,
            headline: "3 people signed up & have no profile".to_owned(),
            since: now(),
            checked_at: now(),
            cause: "Nobody knows – yet.".to_owned(),
            counts: vec![("ghosts".to_owned(), 3)],
            samples: vec![Uuid::from_u128(2)],
            next_step: Some("rollcall fix".to_owned()),
            report: "rollcall report".to_owned(),
            link: Some("https://example.com/a?b=c&d=e".to_owned()),
        },
    }
}

/// An account of AWS's in which topics have a queue that listens.
pub(crate) struct Account {
    moto: &'static Moto,
    sns: Client,
    sqs: Client,
    s3: Client,
}

impl Account {
    pub(crate) fn of(moto: &'static Moto) -> Self {
        let environment = Environment::of(Self::variables(moto));
        let client = |service| {
            let limit = Duration::from_secs(20);
            Client::from_environment(&environment, service, Some(REGION), limit).unwrap()
        };
        Self {
            moto,
            sns: client(SNS),
            sqs: client(SQS),
            s3: client(S3),
        }
    }

    pub(crate) fn variables(moto: &Moto) -> [(&'static str, &str); 4] {
        [
            ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
            ("AWS_SECRET_ACCESS_KEY", "a-secret"),
            ("AWS_SESSION_TOKEN", "a-token"),
            ("AWS_ENDPOINT_URL", moto.url()),
        ]
    }

    fn channels(&self, incidents: &str, data_quality: &str) -> Channels {
        let topics = [
            ("INCIDENTS_TOPIC_ARN", incidents),
            ("DATA_QUALITY_TOPIC_ARN", data_quality),
        ];
        let variables = Self::variables(self.moto).into_iter().chain(topics);
        Channels::from_environment(&Environment::of(variables)).unwrap()
    }

    /// A bucket as a function sees it, whether it is there or not.
    fn bucket(&self, name: &str) -> Bucket {
        let more = [("EXPORT_BUCKET", name), ("AWS_REGION", REGION)];
        let variables = Self::variables(self.moto).into_iter().chain(more);
        let limit = Duration::from_mins(1);
        let bucket = Bucket::for_exports(&Environment::of(variables), limit);
        bucket.unwrap().unwrap()
    }

    /// Makes a bucket.
    pub(crate) async fn make_bucket(&self, name: &str) -> Bucket {
        let place = format!(
            "<CreateBucketConfiguration><LocationConstraint>{REGION}</LocationConstraint>\
             </CreateBucketConfiguration>"
        );
        let request = Request::put(format!("/{name}")).body(Bytes::from(place));
        let answer = self.s3.send(request.unwrap(), now()).await.unwrap();
        assert_eq!(answer.status(), 200, "{answer:?}");
        self.bucket(name)
    }

    /// What is at a path of S3's, and of which type.
    pub(crate) async fn read(&self, path: &str) -> (Vec<u8>, String) {
        // An answer may be no longer than an alert's receipt is.
        const PIECE: usize = 200_000;
        let mut bytes = vec![];
        loop {
            let range = format!("bytes={}-{}", bytes.len(), bytes.len() + PIECE - 1);
            let request = Request::get(path).header("range", range).body(Bytes::new());
            let answer = self.s3.send(request.unwrap(), now()).await.unwrap();
            assert!(answer.status().is_success(), "{answer:?}");
            bytes.extend_from_slice(answer.body());
            if answer.body().len() < PIECE {
                let content_type = answer.headers()["content-type"].to_str().unwrap();
                return (bytes, content_type.to_owned());
            }
        }
    }

    /// Makes a topic and a queue that is subscribed to it: an ARN and an address.
    pub(crate) async fn topic_with_queue(&self, name: &str) -> (String, String) {
        let in_order = name.ends_with("fifo");
        let mut topic = vec![("Action", "CreateTopic"), ("Name", name)];
        if in_order {
            topic.push(("Attributes.entry.1.key", "FifoTopic"));
            topic.push(("Attributes.entry.1.value", "true"));
        }
        let topic = element(&self.notify(&topic).await, "TopicArn");
        let attributes = if in_order {
            json!({"FifoQueue": "true"})
        } else {
            json!({})
        };
        let queue = json!({"QueueName": name, "Attributes": attributes});
        let queue = self.queue("CreateQueue", &queue).await;
        let queue = queue["QueueUrl"].as_str().unwrap().to_owned();
        self.notify(&[
            ("Action", "Subscribe"),
            ("TopicArn", &topic),
            ("Protocol", "sqs"),
            ("Endpoint", &topic.replace(":sns:", ":sqs:")),
        ])
        .await;
        (topic, queue)
    }

    /// Every message that waits in the queue, with its attributes.
    pub(crate) async fn received(&self, queue: &str) -> Vec<Value> {
        let ask = json!({"QueueUrl": queue, "MaxNumberOfMessages": 10, "AttributeNames": ["All"]});
        let answer = self.queue("ReceiveMessage", &ask).await;
        answer["Messages"].as_array().cloned().unwrap_or_default()
    }

    async fn notify(&self, fields: &[(&str, &str)]) -> String {
        let form = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .finish();
        let request = Request::post("/")
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Bytes::from(form));
        let answer = self.sns.send(request.unwrap(), now()).await.unwrap();
        assert_eq!(answer.status(), 200, "{answer:?}");
        String::from_utf8(answer.into_body().to_vec()).unwrap()
    }

    async fn queue(&self, action: &str, input: &Value) -> Value {
        let request = Request::post("/")
            .header("content-type", "application/x-amz-json-1.0")
            .header("x-amz-target", format!("AmazonSQS.{action}"))
            .body(Bytes::from(input.to_string()));
        let answer = self.sqs.send(request.unwrap(), now()).await.unwrap();
        assert_eq!(answer.status(), 200, "{answer:?}");
        serde_json::from_slice(answer.body()).unwrap()
    }
}

fn element(xml: &str, name: &str) -> String {
    let (_, from) = xml.split_once(&format!("<{name}>")).unwrap();
    from.split_once('<').unwrap().0.to_owned()
}

pub(crate) fn notification(message: &Value) -> Value {
    serde_json::from_str(message["Body"].as_str().unwrap()).unwrap()
}

#[tokio::test]
async fn an_alert_arrives_where_its_topic_is_subscribed_and_nowhere_else() {
    let Some(moto) = Moto::shared() else { return };
    let account = Account::of(moto);
    let (incidents, on_call) = account.topic_with_queue("on-call").await;
    let (data_quality, by_day) = account.topic_with_queue("data-quality").await;
    let channels = account.channels(&incidents, &data_quality);

    channels
        .send(&alert(Topic::Incidents, 1), now())
        .await
        .unwrap();
    let received = account.received(&on_call).await;
    assert_eq!(received.len(), 1);
    let told = notification(&received[0]);
    assert_eq!(told["TopicArn"], incidents.as_str());
    assert_eq!(told["Subject"], "P1: 3 people signed up & have no profile");
    let text = told["Message"].as_str().unwrap();
    assert!(text.starts_with("P1: 3 people signed up & have no profile\n"));
    assert!(text.contains("Cause: Nobody knows – yet."), "{text}");
    assert_eq!(told["MessageAttributes"]["severity"]["Value"], "P1");
    assert_eq!(told["MessageAttributes"]["news"]["Value"], "opened");
    assert!(account.received(&by_day).await.is_empty());

    let alert = alert(Topic::DataQuality, 2);
    channels.send(&alert, now()).await.unwrap();
    assert_eq!(account.received(&by_day).await.len(), 1);
}

#[tokio::test]
async fn an_alert_sent_twice_to_a_topic_in_order_arrives_once() {
    let Some(moto) = Moto::shared() else { return };
    let account = Account::of(moto);
    let (topic, queue) = account.topic_with_queue("in-order.fifo").await;
    let channels = account.channels(&topic, &topic);
    for number in [7, 7, 8] {
        let alert = alert(Topic::Incidents, number);
        channels.send(&alert, now()).await.unwrap();
    }
    let received = account.received(&queue).await;
    assert_eq!(received.len(), 2, "{received:?}");
    let attributes = &received[0]["Attributes"];
    assert_eq!(
        attributes["MessageGroupId"],
        Uuid::from_u128(1).to_string().as_str()
    );
    assert_eq!(
        attributes["MessageDeduplicationId"],
        Uuid::from_u128(7).to_string().as_str()
    );
}

#[tokio::test]
async fn a_topic_that_is_not_there_is_told_by_the_services_code() {
    let Some(moto) = Moto::shared() else { return };
    let nowhere = "arn:aws:sns:eu-central-1:123456789012:nowhere";
    let channels = Account::of(moto).channels(nowhere, nowhere);
    let sent = channels.send(&alert(Topic::DataQuality, 1), now()).await;
    assert_eq!(
        sent,
        Err(
            "SNS, for the topic of DATA_QUALITY_TOPIC_ARN, refused the message: NotFound \
             (HTTP 404)"
                .to_owned()
        )
    );
}

#[tokio::test]
async fn what_is_put_into_a_bucket_is_there() {
    let Some(moto) = Moto::shared() else { return };
    let account = Account::of(moto);
    let bucket = account.make_bucket("put-and-read").await;
    for body in ["first", "<p>second – and last</p>"] {
        let put = bucket.put("reports/a b.html", "text/html; charset=utf-8", body, now());
        put.await.unwrap();
        let (bytes, content_type) = account.read("/put-and-read/reports/a%20b.html").await;
        assert_eq!(bytes, body.as_bytes());
        assert_eq!(content_type, "text/html; charset=utf-8");
    }
}

#[tokio::test]
async fn what_is_put_in_parts_is_there_when_it_is_complete() {
    let Some(moto) = Moto::shared() else { return };
    let account = Account::of(moto);
    let bucket = account.make_bucket("in-parts").await;
    let whole: Vec<u8> = (0..12 * 1024 * 1024_u32)
        .map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8)
        .collect();
    let mut upload = bucket
        .begin("exports/all.csv", "text/csv", now())
        .await
        .unwrap();
    for part in whole.chunks(SMALLEST_PART) {
        upload.part(part.to_vec(), now()).await.unwrap();
    }
    let request = Request::get("/in-parts/exports/all.csv").body(Bytes::new());
    let early = account.s3.send(request.unwrap(), now()).await.unwrap();
    assert_eq!(early.status(), 404);
    upload.complete(now()).await.unwrap();
    let (bytes, content_type) = account.read("/in-parts/exports/all.csv").await;
    assert!(bytes == whole, "{} bytes of {}", bytes.len(), whole.len());
    assert_eq!(content_type, "text/csv");
}

#[tokio::test]
async fn an_upload_that_was_aborted_or_has_too_small_a_part_makes_no_object() {
    let Some(moto) = Moto::shared() else { return };
    let account = Account::of(moto);
    let bucket = account.make_bucket("given-up").await;
    let key = "exports/all.csv";
    let mut upload = bucket.begin(key, "text/csv", now()).await.unwrap();
    for _ in 0..2 {
        upload.part("too little", now()).await.unwrap();
    }
    let error = upload.complete(now()).await.unwrap_err().to_string();
    assert!(error.contains("EntityTooSmall"), "{error}");
    upload.abort(now()).await.unwrap();
    let request = Request::get("/given-up?uploads=").body(Bytes::new());
    let listed = account.s3.send(request.unwrap(), now()).await.unwrap();
    let listed = String::from_utf8_lossy(listed.body()).into_owned();
    assert!(listed.contains("ListMultipartUploadsResult"), "{listed}");
    assert!(!listed.contains(key), "{listed}");
}

#[tokio::test]
async fn a_bucket_that_is_not_there_is_told_with_what_to_do() {
    let Some(moto) = Moto::shared() else { return };
    let bucket = Account::of(moto).bucket("nowhere-to-be-found");
    let put = bucket
        .put("reports/1.html", "text/html", "page", now())
        .await;
    assert_eq!(
        put.unwrap_err().to_string(),
        "S3, for the bucket nowhere-to-be-found, refused reports/1.html: NoSuchBucket (HTTP 404); \
         make the bucket, or correct EXPORT_BUCKET"
    );
    let begun = bucket.begin("exports/all.csv", "text/csv", now()).await;
    assert!(begun.unwrap_err().to_string().contains("NoSuchBucket"));
}
