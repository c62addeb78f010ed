//! Which column of a file means what.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::sheet::{Encoding, Format};
use crate::{error::Error, services::attributes};

/// What a file says and how; what is left out is found by the names of the columns.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MappingBody {
    /// Each column that is taken in, by its name: `phone`, `email`, `bsuid`, `name`, `tags`, `attribute:KEY`, `consent`,
    /// `source`, `wording`, `at` or `locale`.
    pub columns: Option<BTreeMap<String, String>>,
    /// Where the opt-ins come from, where no column says.
    pub source: Option<String>,
    /// What people were shown when they agreed, where no column says.
    pub wording: Option<String>,
    /// When they agreed or refused, where no column says: `2026-11-22`, or a time after RFC 3339.
    pub at: Option<String>,
    /// The language of the wording, where no column says.
    pub locale: Option<String>,
    /// The id or the name of the topic that consent is about; marketing, when nothing is said.
    pub topic: Option<String>,
    /// Tags for everybody in the file.
    pub tags: Option<Vec<String>>,
    /// `,`, `;` or `tab`; found out, when nothing is said.
    pub delimiter: Option<String>,
    /// `utf-8` or `latin1`; UTF-8, when nothing is said.
    pub encoding: Option<String>,
}

/// What a column means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A telephone number.
    Phone,
    /// An e-mail address.
    Email,
    /// Meta's id of the person.
    Bsuid,
    /// What people call them.
    Name,
    /// Tags, with commas, semicolons or bars between.
    Tags,
    /// An attribute.
    Attribute(String),
    /// Whether they agreed or refused.
    Consent,
    /// Where that comes from.
    Source,
    /// What they were shown.
    Wording,
    /// When.
    At,
    /// In which language.
    Locale,
    /// Nothing.
    Ignored,
}

/// The words for what a column means, but for attributes.
pub const TARGETS: [(&str, Target); 11] = [
    ("phone", Target::Phone),
    ("email", Target::Email),
    ("bsuid", Target::Bsuid),
    ("name", Target::Name),
    ("tags", Target::Tags),
    ("consent", Target::Consent),
    ("source", Target::Source),
    ("wording", Target::Wording),
    ("at", Target::At),
    ("locale", Target::Locale),
    ("ignore", Target::Ignored),
];

/// Names that people give their columns, in small letters.
const GUESSES: [(&str, Target); 34] = [
    ("phone number", Target::Phone),
    ("telephone", Target::Phone),
    ("mobile", Target::Phone),
    ("mobile number", Target::Phone),
    ("number", Target::Phone),
    ("whatsapp", Target::Phone),
    ("whatsapp number", Target::Phone),
    ("tel\u{e9}fono", Target::Phone),
    ("telefono", Target::Phone),
    ("m\u{f3}vil", Target::Phone),
    ("celular", Target::Phone),
    ("telefone", Target::Phone),
    ("e-mail", Target::Email),
    ("email address", Target::Email),
    ("mail", Target::Email),
    ("correo", Target::Email),
    ("correo electr\u{f3}nico", Target::Email),
    ("full name", Target::Name),
    ("nombre", Target::Name),
    ("nome", Target::Name),
    ("tag", Target::Tags),
    ("labels", Target::Tags),
    ("etiquetas", Target::Tags),
    ("opt-in", Target::Consent),
    ("opt_in", Target::Consent),
    ("consentimiento", Target::Consent),
    ("consentimento", Target::Consent),
    ("consent_source", Target::Source),
    ("consent source", Target::Source),
    ("consent_wording", Target::Wording),
    ("consent wording", Target::Wording),
    ("consent_at", Target::At),
    ("consent date", Target::At),
    ("consent_date", Target::At),
];

impl Target {
    /// Reads the word for what a column means.
    #[must_use]
    pub fn read(word: &str) -> Option<Self> {
        if let Some(key) = word.strip_prefix("attribute:") {
            return attributes::key_name(key)
                .ok()
                .map(|()| Self::Attribute(key.to_owned()));
        }
        let known = TARGETS.iter().find(|(known, _)| *known == word);
        known.map(|(_, target)| target.clone())
    }

    /// The word for what a column means.
    #[must_use]
    pub fn word(&self) -> String {
        if let Self::Attribute(key) = self {
            return format!("attribute:{key}");
        }
        let known = TARGETS.iter().find(|(_, target)| target == self);
        known.map_or_else(String::new, |(word, _)| (*word).to_owned())
    }

    /// What a column of this name probably means.
    #[must_use]
    pub fn guess(name: &str) -> Self {
        let name = name.trim();
        if let Some(target) = Self::read(name) {
            return target;
        }
        let small = name.to_lowercase();
        let guessed = GUESSES.iter().find(|(known, _)| *known == small);
        let known = guessed
            .map(|(_, target)| target.clone())
            .or_else(|| Self::read(&small));
        known.unwrap_or(Self::Ignored)
    }

