//! The tables of customers: Opt-In / Opt-Out with both states side by side, and Customers with what is known of them.

mod acts;
pub(super) mod dialog;

use askama::Template;
use axum::{
    Router,
    extract::{RawQuery, State},
    http::StatusCode,
    response::Response,
    routing::{get, post},
};
use store::contact::ContactFilter;

use self::dialog::Dialog;
use super::{Desk, refusal::Refusal, uploaded};
use crate::{
    app::App,
    clock,
    error::Error,
    services::{
        contacts,
        roster::{
            self, CountAnswer, Row, Side,
            ask::{CONSENTS, FilterBody, PLATFORMS},
        },
        staff::Power,
    },
    ui::{form::Form, notice::shown},
};

/// Rows of a page.
const ROWS: u32 = 50;
/// Where opt-ins and opt-outs come from, as far as we name them ourselves.
const SOURCES: [&str; 14] = [
    "keyword",
    "button",
    "wording",
    "review",
    "preference_page",
    "join_form",
    "chat_link",
    "ad_click",
    "web_form",
    "api",
    "import",
    "staff",
    "sms_message",
    "email_link",
];
/// What an address may have beside the filter.
const BESIDE: [&str; 8] = [
    "cursor", "said", "edit", "opt_in", "stopped", "bulk", "lang", "tag_name",
];

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/consent", get(consent))
        .route("/customers", get(customers))
        .route("/consent/bulk", post(acts::bulk))
        .route("/customers/{id}/opt-out", post(acts::opt_out))
        .route(
            "/customers/{id}/opt-in",
            post(acts::opt_in).layer(uploaded::limit()),
        )
        .route("/customers/{id}/edit", post(acts::edit))
}

/// Which of the two tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Both states, and the switch.
    Consent,
    /// What is known of them.
    Customers,
}

impl Kind {
    const fn path(self) -> &'static str {
        match self {
            Self::Consent => "/consent",
            Self::Customers => "/customers",
        }
    }
}

/// What an address asks for.
struct Asked {
    kind: Kind,
    filter: FilterBody,
    beside: Form,
}

impl Asked {
    fn of(kind: Kind, query: &str) -> Result<Self, Refusal> {
        let mut filter = FilterBody::default();
        let mut beside = Vec::new();
        for (name, value) in Form::of(query.as_bytes()).into_fields() {
            if BESIDE.contains(&name.as_str()) {
                beside.push((name, value));
            } else {
                filter.take(&name, value).map_err(Refusal::from)?;
            }
        }
        Ok(Self {
            kind,
            filter,
            beside: Form::with(beside),
        })
    }

    /// Reads an address of ours again, as a form sent it back.
    fn back(text: &str) -> Result<Self, Refusal> {
        let (path, query) = text.split_once('?').unwrap_or((text, ""));
        let kind = match path {
            "/consent" => Kind::Consent,
            "/customers" => Kind::Customers,
            _ => return Err(Refusal::NotFound),
        };
        Self::of(kind, query)
    }
}

#[derive(Template)]
#[template(path = "desk/table.html")]
struct Page {
    desk: Desk,
    kind: Kind,
    filter: FilterBody,
    cursor: Option<String>,
    rows: Vec<Row>,
    next: Option<String>,
    count: CountAnswer,
    topics: Vec<(String, String)>,
    dialog: Dialog,
    said: Option<String>,
    fault: Option<String>,
}

async fn consent(
    State(app): State<App>,
    desk: Desk,
    RawQuery(query): RawQuery,
) -> Result<Response, Refusal> {
    open(
        &app,
        desk,
        Asked::of(Kind::Consent, &query.unwrap_or_default())?,
    )
    .await
}

async fn customers(
    State(app): State<App>,
    desk: Desk,
    RawQuery(query): RawQuery,
) -> Result<Response, Refusal> {
    open(
        &app,
        desk,
        Asked::of(Kind::Customers, &query.unwrap_or_default())?,
    )
    .await
}

