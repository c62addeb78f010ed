//! Text messages that Twilio hands on: a refusal by SMS is a refusal here, in force before Twilio hears that we have it.

mod letter;

use std::collections::BTreeSet;

use consent::{
    effect::{self, Setting},
    event::{Clock, Event, Evidence, Fact, source},
    id::{ContactId, EventId},
    policy::Policy,
    register::Standing,
    scope::{Category, Scope, Subject},
    wish,
    wording::{How, Reading},
};
use sms::inbound::{Notice, REFUSED_AT_TWILIO};
use store::pool::Tx;

use crate::{
    app::{App, House},
    error::Error,
    services::{
        cast::{Cast, Draft},
        facts,
        flows::answer::id_of,
        policy, quiet, retry,
        reviews::{
            self,
            arrival::{self, Arrival},
        },
    },
};

use self::letter::Writer;
pub use self::letter::{Letter, PATH, Post, Refusal};

/// What came of a letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It changed something, and that is in force.
    Recorded,
    /// It says nothing about consent, or nothing new.
    Nothing,
    /// No person wrote it: a short code, a name.
    Nobody,
    /// It had its effect before.
    Replayed,
}

impl Outcome {
    /// The word for it in counters.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Recorded => "recorded",
            Self::Nothing => "nothing",
            Self::Nobody => "nobody",
            Self::Replayed => "replayed",
        }
    }
}

/// Takes a letter in. When this returns, no send that it forbids can start any more; a message has its effect once,
/// however often it comes.
///
/// # Errors
/// When the database does not answer: then Twilio must ask again.
pub async fn take(app: &App, letter: &Letter) -> Result<Outcome, Error> {
    let Some(writer) = letter.writer() else {
        return Ok(Outcome::Nobody);
    };
    let (outcome, restricted) = retry::on_conflict(|| once(app, letter, writer)).await?;
    if outcome == Outcome::Recorded {
        app.bell.log.notify_one();
    }
    quiet::settle(app, &restricted).await?;
    Ok(outcome)
}

/// What a letter asks for.
enum Wish {
    /// What its words say.
    Said(Reading),
    /// A refusal that Twilio holds.
    HeldAtTwilio,
}

impl Wish {
    /// Everything that a letter asks for, in the order in which it is recorded.
    fn of(app: &House, letter: &Letter, policy: &Policy) -> Vec<Self> {
        match &letter.notice {
            Notice::Message(message) => {
                let footers = app.footers();
                let footers: Vec<&str> = footers.iter().map(String::as_str).collect();
                let readings = letter::readings(message, &policy.keywords, &footers);
                readings.into_iter().map(Self::Said).collect()
            }
            Notice::Status(status) if status.was_refused() => vec![Self::HeldAtTwilio],
            Notice::Status(_) => Vec::new(),
        }
    }

    fn may_refuse(&self) -> bool {
        match self {
            Self::Said(reading) => !effect::is_benign(reading),
            Self::HeldAtTwilio => true,
        }
    }

    /// How we know, beside what the letter itself is known by.
    fn evidence(&self, letter: &Letter) -> Evidence {
        let found = match self {
            Self::Said(reading) => reading.found(),
            Self::HeldAtTwilio => None,
        };
        let source = match found.map(|found| found.how) {
            Some(How::Wording) => source::SMS_WORDING,
            Some(How::Keyword | How::Button | How::ButtonWord) | None => source::SMS,
        };
        let held = || format!("twilio:{REFUSED_AT_TWILIO}");
        Evidence {
            source: source.to_owned(),
            message_id: Some(letter.sid().to_owned()),
            raw_sha256: Some(letter.sha),
            span: found.map(|found| found.span.clone()),
            rule: Some(found.map_or_else(held, |found| found.rule.clone())),
            ..Evidence::default()
        }
    }
}

/// One letter in one transaction.
struct Desk<'a> {
    letter: &'a Letter,
    writer: Writer<'a>,
    policy: &'a Policy,
    cast: Cast<'a>,
    /// Who wrote, once that is known or somebody was made for it.
    contact: Option<ContactId>,
}

async fn once(
    app: &App,
    letter: &Letter,
    writer: Writer<'_>,
) -> Result<(Outcome, Vec<ContactId>), Error> {
    let policy = policy::current(app).await?;
    let wishes = Wish::of(app, letter, &policy);
    if wishes.is_empty() {
        return Ok((Outcome::Nothing, Vec::new()));
    }
    let mut tx = if wishes.iter().any(Wish::may_refuse) {
        app.store.begin_next().await?
    } else {
        app.store.begin().await?
    };
    let cast = Cast::gather(app, &mut tx, std::slice::from_ref(writer.alias)).await?;
    let known = cast.id_of(writer.alias);
    if !is_first(&mut tx, letter, &cast).await? {
        // The first attempt may have died between its commit and its answer, or may not have answered yet: its promise is
        // kept here. Whom it made is looked for again, since that may have been a moment ago.
        let found = tx.find(&[writer.alias.key()]).await?;
        let contacts = found.into_iter().map(|(_, contact)| contact).collect();
        return Ok((Outcome::Replayed, contacts));
    }
    let mut desk = Desk {
        letter,
        writer,
        policy: &policy,
        cast,
        contact: known,
    };
    let mut made = false;
    for wish in &wishes {
        made |= desk.grant(&mut tx, wish).await?;
    }
    let saved = desk.cast.save(&mut tx, &policy).await?;
    tx.commit().await?;
    let outcome = if made {
        Outcome::Recorded
    } else {
        Outcome::Nothing
    };
    Ok((outcome, saved.restricted))
}

