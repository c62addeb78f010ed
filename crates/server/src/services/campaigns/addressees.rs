//! The addresses of an audience, page by page: of those who were listed, who meet a condition now, or who were drawn.

use std::collections::HashMap;

use consent::{alias::Alias, id::ContactId, time::Timestamp};
use store::{
    campaign::{
        CampaignLine,
        recipient::{self, Filter, RecipientLine},
    },
    segment::{Condition, Lines, Page},
};
use uuid::Uuid;

use super::compose::{self, Known};
use crate::{app::House, error::Error, services::who};

/// What stands for an address that there is none of: it is refused as what it is.
pub const NO_ADDRESS: &str = "-";

/// An audience.
pub struct Addressees<'a> {
    /// Where it is kept.
    pub app: &'a House,
    /// Of which campaign.
    pub line: &'a CampaignLine,
    /// What people must meet, where they are not listed.
    pub condition: Option<&'a Condition>,
}

/// Somebody of an audience.
#[derive(Debug, Clone)]
pub struct Member {
    /// Their id, where we know them.
    pub contact: Option<ContactId>,
    /// Their address; [`NO_ADDRESS`] where there is none.
    pub address: String,
    /// What a list says of them alone, as JSON.
    pub own: Option<String>,
}

/// A page of an audience.
#[derive(Debug, Default)]
pub struct Addresses {
    /// A line each.
    pub lines: Vec<u8>,
    /// Who they are, in the same order; nobody where that was not asked.
    pub members: Vec<Member>,
    /// Where the next page begins; none on the last.
    pub next: Option<String>,
}

impl Addresses {
    /// A page of those with names, whose last one is a cursor.
    fn of(members: Vec<Member>, limit: u32, last: impl FnOnce() -> Option<String>) -> Self {
        let mut lines = Vec::new();
        for member in &members {
            // A line is one person, whatever was written.
            let line = member.address.replace('\n', " ");
            lines.extend_from_slice(line.as_bytes());
            lines.push(b'\n');
        }
        let is_full = u32::try_from(members.len()) == Ok(limit);
        let next = last().filter(|_| is_full);
        Self {
            lines,
            members,
            next,
        }
    }

    fn known(people: impl Iterator<Item = Member>, limit: u32) -> Self {
        let members: Vec<Member> = people.collect();
        let last = members.last().and_then(|member| member.contact);
        Self::of(members, limit, || last.map(|contact| contact.to_string()))
    }
}

impl<T: ToString> From<Lines<T>> for Addresses {
    fn from(text: Lines<T>) -> Self {
        Self {
            lines: text.lines.into_bytes(),
            members: Vec::new(),
            next: text.last.map(|last| last.to_string()),
        }
    }
}

impl Addressees<'_> {
    /// A page from a cursor on, with who they are.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn people(&self, cursor: Option<&str>, limit: u32) -> Result<Addresses, Error> {
        if self.line.drawn.is_some() {
            return self.drawn(cursor, limit).await;
        }
        let Some(condition) = self.condition else {
            return self.listed(cursor.unwrap_or_default(), limit).await;
        };
        let page = Page {
            after: contact(cursor),
            limit,
        };
        let now = self.app.clock.now();
        let rows = self.app.store.segment_addresses(condition, now, &page);
        let rows = rows.await?;
        let people = rows.into_iter().map(|(contact, address)| Member {
            contact: Some(contact),
            address: address.unwrap_or_else(|| NO_ADDRESS.to_owned()),
            own: None,
        });
        Ok(Addresses::known(people, limit))
    }

    async fn listed(&self, cursor: &str, limit: u32) -> Result<Addresses, Error> {
        let after = cursor.parse().unwrap_or(-1);
        let rows = self.app.store.list_page(self.line.id, after, limit).await?;
        let key = |address: &str| who::alias(self.app, address).ok().map(|alias| alias.key());
        let keys: Vec<Option<String>> = rows.iter().map(|row| key(&row.address)).collect();
        let wanted: Vec<String> = keys.iter().flatten().cloned().collect();
        let known: HashMap<String, ContactId> =
            self.app.store.find(&wanted).await?.into_iter().collect();
        let last = rows.last().map(|row| row.place.to_string());
        let members = rows.into_iter().zip(keys).map(|(row, key)| Member {
            contact: key.and_then(|key| known.get(&key).copied()),
            address: if row.address.is_empty() {
                NO_ADDRESS.to_owned()
            } else {
                row.address
            },
            own: row.extra,
        });
        Ok(Addresses::of(members.collect(), limit, || last))
    }

    /// The same without who they are, where that costs less.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn addresses(&self, cursor: &str, limit: u32) -> Result<Addresses, Error> {
        let store = &self.app.store;
        match self.condition {
            _ if self.line.drawn.is_some() => self.drawn(Some(cursor), limit).await,
            Some(condition) => {
                let page = Page {
                    after: contact(Some(cursor)),
                    limit,
                };
                let now = self.app.clock.now();
                let lines = store.segment_lines(condition, now, &page).await?;
                Ok(lines.into())
            }
            None => {
                let after = cursor.parse().unwrap_or(-1);
                let lines = store.list_lines(self.line.id, after, limit).await?;
                Ok(lines.into())
            }
        }
    }

    async fn drawn(&self, cursor: Option<&str>, limit: u32) -> Result<Addresses, Error> {
        let filter = Filter {
            after: contact(cursor),
            limit,
            ..Filter::default()
        };
        let rows = self.app.store.recipients(self.line.id, &filter).await?;
        let lines: Vec<RecipientLine> = rows.into_iter().map(|row| row.line).collect();
        let known = compose::known(self.app, &lines, false).await?;
        let people = lines.into_iter().map(|line| {
            let to = known.get(&line.contact).and_then(|known| known.to.as_ref());
            Member {
                contact: Some(line.contact),
                address: to.map_or_else(|| NO_ADDRESS.to_owned(), Alias::value),
                own: line.extra,
            }
        });
        Ok(Addresses::known(people, limit))
    }
}

/// What is known of some of an audience, in their order, with what a list says of them alone.
///
/// # Errors
/// When the database does not answer.
pub async fn known(app: &House, members: &[Member]) -> Result<Vec<Known>, Error> {
    let met = members.iter().filter_map(|member| {
        let contact = member.contact?;
        Some(stand_in(contact, member.own.clone()))
    });
    let met: Vec<RecipientLine> = met.collect();
    let mut found = compose::known(app, &met, true).await?;
    let of = |member: &Member| {
        let known = member.contact.and_then(|contact| found.remove(&contact));
        let mut known = known.unwrap_or_else(|| Known {
            own: compose::own(member.own.as_deref()),
            ..Known::default()
        });
        known.to = known.to.or_else(|| who::alias(app, &member.address).ok());
        known
    };
    Ok(members.iter().map(of).collect())
}

/// Somebody who is not drawn yet, as one who is.
const fn stand_in(contact: ContactId, extra: Option<String>) -> RecipientLine {
    RecipientLine {
        contact,
        campaign: Uuid::nil(),
        variant: 0,
        state: recipient::State::Waiting,
        due: Timestamp::MIN,
        tries: 0,
        attempt: None,
        taken: None,
        code: None,
        reason: None,
        extra,
    }
}

/// Whom a cursor names.
fn contact(cursor: Option<&str>) -> Option<ContactId> {
    let id: Option<Uuid> = cursor.and_then(|cursor| cursor.parse().ok());
    id.map(ContactId::new)
}
