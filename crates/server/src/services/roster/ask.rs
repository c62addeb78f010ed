//! From the words of an address or a body to a filter of contacts, and back.

use consent::{id::TopicId, time::Timestamp};
use jiff::{civil::Date, tz::TimeZone};
use serde::{Deserialize, Serialize};
use store::contact::ContactFilter;
use utoipa::{IntoParams, ToSchema};

use crate::{app::House, clock, error::Error, services::topics};

/// The states of marketing, or of a topic, that a list can be narrowed to.
pub const CONSENTS: [&str; 4] = ["opted_in", "opted_out", "pending", "none"];
/// What WhatsApp's own switch says.
pub const PLATFORMS: [&str; 2] = ["open", "stopped"];
/// Tags, and attributes, that one list can ask for.
const MANY_MAX: usize = 8;

/// Which contacts are meant. What is not said asks for nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct FilterBody {
    /// The beginnings of words of a name or an address; the beginning or the end of a number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub search: Option<String>,
    /// Tags; may be given several times, then all are asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tag: Vec<String>,
    /// Attributes and their values, as `plan:gold`; may be given several times, then all are asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub attribute: Vec<String>,
    /// Our side: `opted_in`, `opted_out`, `pending` or `none`; of marketing, or of `topic`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub consent: Option<String>,
    /// WhatsApp's side: `open` or `stopped`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub platform: Option<String>,
    /// A topic that they said something of, by id or name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub topic: Option<String>,
    /// Where their newest opt-in or opt-out came from, as `web_form`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Changed at this time or later: a time, or a day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub changed_from: Option<String>,
    /// Changed before this time, or on this day at the latest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub changed_to: Option<String>,
    /// First seen at this time or later: a time, or a day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_from: Option<String>,
    /// First seen before this time, or on this day at the latest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_to: Option<String>,
}

impl FilterBody {
    /// Takes one member of an address in. An empty one asks for nothing, as a form leaves it.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a name that is none of ours, or one that is given twice and may not be.
    pub fn take(&mut self, name: &str, value: String) -> Result<(), Error> {
        let one = match name {
            "tag" | "attribute" => {
                let many = if name == "tag" {
                    &mut self.tag
                } else {
                    &mut self.attribute
                };
                if !value.trim().is_empty() {
                    many.push(value);
                }
                return Ok(());
            }
            "search" => &mut self.search,
            "consent" => &mut self.consent,
            "platform" => &mut self.platform,
            "topic" => &mut self.topic,
            "source" => &mut self.source,
            "changed_from" => &mut self.changed_from,
            "changed_to" => &mut self.changed_to,
            "created_from" => &mut self.created_from,
            "created_to" => &mut self.created_to,
            other => return Err(Error::field(other, format!("unknown field `{other}`"))),
        };
        if one.is_some() {
            return Err(Error::field(
                name,
                format!("`{name}` stands there twice: want it once"),
            ));
        }
        *one = Some(value).filter(|value| !value.trim().is_empty());
        Ok(())
    }

    /// The members that say something, as an address has them.
    #[must_use]
    pub fn pairs(&self) -> Vec<(&'static str, &str)> {
        let one = [
            ("search", &self.search),
            ("consent", &self.consent),
            ("platform", &self.platform),
            ("topic", &self.topic),
            ("source", &self.source),
            ("changed_from", &self.changed_from),
            ("changed_to", &self.changed_to),
            ("created_from", &self.created_from),
            ("created_to", &self.created_to),
        ];
        let one = one
            .into_iter()
            .filter_map(|(name, value)| Some((name, value.as_deref()?)));
        let tags = self.tag.iter().map(|tag| ("tag", tag.as_str()));
        let attributes = self
            .attribute
            .iter()
            .map(|pair| ("attribute", pair.as_str()));
        one.chain(tags).chain(attributes).collect()
    }

    /// Whether nothing is asked for, so that everybody is meant.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.pairs().is_empty()
    }

    /// Makes sense of it. Days are those of `zone`.
    ///
    /// # Errors
    /// [`Error::Invalid`] naming the member; when the database does not answer.
    pub async fn read(&self, app: &House, zone: &TimeZone) -> Result<ContactFilter, Error> {
        one_of("consent", self.consent.as_deref(), &CONSENTS)?;
        one_of("platform", self.platform.as_deref(), &PLATFORMS)?;
        for (name, many) in [("tag", &self.tag), ("attribute", &self.attribute)] {
            if many.len() > MANY_MAX {
                let message = format!("`{}` at once: want at most {MANY_MAX}", many.len());
                return Err(Error::field(name, message));
            }
        }
        let pair = |text: &String| {
            let pair = text.split_once(':');
            pair.map(|(key, value)| (key.to_owned(), value.to_owned()))
                .ok_or_else(|| {
                    let message = format!("`{text}` is not an attribute: want one like plan:gold");
                    Error::field("attribute", message)
                })
        };
        let moment = |name: &str, text: &Option<String>, is_end: bool| {
            let text = text.as_deref();
            text.map(|text| moment(name, text, is_end, zone))
                .transpose()
        };
        Ok(ContactFilter {
            search: self.search.clone(),
            tags: self.tag.clone(),
            attributes: self.attribute.iter().map(pair).collect::<Result<_, _>>()?,
            consent: self.consent.clone(),
            platform: self.platform.clone(),
            topic: self.topic(app).await?,
            source: self.source.clone(),
            changed: (
                moment("changed_from", &self.changed_from, false)?,
                moment("changed_to", &self.changed_to, true)?,
            ),
            created: (
                moment("created_from", &self.created_from, false)?,
                moment("created_to", &self.created_to, true)?,
            ),
            ..ContactFilter::default()
        })
    }

    async fn topic(&self, app: &House) -> Result<Option<TopicId>, Error> {
        let Some(text) = &self.topic else {
            return Ok(None);
        };
        let all = app.store.topics().await?;
        Ok(Some(topics::resolve(&all, "topic", text)?.id))
    }
}

/// Makes sure that a word, where there is one, is one of those that there are.
///
/// # Errors
/// [`Error::Invalid`] naming the member.
pub fn one_of(name: &str, value: Option<&str>, words: &[&str]) -> Result<(), Error> {
    match value {
        Some(value) if !words.contains(&value) => {
            let message = format!("`{value}` is not a state: want {}", words.join(", "));
            Err(Error::field(name, message))
        }
        _ => Ok(()),
    }
}

/// A time, or a day: its beginning, or its end.
fn moment(name: &str, text: &str, is_end: bool, zone: &TimeZone) -> Result<Timestamp, Error> {
    let day = || {
        let day: Date = text.trim().parse().ok()?;
        let day = if is_end { day.tomorrow().ok()? } else { day };
        let start = day.to_zoned(zone.clone()).ok()?;
        Some(Timestamp::from_millis(start.timestamp().as_millisecond()))
    };
    // A text with a time reads as a day, too, so times go first.
    clock::read_rfc3339(text).or_else(day).ok_or_else(|| {
        let message =
            format!("`{text}` is not a time: want one like 2026-11-22T10:00:00Z or 2026-11-22");
        Error::field(name, message)
    })
}
