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
    config::SecondFactor,
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
    is_required: bool,
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
    is_required: bool,
    fault: Option<String>,
}

impl Page {
    fn of(app: &App, desk: Desk) -> Self {
        let zones = jiff::tz::db().available();
        Self {
            language: desk.member.language.clone().unwrap_or_default(),
            zone: desk.member.zone.clone().unwrap_or_default(),
            zones: zones.map(|name| name.to_string()).collect(),
            chars_min: password::CHARS_MIN,
            hint: desk.count("password-hint", password::CHARS_MIN),
            desk,
            is_required: is_required(app),
            fault: None,
        }
    }

    fn fault_in(&self, form: &str) -> Option<&str> {
        let fault = self.fault.as_ref().filter(|fault| fault.form == form);
        fault.map(|fault| fault.message.as_str())
    }
}

async fn show(State(app): State<App>, desk: Desk) -> Response {
    shown(StatusCode::OK, &Page::of(&app, desk))
}

fn is_required(app: &App) -> bool {
    app.config.staff.second_factor == SecondFactor::Required
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
        Err(error) => again(&app, desk, "profile", error),
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
        return Ok(refused(&app, desk, "password", message));
    }
    match own::set_password(&app, desk.member.id, text("old"), text("new")).await {
        Ok(token) => Ok(came_in(&headers, &token, HERE)),
        Err(error) => again(&app, desk, "password", error),
    }
}

async fn begin(State(app): State<App>, desk: Desk) -> Result<Response, Refusal> {
    let proposal = factor::propose(&app, &desk.member.email)?;
    Ok(factor_page(&app, desk, proposal, None))
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
            let message = desk.objection(&message);
            Ok(factor_page(&app, desk, proposal, Some(message)))
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
        Err(error) => again(&app, desk, "factor", error),
    }
}

fn factor_page(app: &App, desk: Desk, proposal: Proposal, fault: Option<String>) -> Response {
    let status = match fault {
        Some(_) => StatusCode::UNPROCESSABLE_ENTITY,
        None => StatusCode::OK,
    };
    // Where the words are too long for a code, the secret can be typed.
    let qr = Qr::of(&proposal.url).ok().map(|qr| qr.svg());
    let page = FactorPage {
        desk,
        proposal,
        qr,
        is_required: is_required(app),
        fault,
    };
    shown(status, &page)
}

/// The page once more, with what was wrong at the form that it was wrong in.
fn again(app: &App, desk: Desk, form: &'static str, error: Error) -> Result<Response, Refusal> {
    let Error::Invalid { message, .. } = error else {
        return Err(error.into());
    };
    let message = desk.objection(&message);
    Ok(refused(app, desk, form, message))
}

fn refused(app: &App, desk: Desk, form: &'static str, message: String) -> Response {
    let mut page = Page::of(app, desk);
    page.fault = Some(Fault { form, message });
    shown(StatusCode::UNPROCESSABLE_ENTITY, &page)
}
