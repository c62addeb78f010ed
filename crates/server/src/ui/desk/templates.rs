//! Templates: which there are, what Meta says of each, what it looks like, and the topic that it is bound to.

mod new;
mod words;

use askama::Template;
use axum::{
    Router,
    extract::{Path, RawQuery, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use consent::scope::Category;

use super::{Desk, fault, posted::Posted, refusal::Refusal};
use crate::{
    app::App,
    services::{
        staff::Power,
        templates::{
            bind, remove,
            shelf::{self, TemplateAnswer, TurnAnswer},
        },
        topics::{self, TopicAnswer},
    },
    ui::{form::Form, notice::shown},
};

const HERE: &str = "/templates";
/// How many stand on one page.
const PAGE: usize = 50;
/// So much of a text is shown in the list, in characters.
const GLIMPSE_CHARS: usize = 120;
/// Meta's word for a quality that it cannot tell.
const UNKNOWN: &str = "UNKNOWN";
/// What the list can be narrowed to; `out` is what cannot be sent, for whatever reason.
const STATES: [&str; 3] = ["usable", "pending", "out"];

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route(HERE, get(list))
        .route("/templates/new", get(new::begin).post(new::send))
        .route("/templates/{id}", get(show))
        .route("/templates/{id}/topic", post(attach))
        .route("/templates/{id}/delete", post(delete))
}

#[derive(Template)]
#[template(path = "desk/templates.html")]
struct ListPage {
    desk: Desk,
    templates: Vec<TemplateAnswer>,
    topics: Vec<TopicAnswer>,
    filter: Filter,
    /// How many there are with this filter.
    count: usize,
    /// Where the next page begins.
    next: Option<usize>,
    is_first: bool,
}

#[derive(Template)]
#[template(path = "desk/template.html")]
struct Page {
    desk: Desk,
    template: TemplateAnswer,
    history: Vec<TurnAnswer>,
    topics: Vec<TopicAnswer>,
    /// What was just done: `made` or `saved`.
    done: Option<String>,
    fault: Option<String>,
}

/// What the list is narrowed to.
#[derive(Default)]
struct Filter {
    search: String,
    state: String,
    category: String,
}

impl Filter {
    fn is_empty(&self) -> bool {
        [&self.search, &self.state, &self.category]
            .iter()
            .all(|part| part.is_empty())
    }

    fn lets(&self, template: &TemplateAnswer) -> bool {
        let search = self.search.to_lowercase();
        let found = |text: &str| text.to_lowercase().contains(&search);
        let state = match self.state.as_str() {
            "usable" => template.usable,
            "pending" => template.status == "PENDING",
            "out" => !template.usable && template.status != "PENDING",
            _ => true,
        };
        let category = self.category.is_empty()
            || self.category == template.category
            || template
                .coming
                .as_ref()
                .is_some_and(|coming| coming.category == self.category);
        state && category && (found(&template.name) || found(&template.preview.body))
    }
}

impl ListPage {
    fn states(&self) -> [(&'static str, String); 3] {
        STATES.map(|word| (word, self.desk.say(&format!("templates-show-{word}"))))
    }

    fn categories(&self) -> [(&'static str, String); 3] {
        let all = [
            Category::Marketing,
            Category::Utility,
            Category::Authentication,
        ];
        all.map(|category| (category.word(), self.desk.category(category.word())))
    }

    fn topic<'a>(&'a self, template: &TemplateAnswer) -> Option<&'a TopicAnswer> {
        let mut topics = self.topics.iter();
        topics.find(|topic| Some(&topic.id) == template.topic.as_ref())
    }

    /// Its quality, where Meta knows it: most have too few readers for one.
    fn quality<'a>(&self, template: &'a TemplateAnswer) -> Option<&'a str> {
        let quality = template.quality.as_deref();
        quality.filter(|word| *word != UNKNOWN)
    }

    fn glimpse(&self, template: &TemplateAnswer) -> String {
        let body = &template.preview.body;
        let cut: String = body.chars().take(GLIMPSE_CHARS).collect();
        if cut.len() < body.len() {
            format!("{cut}…")
        } else {
            cut
        }
    }

    fn counted(&self) -> String {
        self.desk.count("templates-count", self.count)
    }

    /// Where the next page is, if there is one.
    fn onward(&self) -> Option<String> {
        self.next.map(|from| self.from(from))
    }

    fn from(&self, from: impl std::borrow::Borrow<usize>) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (name, value) in [
            ("search", &self.filter.search),
            ("state", &self.filter.state),
            ("category", &self.filter.category),
        ] {
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        query.append_pair("cursor", &from.borrow().to_string());
        self.desk.to(&format!("{HERE}?{}", query.finish()))
    }
}

