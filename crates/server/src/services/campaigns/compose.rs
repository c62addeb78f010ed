//! What one person is sent: the template of their variant, its gaps filled with what is known of them.

use std::collections::BTreeMap;

use campaign::fill::{self, Pattern, Source};
use consent::{
    alias::Alias,
    id::{ContactId, NumberId},
    phone::Phone,
    scope::Category,
};
use graph::{
    message::{self, Endpoint, Fill, Outgoing},
    route::{SendRoute, newest},
    template::Shape,
};
use store::campaign::recipient::RecipientLine;

use super::{
    body::{FileBody, PreviewButton},
    file, names,
    plan::{self, Plan},
};
use crate::{
    app::House,
    error::Error,
    services::{
        flows::compose,
        gate::{Ask, Said},
        inbox, templates,
    },
};

/// What is said where a template got other parts at Meta since the campaign was written.
const CHANGED: &str = "the template has other parts now than when the campaign was written";

/// A variant that is ready to be written to somebody.
#[derive(Debug, Clone)]
pub struct Ready {
    /// The template and its language.
    pub named: (String, String),
    /// The category, the state and the topic that Meta and the staff gave it, as of now.
    pub found: templates::Found,
    shape: Shape,
    header: Vec<Pattern>,
    body: Vec<Pattern>,
    buttons: Vec<Pattern>,
    file: Option<FileBody>,
}

/// The texts of the gaps for one person.
struct Texts {
    header: Vec<String>,
    body: Vec<String>,
    /// The ends of addresses, each with the place of its button.
    links: Vec<(usize, String)>,
}

/// What is known of somebody, as far as a message is made of it.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// Their address in WhatsApp.
    pub to: Option<Alias>,
    /// What they call themselves.
    pub name: Option<String>,
    /// Their attributes.
    pub attributes: BTreeMap<String, String>,
    /// What a list says of them alone.
    pub own: BTreeMap<String, String>,
}

impl Known {
    /// What a name in a pattern stands for.
    fn says(&self, name: &str) -> Option<&str> {
        let own = self.own.get(name).or_else(|| {
            let mut columns = self.own.iter();
            let alike = columns.find(|(column, _)| names::is_alike(name, column));
            alike
                .map(|(_, said)| said)
                .or_else(|| self.attributes.get(name))
        });
        let said = own.map(String::as_str);
        said.or_else(|| self.name.as_deref().filter(|_| name == names::NAME))
    }

    /// Their telephone number, where we have it.
    #[must_use]
    pub const fn phone(&self) -> Option<Phone> {
        match &self.to {
            Some(Alias::Phone(phone) | Alias::WaId(phone)) => Some(*phone),
            _ => None,
        }
    }
}

/// The variants of a plan, with what Meta says of their templates now.
///
/// # Errors
/// When the database does not answer, or a template is gone.
pub async fn variants(app: &House, plan: &Plan) -> Result<Vec<Ready>, Error> {
    let account = plan::account(app, &plan.numbers);
    let mut ready = Vec::with_capacity(plan.variants.len());
    for variant in &plan.variants {
        let (name, language) = (&variant.template, &variant.language);
        let found = templates::find(app, account, name, language).await?;
        let known = app.store.template(account, name, language).await?;
        let known = known.ok_or(Error::NotFound("template"))?;
        ready.push(Ready {
            named: (name.clone(), language.clone()),
            found,
            shape: Shape::of(&known.components),
            header: patterns(&variant.header)?,
            body: patterns(&variant.body)?,
            buttons: patterns(&variant.buttons)?,
            file: variant.file.clone(),
        });
    }
    Ok(ready)
}

fn patterns(texts: &[String]) -> Result<Vec<Pattern>, Error> {
    let read = texts.iter().map(|text| fill::parse(text));
    read.collect::<Result<_, _>>().map_err(Error::internal)
}

/// What is known of many, read with a handful of queries. `with_attributes` where a pattern asks for any.
///
/// # Errors
/// When the database does not answer.
pub async fn known(
    app: &House,
    recipients: &[RecipientLine],
    with_attributes: bool,
) -> Result<BTreeMap<ContactId, Known>, Error> {
    let ids: Vec<ContactId> = recipients.iter().map(|line| line.contact).collect();
    let mut all: BTreeMap<ContactId, Known> = BTreeMap::new();
    if with_attributes {
        for line in app.store.pick_contacts(&ids).await? {
            let current = line.aliases.into_iter().filter(|held| held.until.is_none());
            let aliases: Vec<Alias> = current.map(|held| held.alias).collect();
            let known = Known {
                to: inbox::address(&aliases).cloned(),
                name: line.person.name.clone(),
                attributes: line.attributes.into_iter().collect(),
                own: BTreeMap::new(),
            };
            all.insert(line.person.id, known);
        }
    } else {
        let mut aliases: BTreeMap<ContactId, Vec<Alias>> = BTreeMap::new();
        for line in app.store.aliases_of(&ids).await? {
            aliases.entry(line.contact).or_default().push(line.alias);
        }
        for (contact, aliases) in aliases {
            let to = inbox::address(&aliases).cloned();
            all.insert(
                contact,
                Known {
                    to,
                    ..Known::default()
                },
            );
        }
    }
    for line in recipients {
        if let Some(known) = all.get_mut(&line.contact) {
            known.own = own(line.extra.as_deref());
        }
    }
    Ok(all)
}

