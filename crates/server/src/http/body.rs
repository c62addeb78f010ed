//! Bodies and queries: read whole or refused with the field to blame.

use axum::{
    body::Body,
    extract::{FromRequest, FromRequestParts, Request},
    http::{HeaderMap, header, request::Parts},
};
use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde::de::DeserializeOwned;

use crate::http::problem::{Kind, Problem};

/// The largest JSON body.
pub const JSON_BYTES_MAX: usize = 4 * 1024 * 1024;

/// A JSON body of at most so many bytes, with the bytes that it was read from.
pub struct JsonBody<T, const BYTES_MAX: usize = JSON_BYTES_MAX> {
    /// What it says.
    pub value: T,
    /// The bytes.
    pub bytes: Bytes,
}

impl<S: Sync, T: DeserializeOwned, const BYTES_MAX: usize> FromRequest<S>
    for JsonBody<T, BYTES_MAX>
{
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        if media_type(request.headers()) != Some("application/json".to_owned()) {
            return Err(Problem::of(
                Kind::UnsupportedMediaType,
                "want `Content-Type: application/json`",
            ));
        }
        let bytes = read_all(request.into_body(), BYTES_MAX).await?;
        let value = parse(&bytes)?;
        Ok(Self { value, bytes })
    }
}

/// The query of a request.
pub struct Query<T>(pub T);

impl<S: Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let query = axum::extract::Query::<T>::try_from_uri(&parts.uri);
        query.map(|query| Self(query.0)).map_err(|cause| {
            let message = std::error::Error::source(&cause)
                .map_or_else(|| cause.to_string(), ToString::to_string);
            blame(Problem::of(Kind::Malformed, message.clone()), &message, "")
        })
    }
}

/// A part of the path that names something.
pub struct Path<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = axum::extract::Path::<T>::from_request_parts(parts, state).await;
        // What is not an id names nothing.
        path.map(|path| Self(path.0))
            .map_err(|_| Problem::of(Kind::NotFound, "the address names nothing that exists"))
    }
}

/// Reads JSON, and says which field is to blame.
///
/// # Errors
/// 400 for what is no JSON, 422 for JSON that makes no sense here.
pub fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let path = error.path().to_string();
        let cause = error.into_inner();
        let message = cause.to_string();
        if cause.is_data() {
            let message = message.split(" at line ").next().unwrap_or(&message);
            blame(Problem::of(Kind::Invalid, message), message, &path)
        } else {
            Problem::of(Kind::Malformed, format!("the body is no JSON: {message}"))
        }
    })?;
    reader
        .end()
        .map_err(|cause| Problem::of(Kind::Malformed, format!("the body is no JSON: {cause}")))?;
    Ok(value)
}

/// Reads a whole body.
///
/// # Errors
/// 413 when it is larger than `max`, 400 when it breaks off.
pub async fn read_all(body: Body, max: usize) -> Result<Bytes, Problem> {
    match Limited::new(body, max).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(cause) if cause.downcast_ref::<LengthLimitError>().is_some() => Err(Problem::of(
            Kind::TooLarge,
            format!("the body is too large: want at most {max} bytes"),
        )),
        Err(_) => Err(Problem::of(Kind::Malformed, "the body broke off")),
    }
}

/// The media type of a body, without its parameters.
#[must_use]
pub fn media_type(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    let media = value.split(';').next().unwrap_or_default().trim();
    Some(media.to_ascii_lowercase())
}

/// The field that a message of serde names, below the path that it was found at.
fn blame(problem: Problem, message: &str, path: &str) -> Problem {
    let path = path.trim_end_matches('?').trim_end_matches('.');
    let path = if path == "." { "" } else { path };
    let named = ["unknown field `", "missing field `", "duplicate field `"]
        .iter()
        .find_map(|before| message.split_once(before)?.1.split('`').next());
    let field = match named {
        Some(name) if path.is_empty() || path == name || path.ends_with(&format!(".{name}")) => {
            if path.is_empty() {
                name.to_owned()
            } else {
                path.to_owned()
            }
        }
        Some(name) => format!("{path}.{name}"),
        None => path.to_owned(),
    };
    if field.is_empty() {
        problem
    } else {
        problem.at(field)
    }
}
