//! Errors of the gateway, in the shape of Graph's own.

use axum::{
    Json,
    http::{HeaderName, HeaderValue, StatusCode},
    response::{IntoResponse, Response},
};
use consent::reason::Code;
use graph::{fault, message::Refused as BadBody, route::BadRoute};
use uuid::Uuid;

use crate::{
    clock::rfc3339,
    error::Error,
    services::{gate::Refused, send::Unknown},
};

/// Says who refused, and why: `deny; code=<code>`.
pub const VERDICT: HeaderName = HeaderName::from_static("x-consentry-verdict");

/// An answer in Graph's error envelope, that nobody mistakes for Meta's.
#[derive(Debug, Clone)]
pub struct GraphFault {
    status: StatusCode,
    code: i64,
    message: String,
    details: String,
    verdict: Option<&'static str>,
    trace: Uuid,
}

impl GraphFault {
    /// A request that the gateway does not take.
    #[must_use]
    pub fn bad_request(code: i64, details: impl Into<String>) -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            code,
            "The gateway does not take this request",
            details,
        )
    }

    /// A key or token that is not good.
    #[must_use]
    pub fn unauthorized(details: impl Into<String>) -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            190,
            "Invalid access token",
            details,
        )
    }

    /// Meta cannot be reached: nothing was sent.
    #[must_use]
    pub fn unreachable(trace: Uuid, why: &str) -> Self {
        let details = format!("Meta cannot be reached, and nothing was sent: {why}");
        let fault = Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            131_016,
            "Service unavailable",
            details,
        );
        Self { trace, ..fault }
    }

    /// Nobody knows whether the message was sent. It is not sent again.
    #[must_use]
    pub fn unknown(unknown: &Unknown) -> Self {
        let status = unknown
            .http
            .and_then(|status| StatusCode::from_u16(status).ok());
        let status = status
            .filter(StatusCode::is_server_error)
            .unwrap_or(StatusCode::GATEWAY_TIMEOUT);
        let repeat = if unknown.repeated {
            " This is the answer to the first attempt; nothing was sent now."
        } else {
            ""
        };
        let details = format!(
            "It is not known whether Meta took the message ({}), so it is not sent again.{repeat} The same message to \
             the same person gets this answer for ten minutes, or Meta's own once a status arrives.",
            unknown.why
        );
        let fault = Self::new(status, 131_000, "The outcome is unknown", details);
        Self {
            trace: unknown.attempt.get(),
            ..fault
        }
    }

    /// The gate's own refusal.
    #[must_use]
    pub fn refused(refused: &Refused) -> Self {
        let code = refused.denial.code;
        let until = refused
            .denial
            .until
            .map(|until| format!(" Until {}.", rfc3339(until)))
            .unwrap_or_default();
        let details = format!("{} {}{until}", code.sentence(), code.lifter().sentence());
        let fault = Self::new(
            StatusCode::BAD_REQUEST,
            graph_code(code),
            title(code),
            details,
        );
        Self {
            verdict: Some(code.word()),
            trace: refused.attempt.get(),
            ..fault
        }
    }

    fn new(status: StatusCode, code: i64, message: &str, details: impl Into<String>) -> Self {
        let message = message.to_owned();
        Self {
            status,
            code,
            message,
            details: details.into(),
            verdict: None,
            trace: Uuid::now_v7(),
        }
    }
}

/// Meta's code for a refusal of ours, so that clients do the right thing (DESIGN section 6).
#[must_use]
pub const fn graph_code(code: Code) -> i64 {
    match code {
        Code::IdentityConflict | Code::InvalidRecipient => 131_009,
        Code::Held
        | Code::OptedOutAll
        | Code::OptedOutCategory
        | Code::OptedOutTopic
        | Code::PlatformOptOut
        | Code::NoConsent
        | Code::ConsentPending
        | Code::ConsentExpired => 131_050,
        Code::Blocked => 130_403,
        Code::IdentityChanged => 137_000,
        Code::TopicRetired | Code::TemplateUnavailable => 132_015,
        Code::WindowClosed => 131_047,
        Code::FrequencyCapped | Code::QuietHours | Code::PlatformBackoff => 131_049,
    }
}

const fn title(code: Code) -> &'static str {
    match graph_code(code) {
        131_009 => "Parameter value is not valid",
        130_403 => "The user has blocked this business",
        137_000 => "The user's identity has changed",
        132_015 => "Template is unavailable",
        131_047 => "Re-engagement message",
        131_049 => "Not sent to this user now",
        _ => "No consent for this message",
    }
}

impl From<&BadBody> for GraphFault {
    fn from(error: &BadBody) -> Self {
        Self {
            verdict: error.verdict(),
            ..Self::bad_request(error.code(), error.to_string())
        }
    }
}

impl From<BadRoute> for GraphFault {
    fn from(error: BadRoute) -> Self {
        Self::bad_request(100, error.to_string())
    }
}

impl From<Error> for GraphFault {
    fn from(error: Error) -> Self {
        match error {
            Error::Invalid { message, .. } => Self::bad_request(100, message),
            Error::Unauthorized => Self::unauthorized("the key is missing, unknown or revoked"),
            Error::Forbidden(role) => {
                let details = format!("this key may not send: it needs the role `{role}`");
                Self::new(StatusCode::FORBIDDEN, 10, "Permission denied", details)
            }
            Error::NotFound(what) => Self::bad_request(100, format!("there is no such {what}")),
            Error::Conflict(message) => Self::bad_request(100, message),
            Error::Busy(full) => Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                131_016,
                "Service unavailable",
                full.to_string(),
            ),
            Error::Unavailable(cause) => {
                tracing::error!(%cause, "a send was refused: the database does not answer");
                let details =
                    "the database does not answer, so nothing can be reserved and nothing was sent";
                Self::new(
                    StatusCode::SERVICE_UNAVAILABLE,
                    131_016,
                    "Service unavailable",
                    details,
                )
            }
            Error::Internal(cause) => {
                tracing::error!(%cause, "a request to the gateway failed");
                let details = "something went wrong on the gateway's side, and nothing was sent";
                Self::new(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    1,
                    "Unknown error",
                    details,
                )
            }
        }
    }
}

impl IntoResponse for GraphFault {
    fn into_response(self) -> Response {
        let trace = format!("{}{}", fault::TRACE_PREFIX, self.trace.as_simple());
        let body = fault::refusal(self.code, &self.message, &self.details, &trace);
        let mut response = (self.status, Json(body)).into_response();
        if let Some(code) = self.verdict
            && let Ok(value) = HeaderValue::try_from(format!("deny; code={code}"))
        {
            response.headers_mut().insert(VERDICT, value);
        }
        response.extensions_mut().insert(self);
        response
    }
}
