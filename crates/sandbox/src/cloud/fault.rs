//! A refusal in Graph's envelope, with the status that Meta's table gives for its code.

use std::sync::atomic::{AtomicU64, Ordering};

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::json;

use crate::{arrival::Outcome, secret};

static TRACES: AtomicU64 = AtomicU64::new(0);

#[derive(Clone, Debug)]
pub struct Fault {
    pub status: u16,
    pub code: u32,
    pub subcode: Option<u32>,
    pub title: String,
    pub details: String,
}

impl Fault {
    pub fn new(code: u32, title: &str, details: impl Into<String>) -> Self {
        Self {
            status: status_of(code),
            code,
            subcode: None,
            title: title.to_owned(),
            details: details.into(),
        }
    }

    /// A fault that a test asked for by its number alone.
    pub fn of_code(code: u32) -> Self {
        Self::new(code, title_of(code), "The sandbox was told to answer so.")
    }

    pub fn invalid(details: impl Into<String>) -> Self {
        Self::new(100, "Invalid parameter", details)
    }

    pub fn missing(details: impl Into<String>) -> Self {
        Self::new(131_008, title_of(131_008), details)
    }

    pub fn value(details: impl Into<String>) -> Self {
        Self::new(131_009, title_of(131_009), details)
    }

    pub fn no_such_object(id: &str) -> Self {
        let details = format!(
            "Object with ID `{id}` does not exist, cannot be loaded due to missing permissions, or does not support this operation"
        );
        Self {
            subcode: Some(33),
            ..Self::new(100, "Unsupported request", details)
        }
    }

    pub fn token(details: &str) -> Self {
        Self::new(190, "Invalid OAuth access token", details)
    }
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::BAD_REQUEST);
        let trace = TRACES.fetch_add(1, Ordering::Relaxed);
        let mut body = json!({"error": {
            "message": format!("(#{}) {}", self.code, self.title), "type": "OAuthException", "code": self.code,
            "error_data": {"messaging_product": "whatsapp", "details": self.details},
            "fbtrace_id": format!("Asandbox{}", secret::digits_of(&trace.to_string(), 12)),
        }});
        if let (Some(subcode), Some(error)) = (
            self.subcode,
            body.get_mut("error").and_then(|e| e.as_object_mut()),
        ) {
            error.insert("error_subcode".to_owned(), json!(subcode));
        }
        let mut response = (status, Json(body)).into_response();
        if status == StatusCode::UNAUTHORIZED {
            let asks = HeaderValue::from_static("OAuth \"Facebook Platform\" \"invalid_token\"");
            response
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, asks);
        }
        response.extensions_mut().insert(Outcome {
            code: Some(self.code),
            ..Outcome::default()
        });
        response
    }
}

/// Meta's table of December 2025; what it does not list is a plain 400.
pub fn status_of(code: u32) -> u16 {
    match code {
        0 | 190 => 401,
        10 | 200..=299 | 368 | 130_497 | 131_005 | 131_031 => 403,
        132_001 => 404,
        3 | 131_000 | 131_016 | 131_045 | 131_057 | 134_102 => 500,
        2 | 133_004 => 503,
        _ => 400,
    }
}

pub fn title_of(code: u32) -> &'static str {
    match code {
        2 => "Service temporarily unavailable",
        4 => "Too many calls from this app",
        100 => "Invalid parameter",
        190 => "Invalid OAuth access token",
        80_007 => "Too many calls for this account",
        130_403 => "Recipient has blocked this business",
        130_429 => "Rate limit hit",
        130_472 => "Recipient is part of an experiment",
        131_000 => "Something went wrong",
        131_005 => "Access denied",
        131_008 => "Required parameter is missing",
        131_009 => "Parameter value is not valid",
        131_016 => "Service unavailable",
        131_021 => "Recipient cannot be sender",
        131_026 => "Message undeliverable",
        131_047 => "Re-engagement message",
        131_048 => "Number limited because of spam",
        131_049 => "Not delivered to keep engagement healthy",
        131_050 => "Recipient has stopped marketing messages",
        131_051 => "Message type unknown",
        131_056 => "Pair rate limit hit",
        131_062 => "Recipient type not allowed for this message",
        132_000 => "Number of parameters does not match",
        132_001 => "Template name does not exist in the translation",
        132_015 => "Template is paused",
        132_016 => "Template is disabled",
        134_100 => "Only marketing messages are supported",
        137_000 => "Recipient identity key hash mismatch",
        _ => "Request refused",
    }
}

/// The reason in a `failed` status, in words.
pub fn details_of(code: u32) -> &'static str {
    match code {
        130_403 => "The user has blocked this business.",
        131_026 => "The message cannot be delivered: no such account, or it cannot receive this.",
        131_047 => "More than 24 hours have passed since the user last wrote to this number.",
        131_049 => "Held back by the per-user marketing limit.",
        131_050 => "The user chose not to get marketing messages from this business.",
        137_000 => "The recipient identity has changed.",
        _ => "The message was not delivered.",
    }
}
