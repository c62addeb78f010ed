//! Errors of our own API: RFC 9457 problem details with a stable type.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use tracing::error;
use utoipa::ToSchema;

use crate::error::Error;

/// What went wrong, as RFC 9457 writes it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Problem {
    /// `urn:consentry:problem:` and a stable word.
    #[serde(rename = "type")]
    #[schema(example = "urn:consentry:problem:invalid")]
    pub kind: String,
    /// The kind of problem, in words.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What was wrong this time, and what was wanted.
    pub detail: String,
    /// The field to blame, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
}

/// The kinds of problems: status, stable word, title.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Something that cannot be read at all.
    Malformed,
    /// Something that can be read and makes no sense.
    Invalid,
    /// No key, or none of ours.
    Unauthorized,
    /// A key that may not do this.
    Forbidden,
    /// Nothing there.
    NotFound,
    /// Another method is wanted.
    MethodNotAllowed,
    /// It cannot be done as things stand.
    Conflict,
    /// Too many bytes.
    TooLarge,
    /// Another content type is wanted.
    UnsupportedMediaType,
    /// The database does not answer.
    Unavailable,
    /// Something of ours is broken.
    Internal,
}

impl Kind {
    const fn parts(self) -> (StatusCode, &'static str, &'static str) {
        match self {
            Self::Malformed => (
                StatusCode::BAD_REQUEST,
                "malformed",
                "The request cannot be read",
            ),
            Self::Invalid => (
                StatusCode::UNPROCESSABLE_ENTITY,
                "invalid",
                "The request makes no sense",
            ),
            Self::Unauthorized => (
                StatusCode::UNAUTHORIZED,
                "unauthorized",
                "A valid key is needed",
            ),
            Self::Forbidden => (
                StatusCode::FORBIDDEN,
                "forbidden",
                "This key may not do that",
            ),
            Self::NotFound => (StatusCode::NOT_FOUND, "not_found", "There is no such thing"),
            Self::MethodNotAllowed => (
                StatusCode::METHOD_NOT_ALLOWED,
                "method_not_allowed",
                "The address does not take this method",
            ),
            Self::Conflict => (
                StatusCode::CONFLICT,
                "conflict",
                "It cannot be done as things stand",
            ),
            Self::TooLarge => (
                StatusCode::PAYLOAD_TOO_LARGE,
                "too_large",
                "The request is too large",
            ),
            Self::UnsupportedMediaType => (
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "unsupported_media_type",
                "The body has the wrong content type",
            ),
            Self::Unavailable => (
                StatusCode::SERVICE_UNAVAILABLE,
                "unavailable",
                "The database does not answer",
            ),
            Self::Internal => (
                StatusCode::INTERNAL_SERVER_ERROR,
                "internal",
                "Something went wrong on our side",
            ),
        }
    }
}

impl Problem {
    /// A problem of a kind.
    #[must_use]
    pub fn of(kind: Kind, detail: impl Into<String>) -> Self {
        let (status, word, title) = kind.parts();
        Self {
            kind: format!("urn:consentry:problem:{word}"),
            title: title.to_owned(),
            status: status.as_u16(),
            detail: detail.into(),
            field: None,
        }
    }

    /// The same, with a field to blame.
    #[must_use]
    pub fn at(self, field: impl Into<String>) -> Self {
        Self {
            field: Some(field.into()),
            ..self
        }
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let detail = error.to_string();
        match error {
            Error::Invalid { field, .. } => Self {
                field,
                ..Self::of(Kind::Invalid, detail)
            },
            Error::Unauthorized => Self::of(Kind::Unauthorized, detail),
            Error::Forbidden(_) => Self::of(Kind::Forbidden, detail),
            Error::NotFound(_) => Self::of(Kind::NotFound, detail),
            Error::Conflict(_) => Self::of(Kind::Conflict, detail),
            Error::Busy(full) => Self::of(Kind::Unavailable, full.to_string()),
            Error::Unavailable(cause) => {
                error!(%cause, "the database did not answer a request");
                Self::of(Kind::Unavailable, detail)
            }
            Error::Internal(cause) => {
                error!(%cause, "a request failed");
                Self::of(Kind::Internal, detail)
            }
        }
    }
}

impl From<store::error::StoreError> for Problem {
    fn from(error: store::error::StoreError) -> Self {
        Error::from(error).into()
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let kind = HeaderValue::from_static("application/problem+json");
        let mut response = (status, [(header::CONTENT_TYPE, kind)], body).into_response();
        let headers = response.headers_mut();
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if status == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}

/// The answer to an address that does not exist.
pub async fn no_such_address() -> Problem {
    Problem::of(
        Kind::NotFound,
        "there is no such address: /api/openapi.json lists them all",
    )
}

/// The answer to a method that an address does not take.
pub async fn no_such_method() -> Problem {
    Problem::of(
        Kind::MethodNotAllowed,
        "this address does not take that method: /api/openapi.json lists those it takes",
    )
}
