//! What a page of the dashboard answers when it does not show what was asked for.

use askama::Template;
use axum::{
    extract::{Request, State},
    http::{HeaderValue, StatusCode, header, request::Parts},
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::{Desk, frame};
use crate::{
    app::App,
    error::Error,
    ui::{frame::Frame, notice::shown, objection, origin},
};

/// What a path is written with inside a query.
const PATH: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'/')
    .remove(b'-')
    .remove(b'_')
    .remove(b'.');

/// Why a page is not shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// Nobody is signed in; then comes the page that was asked for.
    SignIn(String),
    /// An authenticator is required, and the member has none yet.
    Factor,
    /// The role of the member does not allow it.
    Forbidden,
    /// There is no such thing.
    NotFound,
    /// A form came from somewhere else, or from a page of an earlier session.
    Foreign,
    /// What was sent makes no sense: what was wanted, in words.
    Invalid(String),
    /// What a service said against it: that it makes no sense, or that it cannot be done as things stand.
    Said {
        /// Whether it is about how things stand.
        stands: bool,
        /// The sentence, as the API says it.
        message: String,
    },
    /// The address takes another method.
    Method,
    /// What was sent cannot be read.
    Unreadable,
    /// What was sent is too large.
    TooLarge,
    /// The database does not answer, or there is too much to do.
    Busy,
    /// Something of ours is broken.
    Broken,
}

#[derive(Template)]
#[template(path = "desk/refused.html")]
struct Page {
    desk: Desk,
    heading: String,
    note: String,
    /// The page that a form came from, where it can be sent again.
    again: Option<String>,
}

#[derive(Template)]
#[template(path = "desk/refused_plain.html")]
struct PlainPage {
    frame: Frame,
    heading: String,
    note: String,
}

impl Refusal {
    const fn status(&self) -> StatusCode {
        match self {
            Self::SignIn(_) | Self::Factor => StatusCode::SEE_OTHER,
            Self::Forbidden | Self::Foreign => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Invalid(_) | Self::Said { stands: false, .. } => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Said { stands: true, .. } => StatusCode::CONFLICT,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::Unreadable => StatusCode::BAD_REQUEST,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Busy => StatusCode::SERVICE_UNAVAILABLE,
            Self::Broken => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn words(&self, frame: &Frame) -> (String, String) {
        let voice = &frame.voice;
        match self {
            Self::SignIn(_) | Self::Factor | Self::NotFound => {
                (voice.say("desk-gone"), voice.say("desk-gone-note"))
            }
            Self::Forbidden => (
                voice.say("desk-forbidden"),
                voice.say("desk-forbidden-note"),
            ),
            Self::Foreign => (voice.say("desk-foreign"), voice.say("desk-foreign-note")),
            Self::Invalid(why) => (voice.say("desk-refused"), why.clone()),
            Self::Said { message, .. } => {
                (voice.say("desk-refused"), objection::told(voice, message))
            }
            Self::Method => (voice.say("desk-refused"), voice.say("desk-method")),
            Self::Unreadable => (voice.say("desk-refused"), voice.say("desk-unreadable")),
            Self::TooLarge => (voice.say("desk-refused"), voice.say("desk-too-large")),
            Self::Busy => (voice.say("trouble-heading"), voice.say("trouble-note")),
            Self::Broken => (voice.say("trouble-heading"), voice.say("desk-broken-note")),
        }
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        match error {
            Error::Invalid { message, .. } => Self::Said {
                stands: false,
                message,
            },
            Error::Unauthorized | Error::Forbidden(_) => Self::Forbidden,
            Error::NotFound(_) => Self::NotFound,
            Error::Conflict(message) => Self::Said {
                stands: true,
                message,
            },
            Error::Busy(_) => Self::Busy,
            Error::Unavailable(cause) => {
                tracing::error!(%cause, "the database did not answer a page");
                Self::Busy
            }
            Error::Internal(_) => {
                tracing::error!(?error, "a page failed");
                Self::Broken
            }
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        if let Self::SignIn(path) = &self {
            let next = utf8_percent_encode(path, PATH);
            return Redirect::to(&format!("/login?next={next}")).into_response();
        }
        if self == Self::Factor {
            return Redirect::to("/account/authenticator").into_response();
        }
        // What it says is written around the page of whoever asked: see `dress`.
        let mut response = self.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// Writes the page of a refusal, in the frame of whoever asked. What the router itself refused is one as well: an address
/// that holds no id, another method, a body that cannot be read.
pub async fn dress(State(app): State<App>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let asked = parts.clone();
    let response = next.run(Request::from_parts(parts, body)).await;
    let said = response.extensions().get::<Refusal>().cloned();
    match said.or_else(|| bare(&response)) {
        Some(refusal) => {
            page(
                &app,
                &asked,
                &refusal,
                response.headers().get(header::ALLOW),
            )
            .await
        }
        None => rooted(&app, response),
    }
}

/// The page of a refusal.
pub async fn page(
    app: &App,
    asked: &Parts,
    refusal: &Refusal,
    allow: Option<&HeaderValue>,
) -> Response {
    let status = refusal.status();
    let mut dressed = match Desk::of(app, asked).await {
        Ok(desk) => {
            let (heading, note) = refusal.words(&desk.frame);
            let again = match refusal {
                Refusal::Foreign => origin::came_from(app, &asked.headers),
                _ => None,
            };
            let page = Page {
                again: again.map(|path| desk.to(&path)),
                desk,
                heading,
                note,
            };
            shown(status, &page)
        }
        Err(_) => {
            let frame = frame(app, asked, None).await;
            let (heading, note) = refusal.words(&frame);
            let page = PlainPage {
                frame,
                heading,
                note,
            };
            shown(status, &page)
        }
    };
    let headers = dressed.headers_mut();
    if status == StatusCode::SERVICE_UNAVAILABLE {
        headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
    }
    if let Some(allow) = allow {
        headers.insert(header::ALLOW, allow.clone());
    }
    dressed
}

/// What a router refuses by itself, without a word that is meant for people.
#[must_use]
pub fn bare(response: &Response) -> Option<Refusal> {
    let kind = response.headers().get(header::CONTENT_TYPE);
    let is_bare = kind.is_none_or(|kind| kind.as_bytes().starts_with(b"text/plain"));
    if !is_bare {
        return None;
    }
    match response.status() {
        // On pages, a path that cannot be read names nothing.
        StatusCode::NOT_FOUND | StatusCode::BAD_REQUEST => Some(Refusal::NotFound),
        StatusCode::METHOD_NOT_ALLOWED => Some(Refusal::Method),
        StatusCode::PAYLOAD_TOO_LARGE => Some(Refusal::TooLarge),
        StatusCode::UNSUPPORTED_MEDIA_TYPE | StatusCode::UNPROCESSABLE_ENTITY => {
            Some(Refusal::Unreadable)
        }
        _ => None,
    }
}

/// A redirection leads to where a proxy shows us.
fn rooted(app: &App, mut response: Response) -> Response {
    let root = crate::ui::frame::root(app.config.public_url.as_deref());
    if root.is_empty() {
        return response;
    }
    let to = response.headers().get(header::LOCATION);
    let to = to
        .and_then(|to| to.to_str().ok())
        .filter(|to| to.starts_with('/'));
    if let Some(to) = to.map(|to| format!("{root}{to}"))
        && let Ok(to) = HeaderValue::from_str(&to)
    {
        response.headers_mut().insert(header::LOCATION, to);
    }
    response
}
