//! What came back from Meta.

use std::error::Error;

use bytes::{Bytes, BytesMut};
use reqwest::{Response, StatusCode, header::HeaderMap};
use serde_json::Value;

use super::NumberInfo;
use crate::{fault::Fault, loose};

/// How much of an answer is read: a page of templates may have some megabytes.
const ANSWER_BYTES_MAX: usize = 32 * 1024 * 1024;

/// Headers of an answer that are worth handing on.
const HEADERS: [&str; 8] = [
    "content-type",
    "etag",
    "facebook-api-version",
    "retry-after",
    "x-app-usage",
    "x-business-use-case-usage",
    "x-fb-request-id",
    "x-fb-trace-id",
];

/// A whole answer, whatever its status.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// Those of its headers that are worth handing on.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
}

/// Why there is no answer to work with.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// Meta said no.
    #[error("Meta answered {http} with error {}: {}", .fault.code, .fault.message)]
    Refused {
        /// The status line.
        http: u16,
        /// Why.
        fault: Box<Fault>,
    },
    /// No answer came.
    #[error("Meta cannot be reached: {0}")]
    Unreachable(String),
    /// An answer came that says nothing.
    #[error("the answer of Meta cannot be read: {0}")]
    Unreadable(String),
}

impl Answer {
    /// Reads a whole answer; the error has its status and what went wrong.
    pub(super) async fn read(mut response: Response) -> Result<Self, (StatusCode, String)> {
        let status = response.status();
        let kept = HEADERS.iter().filter_map(|name| {
            let value = response.headers().get(*name)?.clone();
            Some((reqwest::header::HeaderName::from_static(name), value))
        });
        let headers = kept.collect();
        let mut body = BytesMut::new();
        loop {
            match response.chunk().await {
                Ok(Some(chunk)) if body.len() + chunk.len() <= ANSWER_BYTES_MAX => {
                    body.extend_from_slice(&chunk);
                }
                Ok(Some(_)) => return Err((status, "the answer is too long".to_owned())),
                Ok(None) => break,
                Err(error) => return Err((status, chain(&error.without_url()))),
            }
        }
        Ok(Self {
            status,
            headers,
            body: body.freeze(),
        })
    }

    pub(super) async fn of(result: reqwest::Result<Response>) -> Result<Self, CallError> {
        let response =
            result.map_err(|error| CallError::Unreachable(chain(&error.without_url())))?;
        Self::read(response).await.map_err(|(status, why)| {
            CallError::Unreachable(format!("after status {status}: {why}"))
        })
    }

    /// The answer, unless it is a refusal.
    pub(super) fn good(self) -> Result<Self, CallError> {
        if self.status == StatusCode::OK {
            return Ok(self);
        }
        let http = self.status.as_u16();
        Err(match Fault::read(&self.body) {
            Some(fault) => CallError::Refused {
                http,
                fault: Box::new(fault),
            },
            None => CallError::Unreadable(format!("status {http} without a Graph error")),
        })
    }
}

impl NumberInfo {
    pub(super) fn read(body: &[u8]) -> Option<Self> {
        let body: Value = serde_json::from_slice(body).ok()?;
        let body = body.as_object()?;
        Some(Self {
            id: loose::id(body, "id")?.parse().ok()?,
            display: loose::text(body, "display_phone_number"),
            name: loose::text(body, "verified_name"),
            quality: loose::text(body, "quality_rating"),
            limit: loose::text(body, "whatsapp_business_manager_messaging_limit"),
            throughput: loose::object(body, "throughput")
                .and_then(|throughput| loose::text(throughput, "level")),
            status: loose::text(body, "status"),
        })
    }
}

/// An error with its causes, in one line. Addresses are taken out before: they may hold a token.
pub(super) fn chain(error: &(dyn Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |error| (*error).source());
    let mut texts: Vec<String> = causes.map(ToString::to_string).collect();
    texts.dedup();
    texts.join(": ")
}
