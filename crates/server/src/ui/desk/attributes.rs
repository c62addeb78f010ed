//! What kind of value each attribute holds: looked at, set, and forgotten.

use askama::Template;
use axum::{
    Router,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
    routing::get,
};

use super::{Desk, fault, posted::Posted, refusal::Refusal};
use crate::{
    app::App,
    error::Error,
    services::{
        attributes::{self, AttributeAnswer, Kind, KindBody, USES_MAX},
        staff::Power,
    },
    ui::notice::shown,
};

const HERE: &str = "/settings/attributes";

pub(super) fn routes() -> Router<App> {
    Router::new().route(HERE, get(show).post(act))
}

#[derive(Template)]
#[template(path = "desk/attributes.html")]
struct Page {
    desk: Desk,
    attributes: Vec<AttributeAnswer>,
    key: String,
    fault: Option<String>,
}

impl Page {
    fn kinds(&self) -> [(&'static str, String); 4] {
        Kind::ALL.map(|kind| {
            let text = self.desk.say(&format!("attributes-{}", kind.word()));
            (kind.word(), text)
        })
    }

    fn used(&self, attribute: &AttributeAnswer) -> String {
        let count = usize::try_from(attribute.used).unwrap_or_default();
        let text = self.desk.count("segments-people", count);
        if attribute.used >= i64::from(USES_MAX) {
            format!("{text} +")
        } else {
            text
        }
    }
}

async fn show(State(app): State<App>, desk: Desk) -> Result<Response, Refusal> {
    desk.need(Power::See)?;
    let attributes = attributes::list(&app).await?;
    let page = Page {
        desk,
        attributes,
        key: String::new(),
        fault: None,
    };
    Ok(shown(StatusCode::OK, &page))
}

async fn act(State(app): State<App>, posted: Posted) -> Result<Response, Refusal> {
    let Posted { desk, form } = posted;
    desk.need(Power::Market)?;
    let key = form.get("key").unwrap_or_default().trim().to_owned();
    let kind = form.get("kind").unwrap_or_default().to_owned();
    let done = if kind.is_empty() {
        match attributes::forget(&app, &key, desk.actor()).await {
            Err(Error::NotFound(_)) => Ok(()),
            done => done,
        }
    } else {
        let set = attributes::set(&app, &key, &KindBody { kind }, desk.actor()).await;
        set.map(|_| ())
    };
    match done {
        Ok(()) => Ok(Redirect::to(HERE).into_response()),
        Err(error) => {
            let fault = fault::of(&desk, error)?;
            let attributes = attributes::list(&app).await?;
            let page = Page {
                fault: Some(fault),
                desk,
                attributes,
                key,
            };
            Ok(shown(StatusCode::UNPROCESSABLE_ENTITY, &page))
        }
    }
}
