//! A page over a true connection.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on says so by panicking"
)]

use rollcall_local::page::Page;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

async fn ask(page: &Page, line: &'static str) -> String {
    let address = page.url().strip_prefix("http://").unwrap().to_owned();
    tokio::task::spawn_blocking(move || {
        let mut stream = TcpStream::connect(address).unwrap();
        let request = format!("{line} HTTP/1.1\r\nhost: local\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    })
    .await
    .unwrap()
}

#[tokio::test]
async fn a_page_is_made_anew_for_each_request() {
    let number = Arc::new(AtomicU32::new(0));
    let page = Page::serve(0, move || {
        let number = number.fetch_add(1, Ordering::Relaxed);
        async move { Ok(format!("<p>page {number}")) }
    })
    .await
    .unwrap();
    for (line, body) in [("GET /", "<p>page 0"), ("GET /report?x=1", "<p>page 1")] {
        let answer = ask(&page, line).await;
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
        assert!(
            answer.contains("content-type: text/html; charset=utf-8\r\n"),
            "{answer}"
        );
        assert!(answer.ends_with(body), "{answer}");
    }
    assert!(
        ask(&page, "GET /favicon.ico")
            .await
            .starts_with("HTTP/1.1 404 ")
    );
    assert!(ask(&page, "POST /").await.starts_with("HTTP/1.1 405 "));
}

#[tokio::test]
async fn what_cannot_be_made_is_told_as_text() {
    let page = Page::serve(0, || async { Err("the database is <away>".to_owned()) });
    let answer = ask(&page.await.unwrap(), "GET /").await;
    assert!(answer.starts_with("HTTP/1.1 503 "), "{answer}");
    assert!(answer.contains("content-type: text/plain"), "{answer}");
    assert!(answer.ends_with("the database is <away>"), "{answer}");
}

#[tokio::test]
async fn a_port_that_is_taken_is_named() {
    let page = Page::serve(0, || async { Ok(String::new()) })
        .await
        .unwrap();
    let port: u16 = page.url().rsplit(':').next().unwrap().parse().unwrap();
    let error = Page::serve(port, || async { Ok(String::new()) })
        .await
        .unwrap_err();
    assert!(error.to_string().contains(&port.to_string()), "{error}");
}
