//! Quarantine: webhooks that could not be understood, what is wrong with them, and another try.

use askama::Template;
use axum::{
    Router,
    extract::{Path, RawQuery, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use store::inbox::QuarantineLine;
use uuid::Uuid;

use super::{Desk, fault, posted::Posted, refusal::Refusal};
use crate::{
    app::App,
    services::{ingest::PART_DONE, quarantine, staff::Power},
    ui::{form::Form, notice::shown},
};

const HERE: &str = "/quarantine";
/// How many stand on one page.
const PAGE: u32 = 50;
/// From how many digits on a run of them may be a telephone number.
const NUMBER_DIGITS_MIN: usize = 7;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route(HERE, get(list))
        .route("/quarantine/{id}", get(show))
        .route("/quarantine/{id}/retry", post(retry))
}

#[derive(Template)]
#[template(path = "desk/quarantine.html")]
struct ListPage {
    desk: Desk,
    lines: Vec<QuarantineLine>,
    next: Option<Uuid>,
    is_first: bool,
}

#[derive(Template)]
#[template(path = "desk/quarantined.html")]
struct Page {
    desk: Desk,
    line: QuarantineLine,
    text: String,
    is_tried: bool,
    fault: Option<String>,
}

impl ListPage {
    fn is_done(&self, line: &QuarantineLine) -> bool {
        line.state == PART_DONE
    }

    fn reason(&self, line: &QuarantineLine) -> String {
        hidden(&self.desk, &line.reason)
    }
}

impl Page {
    async fn of(app: &App, desk: Desk, id: Uuid) -> Result<Self, Refusal> {
        let part = quarantine::one(app, id).await?;
        let text = match serde_json::from_str::<serde_json::Value>(&part.text) {
            Ok(value) => serde_json::to_string_pretty(&value).unwrap_or(part.text),
            Err(_) => part.text,
        };
        Ok(Self {
            desk,
            line: part.line,
            text,
            is_tried: false,
            fault: None,
        })
    }

    fn is_done(&self) -> bool {
        self.line.state == PART_DONE
    }

    fn sha256(&self) -> String {
        hex::encode(&self.line.sha256)
    }
}

async fn list(
    State(app): State<App>,
    desk: Desk,
    RawQuery(query): RawQuery,
) -> Result<Response, Refusal> {
    desk.need(Power::See)?;
    let query = Form::of(query.unwrap_or_default().as_bytes());
    let after = query.get("after").and_then(|text| text.parse().ok());
    let mut lines = quarantine::list(&app, after, PAGE + 1).await?;
    let is_more = lines.len() > PAGE as usize;
    lines.truncate(PAGE as usize);
    let page = ListPage {
        next: lines.last().filter(|_| is_more).map(|line| line.id),
        is_first: after.is_none(),
        desk,
        lines,
    };
    Ok(shown(StatusCode::OK, &page))
}

async fn show(
    State(app): State<App>,
    desk: Desk,
    Path(id): Path<Uuid>,
    RawQuery(query): RawQuery,
) -> Result<Response, Refusal> {
    desk.need(Power::Rule)?;
    let page = Page {
        is_tried: query.as_deref() == Some("tried=1"),
        ..Page::of(&app, desk, id).await?
    };
    Ok(shown(StatusCode::OK, &page))
}

async fn retry(
    State(app): State<App>,
    Path(id): Path<Uuid>,
    posted: Posted,
) -> Result<Response, Refusal> {
    posted.desk.need(Power::Rule)?;
    match quarantine::retry(&app, id).await {
        Ok(_) => Ok(Redirect::to(&format!("{HERE}/{id}?tried=1")).into_response()),
        Err(error) => {
            let page = Page {
                fault: Some(fault::of(&posted.desk, error)?),
                ..Page::of(&app, posted.desk, id).await?
            };
            Ok(shown(StatusCode::CONFLICT, &page))
        }
    }
}

/// A sentence in which numbers are masked for those who may not know them.
fn hidden(desk: &Desk, text: &str) -> String {
    if desk.may(Power::Know) {
        return text.to_owned();
    }
    let mut told = String::new();
    let mut run = String::new();
    for sign in text.chars().chain(['\0']) {
        if sign.is_ascii_digit() {
            run.push(sign);
            continue;
        }
        if run.len() >= NUMBER_DIGITS_MIN {
            told.push_str(&desk.number(&run));
        } else {
            told.push_str(&run);
        }
        run.clear();
        told.extend((sign != '\0').then_some(sign));
    }
    told
}
