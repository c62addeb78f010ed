//! Who a message is from or to: a person, or one of the senders behind which there is none.

use consent::{alias::Alias, phone::Phone};

/// One end of a message, as Twilio writes it: `+447700900123`, `whatsapp:+447700900123`, `60777`, `MyShop`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// What carried the message.
    pub carrier: Carrier,
    /// Who is meant.
    pub who: Who,
}

/// What carried a message to or from Twilio.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Carrier {
    /// SMS or MMS.
    Sms,
    /// RCS: the telephone's own messages as well, and a person takes both for one thing.
    Rcs,
    /// WhatsApp, where Twilio holds the account.
    Whatsapp,
    /// One that we do not know, such as `messenger:`.
    Other,
}

/// Who is meant by an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Who {
    /// A person.
    Person(Alias),
    /// Three to six digits: a service.
    ShortCode(String),
    /// Anything else: the name of a sender, an agent, a client of some app.
    Named(String),
}

const SHORT_CODE_DIGITS_MAX: usize = 6;

impl Address {
    /// Reads an address. There is always one: what names no person is a name.
    #[must_use]
    pub fn read(text: &str) -> Self {
        let text = text.trim();
        let (carrier, rest) = match text.split_once(':') {
            None => (Carrier::Sms, text),
            Some((scheme, rest)) => (Carrier::of(scheme), rest),
        };
        Self {
            carrier,
            who: Who::read(carrier, rest),
        }
    }

    /// The person, if there is one.
    #[must_use]
    pub fn person(&self) -> Option<&Alias> {
        match &self.who {
            Who::Person(alias) => Some(alias),
            Who::ShortCode(_) | Who::Named(_) => None,
        }
    }
}

impl Carrier {
    fn of(scheme: &str) -> Self {
        match scheme.to_ascii_lowercase().as_str() {
            "whatsapp" => Self::Whatsapp,
            "rcs" => Self::Rcs,
            "sms" | "mms" | "tel" => Self::Sms,
            _ => Self::Other,
        }
    }
}

impl Who {
    fn read(carrier: Carrier, text: &str) -> Self {
        let named = || Self::Named(text.to_owned());
        let person = match carrier {
            Carrier::Other => return named(),
            Carrier::Sms | Carrier::Rcs => phone(text),
            // A user who shows no number has Meta's id for them.
            Carrier::Whatsapp => phone(text).or_else(|| text.parse().ok().map(Alias::Bsuid)),
        };
        let digits = text.bytes().all(|b| b.is_ascii_digit());
        match person {
            Some(alias) => Self::Person(alias),
            None if digits && (1..=SHORT_CODE_DIGITS_MAX).contains(&text.len()) => {
                Self::ShortCode(text.to_owned())
            }
            None => named(),
        }
    }
}

fn phone(text: &str) -> Option<Alias> {
    text.parse::<Phone>().ok().map(Alias::Phone)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_is_told_from_what_is_none() {
        let phone = Who::Person(Alias::read("phone", "+447700900123").unwrap());
        let bsuid = Who::Person(Alias::read("bsuid", "GB.70012345").unwrap());
        let code = |text: &str| Who::ShortCode(text.to_owned());
        let named = |text: &str| Who::Named(text.to_owned());
        for (text, carrier, who) in [
            ("+447700900123", Carrier::Sms, phone.clone()),
            (" 447700900123 ", Carrier::Sms, phone.clone()),
            ("whatsapp:+447700900123", Carrier::Whatsapp, phone.clone()),
            ("WhatsApp:GB.70012345", Carrier::Whatsapp, bsuid),
            ("GB.70012345", Carrier::Sms, named("GB.70012345")),
            ("rcs:+447700900123", Carrier::Rcs, phone),
            ("rcs:my_shop_agent", Carrier::Rcs, named("my_shop_agent")),
            ("60777", Carrier::Sms, code("60777")),
            ("+60777", Carrier::Sms, named("+60777")),
            ("MyShop", Carrier::Sms, named("MyShop")),
            ("messenger:1234567890", Carrier::Other, named("1234567890")),
            (
                "client:+447700900123",
                Carrier::Other,
                named("+447700900123"),
            ),
            ("", Carrier::Sms, named("")),
            ("whatsapp:", Carrier::Whatsapp, named("")),
        ] {
            assert_eq!(Address::read(text), Address { carrier, who }, "{text}");
        }
    }
}
