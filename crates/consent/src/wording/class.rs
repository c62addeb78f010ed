//! What a word or phrase of a lexicon stands for.

macro_rules! classes {
    ($($(#[$doc:meta])* $name:ident = $word:literal,)+) => {
        /// What a word or phrase stands for.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[repr(u8)]
        pub(super) enum Class { $($(#[$doc])* $name,)+ }

        impl Class {
            /// The class that the files call by this word.
            pub(super) fn read(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$name),)+ _ => None }
            }
        }
    };
}

classes! {
    /// Whole messages that stop.
    KeyStop = "stop!",
    /// Whole messages that stop everything.
    KeyAll = "all!",
    /// Whole messages that begin again.
    KeyStart = "start!",
    /// Whole messages that ask for help.
    KeyHelp = "help!",
    /// Whole messages that ask for a pause.
    KeyPause = "pause!",
    /// The word for "cancel": a stop where nothing was asked, else for a person to read.
    KeyCancel = "cancel!",
    /// Whole messages for a person to read.
    KeyReview = "review!",
    /// To cease: "stop", "dejen de".
    Cease = "cease",
    /// To end something that has to be named: "cancel", "remove", "turn off".
    Cancel = "cancel",
    /// To send.
    Send = "send",
    /// To write to somebody, to bother them.
    Write = "write",
    /// To get or receive.
    Receive = "receive",
    /// Messages.
    Message = "msg",
    /// Advertising.
    Promo = "promo",
    /// Not.
    Not = "not",
    /// To want.
    Want = "want",
    /// Again, any more.
    More = "more",
    /// No more.
    NoMore = "nomore",
    /// Me, us, this number.
    Me = "me",
    /// Everything, anything, nothing.
    All = "all",
    /// "Of any kind", "for no reason whatever": makes any refusal one of everything.
    Utterly = "utterly",
    /// To leave a list; acts by itself.
    Leave = "leave",
    /// "Stop everything", as one phrase.
    LeaveAll = "leaveall",
    /// "Leave me alone"; acts by itself.
    Alone = "alone",
    /// What a person must read: threats, complaints, "not interested".
    Doubt = "doubt",
    /// Reproaches that say nothing but no: "not interested", "I never signed up". Beside a refusal they underline it.
    Reproof = "reproof",
    /// What a business does besides writing: orders, invoices, deliveries.
    Goods = "goods",
    /// Phrases that hold a stop word and mean something else.
    Idiom = "idiom",
    /// Words of a question.
    Ask = "ask",
    /// Requests that look like questions: "can you".
    Please = "canyou",
    /// Conditions.
    If = "if",
    /// Other people.
    Other = "other",
    /// What was not received or has happened: "did not get".
    Got = "got",
    /// At certain times only: "before 9", "at work".
    Limit = "limit",
    /// It was a joke.
    Joke = "joke",
    /// Padding: thanks, please, greetings, laughter.
    Filler = "filler",
    /// Small words, which only tell the language.
    Small = "word",
    /// Only, except.
    Only = "only",
    /// To keep, but not.
    Keep = "keep",
    /// News of one kind that somebody may choose: "order updates".
    News = "news",
    /// A choice of topics, or of how often, as one phrase.
    Topic = "topic",
    /// To pause.
    Pause = "pause",
    /// Until.
    Until = "until",
    /// For as long as.
    For = "for",
    /// A day of the week, Monday as 1.
    Day = "day",
    /// A month of the year.
    Month = "month",
    /// A number.
    Number = "num",
    /// A unit of time: 1 hour, 2 day, 3 week, 4 month, 5 year.
    Unit = "unit",
    /// A time ahead: 1 tomorrow, 2 next week, 3 next month, 4 next year, 5 the weekend, 6 tonight.
    Ahead = "ahead",
    /// A time ahead whose date we do not know: "after the holidays".
    Someday = "someday",
    /// To erase.
    Erase = "erase",
    /// One's own data.
    Data = "data",
    /// An erasure request, as one phrase.
    Erasure = "erasure",
    /// "You have the wrong number."
    Wrong = "wrong",
    /// The words of our own footers.
    Footer = "footer",
    /// Marks of a forwarded message.
    Forward = "forward",
}

/// A set of classes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Set(u64);

impl Set {
    pub(super) const NONE: Self = Self(0);

    pub(super) const fn of(classes: &[Class]) -> Self {
        let mut bits = 0;
        let mut rest = classes;
        while let Some((first, others)) = rest.split_first() {
            bits |= 1 << *first as u64;
            rest = others;
        }
        Self(bits)
    }

    pub(super) const fn has(self, class: Class) -> bool {
        self.0 & (1 << class as u64) != 0
    }

    pub(super) const fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    pub(super) const fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub(super) fn add(&mut self, class: Class) {
        self.0 |= 1 << class as u64;
    }
}

const _: () = assert!((Class::Forward as u64) < 64, "a set has 64 places");
