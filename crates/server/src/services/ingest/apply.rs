//! The one transaction of many bodies: everybody gathered at once, item by item in order, everything written at once.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use consent::{
    alias::Alias,
    event::{Clock, Evidence, Fact, counts_from},
    id::ContactId,
    time::Timestamp,
};
use graph::webhook::{
    Item, Notice,
    change::Change,
    preference::{Preference, Wish},
};
use store::{
    inbox::{QuarantineLine, RawBody},
    pool::Tx,
};
use uuid::Uuid;

use super::{
    PART_DONE, PART_OPEN, PART_PURPOSE, RAW_PURPOSE, failure,
    load::{Load, Problem},
    message, news, status,
    work::Work,
};
use crate::{
    app::{App, House},
    error::Error,
    services::{
        campaigns::late,
        cast::{Cast, Draft},
        happenings, identity, relay,
    },
};

/// What goes around the items.
#[derive(Clone, Copy)]
pub(super) enum Frame<'a> {
    /// Nothing: some items by themselves.
    None,
    /// The raw body, what goes to quarantine, and the relay.
    Arrival(&'a [Problem]),
    /// A part that leaves quarantine.
    Retry(Uuid),
}

/// One body's part in a transaction.
#[derive(Clone, Copy)]
pub(super) struct Part<'a> {
    /// The body.
    pub(super) load: &'a Load,
    /// Its items that are applied.
    pub(super) which: &'a [usize],
    /// What goes around them.
    pub(super) frame: Frame<'a>,
}

/// What a part did.
#[derive(Default)]
struct Told {
    persons: BTreeSet<ContactId>,
    met: BTreeMap<usize, ContactId>,
}

/// Applies the parts of some bodies. Gives for each the contacts to whom fewer messages may go now.
pub(super) async fn apply(app: &App, parts: &[Part<'_>]) -> Result<Vec<Vec<ContactId>>, Error> {
    let spoken_of = spoken_of(app, parts).await?;
    let mut tx = if parts.iter().any(|part| part.load.urgent) {
        app.store.begin_next().await?
    } else {
        app.store.begin().await?
    };
    let now = app.clock.now();
    let new = keep(app, &mut tx, parts, now).await?;
    let is_new = |part: &Part<'_>| match part.frame {
        Frame::Arrival(_) => new.contains(part.load.sha.as_slice()),
        Frame::None | Frame::Retry(_) => true,
    };
    let fresh: Vec<Part<'_>> = parts.iter().copied().filter(is_new).collect();
    let aliases: BTreeSet<Alias> = fresh
        .iter()
        .flat_map(|part| part.load.aliases(app, part.which))
        .collect();
    let aliases: Vec<Alias> = aliases.into_iter().collect();
    let mut told = Vec::new();
    let mut restricted = Vec::new();
    if let Some(first) = fresh.first() {
        let mut cast = Cast::gather(app, &mut tx, &aliases).await?;
        cast.admit(&mut tx, &sent_to(&fresh)).await?;
        cast.learn_aliases(&mut tx).await?;
        cast.learn_former(&mut tx, &aliases).await?;
        let seen = see(&mut tx, &fresh, now).await?;
        let mut work = Work::new(app, first.load, cast, seen);
        for part in &fresh {
            work.turn_to(part.load, spoken_of_by(part, &spoken_of));
            for index in part.which {
                if let Some(item) = part.load.delivery.items.get(*index) {
                    work.take(&mut tx, *index, item).await?;
                }
            }
            let (mut persons, met) = work.turn_away();
            persons.extend(met.values());
            told.push(Told { persons, met });
        }
        restricted = work.save(&mut tx, &fresh, &told).await?;
    }
    tx.commit().await?;
    let mut told = told.into_iter();
    let mut answers = Vec::with_capacity(parts.len());
    for part in parts {
        answers.push(if is_new(part) {
            let mut whom = told.next().unwrap_or_default().persons;
            whom.retain(|person| restricted.contains(person));
            whom.into_iter().collect()
        } else {
            super::settle_known(app, &part.load.aliases(app, part.which)).await?
        });
    }
    Ok(answers)
}

