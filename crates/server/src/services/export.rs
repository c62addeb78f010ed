//! Contacts and events as CSV, page by page; no cell of it is a formula.

pub mod cell;

use consent::{
    alias::Alias,
    event::{Fact, StaffAct},
    id::{ContactId, EventId},
};
use serde_json::json;
use store::{
    codec,
    contact::{ContactFilter, ContactLine},
    event::EventLine,
    segment::{Condition, Page},
};

use crate::{
    app::App,
    clock,
    error::Error,
    services::{
        attributes::{self, KEYS_MAX},
        keys::staff_event,
        roster::ask::{CONSENTS, one_of},
        segments,
    },
};

use self::cell::Sheet;

/// Rows of one page.
const PAGE: u32 = 500;

/// Whom to take out.
#[derive(Debug, Clone)]
pub enum Whom {
    /// Those that a list shows, newest first.
    Listed(ContactFilter),
    /// Those in a segment, by its id; oldest first.
    Segment(String),
}

impl Whom {
    /// Those with a tag and in a state of marketing, where one is given.
    #[must_use]
    pub fn with(tag: Option<String>, consent: Option<String>) -> Self {
        Self::Listed(ContactFilter {
            tags: tag.into_iter().collect(),
            consent,
            ..ContactFilter::default()
        })
    }
}

/// What to take out.
#[derive(Debug, Clone)]
pub enum What {
    /// Contacts.
    Contacts(Whom),
    /// Events of everybody, oldest first.
    Events,
}

/// An export that is under way.
pub struct Export {
    app: App,
    source: Source,
    is_begun: bool,
}

enum Source {
    Listed(Box<ContactFilter>, Vec<String>),
    Segment(Condition, Option<ContactId>, Vec<String>),
    Events(Option<EventId>),
    Done,
}

/// The columns of contacts, before those of their attributes.
const CONTACT: [&str; 11] = [
    "id",
    "name",
    "phone",
    "email",
    "bsuid",
    "more_addresses",
    "marketing",
    "whatsapp_switch",
    "tags",
    "created_at",
    "changed_at",
];
const EVENT: [&str; 9] = [
    "id",
    "contact",
    "kind",
    "scope",
    "clock",
    "at",
    "received_at",
    "source",
    "log_index",
];

impl Export {
    /// Begins, and keeps in the log that somebody took something out.
    ///
    /// # Errors
    /// [`Error::NotFound`] for a segment that is not there, [`Error::Invalid`] for a filter that makes no sense; when
    /// the database does not answer.
    pub async fn open(app: &App, what: What, actor: &str) -> Result<Self, Error> {
        let note = note(&what);
        let source = match what {
            What::Events => Source::Events(None),
            What::Contacts(whom) => {
                let keys = keys(app).await?;
                match whom {
                    Whom::Segment(id) => {
                        Source::Segment(segments::condition_of(app, &id).await?, None, keys)
                    }
                    Whom::Listed(filter) => {
                        one_of("consent", filter.consent.as_deref(), &CONSENTS)?;
                        let filter = ContactFilter {
                            after: None,
                            limit: PAGE,
                            ..filter
                        };
                        Source::Listed(Box::new(filter), keys)
                    }
                }
            }
        };
        let mut tx = app.store.begin().await?;
        staff_event(app, &mut tx, StaffAct::Exported, actor, &note).await?;
        tx.commit().await?;
        app.bell.log.notify_one();
        Ok(Self {
            app: App::clone(app),
            source,
            is_begun: false,
        })
    }

