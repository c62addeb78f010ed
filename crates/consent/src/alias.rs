//! What identifies a contact to the outside: a phone, a business-scoped user id, an e-mail address.

use std::{fmt, str::FromStr};

use crate::phone::{Country, Phone};

/// One way to name a person. A username is a note, never an alias (facts section 3).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Alias {
    /// A telephone number.
    Phone(Phone),
    /// WhatsApp's spelling of the number where it differs, and old ids that are no number.
    WaId(Phone),
    /// Meta's id for this person and this business.
    Bsuid(Bsuid),
    /// Meta's id that spans linked portfolios, `CC.ENT.…`.
    ParentBsuid(Bsuid),
    /// An e-mail address, in lower case.
    Email(Email),
}

impl Alias {
    /// The kind, as it is stored and shown.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Phone(_) => "phone",
            Self::WaId(_) => "wa_id",
            Self::Bsuid(_) => "bsuid",
            Self::ParentBsuid(_) => "parent_bsuid",
            Self::Email(_) => "email",
        }
    }

    /// What this alias is found by: equal for every spelling that means the same person, so a
    /// Brazilian number with and without its ninth digit has one key. Phone and `wa_id` share it.
    #[must_use]
    pub fn key(&self) -> String {
        match self {
            Self::Phone(phone) | Self::WaId(phone) => format!("p:{}", phone.person()),
            Self::Bsuid(id) | Self::ParentBsuid(id) => format!("b:{id}"),
            Self::Email(email) => format!("e:{email}"),
        }
    }

    /// The alias in full, as it is shown to those who may see it.
    #[must_use]
    pub fn value(&self) -> String {
        match self {
            Self::Phone(phone) | Self::WaId(phone) => phone.e164(),
            Self::Bsuid(id) | Self::ParentBsuid(id) => id.to_string(),
            Self::Email(email) => email.to_string(),
        }
    }

    /// The country of a person with these aliases, the oldest first: that of their newest telephone number; without
    /// one, that of their newest user id.
    #[must_use]
    pub fn country<'a>(aliases: impl Iterator<Item = &'a Self>) -> Option<Country> {
        let (mut by_number, mut by_id) = (None, None);
        for alias in aliases {
            match alias {
                Self::Phone(phone) | Self::WaId(phone) => by_number = phone.country().or(by_number),
                Self::Bsuid(id) | Self::ParentBsuid(id) => {
                    by_id = id.country().parse().ok().or(by_id)
                }
                Self::Email(_) => {}
            }
        }
        by_number.or(by_id)
    }

    /// Reads back what [`Alias::kind`] and [`Alias::value`] gave.
    #[must_use]
    pub fn read(kind: &str, value: &str) -> Option<Self> {
        match kind {
            "phone" => value.parse().ok().map(Self::Phone),
            "wa_id" => value.parse().ok().map(Self::WaId),
            "bsuid" => value.parse().ok().map(Self::Bsuid),
            "parent_bsuid" => value.parse().ok().map(Self::ParentBsuid),
            "email" => value.parse().ok().map(Self::Email),
            _ => None,
        }
    }
}

/// Enough to recognise, too little to call: for logs.
impl fmt::Display for Alias {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Phone(phone) | Self::WaId(phone) => phone.fmt(f),
            Self::Bsuid(id) | Self::ParentBsuid(id) => {
                let tail: String = id
                    .as_str()
                    .chars()
                    .rev()
                    .take(2)
                    .collect::<Vec<_>>()
                    .into_iter()
                    .rev()
                    .collect();
                write!(f, "{}…{tail}", id.country())
            }
            Self::Email(email) => write!(f, "…@{}", email.domain()),
        }
    }
}

/// A business-scoped user id: `<ISO country>.<up to 128 letters or digits>` (facts section 3).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Bsuid(Box<str>); // INVARIANT: two capital letters, a dot, 1 to 132 letters, digits or dots.

impl Bsuid {
    /// The id as Meta writes it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The two letters of the country before the dot.
    #[must_use]
    pub fn country(&self) -> &str {
        self.0.get(..2).unwrap_or_default()
    }

    /// Whether this is a parent id (`CC.ENT.…`), which spans linked portfolios.
    #[must_use]
    pub fn is_parent(&self) -> bool {
        self.0
            .get(2..)
            .is_some_and(|rest| rest.starts_with(".ENT."))
    }
}

impl fmt::Display for Bsuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Bsuid {
    type Err = BadBsuid;

    fn from_str(text: &str) -> Result<Self, BadBsuid> {
        let bad = || BadBsuid(text.to_owned());
        let (country, rest) = text.split_once('.').ok_or_else(bad)?;
        let country_ok = country.len() == 2 && country.bytes().all(|b| b.is_ascii_uppercase());
        let rest_ok = !rest.is_empty()
            && rest.len() <= 132
            && rest.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.');
        if country_ok && rest_ok {
            Ok(Self(text.into()))
        } else {
            Err(bad())
        }
    }
}

/// A text that was meant to be a BSUID.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a business-scoped user id: want a country, a dot and letters or digits, like GB.70012345678901234567"
)]
pub struct BadBsuid(String);

/// An e-mail address, folded to lower case.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Email(Box<str>); // INVARIANT: one `@` with something on both sides, no white space, at most 254 bytes.

impl Email {
    /// What stands after the `@`.
    #[must_use]
    pub fn domain(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(_, domain)| domain)
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Email {
    type Err = BadEmail;

    fn from_str(text: &str) -> Result<Self, BadEmail> {
        let folded = text.trim().to_lowercase();
        let parts = folded.split_once('@').is_some_and(|(local, domain)| {
            !local.is_empty() && domain.contains('.') && !domain.contains('@')
        });
        let clean =
            folded.len() <= 254 && !folded.chars().any(|c| c.is_whitespace() || c.is_control());
        if parts && clean {
            Ok(Self(folded.into()))
        } else {
            Err(BadEmail(text.to_owned()))
        }
    }
}

/// A text that was meant to be an e-mail address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an e-mail address: want something like ana@example.com")]
pub struct BadEmail(String);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_country_is_that_of_the_newest_number_and_else_of_the_user_id() {
        let country = |aliases: &[(&str, &str)]| {
            let read = aliases.iter().map(|(kind, value)| Alias::read(kind, value));
            let aliases: Vec<Alias> = read.collect::<Option<_>>().unwrap();
            Alias::country(aliases.iter()).map(Country::code)
        };
        let (german, french) = (("phone", "+4915112345678"), ("phone", "+33612345678"));
        let (british, nowhere) = (("bsuid", "GB.7001"), ("bsuid", "ZZ.7001"));
        let mail = ("email", "ana@example.com");
        assert_eq!(
            country(&[german, french, british, mail]).as_deref(),
            Some("FR")
        );
        assert_eq!(country(&[french, mail, german]).as_deref(), Some("DE"));
        assert_eq!(country(&[mail, british]).as_deref(), Some("GB"));
        assert_eq!(country(&[british, nowhere]).as_deref(), Some("GB"));
        assert_eq!(country(&[nowhere, mail]), None);
        assert_eq!(country(&[]), None);
    }
}
