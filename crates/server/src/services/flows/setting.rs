//! The settings of the flows in force: read when they changed, written as an event.

use std::{
    collections::BTreeSet,
    sync::{Arc, MutexGuard, PoisonError},
};

use consent::{event::StaffAct, id::NumberId, wording::fold::fold};
use store::flow::FlowLine;

use crate::{
    app::{App, House},
    error::Error,
    flows::{
        Flows, Texts,
        words::{Key, PLACES},
    },
    services::{keys, policy::body_hash},
};

/// Most words in a list of words that ask for something.
const WORDS_MAX: usize = 50;
/// Most sets of texts.
const TEXTS_MAX: usize = 500;
/// Longest time that a question can be answered with yes, in days.
const QUESTION_DAYS_MAX: u32 = 365;

/// The settings in force. Reads their version each time, their body only when it changed.
///
/// # Errors
/// When the database does not answer.
pub async fn current(app: &House) -> Result<Arc<Flows>, Error> {
    let version = app.store.flow_version().await?;
    if let Some(kept) = lock(app).as_ref().filter(|kept| kept.version == version) {
        return Ok(Arc::clone(kept));
    }
    let flows = match app.store.flow_setting().await? {
        Some(line) => Flows {
            version: line.version,
            ..serde_json::from_str(&line.body).map_err(Error::internal)?
        },
        None => Flows::default(),
    };
    let flows = Arc::new(flows);
    *lock(app) = Some(Arc::clone(&flows));
    Ok(flows)
}

/// The settings as they were last read: for what they decide nothing about.
#[must_use]
pub fn last_read(app: &House) -> Arc<Flows> {
    lock(app).clone().unwrap_or_default()
}

/// Puts settings in force.
///
/// # Errors
/// [`Error::Invalid`] naming what makes no sense; [`Error::Conflict`] when somebody else changed them meanwhile.
pub async fn replace(app: &App, body: Flows, actor: &str) -> Result<Arc<Flows>, Error> {
    check(app, &body)?;
    let version = app.store.flow_version().await? + 1;
    let body = serde_json::to_string(&Flows { version, ..body }).map_err(Error::internal)?;
    let note = format!("flows {version} {}", body_hash(&body));
    let line = FlowLine {
        version,
        body,
        at: app.clock.now(),
    };
    let mut tx = app.store.begin().await?;
    tx.set_flow(&line).await.map_err(|error| {
        if error.is_conflict() {
            let message = "the flows were changed by somebody else: read them again";
            Error::Conflict(message.to_owned())
        } else {
            error.into()
        }
    })?;
    keys::staff_event(app, &mut tx, StaffAct::FlowsChanged, actor, &note).await?;
    tx.commit().await?;
    app.bell.log.notify_one();
    current(app).await
}

/// Whether settings make sense.
///
/// # Errors
/// [`Error::Invalid`] naming what makes none.
pub fn check(app: &House, body: &Flows) -> Result<(), Error> {
    words("help_words", &body.help_words)?;
    words("menu_words", &body.menu_words)?;
    words("receipt_words", &body.receipt_words)?;
    if !(1..=QUESTION_DAYS_MAX).contains(&body.question_days) {
        let message = format!(
            "`{}` is no time to answer: want 1 to {QUESTION_DAYS_MAX} days",
            body.question_days
        );
        return Err(Error::field("question_days", message));
    }
    if body.texts.len() > TEXTS_MAX {
        let message = format!(
            "`{}` are too many: want at most {TEXTS_MAX}",
            body.texts.len()
        );
        return Err(Error::field("texts", message));
    }
    let mut seen = BTreeSet::new();
    for texts in &body.texts {
        check_texts(app, texts)?;
        if !seen.insert((texts.number.clone(), texts.language.to_ascii_lowercase())) {
            let message = format!("`{}` is there twice: want it once", texts.language);
            return Err(Error::field("texts.language", message));
        }
    }
    tag("language", &body.language)?;
    if !body.speaks(&body.language) {
        let message = format!(
            "`{}` has no words: want a language that is built in, or texts for it",
            body.language
        );
        return Err(Error::field("language", message));
    }
    if let Some(form) = &body.form {
        let digits = !form.id.is_empty() && form.id.bytes().all(|byte| byte.is_ascii_digit());
        if !digits || form.screen.trim().is_empty() {
            let message = format!(
                "`{}` is no published form: want its digits and the name of its first screen",
                form.id
            );
            return Err(Error::field("form", message));
        }
    }
    if let Some(reminder) = &body.reminder {
        our_number(app, "reminder.number", &reminder.number)?;
        if reminder.every_days < 30 {
            let message = format!(
                "`{}` is too often: want 30 days or more",
                reminder.every_days
            );
            return Err(Error::field("reminder.every_days", message));
        }
        if reminder.template.trim().is_empty() || reminder.language.trim().is_empty() {
            let message =
                "a reminder goes outside of a conversation: want a template and its language";
            return Err(Error::field("reminder.template", message));
        }
    }
    Ok(())
}

fn check_texts(app: &House, texts: &Texts) -> Result<(), Error> {
    tag("texts.language", &texts.language)?;
    if let Some(number) = &texts.number {
        our_number(app, "texts.number", number)?;
    }
    for (name, text) in &texts.words {
        let Some(key) = Key::read(name) else {
            let known: Vec<&str> = Key::ALL.iter().map(|key| key.word()).collect();
            let message = format!("`{name}` is nothing we say: want {}", known.join(", "));
            return Err(Error::field("texts.words", message));
        };
        let length = text.trim().chars().count();
        if !(1..=key.chars_max()).contains(&length) {
            let message = format!(
                "`{name}` has {length} characters: want 1 to {}",
                key.chars_max()
            );
            return Err(Error::field("texts.words", message));
        }
        let places = text.split('{').skip(1);
        let mut places = places.map(|rest| rest.split('}').next().unwrap_or(rest));
        if let Some(unknown) = places.find(|place| !PLACES.contains(place)) {
            let message = format!("`{{{unknown}}}` is no place: want {}", PLACES.join(", "));
            return Err(Error::field("texts.words", message));
        }
    }
    Ok(())
}

fn words(field: &str, list: &[String]) -> Result<(), Error> {
    let bad = list
        .iter()
        .find(|word| fold(word).is_empty() || word.len() > 100);
    if let Some(bad) = bad {
        let message = format!("`{bad}` is no word: want letters or digits");
        return Err(Error::field(field, message));
    }
    if list.len() > WORDS_MAX {
        let message = format!("`{}` are too many: want at most {WORDS_MAX}", list.len());
        return Err(Error::field(field, message));
    }
    Ok(())
}

fn our_number(app: &House, field: &str, text: &str) -> Result<(), Error> {
    let ours = text
        .parse::<NumberId>()
        .is_ok_and(|number| app.config.account_of(&number).is_some());
    if ours {
        return Ok(());
    }
    let message = format!("`{text}` is no number of ours: want one from the settings");
    Err(Error::field(field, message))
}

fn tag(field: &str, text: &str) -> Result<(), Error> {
    let first = text.split('-').next().unwrap_or_default();
    let plain = text
        .split('-')
        .all(|part| !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric()));
    if plain && (2..=3).contains(&first.len()) && text.len() <= 35 {
        return Ok(());
    }
    let message = format!("`{text}` is no language: want a tag like es or pt-BR");
    Err(Error::field(field, message))
}

fn lock(app: &House) -> MutexGuard<'_, Option<Arc<Flows>>> {
    app.flows.lock().unwrap_or_else(PoisonError::into_inner)
}
