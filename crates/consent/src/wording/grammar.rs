//! The second tier: what a sentence asks for, by the company that its words keep.

use super::{
    class::{Class, Set},
    pause::End,
    sentence::{Pair, Sentence},
    until,
};

/// What a sentence asks for. Later ones outweigh earlier ones in one message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wish {
    /// A person must read it.
    Review,
    /// No more marketing.
    Stop,
    /// No more of anything.
    StopAll,
    /// No more until then.
    Pause(End),
    /// Some topics, not others.
    Topic,
    /// Somebody else has this number.
    WrongNumber,
    /// Their data is to be erased.
    Erasure,
}

impl Wish {
    /// How much it weighs against others in one message.
    pub(super) const fn weight(self) -> u8 {
        match self {
            Self::Review => 0,
            Self::Stop => 1,
            Self::StopAll => 2,
            Self::Pause(_) => 3,
            Self::Topic => 4,
            Self::WrongNumber => 5,
            Self::Erasure => 6,
        }
    }
}

/// A wish, the rule that found it, and where.
#[derive(Debug, Clone, Copy)]
pub(super) struct Finding {
    pub wish: Wish,
    pub rule: &'static str,
    pub from: usize,
    pub to: usize,
}

impl Finding {
    const fn new(wish: Wish, rule: &'static str, pair: Pair) -> Self {
        Self {
            wish,
            rule,
            from: pair.from,
            to: pair.to,
        }
    }

    const fn doubted(self) -> Self {
        Self {
            wish: Wish::Review,
            ..self
        }
    }
}

use Class as C;

const NEWS_OR_ADS: Set = Set::of(&[C::Message, C::Promo]);
const TALK: Set = Set::of(&[C::Send, C::Write, C::Message, C::Promo, C::Receive]);
const CEASE: Set = Set::of(&[C::Cease]);
const NOT: Set = Set::of(&[C::Not]);
const NO_MORE: Set = Set::of(&[C::NoMore]);
const ALL: Set = Set::of(&[C::All]);
const GOODS: Set = Set::of(&[C::Goods, C::News]);
const REFUSING: Set = Set::of(&[C::Not, C::NoMore]);
const LEAVE: Set = Set::of(&[C::Leave, C::LeaveAll]);

/// Two kinds of words that belong together.
struct Frame {
    rule: &'static str,
    first: Set,
    second: Set,
    /// At most so many words between them.
    gap: u32,
    /// Whether `first` has to come first, where the language does not put its "not" last.
    ordered: bool,
    /// What must stand in the sentence too.
    also: Set,
}

const FRAMES: [Frame; 9] = [
    Frame {
        rule: "cease+talk",
        first: CEASE,
        second: TALK,
        gap: 5,
        ordered: false,
        also: Set::NONE,
    },
    Frame {
        rule: "cancel+message",
        first: Set::of(&[C::Cancel]),
        second: NEWS_OR_ADS,
        gap: 6,
        ordered: false,
        also: Set::NONE,
    },
    Frame {
        rule: "not+send",
        first: NOT,
        second: Set::of(&[C::Send]),
        gap: 3,
        ordered: true,
        also: Set::of(&[C::Message, C::Promo, C::More, C::All]),
    },
    Frame {
        rule: "not+write",
        first: NOT,
        second: Set::of(&[C::Write]),
        gap: 3,
        ordered: true,
        also: Set::of(&[C::Me, C::More, C::Message, C::Promo, C::All]),
    },
    Frame {
        rule: "not+want",
        first: NOT,
        second: Set::of(&[C::Want]),
        gap: 3,
        ordered: true,
        also: Set::of(&[C::Message, C::Promo, C::Write]),
    },
    Frame {
        rule: "not+want+receive",
        first: NOT,
        second: Set::of(&[C::Want]),
        gap: 3,
        ordered: true,
        also: Set::of(&[C::Receive]),
    },
    Frame {
        rule: "no_more+message",
        first: NO_MORE,
        second: NEWS_OR_ADS,
        gap: 2,
        ordered: true,
        also: Set::NONE,
    },
    Frame {
        rule: "no_more+send",
        first: NO_MORE,
        second: Set::of(&[C::Send, C::Write, C::Receive]),
        gap: 3,
        ordered: true,
        also: Set::NONE,
    },
    Frame {
        rule: "leave",
        first: LEAVE,
        second: LEAVE,
        gap: 0,
        ordered: false,
        also: Set::NONE,
    },
];

/// What a sentence asks for.
pub(super) fn judge(sentence: &Sentence<'_>) -> Option<Finding> {
    other_wishes(sentence)
        .or_else(|| stop(sentence))
        .or_else(|| doubt(sentence))
}

