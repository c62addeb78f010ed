//! Templates as they stand: what Meta says of each, what it looks like, and what should be put right.

use consent::wording::keywords::Keywords;
use graph::template::{Shape, Status};
use serde::Serialize;
use store::{
    house::TopicLine,
    template::{TemplateLine, TemplateTurn},
};
use utoipa::ToSchema;

use super::opt_out;
use crate::{app::House, clock, error::Error, services::policy};

/// So many lines of a template's life are told.
const TURNS_MAX: u32 = 100;
/// The category that wants a way out.
const MARKETING: &str = "marketing";
/// Meta's word for a quality that ends in a pause.
const LOW: &str = "RED";

/// A template in one language.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct TemplateAnswer {
    /// Meta's id.
    pub id: String,
    /// The account that owns it.
    pub account: String,
    /// Its name.
    pub name: String,
    /// Its language.
    pub language: String,
    /// Its category, as Meta last told us. It counts for every send.
    pub category: String,
    /// The category that Meta announced and that does not count yet.
    pub coming: Option<ComingAnswer>,
    /// Its status, as Meta last told us.
    pub status: String,
    /// Whether it can be sent now.
    pub usable: bool,
    /// Since when the status holds, where we saw it change.
    pub status_since: Option<String>,
    /// Why, in Meta's word: `FIRST_PAUSE`, `ABUSIVE_CONTENT`.
    pub status_reason: Option<String>,
    /// Why, in Meta's sentence.
    pub status_note: Option<String>,
    /// The day that Meta names with it, as Meta writes it.
    pub status_day: Option<String>,
    /// Its quality, where Meta told us.
    pub quality: Option<String>,
    /// The id of the topic that it is bound to.
    pub topic: Option<String>,
    /// When we last learned something about it.
    pub changed_at: String,
    /// What people see of it.
    pub preview: PreviewAnswer,
    /// What should be put right.
    pub warnings: Vec<WarningAnswer>,
}

/// A category that is announced.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ComingAnswer {
    /// Which.
    pub category: String,
    /// From when on, where Meta said so.
    pub at: Option<String>,
}

/// What people see of a template, with its gaps as they are.
#[derive(Debug, Clone, Default, Serialize, ToSchema)]
pub struct PreviewAnswer {
    /// The line above, where it is a text.
    pub header: Option<String>,
    /// What stands above that is no text: `image`, `video`, `carousel`.
    pub media: Option<String>,
    /// The text.
    pub body: String,
    /// The small print below.
    pub footer: Option<String>,
    /// The buttons.
    pub buttons: Vec<ButtonAnswer>,
}

/// A button of a template.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ButtonAnswer {
    /// `quick_reply`, `url`, `phone` or `other`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its label.
    pub text: String,
    /// The address or the number that it leads to.
    pub to: Option<String>,
}

/// What should be put right.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct WarningAnswer {
    /// A stable code: `no_opt_out`, `low_quality` or `topic_category`.
    pub code: String,
    /// The same in a sentence.
    pub message: String,
}

/// One change in the life of a template.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct TurnAnswer {
    /// When we learned of it.
    pub at: String,
    /// `status`, `category`, `category_announced`, `quality`, `components`, `created` or `topic`.
    pub kind: String,
    /// What it was, where we know.
    pub was: Option<String>,
    /// What it became, or will be.
    pub became: Option<String>,
    /// What Meta said about it, from when on it counts, or who did it.
    pub note: Option<String>,
}

/// A template with its life.
#[derive(Debug, Serialize, ToSchema)]
pub struct TemplateDetail {
    /// The template.
    #[serde(flatten)]
    pub template: TemplateAnswer,
    /// What became of it, newest first.
    pub history: Vec<TurnAnswer>,
}

/// Every template, by name and language.
///
/// # Errors
/// When the database does not answer.
pub async fn list(app: &House) -> Result<Vec<TemplateAnswer>, Error> {
    let policy = policy::current(app).await?;
    let topics = app.store.topics().await?;
    let lines = app.store.templates().await?;
    let answers = lines
        .iter()
        .map(|line| answer(line, &topics, &policy.keywords));
    Ok(answers.collect())
}

