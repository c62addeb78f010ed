//! The question: may this message go to this person now?

use crate::{
    id::{EventId, NumberId, TopicId},
    phone::Country,
    register::Standing,
    scope::{Category, Channel, Scope, Subject, Topic},
    time::Timestamp,
};

/// One message that somebody wants to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Whether the address means one person.
    pub address: Address,
    /// Its category: the template's, never the caller's word for it.
    pub category: Category,
    /// The topic it belongs to, if any.
    pub topic: Option<Topic>,
    /// How it travels.
    pub channel: Channel,
    /// The number that sends; none when the question is general.
    pub number: Option<NumberId>,
    /// The state of its template.
    pub template: Template,
    /// The opt-outs that this message confirms to the person who made them; empty for every other message.
    pub confirms: Vec<EventId>,
}

impl Request {
    /// A general question about a category on WhatsApp.
    #[must_use]
    pub const fn about(category: Category) -> Self {
        Self {
            address: Address::Person,
            category,
            topic: None,
            channel: Channel::Whatsapp,
            number: None,
            template: Template::None,
            confirms: Vec::new(),
        }
    }

    /// What the message is about.
    #[must_use]
    pub fn subject(&self) -> Subject {
        self.topic
            .map_or(Subject::Category(self.category), Subject::Topic)
    }

    /// Whether a refusal of `scope` speaks of this message. A question without a number is about every
    /// number, so a refusal for one of them speaks of it.
    #[must_use]
    pub fn is_refused_by(&self, scope: &Scope) -> bool {
        let number = scope.number.is_none() || self.number.is_none() || scope.number == self.number;
        self.has_on_its_path(scope.subject) && self.has_channel_of(scope) && number
    }

    /// Whether a permission for `scope` speaks of this message. A permission for one number does not
    /// answer a question about every number, and one for a topic of order updates does not answer for a
    /// message of that topic that Meta counts as marketing.
    #[must_use]
    pub fn is_granted_by(&self, scope: &Scope) -> bool {
        self.is_of(scope.subject) && self.travels_within(scope)
    }

    /// Whether an opt-in of `granted`, when it is newer, lifts a refusal of `refused` for this message: one of
    /// the same scope or a narrower one on the path; of a refusal of everything, for all but marketing, any.
    #[must_use]
    pub fn is_opened_by(&self, granted: &Scope, refused: &Scope) -> bool {
        let beside = refused.subject == Subject::All && self.category != Category::Marketing;
        let on_the_path = match refused.subject.category() {
            Some(category) if category != self.category => self.has_on_its_path(granted.subject),
            Some(_) | None => self.is_of(granted.subject),
        };
        // A refusal for one number is lifted for that number, even when the question is about every number.
        let number = self.number.as_ref().or(refused.number.as_ref());
        let travels = self.has_channel_of(granted)
            && (granted.number.is_none() || granted.number.as_ref() == number);
        refused.covers(granted) && travels && (on_the_path || beside)
    }

    /// Whether the message goes by the channel and from the number that a permission names.
    #[must_use]
    pub fn travels_within(&self, scope: &Scope) -> bool {
        self.has_channel_of(scope) && (scope.number.is_none() || scope.number == self.number)
    }

    /// Whether a wish about `subject` may be a wish about this message: everything, its category, its topic, and
    /// the category that the topic belongs to, which differs once Meta has re-categorised the template.
    fn has_on_its_path(&self, subject: Subject) -> bool {
        match subject {
            Subject::All => true,
            Subject::Category(category) => {
                category == self.category
                    || self.topic.is_some_and(|mine| mine.category == category)
            }
            Subject::Topic(topic) => self.topic.is_some_and(|mine| mine.id == topic.id),
        }
    }

    /// Whether a wish about `subject` is a wish about messages of this category and topic.
    fn is_of(&self, subject: Subject) -> bool {
        subject
            .category()
            .is_none_or(|category| category == self.category)
            && self.has_on_its_path(subject)
    }

    fn has_channel_of(&self, scope: &Scope) -> bool {
        scope.channel.is_none_or(|channel| channel == self.channel)
    }
}

/// What the address of a message came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Address {
    /// One person, known or not.
    Person,
    /// `to` and `recipient` mean different people.
    Conflict,
    /// Not an address at all.
    Invalid,
    /// A group, whose members cannot be checked.
    Group,
}

/// The state of the message's template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Template {
    /// There is none.
    None,
    /// It can be sent, as far as we know.
    Usable,
    /// It is paused, disabled, rejected or gone.
    Unavailable,
}

/// A message that went, or may have gone, to the person: what of it a cap counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sent {
    /// Its category.
    pub category: Category,
    /// The topic it belonged to, if any.
    pub topic: Option<TopicId>,
    /// When.
    pub at: Timestamp,
}

/// What is known, besides the policy.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// The person's folded state.
    pub standing: &'a Standing,
    /// When messages of capped categories went to the person, newest last; empty when nothing is capped.
    pub sent: &'a [Sent],
    /// The minute of the day where the person lives, if known.
    pub minute_there: Option<u16>,
    /// The person's country, if known; asked for only where [`crate::policy::Policy::names_countries`] says so.
    pub country: Option<Country>,
}
