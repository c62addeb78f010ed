//! The question whether somebody joins: its words, which are kept as what they were shown, and how it is put to a number that
//! was typed into a form.

use consent::{
    alias::Alias,
    id::{ContactId, EventId},
    phone::Phone,
    time::Timestamp,
    window,
};
use graph::template;
use store::{
    form::WordingLine,
    house::TopicLine,
    pool::Tx,
    reply::{ReplyLine, ReplyState},
    topic::TopicText,
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
        forms::Form,
        preferences::choice::Choice,
    },
    vault::sha256,
};

/// Longest text beside buttons, in characters.
const TEXT_CHARS_MAX: usize = 1_024;

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
}

/// What comes, and how often, in words.
#[must_use]
pub fn named(subject: Subject<'_>) -> Joining {
    let Some((_, text)) = subject.form.text(subject.language) else {
        return Joining::default();
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
    // Very many topics are named by what they have in common.
    let text = if whole.chars().count() <= TEXT_CHARS_MAX {
        whole
    } else {
        filled(&say(Key::What))
    };
    let wording = Wording::of(&text, [&say(Key::Yes), &say(Key::No)]);
    let joining = Joining {
        text,
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

/// Puts the question to a number that was typed into a form, where we may write to it: in the open window, else by the
/// template of the form. Where neither is there the page alone leads on.
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
    let topics = app.store.topics().await?;
    let texts = app.store.topic_texts().await?;
    let joining = Joining {
        requests: typed.requests.iter().map(ToString::to_string).collect(),
        page: Some(typed.page.to_owned()),
        ..named(Subject {
            form: typed.form,
            language: typed.language,
            choices: typed.ticked,
            topics: (&topics, &texts),
        })
    };
    let now = app.clock.now();
    let heard = cast.standing(contact).heard.get(&number).copied();
    let is_open = heard.is_some_and(|heard| window::is_open(&heard, now));
    let asked = if is_open {
        let flows = setting::current(app).await?;
        Some(asked(&flows, (number.as_str(), typed.language), joining))
    } else {
        by_template(app, typed, joining).await?
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

/// The question as the form's template puts it, in the language of the form where Meta has it in that one.
async fn by_template(
    app: &App,
    typed: &Typed<'_>,
    joining: Joining,
) -> Result<Option<(Joining, Wording)>, Error> {
    let Some(set) = &typed.form.body.question_template else {
        return Ok(None);
    };
    let versions = app.store.versions_of(&set.name).await?;
    let in_language = versions
        .iter()
        .find(|version| words::base(&version.language).eq_ignore_ascii_case(typed.language));
    let as_set = versions
        .iter()
        .find(|version| version.language.eq_ignore_ascii_case(&set.language));
    let Some(version) = in_language.or(as_set) else {
        return Ok(None);
    };
    let fill = [joining.what.as_str(), joining.often.as_str()];
    let Some(question) = template::question(&version.components, &fill) else {
        tracing::warn!(
            template = set.name,
            "the template of a form puts no question: want two quick-reply buttons, and no gaps but the kind of messages and \
             how often they come"
        );
        return Ok(None);
    };
    let [yes, no] = &question.labels;
    let wording = Wording::of(&question.text, [yes, no]);
    let joining = Joining {
        text: question.text,
        wording: hex::encode(wording.sha256),
        template: Some((set.name.clone(), version.language.clone(), question.gaps)),
        ..joining
    };
    Ok(Some((joining, wording)))
}
