//! What a request of Twilio's says: a message that somebody wrote, or what became of one that was sent to them.

use std::{fmt, str::FromStr};

use crate::{
    address::Address,
    form::{BadForm, Form},
};

/// The error with which Twilio says that it holds a refusal of the recipient's: they answered STOP to it.
pub const REFUSED_AT_TWILIO: u32 = 21610;

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// Somebody wrote to a number of the business.
    Message(Message),
    /// A message of the business went on, or failed.
    Status(Status),
}

/// What somebody wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Its name.
    pub sid: Sid,
    /// The account at Twilio that it came to.
    pub account: Option<String>,
    /// Who wrote.
    pub from: Address,
    /// To which number or service, where that is said.
    pub to: Option<Address>,
    /// The words; none with a mere picture.
    pub text: String,
    /// What Twilio's Advanced Opt-Out took the words for, by the business's own list of keywords at Twilio.
    pub taken_for: Option<Keyword>,
    /// How many files came with it.
    pub media: u32,
}

/// What became of a message to somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// The message's name.
    pub sid: Sid,
    /// The account at Twilio that sent it.
    pub account: Option<String>,
    /// Whom it was to.
    pub to: Address,
    /// Twilio's word for it: `sent`, `delivered`, `undelivered`, `failed`…
    pub state: String,
    /// Why it failed.
    pub error: Option<u32>,
}

impl Status {
    /// Whether it failed because the recipient had refused at Twilio, where we may not have heard of it.
    #[must_use]
    pub fn was_refused(&self) -> bool {
        self.error == Some(REFUSED_AT_TWILIO)
    }
}

/// What Advanced Opt-Out takes a message for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keyword {
    /// Twilio sends this person nothing more.
    Stop,
    /// Twilio sends again.
    Start,
    /// Twilio answered with its help text.
    Help,
}

impl Keyword {
    /// As Twilio writes it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Stop => "STOP",
            Self::Start => "START",
            Self::Help => "HELP",
        }
    }

    /// A word that Twilio may add one day is none of these three.
    fn read(word: &str) -> Option<Self> {
        let all = [Self::Stop, Self::Start, Self::Help];
        all.into_iter()
            .find(|keyword| keyword.word().eq_ignore_ascii_case(word.trim()))
    }
}

/// The name of a message at Twilio: `SM` or `MM` and 32 hex digits.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Sid(Box<str>); // INVARIANT: 1 to 64 letters, digits, `-` or `_`.

const SID_BYTES_MAX: usize = 64;

impl Sid {
    /// The name as Twilio writes it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Sid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Sid {
    type Err = Unreadable;

    // Wider than Twilio's own, since services that speak its dialect name messages otherwise.
    fn from_str(text: &str) -> Result<Self, Unreadable> {
        let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
        if (1..=SID_BYTES_MAX).contains(&text.len()) && text.bytes().all(plain) {
            Ok(Self(text.into()))
        } else {
            Err(Unreadable::BadSid(shortened(text)))
        }
    }
}

/// Why a request says nothing that we can act on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// The form itself.
    #[error(transparent)]
    Form(#[from] BadForm),
    /// A parameter that belongs to every such request.
    #[error(
        "the parameter `{0}` is missing or empty: Twilio sends it with every message and status"
    )]
    Missing(&'static str),
    /// No name of a message.
    #[error("`{0}` is not the SID of a message: want `SM` or `MM` and 32 hex digits")]
    BadSid(String),
    /// No number where there should be one.
    #[error("the parameter `{name}` is `{value}`: want a whole number")]
    BadNumber {
        /// The parameter.
        name: &'static str,
        /// What it held.
        value: String,
    },
}

/// Reads the parameters of a request. Those that we do not know are passed over: Twilio adds some without notice.
///
/// # Errors
/// [`Unreadable`] where a parameter that matters is missing, doubled or not what it should be.
pub fn read(form: &Form) -> Result<Notice, Unreadable> {
    let state = match filled(form, "MessageStatus")? {
        Some(state) => Some(state),
        None => filled(form, "SmsStatus")?,
    };
    match state {
        None | Some("received" | "receiving") => message(form).map(Notice::Message),
        Some(state) => status(form, state).map(Notice::Status),
    }
}