impl Page {
    async fn of(app: &App, desk: Desk, id: &str) -> Result<Self, Refusal> {
        let detail = shelf::show(app, id).await?;
        Ok(Self {
            template: detail.template,
            history: detail.history,
            topics: topics::list(app).await?,
            desk,
            done: None,
            fault: None,
        })
    }

    fn topic(&self) -> Option<&TopicAnswer> {
        let mut topics = self.topics.iter();
        topics.find(|topic| Some(&topic.id) == self.template.topic.as_ref())
    }

    /// Whether it can be deleted: it is not gone yet.
    fn is_there(&self) -> bool {
        let is_gone = matches!(
            self.template.status.as_str(),
            "DELETED" | "PENDING_DELETION"
        );
        !is_gone && self.desk.may(Power::Market)
    }

    fn is_bound_to(&self, topic: &TopicAnswer) -> bool {
        Some(&topic.id) == self.template.topic.as_ref()
    }

    /// Topics that it can be sent on: those of its category, and the one that it is bound to.
    fn choices(&self) -> Vec<&TopicAnswer> {
        let fits = |topic: &&TopicAnswer| {
            let is_used = topic.retired_at.is_none() && topic.category == self.template.category;
            is_used || self.is_bound_to(topic)
        };
        self.topics.iter().filter(fits).collect()
    }
}

async fn list(
    State(app): State<App>,
    desk: Desk,
    RawQuery(query): RawQuery,
) -> Result<Response, Refusal> {
    desk.need(Power::See)?;
    let query = Form::of(query.unwrap_or_default().as_bytes());
    let text = |name: &str| query.get(name).unwrap_or_default().trim().to_owned();
    let filter = Filter {
        search: text("search"),
        state: text("state"),
        category: text("category"),
    };
    let from: usize = text("cursor").parse().unwrap_or_default();
    let all = shelf::list(&app).await?.into_iter();
    let found: Vec<TemplateAnswer> = all.filter(|template| filter.lets(template)).collect();
    let count = found.len();
    let end = from.saturating_add(PAGE);
    let page = ListPage {
        templates: found.into_iter().skip(from).take(PAGE).collect(),
        topics: topics::list(&app).await?,
        next: (end < count).then_some(end),
        is_first: from == 0,
        desk,
        filter,
        count,
    };
    Ok(shown(StatusCode::OK, &page))
}

async fn show(
    State(app): State<App>,
    desk: Desk,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Refusal> {
    desk.need(Power::See)?;
    let done = match query.as_deref() {
        Some("made=1") => Some("made".to_owned()),
        Some("saved=1") => Some("saved".to_owned()),
        _ => None,
    };
    let page = Page {
        done,
        ..Page::of(&app, desk, &id).await?
    };
    Ok(shown(StatusCode::OK, &page))
}

async fn delete(
    State(app): State<App>,
    Path(id): Path<String>,
    posted: Posted,
) -> Result<Response, Refusal> {
    let desk = posted.desk;
    desk.need(Power::Market)?;
    match remove::remove(&app, &id, desk.actor()).await {
        Ok(()) => Ok(Redirect::to(HERE).into_response()),
        Err(error) => {
            let page = Page {
                fault: Some(fault::of(&desk, error)?),
                ..Page::of(&app, desk, &id).await?
            };
            Ok(shown(StatusCode::CONFLICT, &page))
        }
    }
}

async fn attach(
    State(app): State<App>,
    Path(id): Path<String>,
    posted: Posted,
) -> Result<Response, Refusal> {
    let Posted { desk, form } = posted;
    desk.need(Power::Rule)?;
    let topic = form.get("topic").filter(|topic| !topic.is_empty());
    match bind::bind(&app, &id, topic, desk.actor()).await {
        Ok(template) => {
            let to = format!("{HERE}/{}?saved=1", template.id);
            Ok(Redirect::to(&to).into_response())
        }
        Err(error) => {
            let page = Page {
                fault: Some(fault::of(&desk, error)?),
                ..Page::of(&app, desk, &id).await?
            };
            Ok(shown(StatusCode::UNPROCESSABLE_ENTITY, &page))
        }
    }
}