    const fn is_address(&self) -> bool {
        matches!(self, Self::Phone | Self::Email | Self::Bsuid)
    }
}

impl MappingBody {
    /// How the file is to be read.
    ///
    /// # Errors
    /// [`Error::Invalid`] naming the member.
    pub fn format(&self) -> Result<Format, Error> {
        let delimiter = match self.delimiter.as_deref() {
            None | Some("") => None,
            Some(",") => Some(b','),
            Some(";") => Some(b';'),
            Some("tab" | "\t") => Some(b'\t'),
            Some(other) => {
                let message = format!("`{other}` is no delimiter: want `,`, `;` or `tab`");
                return Err(Error::field("mapping.delimiter", message));
            }
        };
        let encoding = self.encoding.as_deref().map(str::to_ascii_lowercase);
        let encoding = match encoding.as_deref() {
            None | Some("") => None,
            Some("utf-8" | "utf8") => Some(Encoding::Utf8),
            Some("latin1" | "iso-8859-1" | "windows-1252") => Some(Encoding::Latin1),
            Some(other) => {
                let message =
                    format!("`{other}` is no encoding that is read: want utf-8 or latin1");
                return Err(Error::field("mapping.encoding", message));
            }
        };
        Ok(Format {
            delimiter,
            encoding,
        })
    }

    /// What each column of a file means.
    ///
    /// # Errors
    /// [`Error::Invalid`] for `mapping`: a column that is not there, a word that means nothing, two columns for one thing, or no address.
    pub fn targets(&self, header: &[String]) -> Result<Vec<Target>, Error> {
        let targets = match &self.columns {
            None => header.iter().map(|name| Target::guess(name)).collect(),
            Some(columns) => chosen(columns, header)?,
        };
        let mut seen: Vec<&Target> = Vec::new();
        for target in targets.iter().filter(|target| **target != Target::Ignored) {
            if seen.contains(&target) {
                let message = format!(
                    "two columns mean `{}`: say with `columns` which one does",
                    target.word()
                );
                return Err(Error::field("mapping", message));
            }
            seen.push(target);
        }
        if targets.iter().any(Target::is_address) {
            return Ok(targets);
        }
        let names = header.join(", ");
        Err(Error::field(
            "mapping",
            format!("no column holds a phone, an email or a bsuid; the file has: {names}"),
        ))
    }
}

fn chosen(columns: &BTreeMap<String, String>, header: &[String]) -> Result<Vec<Target>, Error> {
    let mut targets = vec![Target::Ignored; header.len()];
    for (name, word) in columns {
        let target = Target::read(word).ok_or_else(|| {
            let words: Vec<&str> = TARGETS.iter().map(|(word, _)| *word).collect();
            let message = format!(
                "`{word}` is nothing that a column can mean: want {} or attribute:KEY",
                words.join(", ")
            );
            Error::field("mapping.columns", message)
        })?;
        let place = header
            .iter()
            .position(|column| column.trim() == name.trim());
        let slot = place.and_then(|place| targets.get_mut(place));
        let Some(slot) = slot else {
            let message = format!(
                "there is no column `{name}`; the file has: {}",
                header.join(", ")
            );
            return Err(Error::field("mapping.columns", message));
        };
        *slot = target;
    }
    Ok(targets)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn columns_are_known_by_their_names_or_named() {
        let names = header(&[
            "Telefone",
            " Nome ",
            "attribute:city",
            "Opt-in",
            "Shoe size",
        ]);
        let guessed = MappingBody::default().targets(&names).unwrap();
        let words: Vec<String> = guessed.iter().map(Target::word).collect();
        assert_eq!(
            words,
            ["phone", "name", "attribute:city", "consent", "ignore"]
        );
        let columns = [("Shoe size", "attribute:shoe"), ("Telefone", "phone")];
        let columns = columns.map(|(name, word)| (name.to_owned(), word.to_owned()));
        let said = MappingBody {
            columns: Some(columns.into()),
            ..MappingBody::default()
        };
        let words: Vec<String> = said
            .targets(&names)
            .unwrap()
            .iter()
            .map(Target::word)
            .collect();
        assert_eq!(
            words,
            ["phone", "ignore", "ignore", "ignore", "attribute:shoe"]
        );
        for names in [header(&["name"]), header(&["phone", "Mobile"])] {
            assert!(MappingBody::default().targets(&names).is_err(), "{names:?}");
        }
        assert!(said.targets(&header(&["phone"])).is_err());
    }
}
