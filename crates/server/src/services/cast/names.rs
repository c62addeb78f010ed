//! What the contacts of a transaction are called by: now, before, and from now on.

use std::collections::{BTreeMap, BTreeSet};

use consent::{
    alias::Alias,
    event::{Clock, Event, Evidence, Fact},
    id::{ContactId, EventId},
    time::Timestamp,
};
use store::{contact::AliasLine, pool::Tx};

use super::{Cast, Draft, Member};
use crate::error::Error;

/// How many hands the names of one contact may have gone through.
const HOPS_MAX: usize = 16;

impl Cast<'_> {
    /// Loads the current aliases of everybody gathered so far, with one query.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn learn_aliases(&mut self, tx: &mut Tx) -> Result<(), Error> {
        let unlearned = self
            .members
            .iter()
            .filter(|(_, member)| member.aliases.is_none());
        let ids: Vec<ContactId> = unlearned.map(|(id, _)| *id).collect();
        if ids.is_empty() {
            return Ok(());
        }
        for line in tx.aliases_of(&ids).await? {
            let key = line.alias.key();
            self.by_key.entry(key.clone()).or_insert(line.contact);
            if let Some(member) = self.members.get_mut(&line.contact) {
                let known = member.aliases.get_or_insert_with(BTreeMap::new);
                known.insert(key, line.alias);
            }
        }
        for id in ids {
            if let Some(member) = self.members.get_mut(&id) {
                member.aliases.get_or_insert_with(BTreeMap::new);
            }
        }
        Ok(())
    }

    /// Loads whom those of these aliases that mean nobody now meant before, with one query.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn learn_former(&mut self, tx: &mut Tx, aliases: &[Alias]) -> Result<(), Error> {
        let keys: BTreeSet<String> = aliases
            .iter()
            .map(Alias::key)
            .filter(|key| !self.by_key.contains_key(key))
            .collect();
        if keys.is_empty() {
            return Ok(());
        }
        let keys: Vec<String> = keys.into_iter().collect();
        for (key, owner, until) in tx.former_owners(&keys).await? {
            self.former.insert(key, (owner, until));
        }
        Ok(())
    }

    /// Whom an alias meant that means nobody now, and until when. Whoever took over their other names is meant.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn former(
        &mut self,
        tx: &mut Tx,
        alias: &Alias,
    ) -> Result<Option<(ContactId, Timestamp)>, Error> {
        if self.id_of(alias).is_some() {
            return Ok(None);
        }
        let Some((mut owner, until)) = self.former.get(&alias.key()).copied() else {
            return Ok(None);
        };
        for _ in 0..HOPS_MAX {
            self.admit(tx, &[owner]).await?;
            self.learn_aliases(tx).await?;
            if !self.aliases(owner).is_empty() {
                break;
            }
            let next = match self.merged.get(&owner).copied() {
                Some(next) => Some(next),
                None => tx.successor(owner).await?,
            };
            match next {
                Some(next) => owner = next,
                None => break,
            }
        }
        Ok(self.is_live(owner).then_some((owner, until)))
    }

    /// The current aliases of a contact, as far as they were learned.
    #[must_use]
    pub fn aliases(&self, id: ContactId) -> Vec<Alias> {
        let known = self
            .members
            .get(&id)
            .and_then(|member| member.aliases.as_ref());
        known
            .map(|known| known.values().cloned().collect())
            .unwrap_or_default()
    }

    /// Whether anything can be recorded about this contact: gathered, and not erased.
    #[must_use]
    pub fn is_live(&self, id: ContactId) -> bool {
        self.members
            .get(&id)
            .is_some_and(|member| member.key.is_some())
    }

    /// The time that everything here is stamped with.
    #[must_use]
    pub const fn now(&self) -> Timestamp {
        self.now
    }

    /// Notes that one contact was found to be another.
    pub fn note_merged(&mut self, gone: ContactId, into: ContactId) {
        self.merged.insert(gone, into);
    }

    /// Who a contact was found to be in this transaction; mostly themselves.
    #[must_use]
    pub fn heir(&self, contact: ContactId) -> ContactId {
        let mut heir = contact;
        for _ in 0..HOPS_MAX {
            match self.merged.get(&heir) {
                Some(next) => heir = *next,
                None => break,
            }
        }
        heir
    }

    /// Notes that an event of one contact was recorded with another as well.
    pub fn note_copy(&mut self, event: EventId, copy: EventId) {
        self.copies.insert(event, copy);
    }

    /// The event that stands for this one since its contact was found to be another; none when nothing does.
    #[must_use]
    pub fn copy_of(&self, event: EventId) -> Option<EventId> {
        let mut copy = *self.copies.get(&event)?;
        for _ in 0..HOPS_MAX {
            match self.copies.get(&copy) {
                Some(next) => copy = *next,
                None => break,
            }
        }
        Some(copy)
    }

    /// The events that this transaction made of a contact so far.
    pub fn made(&self, id: ContactId) -> impl Iterator<Item = &Event> {
        let member = self.members.get(&id);
        member
            .into_iter()
            .flat_map(|member| member.made.iter().map(|(event, _)| event))
    }

    /// Folds the history of a contact again at once, when a retract asked for it.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn refold(&mut self, tx: &mut Tx, id: ContactId) -> Result<(), Error> {
        if let Some(member) = self.members.get_mut(&id).filter(|member| member.refold) {
            member.fold_again(tx, id).await?;
            member.refold = false;
        }
        Ok(())
    }

    /// Ends an alias: it means this contact no more.
    ///
    /// # Errors
    /// When the machine gives no random bytes.
    pub fn unlink(
        &mut self,
        id: ContactId,
        alias: &Alias,
        evidence: Evidence,
    ) -> Result<(), Error> {
        let key = alias.key();
        if self.by_key.get(&key) != Some(&id) {
            return Ok(());
        }
        self.by_key.remove(&key);
        self.former.insert(key.clone(), (id, self.now));
        let now = self.now;
        let fresh = self
            .members
            .get_mut(&id)
            .and_then(|member| member.forget(&key));
        match fresh {
            // Linked in this very transaction: it is written as ended, for there is no row yet to end.
            Some(line) => line.until = Some(now),
            None => self.ended.push(key),
        }
        let fact = Fact::AliasEnded(alias.clone());
        self.record(Draft {
            contact: id,
            fact,
            clock: Clock::Ours,
            at: now,
            evidence,
        })?;
        Ok(())
    }

    /// Notes that a contact had an alias until then, which we never saw while it held.
    pub fn remember_past(&mut self, id: ContactId, alias: &Alias, until: Timestamp) {
        let key = alias.key();
        if self.by_key.contains_key(&key) || self.former.contains_key(&key) {
            return;
        }
        self.former.insert(key, (id, until));
        if let Some(member) = self.members.get_mut(&id) {
            let (contact, alias) = (id, alias.clone());
            member.links.push(AliasLine {
                contact,
                alias,
                since: until,
                until: Some(until),
            });
        }
    }

    pub(super) fn attach(&mut self, id: ContactId, alias: &Alias) {
        let key = alias.key();
        if self.by_key.contains_key(&key) {
            return;
        }
        self.by_key.insert(key.clone(), id);
        let before = self.former.remove(&key);
        let now = self.now;
        let Some(member) = self.members.get_mut(&id) else {
            return;
        };
        member
            .aliases
            .get_or_insert_with(BTreeMap::new)
            .insert(key.clone(), alias.clone());
        // Ended and given back in one transaction: its row was never touched.
        let given_back = before.is_some_and(|(owner, _)| owner == id);
        if given_back && let Some(at) = self.ended.iter().position(|ended| *ended == key) {
            self.ended.swap_remove(at);
            return;
        }
        member
            .links
            .retain(|line| line.alias.key() != key || line.since != now);
        member.links.push(AliasLine {
            contact: id,
            alias: alias.clone(),
            since: now,
            until: None,
        });
    }

    pub(super) async fn save_links(&self, tx: &mut Tx) -> Result<(), Error> {
        let lines = self
            .members
            .values()
            .flat_map(|member| member.links.iter().cloned());
        let (past, current): (Vec<AliasLine>, Vec<AliasLine>) =
            lines.partition(|line| line.until.is_some());
        if !current.is_empty() {
            tx.link(&current).await?;
        }
        if !past.is_empty() {
            tx.link_past(&past).await?;
        }
        Ok(())
    }
}

impl Member {
    /// Forgets an alias; gives its line when it is not written yet.
    fn forget(&mut self, key: &str) -> Option<&mut AliasLine> {
        if let Some(aliases) = &mut self.aliases {
            aliases.remove(key);
        }
        self.links
            .iter_mut()
            .find(|line| line.until.is_none() && line.alias.key() == key)
    }
}
