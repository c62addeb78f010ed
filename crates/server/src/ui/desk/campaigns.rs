//! Campaigns: the list; one is made in two steps, looked at before it begins, begun, stopped, and told of afterwards.

mod aims;
mod look;
mod make;
mod people;
mod report;
mod seats;
mod show;
mod words;

use std::collections::HashMap;

use askama::Template;
use axum::{
    Router,
    extract::{Query, State},
    http::StatusCode,
    response::Response,
    routing::get,
};
use serde::Deserialize;
use uuid::Uuid;

use super::{Desk, refusal::Refusal, segments::in_time};
use crate::{
    app::App,
    error::Error,
    services::{
        campaigns::{
            self,
            body::{CampaignAnswer, Counts},
            count, report as reports,
        },
        staff::Power,
    },
    ui::notice::shown,
};

/// Where campaigns are.
const HERE: &str = "/campaigns";
/// Campaigns on one page of the list.
const PAGE: u32 = 25;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route(HERE, get(list))
        .merge(make::routes())
        .merge(show::routes())
        .merge(seats::routes())
        .merge(people::routes())
        .merge(report::routes())
}

/// A page of a list, and whether it waits for its figures however long they take.
#[derive(Debug, Default, Deserialize)]
struct Asked {
    after: Option<Uuid>,
    whole: Option<String>,
}

/// A campaign in the list.
struct Row {
    campaign: CampaignAnswer,
    figures: Option<Figures>,
}

/// What is counted of a campaign in the list.
#[derive(Clone, Copy)]
struct Figures {
    counts: Counts,
    opted_out: u64,
}

#[derive(Template)]
#[template(path = "desk/campaigns.html")]
struct List {
    desk: Desk,
    rows: Vec<Row>,
    next: Option<String>,
    is_first: bool,
    /// Where the same list is with its figures, when they did not come in time.
    whole: Option<String>,
}

impl List {
    fn state(&self, row: &Row) -> String {
        words::state(&self.desk, &row.campaign.state)
    }

    fn tone(&self, row: &Row) -> &'static str {
        words::tone(&row.campaign.state)
    }

    fn audience(&self, row: &Row) -> String {
        words::audience(&self.desk, &row.campaign.audience)
    }

    fn bar(&self, figures: &Figures) -> String {
        progress(&figures.counts)
    }

    fn progress(&self, row: &Row, figures: &Figures) -> String {
        words::done(&self.desk, &row.campaign.state, &figures.counts)
    }

    fn whole(&self, count: &u64) -> String {
        words::whole(&self.desk, *count)
    }

    /// The moment that says most of a campaign, and which it is.
    fn when(&self, row: &Row) -> (String, String) {
        let campaign = &row.campaign;
        // A draft has no time before somebody confirms it.
        let start = campaign.start_at.as_deref();
        let start = start.filter(|_| campaign.state != "draft");
        let moments = [
            ("campaigns-ended", campaign.ended_at.as_deref()),
            ("campaigns-started", campaign.started_at.as_deref()),
            ("campaigns-starts", start),
        ];
        let known = moments.into_iter().find_map(|(what, at)| Some((what, at?)));
        let (what, at) = known.unwrap_or(("campaigns-made", &campaign.created_at));
        (self.desk.say(what), words::moment(&self.desk, at))
    }
}

/// How far a campaign came, as a bar.
fn progress(counts: &Counts) -> String {
    let parts = [
        ("good", counts.accepted),
        ("warn", counts.denied + counts.unknown + counts.skipped),
        ("bad", counts.failed),
        ("info", counts.sending),
    ];
    words::bar(&parts, counts.total)
}

async fn list(
    State(app): State<App>,
    desk: Desk,
    Query(asked): Query<Asked>,
) -> Result<Response, Refusal> {
    desk.need(Power::See)?;
    let mut campaigns = campaigns::list(&app, asked.after, PAGE + 1).await?;
    let size = usize::try_from(PAGE).unwrap_or(usize::MAX);
    let is_more = campaigns.len() > size;
    campaigns.truncate(size);
    let ids: Vec<String> = campaigns
        .iter()
        .filter(|campaign| campaign.drawn_at.is_some())
        .map(|campaign| campaign.id.clone())
        .collect();
    let counted = in_time(asked.whole.is_some(), figures(App::clone(&app), ids)).await?;
    let next = campaigns.last().filter(|_| is_more);
    let after = asked.after.map(|id| id.to_string()).unwrap_or_default();
    let page = List {
        next: next.map(|last| desk.to(&format!("{HERE}?after={}", last.id))),
        whole: counted.is_none().then(|| {
            let query = words::query(&[("whole", "1"), ("after", &after)]);
            desk.to(&format!("{HERE}?{query}"))
        }),
        is_first: asked.after.is_none(),
        rows: campaigns
            .into_iter()
            .map(|campaign| Row {
                figures: counted
                    .as_ref()
                    .and_then(|all| all.get(&campaign.id).copied()),
                campaign,
            })
            .collect(),
        desk,
    };
    Ok(shown(StatusCode::OK, &page))
}

async fn figures(app: App, ids: Vec<String>) -> Result<HashMap<String, Figures>, Error> {
    let mut all = HashMap::new();
    for text in ids {
        let id = campaigns::plan::id(&text)?;
        let counts = count::tally(&app, id).await?.all;
        let opted_out = app.store.reached_opt_outs(id, reports::WITHIN_MS).await?;
        let opted_out = opted_out.iter().map(|(_, count)| *count).sum::<i64>();
        let figures = Figures {
            counts,
            opted_out: u64::try_from(opted_out).unwrap_or(0),
        };
        all.insert(text, figures);
    }
    Ok(all)
}
