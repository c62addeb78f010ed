//! The one transaction: everybody gathered at once, item by item in order, everything written at once.

use std::collections::{BTreeMap, BTreeSet};

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
use store::{inbox::QuarantineLine, pool::Tx};
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
        cast::{Cast, Draft},
        identity, relay,
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

/// Applies some items of a body. Gives the contacts to whom fewer messages may go now.
pub(super) async fn apply(
    app: &App,
    load: &Load,
    which: &[usize],
    frame: Frame<'_>,
) -> Result<Vec<ContactId>, Error> {
    let aliases = load.aliases(app, which);
    let spoken_of = spoken_of(app, load, frame).await?;
    let mut tx = app.store.begin().await?;
    let now = app.clock.now();
    if let Frame::Arrival(_) = frame {
        let sealed = app
            .vault
            .house()
            .seal(RAW_PURPOSE, &load.raw)
            .map_err(Error::internal)?;
        if !tx.keep_webhook(&load.sha, &sealed, now).await? {
            drop(tx);
            return super::settle_known(app, &aliases).await;
        }
    }
    let mut cast = Cast::gather(app, &mut tx, &aliases).await?;
    let sent_to: Vec<ContactId> = sent_to(load, which);
    cast.admit(&mut tx, &sent_to).await?;
    cast.learn_aliases(&mut tx).await?;
    cast.learn_former(&mut tx, &aliases).await?;
    let fresh = see(&mut tx, load, which, now).await?;
    let mut work = Work {
        app,
        load,
        cast,
        messages: Vec::new(),
        news: Vec::new(),
        templates: Vec::new(),
        notices: Vec::new(),
        persons: spoken_of,
        met: BTreeMap::new(),
        fresh,
    };
    for index in which {
        if let Some(item) = load.delivery.items.get(*index) {
            work.take(&mut tx, *index, item).await?;
        }
    }
    let restricted = work.save(&mut tx, frame).await?;
    tx.commit().await?;
    Ok(restricted)
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

    async fn save(mut self, tx: &mut Tx, frame: Frame<'_>) -> Result<Vec<ContactId>, Error> {
        let (app, load, now) = (self.app, self.load, self.cast.now());
        self.persons.extend(self.met.values());
        let saved = self.cast.save(tx, &load.policy).await?;
        tx.keep_messages(&self.messages).await?;
        tx.take_news(&self.news).await?;
        for change in &self.templates {
            if !tx.change_template(change).await? {
                app.bell.templates.notify_one();
            }
        }
        tx.keep_notices(&self.notices).await?;
        let persons: Vec<ContactId> = self.persons.iter().copied().collect();
        if !persons.is_empty() {
            tx.note_persons(&load.sha, &persons).await?;
        }
        match frame {
            Frame::None => {}
            Frame::Arrival(problems) => {
                if !problems.is_empty() {
                    let lines = problems.iter().map(|problem| line(app, load, problem));
                    tx.quarantine(&lines.collect::<Result<Vec<_>, _>>()?)
                        .await?;
                }
                let sender = sender(load, &self.met);
                let body = relay::Body {
                    raw: &load.raw,
                    signature: &load.signature,
                    sender,
                };
                relay::enqueue(app, tx, &body, |id| load.log.of_attempt(id)).await?;
            }
            Frame::Retry(id) => tx.retried(id, PART_DONE, "", now).await?,
        }
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

async fn see(
    tx: &mut Tx,
    load: &Load,
    which: &[usize],
    now: Timestamp,
) -> Result<BTreeSet<Vec<u8>>, Error> {
    let mut keys = BTreeSet::new();
    for item in which
        .iter()
        .filter_map(|index| load.delivery.items.get(*index))
    {
        match &item.notice {
            Notice::Status(told) => keys.extend(failure::keys(told)),
            _ => keys.extend(key(load, item)),
        }
    }
    if keys.is_empty() {
        return Ok(BTreeSet::new());
    }
    let keys: Vec<[u8; 32]> = keys.into_iter().collect();
    Ok(tx.see(&keys, now).await?.into_iter().collect())
}

/// The contacts whom failed messages were sent to.
fn sent_to(load: &Load, which: &[usize]) -> Vec<ContactId> {
    let items = which
        .iter()
        .filter_map(|index| load.delivery.items.get(*index));
    let failed = items.filter_map(|item| match &item.notice {
        Notice::Status(told) if !failure::effects(told).is_empty() => load.log.of_status(told),
        _ => None,
    });
    failed
        .map(|line| line.contact)
        .filter(|id| *id != ContactId::HOUSE)
        .collect()
}

/// Everybody else whom the raw body speaks of: an erasure must find it.
async fn spoken_of(app: &App, load: &Load, frame: Frame<'_>) -> Result<BTreeSet<ContactId>, Error> {
    let mut found: BTreeSet<ContactId> = BTreeSet::new();
    if !matches!(frame, Frame::Arrival(_)) {
        return Ok(found);
    }
    found.extend(load.log.lines().map(|line| line.contact));
    let statuses = load
        .delivery
        .items
        .iter()
        .filter_map(|item| match &item.notice {
            Notice::Status(told) => Some(told.recipient.aliases()),
            _ => None,
        });
    let keys: BTreeSet<String> = statuses.flatten().map(|alias| alias.key()).collect();
    if !keys.is_empty() {
        let keys: Vec<String> = keys.into_iter().collect();
        found.extend(app.store.find(&keys).await?.into_iter().map(|(_, id)| id));
    }
    found.remove(&ContactId::HOUSE);
    Ok(found)
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
