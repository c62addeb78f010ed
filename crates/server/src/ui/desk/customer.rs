//! The page of one customer: both states, what may be sent by topic and number, then or now, everything that happened, and the proof of it.

use std::collections::BTreeMap;

use askama::Template;
use axum::{
    Router,
    extract::{Path, Query, State},
    http::StatusCode,
    response::Response,
    routing::get,
};
use consent::{
    id::{ContactId, EventId},
    time::Timestamp,
};
use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;

use super::{
    Desk,
    journeys::inside::{self, Inside},
    refusal::Refusal,
    table,
};
use crate::{
    app::App,
    clock,
    error::Error,
    services::{
        campaigns,
        contacts::{self, ContactAnswer, EventItem, Item, ScopeAnswer},
        customer::{self, Cell, Glance, GlanceQuery},
        enclosures::{self, FileAnswer},
        fatigue::{self, FatigueAnswer},
        messages::MessageAnswer,
        proof,
        roster::{self, Row, Side},
        staff::Power,
    },
    ui::{download::saved, notice::shown},
};

/// Things of the timeline on a page.
const ITEMS: u32 = 40;
/// Campaigns that are named.
const CAMPAIGNS: u32 = 10;
/// The steps of the slider from the first day until now.
const STEPS: i64 = 100;
/// What of the evidence somebody may see who may not know numbers.
const FOR_ALL: [&str; 5] = ["source", "wording", "wording_sha256", "locale", "rule"];

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/customers/{id}", get(show))
        .route("/customers/{id}/export", get(export))
        .route("/customers/{id}/files/{sha256}", get(file))
        .route("/customers/{id}/proof/{event}", get(of_event))
}

#[derive(Debug, Default, Deserialize)]
struct Asked {
    step: Option<i64>,
    cursor: Option<Uuid>,
    said: Option<String>,
}

#[derive(Template)]
#[template(path = "desk/customer.html")]
struct Page {
    desk: Desk,
    contact: ContactAnswer,
    row: Row,
    fatigue: FatigueAnswer,
    glance: Glance,
    step: i64,
    items: Vec<Item>,
    next: Option<String>,
    files: Vec<FileAnswer>,
    /// The campaigns that they are or were in: where, its name, how their turn stands.
    campaigns: Vec<(String, String, String)>,
    journeys: Vec<Inside>,
    topics: BTreeMap<String, String>,
    asked: Asked,
}

async fn show(
    State(app): State<App>,
    Path(id): Path<Uuid>,
    Query(asked): Query<Asked>,
    desk: Desk,
) -> Result<Response, Refusal> {
    let id = ContactId::new(id);
    let line = contacts::line(&app, id).await?;
    let step = asked.step.unwrap_or(STEPS).clamp(0, STEPS);
    let glance = glance(&app, id, step).await?;
    let mut items = contacts::timeline(&app, id, asked.cursor, ITEMS).await?;
    let wanted = usize::try_from(ITEMS).unwrap_or(usize::MAX);
    let is_more = items.len() > wanted;
    items.truncate(wanted);
    let topics = app.store.topics().await.map_err(Error::from)?;
    let campaigns = campaigns::of_person(&app, id, CAMPAIGNS).await?;
    let campaigns = campaigns.into_iter().map(|(id, name, turn)| {
        let stand = desk.say(&format!("campaigns-stand-{}", turn.word()));
        (desk.to(&format!("/campaigns/{id}")), name, stand)
    });
    let page = Page {
        campaigns: campaigns.collect(),
        contact: contacts::show(&app, id).await?,
        row: roster::row(&app, &line).await?,
        fatigue: fatigue::show(&app, id).await?,
        glance,
        step,
        next: items.last().filter(|_| is_more).map(Item::id),
        items,
        files: enclosures::list(&app, id).await?,
        journeys: inside::of(&app, &desk, id).await?,
        topics: topics
            .into_iter()
            .map(|line| (line.topic.id.to_string(), line.name))
            .collect(),
        asked,
        desk,
    };
    Ok(shown(StatusCode::OK, &page))
}

