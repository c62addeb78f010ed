//! From what a message says to what it changes: which facts a reading makes.

use std::collections::BTreeSet;

use crate::{
    event::{Event, Fact},
    phone::Country,
    policy::{Policy, Start, StopWords},
    register::{Heard, Register, Standing},
    request::{Facts, Request},
    scope::{Category, Channel, Scope, Subject, Topic},
    time::Timestamp,
    verdict,
    wording::{How, Match, Named, Reading},
};

/// What surrounds a message, as far as its effect depends on it.
#[derive(Debug, Clone, Copy)]
pub struct Setting<'a> {
    /// The person's folded state before the message.
    pub standing: &'a Standing,
    /// The scopes that their own messages have closed so far: see [`closed_by_own_messages`].
    pub closed: &'a BTreeSet<Scope>,
    /// The category of the template that the message quotes or whose button was tapped, if any.
    pub quoted: Option<Category>,
    /// The topics of the business, for buttons that name one.
    pub topics: &'a [Topic],
    /// The rules.
    pub policy: &'a Policy,
    /// Where it was said.
    pub channel: Channel,
    /// How many minutes the person's clock is ahead of UTC.
    pub minutes_ahead: i32,
    /// The person's country, as in [`Facts::country`].
    pub country: Option<Country>,
    /// Now.
    pub now: Timestamp,
}

/// The facts that a message makes, all on Meta's clock at the time of the message, in this order.
///
/// - STOP closes what policy says a plain STOP covers, and utility too when it quotes a utility template; a
///   button that names its scope closes that.
/// - With the master switch off a stop word holds marketing for a person to decide. A button is never in doubt.
/// - A doubtful word holds marketing.
/// - START opens each scope that the person's own messages closed and that is still shut, on another channel than
///   WhatsApp for that channel alone. When there is none, it
///   is a request, which waits for a second yes; consent only where policy says so and nothing was ever refused.
#[must_use]
pub fn of_reading(reading: &Reading, setting: Setting<'_>) -> Vec<Fact> {
    match reading {
        Reading::Stop(matched) if acts(matched, setting.policy) => stop(matched, setting),
        Reading::StopAll(matched) if acts(matched, setting.policy) => {
            vec![Fact::OptOut(refused(Subject::All, setting))]
        }
        // A pause whose end nobody can tell waits for a person, like topics, erasure and what is in doubt.
        Reading::Pause(_, end) => {
            let until = end.after(setting.now, setting.minutes_ahead);
            vec![Fact::Hold(Scope::MARKETING, until)]
        }
        Reading::WrongNumber(matched) if acts(matched, setting.policy) => {
            vec![Fact::IdentityChanged]
        }
        Reading::Stop(_)
        | Reading::StopAll(_)
        | Reading::Topic(_)
        | Reading::Erasure(_)
        | Reading::WrongNumber(_)
        | Reading::Review(_) => vec![Fact::Hold(Scope::MARKETING, None)],
        Reading::Start(_) => start(setting),
        Reading::Help(_) | Reading::Nothing => Vec::new(),
    }
}

/// Whether the message is one that the person may be answered to even after they refused everything: not
/// itself an opt-out, nor a word that may turn out to be one.
#[must_use]
pub const fn is_benign(reading: &Reading) -> bool {
    match reading {
        Reading::Stop(_)
        | Reading::StopAll(_)
        | Reading::Topic(_)
        | Reading::Pause(..)
        | Reading::Erasure(_)
        | Reading::WrongNumber(_)
        | Reading::Review(_) => false,
        Reading::Start(_) | Reading::Help(_) | Reading::Nothing => true,
    }
}

/// What hearing a message at `at`, on Meta's clock, changes in what we heard.
#[must_use]
pub fn heard(reading: &Reading, at: Timestamp) -> Heard {
    Heard {
        last: Some(at),
        benign: is_benign(reading).then_some(at),
        ..Heard::default()
    }
}

