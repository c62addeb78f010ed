//! Who would not get a campaign, and why: before it begins.

use askama::Template;
use axum::{
    Router,
    extract::{Path, Query, State},
    http::StatusCode,
    response::Response,
    routing::get,
};
use consent::reason::Code;
use serde::Deserialize;

use super::words;
use crate::{
    app::App,
    http::api::campaigns::out_file,
    services::{
        campaigns::{
            acts,
            compose::CannotMake,
            left, plan,
            preflight::{self, BarredAnswer},
            report,
        },
        staff::Power,
    },
    ui::{
        desk::{Desk, masked, refusal::Refusal},
        notice::shown,
    },
};

/// People who are looked at for one step.
const STEP: u32 = 200;
/// Steps for one page: then it says how to go on.
const STEPS_MAX: usize = 20;
/// With so many a page is full.
const FULL: usize = 25;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/campaigns/{id}/out", get(show))
        .route("/campaigns/{id}/out.csv", get(take))
}

/// Which of those who are out.
#[derive(Debug, Default, Deserialize)]
struct Asked {
    code: Option<String>,
    after: Option<String>,
}

#[derive(Template)]
#[template(path = "desk/campaign_out.html")]
struct Page {
    desk: Desk,
    here: String,
    name: String,
    code: Option<String>,
    rows: Vec<(BarredAnswer, String)>,
    next: Option<String>,
    is_first: bool,
}

impl Page {
    fn why(&self, code: &str) -> String {
        words::code(&self.desk, code)
    }

    fn lifter(&self, row: &BarredAnswer) -> String {
        self.desk.lifter(row.code).unwrap_or_default()
    }

    fn number(&self, row: &BarredAnswer) -> String {
        self.desk.number(&row.address)
    }

    /// The file of what is shown here: everybody, or whoever is out for this reason.
    fn file(&self) -> String {
        let code = self.code.clone().unwrap_or_default();
        match words::query(&[("code", &code)]) {
            query if query.is_empty() => format!("{}/out.csv", self.here),
            query => format!("{}/out.csv?{query}", self.here),
        }
    }

    fn until(&self, row: &BarredAnswer) -> Option<String> {
        Some(words::moment(&self.desk, row.until.as_deref()?))
    }
}

async fn show(
    State(app): State<App>,
    desk: Desk,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Refusal> {
    desk.need(Power::See)?;
    let id = plan::id(&id)?;
    let line = acts::find(&app, id).await?;
    let is_first = asked.after.is_none();
    let mut cursor = asked.after;
    let mut rows = Vec::new();
    for _ in 0..STEPS_MAX {
        let bounds = (cursor.as_deref(), STEP);
        let (some, next) = preflight::barred(&app, id, asked.code.as_deref(), bounds).await?;
        rows.extend(some);
        cursor = next;
        if cursor.is_none() || rows.len() >= FULL {
            break;
        }
    }
    let here = desk.to(&format!("/campaigns/{id}"));
    let next = cursor.map(|after| {
        let code = asked.code.clone().unwrap_or_default();
        let query = words::query(&[("code", &code), ("after", &after)]);
        format!("{here}/out?{query}")
    });
    let page = Page {
        name: line.name,
        code: asked.code,
        rows: left::named(&app, rows).await?,
        next,
        is_first,
        here,
        desk,
    };
    Ok(shown(StatusCode::OK, &page))
}

async fn take(
    State(app): State<App>,
    desk: Desk,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Refusal> {
    desk.need(Power::Market)?;
    let id = plan::id(&id)?;
    acts::find(&app, id).await?;
    report::note_export(&app, id, desk.actor()).await?;
    // The file shows what the page shows: no address in full to whoever may not see one there.
    let written = if desk.may(Power::Know) {
        str::to_owned
    } else {
        masked
    };
    let codes = Code::ALL.into_iter().map(Code::word);
    let codes = codes.chain(["no_address", CannotMake::GAP]);
    let told = codes.map(|code| {
        let lifter = desk.lifter(code).unwrap_or_default();
        (code, (words::code(&desk, code), lifter))
    });
    let code = asked.code.filter(|code| !code.is_empty());
    Ok(out_file(app, (id, code), (written, told.collect())))
}