/// The state at a step of the slider: 0 is the first day, the last step is now.
async fn glance(app: &App, id: ContactId, step: i64) -> Result<Glance, Refusal> {
    let now = customer::glance(app, id, &GlanceQuery::default()).await?;
    if step == STEPS {
        return Ok(now);
    }
    let begins = clock::read_rfc3339(&now.begins).unwrap_or_else(|| app.clock.now());
    let length = app.clock.now().millis_since(begins).max(0);
    let at = begins.plus_millis(length / STEPS * step);
    let query = GlanceQuery {
        at: Some(clock::rfc3339(at)),
    };
    Ok(customer::glance(app, id, &query).await?)
}

/// Everything of the person, to be saved.
async fn export(
    State(app): State<App>,
    Path(id): Path<Uuid>,
    desk: Desk,
) -> Result<Response, Refusal> {
    desk.need(Power::Attest)?;
    let export = customer::export(&app, ContactId::new(id), desk.actor()).await?;
    let text = serde_json::to_vec_pretty(&export)
        .map_err(|cause| Refusal::from(Error::internal(cause)))?;
    let named = format!("customer-{id}.json");
    Ok(saved("application/json", &named, text))
}

async fn file(
    State(app): State<App>,
    Path((id, sha256)): Path<(Uuid, String)>,
    desk: Desk,
) -> Result<Response, Refusal> {
    desk.need(Power::Know)?;
    let file = enclosures::open(&app, ContactId::new(id), &sha256).await?;
    let ending = match file.kind {
        "application/pdf" => "pdf",
        "image/png" => "png",
        "image/jpeg" => "jpg",
        "image/gif" => "gif",
        _ => "bin",
    };
    let start: String = sha256
        .chars()
        .take(12)
        .filter(char::is_ascii_hexdigit)
        .collect();
    let named = format!("evidence-{start}.{ending}");
    Ok(saved(file.kind, &named, file.bytes))
}

/// The proof of one event, as a text that anybody can check without us.
async fn of_event(
    State(app): State<App>,
    Path((id, event)): Path<(Uuid, Uuid)>,
    _: Desk,
) -> Result<Response, Refusal> {
    let event = EventId::new(event);
    let line = app.store.event(event).await.map_err(Error::from)?;
    if line.is_none_or(|line| line.contact != ContactId::new(id)) {
        return Err(Refusal::NotFound);
    }
    let text = proof::of_event(&app, event).await?;
    let named = format!("proof-{event}.txt");
    Ok(saved(
        "text/plain; charset=utf-8",
        &named,
        text.into_bytes(),
    ))
}

impl Page {
    fn heading(&self) -> String {
        let address = self
            .row
            .address
            .as_deref()
            .map(|address| self.desk.number(address));
        let name = self.row.name.clone().or(address);
        name.unwrap_or_else(|| self.desk.say("table-nameless"))
    }

    fn own(&self) -> String {
        format!("/customers/{}", self.row.id)
    }

    fn address(&self) -> String {
        self.desk.to(&self.own())
    }

    fn table(&self, question: &str) -> String {
        self.desk
            .to(&format!("/customers?{question}={}", self.row.id))
    }

    fn may_refuse(&self) -> bool {
        self.desk.may(Power::Refuse)
    }

    fn may_attest(&self) -> bool {
        self.desk.may(Power::Attest)
    }

    fn may_edit(&self) -> bool {
        self.desk.may(Power::Market)
    }

    fn state(&self, state: &str) -> String {
        self.desk.say(&format!("state-{}", state.replace('_', "-")))
    }

