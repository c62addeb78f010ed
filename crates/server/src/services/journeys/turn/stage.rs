//! Whom a turn is about, and everything that is known of them.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use consent::{
    id::{AttemptId, ContactId},
    policy::Policy,
    time::Timestamp,
};
use journey::{effect::Key, trigger::Before as Rule};
use store::{
    contact::Edit,
    journey::{
        effect::{EffectLine, Settled},
        run::{RunLine, State},
    },
    pool::Tx,
};
use uuid::Uuid;

use super::what::{Batch, What};
use crate::{
    app::House,
    error::Error,
    services::{
        attributes::{self, Kinds},
        cast::Cast,
        happenings::Told,
        ingest::TEXT_PURPOSE,
        journeys::{
            library::Library,
            person::{Known, People},
            series,
            way::{self, Way},
        },
        policy,
    },
};

/// Runs of one person that a failed message may be of: the newest.
const RUNS_MAX: u32 = 50;

/// When somebody was in a journey before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Before {
    Never,
    Inside(Timestamp),
    Outside(Timestamp),
}

impl Before {
    pub(super) const fn at(self) -> Option<Timestamp> {
        match self {
            Self::Never => None,
            Self::Inside(at) | Self::Outside(at) => Some(at),
        }
    }

    pub(super) const fn rule(self) -> Rule {
        match self {
            Self::Never => Rule::Never,
            Self::Inside(_) => Rule::Inside,
            Self::Outside(at) => Rule::Entered(at),
        }
    }
}

/// Everything that a turn sees and changes.
pub(super) struct Stage<'a> {
    pub(super) now: Timestamp,
    pub(super) cast: Cast<'a>,
    pub(super) policy: Arc<Policy>,
    pub(super) kinds: Kinds,
    pub(super) library: Library,
    pub(super) people: People,
    /// The ways of these people, by run; the oldest first.
    pub(super) ways: BTreeMap<(ContactId, Uuid), Way>,
    /// Those that end because their version cannot be read any more.
    pub(super) lost: Vec<RunLine>,
    /// What messages said.
    pub(super) words: BTreeMap<Uuid, String>,
    /// What attempts were made for.
    pub(super) attempts: BTreeMap<AttemptId, (Uuid, Key)>,
    before: BTreeMap<Uuid, BTreeMap<ContactId, Before>>,
    /// What is to be written besides.
    pub(super) settled: Vec<Settled>,
    pub(super) edits: BTreeMap<ContactId, Edit>,
    pub(super) edited_by: BTreeMap<ContactId, BTreeSet<String>>,
    pub(super) told: Vec<(ContactId, Told)>,
    pub(super) handed: Vec<Handed>,
    contacts: Vec<ContactId>,
}

/// A conversation that an agent takes over.
#[derive(Debug, Clone)]
pub(super) struct Handed {
    pub(super) contact: ContactId,
    pub(super) number: String,
    pub(super) journey: String,
    /// The address of whoever takes it over; none for whoever is free.
    pub(super) agent: Option<String>,
    pub(super) note: String,
}

impl<'a> Stage<'a> {
    /// Locks everybody, and reads what is known of them.
    pub(super) async fn set(app: &'a House, tx: &mut Tx, batch: &Batch) -> Result<Self, Error> {
        let contacts: Vec<ContactId> = batch.keys().copied().collect();
        let mut cast = Cast::gather(app, tx, &[]).await?;
        cast.admit(tx, &contacts).await?;
        let mut stage = Self {
            now: app.clock.now(),
            cast,
            policy: policy::current(app).await?,
            kinds: attributes::kinds(app).await?,
            library: Library::open(app).await?,
            people: People::new(),
            ways: BTreeMap::new(),
            lost: Vec::new(),
            words: BTreeMap::new(),
            attempts: BTreeMap::new(),
            before: BTreeMap::new(),
            settled: Vec::new(),
            edits: BTreeMap::new(),
            edited_by: BTreeMap::new(),
            told: Vec::new(),
            handed: Vec::new(),
            contacts,
        };
        stage.meet(tx).await?;
        stage.follow(app, batch).await?;
        stage.hear(app, batch).await?;
        Ok(stage)
    }

    /// Whoever was erased or found to be somebody else is not met.
    async fn meet(&mut self, tx: &mut Tx) -> Result<(), Error> {
        for contact in &self.contacts {
            let person = self.cast.member(*contact).map(|member| &member.person);
            if let Some(person) = person.filter(|person| person.sealing_key.is_some()) {
                self.people.insert(*contact, Known::of(person));
            }
        }
        let labels = tx.labels(&self.contacts).await?;
        for (contact, tag) in labels.tags {
            if let Some(known) = self.people.get_mut(&contact) {
                known.tags.insert(tag);
            }
        }
        for (contact, key, value) in labels.attributes {
            if let Some(known) = self.people.get_mut(&contact) {
                known.attributes.insert(key, value);
            }
        }
        for line in tx.aliases_of(&self.contacts).await? {
            if let Some(known) = self.people.get_mut(&line.contact) {
                known.call(&line.alias);
            }
        }
        Ok(())
    }

