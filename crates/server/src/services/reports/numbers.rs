//! What Meta says of each of our numbers: quality, limits, throughput; asked for now and then, and kept when it changes.

use std::collections::HashMap;

use graph::{
    client::NumberInfo,
    webhook::{self, Notice, account::AccountNews},
};
use serde::{Deserialize, Serialize};
use store::report::NumberState;
use utoipa::ToSchema;

use super::{csv, tally};
use crate::{app::App, clock::rfc3339, error::Error};

/// Rows that are looked at.
const STATES_MAX: u32 = 500;
/// Notices that are looked at.
const NOTICES_MAX: u32 = 200;
/// The notices that are about numbers and limits.
const NOTICE_KINDS: [&str; 2] = ["phone_number_quality_update", "business_capability_update"];

/// What Meta said of a number, as it is kept.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct Said {
    display: Option<String>,
    name: Option<String>,
    quality: Option<String>,
    limit: Option<String>,
    throughput: Option<String>,
    status: Option<String>,
}

/// A number and what Meta says of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct NumberCard {
    /// Its id.
    pub number: String,
    /// The number as people write it.
    pub display: Option<String>,
    /// The name that people see.
    pub name: Option<String>,
    /// `GREEN`, `YELLOW`, `RED`, `NA` or `UNKNOWN`.
    pub quality: Option<String>,
    /// The quality before, where it changed.
    pub quality_before: Option<String>,
    /// How many people it may write to first in a day.
    pub limit: Option<String>,
    /// `STANDARD`, `HIGH` or `NOT_APPLICABLE`.
    pub throughput: Option<String>,
    /// `CONNECTED`, `FLAGGED`, `RESTRICTED`, …
    pub status: Option<String>,
    /// Since when Meta says so.
    pub since: Option<String>,
    /// When Meta was last asked.
    pub asked: Option<String>,
}

/// Something that Meta told about a number or about limits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct LimitNews {
    /// When it came.
    pub at: String,
    /// The number as people write it; null where it is about all of them.
    pub display: Option<String>,
    /// What happened, in Meta's word.
    pub event: String,
    /// The limit of before.
    pub before: Option<String>,
    /// The limit from then on.
    pub now: Option<String>,
}

/// Every number of the settings, and the news about them.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Numbers {
    /// The numbers.
    pub numbers: Vec<NumberCard>,
    /// The news, newest first.
    pub news: Vec<LimitNews>,
}

/// Asks Meta about each number, where this node is the one that counts, and keeps what is new.
///
/// # Errors
/// When the database does not answer. That Meta does not is no error: what it last said stands, with its time.
pub async fn step(app: &App) -> Result<(), Error> {
    let Some(token) = &app.token else {
        return Ok(());
    };
    for number in app.config.numbers() {
        let info = match app.graph.number_limits(&number, token).await {
            Ok(info) => info,
            Err(error) => {
                tracing::debug!(%number, %error, "Meta said nothing of a number");
                continue;
            }
        };
        let body = serde_json::to_string(&Said::from(info)).map_err(Error::internal)?;
        let Some(mut tx) = tally::begin(app).await? else {
            return Ok(());
        };
        tx.note_number(number.as_str(), &body, app.clock.now())
            .await?;
        tx.commit().await?;
    }
    Ok(())
}

/// Every number of the settings, with what Meta last said of it.
///
/// # Errors
/// When the database does not answer.
pub async fn all(app: &App) -> Result<Numbers, Error> {
    let states = app.store.number_states(STATES_MAX).await?;
    let numbers = app.config.numbers();
    let numbers = numbers.map(|number| card(number.as_str(), &states));
    let notices = app.store.notices(NOTICES_MAX).await?;
    let news = notices
        .iter()
        .filter(|notice| NOTICE_KINDS.contains(&notice.kind.as_str()))
        .flat_map(|notice| news(&notice.body, &rfc3339(notice.at)));
    Ok(Numbers {
        numbers: numbers.collect(),
        news: news.collect(),
    })
}

/// What people call each number: as they write it, where Meta said so.
///
/// # Errors
/// When the database does not answer.
pub async fn names(app: &App) -> Result<HashMap<String, String>, Error> {
    let states = app.store.number_states(STATES_MAX).await?;
    let mut names = HashMap::new();
    for state in states {
        if let Some(display) = read(&state).display {
            names.entry(state.number).or_insert(display);
        }
    }
    Ok(names)
}

/// The numbers as CSV.
#[must_use]
pub fn to_csv(numbers: &Numbers) -> String {
    let head = [
        "number",
        "display",
        "name",
        "quality",
        "limit",
        "throughput",
        "status",
        "since",
        "asked",
    ];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    for card in &numbers.numbers {
        let cells = [
            &card.display,
            &card.name,
            &card.quality,
            &card.limit,
            &card.throughput,
            &card.status,
            &card.since,
            &card.asked,
        ];
        let cells = cells.map(|cell| csv::text(cell.as_deref().unwrap_or_default()));
        rows.push(
            std::iter::once(csv::text(&card.number))
                .chain(cells)
                .collect(),
        );
    }
    csv::join(rows)
}

fn card(number: &str, states: &[NumberState]) -> NumberCard {
    let mut own = states.iter().filter(|state| state.number == number);
    let newest = own.next();
    let said = newest.map(read).unwrap_or_default();
    let before = own
        .map(|state| read(state).quality)
        .find(|quality| *quality != said.quality);
    NumberCard {
        number: number.to_owned(),
        quality_before: before.flatten(),
        display: said.display,
        name: said.name,
        quality: said.quality,
        limit: said.limit,
        throughput: said.throughput,
        status: said.status,
        since: newest.map(|state| rfc3339(state.at)),
        asked: newest.map(|state| rfc3339(state.seen)),
    }
}

fn read(state: &NumberState) -> Said {
    serde_json::from_str(&state.body).unwrap_or_default()
}

fn news(body: &str, at: &str) -> Vec<LimitNews> {
    let Ok(delivery) = webhook::read(body.as_bytes()) else {
        return Vec::new();
    };
    let told = delivery.items.into_iter().filter_map(|item| {
        let (display, event, before, now) = match item.notice {
            Notice::Account(AccountNews::NumberQuality {
                display,
                event,
                old_limit,
                limit,
                daily,
            }) => (display, event, old_limit, daily.or(limit)),
            Notice::Account(AccountNews::Capability { daily, .. }) => {
                (None, "CAPABILITY".to_owned(), None, daily)
            }
            _ => return None,
        };
        Some(LimitNews {
            at: at.to_owned(),
            display,
            event,
            before,
            now,
        })
    });
    told.collect()
}

impl From<NumberInfo> for Said {
    fn from(info: NumberInfo) -> Self {
        Self {
            display: info.display,
            name: info.name,
            quality: info.quality,
            limit: info.limit,
            throughput: info.throughput,
            status: info.status,
        }
    }
}
