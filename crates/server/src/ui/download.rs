//! Files that a page hands out, and the forms that a report has as one.

use axum::{
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};

use crate::error::Error;

/// As what a report is handed out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// For programs.
    Json,
    /// For spreadsheets.
    Csv,
    /// A picture of lines.
    Svg,
    /// A picture of pixels.
    Png,
}

impl Format {
    /// Reads the ending of a name.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an ending that nothing has.
    pub fn of(ending: &str) -> Result<Self, Error> {
        match ending {
            "" | "json" => Ok(Self::Json),
            "csv" => Ok(Self::Csv),
            "svg" => Ok(Self::Svg),
            "png" => Ok(Self::Png),
            _ => Err(Error::NotFound("report")),
        }
    }

    const fn media(self) -> (&'static str, &'static str) {
        match self {
            Self::Json => ("application/json", "json"),
            Self::Csv => ("text/csv; charset=utf-8", "csv"),
            Self::Svg => ("image/svg+xml", "svg"),
            Self::Png => ("image/png", "png"),
        }
    }
}

/// A file to be kept under the name of the report.
#[must_use]
pub fn file(format: Format, name: &str, bytes: Vec<u8>) -> Response {
    let (kind, ending) = format.media();
    saved(kind, &format!("{name}.{ending}"), bytes)
}

/// A file that a browser keeps under a name instead of showing it.
#[must_use]
pub fn saved(kind: &'static str, name: &str, bytes: Vec<u8>) -> Response {
    let named = format!("attachment; filename=\"{name}\"");
    // A name that no header can carry is left to the browser.
    let named = HeaderValue::from_str(&named).unwrap_or(HeaderValue::from_static("attachment"));
    let mut response = bytes.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CONTENT_DISPOSITION, named);
    response
}
