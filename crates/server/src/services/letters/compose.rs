//! From a letter in line to what is handed to the mail server.

use consent::alias::{Alias, Email};
use mail::{letter::Letter, unsubscribe::Unsubscribe};
use store::letter::LetterLine;

use super::{Detail, Kind, token::Key};
use crate::{
    app::House,
    error::Error,
    post::Post,
    services::{business, policy, preferences::link},
    ui::{
        language::Language,
        letter::{self, Question, Receipt, Words},
        voice::Voice,
    },
};

/// The page that a question leads to.
pub const CONFIRM_PATH: &str = "/join/confirm/";

/// A letter that cannot be written, ever: why.
#[derive(Debug)]
pub struct Unwritable(pub String);

/// The letter.
///
/// # Errors
/// [`Error::Conflict`] when nobody said under which address the public reaches us; when the database does not answer.
pub async fn compose(
    app: &House,
    post: &Post,
    (line, kind, email): (&LetterLine, Kind, &Email),
) -> Result<Result<Letter, Unwritable>, Error> {
    let detail = Detail::read(&line.detail);
    let shown = match detail.wording() {
        Some(hash) => app.store.wordings(&[hash]).await?.pop(),
        None => None,
    };
    let Some(shown) = shown else {
        return Ok(Err(Unwritable("what was shown is not kept".to_owned())));
    };
    let card = business::card(app).await;
    let zone = policy::current(app).await?.zone.clone();
    let language = Language::read(&line.language).unwrap_or(Language::English);
    let voice = Voice::new(language, card.name.as_deref(), zone.as_deref());
    let (words, unsubscribe) = match kind {
        Kind::Confirm => (question(app, &voice, (line, email), &shown.text)?, None),
        Kind::Receipt => receipt(app, &voice, (line, email, &detail), &shown.text)?,
    };
    Ok(Ok(Letter {
        id: line.id.to_string(),
        from: post.from.clone(),
        reply_to: post.reply_to.clone(),
        to: email.clone(),
        subject: words.subject,
        text: words.text + &letter::footer(&voice, &app.config),
        language: language.tag().to_owned(),
        at: line.created,
        unsubscribe,
        attachments: Vec::new(),
    }))
}

fn question(
    app: &House,
    voice: &Voice,
    (line, email): (&LetterLine, &Email),
    wording: &str,
) -> Result<Words, Error> {
    let base = app.public_url().ok_or_else(no_address)?;
    let key = Key::of(&app.vault, (line.contact, line.id), email, line.created);
    let link = format!("{base}{CONFIRM_PATH}{}", key.write(&app.vault));
    let page = Detail::read(&line.detail).page;
    let question = Question {
        asked: line.created,
        page: &page,
        wording,
        link: &link,
        until: key.expires,
    };
    Ok(letter::question(voice, &question))
}

fn receipt(
    app: &House,
    voice: &Voice,
    (line, email, detail): (&LetterLine, &Email, &Detail),
    wording: &str,
) -> Result<(Words, Option<Unsubscribe>), Error> {
    let alias = Alias::Email(email.clone());
    let made = link::link(app, line.contact, &alias, line.created)?;
    let receipt = Receipt {
        agreed: line.created,
        page: &detail.page,
        wording,
        numbers: &detail.events,
        link: &made.url,
    };
    Ok((
        letter::receipt(voice, &receipt),
        link::unsubscribe(&made.url),
    ))
}

fn no_address() -> Error {
    let message = "no letter can be written: set `public_url`, the address under which people reach this server";
    Error::Conflict(message.to_owned())
}
