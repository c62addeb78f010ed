//! Where the question of a letter is answered: `/join/confirm/{token}`. Looking changes nothing, for programs look as
//! well: only a button does.

use askama::Template;
use axum::{
    Router,
    extract::{Path, Request, State, rejection::PathRejection},
    http::{HeaderMap, StatusCode, Uri},
    response::{IntoResponse, Response},
    routing::get,
};

use super::{
    form::Form,
    frame::Frame,
    guard,
    language::Language,
    notice::{Notice, shown},
};
use crate::{
    app::App,
    error::Error,
    services::letters::{
        compose::CONFIRM_PATH,
        confirm::{self, Answer, Reader},
    },
};

/// The routes of this page.
pub fn routes() -> Router<App> {
    Router::new().route("/join/confirm/{token}", get(show).post(answer))
}

/// What the page is at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// It asks.
    Asks,
    /// They agreed, now or before.
    Agreed,
    /// They refused.
    Refused,
}

#[derive(Template)]
#[template(path = "confirm.html")]
struct Page<'a> {
    frame: &'a Frame,
    stage: Stage,
    wording: &'a str,
    direction: &'static str,
    locale: &'a str,
    link: Option<String>,
}

type Token = Result<Path<String>, PathRejection>;

async fn show(State(app): State<App>, token: Token, uri: Uri, headers: HeaderMap) -> Response {
    match guest(&app, token, (&uri, &headers)).await {
        Ok((frame, reader)) => {
            count("shown");
            let stage = if reader.is_done {
                Stage::Agreed
            } else {
                Stage::Asks
            };
            page(&app, &frame, &reader, stage).await
        }
        Err(notice) => *notice,
    }
}

async fn answer(State(app): State<App>, token: Token, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let (frame, reader) = match guest(&app, token, (&parts.uri, &parts.headers)).await {
        Ok(found) => found,
        Err(notice) => return *notice,
    };
    if guard::is_foreign(&parts.headers, app.public_url()) {
        count("foreign");
        return Notice::Foreign.page(&frame);
    }
    let form = match Form::read(body).await {
        Ok(form) => form,
        Err(status) => return status.into_response(),
    };
    let (answer, stage) = match form.get("answer") {
        Some("yes") => (Answer::Yes, Stage::Agreed),
        Some("no") => (Answer::No, Stage::Refused),
        Some(_) | None => return page(&app, &frame, &reader, Stage::Asks).await,
    };
    match decide(&app, &reader, answer).await {
        Ok(()) => page(&app, &frame, &reader, stage).await,
        Err(error) => Notice::of(&error).page(&frame),
    }
}

async fn decide(app: &App, reader: &Reader, answer: Answer) -> Result<(), Error> {
    // A browser that goes away must not stop what has begun.
    let (app, reader) = (App::clone(app), reader.clone());
    let task = tokio::spawn(async move { confirm::decide(&app, &reader, answer).await });
    let made = task.await.map_err(Error::internal)??;
    count(match (made, answer) {
        (0, _) => "repeated",
        (_, Answer::Yes) => "agreed",
        (_, Answer::No) => "refused",
    });
    Ok(())
}

async fn page(app: &App, frame: &Frame, reader: &Reader, stage: Stage) -> Response {
    let link = match stage {
        Stage::Asks => None,
        Stage::Agreed | Stage::Refused => confirm::own_page(app, reader).await.unwrap_or(None),
    };
    shown(
        StatusCode::OK,
        &Page {
            frame,
            stage,
            wording: &reader.wording.text,
            locale: &reader.wording.locale,
            // The first letter may be of a name in another script.
            direction: Language::read(&reader.wording.locale).map_or("auto", Language::direction),
            link,
        },
    )
}

/// Whoever came, in the language of the letter unless they ask for another; or the page that says that there is
/// nothing: the same for a token that never was, that was changed, and that is too old.
async fn guest(
    app: &App,
    token: Token,
    (uri, headers): (&Uri, &HeaderMap),
) -> Result<(Frame, Reader), Box<Response>> {
    let query = Form::of(uri.query().unwrap_or_default().as_bytes());
    let token = token.map(|Path(token)| token).unwrap_or_default();
    match confirm::reader(app, &token).await {
        Ok(Some(reader)) => {
            let asked = query.get("lang").unwrap_or(&reader.letter.language);
            let path = format!("{CONFIRM_PATH}{token}");
            let frame = Frame::of(app, &path, Some(asked), headers).await;
            Ok((frame, reader))
        }
        Ok(None) => {
            count("unknown");
            let frame = Frame::of(app, "", query.get("lang"), headers).await;
            // It does not say under which address it was asked for.
            let frame = Frame {
                path: String::new(),
                ..frame
            };
            Err(Box::new(Notice::Gone.page(&frame)))
        }
        Err(error) => {
            let frame = Frame::of(app, "", query.get("lang"), headers).await;
            Err(Box::new(Notice::of(&error).page(&frame)))
        }
    }
}

fn count(outcome: &'static str) {
    metrics::counter!("consentry_confirm_page_total", "outcome" => outcome).increment(1);
}
