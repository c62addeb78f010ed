//! Forms to join: what they say, where they are found, and the links and codes that lead from them into the chat.

mod edit;
mod links;

use askama::Template;
use axum::{
    Router,
    extract::{Path, RawQuery, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};

use super::{Desk, fault, posted::Posted, refusal::Refusal};
use crate::{
    app::App,
    services::{
        forms::{
            self, FormAnswer,
            link::{self, LinkAnswer},
        },
        policy, policy_json,
        staff::Power,
        topics,
    },
    ui::{language::Language, notice::shown},
};

const HERE: &str = "/forms";

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route(HERE, get(list))
        .route("/forms/{slug}", get(show))
        .route("/forms/{slug}/retire", post(retire))
        .merge(edit::routes())
        .merge(links::routes())
}

#[derive(Template)]
#[template(path = "desk/forms.html")]
struct ListPage {
    desk: Desk,
    forms: Vec<FormAnswer>,
}

#[derive(Template)]
#[template(path = "desk/form.html")]
struct Page {
    desk: Desk,
    form: FormAnswer,
    versions: Vec<FormAnswer>,
    links: Vec<LinkAnswer>,
    /// What each box is about, in words.
    boxes: Vec<String>,
    /// Who has to say yes a second time: the word of the policy.
    twice: String,
    typed: links::Typed,
    note: Option<String>,
    fault: Option<String>,
}

impl ListPage {
    fn title(&self, form: &FormAnswer) -> String {
        let own = self.desk.frame.voice.language.tag();
        let text = form.body.texts.get(own);
        let text = text.or_else(|| form.body.texts.values().next());
        text.map_or_else(String::new, |text| text.title.clone())
    }

    fn languages(&self, form: &FormAnswer) -> String {
        let tags: Vec<&str> = form.body.texts.keys().map(String::as_str).collect();
        tags.join(", ")
    }
}

/// What a language calls itself; its tag, where we do not speak it.
fn language_name(tag: &str) -> String {
    Language::read(tag).map_or_else(|| tag.to_owned(), |language| language.name().to_owned())
}

/// What a box of a form is about.
fn box_name(desk: &Desk, topics: &[topics::TopicAnswer], choice: &str) -> String {
    match choice.split_once(':') {
        Some(("category", word)) => desk.category(word),
        Some((_, id)) => {
            let topic = topics.iter().find(|topic| topic.id == id);
            topic.map_or_else(|| id.to_owned(), |topic| topic.name.clone())
        }
        None => choice.to_owned(),
    }
}

impl Page {
    async fn of(app: &App, desk: Desk, slug: &str) -> Result<Self, Refusal> {
        let form = forms::show(app, slug).await?;
        let topics = topics::list(app).await?;
        let choices = form.body.topics.iter();
        let mut versions = forms::versions(app, slug).await?;
        versions.reverse();
        let mut links = link::list(app, slug).await?;
        links.reverse();
        Ok(Self {
            boxes: choices
                .map(|choice| box_name(&desk, &topics, choice))
                .collect(),
            twice: policy_json::body(&*policy::current(app).await?).double_opt_in,
            versions,
            links,
            form,
            desk,
            typed: links::Typed::default(),
            note: None,
            fault: None,
        })
    }

    fn language(&self, tag: &str) -> String {
        language_name(tag)
    }

    fn twice_note(&self) -> String {
        self.desk.say(&format!("forms-twice-{}", self.twice))
    }

    fn is_typed(&self, tag: &str) -> bool {
        self.typed.language == tag
    }
}

async fn list(State(app): State<App>, desk: Desk) -> Result<Response, Refusal> {
    desk.need(Power::See)?;
    let mut forms = forms::list(&app).await?;
    // Those that are in use stand first.
    forms.sort_by_key(|form| form.retired_at.is_some());
    Ok(shown(StatusCode::OK, &ListPage { desk, forms }))
}

async fn show(
    State(app): State<App>,
    desk: Desk,
    Path(slug): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Refusal> {
    desk.need(Power::See)?;
    let mut page = Page::of(&app, desk, &slug).await?;
    page.note = match query.as_deref() {
        Some("saved=1") => Some(page.desk.say("forms-saved")),
        Some("linked=1") => Some(page.desk.say("forms-linked")),
        _ => None,
    };
    Ok(shown(StatusCode::OK, &page))
}

/// Ends a form, or takes it up again.
async fn retire(
    State(app): State<App>,
    Path(slug): Path<String>,
    posted: Posted,
) -> Result<Response, Refusal> {
    let Posted { desk, form } = posted;
    desk.need(Power::Rule)?;
    let retired = form.get("act") == Some("retire");
    let form = forms::retire(&app, &slug, retired, desk.actor()).await?;
    Ok(Redirect::to(&format!("{HERE}/{}", form.slug)).into_response())
}
