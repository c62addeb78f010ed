//! E-mails of our own: a question to whoever reads an address that somebody typed into a form, and the receipt of a yes.
//!
//! A letter is put in line in the transaction that is its reason, and sent by a worker, at least once.

pub mod compose;
pub mod confirm;
pub mod pump;
pub mod token;

use consent::{
    alias::{Alias, Email},
    id::{ContactId, EventId},
    time::{DAY_MS, HOUR_MS},
};
use serde::{Deserialize, Serialize};
use store::{letter::LetterLine, pool::Tx};
use uuid::Uuid;

use crate::{
    app::House,
    error::Error,
    services::{join::limits, preferences::choice::Choice},
};

/// How many questions an address gets in a day, whoever asks for them.
const CONFIRMS_PER_DAY_MAX: i64 = 3;
/// How many a mailbox gets in thirty days: whoever never answers is left alone.
const CONFIRMS_PER_SPAN_MAX: i64 = 6;
/// Those thirty days.
const CONFIRMS_SPAN_MS: i64 = 30 * DAY_MS;
/// How many questions the house puts in an hour.
const CONFIRMS_PER_HOUR_MAX: i64 = 500;

/// What a letter says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Was it you who gave this address, and do you agree?
    Confirm,
    /// This is what you agreed to.
    Receipt,
}

impl Kind {
    /// The word in the table.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Confirm => "confirm",
            Self::Receipt => "receipt",
        }
    }

    /// Reads [`Kind::word`].
    #[must_use]
    pub fn read(word: &str) -> Option<Self> {
        [Self::Confirm, Self::Receipt]
            .into_iter()
            .find(|kind| kind.word() == word)
    }
}

/// Somebody gave an address in a form, and its reader is to be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Whom the address means, or else whom the form made or found by what was typed beside it. A yes gives the address
    /// to the latter only where they have shown meanwhile that it was them: whoever reads it would become them.
    pub contact: ContactId,
    /// The address that was typed.
    pub email: Email,
    /// The language of what was shown, as the tag of a page's language.
    pub language: String,
    /// SHA-256 of what was shown; the text is kept under it.
    pub wording: [u8; 32],
    /// The address of the page that showed it.
    pub page: String,
    /// What was ticked.
    pub ticked: Vec<Choice>,
}

/// What came of wanting to ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// The letter waits under this id. Once that is committed, ring `bell.letters`.
    InLine(Uuid),
    /// The address got as many as it may get in a day.
    TooMany,
    /// No mail server is set, or nobody said under which address the public reaches us.
    NoPost,
}

/// What the words of a letter depend on, as it is kept with it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Detail {
    /// SHA-256 of what was shown, in hexadecimal digits.
    pub wording: String,
    /// The address of the page that showed it.
    pub page: String,
    /// What was ticked, as [`Choice`] prints it.
    pub ticked: Vec<String>,
    /// The events that a receipt is about.
    #[serde(default)]
    pub events: Vec<String>,
}

impl Detail {
    /// Reads what was kept; an empty one where that makes no sense.
    #[must_use]
    pub fn read(text: &str) -> Self {
        serde_json::from_str(text).unwrap_or_default()
    }

    /// The hash of what was shown.
    #[must_use]
    pub fn wording(&self) -> Option<[u8; 32]> {
        let mut hash = [0; 32];
        hex::decode_to_slice(&self.wording, &mut hash).ok()?;
        Some(hash)
    }
}

/// Puts the question in line: whoever reads the address decides.
///
/// # Errors
/// When the database does not answer.
pub async fn ask(app: &House, tx: &mut Tx, request: &Request) -> Result<Asked, Error> {
    if app.post.is_none() || app.public_url().is_none() {
        return Ok(Asked::NoPost);
    }
    let alias = Alias::Email(request.email.clone());
    let address = format!("l:{}", alias.key());
    let is_too_much = limits::count(app, tx, (&address, DAY_MS)).await? > CONFIRMS_PER_DAY_MAX
        || limits::count(app, tx, (&mailbox(&request.email), CONFIRMS_SPAN_MS)).await?
            > CONFIRMS_PER_SPAN_MAX
        || limits::count(app, tx, ("letters", HOUR_MS)).await? > CONFIRMS_PER_HOUR_MAX;
    if is_too_much {
        count(Kind::Confirm, "too_many");
        return Ok(Asked::TooMany);
    }
    let detail = Detail {
        wording: hex::encode(request.wording),
        page: request.page.clone(),
        ticked: request.ticked.iter().map(ToString::to_string).collect(),
        events: Vec::new(),
    };
    let to = (request.contact, &request.email, request.language.as_str());
    put(app, tx, (Kind::Confirm, to), &detail)
        .await
        .map(Asked::InLine)
}

/// The mailbox of an address: what stands behind a plus sign is the reader's own.
fn mailbox(email: &Email) -> String {
    let text = email.to_string();
    let (local, domain) = text.rsplit_once('@').unwrap_or((&text, ""));
    let local = local.split('+').next().unwrap_or(local);
    format!("m:{local}@{domain}")
}

/// Puts the receipt of a yes in line.
///
/// # Errors
/// When the database does not answer.
pub async fn receipt(
    app: &House,
    tx: &mut Tx,
    asked: &LetterLine,
    events: &[EventId],
) -> Result<(), Error> {
    let Ok(email) = asked.email.parse::<Email>() else {
        return Ok(());
    };
    let detail = Detail {
        events: events.iter().map(ToString::to_string).collect(),
        ..Detail::read(&asked.detail)
    };
    let to = (asked.contact, &email, asked.language.as_str());
    put(app, tx, (Kind::Receipt, to), &detail).await?;
    Ok(())
}

async fn put(
    app: &House,
    tx: &mut Tx,
    (kind, (contact, email, language)): (Kind, (ContactId, &Email, &str)),
    detail: &Detail,
) -> Result<Uuid, Error> {
    let now = app.clock.now();
    let line = LetterLine {
        contact,
        id: app.clock.id(),
        kind: kind.word().to_owned(),
        email: email.to_string(),
        language: language.to_owned(),
        detail: serde_json::to_string(detail).map_err(Error::internal)?,
        created: now,
        due: now,
        tries: 0,
    };
    tx.put_letter(&line).await?;
    Ok(line.id)
}

fn count(kind: Kind, outcome: &'static str) {
    metrics::counter!("consentry_letters_total", "kind" => kind.word(), "outcome" => outcome)
        .increment(1);
}
