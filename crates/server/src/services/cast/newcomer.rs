//! People whom a transaction meets for the first time, or again after they were erased.

use std::collections::BTreeMap;

use consent::{
    alias::Alias,
    event::{Clock, Evidence, Fact},
    id::ContactId,
    register::Standing,
    scope::Scope,
    time::Timestamp,
};
use store::contact::Person;

use super::{Cast, Draft, Member};
use crate::error::Error;

/// Who says that an alias is somebody's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// The person, who showed it.
    Themselves,
    /// Anybody else.
    Others,
}

impl Cast<'_> {
    /// Makes a contact with these aliases. One who was erased comes back refused, as of now: what somebody else says
    /// about them in this moment lifts nothing.
    ///
    /// # Errors
    /// When the machine gives no random bytes.
    pub fn create(&mut self, aliases: &[Alias], name: Option<&str>) -> Result<ContactId, Error> {
        let id = self.newcomer(name)?;
        if self.name(id, aliases).is_some() {
            self.refuse_again(id, self.now)?;
        }
        Ok(id)
    }

    /// Makes a contact of whom WhatsApp told us. One who was erased comes back refused, as of the erasure: when they
    /// write themselves, they may be answered.
    ///
    /// # Errors
    /// As for [`Cast::create`].
    pub fn meet(&mut self, aliases: &[Alias], name: Option<&str>) -> Result<ContactId, Error> {
        let id = self.newcomer(name)?;
        if let Some(since) = self.name(id, aliases) {
            self.refuse_again(id, since.min(self.now))?;
        }
        Ok(id)
    }

    /// Gives a contact one more alias. Where its person was erased, the contact is refused everything: as of now where
    /// somebody else says so, which lifts nothing; as of the erasure where the person shows it, who may agree anew.
    ///
    /// # Errors
    /// As for [`Cast::link`].
    pub fn adopt(
        &mut self,
        id: ContactId,
        alias: &Alias,
        evidence: Evidence,
        by: By,
    ) -> Result<(), Error> {
        self.link(id, alias, evidence)?;
        let Some(erased) = self.suppressed.get(&alias.key()).copied() else {
            return Ok(());
        };
        let at = match by {
            By::Others => self.now,
            By::Themselves => erased.min(self.now),
        };
        self.refuse_again(id, at)
    }

    /// Whether somebody of this name was erased: of the names that were gathered and mean nobody now.
    #[must_use]
    pub fn was_erased(&self, alias: &Alias) -> bool {
        self.suppressed.contains_key(&alias.key())
    }

    fn newcomer(&mut self, name: Option<&str>) -> Result<ContactId, Error> {
        let id = ContactId::new(self.app.clock.id());
        let (key, wrapped) = self.app.vault.new_person(id).map_err(Error::internal)?;
        let person = Person {
            id,
            standing: Standing::default(),
            version: 1,
            sealing_key: Some(wrapped.clone()),
            name: name.map(str::to_owned),
        };
        let member = Member {
            wrapped: Some(wrapped),
            aliases: Some(BTreeMap::new()),
            ..Member::known(person, Some(key), None)
        };
        self.members.insert(id, member);
        Ok(id)
    }

    /// Names a new contact; says when somebody of one of these names was erased last.
    fn name(&mut self, id: ContactId, aliases: &[Alias]) -> Option<Timestamp> {
        for alias in aliases {
            self.attach(id, alias);
        }
        let erased = aliases
            .iter()
            .filter_map(|alias| self.suppressed.get(&alias.key()).copied());
        erased.max()
    }

    fn refuse_again(&mut self, contact: ContactId, at: Timestamp) -> Result<(), Error> {
        let note = "a person with this address was erased and had refused";
        let evidence = Evidence {
            source: "erasure".to_owned(),
            note: Some(note.to_owned()),
            ..Evidence::default()
        };
        self.record(Draft {
            contact,
            fact: Fact::OptOut(Scope::ALL),
            clock: Clock::Ours,
            at,
            evidence,
        })?;
        Ok(())
    }
}
