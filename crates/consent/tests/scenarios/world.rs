//! The people of a story, and what happens to them.

use std::collections::BTreeMap;

use consent::{
    effect,
    event::{Clock, Event, Evidence, Fact, counts_from},
    id::{ContactId, EventId, NumberId, TopicId},
    phone::Country,
    policy::Policy,
    register::{Applied, Carry, Heard, Standing},
    request::Sent,
    scope::{Category, Scope, Subject, Topic},
    time::Timestamp,
    window,
    wording::Reading,
};
use uuid::Uuid;

/// Everything that a story is about.
#[derive(Default)]
pub struct World {
    pub policy: Policy,
    pub topics: BTreeMap<String, Topic>,
    pub home: Option<Country>,
    pub people: BTreeMap<String, Person>,
    pub now: Option<Timestamp>,
    /// The events of the last line that Meta delivered, for those that come twice.
    pub delivered: Vec<(String, Event)>,
    ids: u128,
}

/// Somebody: their events, and what they come to.
#[derive(Default)]
pub struct Person {
    pub events: Vec<Event>,
    pub standing: Standing,
    /// What cannot be folded from the events: what was heard, and what was inherited.
    beside: Standing,
    pub sent: Vec<Sent>,
    pub minute_there: Option<u16>,
    pub country: Option<Country>,
}

/// How we learned of a fact.
#[derive(Clone, Copy)]
pub struct Known<'a> {
    pub clock: Clock,
    pub occurred: Timestamp,
    pub received: Timestamp,
    pub source: &'a str,
}

/// Where and in which company a message was written.
pub struct Message<'a> {
    pub reading: Reading,
    pub number: NumberId,
    pub quoted: Option<Category>,
    pub after_an_ad: bool,
    pub known: Known<'a>,
}

impl World {
    pub fn now(&self) -> Result<Timestamp, String> {
        self.now
            .ok_or_else(|| "no time was told yet: begin with `on <date> at <time>`".to_owned())
    }

    pub fn declare_topic(&mut self, name: &str, category: Category) {
        let id = TopicId::new(Uuid::from_u128(0xa000 + self.topics.len() as u128));
        self.topics.insert(name.to_owned(), Topic { id, category });
    }

    pub fn person(&mut self, name: &str) -> &mut Person {
        self.people.entry(name.to_owned()).or_default()
    }

    /// Records a fact as the product does: dated by [`counts_from`], folded in, folded again when needed.
    pub fn record(&mut self, name: &str, fact: Fact, known: Known<'_>) {
        let Some(at) = counts_from(&fact, known.occurred, known.received) else {
            return;
        };
        self.ids += 1;
        let event = Event {
            id: EventId::new(Uuid::from_u128(self.ids)),
            contact: ContactId::new(Uuid::from_u128(1)),
            fact,
            clock: known.clock,
            at,
            received: known.received,
            evidence: Evidence {
                source: known.source.to_owned(),
                ..Evidence::default()
            },
        };
        if known.clock == Clock::Meta {
            self.delivered.push((name.to_owned(), event.clone()));
        }
        self.person(name).take_in(event);
    }

    /// Reads a message and records what it changes.
    pub fn message(&mut self, name: &str, message: &Message<'_>) {
        let topics: Vec<Topic> = self.topics.values().copied().collect();
        let policy = self.policy.clone();
        let person = self.person(name);
        let closed = effect::closed_by_own_messages(&person.events, &person.standing);
        let setting = effect::Setting {
            standing: &person.standing,
            closed: &closed,
            quoted: message.quoted,
            topics: &topics,
            channel: consent::scope::Channel::Whatsapp,
            policy: &policy,
            minutes_ahead: 0,
            country: person.country,
            now: message.known.received,
        };
        let facts = effect::of_reading(&message.reading, setting);
        let at = message.known.occurred;
        let news = Heard {
            from_ad: message.after_an_ad.then_some(at),
            ..effect::heard(&message.reading, at)
        };
        person.hear(&message.number, &news);
        for fact in facts {
            self.record(name, fact, message.known);
        }
    }

    /// Delivers the last events of Meta once more.
    pub fn deliver_again(&mut self) -> Result<(), String> {
        if self.delivered.is_empty() {
            return Err("nothing was delivered yet".to_owned());
        }
        for (name, event) in self.delivered.clone() {
            self.person(&name).take_in(event);
        }
        Ok(())
    }

    /// Somebody turns out to be somebody else as well, or inherits an alias.
    pub fn join(&mut self, heir: &str, other: &str, carry: Carry) -> Result<(), String> {
        let other = self
            .people
            .remove(other)
            .ok_or_else(|| format!("nobody knows `{other}`"))?;
        let heir = self.person(heir);
        let told = heir.standing.merge(&other.standing, carry);
        match carry {
            Carry::Everything => {
                heir.events.extend(other.events);
                heir.beside.merge(&other.beside, carry);
            }
            Carry::Refusals => {
                heir.beside.merge(&other.standing, carry);
            }
        }
        if told == Applied::FoldAgain {
            heir.fold_again();
        }
        Ok(())
    }

    /// What a scope is called in the stories.
    pub fn subject(&self, text: &mut super::text::Text<'_>) -> Result<Subject, String> {
        if text.take("everything") {
            return Ok(Subject::All);
        }
        for (name, topic) in &self.topics {
            if text.take(name) {
                return Ok(Subject::Topic(*topic));
            }
        }
        text.category().map(Subject::Category)
    }

    pub fn scope(&self, text: &mut super::text::Text<'_>) -> Result<Scope, String> {
        let subject = self.subject(text)?;
        let channel = if text.take("by ") {
            Some(text.channel()?)
        } else {
            None
        };
        let number = if text.take("from ") {
            Some(text.number()?)
        } else {
            None
        };
        Ok(Scope {
            subject,
            channel,
            number,
        })
    }
}

impl Person {
    pub fn take_in(&mut self, event: Event) {
        self.events.push(event);
        let told = self.events.last().map(|event| self.standing.apply(event));
        if told == Some(Applied::FoldAgain) {
            self.fold_again();
        }
    }

    pub fn hear(&mut self, number: &NumberId, news: &Heard) {
        self.standing.hear(number, news);
        self.beside.hear(number, news);
    }

    pub fn answer(&mut self, number: &NumberId, now: Timestamp) {
        let heard = self.standing.heard.get(number).copied().unwrap_or_default();
        self.hear(number, &window::answered(&heard, now));
    }

    /// What the events come to when they are folded from the start, backwards.
    pub fn refolded(&self) -> Standing {
        let mut standing = Standing::fold(self.events.iter().rev());
        standing.merge(&self.beside, Carry::Everything);
        standing
    }

    fn fold_again(&mut self) {
        self.standing = self.refolded();
    }

    /// The newest event of which `wanted` is true.
    pub fn newest(&self, wanted: fn(&Fact) -> bool) -> Result<EventId, String> {
        let found = self.events.iter().rev().find(|event| wanted(&event.fact));
        found
            .map(|event| event.id)
            .ok_or_else(|| "there is no such event".to_owned())
    }
}
