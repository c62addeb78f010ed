//! Frequency caps per day, week and month, by category or topic, and when the next message may go.
//!
//! The policy's caps (`consent::policy::Cap`) are part of the verdict. These are a campaign's own, and they can be slowed for
//! a person who may be weary ([`crate::fatigue`]). They only ever add to what the verdict refuses.

use consent::{
    scope::{Category, Subject, Topic},
    time::{DAY_MS, Timestamp},
};

use crate::fatigue::{self, Estimate};

/// A span of time that moves along with now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Period {
    /// Twenty-four hours.
    Day,
    /// Seven days.
    Week,
    /// Thirty days.
    Month,
}

impl Period {
    /// Every period.
    pub const ALL: [Self; 3] = [Self::Day, Self::Week, Self::Month];

    /// The word used in JSON, tables and on screens.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
        }
    }

    /// Reads [`Period::word`].
    #[must_use]
    pub fn read(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|period| period.word() == word)
    }

    /// Its length in milliseconds.
    #[must_use]
    pub const fn millis(self) -> i64 {
        match self {
            Self::Day => DAY_MS,
            Self::Week => 7 * DAY_MS,
            Self::Month => 30 * DAY_MS,
        }
    }
}

/// At most so many messages about a subject in a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cap {
    /// What is counted: everything, a category or a topic.
    pub subject: Subject,
    /// How many may go.
    pub most: u32,
    /// In what time, counted back from now.
    pub period: Period,
}

impl Cap {
    /// The same cap for a person who may be weary: as many or fewer.
    #[must_use]
    pub fn slowed(self, estimate: Estimate) -> Self {
        Self {
            most: fatigue::slowed(self.most, estimate),
            ..self
        }
    }
}

/// What a message is about, by its topic or, without one, its category.
#[must_use]
pub fn subject(category: Category, topic: Option<Topic>) -> Subject {
    topic.map_or(Subject::Category(category), Subject::Topic)
}

/// A message that went to the person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sent {
    /// What it was about, see [`subject`].
    pub subject: Subject,
    /// When it went.
    pub at: Timestamp,
}

/// A cap that is full.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Full {
    /// The cap.
    pub cap: Cap,
    /// When there is room again; none for a cap of no message at all.
    pub until: Option<Timestamp>,
}

/// The cap that keeps a message about `subject` back for the longest; none when it may go now. Messages that went later than
/// `now` by another clock count as gone.
#[must_use]
pub fn full(caps: &[Cap], sent: &[Sent], subject: Subject, now: Timestamp) -> Option<Full> {
    let concerned = caps.iter().filter(|cap| cap.subject.covers(subject));
    let full = concerned.filter_map(|cap| fills(*cap, sent, now));
    full.reduce(|one, other| if later(other, one) { other } else { one })
}

/// Whether one cap has room again later than another.
fn later(one: Full, other: Full) -> bool {
    match (one.until, other.until) {
        (_, None) => false,
        (None, Some(_)) => true,
        (Some(one), Some(other)) => one > other,
    }
}

fn fills(cap: Cap, sent: &[Sent], now: Timestamp) -> Option<Full> {
    let span = cap.period.millis();
    let counted = sent
        .iter()
        .filter(|sent| cap.subject.covers(sent.subject) && now.millis_since(sent.at) < span);
    let mut times: Vec<Timestamp> = counted.map(|sent| sent.at).collect();
    times.sort_unstable_by(|one, other| other.cmp(one));
    let most = usize::try_from(cap.most).unwrap_or(usize::MAX);
    // There is room once the message that was one too many, counted from the newest, is older than the period.
    let until = match most.checked_sub(1) {
        Some(at) => Some(times.get(at)?.plus_millis(span)),
        None => None,
    };
    Some(Full { cap, until })
}

