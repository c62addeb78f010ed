//! What a form says, written in its languages: a new form, or a new version of one.

use std::collections::BTreeMap;

use askama::Template;
use axum::{
    Router,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
    routing::get,
};

use super::{Desk, Posted, Power, Refusal, box_name, fault, language_name};
use crate::{
    app::App,
    services::{
        forms::{self, FormBody, FormText, TemplateName},
        templates::shelf,
        topics,
    },
    ui::{form::Form, language::Language, notice::shown},
};

pub(super) fn routes() -> Router<App> {
    // No form can have this name: it has a sign that names have not.
    Router::new()
        .route("/forms/_new", get(fresh).post(create))
        .route("/forms/{slug}/edit", get(show).post(replace))
}

#[derive(Template)]
#[template(path = "desk/form_edit.html")]
struct Page {
    desk: Desk,
    /// The form that is given another version; none for a new one.
    slug: Option<String>,
    version: i64,
    body: FormBody,
    /// What can be ticked: the choice, what it is called, and whether the form has it.
    boxes: Vec<(String, String, bool)>,
    numbers: Vec<String>,
    /// Templates that may put the question, as name and language.
    templates: Vec<(String, String)>,
    /// The field that is to blame, as the API calls it, and why.
    fault: Option<(Option<String>, String)>,
}

/// The words of one language, as they stand in the form.
struct Words {
    tag: &'static str,
    name: &'static str,
    direction: &'static str,
    text: FormText,
    is_open: bool,
}

impl Page {
    async fn of(app: &App, desk: Desk, slug: Option<&str>) -> Result<Self, Refusal> {
        let (body, version) = match slug {
            Some(slug) => {
                let form = forms::show(app, slug).await?;
                (form.body, form.version)
            }
            None => (FormBody::default(), 0),
        };
        let templates = shelf::list(app).await?.into_iter();
        let utility = templates.filter(|template| template.category == "utility");
        let mut page = Self {
            numbers: app.config.numbers().map(|id| id.to_string()).collect(),
            templates: utility
                .map(|template| (template.name, template.language))
                .collect(),
            slug: slug.map(str::to_owned),
            version,
            boxes: Vec::new(),
            body,
            desk,
            fault: None,
        };
        page.tick(app).await?;
        Ok(page)
    }

    /// Brings the boxes into line with what the form has.
    async fn tick(&mut self, app: &App) -> Result<(), Refusal> {
        let topics = topics::list(app).await?;
        let in_use = topics.iter().filter(|topic| topic.retired_at.is_none());
        let own = in_use.map(|topic| format!("topic:{}", topic.id));
        let mut choices: Vec<String> = ["category:marketing", "category:utility"]
            .map(str::to_owned)
            .into_iter()
            .chain(own)
            .collect();
        for ticked in &self.body.topics {
            if !choices.contains(ticked) {
                choices.push(ticked.clone());
            }
        }
        let boxes = choices.into_iter().map(|choice| {
            let name = box_name(&self.desk, &topics, &choice);
            let is_ticked = self.body.topics.contains(&choice);
            (choice, name, is_ticked)
        });
        self.boxes = boxes.collect();
        Ok(())
    }

    fn words(&self) -> Vec<Words> {
        let own = self.desk.frame.voice.language;
        let is_empty = self.body.texts.is_empty();
        let words = Language::ALL.into_iter().map(|language| {
            let text = self.body.texts.get(language.tag());
            Words {
                tag: language.tag(),
                name: language.name(),
                direction: language.direction(),
                is_open: text.is_some() || (is_empty && language == own),
                text: text.cloned().unwrap_or_default(),
            }
        });
        words.collect()
    }

    /// Whether a field is to blame.
    fn blames(&self, tag: &str, name: &str) -> bool {
        let field = self.fault.as_ref().and_then(|(field, _)| field.as_deref());
        field.and_then(|field| field.strip_prefix("texts."))
            == Some(format!("{tag}.{name}").as_str())
    }

    /// What the field that is to blame is called, before what is wrong with it.
    fn where_wrong(&self) -> String {
        let field = self.fault.as_ref().and_then(|(field, _)| field.as_deref());
        let Some(field) = field else {
            return String::new();
        };
        let mut parts = field.split('.');
        let name = match (parts.next(), parts.next(), parts.next()) {
            (Some("texts"), Some(tag), Some(name)) => {
                let name = self.desk.say(&format!("forms-{name}"));
                format!("{} · {name}", language_name(tag))
            }
            (Some("texts"), Some(tag), None) => language_name(tag),
            (Some("slug"), ..) => self.desk.say("forms-slug"),
            (Some("topics"), ..) => self.desk.say("forms-boxes"),
            (Some("number"), ..) => self.desk.say("forms-number"),
            (Some("question_template"), ..) => self.desk.say("forms-question"),
            (Some("frames"), ..) => self.desk.say("forms-frames"),
            _ => return String::new(),
        };
        format!("{name}: ")
    }

