use super::{
    endpoint::{Endpoint, Manner},
    *,
};

const LIMIT: Duration = Duration::from_millis(300);

async fn call(url: &str) -> Result<Response<Bytes>, NoAnswer> {
    let request = Request::post(url).body(Bytes::from("body")).unwrap();
    Https::new(LIMIT).exchange(request).await
}

#[tokio::test]
async fn an_answer_is_given_whatever_its_status() {
    for status in ["200 OK", "404 Not Found", "500 Internal Server Error"] {
        let endpoint = Endpoint::start(Manner::answer(status, "words")).await;
        let answer = call(&endpoint.url("/path?query")).await.unwrap();
        assert_eq!(answer.status().as_str(), &status[..3]);
        assert_eq!(*answer.body(), "words");
        let asked = endpoint.asked_once();
        assert!(asked.head.starts_with("POST /path?query HTTP/1.1"));
        assert_eq!(asked.body, "body");
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = Endpoint::start(Manner::answer("200 OK", "ok")).await;
    let endpoint = Endpoint::start(Manner::redirect(&elsewhere.url("/"))).await;
    let answer = call(&endpoint.url("/")).await.unwrap();
    assert_eq!(answer.status(), 302);
    assert!(elsewhere.asked().is_empty());
}

#[tokio::test]
async fn one_that_hangs_or_never_ends_is_late() {
    for manner in [Manner::Hang, Manner::Drip] {
        let endpoint = Endpoint::start(manner).await;
        let error = call(&endpoint.url("/")).await.unwrap_err();
        assert_eq!(error, NoAnswer::Late(LIMIT));
        assert_eq!(error.to_string(), "did not answer within 0.3 s");
        assert_eq!(endpoint.asked().len(), 1);
    }
}

#[tokio::test]
async fn what_is_not_an_answer_is_not_one() {
    let too_long = "x".repeat(LONGEST_ANSWER + 1);
    for manner in [
        Manner::Close,
        Manner::Say("SSH-2.0-OpenSSH_9.2\r\n".to_owned()),
        Manner::Say("HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\nshort".to_owned()),
        Manner::Say("HTTP/1.1 2oo OK\r\n\r\n".to_owned()),
        Manner::answer("200 OK", &too_long),
    ] {
        let endpoint = Endpoint::start(manner.clone()).await;
        let error = call(&endpoint.url("/secret")).await.unwrap_err();
        assert!(matches!(error, NoAnswer::Unreadable(_)), "{error:?}");
        assert!(!error.to_string().contains("secret"), "{error}");
        // Neither was it asked a second time.
        assert_eq!(endpoint.asked().len(), 1);
    }
}

#[tokio::test]
async fn nobody_there_and_nobody_to_trust_are_out_of_reach() {
    let gone = Endpoint::start(Manner::Close).await.url("/secret");
    let plain = Endpoint::start(Manner::Close).await;
    let plain_url = plain.url("/secret").replace("http:", "https:");
    for url in [gone, plain_url] {
        let error = call(&url).await.unwrap_err();
        assert!(matches!(error, NoAnswer::Unreachable(_)), "{error:?}");
        assert!(!error.to_string().contains("secret"), "{error}");
    }
    assert!(plain.asked().is_empty());
}

#[test]
fn an_address_has_a_scheme_and_a_host_and_no_password() {
    for good in [
        "https://hooks.slack.com/services/T/B/x",
        "http://127.0.0.1:4566",
        "http://[::1]:4566/below",
    ] {
        assert!(address(good).is_some(), "{good}");
    }
    for bad in [
        "",
        "/path",
        "example.com",
        "ftp://example.com",
        "https://",
        "https://:443/",
        "https://user:password@example.com",
        "https://example.com/a b",
    ] {
        assert!(address(bad).is_none(), "{bad}");
    }
}
