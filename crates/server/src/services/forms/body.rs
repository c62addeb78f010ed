//! What a form says, as callers write it, and what it cannot do without.

use std::collections::{BTreeMap, BTreeSet};

use consent::{
    id::NumberId,
    scope::Category,
    wording::{Reading, Setting},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::OFFERS;
use crate::{
    app::House,
    error::Error,
    services::{business, policy, preferences::choice::Choice, topics},
};

/// The languages that the pages speak, and so forms.
pub const LANGUAGES: [&str; 5] = ["en", "es", "pt", "hi", "ar"];
/// Names that lead elsewhere under `/join`.
const TAKEN: [&str; 1] = ["confirm"];
const SLUG_CHARS_MAX: usize = 60;
const TITLE_CHARS_MAX: usize = 100;
const KIND_CHARS_MAX: usize = 200;
const FREQUENCY_CHARS_MAX: usize = 100;
const TEXT_CHARS_MAX: usize = 600;
const MESSAGE_CHARS_MAX: usize = 300;
const CHOICES_MAX: usize = 20;
const FRAMES_MAX: usize = 20;

/// What a form says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FormBody {
    /// Its name in addresses: small letters, digits and hyphens. Given when the form is made; it never changes.
    #[serde(default, skip_serializing)]
    #[schema(example = "spring")]
    pub slug: Option<String>,
    /// The id of the business number that people join on; by default the first one.
    #[serde(default)]
    pub number: Option<String>,
    /// That number in digits, as links name it; found out when the form is written.
    #[serde(default)]
    #[schema(read_only)]
    pub digits: Option<String>,
    /// What can be ticked: ids or names of topics, or a category. None: all offers, `marketing`.
    #[serde(default)]
    pub topics: Vec<String>,
    /// Its words, by language: `en`, `es`, `pt`, `hi`, `ar`. One at least.
    pub texts: BTreeMap<String, FormText>,
    /// Whether it also asks for an e-mail address.
    #[serde(default)]
    pub ask_email: bool,
    /// A utility template with two quick-reply buttons (yes, no) that puts the question to a number which was typed in.
    /// Without one the page leads into the chat, and nobody is written to first.
    #[serde(default)]
    pub question_template: Option<TemplateName>,
    /// The sites that may show it in a frame, as `https://shop.example`.
    #[serde(default)]
    pub frames: Vec<String>,
}

/// What a form says in one language.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FormText {
    /// The heading.
    pub title: String,
    /// A sentence or two below it.
    #[serde(default)]
    pub intro: String,
    /// Which kind of messages come. A form without it cannot be saved.
    #[schema(example = "Offers and news about our garden shop")]
    #[serde(default)]
    pub kind: String,
    /// How often. A form without it cannot be saved.
    #[schema(example = "at most once a week")]
    #[serde(default)]
    pub frequency: String,
    /// The first words in the chat, for links and codes; a sentence with kind and frequency, when nothing is said.
    #[serde(default)]
    pub message: String,
}

/// A template by its name; the language is that of the form where Meta has the template in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TemplateName {
    /// Its name.
    pub name: String,
    /// The language where it is not there in that of the form.
    pub language: String,
}

impl FormBody {
    /// The body as it is kept: tidied, with everything that a form has to say.
    ///
    /// # Errors
    /// [`Error::Invalid`] naming what is missing or makes no sense.
    pub async fn checked(self, app: &House) -> Result<Self, Error> {
        let lines = app.store.topics().await?;
        let mut choices = BTreeSet::new();
        let mut kept = Vec::new();
        for text in &self.topics {
            let choice = match Choice::read(text, &lines).or_else(|| category(text)) {
                Some(choice) => choice,
                None => Choice::Topic(topics::resolve(&lines, "topics", text)?),
            };
            if !matches!(choice, Choice::Topic(_) | Choice::Category(_)) {
                let message = format!("`{text}` cannot be joined: want topics or a category");
                return Err(Error::field("topics", message));
            }
            if choices.insert(choice.to_string()) {
                kept.push(choice.to_string());
            }
        }
        if kept.is_empty() {
            kept.push(OFFERS.to_string());
        }
        if kept.len() > CHOICES_MAX {
            let message = format!("`{}` are too many: want at most {CHOICES_MAX}", kept.len());
            return Err(Error::field("topics", message));
        }
        if let Some(template) = &self.question_template {
            template.check(app).await?;
        }
        let digits = digits(app, self.number.as_deref()).await?;
        Ok(Self {
            slug: None,
            digits,
            topics: kept,
            texts: texts(app, self.texts).await?,
            frames: frames(self.frames)?,
            ..self
        })
    }
}

fn category(text: &str) -> Option<Choice> {
    match Category::read(text)? {
        category @ (Category::Marketing | Category::Utility) => Some(Choice::Category(category)),
        Category::Authentication | Category::Service => None,
    }
}

impl TemplateName {
    async fn check(&self, app: &House) -> Result<(), Error> {
        let versions = app.store.versions_of(&self.name).await?;
        if versions
            .iter()
            .any(|version| version.language.eq_ignore_ascii_case(&self.language))
        {
            return Ok(());
        }
        let message = format!(
            "there is no template `{}` in `{}`: want one that is approved, with two quick-reply buttons",
            self.name, self.language
        );
        Err(Error::field("question_template", message))
    }
}

