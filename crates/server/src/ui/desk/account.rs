//! A member's own page: name, language, time zone, password, authenticator.

use askama::Template;
use axum::{
    Router,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};

use super::{Desk, door::came_in, posted::Posted, refusal::Refusal};
use crate::{
    app::App,
    error::Error,
    services::staff::{
        factor::{self, Proposal},
        own::{self, Profile},
        password,
    },
    ui::{notice::shown, qr::Qr},
};

const HERE: &str = "/account";

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route(HERE, get(show).post(save))
        .route("/account/password", post(change_password))
        .route("/account/authenticator", get(begin).post(add))
        .route("/account/authenticator/remove", post(remove))
}

#[derive(Template)]
#[template(path = "desk/account.html")]
struct Page {
    desk: Desk,
    language: String,
    zone: String,
    zones: Vec<String>,
    chars_min: usize,
    hint: String,
    fault: Option<Fault>,
}

/// What was wrong, and in which of the forms.
struct Fault {
    form: &'static str,
    message: String,
}

#[derive(Template)]
#[template(path = "desk/factor.html")]
struct FactorPage {
    desk: Desk,
    proposal: Proposal,
    qr: Option<String>,
    fault: Option<String>,
}

impl Page {
    fn of(desk: Desk) -> Self {
        let zones = jiff::tz::db().available();
        Self {
            language: desk.member.language.clone().unwrap_or_default(),
            zone: desk.member.zone.clone().unwrap_or_default(),
            zones: zones.map(|name| name.to_string()).collect(),
            chars_min: password::CHARS_MIN,
            hint: desk.count("password-hint", password::CHARS_MIN),
            desk,
            fault: None,
        }
    }

    fn fault_in(&self, form: &str) -> Option<&str> {
        let fault = self.fault.as_ref().filter(|fault| fault.form == form);
        fault.map(|fault| fault.message.as_str())
    }
}

async fn show(desk: Desk) -> Response {
    shown(StatusCode::OK, &Page::of(desk))
}

async fn save(State(app): State<App>, posted: Posted) -> Result<Response, Refusal> {
    let Posted { desk, form } = posted;
    let text = |name: &str| form.get(name).unwrap_or_default();
    let profile = Profile {
        name: text("name"),
        language: text("language"),
        zone: text("zone"),
    };
    match own::set_profile(&app, desk.member.id, profile).await {
        Ok(()) => Ok(Redirect::to(HERE).into_response()),
        Err(error) => again(desk, "profile", error),
    }
}

async fn change_password(
    State(app): State<App>,
    headers: HeaderMap,
    posted: Posted,
) -> Result<Response, Refusal> {
    let Posted { desk, form } = posted;
    let text = |name: &str| form.get(name).unwrap_or_default();
    if text("new") != text("again") {
        let message = desk.say("password-differs");
        return again(desk, "password", Error::field("again", message));
    }
    match own::set_password(&app, desk.member.id, text("old"), text("new")).await {
        Ok(token) => Ok(came_in(&headers, &token, HERE)),
        Err(error) => again(desk, "password", error),
    }
}

async fn begin(State(app): State<App>, desk: Desk) -> Result<Response, Refusal> {
    let proposal = factor::propose(&app, &desk.member.email)?;
    Ok(factor_page(StatusCode::OK, desk, proposal, None))
}

async fn add(
    State(app): State<App>,
    headers: HeaderMap,
    posted: Posted,
) -> Result<Response, Refusal> {
    let Posted { desk, form } = posted;
    let text = |name: &str| form.get(name).unwrap_or_default();
    let given = (text("old"), text("secret"));
    match own::set_factor(&app, desk.member.id, given, text("code")).await {
        Ok(token) => Ok(came_in(&headers, &token, HERE)),
        Err(Error::Invalid { message, .. }) => {
            let proposal = factor::proposed(&app, text("secret"), &desk.member.email)?;
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            Ok(factor_page(status, desk, proposal, Some(message)))
        }
        Err(error) => Err(error.into()),
    }
}

async fn remove(
    State(app): State<App>,
    headers: HeaderMap,
    posted: Posted,
) -> Result<Response, Refusal> {
    let Posted { desk, form } = posted;
    let old = form.get("old").unwrap_or_default();
    match own::drop_factor(&app, desk.member.id, old).await {
        Ok(token) => Ok(came_in(&headers, &token, HERE)),
        Err(error) => again(desk, "factor", error),
    }
}

fn factor_page(
    status: StatusCode,
    desk: Desk,
    proposal: Proposal,
    fault: Option<String>,
) -> Response {
    // Where the words are too long for a code, the secret can be typed.
    let qr = Qr::of(&proposal.url).ok().map(|qr| qr.svg());
    let page = FactorPage {
        desk,
        proposal,
        qr,
        fault,
    };
    shown(status, &page)
}

/// The page once more, with what was wrong at the form that it was wrong in.
fn again(desk: Desk, form: &'static str, error: Error) -> Result<Response, Refusal> {
    let Error::Invalid { message, .. } = error else {
        return Err(error.into());
    };
    let mut page = Page::of(desk);
    page.fault = Some(Fault { form, message });
    Ok(shown(StatusCode::UNPROCESSABLE_ENTITY, &page))
}
