//! API keys: who may call us with which power, made here and shown once, and revoked.

use askama::Template;
use axum::{
    Router,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use store::house::KeyLine;
use uuid::Uuid;

use super::{Desk, fault, posted::Posted, refusal::Refusal};
use crate::{
    app::App,
    services::{
        keys::{self, NewKey, Role},
        staff::Power,
    },
    ui::notice::shown,
};

const HERE: &str = "/settings/keys";

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route(HERE, get(show).post(create))
        .route("/settings/keys/{id}/revoke", post(revoke))
}

#[derive(Template)]
#[template(path = "desk/keys.html")]
struct Page {
    desk: Desk,
    keys: Vec<KeyLine>,
    roles: [&'static str; 3],
    name: String,
    role: String,
    made: Option<NewKey>,
    base: String,
    fault: Option<String>,
}

impl Page {
    async fn of(app: &App, desk: Desk) -> Result<Self, Refusal> {
        let mut keys = keys::list(app).await?;
        // Those that count stand first.
        keys.sort_by_key(|key| (key.revoked.is_some(), key.created));
        Ok(Self {
            keys,
            desk,
            roles: Role::ALL.map(Role::word),
            name: String::new(),
            role: Role::App.word().to_owned(),
            made: None,
            base: app.public_url().map_or_else(String::new, str::to_owned),
            fault: None,
        })
    }

    fn role(&self, word: &str) -> String {
        self.desk.say(&format!("keys-role-{word}"))
    }

    fn role_note(&self, word: &str) -> String {
        self.desk.say(&format!("keys-note-{word}"))
    }
}

async fn show(State(app): State<App>, desk: Desk) -> Result<Response, Refusal> {
    desk.need(Power::Manage)?;
    Ok(shown(StatusCode::OK, &Page::of(&app, desk).await?))
}

/// The answer itself shows the key: it stands in no address, and no other page can show it again.
async fn create(State(app): State<App>, posted: Posted) -> Result<Response, Refusal> {
    let Posted { desk, form } = posted;
    desk.need(Power::Manage)?;
    let text = |name: &str| form.get(name).unwrap_or_default().trim().to_owned();
    let (name, role) = (text("name"), text("role"));
    let made = match Role::read(&role) {
        Some(role) => match keys::create(&app, &name, role, desk.actor()).await {
            Ok(made) => Ok(made),
            Err(error) => Err(fault::of(&desk, error)?),
        },
        None => Err(desk.say("keys-role-wanted")),
    };
    let mut page = Page::of(&app, desk).await?;
    match made {
        Ok(made) => {
            page.made = Some(made);
            Ok(shown(StatusCode::OK, &page))
        }
        Err(fault) => {
            page.fault = Some(fault);
            (page.name, page.role) = (name, role);
            Ok(shown(StatusCode::UNPROCESSABLE_ENTITY, &page))
        }
    }
}

async fn revoke(
    State(app): State<App>,
    Path(id): Path<Uuid>,
    posted: Posted,
) -> Result<Response, Refusal> {
    posted.desk.need(Power::Manage)?;
    keys::revoke(&app, id, posted.desk.actor()).await?;
    Ok(Redirect::to(HERE).into_response())
}
