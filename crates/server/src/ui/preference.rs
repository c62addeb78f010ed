//! The page of a person: `/p/{token}`. Looking changes nothing, whoever looks. A form may refuse; it may agree only for
//! somebody who showed a code that was sent in the chat.

mod chat;
mod form;
mod receipt;
mod rows;

use askama::Template;
use axum::{
    Router,
    body::Body,
    extract::{Path, Request, State, rejection::PathRejection},
    http::{HeaderMap, HeaderValue, StatusCode, Uri, header},
    response::{IntoResponse, Response},
    routing::{any, get},
};

use consent::{event::source, scope::Channel};

use self::{
    chat::{CodeBox, Opened},
    rows::{Group, View},
};
use super::{
    form::Form,
    frame::Frame,
    guard,
    notice::{Notice, shown},
};
use crate::{
    app::App,
    error::Error,
    services::preferences::{self, Decision, Visitor, choice::Choice, code, sheet},
};

/// Which version of the page's words somebody saw: counted up when they change.
const PAGE: &str = "preference-page-1";

/// The routes of this page.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/p/{token}", get(show).post(change))
        .route("/p/{token}/unsubscribe", get(lead_back).post(one_click))
        .merge(chat::routes())
        .merge(receipt::routes())
        .route("/p", any(nothing))
        .route("/p/", any(nothing))
        .route("/p/{token}/", any(nothing))
        .route("/p/{token}/{*rest}", any(nothing))
}

#[derive(Template)]
#[template(path = "preference.html")]
struct Page<'a> {
    frame: &'a Frame,
    is_saved: bool,
    is_silent: bool,
    pause: Option<String>,
    groups: Vec<Group>,
    has_live: bool,
    meta_off: Option<String>,
    code: CodeBox,
    open: Option<Opened>,
}

#[derive(Template)]
#[template(path = "late.html")]
struct LatePage<'a> {
    frame: &'a Frame,
    is_done: bool,
}

/// Somebody who came by a link that is good.
struct Guest {
    frame: Frame,
    visitor: Visitor,
    token: String,
}

/// What a page says besides the wishes.
#[derive(Default)]
struct Said {
    is_saved: bool,
    /// What became of a code.
    code: CodeBox,
    /// What shows that it is the person, where they showed it.
    proof: Option<String>,
}

type Token = Result<Path<String>, PathRejection>;

async fn show(State(app): State<App>, token: Token, uri: Uri, headers: HeaderMap) -> Response {
    let (guest, query) = match guest(&app, token, &uri, &headers).await {
        Ok(found) => found,
        Err(notice) => return *notice,
    };
    if guest.visitor.is_late {
        count("late");
        return late(&guest.frame, false);
    }
    count("shown");
    let is_saved = query.get("saved").is_some();
    let said = Said {
        is_saved,
        ..Said::default()
    };
    page(&app, &guest, said)
        .await
        .unwrap_or_else(|error| Notice::of(&error).page(&guest.frame))
}

/// An old mail program opens the address of the one-click button like any other.
async fn lead_back(State(app): State<App>, token: Token, uri: Uri, headers: HeaderMap) -> Response {
    match guest(&app, token, &uri, &headers).await {
        Ok((guest, _)) => see_other(&guest.frame.path),
        Err(notice) => *notice,
    }
}

async fn change(State(app): State<App>, token: Token, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let (guest, _) = match guest(&app, token, &parts.uri, &parts.headers).await {
        Ok(found) => found,
        Err(notice) => return *notice,
    };
    if guard::is_foreign(&parts.headers, app.public_url()) {
        count("foreign");
        return Notice::Foreign.page(&guest.frame);
    }
    let form = match Form::read(body).await {
        Ok(form) => form,
        Err(status) => return status.into_response(),
    };
    changed(&app, &guest, &form)
        .await
        .unwrap_or_else(|error| Notice::of(&error).page(&guest.frame))
}

