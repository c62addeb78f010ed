//! The cast: the contacts that one transaction is about, gathered at once, changed in memory, saved at once.
//!
//! Everything that changes consent goes through here, so that a standing is always the fold of its events, each event
//! has its leaf, and nothing is written a row at a time.

mod names;
mod newcomer;

pub use newcomer::By;

use std::collections::{BTreeMap, BTreeSet};

use consent::{
    alias::Alias,
    event::{Clock, Event, Evidence, Fact},
    id::{ContactId, EventId, NumberId},
    policy::Policy,
    register::{Applied, Heard, Standing},
    time::Timestamp,
};
use ledger::hash::Hash;
use store::{
    contact::{AliasLine, NewContact, Person, Update},
    event::NewEvent,
    pool::Tx,
};

use crate::{
    app::House,
    error::Error,
    evidence::{self, Made},
    services::{happenings, numbering, summary},
    vault::PersonKey,
};

/// The tag that an opt-out sets and an opt-in clears.
pub const OPTED_OUT_TAG: &str = "opted-out";

/// The contacts of one transaction.
pub struct Cast<'a> {
    app: &'a House,
    now: Timestamp,
    by_key: BTreeMap<String, ContactId>,
    members: BTreeMap<ContactId, Member>,
    suppressed: BTreeMap<String, Timestamp>,
    ended: Vec<String>,
    former: BTreeMap<String, (ContactId, Timestamp)>,
    merged: BTreeMap<ContactId, ContactId>,
    copies: BTreeMap<EventId, EventId>,
    house: Vec<(Event, Made)>,
    house_last: Option<Hash>,
}

/// One contact, as this transaction sees and changes it.
pub struct Member {
    /// As the rules see it.
    pub person: Person,
    key: Option<PersonKey>,
    wrapped: Option<Vec<u8>>,
    last: Option<Hash>,
    links: Vec<AliasLine>,
    aliases: Option<BTreeMap<String, Alias>>,
    made: Vec<(Event, Made)>,
    refold: bool,
    dirty: bool,
    name: Option<String>,
    note: Option<String>,
}

/// What happened, to be recorded.
#[derive(Debug, Clone)]
pub struct Draft {
    /// Whom it is about.
    pub contact: ContactId,
    /// What happened.
    pub fact: Fact,
    /// Whose clock dated it.
    pub clock: Clock,
    /// From when it counts.
    pub at: Timestamp,
    /// How we know.
    pub evidence: Evidence,
}

/// What a save wrote.
#[derive(Debug, Default)]
pub struct Saved {
    /// The events, in order.
    pub events: Vec<Event>,
    /// The contacts of whom fewer messages may go now: before an acknowledgement, their live permits must end.
    pub restricted: Vec<ContactId>,
    /// The size of the log, where numbers are given at once.
    pub size: Option<i64>,
}

impl<'a> Cast<'a> {
    /// Finds, locks and loads everybody whom these aliases mean.
    ///
    /// # Errors
    /// When the database does not answer, or a key cannot be unwrapped.
    pub async fn gather(app: &'a House, tx: &mut Tx, aliases: &[Alias]) -> Result<Self, Error> {
        let keys: BTreeSet<String> = aliases.iter().map(Alias::key).collect();
        let keys: Vec<String> = keys.into_iter().collect();
        let found = if keys.is_empty() {
            Vec::new()
        } else {
            tx.find(&keys).await?
        };
        let mut cast = Self {
            app,
            now: app.clock.now(),
            by_key: found.into_iter().collect(),
            members: BTreeMap::new(),
            suppressed: BTreeMap::new(),
            ended: Vec::new(),
            former: BTreeMap::new(),
            merged: BTreeMap::new(),
            copies: BTreeMap::new(),
            house: Vec::new(),
            house_last: None,
        };
        let unknown: Vec<&Alias> = aliases
            .iter()
            .filter(|alias| !cast.by_key.contains_key(&alias.key()))
            .collect();
        if !unknown.is_empty() {
            let tags: Vec<Vec<u8>> = unknown
                .iter()
                .map(|alias| app.vault.pepper(alias))
                .collect();
            let erased: BTreeMap<Vec<u8>, Timestamp> =
                tx.suppressed(&tags).await?.into_iter().collect();
            let erased = unknown
                .iter()
                .zip(&tags)
                .filter_map(|(alias, tag)| Some((alias.key(), *erased.get(tag)?)));
            cast.suppressed = erased.collect();
        }
        let ids: BTreeSet<ContactId> = cast.by_key.values().copied().collect();
        cast.admit(tx, &ids.into_iter().collect::<Vec<_>>()).await?;
        Ok(cast)
    }