    fn frames(&self) -> String {
        self.body.frames.join("\n")
    }

    fn has_number(&self, number: &str) -> bool {
        self.body.number.as_deref() == Some(number)
    }

    fn has_template(&self, name: &str, language: &str) -> bool {
        let chosen = self.body.question_template.as_ref();
        chosen.is_some_and(|own| own.name == name && own.language == language)
    }

    /// A template that is chosen and not among those that we know.
    fn other_template(&self) -> Option<&TemplateName> {
        let is_known = |own: &&TemplateName| {
            let mut known = self.templates.iter();
            known.any(|(name, language)| own.name == *name && own.language == *language)
        };
        self.body
            .question_template
            .as_ref()
            .filter(|own| !is_known(own))
    }

    fn action(&self) -> String {
        let path = self.slug.as_ref();
        let path = path.map_or_else(
            || "/forms/_new".to_owned(),
            |slug| format!("/forms/{slug}/edit"),
        );
        self.desk.to(&path)
    }

    fn given_slug(&self) -> &str {
        self.body.slug.as_deref().unwrap_or_default()
    }

    fn next_version(&self) -> String {
        (self.version + 1).to_string()
    }
}

async fn fresh(State(app): State<App>, desk: Desk) -> Result<Response, Refusal> {
    desk.need(Power::Rule)?;
    Ok(shown(StatusCode::OK, &Page::of(&app, desk, None).await?))
}

async fn show(
    State(app): State<App>,
    desk: Desk,
    Path(slug): Path<String>,
) -> Result<Response, Refusal> {
    desk.need(Power::Rule)?;
    Ok(shown(
        StatusCode::OK,
        &Page::of(&app, desk, Some(&slug)).await?,
    ))
}

async fn create(State(app): State<App>, posted: Posted) -> Result<Response, Refusal> {
    let Posted { desk, form } = posted;
    desk.need(Power::Rule)?;
    let slug = form.get("slug").unwrap_or_default().trim().to_owned();
    let body = FormBody {
        slug: Some(slug),
        ..typed(&form)
    };
    match forms::create(&app, body.clone(), desk.actor()).await {
        Ok(made) => Ok(Redirect::to(&format!("/forms/{}?saved=1", made.slug)).into_response()),
        Err(error) => {
            let fault = fault::at(&desk, error)?;
            again(&app, Page::of(&app, desk, None).await?, body, fault).await
        }
    }
}

async fn replace(
    State(app): State<App>,
    Path(slug): Path<String>,
    posted: Posted,
) -> Result<Response, Refusal> {
    let Posted { desk, form } = posted;
    desk.need(Power::Rule)?;
    let page = Page::of(&app, desk, Some(&slug)).await?;
    let body = typed(&form);
    let seen = form.get("version").and_then(|text| text.parse().ok());
    if seen.is_some_and(|seen: i64| seen != page.version) {
        let fault = (None, page.desk.say("forms-overtaken"));
        return again(&app, page, body, fault).await;
    }
    match forms::replace(&app, &slug, body.clone(), page.desk.actor()).await {
        Ok(_) => Ok(Redirect::to(&format!("/forms/{slug}?saved=1")).into_response()),
        Err(error) => {
            let fault = fault::at(&page.desk, error)?;
            again(&app, page, body, fault).await
        }
    }
}

/// The form with what was typed, and what is wrong with it.
async fn again(
    app: &App,
    mut page: Page,
    body: FormBody,
    fault: (Option<String>, String),
) -> Result<Response, Refusal> {
    page.body = body;
    page.fault = Some(fault);
    page.tick(app).await?;
    Ok(shown(StatusCode::UNPROCESSABLE_ENTITY, &page))
}

/// What the fields say. A language without any words is not there.
fn typed(form: &Form) -> FormBody {
    let text = |name: &str| form.get(name).unwrap_or_default().trim().to_owned();
    let mut texts = BTreeMap::new();
    for language in Language::ALL {
        let tag = language.tag();
        let field = |name: &str| text(&format!("{name}_{tag}"));
        let said = FormText {
            title: field("title"),
            intro: field("intro"),
            kind: field("kind"),
            frequency: field("frequency"),
            message: field("message"),
        };
        if said != FormText::default() {
            texts.insert(tag.to_owned(), said);
        }
    }
    let template = text("question_template");
    let template = template
        .split_once(' ')
        .map(|(name, language)| TemplateName {
            name: name.to_owned(),
            language: language.to_owned(),
        });
    let frames = text("frames");
    let frames = frames.split_whitespace().map(str::to_owned);
    FormBody {
        slug: None,
        number: Some(text("number")).filter(|number| !number.is_empty()),
        digits: None,
        topics: form.all("topic").map(str::to_owned).collect(),
        texts,
        ask_email: form.get("ask_email").is_some(),
        question_template: template,
        frames: frames.collect(),
    }
}