async fn changed(app: &App, guest: &Guest, form: &Form) -> Result<Response, Error> {
    let topics = app.store.topics().await?;
    let stopped = form.get("stop").and_then(|key| Choice::read(key, &topics));
    let (rule, refused) = match stopped {
        Some(choice) => ("stop_button", vec![choice]),
        None => ("switch", form.switched_off(&topics)),
    };
    let wished = form.switched_on(&topics);
    let proof = form.get("proof").filter(|_| !guest.visitor.is_late);
    let is_proven = proof.is_some_and(|proof| code::is_proven(app, &guest.token, proof));
    let agreed = if is_proven { &*wished } else { &[] };
    decide(app, guest, Heard::here(rule), (&refused, agreed)).await?;
    let frame = &guest.frame;
    if guest.visitor.is_late {
        return Ok(late(frame, !refused.is_empty()));
    }
    let is_saved = !refused.is_empty() || !agreed.is_empty();
    match proof {
        // A proof has no place in an address, so the page is the answer itself.
        Some(proof) => {
            let said = Said {
                is_saved,
                code: CodeBox::late(&frame.voice, !is_proven),
                proof: is_proven.then(|| proof.to_owned()),
            };
            page(app, &again(app, guest).await?, said).await
        }
        None => {
            let language = frame.voice.language.tag();
            let saved = if is_saved { "&saved=1" } else { "" };
            Ok(see_other(&format!("{}?lang={language}{saved}", frame.path)))
        }
    }
}

/// RFC 8058: a mail program posts this for its user. It has no cookies, no origin, and reads no page.
async fn one_click(State(app): State<App>, token: Token, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let (guest, _) = match guest(&app, token, &parts.uri, &parts.headers).await {
        Ok(found) => found,
        Err(notice) => return *notice,
    };
    match form::is_one_click(&parts.headers, body).await {
        Ok(true) => {}
        Ok(false) => {
            let said = "want a form with List-Unsubscribe=One-Click\n";
            return (StatusCode::BAD_REQUEST, said).into_response();
        }
        Err(status) => return status.into_response(),
    }
    match unsubscribe(&app, &guest).await {
        Ok(()) => (StatusCode::OK, "unsubscribed\n").into_response(),
        Err(error) => Notice::of(&error).page(&guest.frame),
    }
}

/// What a plain STOP covers, the button of a mail program covers; and as far as policy lets a refusal of one channel
/// reach, where the link was given to an e-mail address.
async fn unsubscribe(app: &App, guest: &Guest) -> Result<(), Error> {
    let policy = crate::services::policy::current(app).await?;
    let choice = policy
        .stop_covers
        .category()
        .map_or(Choice::All, Choice::Category);
    let by_email = guest.visitor.channel == Channel::Email;
    let heard = Heard {
        rule: "one_click",
        channel: by_email
            .then(|| policy.refusal_spreads.channel(Channel::Email))
            .flatten(),
        source: if by_email {
            source::EMAIL
        } else {
            source::PREFERENCE_PAGE
        },
    };
    decide(app, guest, heard, (&[choice], &[])).await
}

/// How something was said.
#[derive(Clone, Copy)]
struct Heard {
    /// `switch`, `stop_button` or `one_click`.
    rule: &'static str,
    /// The one channel that it is about; none for what the choices name themselves.
    channel: Option<Channel>,
    /// The page, or an e-mail.
    source: &'static str,
}

impl Heard {
    /// Said on the page itself.
    const fn here(rule: &'static str) -> Self {
        Self {
            rule,
            channel: None,
            source: source::PREFERENCE_PAGE,
        }
    }
}

async fn decide(
    app: &App,
    guest: &Guest,
    heard: Heard,
    (refused, agreed): (&[Choice], &[Choice]),
) -> Result<(), Error> {
    if refused.is_empty() && agreed.is_empty() {
        return Ok(());
    }
    let voice = &guest.frame.voice;
    let labels = rows::labels(app, voice.language.tag()).await?;
    let worded = |choices: &[Choice], state| {
        let worded = choices.iter().map(|choice| {
            let wording = rows::wording(voice, *choice, (heard.rule, state), &labels);
            (*choice, wording)
        });
        worded.collect()
    };
    let decision = Decision {
        refused: worded(refused, "off"),
        agreed: worded(agreed, "on"),
        rule: heard.rule,
        channel: heard.channel,
        source: heard.source,
        locale: voice.language.tag(),
        page: PAGE,
    };
    // A browser that goes away must not stop what has begun.
    let (app, contact) = (App::clone(app), guest.visitor.line.person.id);
    let task = tokio::spawn(async move { preferences::decide(&app, contact, &decision).await });
    let made = task.await.map_err(Error::internal)??;
    count(match (made, agreed.is_empty()) {
        (0, _) => "repeated",
        (_, true) => "refused",
        (_, false) => "decided",
    });
    Ok(())
}

