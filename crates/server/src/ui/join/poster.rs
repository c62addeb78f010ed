//! The sheet to print and hang: what comes and how often, a code to scan, and what to do then.

use askama::Template;
use axum::{
    Router,
    body::Body,
    extract::{Path, State, rejection::PathRejection},
    http::{HeaderMap, StatusCode, Uri},
    response::Response,
    routing::{any, get},
};
use consent::policy::DoubleOptIn;

use super::{
    gone, nothing,
    sheet::{self, Sheet},
};
use crate::{
    app::App,
    error::Error,
    flows::words::Key,
    services::{
        flows::setting,
        forms::link::{self, Link},
        policy,
    },
    ui::{
        form::Form,
        frame::Frame,
        language::Language,
        notice::{Notice, shown},
        qr::Qr,
    },
};

/// The routes of posters, and of whatever else somebody may look for beside a form.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/join/{form}/{code}/sheet", get(show))
        .route("/join/{form}/{code}", any(nothing))
}

#[derive(Template)]
#[template(path = "poster.html")]
struct Page<'a> {
    frame: &'a Frame,
    sheet: &'a Sheet,
    code: &'a str,
    qr: String,
    last_step: String,
    consent: String,
}

async fn show(
    State(app): State<App>,
    names: Result<Path<(String, String)>, PathRejection>,
    uri: Uri,
    headers: HeaderMap,
    _: Body,
) -> Response {
    let (slug, code) = names.map(|Path(names)| names).unwrap_or_default();
    let query = Form::of(uri.query().unwrap_or_default().as_bytes());
    match poster(&app, &slug, &code).await {
        Ok(Some(poster)) => poster,
        Ok(None) => gone(&app, &query, &headers).await,
        Err(error) => {
            let frame = Frame::of(&app, "", query.get("lang"), &headers).await;
            Notice::of(&error).page(&frame)
        }
    }
}

async fn poster(app: &App, slug: &str, code: &str) -> Result<Option<Response>, Error> {
    let Some((
        form,
        Link {
            code,
            language,
            url,
        },
    )) = link::open(app, slug, code).await?
    else {
        return Ok(None);
    };
    let language = Language::read(&language).unwrap_or(Language::English);
    let sheet = sheet::read(app, &form, language).await?;
    let path = format!("/join/{slug}/{code}");
    let frame = Frame::speaking(app, &path, language).await;
    let voice = &frame.voice;
    let (last_step, consent) = match policy::current(app).await?.double_opt_in {
        DoubleOptIn::Always => {
            let flows = setting::current(app).await?;
            let number = form.body.number.as_deref().unwrap_or_default();
            let answer = flows.say(number, language.tag(), Key::Yes);
            (
                voice.say_with("poster-answer", &[("answer", &answer)]),
                voice.say("poster-by-answer"),
            )
        }
        DoubleOptIn::TypedAddresses | DoubleOptIn::Never => {
            (voice.say("poster-in"), voice.say("poster-by-message"))
        }
    };
    let page = Page {
        frame: &frame,
        sheet: &sheet,
        code: &code,
        qr: Qr::of(&url)?.svg(),
        last_step,
        consent,
    };
    Ok(Some(shown(StatusCode::OK, &page)))
}