    /// Some further rows; none at the end. The names of the columns come first.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn step(&mut self) -> Result<Option<Vec<u8>>, Error> {
        let mut sheet = Sheet::default();
        if !self.is_begun {
            self.is_begun = true;
            match &self.source {
                Source::Listed(_, keys) | Source::Segment(_, _, keys) => {
                    let attributes = keys.iter().map(|key| format!("attribute:{key}"));
                    let names = CONTACT.iter().map(|name| (*name).to_owned());
                    sheet.row(names.chain(attributes).map(cell::safe));
                }
                Source::Events(_) => sheet.row(EVENT.iter().map(|name| (*name).to_owned())),
                Source::Done => {}
            }
            return sheet.bytes().map(Some);
        }
        let is_last = self.fill(&mut sheet).await?;
        if is_last {
            self.source = Source::Done;
        }
        let bytes = sheet.bytes()?;
        Ok(Some(bytes).filter(|bytes| !bytes.is_empty()))
    }

    /// Fills a page; says whether it is the last.
    async fn fill(&mut self, sheet: &mut Sheet) -> Result<bool, Error> {
        let store = &self.app.store;
        let count = match &mut self.source {
            Source::Listed(filter, keys) => {
                let page = store.contacts(filter).await?;
                let lines = page.lines.iter();
                lines.for_each(|line| contact(sheet, line, keys));
                filter.after = page.next;
                return Ok(filter.after.is_none());
            }
            Source::Segment(condition, after, keys) => {
                let page = Page {
                    after: *after,
                    limit: PAGE,
                };
                let ids = segments::ids(&self.app, condition, &page).await?;
                *after = ids.last().copied();
                let lines = store.pick_contacts(&ids).await?;
                lines.iter().for_each(|line| contact(sheet, line, keys));
                ids.len()
            }
            Source::Events(after) => {
                let lines = store.events_page(*after, PAGE).await?;
                *after = lines.last().map(|line| line.id);
                lines.iter().for_each(|line| event(sheet, line));
                lines.len()
            }
            Source::Done => 0,
        };
        Ok(u32::try_from(count).unwrap_or(u32::MAX) < PAGE)
    }
}

/// What the log keeps of an export: nothing that names a person.
fn note(what: &What) -> String {
    let note = match what {
        What::Events => json!({ "what": "events" }),
        What::Contacts(Whom::Segment(id)) => json!({ "what": "contacts", "segment": id }),
        What::Contacts(Whom::Listed(filter)) => {
            let by = [
                ("search", filter.search.is_some()),
                ("tag", !filter.tags.is_empty()),
                ("attribute", !filter.attributes.is_empty()),
                ("consent", filter.consent.is_some()),
            ];
            let by = by.into_iter().filter(|(_, is)| *is).map(|(name, _)| name);
            json!({ "what": "contacts", "narrowed_by": by.collect::<Vec<_>>() })
        }
    };
    note.to_string()
}

/// The attributes that get a column each.
async fn keys(app: &App) -> Result<Vec<String>, Error> {
    let mut keys: Vec<String> = attributes::kinds(app).await?.into_keys().collect();
    keys.extend(app.store.attribute_keys(KEYS_MAX).await?);
    keys.sort_unstable();
    keys.dedup();
    Ok(keys)
}

fn contact(sheet: &mut Sheet, line: &ContactLine, keys: &[String]) {
    let current = || {
        line.aliases
            .iter()
            .filter(|held| held.until.is_none())
            .map(|held| &held.alias)
    };
    let first = |is: fn(&Alias) -> bool| current().find(|alias| is(alias));
    let phone = first(|alias| matches!(alias, Alias::Phone(_) | Alias::WaId(_)));
    let email = first(|alias| matches!(alias, Alias::Email(_)));
    let bsuid = first(|alias| matches!(alias, Alias::Bsuid(_) | Alias::ParentBsuid(_)));
    let shown = [phone, email, bsuid];
    let rest = current().filter(|alias| !shown.contains(&Some(alias)));
    let rest: Vec<String> = rest.map(Alias::value).collect();
    let value = |alias: Option<&Alias>| alias.map(Alias::value).unwrap_or_default();
    let attributes = keys.iter().map(|key| {
        let own = line.attributes.iter().find(|(name, _)| name == key);
        cell::safe(own.map(|(_, value)| value.clone()).unwrap_or_default())
    });
    let own = [
        line.person.id.to_string(),
        cell::safe(line.person.name.clone().unwrap_or_default()),
        // A plus sign and digits are a number to whoever takes them for a formula, and nothing else.
        value(phone),
        cell::safe(value(email)),
        cell::safe(value(bsuid)),
        cell::safe(rest.join(" ")),
        line.consent.clone(),
        line.platform.clone(),
        cell::safe(line.tags.join("|")),
        clock::rfc3339(line.created),
        clock::rfc3339(line.changed),
    ];
    sheet.row(own.into_iter().chain(attributes));
}

fn event(sheet: &mut Sheet, line: &EventLine) {
    let scope = line.fact.as_ref().and_then(Fact::scope);
    sheet.row([
        line.id.to_string(),
        line.contact.to_string(),
        line.kind.clone(),
        scope.map(codec::scope_text).unwrap_or_default(),
        line.clock.word().to_owned(),
        clock::rfc3339(line.at),
        clock::rfc3339(line.received),
        cell::safe(line.source.clone()),
        line.log_index
            .map(|index| index.to_string())
            .unwrap_or_default(),
    ]);
}
