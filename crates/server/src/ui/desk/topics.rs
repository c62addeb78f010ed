//! Topics: what people can subscribe to by itself, what it is called in each language, and who speaks first.

use std::collections::BTreeMap;

use askama::Template;
use axum::{
    Router,
    extract::{Path, RawQuery, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use consent::{id::TopicId, scope::Category};
use uuid::Uuid;

use super::{Desk, fault, posted::Posted, refusal::Refusal};
use crate::{
    app::App,
    services::{
        roster::{
            self,
            ask::{CONSENTS, FilterBody},
        },
        staff::Power,
        templates::shelf::{self, TemplateAnswer},
        topics::{self, ChangeBody, TextBody, TopicAnswer, TopicBody},
    },
    ui::{form::Form, notice::shown},
};

const HERE: &str = "/settings/topics";

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route(HERE, get(list).post(create))
        .route("/settings/topics/{id}", get(show).post(change))
}

#[derive(Template)]
#[template(path = "desk/topics.html")]
struct ListPage {
    desk: Desk,
    topics: Vec<TopicAnswer>,
    typed: TopicBody,
    fault: Option<String>,
}

#[derive(Template)]
#[template(path = "desk/topic.html")]
struct Page {
    desk: Desk,
    topic: TopicAnswer,
    /// How many people are in which state, and where they are listed.
    counts: Vec<(String, String, String)>,
    templates: Vec<TemplateAnswer>,
    /// Language, name and description, with an empty line at the end.
    lines: Vec<(String, TextBody)>,
    is_saved: bool,
    fault: Option<String>,
}

impl ListPage {
    async fn of(app: &App, desk: Desk) -> Result<Self, Refusal> {
        Ok(Self {
            topics: topics::list(app).await?,
            desk,
            typed: TopicBody {
                name: String::new(),
                category: Category::Marketing.word().to_owned(),
                description: None,
                default: None,
                translations: BTreeMap::new(),
            },
            fault: None,
        })
    }

    fn categories(&self) -> [(&'static str, String, String); 4] {
        Category::ALL.map(|category| {
            let word = category.word();
            let note = self.desk.say(&format!("topics-category-{word}"));
            (word, self.desk.category(word), note)
        })
    }

    fn first(&self, word: &str) -> String {
        let id = word.replace('_', "-");
        self.desk.say(&format!("topics-first-{id}"))
    }

    fn is_default(&self, word: &str) -> bool {
        self.typed.default.as_deref().unwrap_or("category") == word
    }

    fn languages(&self, topic: &TopicAnswer) -> String {
        let tags: Vec<&str> = topic.translations.keys().map(String::as_str).collect();
        tags.join(", ")
    }
}

async fn list(State(app): State<App>, desk: Desk) -> Result<Response, Refusal> {
    desk.need(Power::See)?;
    Ok(shown(StatusCode::OK, &ListPage::of(&app, desk).await?))
}

async fn create(State(app): State<App>, posted: Posted) -> Result<Response, Refusal> {
    let Posted { desk, form } = posted;
    desk.need(Power::Rule)?;
    let text = |name: &str| form.get(name).unwrap_or_default().to_owned();
    let body = TopicBody {
        name: text("name"),
        category: text("category"),
        description: Some(text("description")),
        default: form.get("default").map(str::to_owned),
        translations: BTreeMap::new(),
    };
    match topics::create(&app, &body, desk.actor()).await {
        Ok(topic) => {
            let to = format!("{HERE}/{}?saved=1", topic.id);
            Ok(Redirect::to(&to).into_response())
        }
        Err(error) => {
            let fault = Some(fault::of(&desk, error)?);
            let page = ListPage {
                typed: body,
                fault,
                ..ListPage::of(&app, desk).await?
            };
            Ok(shown(StatusCode::UNPROCESSABLE_ENTITY, &page))
        }
    }
}

impl Page {
    async fn of(app: &App, desk: Desk, id: Uuid) -> Result<Self, Refusal> {
        let topic = topics::show(app, TopicId::new(id)).await?;
        let templates = shelf::list(app).await?.into_iter();
        let bound = templates.filter(|template| template.topic.as_ref() == Some(&topic.id));
        let lines = topic.translations.iter();
        let lines = lines.map(|(language, text)| (language.clone(), text.clone()));
        Ok(Self {
            counts: counts(app, &desk, &topic.id).await?,
            templates: bound.collect(),
            lines: lines.chain([empty()]).collect(),
            topic,
            desk,
            is_saved: false,
            fault: None,
        })
    }
}

const fn empty() -> (String, TextBody) {
    let text = TextBody {
        name: String::new(),
        description: String::new(),
    };
    (String::new(), text)
}

/// How many people said what about a topic; more than the list counts to is "10,000+".
async fn counts(
    app: &App,
    desk: &Desk,
    topic: &str,
) -> Result<Vec<(String, String, String)>, Refusal> {
    let mut counts = Vec::new();
    for state in CONSENTS.into_iter().filter(|state| *state != "none") {
        let body = FilterBody {
            consent: Some(state.to_owned()),
            topic: Some(topic.to_owned()),
            ..FilterBody::default()
        };
        let filter = body.read(app, desk.frame.voice.zone()).await?;
        let counted = roster::count(app, &filter).await?;
        let more = if counted.exact { "" } else { "+" };
        let name = desk.say(&format!("state-{}", state.replace('_', "-")));
        let to = desk.to(&format!("/customers?topic={topic}&consent={state}"));
        counts.push((name, format!("{}{more}", counted.count), to));
    }
    Ok(counts)
}

async fn show(
    State(app): State<App>,
    desk: Desk,
    Path(id): Path<Uuid>,
    RawQuery(query): RawQuery,
) -> Result<Response, Refusal> {
    desk.need(Power::See)?;
    let page = Page {
        is_saved: query.as_deref() == Some("saved=1"),
        ..Page::of(&app, desk, id).await?
    };
    Ok(shown(StatusCode::OK, &page))
}

async fn change(
    State(app): State<App>,
    Path(id): Path<Uuid>,
    posted: Posted,
) -> Result<Response, Refusal> {
    let Posted { desk, form } = posted;
    desk.need(Power::Rule)?;
    let mut page = Page::of(&app, desk, id).await?;
    let body = match form.get("act") {
        Some("retire") => retired(true),
        Some("revive") => retired(false),
        _ => typed(&form, &page.topic),
    };
    match topics::change(&app, TopicId::new(id), &body, page.desk.actor()).await {
        Ok(_) => Ok(Redirect::to(&format!("{HERE}/{id}?saved=1")).into_response()),
        Err(error) => {
            page.fault = Some(fault::of(&page.desk, error)?);
            page.topic.name = body.name.unwrap_or(page.topic.name);
            page.topic.description = body.description.unwrap_or(page.topic.description);
            page.topic.default = body.default.unwrap_or(page.topic.default);
            if !form.all("language").any(|_| true) {
                return Ok(shown(StatusCode::UNPROCESSABLE_ENTITY, &page));
            }
            page.lines = lines(&form);
            page.lines.push(empty());
            Ok(shown(StatusCode::UNPROCESSABLE_ENTITY, &page))
        }
    }
}

fn retired(retired: bool) -> ChangeBody {
    ChangeBody {
        retired: Some(retired),
        ..ChangeBody::default()
    }
}

/// The lines of translations that somebody filled in.
fn lines(form: &Form) -> Vec<(String, TextBody)> {
    let said = form.all("language").zip(form.all("language_name"));
    let said = said.zip(form.all("language_description"));
    let lines = said.map(|((language, name), description)| {
        let text = TextBody {
            name: name.trim().to_owned(),
            description: description.trim().to_owned(),
        };
        (language.trim().to_ascii_lowercase(), text)
    });
    let is_filled = |(language, text): &(String, TextBody)| {
        !(language.is_empty() && text.name.is_empty() && text.description.is_empty())
    };
    lines.filter(is_filled).collect()
}

/// What the form asks for. A translation without words, and one whose language was taken away, goes.
fn typed(form: &Form, before: &TopicAnswer) -> ChangeBody {
    let gone = before.translations.keys().map(|key| (key.clone(), None));
    let mut translations: BTreeMap<String, Option<TextBody>> = gone.collect();
    for (language, text) in lines(form) {
        let is_gone = text.name.is_empty() && text.description.is_empty();
        translations.insert(language, (!is_gone).then_some(text));
    }
    ChangeBody {
        name: form.get("name").map(str::to_owned),
        description: form.get("description").map(str::to_owned),
        default: form.get("default").map(str::to_owned),
        retired: None,
        translations,
    }
}