    /// Locks and loads contacts by their ids.
    ///
    /// # Errors
    /// As for [`Cast::gather`].
    pub async fn admit(&mut self, tx: &mut Tx, ids: &[ContactId]) -> Result<(), Error> {
        let mut ids: Vec<ContactId> = ids
            .iter()
            .copied()
            .filter(|id| !self.members.contains_key(id))
            .collect();
        ids.sort_unstable();
        ids.dedup();
        if ids.is_empty() {
            return Ok(());
        }
        tx.lock(&ids).await?;
        let mut last: BTreeMap<ContactId, Hash> = tx
            .last_leaves(&ids)
            .await?
            .into_iter()
            .map(|(id, leaf)| (id, Hash::of_leaf(&leaf)))
            .collect();
        for person in tx.persons(&ids).await? {
            let id = person.id;
            let wrapped = person.sealing_key.as_deref();
            let key = wrapped
                .map(|wrapped| self.app.vault.person(id, wrapped))
                .transpose()
                .map_err(Error::internal)?;
            self.members
                .insert(id, Member::known(person, key, last.remove(&id)));
        }
        Ok(())
    }

    /// The house.
    #[must_use]
    pub const fn house(&self) -> &'a House {
        self.app
    }

    /// Whom an alias means, as this transaction sees it.
    #[must_use]
    pub fn id_of(&self, alias: &Alias) -> Option<ContactId> {
        self.by_key.get(&alias.key()).copied()
    }

    /// A contact that was gathered or made.
    #[must_use]
    pub fn member(&self, id: ContactId) -> Option<&Member> {
        self.members.get(&id)
    }

    /// The standing of a contact; an empty one for somebody unknown.
    #[must_use]
    pub fn standing(&self, id: ContactId) -> Standing {
        self.members
            .get(&id)
            .map(|member| member.person.standing.clone())
            .unwrap_or_default()
    }

    /// Gives a contact one more alias, with evidence. An alias that means somebody already stays with them.
    ///
    /// # Errors
    /// When the machine gives no random bytes.
    pub fn link(&mut self, id: ContactId, alias: &Alias, evidence: Evidence) -> Result<(), Error> {
        if self.by_key.contains_key(&alias.key()) {
            return Ok(());
        }
        self.attach(id, alias);
        let fact = Fact::AliasLinked(alias.clone());
        self.record(Draft {
            contact: id,
            fact,
            clock: Clock::Ours,
            at: self.now,
            evidence,
        })?;
        Ok(())
    }

    /// Records an event: into the standing, and to be kept.
    ///
    /// # Errors
    /// When the contact was erased or never gathered, or the machine gives no random bytes.
    pub fn record(&mut self, draft: Draft) -> Result<EventId, Error> {
        let event = Event {
            id: EventId::new(self.app.clock.id()),
            contact: draft.contact,
            fact: draft.fact,
            clock: draft.clock,
            at: draft.at,
            received: self.now,
            evidence: draft.evidence,
        };
        let member = self
            .members
            .get_mut(&event.contact)
            .ok_or(Error::NotFound("contact"))?;
        let key = member.key.as_ref().ok_or(Error::NotFound("contact"))?;
        let made = evidence::make(&event, member.last, key).map_err(Error::internal)?;
        member.last = Some(made.hash);
        member.refold |= member.person.standing.apply(&event) == Applied::FoldAgain;
        member.dirty = true;
        let id = event.id;
        member.made.push((event, made));
        Ok(id)
    }

    /// Records an event of the house, which no person's standing rests on.
    pub fn house_event(&mut self, event: Event) {
        let facts = evidence::facts(&event).to_string();
        self.house_event_with(event, facts);
    }

    /// The same, with facts that say more than the event itself.
    pub fn house_event_with(&mut self, event: Event, facts: String) {
        match evidence::make_with(&event, facts, self.house_last, self.app.vault.house()) {
            Ok(made) => {
                self.house_last = Some(made.hash);
                self.house.push((event, made));
            }
            Err(error) => tracing::error!(%error, "an event of the house could not be sealed"),
        }
    }

    /// Notes that the person wrote or called.
    pub fn hear(&mut self, id: ContactId, number: &NumberId, heard: &Heard) {
        if let Some(member) = self.members.get_mut(&id) {
            member.person.standing.hear(number, heard);
            member.dirty = true;
        }
    }

    /// Notes what people call themselves.
    pub fn call(&mut self, id: ContactId, name: Option<&str>, note: Option<&str>) {
        if let Some(member) = self.members.get_mut(&id) {
            let news = name.filter(|name| member.person.name.as_deref() != Some(*name));
            member.name = news.map(str::to_owned).or_else(|| member.name.take());
            member.note = note.map(str::to_owned).or_else(|| member.note.take());
        }
    }

    /// Seals something for a contact, under their key.
    ///
    /// # Errors
    /// When the contact was erased or never gathered, or the machine gives no random bytes.
    pub fn seal(&self, id: ContactId, purpose: &str, bytes: &[u8]) -> Result<Vec<u8>, Error> {
        let key = self
            .members
            .get(&id)
            .and_then(|member| member.key.as_ref())
            .ok_or(Error::NotFound("contact"))?;
        key.seal(purpose, bytes).map_err(Error::internal)
    }

    /// Opens what was sealed for a contact. None when it cannot be opened: erased, changed, or somebody else's.
    #[must_use]
    pub fn unseal(&self, id: ContactId, purpose: &str, sealed: &[u8]) -> Option<Vec<u8>> {
        let key = self.members.get(&id)?.key.as_ref()?;
        key.open(purpose, sealed).ok()
    }

    /// Writes everything: contacts, aliases, events with their leaves, standings, names and the tag.
    ///
    /// # Errors
    /// A conflict when somebody else was faster: the whole transaction may be tried again.
    pub async fn save(mut self, tx: &mut Tx, policy: &Policy) -> Result<Saved, Error> {
        if !self.ended.is_empty() {
            tx.end_aliases(&self.ended, self.now).await?;
        }
        self.save_new(tx).await?;
        for (id, member) in &mut self.members {
            if member.refold {
                member.fold_again(tx, *id).await?;
            }
        }
        let saved = self.save_events(tx).await?;
        happenings::recorded(self.app, tx, &saved.events).await?;
        self.save_standings(tx, policy).await?;
        self.save_names(tx).await?;
        let size = if self.app.store.numbers_at_once() && !saved.events.is_empty() {
            Some(numbering::number(tx).await?)
        } else {
            None
        };
        Ok(Saved { size, ..saved })
    }

    async fn save_new(&self, tx: &mut Tx) -> Result<(), Error> {
        let new = self.members.values().filter_map(|member| {
            let sealing_key = member.wrapped.clone()?;
            let (id, name) = (member.person.id, member.person.name.clone());
            Some(NewContact {
                id,
                name,
                sealing_key,
                at: self.now,
            })
        });
        let new: Vec<NewContact> = new.collect();
        if !new.is_empty() {
            tx.create(&new).await?;
        }
        self.save_links(tx).await
    }

    async fn save_events(&mut self, tx: &mut Tx) -> Result<Saved, Error> {
        let house = self.house.iter();
        let all: Vec<&(Event, Made)> = self
            .members
            .values()
            .flat_map(|member| member.made.iter())
            .chain(house)
            .collect();
        let mut rows: Vec<NewEvent<'_>> = all
            .iter()
            .map(|(event, made)| NewEvent {
                event,
                leaf: &made.leaf,
                sealed: made.sealed.clone(),
            })
            .collect();
        rows.sort_by_key(|row| row.event.id);
        tx.append(&rows).await?;
        let restricting = rows.iter().filter(|row| row.event.fact.restricts());
        let restricted: BTreeSet<ContactId> = restricting.map(|row| row.event.contact).collect();
        let events = rows.iter().map(|row| row.event.clone()).collect();
        Ok(Saved {
            events,
            restricted: restricted.into_iter().collect(),
            size: None,
        })
    }

    async fn save_standings(&self, tx: &mut Tx, policy: &Policy) -> Result<(), Error> {
        let dirty = self.members.values().filter(|member| member.dirty);
        let updates: Vec<Update<'_>> = dirty
            .map(|member| member.update(policy, self.now))
            .collect();
        if updates.is_empty() {
            return Ok(());
        }
        tx.set_standings(&updates).await?;
        let about_consent = |id: &ContactId| {
            let made = self
                .members
                .get(id)
                .map(|member| member.made.iter())
                .into_iter()
                .flatten();
            made.into_iter().any(|(event, _)| {
                matches!(
                    event.fact,
                    Fact::OptIn(_) | Fact::OptOut(_) | Fact::Retract(_)
                )
            })
        };
        let touched = updates
            .iter()
            .filter(|update| about_consent(&update.contact));
        let (out, rest): (Vec<&Update<'_>>, Vec<_>) =
            touched.partition(|update| update.consent == "opted_out");
        let ids = |updates: &[&Update<'_>]| {
            updates
                .iter()
                .map(|update| update.contact)
                .collect::<Vec<_>>()
        };
        tx.retag(OPTED_OUT_TAG, &ids(&out), &ids(&rest)).await?;
        Ok(())
    }

    async fn save_names(&self, tx: &mut Tx) -> Result<(), Error> {
        let named = self
            .members
            .values()
            .filter(|member| member.name.is_some() || member.note.is_some());
        let names: Vec<(ContactId, Option<String>, Option<String>)> = named
            .map(|member| (member.person.id, member.name.clone(), member.note.clone()))
            .collect();
        if !names.is_empty() {
            tx.set_names(&names).await?;
        }
        Ok(())
    }
}

impl Member {
    fn known(person: Person, key: Option<PersonKey>, last: Option<Hash>) -> Self {
        Self {
            person,
            key,
            wrapped: None,
            last,
            links: Vec::new(),
            aliases: None,
            made: Vec::new(),
            refold: false,
            dirty: false,
            name: None,
            note: None,
        }
    }

    /// The standing as it is written; with what they said of single topics where that may have changed.
    fn update(&self, policy: &Policy, now: Timestamp) -> Update<'_> {
        let said = if self.made.is_empty() {
            None
        } else {
            summary::said(&self.person, policy, now)
        };
        Update {
            said,
            ..summary::update(&self.person, policy, now)
        }
    }

    /// A retract names something that the standing rests on: the whole history is folded without it.
    async fn fold_again(&mut self, tx: &mut Tx, id: ContactId) -> Result<(), Error> {
        let history = tx.history(id).await?;
        let mut events: Vec<Event> = history
            .iter()
            .filter_map(store::event::EventLine::event)
            .collect();
        events.extend(self.made.iter().map(|(event, _)| event.clone()));
        let heard = std::mem::take(&mut self.person.standing.heard);
        self.person.standing = Standing {
            heard,
            ..Standing::fold(events.iter())
        };
        Ok(())
    }
}
