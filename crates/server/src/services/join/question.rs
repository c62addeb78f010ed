//! The question whether somebody joins: its words, which are kept as what they were shown, and how it is put to a number that
//! was typed into a form.

use std::sync::Arc;

use consent::{
    alias::Alias,
    id::{ContactId, EventId},
    phone::Phone,
    time::{DAY_MS, HOUR_MS, Timestamp},
    window,
};
use store::{
    form::WordingLine,
    house::TopicLine,
    pool::Tx,
    reply::{ReplyLine, ReplyState},
    topic::TopicText,
    version::Version,
};

use crate::{
    app::App,
    error::Error,
    flows::{
        Flows,
        words::{self, Key},
    },
    services::{
        cast::Cast,
        flows::{
            answer,
            plan::{Detail, Joining, Kind},
            setting,
        },
        forms::{Form, asking},
        join::limits,
        preferences::choice::Choice,
    },
    vault::sha256,
};

/// Longest text beside buttons, in characters.
const TEXT_CHARS_MAX: usize = 1_024;
/// How long nobody is written to again who has not written.
const ASK_AGAIN_MS: i64 = 30 * DAY_MS;
/// How many people one form writes to first in an hour.
const FIRST_QUESTIONS_MAX: i64 = 500;
/// The kind of nudge that such a question is.
const NUDGE: &str = "form";

/// What is asked for in a form, as a question names it.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// The form.
    pub form: &'a Form,
    /// The language.
    pub language: &'a str,
    /// What was ticked, or what the link is for.
    pub choices: &'a [Choice],
    /// The topics, and what they are called in other languages.
    pub topics: (&'a [TopicLine], &'a [TopicText]),
}

/// A form that was filled in for a number.
pub struct Typed<'a> {
    /// The form.
    pub form: &'a Form,
    /// The language that it was shown in.
    pub language: &'a str,
    /// The address of the page.
    pub page: &'a str,
    /// The number that was typed.
    pub phone: Phone,
    /// What was asked for.
    pub requests: &'a [EventId],
    /// What was ticked.
    pub ticked: &'a [Choice],
    /// What the question is put with.
    pub shelf: &'a Shelf,
}

/// What comes, and how often, in words.
#[must_use]
pub fn named(subject: Subject<'_>) -> Joining {
    let Subject { form, language, .. } = subject;
    let form = Some(format!("form {} version {}", form.slug, form.version));
    let Some((_, text)) = subject.form.text(language) else {
        return Joining {
            form,
            ..Joining::default()
        };
    };
    let what = subject.choices.iter().map(|choice| match choice {
        Choice::Topic(topic) => {
            let (topics, texts) = subject.topics;
            let of_language =
                |text: &&TopicText| text.topic == topic.id && text.language == subject.language;
            let translated = texts
                .iter()
                .find(of_language)
                .map(|text| text.name.as_str());
            let line = topics.iter().find(|line| line.topic.id == topic.id);
            translated
                .or(line.map(|line| line.name.as_str()))
                .unwrap_or_default()
        }
        Choice::All | Choice::Category(_) | Choice::Channel(_) => text.kind.as_str(),
    });
    let what: Vec<&str> = what.filter(|name| !name.is_empty()).collect();
    Joining {
        what: what.join(", "),
        often: text.frequency.trim_end_matches(['.', '।']).to_owned(),
        form,
        ..Joining::default()
    }
}

/// What comes and how often, where no form says it.
#[must_use]
pub fn plain(flows: &Flows, number: &str, language: &str) -> Joining {
    Joining {
        what: flows.say(number, language, Key::What),
        often: flows.say(number, language, Key::Often),
        ..Joining::default()
    }
}

/// The question as it is put in the chat, and the wording that is kept of it.
#[must_use]
pub fn asked(
    flows: &Flows,
    (number, language): (&str, &str),
    joining: Joining,
) -> (Joining, Wording) {
    let say = |key| flows.say(number, language, key);
    let filled = |what: &str| {
        words::filled(
            &say(Key::Question),
            &[("what", what), ("often", &joining.often)],
        )
    };
    let whole = filled(&joining.what);
    // Very many topics are named by the first of them: what does not fit is cut, and seen to be.
    let text = if whole.chars().count() <= TEXT_CHARS_MAX {
        whole
    } else {
        let frame = filled("").chars().count() + 1;
        let room = TEXT_CHARS_MAX.saturating_sub(frame);
        let cut: String = joining.what.chars().take(room).collect();
        filled(&format!("{cut}…"))
    };
    let labels = [say(Key::Yes), say(Key::No)];
    let wording = Wording::of(&text, labels.each_ref().map(String::as_str));
    let joining = Joining {
        text,
        labels,
        wording: hex::encode(wording.sha256),
        ..joining
    };
    (joining, wording)
}

/// What somebody was asked, buttons and all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wording {
    /// Its SHA-256.
    pub sha256: [u8; 32],
    /// The text.
    pub text: String,
}

impl Wording {
    fn of(text: &str, labels: [&str; 2]) -> Self {
        let [yes, no] = labels;
        let text = format!("{text}\n[{yes}] [{no}]");
        Self {
            sha256: sha256(text.as_bytes()),
            text,
        }
    }

