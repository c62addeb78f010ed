//! Calls that are handed through: files up and down, templates, what a number says about itself.

use std::error::Error;

use bytes::Bytes;
use futures::TryStream;
use reqwest::header::HeaderMap;

use super::{Answer, CallError, Client};
use crate::{bearer::Bearer, route::Passage};

/// Headers of a request that go with it.
const HEADERS: [&str; 4] = [
    "accept",
    "accept-language",
    "content-length",
    "content-type",
];

/// The body of a call that is handed through, as raw bytes: a multipart upload stays what it is.
#[derive(Debug)]
pub struct Payload(reqwest::Body);

impl Payload {
    /// No body.
    #[must_use]
    pub fn empty() -> Self {
        Self(Bytes::new().into())
    }

    /// A body in memory.
    #[must_use]
    pub fn bytes(bytes: Bytes) -> Self {
        Self(bytes.into())
    }

    /// A body that is still arriving, handed on as it comes.
    pub fn stream<S>(stream: S) -> Self
    where
        S: TryStream + Send + 'static,
        S::Error: Into<Box<dyn Error + Send + Sync>>,
        Bytes: From<S::Ok>,
    {
        Self(reqwest::Body::wrap_stream(stream))
    }
}

impl Client {
    /// Hands a call through. Only a few headers of the request go along, and never its `Authorization`.
    ///
    /// # Errors
    /// [`CallError::Unreachable`] when no answer came; whatever Meta answers is an [`Answer`].
    pub async fn forward(
        &self,
        passage: &Passage,
        authorization: &Bearer,
        headers: &HeaderMap,
        payload: Payload,
    ) -> Result<Answer, CallError> {
        let mut request = self
            .request(passage.method(), &passage.to_string(), authorization)
            .timeout(self.settings.forward_timeout);
        for name in HEADERS {
            if let Some(value) = headers.get(name) {
                request = request.header(name, value);
            }
        }
        Answer::of(request.body(payload.0).send().await).await
    }
}
