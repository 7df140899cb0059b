//! Bytes on their way into an object: in one go if they are few, else in parts.

use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::aws::s3::{Bucket, NotStored, SMALLEST_PART, Upload};

/// A page of the list more than a part, so that the room need not grow.
const ROOM: usize = SMALLEST_PART + 1024 * 1024;
/// How long it may take to give up; whatever S3 keeps in spite of it, the bucket's rule forgets.
const TO_GIVE_UP: Duration = Duration::from_secs(3);

pub(super) struct Sink<'b> {
    bucket: &'b Bucket,
    key: &'b str,
    content_type: &'static str,
    waiting: Vec<u8>,
    upload: Option<Upload<'b>>,
}

impl<'b> Sink<'b> {
    pub(super) fn new(bucket: &'b Bucket, key: &'b str, content_type: &'static str) -> Self {
        Self {
            bucket,
            key,
            content_type,
            waiting: Vec::with_capacity(ROOM),
            upload: None,
        }
    }

    /// Where the next bytes go to.
    pub(super) fn room(&mut self) -> &mut Vec<u8> {
        &mut self.waiting
    }

    /// Sends what is waiting, if it is enough for a part.
    pub(super) async fn send_full(&mut self, now: DateTime<Utc>) -> Result<(), NotStored> {
        if self.waiting.len() < SMALLEST_PART {
            return Ok(());
        }
        self.send(now).await?;
        self.waiting = Vec::with_capacity(ROOM);
        Ok(())
    }

    /// Sends the rest, and makes the whole an object.
    pub(super) async fn finish(&mut self, now: DateTime<Utc>) -> Result<(), NotStored> {
        if self.upload.is_none() {
            let whole = std::mem::take(&mut self.waiting);
            let put = self.bucket.put(self.key, self.content_type, whole, now);
            return put.await;
        }
        if !self.waiting.is_empty() {
            self.send(now).await?;
        }
        if let Some(upload) = &self.upload {
            upload.complete(now).await?;
        }
        self.upload = None;
        Ok(())
    }

    async fn send(&mut self, now: DateTime<Utc>) -> Result<(), NotStored> {
        let upload = match &mut self.upload {
            Some(upload) => upload,
            none => none.insert(self.bucket.begin(self.key, self.content_type, now).await?),
        };
        upload.part(std::mem::take(&mut self.waiting), now).await
    }

    /// Has S3 forget what was sent, if the whole did not become an object.
    pub(super) async fn give_up(self, now: DateTime<Utc>) {
        let Some(upload) = self.upload else { return };
        let aborted = tokio::time::timeout(TO_GIVE_UP, upload.abort(now)).await;
        if !matches!(aborted, Ok(Ok(()))) {
            tracing::warn!(
                key = self.key,
                "the parts that were sent are left in the bucket"
            );
        }
    }
}
