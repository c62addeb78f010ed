//! The addresses of an audience, page by page: of those who were listed, who meet a condition now, or who were drawn.

use consent::{alias::Alias, id::ContactId};
use store::{
    campaign::{
        CampaignLine,
        recipient::{Filter, RecipientLine},
    },
    segment::{Condition, Lines, Page},
};
use uuid::Uuid;

use super::compose;
use crate::{app::House, error::Error};

/// What stands for an address that there is none of: it is refused as what it is.
pub const NO_ADDRESS: &str = "-";

/// An audience.
pub struct Crowd<'a> {
    /// Where it is kept.
    pub app: &'a House,
    /// Of which campaign.
    pub line: &'a CampaignLine,
    /// What people must meet, where they are not listed.
    pub condition: Option<&'a Condition>,
}

/// A page of an audience.
#[derive(Default)]
pub struct Addresses {
    /// A line each; [`NO_ADDRESS`] for whoever has none.
    pub addresses: Vec<u8>,
    /// Who they are, in the same order; nobody where that is not known, or was not asked.
    pub contacts: Vec<ContactId>,
    /// Where the next page begins; none on the last.
    pub next: Option<String>,
}

impl Addresses {
    /// Those who are known.
    fn known<'a>(people: impl Iterator<Item = (ContactId, Option<&'a str>)>, limit: u32) -> Self {
        let mut page = Self::default();
        for (contact, address) in people {
            let line = address.unwrap_or(NO_ADDRESS);
            page.addresses.extend_from_slice(line.as_bytes());
            page.addresses.push(b'\n');
            page.contacts.push(contact);
        }
        let is_full = u32::try_from(page.contacts.len()) == Ok(limit);
        let last = page.contacts.last().filter(|_| is_full);
        page.next = last.map(ToString::to_string);
        page
    }
}

impl<T: ToString> From<Lines<T>> for Addresses {
    fn from(text: Lines<T>) -> Self {
        Self {
            addresses: text.lines.into_bytes(),
            contacts: Vec::new(),
            next: text.last.map(|last| last.to_string()),
        }
    }
}

impl Crowd<'_> {
    /// A page from a cursor on, with who they are.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn people(&self, cursor: Option<&str>, limit: u32) -> Result<Addresses, Error> {
        if self.line.drawn.is_some() {
            return self.drawn(cursor, limit).await;
        }
        let Some(condition) = self.condition else {
            return self.addresses(cursor.unwrap_or_default(), limit).await;
        };
        let page = Page {
            after: contact(cursor),
            limit,
        };
        let now = self.app.clock.now();
        let rows = self.app.store.segment_addresses(condition, now, &page);
        let rows = rows.await?;
        let people = rows.iter().map(|(id, address)| (*id, address.as_deref()));
        Ok(Addresses::known(people, limit))
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
        let address = |line: &RecipientLine| {
            let to = known.get(&line.contact).and_then(|known| known.to.as_ref());
            (line.contact, to.map(Alias::value))
        };
        let people: Vec<_> = lines.iter().map(address).collect();
        let people = people.iter().map(|(id, address)| (*id, address.as_deref()));
        Ok(Addresses::known(people, limit))
    }
}

/// Whom a cursor names.
fn contact(cursor: Option<&str>) -> Option<ContactId> {
    let id: Option<Uuid> = cursor.and_then(|cursor| cursor.parse().ok());
    id.map(ContactId::new)
}
