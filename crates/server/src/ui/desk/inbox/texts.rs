//! The quick replies: written, changed and removed by those who use them.

use askama::Template;
use axum::{
    Router,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use uuid::Uuid;

use crate::{
    app::App,
    services::{
        quick_replies::{self, QuickReplyAnswer, QuickReplyBody},
        staff::Power,
    },
    ui::{
        desk::{Desk, fault, posted::Posted, refusal::Refusal},
        notice::shown,
    },
};

const HERE: &str = "/inbox/texts";

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route(HERE, get(show).post(create))
        .route("/inbox/texts/{id}", post(change))
        .route("/inbox/texts/{id}/remove", post(remove))
}

#[derive(Template)]
#[template(path = "desk/inbox_texts.html")]
struct Page {
    desk: Desk,
    texts: Vec<QuickReplyAnswer>,
    typed: QuickReplyBody,
    fault: Option<String>,
}

impl Page {
    async fn of(app: &App, desk: Desk) -> Result<Self, Refusal> {
        Ok(Self {
            texts: quick_replies::list(app).await?,
            typed: QuickReplyBody {
                title: String::new(),
                body: String::new(),
            },
            fault: None,
            desk,
        })
    }
}

async fn show(State(app): State<App>, desk: Desk) -> Result<Response, Refusal> {
    desk.need(Power::Talk)?;
    Ok(shown(StatusCode::OK, &Page::of(&app, desk).await?))
}

async fn create(State(app): State<App>, posted: Posted) -> Result<Response, Refusal> {
    put(&app, None, posted).await
}

async fn change(
    State(app): State<App>,
    Path(id): Path<Uuid>,
    posted: Posted,
) -> Result<Response, Refusal> {
    put(&app, Some(id), posted).await
}

async fn put(app: &App, id: Option<Uuid>, posted: Posted) -> Result<Response, Refusal> {
    let Posted { desk, form } = posted;
    desk.need(Power::Talk)?;
    let text = |name: &str| form.get(name).unwrap_or_default().replace("\r\n", "\n");
    let body = QuickReplyBody {
        title: text("title"),
        body: text("body"),
    };
    let done = match id {
        Some(id) => quick_replies::change(app, id, &body, desk.actor()).await,
        None => quick_replies::create(app, &body, desk.actor()).await,
    };
    match done {
        Ok(_) => Ok(Redirect::to(HERE).into_response()),
        Err(error) => {
            let fault = fault::of(&desk, error)?;
            let mut page = Page::of(app, desk).await?;
            page.fault = Some(fault);
            page.typed = body;
            Ok(shown(StatusCode::UNPROCESSABLE_ENTITY, &page))
        }
    }
}

async fn remove(
    State(app): State<App>,
    Path(id): Path<Uuid>,
    posted: Posted,
) -> Result<Response, Refusal> {
    posted.desk.need(Power::Talk)?;
    quick_replies::remove(&app, id, posted.desk.actor()).await?;
    Ok(Redirect::to(HERE).into_response())
}
