//! Who would get a campaign and who would not, and why: before it begins.

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
use uuid::Uuid;

use super::words;
use crate::{
    app::App,
    http::api::campaigns::files,
    services::{
        campaigns::{
            acts,
            compose::CannotMake,
            plan,
            preflight::people::{self, Half, SeatAnswer, Told},
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
        .route("/campaigns/{id}/in", get(within))
        .route("/campaigns/{id}/in.csv", get(take_within))
        .route("/campaigns/{id}/out", get(out))
        .route("/campaigns/{id}/out.csv", get(take_out))
}

/// Which of them, and from where on.
#[derive(Debug, Default, Deserialize)]
struct Asked {
    /// A reason, of those who are out.
    code: Option<String>,
    after: Option<String>,
}

impl Asked {
    fn out(&self) -> Half {
        Half::Out(self.code.clone().filter(|code| !code.is_empty()))
    }
}

#[derive(Template)]
#[template(path = "desk/campaign_seats.html")]
struct Page {
    desk: Desk,
    here: String,
    name: String,
    half: Half,
    rows: Vec<SeatAnswer>,
    next: Option<String>,
    is_first: bool,
}

impl Page {
    const fn is_in(&self) -> bool {
        matches!(self.half, Half::In)
    }

    /// The word of this half in addresses.
    const fn side(&self) -> &'static str {
        if self.is_in() { "in" } else { "out" }
    }

    fn title(&self) -> String {
        self.either("campaigns-in-title", "campaigns-out-title")
    }

    fn note(&self) -> String {
        self.either("campaigns-in-note", "campaigns-out-note")
    }

    fn none(&self) -> String {
        self.either("campaigns-in-none", "campaigns-out-none")
    }

    fn either(&self, within: &str, out: &str) -> String {
        self.desk.say(if self.is_in() { within } else { out })
    }

    /// For which reason they are out, where it is one.
    fn code(&self) -> Option<&str> {
        match &self.half {
            Half::Out(code) => code.as_deref(),
            Half::In => None,
        }
    }

    fn why(&self, code: &str) -> String {
        words::code(&self.desk, code)
    }

    /// Why somebody is in, or why not.
    fn reason(&self, row: &SeatAnswer) -> String {
        match row.code {
            Some(code) => self.why(code),
            None => words::rests(&self.desk, row.basis.unwrap_or_default()),
        }
    }

    fn lifter(&self, row: &SeatAnswer) -> String {
        let lifter = row.code.and_then(|code| self.desk.lifter(code));
        lifter.unwrap_or_default()
    }

    fn number(&self, row: &SeatAnswer) -> String {
        self.desk.number(&row.address)
    }

    fn path(&self) -> String {
        format!("{}/{}", self.here, self.side())
    }

    /// The file of what is shown here.
    fn file(&self) -> String {
        match words::query(&[("code", self.code().unwrap_or_default())]) {
            query if query.is_empty() => format!("{}.csv", self.path()),
            query => format!("{}.csv?{query}", self.path()),
        }
    }

    /// What comes after this.
    fn onwards(&self) -> Option<String> {
        let after = self.next.as_deref()?;
        let query = words::query(&[("code", self.code().unwrap_or_default()), ("after", after)]);
        Some(format!("{}?{query}", self.path()))
    }

    fn until(&self, row: &SeatAnswer) -> Option<String> {
        Some(words::moment(&self.desk, row.until.as_deref()?))
    }
}

async fn within(
    State(app): State<App>,
    desk: Desk,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Refusal> {
    show(&app, desk, (&id, Half::In), asked.after).await
}

async fn out(
    State(app): State<App>,
    desk: Desk,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Refusal> {
    show(&app, desk, (&id, asked.out()), asked.after).await
}

async fn show(
    app: &App,
    desk: Desk,
    (id, half): (&str, Half),
    after: Option<String>,
) -> Result<Response, Refusal> {
    desk.need(Power::See)?;
    let id = plan::id(id)?;
    let line = acts::find(app, id).await?;
    let is_first = after.is_none();
    let (mut next, mut rows) = (after, Vec::new());
    for _ in 0..STEPS_MAX {
        let (some, onwards) = people::of(app, (id, &half), (next.as_deref(), STEP)).await?;
        rows.extend(some);
        next = onwards;
        if next.is_none() || rows.len() >= FULL {
            break;
        }
    }
    let page = Page {
        name: line.name,
        half,
        rows,
        next,
        is_first,
        here: desk.to(&format!("/campaigns/{id}")),
        desk,
    };
    Ok(shown(StatusCode::OK, &page))
}

async fn take_within(
    State(app): State<App>,
    desk: Desk,
    Path(id): Path<String>,
) -> Result<Response, Refusal> {
    let id = may_take(&app, &desk, &id).await?;
    let told = words::RESTS
        .into_iter()
        .map(|basis| (basis, (words::rests(&desk, basis), String::new())));
    Ok(file(app, &desk, (id, Half::In), told.collect()))
}

async fn take_out(
    State(app): State<App>,
    desk: Desk,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Refusal> {
    let id = may_take(&app, &desk, &id).await?;
    let codes = Code::ALL.into_iter().map(Code::word);
    let codes = codes.chain(["no_address", CannotMake::GAP]);
    let told = codes.map(|code| {
        let lifter = desk.lifter(code).unwrap_or_default();
        (code, (words::code(&desk, code), lifter))
    });
    Ok(file(app, &desk, (id, asked.out()), told.collect()))
}

/// Whether somebody may take a file of a campaign; it is written down that they did.
async fn may_take(app: &App, desk: &Desk, id: &str) -> Result<Uuid, Refusal> {
    desk.need(Power::Market)?;
    let id = plan::id(id)?;
    acts::find(app, id).await?;
    report::note_export(app, id, desk.actor()).await?;
    Ok(id)
}

/// The file shows what the page shows: no address in full to whoever may not see one there.
fn file(app: App, desk: &Desk, half: (Uuid, Half), told: Told) -> Response {
    let written = if desk.may(Power::Know) {
        str::to_owned
    } else {
        masked
    };
    files::half(app, half, (written, told))
}
