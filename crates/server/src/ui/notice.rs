//! A page that only says something: a link that opens nothing, or something that went wrong.

use askama::Template;
use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Response},
};

use super::frame::Frame;
use crate::error::Error;

/// What such a page says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notice {
    /// There is nothing here, whatever the reason.
    Gone,
    /// A form was sent from somebody else's page.
    Foreign,
    /// What was sent to a form is of no use; why is nobody's business.
    Unusable,
    /// The database does not answer.
    Busy,
    /// Something of ours is broken.
    Broken,
}

#[derive(Template)]
#[template(path = "notice.html")]
struct Page<'a> {
    frame: &'a Frame,
    heading: String,
    note: String,
    way_back: Option<String>,
}

impl Notice {
    /// What an error comes to on a page; it is written to the log here.
    #[must_use]
    pub fn of(error: &Error) -> Self {
        match error {
            Error::NotFound(_) => Self::Gone,
            Error::Busy(_) => Self::Busy,
            Error::Unavailable(cause) => {
                tracing::error!(%cause, "the database did not answer a page");
                Self::Busy
            }
            Error::Invalid { .. }
            | Error::Unauthorized
            | Error::Forbidden(_)
            | Error::Conflict(_)
            | Error::Internal(_) => {
                tracing::error!(?error, "a page failed");
                Self::Broken
            }
        }
    }

    /// The page.
    #[must_use]
    pub fn page(self, frame: &Frame) -> Response {
        let voice = &frame.voice;
        let (status, heading, note) = match self {
            Self::Gone => (
                StatusCode::NOT_FOUND,
                voice.say("gone-heading"),
                voice.say("gone-note"),
            ),
            Self::Foreign => (
                StatusCode::FORBIDDEN,
                voice.say("foreign-heading"),
                voice.say("foreign-note"),
            ),
            Self::Unusable => (
                StatusCode::BAD_REQUEST,
                voice.say("unusable-heading"),
                voice.say("unusable-note"),
            ),
            Self::Busy => (
                StatusCode::SERVICE_UNAVAILABLE,
                voice.say("trouble-heading"),
                voice.say("trouble-note"),
            ),
            Self::Broken => (
                StatusCode::INTERNAL_SERVER_ERROR,
                voice.say("trouble-heading"),
                voice.say("trouble-note"),
            ),
        };
        let page = Page {
            frame,
            heading,
            note,
            way_back: (self == Self::Unusable).then(|| voice.say("unusable-again")),
        };
        let mut response = shown(status, &page);
        if self == Self::Busy {
            let soon = HeaderValue::from_static("1");
            response.headers_mut().insert(header::RETRY_AFTER, soon);
        }
        response
    }
}

/// A template as an answer.
#[must_use]
pub fn shown(status: StatusCode, page: &impl Template) -> Response {
    match page.render() {
        Ok(text) => (status, Html(text)).into_response(),
        Err(error) => {
            tracing::error!(%error, "a page could not be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
