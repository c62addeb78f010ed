//! A first message with a code of ours: what it joins, as far as that can be known before anything is changed.

use consent::{time::Timestamp, wording::fold::fold};
use store::join::{CodeKind, JoinCode};

use super::{code, question};
use crate::{
    app::App,
    error::Error,
    services::{
        flows::plan::Joining,
        forms::{self, Form, link},
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
    // A link is for whatever the form offers today, a visit for what was ticked.
    let choices: Vec<Choice> = match line.kind {
        CodeKind::Link => form.choices(&topics),
        CodeKind::Visit => {
            let read = |word: &String| Choice::read(word, &topics);
            line.choices.iter().filter_map(read).collect()
        }
    };
    let joining = Joining {
        page: Some(line.name.clone()),
        ..question::named(question::Subject {
            form: &form,
            language: &line.language,
            choices: &choices,
            topics: (&topics, &texts),
        })
    };
    let is_untouched = is_untouched(app, &line, &form, &[before, after].concat()).await?;
    Ok(Some(Joined {
        text: code::write(app, line.id),
        code: line,
        form,
        choices,
        joining,
        is_untouched,
    }))
}

/// Whether these are the words that the link was made with.
async fn is_untouched(app: &App, line: &JoinCode, form: &Form, words: &str) -> Result<bool, Error> {
    let ours = match line.kind {
        CodeKind::Link => {
            let shown = app.store.wordings(&[line.wording]).await?.pop();
            shown.map(|shown| shown.text)
        }
        CodeKind::Visit => {
            let form = forms::version(app, form, line.version).await?;
            let text = form.as_ref().and_then(|form| form.text(&line.language));
            text.map(|(language, text)| link::first_words(language, text))
        }
    };
    Ok(ours.is_some_and(|ours| fold(&ours) == fold(words)))
}