/// Erasure, another person, topics, a pause: what says more than stop.
fn other_wishes(sentence: &Sentence<'_>) -> Option<Finding> {
    if let Some(pair) = sentence.first(Set::of(&[C::Erasure])) {
        return Some(Finding::new(Wish::Erasure, "erasure", pair));
    }
    let erase = Set::of(&[C::Erase]);
    if let Some(pair) = sentence.near(erase, Set::of(&[C::Data]), 5)
        && !sentence.precedes(NOT, erase, 1)
    {
        let finding = Finding::new(Wish::Erasure, "erase+data", pair);
        return Some(if asks(sentence) {
            finding.doubted()
        } else {
            finding
        });
    }
    if let Some(pair) = sentence.first(Set::of(&[C::Wrong])) {
        return Some(Finding::new(Wish::WrongNumber, "wrong_number", pair));
    }
    topic(sentence).or_else(|| pause(sentence))
}

fn topic(sentence: &Sentence<'_>) -> Option<Finding> {
    if asks(sentence) || sentence.holds(C::If) {
        return None;
    }
    if let Some(pair) = sentence.first(Set::of(&[C::Topic])) {
        return Some(Finding::new(Wish::Topic, "topic", pair));
    }
    let only = Set::of(&[C::Only]);
    let news = Set::of(&[C::News, C::Promo]);
    if let Some(pair) = sentence.near(only, news, 4) {
        return Some(Finding::new(Wish::Topic, "only+news", pair));
    }
    let choice = Set::of(&[C::Only, C::Keep]);
    let pair = sentence.first(choice)?;
    if let Some((_, refused)) = refusal(sentence)
        && (sentence.has(news) || sentence.holds(C::Message))
        && (sentence.holds(C::Only) || sentence.holds(C::News) || sentence.holds(C::Goods))
    {
        let both = Pair {
            from: pair.from.min(refused.from),
            to: pair.to.max(refused.to),
            ..pair
        };
        return Some(Finding::new(Wish::Topic, "refuse+keep", both));
    }
    let no_ads = sentence.near(Set::of(&[C::Not, C::NoMore]), Set::of(&[C::Promo]), 2);
    (no_ads.is_some() && sentence.has(GOODS))
        .then(|| Finding::new(Wish::Topic, "no_ads+keep", pair))
}

fn pause(sentence: &Sentence<'_>) -> Option<Finding> {
    if asks(sentence) || sentence.holds(C::If) {
        return None;
    }
    let pausing = sentence.near(Set::of(&[C::Pause]), NEWS_OR_ADS, 4);
    let refused = refusal(sentence).map(|(_, pair)| pair);
    let quiet = sentence.near(NOT, Set::of(&[C::Send, C::Write]), 3);
    let stopping = sentence.first(Set::of(&[C::Pause])).or(refused).or(quiet);
    let stopping = stopping.or_else(|| sentence.first(CEASE).filter(|_| sentence.unknown == 0));
    let pair = pausing.or(stopping)?;
    let talks = sentence.has(TALK);
    let told = until::end(sentence);
    if told.is_none() && pausing.is_none() {
        return None;
    }
    // "Pause my order until Monday" is about the order.
    if sentence.beside(pair, GOODS, 3) && !sentence.has(NEWS_OR_ADS) {
        return None;
    }
    if !talks && sentence.unknown > 1 {
        return None;
    }
    let end = told.unwrap_or(End::Unsaid);
    Some(Finding::new(Wish::Pause(end), "pause", pair))
}

/// The first frame that a sentence fills.
fn refusal(sentence: &Sentence<'_>) -> Option<(&'static str, Pair)> {
    FRAMES.iter().find_map(|frame| {
        if !frame.also.is_empty() && !sentence.has(frame.also) {
            return None;
        }
        let pair = if frame.ordered && !sentence.puts_not_last() {
            sentence.follow(frame.first, frame.second, frame.gap)
        } else {
            sentence.near(frame.first, frame.second, frame.gap)
        };
        pair.map(|pair| (frame.rule, pair))
    })
}

