//! Objects in a bucket of S3: put in one go, or in parts where the whole is too much for the memory.

mod name;
mod upload;

use std::time::Duration;

use chrono::{DateTime, Utc};
use http::{
    Method, Request, Response,
    header::{CONTENT_LENGTH, CONTENT_TYPE},
};
use hyper::body::Bytes;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::{Client, NoAnswer, S3, answer};
use crate::{Environment, SettingsError};
pub use upload::{SMALLEST_PART, Upload};

const EXPORT_BUCKET: &str = "EXPORT_BUCKET";

/// What S3 encodes in a path: everything but the unreserved characters and the slash.
const IN_PATH: &AsciiSet = &IN_QUERY.remove(b'/');
/// What is encoded in a query.
const IN_QUERY: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// A bucket, and how to reach it in the region of the environment.
#[derive(Debug)]
pub struct Bucket {
    name: String,
    client: Client,
}

/// Why an object is not in the bucket, in one sentence without secrets.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotStored {
    /// S3 gave no answer.
    #[error("S3, for the bucket {bucket}, {problem}")]
    NoAnswer {
        /// The bucket's name.
        bucket: String,
        /// What came instead.
        problem: NoAnswer,
    },
    /// S3 refused.
    #[error(
        "S3, for the bucket {bucket}, refused {key}: {code} (HTTP {status}){}",
        mend(code)
    )]
    Refused {
        /// The bucket's name.
        bucket: String,
        /// The object's key.
        key: String,
        /// The service's word for it, such as `AccessDenied`.
        code: String,
        /// The status.
        status: u16,
    },
}

impl Bucket {
    /// The bucket for affected-user lists and reports, if one is configured; calls nobody yet.
    /// `limit` is for one call as a whole.
    pub fn for_exports(
        environment: &Environment,
        limit: Duration,
    ) -> Result<Option<Self>, SettingsError> {
        let Some(name) = environment.optional(EXPORT_BUCKET)? else {
            return Ok(None);
        };
        if !name::is_valid(&name) {
            let mend = "is not the name of an S3 bucket: 3 to 63 lower-case letters, digits, dots \
                        and hyphens, such as rollcall-exports";
            return Err(SettingsError::new(EXPORT_BUCKET, mend));
        }
        let client = Client::from_environment(environment, S3, None, limit)?;
        Ok(Some(Self { name, client }))
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Puts an object there, in place of one of the same key.
    pub async fn put(
        &self,
        key: &str,
        content_type: &str,
        body: impl Into<Bytes>,
        now: DateTime<Utc>,
    ) -> Result<(), NotStored> {
        let request = Request::put(self.path(key, "")).header(CONTENT_TYPE, content_type);
        let request = request.body(body.into()).map_err(|e| self.unasked(&e))?;
        self.ask(key, request, now).await.map(drop)
    }

    /// Begins an object that is put there in parts.
    pub async fn begin(
        &self,
        key: &str,
        content_type: &str,
        now: DateTime<Utc>,
    ) -> Result<Upload<'_>, NotStored> {
        Upload::begin(self, key, content_type, now).await
    }

    /// Where people look at the object: in the console, which has them sign in
    /// (docs/decisions/0014), or at the emulator.
    #[must_use]
    pub fn link(&self, key: &str) -> String {
        let region = &self.client.region;
        if self.client.is_elsewhere {
            let endpoint = self.client.endpoint.to_string();
            return format!("{}{}", endpoint.trim_end_matches('/'), self.path(key, ""));
        }
        let console = match region {
            region if region.starts_with("cn-") => "console.amazonaws.cn",
            region if region.starts_with("us-gov-") => "console.amazonaws-us-gov.com",
            _ => "console.aws.amazon.com",
        };
        let key = utf8_percent_encode(key, IN_PATH);
        let name = &self.name;
        format!("https://{region}.{console}/s3/object/{name}?region={region}&prefix={key}")
    }

    /// The path of an object, with a query if there is one.
    fn path(&self, key: &str, query: &str) -> String {
        let key = utf8_percent_encode(key, IN_PATH);
        let mark = if query.is_empty() { "" } else { "?" };
        format!("/{}/{key}{mark}{query}", self.name)
    }

    /// Asks about an object with a query and a body, and without a content type.
    async fn ask_about(
        &self,
        method: Method,
        key: &str,
        query: &str,
        body: Bytes,
        now: DateTime<Utc>,
    ) -> Result<Response<Bytes>, NotStored> {
        let request = Request::builder()
            .method(method)
            .uri(self.path(key, query))
            .body(body)
            .map_err(|error| self.unasked(&error))?;
        self.ask(key, request, now).await
    }

    /// An answer that is no refusal. One of status 200 can be a refusal, too, where S3 had to
    /// begin its answer before it knew.
    async fn ask(
        &self,
        key: &str,
        mut request: Request<Bytes>,
        now: DateTime<Utc>,
    ) -> Result<Response<Bytes>, NotStored> {
        // S3 wants to know also of a body without anything in it, of which hyper says nothing.
        let length = request.body().len().into();
        request.headers_mut().insert(CONTENT_LENGTH, length);
        let answer = self.client.send(request, now).await;
        let answer = answer.map_err(|problem| self.unanswered(problem))?;
        let code = answer::code(&answer);
        if answer.status().is_success() && code.is_none() {
            return Ok(answer);
        }
        let code = code.unwrap_or_else(|| "no reason given".to_owned());
        Err(self.refused(key, code, &answer))
    }

    fn refused(&self, key: &str, code: String, answer: &Response<Bytes>) -> NotStored {
        NotStored::Refused {
            bucket: self.name.clone(),
            key: key.to_owned(),
            code,
            status: answer.status().as_u16(),
        }
    }

    fn unanswered(&self, problem: NoAnswer) -> NotStored {
        NotStored::NoAnswer {
            bucket: self.name.clone(),
            problem,
        }
    }

    fn unasked(&self, error: &http::Error) -> NotStored {
        self.unanswered(NoAnswer::Unasked(error.to_string()))
    }
}

impl NotStored {
    /// Whether the same again may succeed, without anybody mending anything.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::NoAnswer { problem, .. } => !matches!(problem, NoAnswer::Unasked(_)),
            Self::Refused { status, .. } => *status >= 500 || *status == 200,
        }
    }
}

/// What to do about a refusal, where that is known.
fn mend(code: &str) -> &'static str {
    match code {
        "AccessDenied" => {
            "; allow the function's role s3:PutObject on it, and the use of its key if it has one"
        }
        "NoSuchBucket" => "; make the bucket, or correct EXPORT_BUCKET",
        "PermanentRedirect" | "AuthorizationHeaderMalformed" => {
            "; the bucket is not in the region of AWS_REGION: name one that is"
        }
        "ExpiredToken" | "InvalidAccessKeyId" | "SignatureDoesNotMatch" => {
            "; AWS does not accept the credentials of the environment"
        }
        "InternalError" | "RequestTimeout" | "ServiceUnavailable" | "SlowDown" => "; try again",
        "NoSuchUpload" => "; the upload was ended meanwhile: begin again",
        _ => "",
    }
}

#[cfg(test)]
mod tests;