/// Notes that the letter has its effect, by the message's name and by its seal; says whether neither was seen before.
async fn is_first(tx: &mut Tx, letter: &Letter, cast: &Cast<'_>) -> Result<bool, Error> {
    let seal = format!("seal {}", letter.seal);
    Ok(tx.see_sms(letter.sid(), cast.now()).await? && tx.see_sms(&seal, cast.now()).await?)
}

impl Desk<'_> {
    /// Records what a wish changes; says whether it changes anything.
    async fn grant(&mut self, tx: &mut Tx, wish: &Wish) -> Result<bool, Error> {
        let facts = match wish {
            Wish::Said(reading) => self.of_reading(tx, reading).await?,
            Wish::HeldAtTwilio => self.held().into_iter().collect(),
        };
        if facts.is_empty() {
            return Ok(false);
        }
        let contact = match self.contact {
            Some(contact) => contact,
            None => self
                .cast
                .meet(std::slice::from_ref(self.writer.alias), None)?,
        };
        self.contact = Some(contact);
        let evidence = wish.evidence(self.letter);
        let mut made = Vec::with_capacity(facts.len());
        for fact in facts {
            let id = self.record(contact, fact.clone(), &evidence)?;
            made.push((id, fact));
        }
        self.settle(tx, (contact, &made), &evidence).await?;
        if let (Wish::Said(reading), Notice::Message(message)) = (wish, &self.letter.notice) {
            let sid = self.letter.sid();
            let line = arrival::line(
                &self.cast,
                &Arrival {
                    contact,
                    id: id_of(sid, self.cast.now()),
                    message: sid.to_owned(),
                    number: String::new(),
                    reading,
                    facts: &made,
                    text: &message.text,
                    quoted: None,
                    said: self.cast.now(),
                },
            )?;
            tx.keep_reviews(line.as_slice()).await?;
        }
        Ok(true)
    }

    fn record(
        &mut self,
        contact: ContactId,
        fact: Fact,
        evidence: &Evidence,
    ) -> Result<EventId, Error> {
        self.cast.record(Draft {
            contact,
            fact,
            clock: Clock::Ours,
            at: self.cast.now(),
            evidence: evidence.clone(),
        })
    }

    fn standing(&self) -> Standing {
        self.contact
            .map(|contact| self.cast.standing(contact))
            .unwrap_or_default()
    }

    /// What the words change.
    async fn of_reading(&self, tx: &mut Tx, reading: &Reading) -> Result<Vec<Fact>, Error> {
        let standing = self.standing();
        let (mut country, mut closed) = (None, BTreeSet::new());
        if let (Reading::Start(_), Some(contact)) = (reading, self.contact) {
            country = facts::country_in(tx, contact, self.policy).await?;
            let history = tx.history(contact).await?;
            let old: Vec<Event> = history
                .iter()
                .filter_map(store::event::EventLine::event)
                .collect();
            closed = effect::closed_by_own_messages(&old, &standing);
        }
        let now = self.cast.now();
        Ok(effect::of_reading(
            reading,
            Setting {
                standing: &standing,
                closed: &closed,
                quoted: None,
                topics: &[],
                policy: self.policy,
                channel: self.writer.channel,
                minutes_ahead: facts::minutes_ahead(self.policy, now),
                country,
                now,
            },
        ))
    }

    /// What a refusal that Twilio holds changes. Twilio tells it for every message that we try, and what we know already
    /// is no news: a yes that was given elsewhere since then stands.
    fn held(&self) -> Option<Fact> {
        let marketing = Subject::Category(Category::Marketing);
        let here = Scope {
            channel: Some(self.writer.channel),
            ..Scope::everywhere(marketing)
        };
        if wish::is_refused(&here, &self.standing(), self.policy) {
            return None;
        }
        let covers = self.policy.refusal_spreads.channel(self.writer.channel);
        Some(Fact::OptOut(Scope {
            channel: covers,
            ..here
        }))
    }

    /// A refusal of offers everywhere decides what waited for somebody to read it, and ends its hold.
    async fn settle(
        &mut self,
        tx: &mut Tx,
        (contact, made): (ContactId, &[(EventId, Fact)]),
        evidence: &Evidence,
    ) -> Result<(), Error> {
        let refuses =
            |fact: &Fact| matches!(fact, Fact::OptOut(scope) if scope.covers(&Scope::MARKETING));
        if !made.iter().any(|(_, fact)| refuses(fact)) {
            return Ok(());
        }
        for mut line in tx.open_reviews(contact).await? {
            if line.kind == reviews::ERASURE {
                continue;
            }
            arrival::by_customer(&mut line, reviews::STOP, self.cast.now());
            tx.decide_review(&line, reviews::OPEN).await?;
            if let Some(hold) = line.hold {
                self.record(contact, Fact::Release(hold), evidence)?;
            }
        }
        Ok(())
    }
}