/// The digits of a number of ours, for links.
async fn digits(app: &House, number: Option<&str>) -> Result<Option<String>, Error> {
    let Some(text) = number else { return Ok(None) };
    let known: Option<NumberId> = text.parse().ok();
    let known = known.filter(|number| app.config.account_of(number).is_some());
    let Some(number) = known else {
        let message = format!("`{text}` is none of our numbers: want one of whatsapp.accounts");
        return Err(Error::field("number", message));
    };
    let digits = business::digits_of(app, &number).await;
    digits.map(Some).ok_or_else(|| {
        let message = "WhatsApp does not say under which digits that number is reached: try again later, or leave it out";
        Error::Conflict(message.to_owned())
    })
}

async fn texts(
    app: &House,
    texts: BTreeMap<String, FormText>,
) -> Result<BTreeMap<String, FormText>, Error> {
    if texts.is_empty() {
        let message = format!("want its words in one of {} at least", LANGUAGES.join(", "));
        return Err(Error::field("texts", message));
    }
    let policy = policy::current(app).await?;
    let mut kept = BTreeMap::new();
    for (language, text) in texts {
        let tag = language.trim().to_ascii_lowercase();
        let field = |name: &str| format!("texts.{tag}.{name}");
        if !LANGUAGES.contains(&tag.as_str()) {
            let message = format!(
                "`{language}` is no language of the pages: want {}",
                LANGUAGES.join(", ")
            );
            return Err(Error::field("texts", message));
        }
        let needed = |name: &str, text: &str, max| line(&field(name), text, (1, max));
        let text = FormText {
            title: needed("title", &text.title, TITLE_CHARS_MAX)?,
            intro: line(&field("intro"), &text.intro, (0, TEXT_CHARS_MAX))?,
            kind: needed("kind", &text.kind, KIND_CHARS_MAX)?,
            frequency: needed("frequency", &text.frequency, FREQUENCY_CHARS_MAX)?,
            message: line(&field("message"), &text.message, (0, MESSAGE_CHARS_MAX))?,
        };
        // Whoever sends these words as they stand joins; words that refuse must not stand there.
        let said = super::link::first_words(&tag, &text);
        let refuses = matches!(
            policy.keywords.read(&said, Setting::Alone),
            Reading::Stop(_) | Reading::StopAll(_) | Reading::Erasure(_) | Reading::WrongNumber(_)
        );
        if refuses {
            let message = format!("`{said}` is what people say who want nothing: want other words");
            return Err(Error::field(&field("message"), message));
        }
        kept.insert(tag, text);
    }
    Ok(kept)
}

/// A text without white space around it and without what breaks a line.
fn line(field: &str, text: &str, (min, max): (usize, usize)) -> Result<String, Error> {
    let text = text.trim();
    let length = text.chars().count();
    let is_plain = !text.chars().any(char::is_control);
    if (min..=max).contains(&length) && is_plain {
        return Ok(text.to_owned());
    }
    let what = match field.rsplit('.').next() {
        Some("kind") if length == 0 => {
            "it is missing: a form has to say which kind of messages come".to_owned()
        }
        Some("frequency") if length == 0 => {
            "it is missing: a form has to say how often messages come".to_owned()
        }
        _ => format!("it has `{length}` characters: want {min} to {max}, in one line"),
    };
    Err(Error::field(field, what))
}

/// Origins, each once: a scheme, a host, perhaps a port.
fn frames(frames: Vec<String>) -> Result<Vec<String>, Error> {
    if frames.len() > FRAMES_MAX {
        let message = format!("`{}` are too many: want at most {FRAMES_MAX}", frames.len());
        return Err(Error::field("frames", message));
    }
    let origin = |text: &String| {
        let text = text.trim().trim_end_matches('/').to_ascii_lowercase();
        let host = text
            .strip_prefix("https://")
            .or_else(|| text.strip_prefix("http://"));
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':');
        let fits = host.is_some_and(|host| {
            !host.is_empty()
                && host.len() <= 253
                && host.starts_with(|c: char| c.is_ascii_alphanumeric())
                && host.chars().all(plain)
        });
        if fits {
            return Ok(text);
        }
        let message = format!("`{text}` is no origin: want one like https://shop.example");
        Err(Error::field("frames", message))
    };
    let kept: BTreeSet<String> = frames.iter().map(origin).collect::<Result<_, _>>()?;
    Ok(kept.into_iter().collect())
}

/// The name of a form in addresses.
///
/// # Errors
/// [`Error::Invalid`] when it is missing or could not stand in an address.
pub fn slug(text: Option<&str>) -> Result<String, Error> {
    let slug = text.unwrap_or_default().trim();
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let fits = (1..=SLUG_CHARS_MAX).contains(&slug.len())
        && slug.chars().all(plain)
        && !slug.starts_with('-')
        && !slug.ends_with('-');
    if fits && !TAKEN.contains(&slug) {
        return Ok(slug.to_owned());
    }
    let message = format!(
        "`{slug}` cannot be the name of a form: want 1 to {SLUG_CHARS_MAX} small letters, digits and hyphens, like spring"
    );
    Err(Error::field("slug", message))
}
