//! Opt-in forms: what people are asked, in which words, version by version.

pub mod asking;
mod body;
pub mod link;

use consent::{event::StaffAct, scope::Category, time::Timestamp};
use serde::Serialize;
use store::{
    form::{FormLine, FormVersion},
    house::TopicLine,
};
use utoipa::ToSchema;
use uuid::Uuid;

pub use self::body::{FormBody, FormText, TemplateName};
use crate::{
    app::{App, House},
    clock,
    error::Error,
    services::{keys, policy::body_hash, preferences::choice::Choice},
};

/// A form in one version.
#[derive(Debug, Clone)]
pub struct Form {
    /// Its id.
    pub id: Uuid,
    /// Its name in addresses.
    pub slug: String,
    /// The version.
    pub version: i64,
    /// From when the version is.
    pub at: Timestamp,
    /// When the form was made.
    pub created: Timestamp,
    /// Since when nobody can join by it; none while it is in use.
    pub retired: Option<Timestamp>,
    /// What it says.
    pub body: FormBody,
}

impl Form {
    /// What can be agreed to on it, in its order, without topics that are there no longer.
    #[must_use]
    pub fn choices(&self, topics: &[TopicLine]) -> Vec<Choice> {
        let read = |word: &String| Choice::read(word, topics);
        self.body.topics.iter().filter_map(read).collect()
    }

    /// The words of a language; of another one where the form does not speak it.
    #[must_use]
    pub fn text(&self, language: &str) -> Option<(&str, &FormText)> {
        let mut texts = self.body.texts.iter();
        let found = self.body.texts.get_key_value(language);
        let (language, text) = found.or_else(|| texts.next())?;
        Some((language.as_str(), text))
    }

    fn in_version(&self, line: &FormVersion) -> Result<Self, Error> {
        Ok(Self {
            version: line.version,
            at: line.at,
            body: serde_json::from_str(&line.body).map_err(Error::internal)?,
            ..self.clone()
        })
    }

    fn of(line: FormLine) -> Result<Self, Error> {
        Ok(Self {
            id: line.id,
            slug: line.slug,
            version: line.version.version,
            at: line.version.at,
            created: line.created,
            retired: line.retired,
            body: serde_json::from_str(&line.version.body).map_err(Error::internal)?,
        })
    }
}

/// The form of a name in its newest version, also one that is retired.
///
/// # Errors
/// When the database does not answer.
pub async fn find(app: &House, slug: &str) -> Result<Option<Form>, Error> {
    let line = app.store.form_named(slug).await?;
    line.map(Form::of).transpose()
}

/// The newest version of the form with an id.
///
/// # Errors
/// When the database does not answer.
pub async fn newest(app: &House, id: Uuid) -> Result<Option<Form>, Error> {
    let line = app.store.form(id).await?;
    line.map(Form::of).transpose()
}

/// A form as it was in an earlier version.
///
/// # Errors
/// When the database does not answer.
pub async fn version(app: &House, form: &Form, version: i64) -> Result<Option<Form>, Error> {
    let mut all = app.store.form_versions(form.id).await?.into_iter();
    let Some(line) = all.find(|line| line.version == version) else {
        return Ok(None);
    };
    form.in_version(&line).map(Some)
}

/// A form, as the API shows it.
#[derive(Debug, Serialize, ToSchema)]
pub struct FormAnswer {
    /// Its id.
    pub id: String,
    /// Its name in addresses.
    pub slug: String,
    /// Counts up with each change.
    pub version: i64,
    /// Where people find it; null as long as nobody said under which address the public reaches us.
    pub url: Option<String>,
    /// HTML that shows it in a page of one of the `frames`; null where there are none.
    pub embed: Option<String>,
    /// What it says.
    #[serde(flatten)]
    pub body: FormBody,
    /// When it was made.
    pub created_at: String,
    /// When this version was written.
    pub changed_at: String,
    /// Since when nobody can join by it; null while it is in use.
    pub retired_at: Option<String>,
}

fn answer(app: &House, form: Form) -> FormAnswer {
    let url = app
        .public_url()
        .map(|base| format!("{base}/join/{}", form.slug));
    let embed = url
        .as_ref()
        .filter(|_| !form.body.frames.is_empty())
        .map(|url| {
            format!(
                "<iframe src=\"{url}?embed=1\" title=\"{}\" width=\"100%\" height=\"760\" style=\"border:0\"></iframe>",
                form.slug
            )
        });
    FormAnswer {
        id: form.id.to_string(),
        slug: form.slug,
        version: form.version,
        url,
        embed,
        body: form.body,
        created_at: clock::rfc3339(form.created),
        changed_at: clock::rfc3339(form.at),
        retired_at: form.retired.map(clock::rfc3339),
    }
}

/// Every form, oldest first.
///
/// # Errors
/// When the database does not answer.
pub async fn list(app: &House) -> Result<Vec<FormAnswer>, Error> {
    let lines = app.store.forms().await?.into_iter();
    lines
        .map(|line| Form::of(line).map(|form| answer(app, form)))
        .collect()
}

