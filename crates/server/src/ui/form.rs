//! What was sent like a form: a body, or a query.

use axum::{body::Body, http::StatusCode};
use http_body_util::{BodyExt, LengthLimitError, Limited};

/// The largest form, in bytes: a page with hundreds of topics stays far below.
pub const BYTES_MAX: usize = 64 * 1024;

/// The fields of a form, or of a query, in their order.
#[derive(Debug, Default)]
pub struct Form(Vec<(String, String)>);

impl Form {
    /// Reads a body.
    ///
    /// # Errors
    /// 413 when it is too large, 400 when it breaks off.
    pub async fn read(body: Body) -> Result<Self, StatusCode> {
        Ok(Self::of(&bytes(body).await?))
    }

    /// Reads what is written like a form.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(form_urlencoded::parse(bytes).into_owned().collect())
    }

    /// Fields that were read by somebody else.
    #[must_use]
    pub const fn with(fields: Vec<(String, String)>) -> Self {
        Self(fields)
    }

    /// Every field, in their order.
    #[must_use]
    pub fn into_fields(self) -> Vec<(String, String)> {
        self.0
    }

    /// The first value of a field.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    /// Every value of a field.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        let own = self.0.iter().filter(move |(field, _)| field == name);
        own.map(|(_, value)| value.as_str())
    }
}

/// A body as a whole.
///
/// # Errors
/// 413 when it is too large, 400 when it breaks off.
pub async fn bytes(body: Body) -> Result<Vec<u8>, StatusCode> {
    match Limited::new(body, BYTES_MAX).collect().await {
        Ok(collected) => Ok(collected.to_bytes().to_vec()),
        Err(cause) if cause.downcast_ref::<LengthLimitError>().is_some() => {
            Err(StatusCode::PAYLOAD_TOO_LARGE)
        }
        Err(_) => Err(StatusCode::BAD_REQUEST),
    }
}