/// The scopes that the person closed by messages or on their own page, without those that were retracted.
#[must_use]
pub fn closed_by_own_messages<'a>(
    events: impl IntoIterator<Item = &'a Event>,
    standing: &Standing,
) -> BTreeSet<Scope> {
    events
        .into_iter()
        .filter(|event| event.is_by_own_message())
        .filter(|event| !(event.is_retractable() && standing.retracted.contains(&event.id)))
        .filter_map(|event| match &event.fact {
            Fact::OptOut(scope) => Some(scope.clone()),
            Fact::OptIn(_)
            | Fact::OptInRequested(_)
            | Fact::Retract(_)
            | Fact::PlatformStop(_)
            | Fact::PlatformResume(_)
            | Fact::PlatformBackoff
            | Fact::Blocked
            | Fact::IdentityChanged
            | Fact::Hold(..)
            | Fact::Release(_)
            | Fact::AliasLinked(_)
            | Fact::AliasEnded(_)
            | Fact::Erasure
            | Fact::PolicyChanged(_)
            | Fact::Staff(_)
            | Fact::Reservations(_)
            | Fact::Referral => None,
        })
        .collect()
}

fn acts(matched: &Match, policy: &Policy) -> bool {
    match (policy.stop_words, matched.how) {
        (StopWords::Act, _) | (StopWords::Review, How::Button | How::ButtonWord) => true,
        (StopWords::Review, How::Keyword | How::Wording) => false,
    }
}

fn stop(matched: &Match, setting: Setting<'_>) -> Vec<Fact> {
    let topic = |id| setting.topics.iter().find(|topic| topic.id == id);
    let named = matched.named.and_then(|named| match named {
        Named::Category(category) => Some(Subject::Category(category)),
        Named::Topic(id) => topic(id).map(|topic| Subject::Topic(*topic)),
    });
    let covers = named.unwrap_or(setting.policy.stop_covers);
    let utility = Subject::Category(Category::Utility);
    // "Stop promotions" under an order update is not about order updates; a bare STOP there is.
    let quotes_utility = setting.quoted == Some(Category::Utility)
        && match matched.how {
            How::Keyword | How::Wording | How::ButtonWord => true,
            How::Button => false,
        };
    let too = (quotes_utility && !covers.covers(utility)).then_some(utility);
    std::iter::once(covers)
        .chain(too)
        .map(|subject| Fact::OptOut(refused(subject, setting)))
        .collect()
}

/// What a refusal of `subject` covers: every channel, or the one that it was heard on, as policy says.
fn refused(subject: Subject, setting: Setting<'_>) -> Scope {
    Scope {
        channel: setting.policy.refusal_spreads.channel(setting.channel),
        ..Scope::everywhere(subject)
    }
}

fn start(setting: Setting<'_>) -> Vec<Fact> {
    let standing = setting.standing;
    let shut = setting.closed.iter().filter(|scope| {
        standing.registers.get(*scope).is_none_or(|register| {
            let skew = setting.policy.skew_ms;
            register.opt_in.outrank(&register.opt_out, skew).is_none()
        })
    });
    let opens = |scope: &Scope| within(scope, setting.channel).map(Fact::OptIn);
    let reopened: Vec<Fact> = shut.filter_map(opens).collect();
    if !reopened.is_empty() {
        return reopened;
    }
    let facts = Facts {
        standing,
        sent: &[],
        minute_there: None,
        country: setting.country,
    };
    let marketing = Request {
        channel: setting.channel,
        ..Request::about(Category::Marketing)
    };
    if verdict::opt_in(&marketing, facts, setting.policy, setting.now).is_some() {
        return Vec::new();
    }
    let refused = |register: &Register| !register.opt_out.is_empty();
    let stranger = !standing.registers.values().any(refused);
    match setting.policy.start_from_stranger {
        Start::IsConsent if stranger => within(&Scope::MARKETING, setting.channel)
            .map(Fact::OptIn)
            .into_iter()
            .collect(),
        Start::IsConsent | Start::IsARequest => within(&Scope::MARKETING, setting.channel)
            .map(Fact::OptInRequested)
            .into_iter()
            .collect(),
    }
}

