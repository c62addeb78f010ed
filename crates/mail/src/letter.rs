//! A letter, and how it is written down.
//!
//! A letter is plain text. What somebody is asked to agree to must be the same words for everybody who reads it, and
//! for the hash that is kept; a second body in HTML could say something else, and loads whatever it likes.

use std::time::{Duration, SystemTime};

use consent::{alias::Email, time::Timestamp};
use lettre::{
    Message,
    message::{
        Attachment as Attached, Mailbox, MessageBuilder, MultiPart, SinglePart,
        header::{ContentType, HeaderName, HeaderValue},
    },
};

use crate::{
    sender::{self, Sender, breaks_a_line},
    unsubscribe::Unsubscribe,
};

/// The longest subject, in characters.
const SUBJECT_CHARS_MAX: usize = 200;
/// The largest text, in bytes.
const TEXT_BYTES_MAX: usize = 64 * 1024;
/// The largest attachment, in bytes.
const ATTACHMENT_BYTES_MAX: usize = 256 * 1024;
/// How many attachments a letter has at most.
const ATTACHMENTS_MAX: usize = 4;

/// One letter of the house to one person.
#[derive(Debug, Clone)]
pub struct Letter {
    /// What tells it from every other letter: letters, digits and hyphens. The same letter, sent again because nobody
    /// knew what became of it, has the same id, so that a mailbox may drop the second.
    pub id: String,
    /// Who it is from.
    pub from: Sender,
    /// Where answers go, if not there.
    pub reply_to: Option<Sender>,
    /// Whom it is for.
    pub to: Email,
    /// What stands above it.
    pub subject: String,
    /// What it says.
    pub text: String,
    /// In which language: `pt-BR`.
    pub language: String,
    /// When it was written.
    pub at: Timestamp,
    /// Where one POST ends such letters.
    pub unsubscribe: Option<Unsubscribe>,
    /// What comes with it.
    pub attachments: Vec<Attachment>,
}

/// A file that comes with a letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// Its name: `receipt.json`.
    pub name: String,
    /// What it is: `application/json`.
    pub kind: String,
    /// What is in it.
    pub bytes: Vec<u8>,
}

/// A letter that can be handed over.
#[derive(Debug, Clone)]
pub struct Written(Message);

/// A letter that must not be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadLetter {
    /// The id would not be one.
    #[error("the id of a letter must be 1 to 64 letters, digits and hyphens")]
    Id,
    /// No mail server would take the address.
    #[error("the address is none that a mail server takes")]
    Address,
    /// The subject would be several headers, or is too long.
    #[error("a subject has 1 to 200 characters in one line")]
    Subject,
    /// The text is empty, too long, or holds characters that are none.
    #[error("a letter has a text of at most 65536 bytes without control characters")]
    Text,
    /// The language is none.
    #[error("`{0}` is not a language: want a tag like en or pt-BR")]
    Language(String),
    /// An attachment has a name that is none, an unknown kind, or is too large.
    #[error("a letter has at most 4 attachments of at most 262144 bytes, each with a plain name")]
    Attachment,
    /// Anything else that the library refuses.
    #[error("the letter cannot be written: {0}")]
    Other(String),
}

impl Letter {
    /// Writes the letter down, with all its headers.
    ///
    /// # Errors
    /// [`BadLetter`]: above all, nothing that came from outside can make a header of its own.
    pub fn write(&self) -> Result<Written, BadLetter> {
        self.check()?;
        let to = sender::recipient(&self.to).ok_or(BadLetter::Address)?;
        let mut builder = Message::builder()
            .date(time(self.at))
            .from(self.from.mailbox())
            .to(Mailbox::new(None, to))
            .subject(self.subject.clone());
        if let Some(reply_to) = &self.reply_to {
            builder = builder.reply_to(reply_to.mailbox());
        }
        let id = format!("<{}@{}>", self.id, self.from.domain());
        builder = fixed(builder, "Message-ID", id);
        builder = fixed(builder, "Content-Language", self.language.clone());
        // RFC 3834: nobody's holiday notice shall answer it.
        builder = fixed(builder, "Auto-Submitted", "auto-generated".to_owned());
        for (name, value) in self.unsubscribe.iter().flat_map(Unsubscribe::headers) {
            builder = fixed(builder, name, value);
        }
        // A part ends with a line end of its own.
        let text = SinglePart::plain(self.text.trim_end().to_owned());
        let made = if self.attachments.is_empty() {
            builder.singlepart(text)
        } else {
            let mut parts = MultiPart::mixed().singlepart(text);
            for attachment in &self.attachments {
                parts = parts.singlepart(attachment.part()?);
            }
            builder.multipart(parts)
        };
        made.map(Written)
            .map_err(|error| BadLetter::Other(error.to_string()))
    }

    fn check(&self) -> Result<(), BadLetter> {
        let id_ok = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
        if self.id.is_empty() || self.id.len() > 64 || !self.id.bytes().all(id_ok) {
            return Err(BadLetter::Id);
        }
        let subject = self.subject.trim();
        let is_long = subject.chars().count() > SUBJECT_CHARS_MAX;
        if subject.is_empty() || is_long || self.subject.chars().any(breaks_a_line) {
            return Err(BadLetter::Subject);
        }
        let odd = |c: char| c.is_control() && !matches!(c, '\n' | '\t');
        let is_long = self.text.len() > TEXT_BYTES_MAX;
        if self.text.trim().is_empty() || is_long || self.text.chars().any(odd) {
            return Err(BadLetter::Text);
        }
        let tag_ok = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
        let language = &self.language;
        if !(2..=35).contains(&language.len()) || !language.bytes().all(tag_ok) {
            return Err(BadLetter::Language(
                language.escape_debug().take(40).collect(),
            ));
        }
        if self.attachments.len() > ATTACHMENTS_MAX {
            return Err(BadLetter::Attachment);
        }
        Ok(())
    }
}

impl Written {
    /// The letter as it travels.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        self.0.formatted()
    }

    pub(crate) const fn message(&self) -> &Message {
        &self.0
    }
}

impl Attachment {
    fn part(&self) -> Result<SinglePart, BadLetter> {
        let name_ok = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_');
        let is_named = (1..=100).contains(&self.name.len()) && self.name.chars().all(name_ok);
        if !is_named || self.bytes.len() > ATTACHMENT_BYTES_MAX {
            return Err(BadLetter::Attachment);
        }
        let kind = ContentType::parse(&self.kind).map_err(|_| BadLetter::Attachment)?;
        Ok(Attached::new(self.name.clone()).body(self.bytes.clone(), kind))
    }
}

/// A header whose value is checked ASCII and stays in one line: folded inside its brackets, an address is another one
/// for many a reader.
fn fixed(builder: MessageBuilder, name: &'static str, value: String) -> MessageBuilder {
    let name = HeaderName::new_from_ascii_str(name);
    builder.raw_header(HeaderValue::dangerous_new_pre_encoded(
        name,
        value.clone(),
        value,
    ))
}

fn time(at: Timestamp) -> SystemTime {
    let millis = u64::try_from(at.millis()).unwrap_or_default();
    SystemTime::UNIX_EPOCH + Duration::from_millis(millis)
}

#[cfg(test)]
mod tests;
