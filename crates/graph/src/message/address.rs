//! To whom a body is addressed.

use consent::{
    alias::Bsuid,
    phone::{Country, Phone},
};
use serde_json::Value;

use super::Refused;
use crate::loose::Object;

/// What `to`, `recipient` and `recipient_type` say together.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Address {
    pub(super) to: Option<Phone>,
    pub(super) recipient: Option<Bsuid>,
    pub(super) group: Option<String>,
}

impl Address {
    pub(super) fn of(body: &Object, home: Option<Country>) -> Result<Self, Refused> {
        let to = word(body, "to")?;
        let recipient = word(body, "recipient")?;
        if is_group(body)? {
            return match (to, recipient) {
                (Some(group), None) => Ok(Self {
                    group: Some(group),
                    ..Self::default()
                }),
                (None, None) => Err(Refused::NoRecipient),
                (_, Some(_)) => Err(Refused::Conflict),
            };
        }
        let mut address = Self {
            recipient: recipient
                .map(|text| bsuid("recipient", &text))
                .transpose()?,
            ..Self::default()
        };
        match to {
            Some(text) if looks_like_bsuid(&text) => address.take(bsuid("to", &text)?)?,
            Some(text) => address.to = Some(phone(&text, home)?),
            None if address.recipient.is_none() => return Err(Refused::NoRecipient),
            None => {}
        }
        Ok(address)
    }

    /// A user id in `to`: it is the recipient, unless another one is named.
    fn take(&mut self, id: Bsuid) -> Result<(), Refused> {
        match self.recipient.replace(id) {
            Some(other) if Some(&other) != self.recipient.as_ref() => Err(Refused::Conflict),
            Some(_) | None => Ok(()),
        }
    }
}

fn is_group(body: &Object) -> Result<bool, Refused> {
    let want = Refused::Unreadable {
        name: "recipient_type",
        want: "individual or group",
    };
    match body.get("recipient_type") {
        None | Some(Value::Null) => Ok(false),
        Some(Value::String(word)) if word.eq_ignore_ascii_case("individual") => Ok(false),
        Some(Value::String(word)) if word.eq_ignore_ascii_case("group") => Ok(true),
        Some(_) => Err(want),
    }
}

/// A member that is a text or an integer; null, like Meta takes it, is nothing.
fn word(body: &Object, name: &'static str) -> Result<Option<String>, Refused> {
    let want = "a text";
    match body.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(Value::Number(number)) if number.is_u64() => Ok(Some(number.to_string())),
        Some(_) => Err(Refused::Unreadable { name, want }),
    }
}

/// Whether a text was meant as a user id: `GB.7…` has letters before its dot, a number never.
fn looks_like_bsuid(text: &str) -> bool {
    text.split_once('.').is_some_and(|(country, _)| {
        country.trim().len() == 2 && country.trim().bytes().all(|b| b.is_ascii_alphabetic())
    })
}

fn bsuid(name: &'static str, text: &str) -> Result<Bsuid, Refused> {
    text.parse()
        .map_err(|error: consent::alias::BadBsuid| Refused::Recipient {
            name,
            why: error.to_string(),
        })
}

fn phone(text: &str, home: Option<Country>) -> Result<Phone, Refused> {
    Phone::read(text, home).map_err(|error| Refused::Recipient {
        name: "to",
        why: error.to_string(),
    })
}