/// What a yes to `scope` that was heard on `channel` opens: a yes on WhatsApp, where this house is at home, all of it; one
/// on another channel no more than that channel. None where the scope is about yet another channel.
fn within(scope: &Scope, channel: Channel) -> Option<Scope> {
    match (scope.channel, channel) {
        (None, Channel::Whatsapp) => Some(scope.clone()),
        (None, other) => Some(Scope {
            channel: Some(other),
            ..scope.clone()
        }),
        (Some(named), heard) => (named == heard).then(|| scope.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        event::{Clock, Evidence, source},
        id::{ContactId, EventId, TopicId},
        wording::{self, keywords::Keywords},
    };
    use uuid::Uuid;

    const OFFERS: Topic = Topic {
        id: TopicId::new(Uuid::from_u128(1)),
        category: Category::Marketing,
    };

    fn facts_of(reading: &Reading, quoted: Option<Category>, policy: &Policy) -> Vec<Fact> {
        let (standing, closed) = (Standing::default(), BTreeSet::new());
        let setting = Setting {
            standing: &standing,
            closed: &closed,
            quoted,
            topics: &[OFFERS],
            policy,
            channel: Channel::Whatsapp,
            minutes_ahead: 0,
            country: None,
            now: Timestamp::from_seconds(100),
        };
        of_reading(reading, setting)
    }

    fn closes(subject: Subject) -> Fact {
        Fact::OptOut(Scope::everywhere(subject))
    }

    #[test]
    fn a_button_that_names_its_scope_closes_that_and_an_unknown_topic_closes_more() {
        let keywords = Keywords::default();
        let offers = format!("{}:topic:{}", wording::OPT_OUT_PAYLOAD, OFFERS.id);
        let other = format!("{}:topic:{}", wording::OPT_OUT_PAYLOAD, Uuid::from_u128(9));
        let marketing = Subject::Category(Category::Marketing);
        for (payload, want) in [
            (offers.as_str(), closes(Subject::Topic(OFFERS))),
            (other.as_str(), closes(marketing)),
            (
                "consent:v1:optout:service",
                closes(Subject::Category(Category::Service)),
            ),
            ("consent:v1:optout:all", closes(Subject::All)),
        ] {
            let reading = keywords.read_button(payload, "No");
            let made = facts_of(&reading, Some(Category::Utility), &Policy::default());
            assert_eq!(made, [want], "{payload}");
        }
    }

    #[test]
    fn what_covers_everything_needs_no_second_fact_for_utility() {
        let stop = Keywords::default().read("stop", wording::Setting::Alone);
        let policy = Policy {
            stop_covers: Subject::All,
            ..Policy::default()
        };
        let utility = Some(Category::Utility);
        assert_eq!(facts_of(&stop, utility, &policy), [closes(Subject::All)]);
        assert_eq!(facts_of(&stop, utility, &Policy::default()).len(), 2);
        assert_eq!(facts_of(&Reading::Nothing, utility, &policy), []);
    }

    #[test]
    fn only_their_own_messages_close_what_start_opens() {
        let sources = [
            source::KEYWORD,
            source::BUTTON,
            source::WORDING,
            source::REVIEW,
            source::STAFF,
            "web_form",
        ];
        let event = |(id, word): (u128, &str)| Event {
            id: EventId::new(Uuid::from_u128(id)),
            contact: ContactId::HOUSE,
            fact: closes(Subject::Topic(Topic {
                id: TopicId::new(Uuid::from_u128(id)),
                ..OFFERS
            })),
            clock: Clock::Meta,
            at: Timestamp::from_seconds(1),
            received: Timestamp::from_seconds(1),
            evidence: Evidence {
                source: word.to_owned(),
                ..Evidence::default()
            },
        };
        let events: Vec<Event> = (1..).zip(sources).map(event).collect();
        let mut standing = Standing::fold(events.iter());
        assert_eq!(closed_by_own_messages(&events, &standing).len(), 4);
        standing
            .retracted
            .extend(events.iter().map(|event| event.id));
        let closed = closed_by_own_messages(&events, &standing);
        assert_eq!(
            closed.len(),
            2,
            "a keyword and a button cannot be retracted"
        );
    }

    #[test]
    fn a_stop_or_a_doubt_is_not_benign() {
        let keywords = Keywords::default();
        for (text, benign) in [
            ("stop", false),
            ("stop all", false),
            ("cancel", false),
            ("start", true),
            ("hello", true),
        ] {
            let reading = keywords.read(text, wording::Setting::InAnswer);
            let news = heard(&reading, Timestamp::from_seconds(3));
            assert_eq!(news.benign.is_some(), benign, "{text}");
            assert_eq!(news.last, Some(Timestamp::from_seconds(3)));
        }
    }
}
