//! The inbox: who wrote, what was said, what may be answered, and what the person agreed to.

mod acts;
mod items;
mod offer;
mod rows;
mod side;
mod texts;

use askama::Template;
use axum::{
    Router,
    extract::{OriginalUri, Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::get,
};
use consent::id::ContactId;
use serde::Deserialize;
use store::conversation::{Assigned, Filter, Key, State as Stage};
use uuid::Uuid;

use self::{
    items::ItemView,
    offer::OfferView,
    rows::RowView,
    side::{ConsentView, WindowView},
};
use super::{
    Desk,
    refusal::Refusal,
    table::{
        self,
        dialog::{OptInView, who},
    },
};
use crate::{
    app::App,
    live::events,
    services::{
        inbox::{self, ConversationAnswer, chat, handle, layers, offers},
        quick_replies::{self, QuickReplyAnswer},
        roster::Row,
        staff::{
            Power, Role,
            members::{self, UserAnswer},
        },
    },
    ui::{form::Form, notice::shown},
};

const HERE: &str = "/inbox";
/// Conversations on a page.
const ROWS: u32 = 40;
/// Things of a conversation on a page.
const ITEMS: u32 = 40;
/// Templates that a page offers.
const OFFERS: usize = 12;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route(HERE, get(list))
        .route("/inbox/live", get(live))
        .route("/inbox/{contact}/{number}", get(show))
        .merge(acts::routes())
        .merge(texts::routes())
}

/// What names a conversation.
#[derive(Debug, Clone, Deserialize)]
struct Named {
    contact: Uuid,
    number: String,
}

impl Named {
    fn key(&self) -> Key<'_> {
        (ContactId::new(self.contact), &self.number)
    }

    fn path(&self) -> String {
        format!("{HERE}/{}/{}", self.contact, self.number)
    }
}

#[derive(Template)]
#[template(path = "desk/inbox.html")]
struct Page {
    desk: Desk,
    filter: Asked,
    numbers: Vec<String>,
    rows: Vec<RowView>,
    more: Option<String>,
    members: Vec<UserAnswer>,
    talk: Option<Talk>,
    /// The evidence of an opt-in that is asked for.
    asking: Option<OptInView>,
}

/// The conversation that is open.
struct Talk {
    here: String,
    path: String,
    /// What was just done, and whether all went well.
    news: Option<(&'static str, String)>,
    answer: ConversationAnswer,
    title: String,
    number: String,
    customer: String,
    items: Vec<ItemView>,
    older: Option<String>,
    window: WindowView,
    consent: ConsentView,
    offers: Option<OfferView>,
    quick: Vec<QuickReplyAnswer>,
    typed: Typed,
    fault: Option<Fault>,
}

/// What stands in the field for an answer.
#[derive(Default)]
struct Typed {
    token: String,
    text: String,
}

/// Why an answer did not go.
struct Fault {
    why: String,
    lifted_by: Option<String>,
}

/// What the address asks for.
#[derive(Default, Clone)]
struct Asked {
    state: String,
    assigned: String,
    number: String,
    search: String,
    cursor: Option<String>,
}

impl Asked {
    fn of(query: &Form) -> Self {
        let text = |name: &str| query.get(name).unwrap_or_default().trim().to_owned();
        Self {
            state: text("state"),
            assigned: text("assigned"),
            number: text("number"),
            search: text("search"),
            cursor: query.get("cursor").map(str::to_owned),
        }
    }

    /// Whether anything but the usual is asked for.
    fn is_narrow(&self) -> bool {
        [&self.assigned, &self.number, &self.search]
            .iter()
            .any(|text| !text.is_empty())
            || self.state == Stage::Closed.word()
    }

    fn filter(&self, desk: &Desk) -> Result<Filter, Refusal> {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        Ok(Filter {
            state: Stage::read(&self.state).unwrap_or(Stage::Open),
            assigned: match self.assigned.as_str() {
                "me" => Assigned::To(desk.member.id),
                "nobody" => Assigned::Nobody,
                _ => Assigned::Anybody,
            },
            number: some(&self.number),
            // Whoever may not know numbers cannot guess them by searching either.
            search: some(&self.search).filter(|_| desk.may(Power::Know)),
            after: self.cursor.as_deref().map(inbox::place).transpose()?,
            limit: ROWS,
        })
    }

    /// The query that asks for the same.
    fn query(&self, cursor: Option<&str>) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        let pairs = [
            ("state", self.state.as_str()),
            ("assigned", &self.assigned),
            ("number", &self.number),
            ("search", &self.search),
            ("cursor", cursor.unwrap_or_default()),
        ];
        for (name, value) in pairs.iter().filter(|(_, value)| !value.is_empty()) {
            query.append_pair(name, value);
        }
        let query = query.finish();
        if query.is_empty() {
            query
        } else {
            format!("?{query}")
        }
    }
}