    fn tone(&self, state: &str) -> &'static str {
        match state {
            "opted_in" => "good",
            "opted_out" | "stopped" => "bad",
            "pending" => "warn",
            _ => "",
        }
    }

    /// How weary of marketing they may be; none where there is nothing to tell it from.
    fn weary(&self) -> Option<String> {
        let percent = |share: f64| format!("{:.0}", share * 100.0);
        let (share, sure) = (
            percent(self.fatigue.weariness),
            percent(self.fatigue.confidence),
        );
        let told = self.fatigue.is_told_from_something();
        told.then(|| {
            self.desk
                .say_with("customer-weary", &[("share", &share), ("sure", &sure)])
        })
    }

    fn how(&self, side: &Side) -> String {
        let since = side.since.as_deref().map(|since| self.when(since));
        let how = side.source.as_deref().map(|source| self.source(source));
        [since, how]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join(" · ")
    }

    fn source(&self, source: &str) -> String {
        table::source_name(&self.desk, source)
    }

    fn when(&self, text: &str) -> String {
        table::when(&self.desk, text)
    }

    fn news(&self) -> Option<(&'static str, String)> {
        table::news(&self.desk, self.asked.said.as_deref()?)
    }

    fn is_now(&self) -> bool {
        self.step == STEPS
    }

    fn category(&self, word: &str) -> String {
        self.desk.say(&format!("state-category-{word}"))
    }

    fn row_name(&self, category: &str, name: &Option<String>) -> String {
        name.clone().unwrap_or_else(|| self.category(category))
    }

    fn place(&self, cell: &Cell) -> String {
        match &cell.number {
            Some(number) => format!("WhatsApp {number}"),
            None => self.channel(cell.channel),
        }
    }

    fn channel(&self, word: &str) -> String {
        self.desk.say(&format!("state-channel-{word}"))
    }

    fn scope(&self, scope: &ScopeAnswer) -> String {
        let subject = match (&scope.topic, scope.category) {
            (Some(topic), _) => self
                .topics
                .get(topic)
                .cloned()
                .unwrap_or_else(|| topic.clone()),
            (None, Some(category)) => self.category(category),
            (None, None) => self.desk.say("state-category-all"),
        };
        let channel = scope.channel.map(|channel| self.channel(channel));
        let parts = [Some(subject), channel, scope.number.clone()];
        parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
    }

    /// What happened, in words.
    fn happened(&self, event: &EventItem) -> String {
        let known = match event.kind.as_str() {
            "opt_in" => "customer-opt-in",
            "opt_out" => "customer-opt-out",
            "opt_in_requested" => "customer-requested",
            "retract" => "customer-retract",
            "platform_stop" => "customer-platform-stop",
            "platform_resume" => "customer-platform-resume",
            "platform_backoff" => "customer-backoff",
            "blocked" => "customer-blocked",
            "identity_changed" => "customer-identity",
            "hold" => "customer-hold",
            "release" => "customer-release",
            "alias_linked" => "customer-linked",
            "alias_ended" => "customer-unlinked",
            "contact_edited" => "customer-edited",
            "erasure" => "customer-erased",
            other => return self.desk.say_with("customer-other", &[("kind", other)]),
        };
        self.desk.say(known)
    }

    fn message(&self, message: &MessageAnswer) -> String {
        let id = match (message.direction, message.code.is_some()) {
            ("in", _) => "customer-message-in",
            (_, true) => "customer-message-refused",
            (_, false) => "customer-message-out",
        };
        self.desk.say(id)
    }

    /// The evidence, member by member, as far as the reader may know it.
    fn evidence(&self, event: &EventItem) -> Vec<(String, String)> {
        let Some(Value::Object(members)) = &event.evidence else {
            return Vec::new();
        };
        let knows = self.desk.may(Power::Know);
        let seen = members
            .iter()
            .filter(|(name, _)| knows || FOR_ALL.contains(&name.as_str()));
        seen.map(|(name, value)| {
            let value = value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned);
            (name.replace('_', " "), value)
        })
        .collect()
    }

    fn proof(&self, event: &str) -> String {
        self.desk.to(&format!("{}/proof/{event}", self.own()))
    }

    fn file_address(&self, file: &FileAnswer) -> String {
        self.desk
            .to(&format!("{}/files/{}", self.own(), file.sha256))
    }

    /// Who and since when, for a machine.
    fn machine(&self, text: &str) -> String {
        let at = clock::read_rfc3339(text).unwrap_or(Timestamp::from_millis(0));
        self.desk.machine_time(at)
    }
}
