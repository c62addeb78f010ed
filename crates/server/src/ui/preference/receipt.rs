//! Receipts to keep: for somebody who showed a code that was sent in the chat, as a file.

use axum::{
    Router,
    extract::{Request, State},
    http::{HeaderName, HeaderValue, header},
    response::{IntoResponse, Response},
    routing::post,
};
use consent::id::EventId;
use serde::Serialize;

use super::{
    Guest, Said, Token,
    chat::{CodeBox, come_in},
    count, page,
};
use crate::{
    app::App,
    error::Error,
    services::{
        preferences::code,
        receipts::{self, document::Receipt},
    },
    ui::{form::Form, notice::Notice},
};

/// What the button for all of them says instead of an event.
pub const ALL: &str = "all";

/// The route of receipts.
pub fn routes() -> Router<App> {
    Router::new().route("/p/{token}/receipt", post(give))
}

/// Every receipt of somebody.
#[derive(Serialize)]
struct Everything<'a> {
    items: &'a [Receipt],
}

async fn give(State(app): State<App>, token: Token, request: Request) -> Response {
    let (guest, form) = match come_in(&app, token, request).await {
        Ok(found) => found,
        Err(answer) => return *answer,
    };
    given(&app, &guest, &form)
        .await
        .unwrap_or_else(|error| Notice::of(&error).page(&guest.frame))
}

async fn given(app: &App, guest: &Guest, form: &Form) -> Result<Response, Error> {
    let proof = form.get("proof").unwrap_or_default();
    if !code::is_proven(app, &guest.token, proof) {
        count("receipt_unproven");
        let said = Said {
            code: CodeBox::late(&guest.frame.voice, true),
            ..Said::default()
        };
        return page(app, guest, said).await;
    }
    let asked = form.get("event").unwrap_or_default();
    let all = receipts::of(app, &guest.visitor.line).await?;
    let file = if asked == ALL {
        let body = serde_json::to_vec_pretty(&Everything { items: &all });
        Some(("consent-receipts".to_owned(), body))
    } else {
        let event = asked.parse::<EventId>().ok().map(|id| id.to_string());
        let mut all = all.iter();
        let found = all.find(|receipt| Some(&receipt.header.record_id) == event.as_ref());
        found.map(|receipt| {
            let name = format!("consent-receipt-{}", receipt.header.record_id);
            (name, serde_json::to_vec_pretty(receipt))
        })
    };
    let Some((name, body)) = file else {
        let said = Said {
            proof: Some(proof.to_owned()),
            ..Said::default()
        };
        return page(app, guest, said).await;
    };
    count("receipt");
    let attached = format!("attachment; filename=\"{name}.json\"");
    let headers: [(HeaderName, HeaderValue); 2] = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/json"),
        ),
        (
            header::CONTENT_DISPOSITION,
            HeaderValue::from_str(&attached).map_err(Error::internal)?,
        ),
    ];
    Ok((headers, body.map_err(Error::internal)?).into_response())
}
