//! Every refusal: its code, its sentence, and who can lift it.

/// Why a message may not go. The words are fixed: clients and reports depend on them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Code {
    /// `to` and `recipient` name different people.
    IdentityConflict,
    /// No address that a message could go to.
    InvalidRecipient,
    /// Waits for a person of ours to decide, or until a time that the customer named.
    Held,
    /// The customer blocked the business.
    Blocked,
    /// The number may belong to somebody else now.
    IdentityChanged,
    /// Refused everything.
    OptedOutAll,
    /// Refused this category.
    OptedOutCategory,
    /// Refused this topic.
    OptedOutTopic,
    /// "Offers and announcements" is off in WhatsApp.
    PlatformOptOut,
    /// Never agreed.
    NoConsent,
    /// Was asked, has not answered.
    ConsentPending,
    /// Agreed too long ago.
    ConsentExpired,
    /// The topic was retired.
    TopicRetired,
    /// The template is paused, disabled or gone.
    TemplateUnavailable,
    /// The customer has not written within the window.
    WindowClosed,
    /// Has had enough messages for now.
    FrequencyCapped,
    /// It is night there.
    QuietHours,
    /// Meta held the last one back.
    PlatformBackoff,
}

/// Who can change the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lifter {
    /// The customer, by agreeing.
    Customer,
    /// The customer, by writing to the business.
    CustomerByWriting,
    /// The customer, with WhatsApp's own switch.
    CustomerInWhatsApp,
    /// A person of the business.
    Staff,
    /// The caller, by sending something else.
    Caller,
    /// Nobody needs to: it passes.
    Time,
}

impl Code {
    /// Every code, in the order of the layers.
    pub const ALL: [Self; 18] = [
        Self::IdentityConflict,
        Self::InvalidRecipient,
        Self::Held,
        Self::Blocked,
        Self::IdentityChanged,
        Self::OptedOutAll,
        Self::OptedOutCategory,
        Self::OptedOutTopic,
        Self::PlatformOptOut,
        Self::NoConsent,
        Self::ConsentPending,
        Self::ConsentExpired,
        Self::TopicRetired,
        Self::TemplateUnavailable,
        Self::WindowClosed,
        Self::FrequencyCapped,
        Self::QuietHours,
        Self::PlatformBackoff,
    ];

    /// The stable word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::IdentityConflict => "identity_conflict",
            Self::InvalidRecipient => "invalid_recipient",
            Self::Held => "held",
            Self::Blocked => "blocked",
            Self::IdentityChanged => "identity_changed",
            Self::OptedOutAll => "opted_out_all",
            Self::OptedOutCategory => "opted_out_category",
            Self::OptedOutTopic => "opted_out_topic",
            Self::PlatformOptOut => "platform_opt_out",
            Self::NoConsent => "no_consent",
            Self::ConsentPending => "consent_pending",
            Self::ConsentExpired => "consent_expired",
            Self::TopicRetired => "topic_retired",
            Self::TemplateUnavailable => "template_unavailable",
            Self::WindowClosed => "window_closed",
            Self::FrequencyCapped => "frequency_capped",
            Self::QuietHours => "quiet_hours",
            Self::PlatformBackoff => "platform_backoff",
        }
    }

    /// Reads [`Code::word`].
    #[must_use]
    pub fn read(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|code| code.word() == word)
    }

    /// One plain sentence.
    #[must_use]
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::IdentityConflict => "The two recipients in the request are different people.",
            Self::InvalidRecipient => {
                "The recipient is not a phone number or user id that can be checked."
            }
            Self::Held => {
                "Messages of this kind to this person wait, until a decision is made or the pause ends."
            }
            Self::Blocked => "This person has blocked the business in WhatsApp.",
            Self::IdentityChanged => {
                "This number may have a new owner, so earlier consent does not count."
            }
            Self::OptedOutAll => "This person asked for no messages at all.",
            Self::OptedOutCategory => "This person opted out of messages of this category.",
            Self::OptedOutTopic => "This person opted out of this topic.",
            Self::PlatformOptOut => {
                "This person switched off offers and announcements of this business in WhatsApp."
            }
            Self::NoConsent => "This person has not agreed to messages of this kind.",
            Self::ConsentPending => "This person was asked to agree and has not answered yet.",
            Self::ConsentExpired => {
                "This person agreed, but so long ago that it does not count any more."
            }
            Self::TopicRetired => "The business retired this topic: nothing new is sent on it.",
            Self::TemplateUnavailable => {
                "The template is paused, disabled or gone, so Meta would not deliver it."
            }
            Self::WindowClosed => {
                "The customer service window is closed: they have not written in the last 24 hours."
            }
            Self::FrequencyCapped => {
                "This person has had as many messages as the business allows for now."
            }
            Self::QuietHours => "It is a quiet hour where this person lives.",
            Self::PlatformBackoff => {
                "Meta held the last marketing message to this person back; the next one waits."
            }
        }
    }

    /// Who can lift it.
    #[must_use]
    pub const fn lifter(self) -> Lifter {
        match self {
            Self::IdentityConflict | Self::InvalidRecipient => Lifter::Caller,
            Self::Held | Self::TopicRetired | Self::TemplateUnavailable => Lifter::Staff,
            Self::Blocked | Self::IdentityChanged | Self::WindowClosed => Lifter::CustomerByWriting,
            Self::OptedOutAll
            | Self::OptedOutCategory
            | Self::OptedOutTopic
            | Self::NoConsent
            | Self::ConsentPending
            | Self::ConsentExpired => Lifter::Customer,
            Self::PlatformOptOut => Lifter::CustomerInWhatsApp,
            Self::FrequencyCapped | Self::QuietHours | Self::PlatformBackoff => Lifter::Time,
        }
    }
}

impl Lifter {
    /// One plain sentence.
    #[must_use]
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Customer => "Only the customer can lift this, by agreeing again.",
            Self::CustomerByWriting => "It ends when the customer writes to the business.",
            Self::CustomerInWhatsApp => {
                "Only the customer can lift this: in WhatsApp, open the chat with the business, tap its name, \
                 and switch \"Offers and announcements\" on."
            }
            Self::Staff => "Somebody of the business can lift this.",
            Self::Caller => "Send the request again with one recipient that is right.",
            Self::Time => "Nobody needs to do anything: it passes by itself.",
        }
    }
}
