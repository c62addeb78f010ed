//! The page of the log: what a proof means, the newest checkpoint, the proof of one event, and of everything now.

use askama::Template;
use axum::{
    Router,
    extract::{RawQuery, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use consent::{id::EventId, time::Timestamp};
use uuid::Uuid;

use super::{Desk, posted::Posted, refusal::Refusal};
use crate::{
    app::App,
    proving::Phase,
    services::{proof, staff::Power, verification},
    ui::{download::saved, form::Form, notice::shown},
};

const HERE: &str = "/ledger";

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route(HERE, get(show))
        .route("/ledger/verify", post(verify))
        .route("/ledger/proof", get(download))
        .route("/ledger/checkpoint", get(checkpoint))
}

#[derive(Template)]
#[template(path = "desk/ledger.html")]
struct Page {
    desk: Desk,
    size: i64,
    signed: String,
    signed_machine: String,
    note: String,
    key: String,
    proved: Phase,
}

impl Page {
    fn when(&self, at: &Timestamp) -> String {
        self.desk.time(*at)
    }

    fn machine(&self, at: &Timestamp) -> String {
        self.desk.machine_time(*at)
    }
}

async fn show(State(app): State<App>, desk: Desk) -> Result<Response, Refusal> {
    let newest = proof::checkpoint(&app).await?;
    let page = Page {
        size: newest.size,
        signed: desk.time(newest.at),
        signed_machine: desk.machine_time(newest.at),
        note: newest.note,
        key: proof::key(&app),
        proved: app.proving.phase(),
        desk,
    };
    Ok(shown(StatusCode::OK, &page))
}

async fn verify(State(app): State<App>, posted: Posted) -> Result<Response, Refusal> {
    posted.desk.need(Power::Attest)?;
    verification::start(&app);
    Ok(Redirect::to(HERE).into_response())
}

/// The proof of an event as a file that anybody can check without us.
async fn download(
    State(app): State<App>,
    desk: Desk,
    RawQuery(query): RawQuery,
) -> Result<Response, Refusal> {
    let query = Form::of(query.unwrap_or_default().as_bytes());
    let asked = query.get("event").unwrap_or_default().trim();
    let event: Uuid = asked
        .parse()
        .map_err(|_| Refusal::Invalid(desk.say("ledger-no-id")))?;
    let text = proof::of_event(&app, EventId::new(event)).await?;
    Ok(file(&format!("proof-{event}.txt"), text))
}

async fn checkpoint(State(app): State<App>, _: Desk) -> Result<Response, Refusal> {
    let newest = proof::checkpoint(&app).await?;
    Ok(file(
        &format!("checkpoint-{}.txt", newest.size),
        newest.note,
    ))
}

fn file(name: &str, text: String) -> Response {
    saved("text/plain; charset=utf-8", name, text.into_bytes())
}
