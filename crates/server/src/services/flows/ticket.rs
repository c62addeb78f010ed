//! What the buttons of our questions carry: which question, which choice, and a tag that binds both to one person.

use consent::{
    id::{ContactId, TopicId},
    time::{DAY_MS, Timestamp},
};
use uuid::Uuid;

use crate::vault::Vault;

/// The form of a ticket; another form would be another word.
const MARK: &str = "cq1";
/// What the tag is for.
const PURPOSE: &str = "answer in the chat";

/// What can be chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// No more offers.
    StopOffers,
    /// Messages about orders, nothing else.
    OnlyOrders,
    /// Nothing more at all.
    StopAll,
    /// Everything stays as it is.
    Keep,
    /// They agree.
    Yes,
    /// They do not.
    No,
    /// To see the topics.
    Topics,
    /// One topic again.
    Topic(TopicId),
    /// To fill in a form; what they chose stands in it.
    Form,
}

const PLAIN: [(Choice, &str); 8] = [
    (Choice::StopOffers, "stop_offers"),
    (Choice::OnlyOrders, "only_orders"),
    (Choice::StopAll, "stop_all"),
    (Choice::Keep, "keep"),
    (Choice::Yes, "yes"),
    (Choice::No, "no"),
    (Choice::Topics, "topics"),
    (Choice::Form, "form"),
];
const TOPIC: &str = "topic-";

impl Choice {
    /// The word in a ticket and in a form.
    #[must_use]
    pub fn word(self) -> String {
        if let Self::Topic(topic) = self {
            return format!("{TOPIC}{}", topic.get().simple());
        }
        let mut plain = PLAIN.iter();
        let found = plain.find(|(choice, _)| *choice == self);
        found
            .map(|(_, word)| (*word).to_owned())
            .unwrap_or_default()
    }

    /// Reads [`Choice::word`].
    #[must_use]
    pub fn read(word: &str) -> Option<Self> {
        if let Some(topic) = word.strip_prefix(TOPIC) {
            return Uuid::try_parse(topic)
                .ok()
                .map(TopicId::new)
                .map(Self::Topic);
        }
        let found = PLAIN.iter().find(|(_, other)| *other == word);
        found.map(|(choice, _)| *choice)
    }
}

/// What a ticket says, once its tag is right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ticket {
    /// The question: the id of the answer of ours that put it.
    pub question: Uuid,
    /// What was chosen.
    pub choice: Choice,
}

impl Ticket {
    /// The ticket as a button carries it to one person.
    #[must_use]
    pub fn write(self, vault: &Vault, contact: ContactId) -> String {
        let (question, choice) = (self.question.simple(), self.choice.word());
        let tag = hex::encode(vault.tag(PURPOSE, &self.bound_to(contact)));
        format!("{MARK}.{question}.{choice}.{tag}")
    }

    /// Reads what a button of one person carried. None when it is not one of ours at all; an error when it wants to be
    /// one, and was made by somebody else or for somebody else.
    #[must_use]
    pub fn read(vault: &Vault, contact: ContactId, text: &str) -> Option<Result<Self, Forged>> {
        let rest = text.strip_prefix(MARK)?.strip_prefix('.')?;
        Some(Self::parts(rest).ok_or(Forged).and_then(|(ticket, tag)| {
            let is_ours = vault.is_tag(PURPOSE, &ticket.bound_to(contact), &tag);
            let same = ticket.write(vault, contact) == text;
            (is_ours && same).then_some(ticket).ok_or(Forged)
        }))
    }

    /// The question that something names which looks like a ticket. Its tag is not looked at: it may be anybody's.
    #[must_use]
    pub fn question(text: &str) -> Option<Uuid> {
        let rest = text.strip_prefix(MARK)?.strip_prefix('.')?;
        Self::parts(rest).map(|(ticket, _)| ticket.question)
    }

    fn parts(rest: &str) -> Option<(Self, Vec<u8>)> {
        let mut parts = rest.split('.');
        let (question, choice, tag) = (parts.next()?, parts.next()?, parts.next()?);
        let ticket = Self {
            question: Uuid::try_parse(question).ok()?,
            choice: Choice::read(choice)?,
        };
        let whole = parts.next().is_none();
        Some((ticket, hex::decode(tag).ok()?)).filter(|_| whole)
    }

    /// Whether the question is so young that a yes to it counts.
    #[must_use]
    pub fn is_fresh(self, days: u32, now: Timestamp) -> bool {
        let asked = asked_at(self.question);
        now.millis_since(asked) < DAY_MS.saturating_mul(i64::from(days))
    }

    fn bound_to(self, contact: ContactId) -> Vec<u8> {
        let choice = self.choice.word();
        let (who, what) = (contact.get(), self.question);
        [
            who.as_bytes().as_slice(),
            what.as_bytes().as_slice(),
            choice.as_bytes(),
        ]
        .concat()
    }
}

/// Something that wants to be a ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Forged;

/// When a question was put: its id begins with the time of the message that it answered.
fn asked_at(question: Uuid) -> Timestamp {
    let millis = question
        .as_bytes()
        .iter()
        .take(6)
        .fold(0_i64, |sum, byte| (sum << 8) | i64::from(*byte));
    Timestamp::from_millis(millis)
}
