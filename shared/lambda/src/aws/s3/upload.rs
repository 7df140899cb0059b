//! An object that is put together from parts.

use std::fmt::Write;

use chrono::{DateTime, Utc};
use http::{Method, Request, header::CONTENT_TYPE, header::ETAG};
use hyper::body::Bytes;
use percent_encoding::utf8_percent_encode;

use super::{Bucket, IN_QUERY, NotStored};
use crate::aws::answer;

/// Every part but the last holds at least as many bytes, and there are at most 10,000 of them.
pub const SMALLEST_PART: usize = 5 * 1024 * 1024;

/// What is under way. Nobody sees an object before it is complete; one that is given up is to be
/// aborted, because what was sent is kept, and paid for, until then.
#[derive(Debug)]
#[must_use = "complete it, or abort it"]
pub struct Upload<'a> {
    bucket: &'a Bucket,
    key: String,
    /// The query that names it.
    query: String,
    /// What S3 calls each part, the first one first.
    tags: Vec<String>,
}

impl<'a> Upload<'a> {
    pub(super) async fn begin(
        bucket: &'a Bucket,
        key: &str,
        content_type: &str,
        now: DateTime<Utc>,
    ) -> Result<Self, NotStored> {
        let request = Request::post(bucket.path(key, "uploads="))
            .header(CONTENT_TYPE, content_type)
            .body(Bytes::new())
            .map_err(|error| bucket.unasked(&error))?;
        let answer = bucket.ask(key, request, now).await?;
        let body = String::from_utf8_lossy(answer.body());
        let Some(id) = answer::element(&body, "UploadId") else {
            return Err(bucket.refused(key, "no upload id".to_owned(), &answer));
        };
        Ok(Self {
            bucket,
            key: key.to_owned(),
            query: format!("uploadId={}", utf8_percent_encode(id, IN_QUERY)),
            tags: vec![],
        })
    }

    /// Sends the next part: at least [`SMALLEST_PART`] bytes, unless it is the last.
    pub async fn part(
        &mut self,
        body: impl Into<Bytes>,
        now: DateTime<Utc>,
    ) -> Result<(), NotStored> {
        let query = format!("partNumber={}&{}", self.tags.len() + 1, self.query);
        let asked = self
            .bucket
            .ask_about(Method::PUT, &self.key, &query, body.into(), now);
        let answer = asked.await?;
        let tag = answer.headers().get(ETAG);
        let Some(tag) = tag.and_then(|tag| tag.to_str().ok()) else {
            let reason = "no ETag for the part".to_owned();
            return Err(self.bucket.refused(&self.key, reason, &answer));
        };
        self.tags.push(tag.to_owned());
        Ok(())
    }

    /// Makes the parts an object.
    pub async fn complete(&self, now: DateTime<Utc>) -> Result<(), NotStored> {
        let mut body = String::from("<CompleteMultipartUpload>");
        for (number, tag) in (1..).zip(&self.tags) {
            let tag = tag.replace('&', "&amp;").replace('<', "&lt;");
            let part =
                format_args!("<Part><PartNumber>{number}</PartNumber><ETag>{tag}</ETag></Part>");
            write!(body, "{part}").expect("a string takes everything");
        }
        body.push_str("</CompleteMultipartUpload>");
        let asked = self
            .bucket
            .ask_about(Method::POST, &self.key, &self.query, body.into(), now);
        asked.await.map(drop)
    }

    /// Has S3 forget the parts.
    pub async fn abort(self, now: DateTime<Utc>) -> Result<(), NotStored> {
        let asked =
            self.bucket
                .ask_about(Method::DELETE, &self.key, &self.query, Bytes::new(), now);
        asked.await.map(drop)
    }
}