fn message(form: &Form) -> Result<Message, Unreadable> {
    let taken_for = filled(form, "OptOutType")?.and_then(Keyword::read);
    Ok(Message {
        sid: sid(form)?,
        account: filled(form, "AccountSid")?.map(str::to_owned),
        from: Address::read(filled(form, "From")?.ok_or(Unreadable::Missing("From"))?),
        to: filled(form, "To")?.map(Address::read),
        text: form.one("Body")?.unwrap_or_default().to_owned(),
        taken_for,
        media: number(form, "NumMedia")?.unwrap_or(0),
    })
}

fn status(form: &Form, state: &str) -> Result<Status, Unreadable> {
    Ok(Status {
        sid: sid(form)?,
        account: filled(form, "AccountSid")?.map(str::to_owned),
        to: Address::read(filled(form, "To")?.ok_or(Unreadable::Missing("To"))?),
        state: state.to_owned(),
        error: number(form, "ErrorCode")?,
    })
}

/// By its name of today, and by the older one for those who send only that.
fn sid(form: &Form) -> Result<Sid, Unreadable> {
    let named = match filled(form, "MessageSid")? {
        Some(sid) => Some(sid),
        None => filled(form, "SmsSid")?,
    };
    named.ok_or(Unreadable::Missing("MessageSid"))?.parse()
}

fn number(form: &Form, name: &'static str) -> Result<Option<u32>, Unreadable> {
    let Some(text) = filled(form, name)? else {
        return Ok(None);
    };
    text.parse().map(Some).map_err(|_| Unreadable::BadNumber {
        name,
        value: shortened(text),
    })
}

/// A parameter with something in it. An empty one says as little as none.
fn filled<'a>(form: &'a Form, name: &'static str) -> Result<Option<&'a str>, BadForm> {
    let value = form.one(name)?.map(str::trim);
    Ok(value.filter(|text| !text.is_empty()))
}