/// One form.
///
/// # Errors
/// [`Error::NotFound`] when there is none; when the database does not answer.
pub async fn show(app: &House, slug: &str) -> Result<FormAnswer, Error> {
    let form = find(app, slug).await?.ok_or(Error::NotFound("form"))?;
    Ok(answer(app, form))
}

/// Every version of a form, oldest first.
///
/// # Errors
/// As for [`show`].
pub async fn versions(app: &House, slug: &str) -> Result<Vec<FormAnswer>, Error> {
    let form = find(app, slug).await?.ok_or(Error::NotFound("form"))?;
    let lines = app.store.form_versions(form.id).await?.into_iter();
    lines
        .map(|line| Ok(answer(app, form.in_version(&line)?)))
        .collect()
}

/// Makes a form.
///
/// # Errors
/// [`Error::Invalid`] naming what is missing or makes no sense, as a form that does not say which kind of messages come
/// and how often; [`Error::Conflict`] when the name is taken.
pub async fn create(app: &App, body: FormBody, actor: &str) -> Result<FormAnswer, Error> {
    let slug = body::slug(body.slug.as_deref())?;
    let body = body.checked(app).await?;
    let now = app.clock.now();
    let line = FormLine {
        id: app.clock.id(),
        slug: slug.clone(),
        version: written(&body, (1, actor), now)?,
        created: now,
        retired: None,
    };
    let mut tx = app.store.begin().await?;
    tx.add_form(&line).await.map_err(|error| {
        if error.is_conflict() {
            Error::Conflict(format!("there is a form `{slug}` already"))
        } else {
            error.into()
        }
    })?;
    note(app, &mut tx, &line, actor).await?;
    tx.commit().await?;
    app.bell.log.notify_one();
    show(app, &slug).await
}

/// Gives a form other words: a new version. What people agreed to before stays as it was.
///
/// # Errors
/// As for [`create`]; [`Error::NotFound`] when there is no such form; [`Error::Conflict`] when somebody else was faster.
pub async fn replace(
    app: &App,
    slug: &str,
    body: FormBody,
    actor: &str,
) -> Result<FormAnswer, Error> {
    let found = app.store.form_named(slug).await?;
    let mut line = found.ok_or(Error::NotFound("form"))?;
    if body.slug.as_deref().is_some_and(|other| other != slug) {
        let message = "a form keeps its name, which stands in links and on posters: want none here";
        return Err(Error::field("slug", message));
    }
    let body = body.checked(app).await?;
    let next = line.version.version + 1;
    let written = written(&body, (next, actor), app.clock.now())?;
    if written.body == line.version.body {
        return show(app, slug).await;
    }
    line.version = written;
    let mut tx = app.store.begin().await?;
    tx.add_form_version(line.id, &line.version)
        .await
        .map_err(|error| {
            if error.is_conflict() {
                Error::Conflict("the form was changed by somebody else: read it again".to_owned())
            } else {
                error.into()
            }
        })?;
    note(app, &mut tx, &line, actor).await?;
    tx.commit().await?;
    app.bell.log.notify_one();
    show(app, slug).await
}

/// Ends a form, or takes it up again.
///
/// # Errors
/// [`Error::NotFound`] when there is no such form; when the database does not answer.
pub async fn retire(
    app: &App,
    slug: &str,
    retired: bool,
    actor: &str,
) -> Result<FormAnswer, Error> {
    let found = app.store.form_named(slug).await?;
    let mut line = found.ok_or(Error::NotFound("form"))?;
    line.retired = retired.then(|| line.retired.unwrap_or_else(|| app.clock.now()));
    let mut tx = app.store.begin().await?;
    tx.retire_form(line.id, line.retired).await?;
    note(app, &mut tx, &line, actor).await?;
    tx.commit().await?;
    app.bell.log.notify_one();
    show(app, slug).await
}

fn written(
    body: &FormBody,
    (version, actor): (i64, &str),
    at: Timestamp,
) -> Result<FormVersion, Error> {
    Ok(FormVersion {
        version,
        body: serde_json::to_string(body).map_err(Error::internal)?,
        actor: actor.to_owned(),
        at,
    })
}

/// What the log keeps of a change: which form and version, and a hash of what it says.
async fn note(
    app: &App,
    tx: &mut store::pool::Tx,
    line: &FormLine,
    actor: &str,
) -> Result<(), Error> {
    let hash = body_hash(&line.version.body);
    let state = if line.retired.is_some() {
        "; retired"
    } else {
        ""
    };
    let note = format!(
        "form {} version {} {hash}{state}",
        line.slug, line.version.version
    );
    keys::staff_event(app, tx, StaffAct::FormChanged, actor, &note).await
}

/// The choice of a form that names no topics: offers as such.
pub const OFFERS: Choice = Choice::Category(Category::Marketing);
