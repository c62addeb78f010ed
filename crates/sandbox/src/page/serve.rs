//! Handlers of the page: whole, in parts, live, and its forms.

use std::{collections::HashMap, convert::Infallible, sync::Arc, time::Duration};

use askama::Template;
use axum::{
    Form, Json,
    extract::{Multipart, Path, Query, State, multipart::MultipartError},
    http::{HeaderMap, StatusCode, header},
    response::{
        Html, IntoResponse, Redirect, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures::stream::{self, Stream, StreamExt};
use serde_json::{Map, Value, json};
use tokio::sync::broadcast::error::RecvError;

use crate::{
    app::App,
    camera,
    control::refuse,
    json,
    page::{
        door,
        panel::Notice,
        send::{self, Wish},
        view,
    },
    refusal::Refusal,
};

const CSS: &str = include_str!("app.css");
const JS: &str = include_str!("app.js");
const KEEP_ALIVE_S: u64 = 15;

pub async fn phones(
    State(app): State<Arc<App>>,
    Query(query): Query<HashMap<String, String>>,
    headers: HeaderMap,
) -> Response {
    if let Some(token) = query.get("token") {
        return door::enter(&app, token, &headers);
    }
    if !door::has_session(&app, &headers) {
        return door::closed();
    }
    let page = view::page(&app.world());
    render(&page)
}

pub async fn chat(State(app): State<Arc<App>>, Path(id): Path<String>) -> Response {
    let part = view::chat(&app.world(), &id);
    part.map_or_else(
        || StatusCode::NOT_FOUND.into_response(),
        |part| render(&part),
    )
}

pub async fn panel(State(app): State<Arc<App>>) -> Response {
    let panel = view::panel(&app.world());
    render(&view::AttemptsPart { panel })
}

fn render(page: &impl Template) -> Response {
    match page.render() {
        Ok(html) => Html(html).into_response(),
        Err(error) => refuse(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()),
    }
}

/// `chat` with a customer's id, or `panel`; who fell behind is told to read everything again.
pub async fn events(
    State(app): State<Arc<App>>,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let pulses = app.world().live.subscribe();
    let stream = stream::unfold(
        (pulses, app.gone.clone()),
        |(mut pulses, mut gone)| async move {
            let next = tokio::select! {
                next = pulses.recv() => next,
                _ = gone.changed() => return None,
            };
            let event = match next {
                Ok(pulse) => match pulse.customer {
                    Some(id) => Event::default().event("chat").data(id),
                    None => Event::default().event("panel").data("changed"),
                },
                Err(RecvError::Lagged(_)) => Event::default().event("all").data("changed"),
                Err(RecvError::Closed) => return None,
            };
            Some((Ok(event), (pulses, gone)))
        },
    );
    // The answer's head leaves with the first event, so that the page knows at once that it is live.
    let ready = stream::once(async { Ok(Event::default().event("ready").data("live")) });
    Sse::new(ready.chain(stream))
        .keep_alive(KeepAlive::new().interval(Duration::from_secs(KEEP_ALIVE_S)))
}

pub async fn act(
    State(app): State<Arc<App>>,
    Path((id, action)): Path<(String, String)>,
    headers: HeaderMap,
    Form(form): Form<HashMap<String, String>>,
) -> Response {
    let args: Map<String, Value> = form
        .into_iter()
        .map(|(key, value)| (key, Value::String(value)))
        .collect();
    let done = app.world().act(&id, &action, &Value::Object(args));
    finish(&app, &headers, told(done), &phone(&id))
}

/// The picture of a code: a form with a file in it.
pub async fn scan(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    headers: HeaderMap,
    form: Multipart,
) -> Response {
    let done = match picture(form).await {
        Ok(png) => camera::read(png).await,
        Err(refusal) => Err(refusal),
    };
    let done = done.and_then(|code| app.world().act(&id, "scan", &json!({"code": code})));
    finish(&app, &headers, told(done), &phone(&id))
}

async fn picture(mut form: Multipart) -> Result<Vec<u8>, Refusal> {
    let broken = |error: MultipartError| Refusal::Wrong(error.body_text());
    while let Some(part) = form.next_field().await.map_err(broken)? {
        if part.name() == Some("picture") {
            let bytes = part.bytes().await.map_err(broken)?;
            return Some(Vec::from(bytes))
                .filter(|bytes| !bytes.is_empty())
                .ok_or_else(|| Refusal::Wrong("Choose a picture first.".to_owned()));
        }
    }
    Err(Refusal::Wrong("Choose a picture first.".to_owned()))
}

fn phone(id: &str) -> String {
    format!("/phones#phone-{id}")
}

/// What the page makes of an answer: nothing, or where a scanned code leads.
fn told(done: Result<Value, Refusal>) -> Result<Option<String>, String> {
    match done {
        Ok(answer) => Ok(json::text(&answer, "opened").map(str::to_owned)),
        Err(Refusal::Unknown(why) | Refusal::Wrong(why) | Refusal::Conflict(why)) => Err(why),
    }
}

pub async fn send(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    Form(wish): Form<Wish>,
) -> Response {
    let done = send::send(&app, &wish).await.map(|()| None);
    finish(&app, &headers, done, "/phones#business")
}

/// A script gets a status; a plain form goes back to the page, which shows what was wrong.
fn finish(
    app: &App,
    headers: &HeaderMap,
    done: Result<Option<String>, String>,
    back: &str,
) -> Response {
    let scripted = headers
        .get(header::ACCEPT)
        .is_some_and(|accept| accept == "application/json");
    if scripted {
        app.world().panel.notice = None;
        return match done {
            Ok(None) => StatusCode::NO_CONTENT.into_response(),
            Ok(Some(page)) => Json(json!({"opened": page})).into_response(),
            Err(why) => refuse(StatusCode::CONFLICT, why),
        };
    }
    app.world().panel.notice = match done {
        Ok(page) => page.map(Notice::Opened),
        Err(why) => Some(Notice::Refused(why)),
    };
    Redirect::to(back).into_response()
}

pub async fn css() -> Response {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], CSS).into_response()
}

pub async fn js() -> Response {
    (
        [(header::CONTENT_TYPE, "text/javascript; charset=utf-8")],
        JS,
    )
        .into_response()
}