/// Enough of a value to recognise it in a message for people.
fn shortened(text: &str) -> String {
    text.chars().take(SID_BYTES_MAX).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{address::Carrier, form::BODY_BYTES_MAX};

    const MESSAGE: &str = "ToCountry=GB&ToState=&SmsMessageSid=SM00000000000000000000000000000001&NumMedia=0\
        &ToCity=&FromZip=&SmsSid=SM00000000000000000000000000000001&FromState=&SmsStatus=received&FromCity=\
        &Body=Stop+please&FromCountry=GB&To=%2B447700900900&MessagingServiceSid=MG00&ToZip=&NumSegments=1\
        &MessageSid=SM00000000000000000000000000000001&AccountSid=AC00&From=%2B447700900123&ApiVersion=2010-04-01";

    fn reading(body: &str) -> Result<Notice, Unreadable> {
        read(&Form::read(body.as_bytes()).unwrap())
    }

    fn a_message(body: &str) -> Message {
        match reading(body).unwrap() {
            Notice::Message(message) => message,
            Notice::Status(status) => panic!("{status:?}"),
        }
    }

    fn a_status(body: &str) -> Status {
        match reading(body).unwrap() {
            Notice::Status(status) => status,
            Notice::Message(message) => panic!("{message:?}"),
        }
    }

    #[test]
    fn a_message_is_read_with_everything_that_comes_along() {
        let message = a_message(MESSAGE);
        assert_eq!(
            message,
            Message {
                sid: "SM00000000000000000000000000000001".parse().unwrap(),
                account: Some("AC00".to_owned()),
                from: Address::read("+447700900123"),
                to: Some(Address::read("+447700900900")),
                text: "Stop please".to_owned(),
                taken_for: None,
                media: 0,
            }
        );
        let old = MESSAGE.replace("&MessageSid=SM00000000000000000000000000000001", "");
        assert_eq!(a_message(&old), message);
        let bare = a_message("SmsSid=SM1&From=whatsapp%3A%2B447700900123");
        assert_eq!(bare.from.carrier, Carrier::Whatsapp);
        assert_eq!((bare.text.as_str(), bare.to, bare.media), ("", None, 0));
    }

    #[test]
    fn what_advanced_opt_out_says_is_read_and_what_it_may_say_one_day_is_not() {
        for (value, want) in [
            ("STOP", Some(Keyword::Stop)),
            ("start", Some(Keyword::Start)),
            ("Help", Some(Keyword::Help)),
            ("PAUSE", None),
            ("", None),
        ] {
            let message = a_message(&format!("{MESSAGE}&OptOutType={value}"));
            assert_eq!(message.taken_for, want, "{value}");
        }
    }

    #[test]
    fn a_status_is_read_and_a_refusal_at_twilio_recognised() {
        let body = "MessageSid=SM1&SmsStatus=failed&MessageStatus=failed&To=%2B447700900123&ErrorCode=21610\
            &AccountSid=AC00&From=%2B447700900900&RawDlrDoneDate=2611221800";
        let status = a_status(body);
        assert_eq!(
            (status.state.as_str(), status.error),
            ("failed", Some(21610))
        );
        assert_eq!(status.to, Address::read("+447700900123"));
        assert!(status.was_refused());
        for (body, error) in [
            (
                body.replace("&ErrorCode=21610", "&ErrorCode=30003"),
                Some(30003),
            ),
            (body.replace("&ErrorCode=21610", "&ErrorCode="), None),
            (body.replace("&ErrorCode=21610", ""), None),
            (
                body.replace("&MessageStatus=failed&", "&")
                    .replace("&ErrorCode=21610", ""),
                None,
            ),
        ] {
            let status = a_status(&body);
            assert_eq!(status.error, error, "{body}");
            assert!(!status.was_refused());
        }
    }

    #[test]
    fn what_cannot_be_read_says_what_was_wanted() {
        let without = |name: &str| {
            let kept = MESSAGE.split('&').filter(|piece| !piece.starts_with(name));
            kept.collect::<Vec<_>>().join("&")
        };
        for (body, want) in [
            (without("From="), "the parameter `From` is missing"),
            (
                MESSAGE.replace("From=%2B447700900123", "From="),
                "`From` is missing",
            ),
            (
                without("MessageSid=").replace("&SmsSid=SM", "&x=SM"),
                "`MessageSid` is missing",
            ),
            (
                format!("{MESSAGE}&From=%2B447700900124"),
                "`From` stands there more than once",
            ),
            (
                format!("{MESSAGE}&Body=START"),
                "`Body` stands there more than once",
            ),
            (MESSAGE.replace("Stop", "%FF"), "`Body` is not UTF-8"),
            (
                MESSAGE.replace("NumMedia=0", "NumMedia=-1"),
                "`NumMedia` is `-1`: want a whole",
            ),
            (
                format!("MessageSid={}&From=1", "a".repeat(65)),
                "is not the SID of a message",
            ),
            ("MessageSid=a+b&From=1".to_owned(), "`a b` is not the SID"),
            (
                "MessageSid=SM1&MessageStatus=sent".to_owned(),
                "`To` is missing",
            ),
            (
                "MessageSid=SM1&MessageStatus=sent&To=1&ErrorCode=x".to_owned(),
                "`ErrorCode` is `x`",
            ),
            (String::new(), "`MessageSid` is missing"),
            ("{}".to_owned(), "`MessageSid` is missing"),
        ] {
            let error = reading(&body).unwrap_err().to_string();
            assert!(error.contains(want), "{body}: {error}");
        }
    }

    #[test]
    fn more_words_than_twilio_lets_through_are_read_all_the_same() {
        let long = "é".repeat(5_000);
        let message = a_message(&format!("MessageSid=SM1&From=1&Body={long}"));
        assert_eq!(message.text, long);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(body in proptest::collection::vec(any::<u8>(), 0..2_000)) {
            if let Ok(form) = Form::read(&body) {
                let _ = read(&form);
            }
            prop_assert!(body.len() <= BODY_BYTES_MAX);
        }

        #[test]
        fn a_bent_message_is_read_or_refused(at in 0..MESSAGE.len(), byte: u8) {
            let mut body = MESSAGE.as_bytes().to_vec();
            body[at] = byte;
            let form = Form::read(&body).unwrap();
            if let Err(error) = read(&form) {
                prop_assert!(!error.to_string().is_empty());
            }
        }
    }
}