impl Page {
    async fn of(app: &App, desk: Desk, query: &Form) -> Result<Self, Refusal> {
        let filter = Asked::of(query);
        let (lines, next) = inbox::list(app, filter.filter(&desk)?).await?;
        let people = members::list(app).await?;
        let back = filter.query(None);
        let rows = lines
            .into_iter()
            .map(|line| RowView::of(&desk, line, &people, &back));
        Ok(Self {
            rows: rows.collect(),
            more: next.map(|next| desk.to(&format!("{HERE}{}", filter.query(Some(&next))))),
            numbers: app.config.numbers().map(|id| id.to_string()).collect(),
            members: people.into_iter().filter(may_talk).collect(),
            filter,
            talk: None,
            asking: None,
            desk,
        })
    }

    /// Whether a member looks after a conversation.
    fn keeps(&self, talk: &Talk, member: &UserAnswer) -> bool {
        talk.answer.assigned_to.as_deref() == Some(member.id.to_string().as_str())
    }

    fn picked(&self, is_it: bool) -> &'static str {
        if is_it { " selected" } else { "" }
    }
}

fn may_talk(user: &UserAnswer) -> bool {
    Role::read(&user.role).is_some_and(|role| role.may(Power::Talk))
}

impl Talk {
    async fn of(app: &App, desk: &Desk, named: &Named, query: &Form) -> Result<Self, Refusal> {
        let key = named.key();
        let answer = inbox::one(app, key).await?;
        let before = query.get("before").and_then(|id| id.parse().ok());
        let (items, next) = chat::page(app, key, before, ITEMS).await?;
        let topics = app
            .store
            .topics()
            .await
            .map_err(crate::error::Error::from)?;
        let layers = layers::layers(app, key.0).await?;
        let here = desk.to(&named.path());
        let talks = desk.may(Power::Talk);
        let quick = if talks {
            quick_replies::list(app).await?
        } else {
            Vec::new()
        };
        let search = query.get("templates").filter(|text| !text.is_empty());
        let offers = match inbox::ours(app, &named.number) {
            Ok(_) if talks => Some(offers::offers(app, key, search).await?),
            _ => None,
        };
        let picked = query.get("quick");
        let picked = quick.iter().find(|text| Some(text.id.as_str()) == picked);
        let address = answer.address.as_deref().unwrap_or_default();
        let shown = desk.number(address);
        Ok(Self {
            title: answer.name.clone().unwrap_or_else(|| shown.clone()),
            number: shown,
            customer: desk.to(&format!("/customers/{}", answer.contact)),
            items: items
                .into_iter()
                .rev()
                .map(|item| ItemView::of(desk, item, &topics, &here))
                .collect(),
            older: next.map(|id| format!("{here}?before={id}")),
            window: WindowView::of(desk, &answer.window, app.clock.now()),
            consent: ConsentView::of(desk, &layers),
            offers: offers.map(|offers| OfferView::of(desk, offers, app, search)),
            typed: Typed {
                token: app.clock.id().to_string(),
                text: picked.map(|text| text.body.clone()).unwrap_or_default(),
            },
            quick,
            fault: None,
            path: named.path(),
            news: query.get("said").and_then(|said| table::news(desk, said)),
            here,
            answer,
        })
    }
}

async fn list(
    State(app): State<App>,
    desk: Desk,
    OriginalUri(uri): OriginalUri,
) -> Result<Response, Refusal> {
    let query = Form::of(uri.query().unwrap_or_default().as_bytes());
    Ok(shown(StatusCode::OK, &Page::of(&app, desk, &query).await?))
}

async fn show(
    State(app): State<App>,
    desk: Desk,
    Path(named): Path<Named>,
    OriginalUri(uri): OriginalUri,
) -> Result<Response, Refusal> {
    let query = Form::of(uri.query().unwrap_or_default().as_bytes());
    if desk.may(Power::Talk) {
        // Whoever may answer has read what they open.
        handle::read(&app, named.key()).await?;
    }
    let talk = Talk::of(&app, &desk, &named, &query).await?;
    let mut page = Page::of(&app, desk, &query).await?;
    page.open(talk);
    if query.get("ask") == Some("opt_in") {
        page.desk.need(Power::Attest)?;
        page.asking = Some(OptInView::of(&app, &named.contact.to_string()).await?);
    }
    Ok(shown(StatusCode::OK, &page))
}

impl Page {
    fn open(&mut self, talk: Talk) {
        for row in &mut self.rows {
            row.is_here = row.path == talk.here;
        }
        self.talk = Some(talk);
    }

    /// The conversation, as a form names where to go back to.
    fn here(&self) -> &str {
        self.talk.as_ref().map_or(HERE, |talk| &talk.path)
    }

    /// The same, as a link.
    fn behind(&self) -> String {
        self.desk.to(self.here())
    }

    /// Whom a question is about.
    fn who(&self, row: &Row) -> String {
        who(&self.desk, row)
    }
}

async fn live(State(app): State<App>, desk: Desk) -> Result<Response, Refusal> {
    desk.need(Power::See)?;
    Ok(events::events(&app.live)?.into_response())
}
