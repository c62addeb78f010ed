//! What one transaction gathers, and what every kind of item asks of it.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use consent::{event::Evidence, id::ContactId, time::Timestamp};
use store::{
    form::WordingLine,
    message::{MessageLine, News},
    reply::ReplyLine,
    review::ReviewLine,
    template::{Notice as Note, TemplateChange, TemplateTurn},
};

use super::{load::Load, talk::Talk};
use crate::{
    app::House,
    error::Error,
    services::{
        campaigns::late::Failed,
        cast::Cast,
        happenings::Told,
        identity::{Grounds, waiting},
    },
};

/// What one transaction gathers to be written at its end.
pub(super) struct Work<'a> {
    pub(super) app: &'a House,
    pub(super) load: &'a Load,
    pub(super) cast: Cast<'a>,
    pub(super) messages: Vec<MessageLine>,
    pub(super) news: Vec<News>,
    pub(super) failed: Vec<Failed>,
    pub(super) templates: Vec<TemplateChange>,
    pub(super) turns: Vec<TemplateTurn>,
    pub(super) notices: Vec<Note>,
    pub(super) replies: Vec<ReplyLine>,
    pub(super) reviews: Vec<ReviewLine>,
    pub(super) wordings: Vec<WordingLine>,
    pub(super) talk: Talk,
    pub(super) told: Vec<(ContactId, Told)>,
    pub(super) persons: BTreeSet<ContactId>,
    met: BTreeMap<usize, ContactId>,
    fresh: BTreeSet<Vec<u8>>,
}

impl<'a> Work<'a> {
    pub(super) fn new(
        app: &'a House,
        load: &'a Load,
        cast: Cast<'a>,
        fresh: BTreeSet<Vec<u8>>,
    ) -> Self {
        Self {
            app,
            load,
            cast,
            messages: Vec::new(),
            news: Vec::new(),
            failed: Vec::new(),
            templates: Vec::new(),
            turns: Vec::new(),
            notices: Vec::new(),
            replies: Vec::new(),
            reviews: Vec::new(),
            wordings: Vec::new(),
            talk: Talk::default(),
            told: Vec::new(),
            persons: BTreeSet::new(),
            met: BTreeMap::new(),
            fresh,
        }
    }

    /// From here on the items are those of this body, which speaks of these people.
    pub(super) fn turn_to(&mut self, load: &'a Load, persons: BTreeSet<ContactId>) {
        self.load = load;
        self.persons = persons;
    }

    /// Whom the body spoke of, and whom each of its items was about.
    pub(super) fn turn_away(&mut self) -> (BTreeSet<ContactId>, BTreeMap<usize, ContactId>) {
        (
            std::mem::take(&mut self.persons),
            std::mem::take(&mut self.met),
        )
    }

    /// Whether this key was never seen before, in no body and not earlier in this one.
    pub(super) fn is_first(&mut self, key: &[u8; 32]) -> bool {
        self.fresh.remove(key.as_slice())
    }

    /// What was put in line so far for somebody who was found to be another goes over to them.
    pub(super) fn follow(&mut self) -> Result<(), Error> {
        for line in &mut self.reviews {
            waiting::review(&self.cast, line)?;
        }
        for line in &mut self.replies {
            waiting::reply(&self.cast, line);
        }
        for (contact, _) in &mut self.told {
            *contact = self.cast.heir(*contact);
        }
        Ok(())
    }

    /// Notes whom an item is about.
    pub(super) fn meet(&mut self, index: usize, contact: ContactId) {
        self.met.insert(index, contact);
    }

    /// What a decision about names rests on.
    pub(super) fn grounds(&self, at: Timestamp, evidence: Evidence) -> Grounds {
        Grounds {
            policy: Arc::clone(&self.load.policy),
            evidence,
            at,
        }
    }

    /// Evidence from this body.
    pub(super) fn evidence(&self, source: &str, message: Option<&str>) -> Evidence {
        Evidence {
            source: source.to_owned(),
            message_id: message.map(str::to_owned),
            raw_sha256: Some(self.load.sha),
            ..Evidence::default()
        }
    }
}
