//! Who works with the dashboard: invited, given a role, sent a new link, removed.

use askama::Template;
use axum::{
    Router,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use uuid::Uuid;

use super::{Desk, fault, posted::Posted, refusal::Refusal};
use crate::{
    app::App,
    services::staff::{
        Power, Role,
        members::{self, Invited, UserAnswer, UserBody, UserChange},
    },
    ui::notice::shown,
};

const HERE: &str = "/settings/users";

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route(HERE, get(show).post(invite))
        .route("/settings/users/{id}/role", post(set_role))
        .route("/settings/users/{id}/reset", post(reset))
        .route("/settings/users/{id}/remove", post(remove))
}

#[derive(Template)]
#[template(path = "desk/users.html")]
struct Page {
    desk: Desk,
    users: Vec<UserAnswer>,
    roles: [&'static str; 5],
    typed: UserBody,
    invited: Option<Invited>,
    fault: Option<String>,
}

impl Page {
    async fn of(app: &App, desk: Desk) -> Result<Self, Refusal> {
        Ok(Self {
            users: members::list(app).await?,
            desk,
            roles: Role::ALL.map(Role::word),
            typed: UserBody {
                email: String::new(),
                name: String::new(),
                role: Role::Agent.word().to_owned(),
            },
            invited: None,
            fault: None,
        })
    }

    fn role(&self, word: &str) -> String {
        self.desk.say(&format!("role-{word}"))
    }

    fn role_note(&self, word: &str) -> String {
        self.desk.say(&format!("role-{word}-note"))
    }

    fn state(&self, user: &UserAnswer) -> String {
        self.desk.say(&format!("users-{}", user.state))
    }
}

async fn show(State(app): State<App>, desk: Desk) -> Result<Response, Refusal> {
    desk.need(Power::Manage)?;
    Ok(shown(StatusCode::OK, &Page::of(&app, desk).await?))
}

async fn invite(State(app): State<App>, posted: Posted) -> Result<Response, Refusal> {
    let Posted { desk, form } = posted;
    desk.need(Power::Manage)?;
    let text = |name: &str| form.get(name).unwrap_or_default().to_owned();
    let body = UserBody {
        email: text("email"),
        name: text("name"),
        role: text("role"),
    };
    match members::create(&app, &body, desk.actor()).await {
        Ok(invited) => with_link(&app, desk, invited).await,
        Err(error) => {
            let fault = fault::of(&desk, error)?;
            let mut page = Page::of(&app, desk).await?;
            page.typed = body;
            page.fault = Some(fault);
            Ok(shown(StatusCode::UNPROCESSABLE_ENTITY, &page))
        }
    }
}

async fn set_role(
    State(app): State<App>,
    Path(id): Path<Uuid>,
    posted: Posted,
) -> Result<Response, Refusal> {
    let Posted { desk, form } = posted;
    desk.need(Power::Manage)?;
    let change = UserChange {
        role: form.get("role").map(str::to_owned),
        ..UserChange::default()
    };
    members::change(&app, id, &change, desk.actor()).await?;
    Ok(Redirect::to(HERE).into_response())
}

async fn reset(
    State(app): State<App>,
    Path(id): Path<Uuid>,
    posted: Posted,
) -> Result<Response, Refusal> {
    posted.desk.need(Power::Manage)?;
    let invited = members::reset(&app, id, posted.desk.actor()).await?;
    with_link(&app, posted.desk, invited).await
}

async fn remove(
    State(app): State<App>,
    Path(id): Path<Uuid>,
    posted: Posted,
) -> Result<Response, Refusal> {
    posted.desk.need(Power::Manage)?;
    members::remove(&app, id, posted.desk.actor()).await?;
    Ok(Redirect::to(HERE).into_response())
}

/// The page with a link that is shown once: it is kept nowhere.
async fn with_link(app: &App, desk: Desk, invited: Invited) -> Result<Response, Refusal> {
    let mut page = Page::of(app, desk).await?;
    page.invited = Some(invited);
    Ok(shown(StatusCode::OK, &page))
}