/// What a list says of somebody alone.
#[must_use]
pub fn own(extra: Option<&str>) -> BTreeMap<String, String> {
    extra
        .and_then(|text| serde_json::from_str(text).ok())
        .unwrap_or_default()
}

/// Why nothing can be made for somebody.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CannotMake {
    /// They have no address in WhatsApp.
    #[error("They have no address in WhatsApp.")]
    NoAddress,
    /// Something is not known of them, and there is nothing to say instead.
    #[error("{0}")]
    Gap(String),
}

impl CannotMake {
    /// The word for whoever something is not known of.
    pub const GAP: &str = "variable_missing";

    /// The stable word of it.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoAddress => "no_address",
            Self::Gap(_) => Self::GAP,
        }
    }
}

/// A message for one person, and what the gate has to know of it.
#[derive(Debug, Clone)]
pub struct Letter {
    /// The message.
    pub outgoing: Outgoing,
    /// What the gate is asked.
    pub ask: Ask,
}

impl Ready {
    /// Whether any gap asks for something that is known of people.
    #[must_use]
    pub fn asks(&self) -> bool {
        self.header
            .iter()
            .chain(&self.body)
            .chain(&self.buttons)
            .any(|pattern| !pattern.names().is_empty())
    }

    /// Whether anything has to be known of a person, because nothing is said instead.
    #[must_use]
    pub fn insists(&self) -> bool {
        let mut patterns = self.header.iter().chain(&self.body).chain(&self.buttons);
        patterns.any(|pattern| {
            let mut pieces = pattern.pieces().iter();
            pieces.any(|piece| matches!(piece, Source::Attribute { fallback: None, .. }))
        })
    }

    /// The texts of the gaps for one person.
    fn texts(&self, known: &Known) -> Result<Texts, CannotMake> {
        let fill = |patterns: &[Pattern]| -> Result<Vec<String>, CannotMake> {
            let says = |name: &str| known.says(name).map(str::to_owned);
            let texts = patterns.iter().map(|pattern| fill::fill(pattern, &says));
            texts
                .collect::<Result<_, _>>()
                .map_err(|missing| CannotMake::Gap(missing.to_string()))
        };
        let is_as_it_was = self.shape.file().is_some() == self.file.is_some()
            && self.shape.links.len() == self.buttons.len()
            && self.shape.wants_beyond.is_none();
        if !is_as_it_was {
            return Err(CannotMake::Gap(CHANGED.to_owned()));
        }
        let places = self.shape.links.iter().map(|link| link.index);
        Ok(Texts {
            header: fill(&self.header)?,
            body: fill(&self.body)?,
            links: places.zip(fill(&self.buttons)?).collect(),
        })
    }

    /// How it reads for one person, and its buttons.
    ///
    /// # Errors
    /// What keeps it from being made.
    pub fn look(&self, known: &Known) -> Result<(String, Vec<PreviewButton>), CannotMake> {
        let texts = self.texts(known)?;
        let filled = |place: usize| {
            let mut links = self.shape.links.iter().zip(&texts.links);
            let found = links.find(|(link, _)| link.index == place);
            found.map(|(link, (_, end))| link.filled(end))
        };
        let keys = self.shape.keys.iter().enumerate();
        let buttons = keys.map(|(place, key)| PreviewButton {
            text: key.text.clone(),
            to: filled(place).or_else(|| key.to.clone()),
        });
        let words = self.shape.words(&texts.header, &texts.body);
        Ok((words, buttons.collect()))
    }

    /// The small print below the text.
    #[must_use]
    pub fn footer(&self) -> Option<String> {
        self.shape.footer.clone()
    }

    /// Where the file above the text is: its address, or its id at Meta.
    #[must_use]
    pub fn file(&self) -> Option<String> {
        let file = self.file.as_ref()?;
        file.link.clone().or_else(|| file.id.clone())
    }

    /// The message for one person.
    ///
    /// # Errors
    /// What keeps it from being made.
    pub fn write(
        &self,
        known: &Known,
        (number, by): (&NumberId, &str),
    ) -> Result<Letter, CannotMake> {
        let to = known.to.as_ref().ok_or(CannotMake::NoAddress)?;
        let texts = self.texts(known)?;
        let fill = Fill {
            header: (&self.shape.header_gaps, &texts.header),
            body: (&self.shape.body_gaps, &texts.body),
            file: file::of(&self.shape, self.file.as_ref()),
            links: &texts.links,
        };
        let named = (self.named.0.as_str(), self.named.1.as_str());
        let outgoing = message::filled(&compose::recipient(to), named, fill)
            .map_err(|error| CannotMake::Gap(error.to_string()))?;
        let said = Said {
            text: self.shape.words(&texts.header, &texts.body),
            by: Some(by.to_owned()),
        };
        let ask = Ask {
            recipients: outgoing.recipients(),
            number: number.clone(),
            category: self.category(),
            topic: self.found.topic,
            template: self.found.state,
            named: Some(self.named.clone()),
            fingerprint: outgoing.fingerprint(),
            callback: None,
            said: Some(said),
            tie: None,
        };
        Ok(Letter { outgoing, ask })
    }

    /// Its category, as of now.
    #[must_use]
    pub const fn category(&self) -> Category {
        self.found.category
    }
}

/// Where the messages of a number go.
#[must_use]
pub fn route(app: &House, number: &NumberId) -> SendRoute {
    let version = app.config.whatsapp.version.parse();
    SendRoute {
        version: version.unwrap_or_else(|_| newest()),
        number: number.clone(),
        endpoint: Endpoint::Messages,
        proof: None,
    }
}
