//! A first message with a code of ours: what it joins, as far as that can be known before anything is changed.

use consent::{time::Timestamp, wording::fold::fold};
use store::join::JoinCode;

use super::{code, question};
use crate::{
    app::App,
    error::Error,
    services::{
        flows::plan::Joining,
        forms::{self, Form},
        preferences::choice::Choice,
    },
};

/// A message that wants to join.
#[derive(Debug, Clone)]
pub struct Joined {
    /// The code.
    pub code: JoinCode,
    /// As it was written.
    pub text: String,
    /// The form as it is now.
    pub form: Form,
    /// What it is about.
    pub choices: Vec<Choice>,
    /// What the question names.
    pub joining: Joining,
    /// Whether the words are the ones that we wrote beside the code: whoever changed them is asked.
    pub is_untouched: bool,
}

impl Joined {
    /// Whether the code counts at a time.
    #[must_use]
    pub fn counts(&self, at: Timestamp) -> bool {
        self.form.retired.is_none()
            && self.code.retired.is_none()
            && self.code.expires.is_none_or(|expires| at < expires)
    }
}

/// What a message joins; none when there is no code of ours in it. A code that counts no longer is found all the same, so
/// that it can be told from a message about something else.
///
/// # Errors
/// When the database does not answer.
pub async fn read(app: &App, message: &str) -> Result<Option<Joined>, Error> {
    let Some((id, before, after)) = code::find(app, message) else {
        return Ok(None);
    };
    let Some(line) = app.store.join_codes(&[id]).await?.pop() else {
        return Ok(None);
    };
    let Some(form) = forms::newest(app, line.form).await? else {
        return Ok(None);
    };
    let topics = app.store.topics().await?;
    let texts = app.store.topic_texts().await?;
    // What was offered or ticked then, as far as the form still offers it: more was never shown.
    let offered = form.choices(&topics);
    let read = |word: &String| Choice::read(word, &topics);
    let choices = line.choices.iter().filter_map(read);
    let choices: Vec<Choice> = choices.filter(|choice| offered.contains(choice)).collect();
    let joining = Joining {
        page: Some(line.name.clone()),
        ..question::named(question::Subject {
            form: &form,
            language: &line.language,
            choices: &choices,
            topics: (&topics, &texts),
        })
    };
    let shown = app.store.wordings(&[line.wording]).await?.pop();
    let said = fold(&[before, after].concat());
    let is_untouched = shown.is_some_and(|shown| fold(&shown.text) == said);
    Ok(Some(Joined {
        text: code::write(app, line.id),
        code: line,
        form,
        choices,
        joining,
        is_untouched,
    }))
}