#[cfg(test)]
mod tests {
    use consent::id::TopicId;
    use proptest::prelude::*;

    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);
    const OFFERS: &str = "0198c0de-0000-7000-8000-000000000001";
    const NEWS: &str = "0198c0de-0000-7000-8000-000000000002";

    fn topic(id: &str) -> Subject {
        Subject::Topic(Topic {
            id: id.parse::<TopicId>().unwrap(),
            category: Category::Marketing,
        })
    }

    fn sent(subject: Subject, days_ago: i64) -> Sent {
        Sent {
            subject,
            at: NOW.plus_millis(-days_ago * DAY_MS),
        }
    }

    const MARKETING: Subject = Subject::Category(Category::Marketing);

    #[test]
    fn a_cap_of_a_topic_counts_its_messages_and_leaves_other_topics_alone() {
        let caps = [Cap {
            subject: topic(OFFERS),
            most: 2,
            period: Period::Week,
        }];
        let went = [
            sent(topic(OFFERS), 1),
            sent(topic(OFFERS), 3),
            sent(topic(NEWS), 1),
        ];
        let held = full(&caps, &went, topic(OFFERS), NOW).unwrap();
        assert_eq!(held.until, Some(NOW.plus_millis(4 * DAY_MS)));
        assert_eq!(full(&caps, &went, topic(NEWS), NOW), None);
        assert_eq!(full(&caps, &went, MARKETING, NOW), None);
    }

    #[test]
    fn a_cap_of_a_category_counts_every_topic_in_it_and_no_other_category() {
        let caps = [Cap {
            subject: MARKETING,
            most: 2,
            period: Period::Day,
        }];
        let utility = Subject::Category(Category::Utility);
        let went = [sent(topic(OFFERS), 0), sent(MARKETING, 0)];
        assert!(full(&caps, &went, topic(NEWS), NOW).is_some());
        assert_eq!(full(&caps, &went, utility, NOW), None);
        assert_eq!(
            full(&caps, &[sent(utility, 0), sent(utility, 0)], MARKETING, NOW),
            None
        );
    }

    #[test]
    fn of_several_full_caps_the_one_that_lasts_longest_is_named() {
        let day = Cap {
            subject: MARKETING,
            most: 1,
            period: Period::Day,
        };
        let month = Cap {
            subject: Subject::All,
            most: 2,
            period: Period::Month,
        };
        let went = [sent(MARKETING, 0), sent(MARKETING, 10)];
        for caps in [[day, month], [month, day]] {
            let held = full(&caps, &went, MARKETING, NOW).unwrap();
            assert_eq!(
                (held.cap, held.until),
                (month, Some(NOW.plus_millis(20 * DAY_MS)))
            );
        }
        let none = Cap {
            subject: MARKETING,
            most: 0,
            period: Period::Day,
        };
        let held = full(&[none, month], &went, MARKETING, NOW).unwrap();
        assert_eq!((held.cap, held.until), (none, None));
    }

    #[test]
    fn a_period_ends_to_the_millisecond() {
        let caps = [Cap {
            subject: MARKETING,
            most: 1,
            period: Period::Day,
        }];
        let went = [sent(MARKETING, 1)];
        assert_eq!(full(&caps, &went, MARKETING, NOW), None);
        let before = NOW.plus_millis(-1);
        let held = full(&caps, &went, MARKETING, before).unwrap();
        assert_eq!(held.until, Some(NOW));
    }

    #[test]
    fn words_are_read_back() {
        assert!(
            Period::ALL
                .into_iter()
                .all(|period| Period::read(period.word()) == Some(period))
        );
        assert_eq!(Period::read("year"), None);
    }

    proptest! {
        #[test]
        fn once_the_named_time_has_come_the_message_may_go(
            days in prop::collection::vec(0_i64..40, 0..12), most in 1_u32..5, more in 1_u32..5,
        ) {
            let went: Vec<Sent> = days.into_iter().map(|ago| sent(MARKETING, ago)).collect();
            let caps: Vec<Cap> = Period::ALL
                .into_iter()
                .zip([most, most + more, most + 2 * more])
                .map(|(period, most)| Cap { subject: MARKETING, most, period })
                .collect();
            if let Some(Full { until: Some(until), .. }) = full(&caps, &went, MARKETING, NOW) {
                prop_assert!(until > NOW);
                prop_assert_eq!(full(&caps, &went, MARKETING, until), None);
                prop_assert!(full(&caps, &went, MARKETING, until.plus_millis(-1)).is_some());
            }
        }

        #[test]
        fn a_slowed_cap_holds_back_at_least_as_long(weariness in 0.0..1.0_f64, most in 0_u32..6, gone in 0_i64..8) {
            let cap = Cap { subject: MARKETING, most, period: Period::Week };
            let went: Vec<Sent> = (0..gone).map(|ago| sent(MARKETING, ago)).collect();
            let usual = full(&[cap], &went, MARKETING, NOW);
            let slower = full(&[cap.slowed(Estimate { weariness, confidence: 1.0 })], &went, MARKETING, NOW);
            prop_assert!(usual.is_none() || slower.is_some_and(|slower| slower.until >= usual.and_then(|usual| usual.until)));
        }
    }
}