async fn open(app: &App, desk: Desk, asked: Asked) -> Result<Response, Refusal> {
    let mut page = Page::of(app, desk, asked.kind, asked.filter, &asked.beside).await?;
    page.dialog = Dialog::asked(app, &page, &asked.beside).await?;
    Ok(shown(StatusCode::OK, &page))
}

impl Page {
    async fn of(
        app: &App,
        desk: Desk,
        kind: Kind,
        mut filter: FilterBody,
        beside: &Form,
    ) -> Result<Self, Refusal> {
        if !desk.may(Power::Know) {
            // A search that finds numbers by their digits would tell what is masked.
            filter.search = None;
        }
        let cursor = beside.get("cursor").map(str::to_owned);
        let read = filter.read(app, desk.frame.voice.zone()).await;
        // A filter that makes no sense finds nobody, and says why above the table.
        let (asked, fault) = match read {
            Ok(asked) => (Some(asked), None),
            Err(Error::Invalid { message, .. }) => (None, Some(desk.objection(&message))),
            Err(error) => return Err(error.into()),
        };
        let (mut rows, mut next) = (Vec::new(), None);
        let mut count = CountAnswer {
            count: 0,
            exact: true,
        };
        if let Some(asked) = asked {
            let after = cursor.as_deref().map(str::parse).transpose();
            let asked = ContactFilter {
                after: after.map_err(|_| Refusal::NotFound)?,
                limit: ROWS,
                ..asked
            };
            let all = ContactFilter {
                after: None,
                ..asked.clone()
            };
            let page;
            (page, count) = tokio::try_join!(roster::page(app, &asked), roster::count(app, &all))?;
            (rows, next) = (page.rows, page.next.map(|place| place.to_string()));
        }
        let topics = app.store.topics().await.map_err(Error::from)?;
        Ok(Self {
            desk,
            kind,
            filter,
            cursor,
            rows,
            next,
            count,
            topics: topics
                .into_iter()
                .map(|line| (line.topic.id.to_string(), line.name))
                .collect(),
            dialog: Dialog::None,
            said: beside.get("said").map(str::to_owned),
            fault,
        })
    }

    fn is_consent(&self) -> bool {
        self.kind == Kind::Consent
    }

    fn heading(&self) -> String {
        self.desk.say(if self.is_consent() {
            "nav-consent"
        } else {
            "nav-customers"
        })
    }

    /// This very list, without any question before it.
    fn here(&self) -> String {
        let own = self.cursor.as_deref().map(|cursor| ("cursor", cursor));
        self.address(own.into_iter())
    }

    /// The same, as a link.
    fn behind(&self) -> String {
        self.desk.to(&self.here())
    }

    /// The same list with a question before it.
    fn ask(&self, name: &'static str, value: &str) -> String {
        let own = self.cursor.as_deref().map(|cursor| ("cursor", cursor));
        self.desk
            .to(&self.address(own.into_iter().chain([(name, value)])))
    }

    fn page(&self, cursor: &str) -> String {
        self.desk
            .to(&self.address([("cursor", cursor)].into_iter()))
    }

    fn first(&self) -> String {
        self.desk.to(&self.address(std::iter::empty()))
    }