/// One template, with what became of it.
///
/// # Errors
/// [`Error::NotFound`] when there is none; when the database does not answer.
pub async fn show(app: &House, id: &str) -> Result<TemplateDetail, Error> {
    let line = line(app, id).await?;
    let policy = policy::current(app).await?;
    let topics = app.store.topics().await?;
    let turns = app.store.template_turns(&line, TURNS_MAX).await?;
    Ok(TemplateDetail {
        template: answer(&line, &topics, &policy.keywords),
        history: turns.into_iter().map(told).collect(),
    })
}

/// The template that has an id.
///
/// # Errors
/// [`Error::NotFound`] when none has; when the database does not answer.
pub async fn line(app: &House, id: &str) -> Result<TemplateLine, Error> {
    let lines = app.store.templates().await?;
    let found = lines.into_iter().find(|line| line.id == id);
    found.ok_or(Error::NotFound("template"))
}

/// What people see of some parts.
#[must_use]
pub fn preview(shape: Shape) -> PreviewAnswer {
    let buttons = shape.keys.into_iter().map(|key| ButtonAnswer {
        kind: key.kind.word().to_owned(),
        text: key.text,
        to: key.to,
    });
    PreviewAnswer {
        header: shape.header,
        media: shape.media,
        body: shape.body,
        footer: shape.footer,
        buttons: buttons.collect(),
    }
}

/// Whether a template of a category should offer a way out, and does not.
#[must_use]
pub fn lacks_opt_out(category: &str, shape: &Shape, keywords: &Keywords) -> Option<WarningAnswer> {
    let lacks = category == MARKETING && !opt_out::is_offered(shape, keywords);
    lacks.then(|| warning("no_opt_out"))
}

fn answer(line: &TemplateLine, topics: &[TopicLine], keywords: &Keywords) -> TemplateAnswer {
    let shape = Shape::of(&line.components);
    let category = line.category.to_lowercase();
    let coming = line.told.coming.as_ref().map(|coming| ComingAnswer {
        category: coming.to_lowercase(),
        at: line.told.coming_at.map(clock::rfc3339),
    });
    let counts = [
        Some(category.as_str()),
        coming.as_ref().map(|c| c.category.as_str()),
    ];
    let mut warnings = Vec::new();
    let lacks = |category: &&str| lacks_opt_out(category, &shape, keywords);
    warnings.extend(counts.iter().flatten().find_map(lacks));
    if line.quality.as_deref() == Some(LOW) {
        warnings.push(warning("low_quality"));
    }
    let topic = topics
        .iter()
        .find(|topic| Some(topic.topic.id) == line.topic);
    if topic.is_some_and(|topic| topic.topic.category.word() != category) {
        warnings.push(warning("topic_category"));
    }
    TemplateAnswer {
        id: line.id.clone(),
        account: line.account.clone(),
        name: line.name.clone(),
        language: line.language.clone(),
        category,
        coming,
        status: line.status.clone(),
        usable: Status::read(&line.status).usable(),
        status_since: line.told.since.map(clock::rfc3339),
        status_reason: line.told.reason.clone(),
        status_note: line.told.note.clone(),
        status_day: line.told.day.clone(),
        quality: line.quality.clone(),
        topic: line.topic.map(|topic| topic.to_string()),
        changed_at: clock::rfc3339(line.changed),
        preview: preview(shape),
        warnings,
    }
}

fn warning(code: &str) -> WarningAnswer {
    let message = match code {
        "no_opt_out" => {
            "nothing on it says how to stop: add a button like “Stop promotions”, or a line below the text"
        }
        "low_quality" => "its quality is low: Meta may pause it",
        _ => "its topic belongs to another category: it cannot be sent on it",
    };
    WarningAnswer {
        code: code.to_owned(),
        message: message.to_owned(),
    }
}

fn told(turn: TemplateTurn) -> TurnAnswer {
    TurnAnswer {
        at: clock::rfc3339(turn.at),
        kind: turn.kind,
        was: turn.was,
        became: turn.became,
        note: turn.note,
    }
}