    /// As it is kept.
    #[must_use]
    pub fn line(self, locale: &str, form: Option<&Form>, at: Timestamp) -> WordingLine {
        WordingLine {
            sha256: self.sha256,
            text: self.text,
            locale: locale.to_owned(),
            form: form.map(|form| (form.id, form.version)),
            at,
        }
    }
}

/// What questions are put with, read before anything is changed.
#[derive(Clone)]
pub struct Shelf {
    topics: Vec<TopicLine>,
    texts: Vec<TopicText>,
    flows: Arc<Flows>,
    versions: Vec<Version>,
}

impl Shelf {
    /// Reads everything that a question of this form may need.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn read(app: &App, form: &Form) -> Result<Self, Error> {
        let versions = match &form.body.question_template {
            Some(set) => app.store.versions_of(&set.name).await?,
            None => Vec::new(),
        };
        Ok(Self {
            topics: app.store.topics().await?,
            texts: app.store.topic_texts().await?,
            flows: setting::current(app).await?,
            versions,
        })
    }

    /// What comes and how often, of what was ticked in a form.
    #[must_use]
    pub fn named(&self, form: &Form, language: &str, choices: &[Choice]) -> Joining {
        named(Subject {
            form,
            language,
            choices,
            topics: (&self.topics, &self.texts),
        })
    }
}

/// Puts the question to a number that was typed into a form, where we may write to it: in the open window, else by the
/// template of the form, and that once in a while. Where neither is there the page alone leads on.
///
/// # Errors
/// When the database does not answer.
pub async fn put(
    app: &App,
    tx: &mut Tx,
    (contact, cast): (ContactId, &Cast<'_>),
    typed: &Typed<'_>,
) -> Result<(), Error> {
    let own = typed.form.body.number.as_ref();
    let number = own.and_then(|number| number.parse().ok());
    let Some(number) = number.or_else(|| app.config.numbers().next()) else {
        return Ok(());
    };
    let shelf = typed.shelf;
    let joining = Joining {
        requests: typed.requests.iter().map(ToString::to_string).collect(),
        page: Some(typed.page.to_owned()),
        ..shelf.named(typed.form, typed.language, typed.ticked)
    };
    let now = app.clock.now();
    let heard = cast.standing(contact).heard.get(&number).copied();
    let is_open = heard.is_some_and(|heard| window::is_open(&heard, now));
    let asked = if is_open {
        Some(asked(
            &shelf.flows,
            (number.as_str(), typed.language),
            joining,
        ))
    } else {
        match by_template(typed, joining) {
            Some(asked) if may_write_first(app, tx, contact, typed.form).await? => Some(asked),
            Some(_) | None => None,
        }
    };
    let Some((joining, wording)) = asked else {
        return Ok(());
    };
    tx.keep_wordings(&[wording.line(typed.language, Some(typed.form), now)])
        .await?;
    let detail = Detail {
        joining: Some(joining),
        ..Detail::default()
    };
    let first = typed.requests.first().map(ToString::to_string);
    let line = ReplyLine {
        contact,
        id: answer::id_of(&format!("form {}", first.unwrap_or_default()), now),
        kind: Kind::Question.word().to_owned(),
        number: number.to_string(),
        recipient: Alias::Phone(typed.phone).value(),
        language: typed.language.to_owned(),
        detail: serde_json::to_string(&detail).map_err(Error::internal)?,
        quotes: None,
        said: now,
        due: now,
        state: ReplyState::Waiting,
    };
    tx.keep_replies(&[line]).await?;
    Ok(())
}

/// Whether somebody may be written to who has not written: once in thirty days, however often their number is typed, and
/// so many people in an hour by one form.
async fn may_write_first(
    app: &App,
    tx: &mut Tx,
    contact: ContactId,
    form: &Form,
) -> Result<bool, Error> {
    let now = app.clock.now();
    let since = now.plus_millis(-ASK_AGAIN_MS);
    if tx.nudge(&[contact], NUDGE, (since, now)).await?.is_empty() {
        return Ok(false);
    }
    let count = limits::count(app, tx, (&format!("f:{}", form.id), HOUR_MS)).await?;
    Ok(count <= FIRST_QUESTIONS_MAX)
}

/// The question as the form's template puts it, in the language of the form where Meta has it in that one.
fn by_template(typed: &Typed<'_>, joining: Joining) -> Option<(Joining, Wording)> {
    let set = typed.form.body.question_template.as_ref()?;
    let versions = &typed.shelf.versions;
    let in_language = versions
        .iter()
        .find(|version| words::base(&version.language).eq_ignore_ascii_case(typed.language));
    let as_set = versions
        .iter()
        .find(|version| version.language.eq_ignore_ascii_case(&set.language));
    let version = in_language.or(as_set)?;
    let fill = [joining.what.as_str(), joining.often.as_str()];
    let Some(question) = asking::of_template(version, fill) else {
        tracing::warn!(
            template = set.name,
            language = version.language,
            "the template of a form puts no question any more: want two quick replies, yes first, and no gaps but what comes \
             and how often"
        );
        return None;
    };
    let [yes, no] = &question.labels;
    let wording = Wording::of(&question.text, [yes, no]);
    let joining = Joining {
        text: question.text,
        wording: hex::encode(wording.sha256),
        template: Some((set.name.clone(), version.language.clone(), question.gaps)),
        labels: question.labels,
        ..joining
    };
    Some((joining, wording))
}