    fn address<'a>(&'a self, more: impl Iterator<Item = (&'a str, &'a str)>) -> String {
        written(self.kind, self.filter.pairs().into_iter().chain(more))
    }

    fn is_opted_in(&self, row: &Row) -> bool {
        row.ours.state == "opted_in"
    }

    fn is_stopped(&self, row: &Row) -> bool {
        row.platform.state == "stopped"
    }

    fn may_edit(&self) -> bool {
        self.desk.may(Power::Market)
    }

    fn may_rule(&self) -> bool {
        self.desk.may(Power::Rule)
    }

    fn may_refuse(&self) -> bool {
        self.desk.may(Power::Refuse)
    }

    fn may_attest(&self) -> bool {
        self.desk.may(Power::Attest)
    }

    fn state(&self, side: &Side) -> String {
        self.desk
            .say(&format!("state-{}", side.state.replace('_', "-")))
    }

    fn tone(&self, side: &Side) -> &'static str {
        match side.state.as_str() {
            "opted_in" => "good",
            "opted_out" | "stopped" => "bad",
            "pending" => "warn",
            _ => "",
        }
    }

    /// Since when and how, in one line.
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
        source_name(&self.desk, source)
    }

    fn when(&self, text: &str) -> String {
        when(&self.desk, text)
    }

    fn consents(&self) -> [(&'static str, String); 4] {
        CONSENTS.map(|state| {
            (
                state,
                self.desk.say(&format!("state-{}", state.replace('_', "-"))),
            )
        })
    }

    fn platforms(&self) -> [(&'static str, String); 2] {
        PLATFORMS.map(|state| (state, self.desk.say(&format!("state-{state}"))))
    }

    fn sources(&self) -> Vec<(&'static str, String)> {
        SOURCES
            .iter()
            .map(|source| (*source, self.source(source)))
            .collect()
    }

    fn is(&self, asked: &Option<String>, value: &str) -> bool {
        asked.as_deref() == Some(value)
    }

    fn typed<'a>(&self, asked: &'a Option<String>) -> &'a str {
        asked.as_deref().unwrap_or_default()
    }

    /// How many there are, in words.
    fn counted(&self) -> String {
        let count = usize::try_from(self.count.count).unwrap_or(usize::MAX);
        let id = if self.count.exact {
            "table-count"
        } else {
            "table-count-more"
        };
        self.desk.count(id, count)
    }

    /// What was just done, in words.
    fn news(&self) -> Option<(&'static str, String)> {
        let said = self.said.as_deref()?;
        news(&self.desk, said)
    }
}

/// The address of a list.
fn written<'a>(kind: Kind, pairs: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(pairs);
    let query = query.finish();
    if query.is_empty() {
        kind.path().to_owned()
    } else {
        format!("{}?{query}", kind.path())
    }
}

/// What was just done, in words, and in which tone.
pub(super) fn news(desk: &Desk, said: &str) -> Option<(&'static str, String)> {
    let text = match said {
        "out" => ("good", desk.say("table-said-out")),
        "in" => ("good", desk.say("table-said-in")),
        "edited" => ("good", desk.say("table-said-edited")),
        other => match other.split_once('-')? {
            ("in", code) => {
                let why = contacts_code(code)?;
                let why = desk.say(&format!("why-{}", why.replace('_', "-")));
                ("warn", desk.say_with("table-said-in-but", &[("why", &why)]))
            }
            ("bulk", count) => ("good", desk.count("table-said-bulk", count.parse().ok()?)),
            _ => return None,
        },
    };
    Some(text)
}

/// A code of a refusal that we know: what stands in an address is anybody's to write.
fn contacts_code(code: &str) -> Option<&'static str> {
    consent::reason::Code::read(code).map(consent::reason::Code::word)
}

/// Where something came from, as staff reads it.
pub(super) fn source_name(desk: &Desk, source: &str) -> String {
    let known = match source {
        "keyword" | "wording" | "sms_message" | "sms_wording" => "table-how-message",
        "review" => "table-how-review",
        "preference_page" => "table-how-page",
        "platform" => "table-how-platform",
        _ => return desk.frame.voice.how(source),
    };
    desk.say(known)
}

/// A moment of an answer, on the reader's clock.
pub(super) fn when(desk: &Desk, text: &str) -> String {
    clock::read_rfc3339(text).map_or_else(String::new, |at| desk.time(at))
}

/// The contact that an address names.
pub(super) async fn line_of(app: &App, id: &str) -> Result<store::contact::ContactLine, Refusal> {
    let id = id.parse().map_err(|_| Refusal::NotFound)?;
    Ok(contacts::line(app, id).await?)
}