/// The same guest, with what holds now.
async fn again(app: &App, guest: &Guest) -> Result<Guest, Error> {
    let found = preferences::visitor(app, &guest.token).await?;
    let frame = Frame::clone(&guest.frame);
    Ok(Guest {
        frame,
        visitor: found.ok_or(Error::NotFound("contact"))?,
        token: guest.token.clone(),
    })
}

async fn page(app: &App, guest: &Guest, said: Said) -> Result<Response, Error> {
    let frame = &guest.frame;
    let voice = &frame.voice;
    let line = &guest.visitor.line;
    let sheet = sheet::read(app, line, voice.language.tag()).await?;
    let open = match said.proof {
        Some(proof) => Some(chat::opened(app, line, voice, proof).await?),
        None => None,
    };
    let View { groups, has_live } = rows::view(voice, &sheet, open.is_some());
    let date = |at| voice.date(at);
    let pause = sheet.pause.map(|until| match until {
        None => voice.say("paused"),
        Some(until) => voice.say_with("paused-until", &[("date", &date(until))]),
    });
    let meta_off = sheet
        .platform_stop
        .map(|at| voice.say_with("meta-off", &[("date", &date(at))]));
    Ok(shown(
        StatusCode::OK,
        &Page {
            frame,
            is_saved: said.is_saved,
            is_silent: sheet.is_silent,
            pause: pause.filter(|_| !sheet.is_silent),
            groups,
            has_live,
            meta_off,
            code: said.code.settled(sheet.window_is_open),
            open,
        },
    ))
}

fn late(frame: &Frame, is_done: bool) -> Response {
    shown(StatusCode::OK, &LatePage { frame, is_done })
}

/// Whoever came, or the page that says that there is nothing: the same for a token that never was, that was
/// tampered with, and whose alias is gone.
async fn guest(
    app: &App,
    token: Token,
    uri: &Uri,
    headers: &HeaderMap,
) -> Result<(Guest, Form), Box<Response>> {
    let query = Form::of(uri.query().unwrap_or_default().as_bytes());
    let token = token.map(|Path(token)| token).unwrap_or_default();
    let found = preferences::visitor(app, &token).await;
    let path = match &found {
        Ok(Some(_)) => format!("/p/{token}"),
        Ok(None) | Err(_) => String::new(),
    };
    let frame = Frame::of(app, &path, query.get("lang"), headers).await;
    match found {
        Ok(Some(visitor)) => Ok((
            Guest {
                frame,
                visitor,
                token,
            },
            query,
        )),
        Ok(None) => {
            count("unknown");
            Err(Box::new(gone(frame)))
        }
        Err(error) => Err(Box::new(Notice::of(&error).page(&frame))),
    }
}

async fn nothing(State(app): State<App>, uri: Uri, headers: HeaderMap, _: Body) -> Response {
    let query = Form::of(uri.query().unwrap_or_default().as_bytes());
    gone(Frame::of(&app, "", query.get("lang"), &headers).await)
}

/// A page that does not say under which address it was asked for.
fn gone(frame: Frame) -> Response {
    let frame = Frame {
        path: String::new(),
        ..frame
    };
    Notice::Gone.page(&frame)
}

fn see_other(path: &str) -> Response {
    match HeaderValue::from_str(path) {
        Ok(place) => (StatusCode::SEE_OTHER, [(header::LOCATION, place)]).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

fn count(outcome: &'static str) {
    metrics::counter!("consentry_preference_page_total", "outcome" => outcome).increment(1);
}