/// Keeps the raw bodies; gives the hashes of those that were not here before.
async fn keep(
    app: &App,
    tx: &mut Tx,
    parts: &[Part<'_>],
    now: Timestamp,
) -> Result<BTreeSet<Vec<u8>>, Error> {
    let arrivals = parts
        .iter()
        .filter(|part| matches!(part.frame, Frame::Arrival(_)));
    let bodies = arrivals.map(|part| {
        let sealed = app.vault.house().seal(RAW_PURPOSE, &part.load.raw);
        Ok(RawBody {
            sha256: part.load.sha,
            sealed: sealed.map_err(Error::internal)?,
        })
    });
    let bodies = bodies.collect::<Result<Vec<_>, Error>>()?;
    if bodies.is_empty() {
        return Ok(BTreeSet::new());
    }
    Ok(tx.keep_webhooks(&bodies, now).await?.into_iter().collect())
}

impl Work<'_> {
    async fn take(&mut self, tx: &mut Tx, index: usize, item: &Item) -> Result<(), Error> {
        if let Notice::Status(told) = &item.notice {
            return status::take(self, tx, item, told).await;
        }
        if let Some(key) = key(self.load, item)
            && !self.is_first(&key)
        {
            return Ok(());
        }
        match &item.notice {
            Notice::Message(told) => message::take(self, tx, (index, item), told).await?,
            Notice::Echo(told) => message::take_echo(self, tx, (index, item), told).await?,
            Notice::Call(told) => message::take_call(self, tx, (index, item), told).await?,
            Notice::Change(told) => self.take_change(tx, index, told).await?,
            Notice::Preference(told) => self.take_preference(tx, (index, item), told).await?,
            Notice::Template(told) => news::take_template(self, item, told),
            Notice::Account(told) => news::take_account(self, item, told),
            Notice::Status(_)
            | Notice::Handover(_)
            | Notice::UserAction(_)
            | Notice::AccountError(_)
            | Notice::Other { .. } => news::take_other(self, item),
        }
        Ok(())
    }

    async fn take_change(&mut self, tx: &mut Tx, index: usize, told: &Change) -> Result<(), Error> {
        let grounds = self.grounds(
            told.at,
            self.evidence(identity::NUMBER_CHANGE, told.id.as_deref()),
        );
        let contact = identity::change(tx, &mut self.cast, told, &grounds).await?;
        self.meet(index, contact);
        Ok(())
    }

    async fn take_preference(
        &mut self,
        tx: &mut Tx,
        (index, item): (usize, &Item),
        told: &Preference,
    ) -> Result<(), Error> {
        let Some(number) = item.origin.number.clone() else {
            return Err(Error::field(
                "metadata.phone_number_id",
                "the number is not named",
            ));
        };
        let evidence = Evidence {
            note: told.detail.clone(),
            ..self.evidence("platform", None)
        };
        let grounds = self.grounds(told.at, evidence.clone());
        let contact = identity::resolve(tx, &mut self.cast, &told.who, &grounds).await?;
        self.meet(index, contact);
        self.cast.call(
            contact,
            told.who.name.as_deref(),
            told.who.username.as_deref(),
        );
        let fact = match told.wish {
            Wish::Stop => Fact::PlatformStop(number),
            Wish::Resume => Fact::PlatformResume(number),
        };
        if let Some(at) = counts_from(&fact, told.at, self.cast.now()) {
            self.cast.record(Draft {
                contact,
                fact,
                clock: Clock::Meta,
                at,
                evidence,
            })?;
        }
        Ok(())
    }

    async fn save(
        mut self,
        tx: &mut Tx,
        parts: &[Part<'_>],
        told: &[Told],
    ) -> Result<Vec<ContactId>, Error> {
        let (app, now) = (self.app, self.cast.now());
        self.follow()?;
        let talk = std::mem::take(&mut self.talk).settled(&self.cast);
        let saved = self.cast.save(tx, &self.load.policy).await?;
        tx.keep_messages(&self.messages).await?;
        tx.take_news(&self.news).await?;
        late::settle(app, tx, &self.failed).await?;
        // Whoever said no in this very transaction begins and answers nothing by what else they wrote.
        self.told.retain(|(contact, told)| {
            !matches!(told, happenings::Told::Wrote { .. }) || !saved.restricted.contains(contact)
        });
        happenings::tell(app, tx, &self.told).await?;
        talk.save(tx, now).await?;
        for change in &self.templates {
            if !tx.change_template(change).await? {
                app.bell.templates.notify_one();
            }
        }
        tx.keep_template_turns(&self.turns).await?;
        tx.keep_notices(&self.notices).await?;
        tx.keep_replies(&self.replies).await?;
        tx.keep_reviews(&self.reviews).await?;
        if !self.wordings.is_empty() {
            tx.keep_wordings(&self.wordings).await?;
        }
        let mut persons = Vec::new();
        let mut problems = Vec::new();
        let mut bodies = Vec::new();
        for (part, told) in parts.iter().zip(told) {
            let load = part.load;
            persons.extend(told.persons.iter().map(|person| (load.sha, *person)));
            match part.frame {
                Frame::None => {}
                Frame::Arrival(found) => {
                    for problem in found {
                        problems.push(line(app, load, problem)?);
                    }
                    bodies.push(relay::Body {
                        raw: &load.raw,
                        signature: &load.signature,
                        sender: sender(load, &told.met),
                    });
                }
                Frame::Retry(id) => tx.retried(id, PART_DONE, "", now).await?,
            }
        }
        tx.note_persons(&persons).await?;
        if !problems.is_empty() {
            tx.quarantine(&problems).await?;
        }
        let log = Arc::clone(&self.load.log);
        relay::enqueue(app, tx, &bodies, |id| log.of_attempt(id)).await?;
        Ok(saved.restricted)
    }
}

/// The key under which an item is seen once. Statuses are a lattice; only what they say about people has keys.
fn key(load: &Load, item: &Item) -> Option<[u8; 32]> {
    let names = |aliases: Vec<Alias>| aliases.iter().map(Alias::key).collect::<Vec<_>>().join(" ");
    Some(match &item.notice {
        Notice::Status(_) => return None,
        Notice::Message(told) => super::key(&["m", &told.id]),
        Notice::Echo(told) => super::key(&["echo", &told.id]),
        Notice::Call(told) => {
            super::key(&["call", &told.id, told.event.as_deref().unwrap_or_default()])
        }
        Notice::Preference(told) => {
            let number = store::message::number_text(item.origin.number.as_ref());
            let wish = match told.wish {
                Wish::Stop => "stop",
                Wish::Resume => "resume",
            };
            let at = told.at.millis().to_string();
            super::key(&["preference", &number, &names(told.who.aliases()), wish, &at])
        }
        Notice::Change(told) => match &told.id {
            Some(id) => super::key(&["change", id]),
            None => {
                let at = told.at.millis().to_string();
                let (before, after) = (names(told.before.aliases()), names(told.after.aliases()));
                super::key(&["change", &before, &after, &at])
            }
        },
        Notice::Handover(_)
        | Notice::UserAction(_)
        | Notice::AccountError(_)
        | Notice::Template(_)
        | Notice::Account(_)
        | Notice::Other { .. } => {
            super::key(&["part", &hex::encode(load.sha), &item.place.to_string()])
        }
    })
}

/// Notes every item's keys as seen; gives those that were not seen before.
async fn see(tx: &mut Tx, parts: &[Part<'_>], now: Timestamp) -> Result<BTreeSet<Vec<u8>>, Error> {
    let mut keys = BTreeSet::new();
    for (part, item) in items(parts) {
        match &item.notice {
            Notice::Status(told) => keys.extend(failure::keys(told)),
            _ => keys.extend(key(part.load, item)),
        }
    }
    if keys.is_empty() {
        return Ok(BTreeSet::new());
    }
    let keys: Vec<[u8; 32]> = keys.into_iter().collect();
    Ok(tx.see(&keys, now).await?.into_iter().collect())
}

/// The contacts whom failed messages were sent to.
fn sent_to(parts: &[Part<'_>]) -> Vec<ContactId> {
    let failed = items(parts).filter_map(|(part, item)| match &item.notice {
        Notice::Status(told) if !failure::effects(told).is_empty() => part.load.log.of_status(told),
        _ => None,
    });
    failed
        .map(|line| line.contact)
        .filter(|id| *id != ContactId::HOUSE)
        .collect()
}

fn items<'a>(parts: &'a [Part<'a>]) -> impl Iterator<Item = (&'a Part<'a>, &'a Item)> {
    parts.iter().flat_map(|part| {
        let items = &part.load.delivery.items;
        let chosen = part.which.iter().filter_map(|index| items.get(*index));
        chosen.map(move |item| (part, item))
    })
}

/// Whom the statuses of raw bodies name, by the keys of their aliases: an erasure must find the bodies.
async fn spoken_of(app: &App, parts: &[Part<'_>]) -> Result<BTreeMap<String, ContactId>, Error> {
    let arrivals = parts
        .iter()
        .filter(|part| matches!(part.frame, Frame::Arrival(_)));
    let keys: BTreeSet<String> = arrivals.flat_map(|part| status_keys(part.load)).collect();
    if keys.is_empty() {
        return Ok(BTreeMap::new());
    }
    let keys: Vec<String> = keys.into_iter().collect();
    Ok(app.store.find(&keys).await?.into_iter().collect())
}

/// Everybody whom a raw body speaks of without being changed by it.
fn spoken_of_by(part: &Part<'_>, known: &BTreeMap<String, ContactId>) -> BTreeSet<ContactId> {
    if !matches!(part.frame, Frame::Arrival(_)) {
        return BTreeSet::new();
    }
    let load = part.load;
    let lines = load.delivery.items.iter();
    let sent_to = lines.filter_map(|item| Some(load.log.of_item(item)?.contact));
    let named = status_keys(load).into_iter();
    let named = named.filter_map(|key| known.get(&key).copied());
    let mut found: BTreeSet<ContactId> = sent_to.chain(named).collect();
    found.remove(&ContactId::HOUSE);
    found
}

fn status_keys(load: &Load) -> BTreeSet<String> {
    let items = load.delivery.items.iter();
    let statuses = items.filter_map(|item| match &item.notice {
        Notice::Status(told) => Some(told.recipient.aliases()),
        _ => None,
    });
    statuses.flatten().map(|alias| alias.key()).collect()
}

fn line(app: &House, load: &Load, problem: &Problem) -> Result<QuarantineLine, Error> {
    let sealed = app.vault.house().seal(PART_PURPOSE, &problem.part);
    Ok(QuarantineLine {
        id: app.clock.id(),
        received: app.clock.now(),
        sha256: load.sha.to_vec(),
        path: problem.path.clone(),
        reason: problem.reason.clone(),
        sealed: sealed.map_err(Error::internal)?,
        state: PART_OPEN.to_owned(),
        retried: None,
    })
}

/// Whose bodies must stay in order with this one: those of the number and the one person in it, else of the account.
fn sender(load: &Load, met: &BTreeMap<usize, ContactId>) -> String {
    let mut senders = BTreeSet::new();
    for (index, item) in load.delivery.items.iter().enumerate() {
        let person = met.get(&index).copied().or_else(|| match &item.notice {
            Notice::Status(told) => load.log.of_status(told).map(|line| line.contact),
            _ => None,
        });
        let origin = &item.origin;
        let account = origin.account.as_deref().unwrap_or_default();
        let number = origin
            .number
            .as_ref()
            .map_or(account, |number| number.as_str());
        senders.insert(match person {
            Some(person) => format!("{number}:{person}"),
            None => format!("account:{account}"),
        });
    }
    let accounts = load
        .delivery
        .items
        .first()
        .and_then(|item| item.origin.account.clone());
    match (senders.len(), senders.pop_first()) {
        (1, Some(only)) => super::clean(&only),
        _ => super::clean(&format!("account:{}", accounts.unwrap_or_default())),
    }
}