fn stop(sentence: &Sentence<'_>) -> Option<Finding> {
    if let Some(pair) = sentence.near(CEASE, ALL, 1)
        && !sentence.has(GOODS)
        && sentence.unknown <= 1
        && !sentence.holds(C::Promo)
    {
        return Some(weighed(
            sentence,
            Finding::new(Wish::StopAll, "cease+all", pair),
            pair,
        ));
    }
    let (rule, pair) = refusal(sentence)?;
    // "Don't stop", "never stop".
    if rule == "cease+talk" && sentence.precedes(NOT, CEASE, 0) {
        return None;
    }
    // "I got no message", and an invoice that nobody wants is no newsletter.
    let talk = sentence.has(NEWS_OR_ADS);
    if sentence.holds(C::Got) && rule != "leave" && rule != "cease+talk" {
        return None;
    }
    // "Nothing at all, not even order updates" is about everything.
    let utterly = sentence.has(Set::of(&[C::LeaveAll, C::Utterly]));
    let goods = !talk && sentence.has(GOODS) && !utterly;
    if goods && (rule != "leave" || sentence.beside(pair, GOODS, 4)) {
        return None;
    }
    // "Nothing more" is a plain stop; "no offers, no reminders, nothing" is not.
    let every =
        sentence.has(ALL) && sentence.count(REFUSING) > 2 && sentence.count(NEWS_OR_ADS) > 1;
    let plain = sentence.holds(C::More) || sentence.holds(C::NoMore) || sentence.holds(C::Promo);
    let ceases = matches!(rule, "cease+talk" | "cancel+message" | "leave");
    let any = sentence.beside(pair, ALL, 2) && (!plain || ceases && !sentence.holds(C::Promo));
    let all = utterly || every || any;
    let wish = if all { Wish::StopAll } else { Wish::Stop };
    let finding = Finding::new(wish, rule, pair);
    Some(if is_vague(sentence, all) {
        finding.doubted()
    } else {
        weighed(sentence, finding, pair)
    })
}

/// "No ads of any kind" may be all ads or all messages; "no ads, no reminders, no surveys" may be everything.
fn is_vague(sentence: &Sentence<'_>, all: bool) -> bool {
    if all {
        let kinds = Set::of(&[C::Message, C::News]);
        return sentence.holds(C::Promo) && !sentence.has(kinds) && !sentence.holds(C::LeaveAll);
    }
    let kinds = sentence.count(REFUSING) > 2 && sentence.count(NEWS_OR_ADS) > 1;
    kinds || (sentence.has(ALL) && !sentence.holds(C::Promo))
}

/// A refusal in doubt is for a person: asked, on condition, about others, at certain hours, about goods.
fn weighed(sentence: &Sentence<'_>, finding: Finding, pair: Pair) -> Finding {
    let doubts = Set::of(&[C::If, C::Other, C::Limit, C::Joke, C::Ahead, C::Someday]);
    let near_goods = sentence.beside(pair, GOODS, 3);
    let long = sentence.unknown > 12;
    if asks(sentence) || sentence.has(doubts) || near_goods || long {
        finding.doubted()
    } else {
        finding
    }
}

fn asks(sentence: &Sentence<'_>) -> bool {
    (sentence.holds(C::Ask) || sentence.asks) && !sentence.holds(C::Please)
}

/// What may be a refusal.
fn doubt(sentence: &Sentence<'_>) -> Option<Finding> {
    let review = |rule, pair| Some(Finding::new(Wish::Review, rule, pair));
    if let Some(pair) = sentence.first(Set::of(&[C::Doubt, C::Alone])) {
        return (!sentence.has(GOODS) || sentence.has(NEWS_OR_ADS))
            .then(|| Finding::new(Wish::Review, "doubt", pair));
    }
    if sentence.has(GOODS) || sentence.holds(C::Got) {
        return None;
    }
    if let Some(pair) = sentence.first(CEASE)
        && !sentence.precedes(NOT, CEASE, 0)
        && !sentence.holds(C::Number)
        && (sentence.unknown <= 2 || (sentence.holds(C::Me) && sentence.words <= 10))
    {
        return review("cease", pair);
    }
    // "I wrote STOP three times, and still your ads come."
    if let Some(pair) = sentence.first(CEASE)
        && sentence.has(NEWS_OR_ADS)
        && sentence.holds(C::Number)
    {
        return review("cease", pair);
    }
    let unwanted = sentence.near(NOT, Set::of(&[C::Want]), 3);
    if let Some(pair) = unwanted.filter(|_| sentence.unexplained == 0) {
        return review("not+want", pair);
    }
    let refusing = Set::of(&[C::Not, C::NoMore, C::Cease, C::Cancel, C::Leave]);
    let talk = Set::of(&[C::Send, C::Write, C::Message, C::Promo]);
    if let Some(pair) = sentence.near(refusing, talk, 6)
        && !sentence.precedes(NOT, CEASE, 0)
    {
        return review("refusing+talk", pair);
    }
    None
}