    /// The ways that may be moved: those that people are on, and those that something is still heard of.
    async fn follow(&mut self, app: &House, batch: &Batch) -> Result<(), Error> {
        let mut lines = app.store.running(&self.contacts).await?;
        let mut named: BTreeSet<(ContactId, Uuid)> = BTreeSet::new();
        let mut attempts = Vec::new();
        for (contact, all) in batch {
            for what in all {
                match what {
                    What::Outcome(run, ..) => {
                        named.insert((*contact, *run));
                    }
                    What::Told(_, Told::Failed { attempt, .. }) => {
                        attempts.push((*contact, AttemptId::new(*attempt)));
                    }
                    What::Told(..) | What::TimeCame(_) | What::Emptied(_) => {}
                }
            }
        }
        if !attempts.is_empty() {
            named.extend(self.trace(app, &attempts).await?);
        }
        for (contact, run) in named {
            if !lines.iter().any(|line| line.id == run) {
                lines.extend(app.store.run(contact, run).await?);
            }
        }
        for line in lines {
            let version = (line.journey, line.version);
            match self.library.version(app, version).await? {
                Some(definition) => {
                    let key = (line.contact, line.id);
                    self.ways.insert(key, Way::of(line, definition)?);
                }
                None if line.state == State::Running => self.lost.push(way::lost(line, self.now)),
                None => {}
            }
        }
        Ok(())
    }

    /// What failed messages were sent for. It follows from the names of the attempts, so that it is known before the send has ended.
    async fn trace(
        &mut self,
        app: &House,
        failed: &[(ContactId, AttemptId)],
    ) -> Result<Vec<(ContactId, Uuid)>, Error> {
        let mut found = Vec::new();
        for (contact, attempt) in failed {
            for run in app.store.runs_of(*contact, RUNS_MAX).await? {
                let effects = app.store.effects(*contact, run.id).await?;
                let of = |effect: &&EffectLine| series::attempts(effect).contains(attempt);
                if let Some(effect) = effects.iter().find(of) {
                    let key = Key::kept(&effect.key);
                    self.attempts.insert(*attempt, (run.id, key));
                    found.push((*contact, run.id));
                    break;
                }
            }
        }
        Ok(found)
    }

    /// The words of the messages that were told of.
    async fn hear(&mut self, app: &House, batch: &Batch) -> Result<(), Error> {
        let told = batch.values().flatten().filter_map(|what| match what {
            What::Told(_, Told::Wrote { message, .. }) => Some(AttemptId::new(*message)),
            What::Told(..) | What::TimeCame(_) | What::Outcome(..) | What::Emptied(_) => None,
        });
        let told: Vec<AttemptId> = told.collect();
        if told.is_empty() {
            return Ok(());
        }
        for line in app.store.find_messages(&told, &[]).await? {
            let sealed = line.sealed.as_deref();
            let opened =
                sealed.and_then(|sealed| self.cast.unseal(line.contact, TEXT_PURPOSE, sealed));
            let text = opened.and_then(|words| String::from_utf8(words).ok());
            if let Some(text) = text {
                self.words.insert(line.id.get(), text);
            }
        }
        Ok(())
    }

    /// When somebody was in a journey before. Asked once for everybody of the turn.
    pub(super) async fn before(
        &mut self,
        tx: &mut Tx,
        journey: Uuid,
        contact: ContactId,
    ) -> Result<Before, Error> {
        if !self.before.contains_key(&journey) {
            let lines = tx.entered_before(journey, &self.contacts).await?;
            let found = lines.into_iter().map(|(contact, at, is_inside)| {
                let before = if is_inside {
                    Before::Inside(at)
                } else {
                    Before::Outside(at)
                };
                (contact, before)
            });
            self.before.insert(journey, found.collect());
        }
        // What this very turn changed counts as well.
        let own = self.ways.values().filter(|way| {
            way.line.contact == contact && way.line.journey == journey && way.is_changed
        });
        let is_inside = own.clone().any(Way::is_inside);
        let known = self.before.get(&journey).and_then(|all| all.get(&contact));
        Ok(match known.copied().unwrap_or(Before::Never) {
            Before::Inside(at) | Before::Outside(at) if is_inside => Before::Inside(at),
            Before::Inside(at) if self.has_left(journey, contact) => Before::Outside(at),
            before => before,
        })
    }

    /// Somebody entered.
    pub(super) fn entered(&mut self, contact: ContactId, journey: Uuid) {
        let all = self.before.entry(journey).or_default();
        all.insert(contact, Before::Inside(self.now));
    }

    /// Whether nobody but those who left in this turn is meant.
    fn has_left(&self, journey: Uuid, contact: ContactId) -> bool {
        let own = self
            .ways
            .values()
            .filter(|way| way.line.contact == contact && way.line.journey == journey);
        let mut own = own.peekable();
        own.peek().is_some() && own.all(|way| way.line.state != State::Running)
    }
}
