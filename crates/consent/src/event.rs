//! One fact that happened, with how we know.

use crate::{
    alias::Alias,
    id::{ContactId, EventId, NumberId},
    scope::Scope,
    time::{MINUTE_MS, Timestamp},
};

/// How far ahead of our clock an opt-in may be dated and still count (DESIGN section 4).
pub const FUTURE_MS: i64 = 5 * MINUTE_MS;

/// A fact about one contact (or about the house), immutable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Its id; time-ordered.
    pub id: EventId,
    /// Whom it is about; [`ContactId::HOUSE`] when about nobody.
    pub contact: ContactId,
    /// What happened.
    pub fact: Fact,
    /// Whose clock dated it.
    pub clock: Clock,
    /// From when it counts, on that clock. See [`counts_from`].
    pub at: Timestamp,
    /// When we learned of it, on our clock.
    pub received: Timestamp,
    /// How we know.
    pub evidence: Evidence,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fact {
    /// The person agreed.
    OptIn(Scope),
    /// The person refused.
    OptOut(Scope),
    /// We asked, or somebody asked in their name; waits for the person's own yes.
    OptInRequested(Scope),
    /// An earlier event was a mistake; the fold skips it.
    Retract(EventId),
    /// "Offers and announcements" was switched off for this number, or Meta said 131050.
    PlatformStop(NumberId),
    /// It was switched on again.
    PlatformResume(NumberId),
    /// Meta held a marketing message back (131049).
    PlatformBackoff,
    /// The person blocked the business (130403).
    Blocked,
    /// The number may have a new owner (137000): earlier opt-ins are void.
    IdentityChanged,
    /// Sends within the scope wait, for a person to decide or until a time.
    Hold(Scope, Option<Timestamp>),
    /// A hold is lifted.
    Release(EventId),
    /// The contact got a further alias.
    AliasLinked(Alias),
    /// An alias no longer means this contact.
    AliasEnded(Alias),
    /// Everything about the person was destroyed.
    Erasure,
    /// A new version of the policy is in force.
    PolicyChanged(u64),
    /// Somebody of the staff did something that is worth keeping.
    Staff(StaffAct),
    /// A batch of reservations was sealed.
    Reservations(u64),
    /// The person wrote after a click on an advertisement or a post. No consent by itself.
    Referral,
}

/// What somebody of the staff did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StaffAct {
    /// An API key was made.
    KeyCreated,
    /// An API key was revoked.
    KeyRevoked,
    /// Attributes or tags of a contact were edited.
    ContactEdited,
    /// A template was bound to a topic, or unbound.
    TemplateBound,
    /// A topic was made.
    TopicCreated,
    /// The settings of the flows were changed.
    FlowsChanged,
    /// A topic was renamed, translated, retired or taken up again.
    TopicChanged,
    /// A restored copy was acknowledged.
    RestoreAcknowledged,
    /// An opt-in form was made, changed or retired, or a link to one.
    FormChanged,
    /// A member of the staff was invited, given another role, removed, or changed what they sign in with.
    MemberChanged,
    /// A member of the staff signed in.
    SignedIn,
    /// A segment was made, changed or removed.
    SegmentChanged,
    /// The type of an attribute was set.
    AttributeChanged,
    /// Contacts were read from a file.
    Imported,
    /// Contacts, events or reports were taken out.
    Exported,
    /// A conversation was given to a member of the staff, or closed.
    Assigned,
    /// A note was written beside a conversation.
    Noted,
    /// A member of the staff wrote to a customer.
    Replied,
    /// A text that agents send with one click was made, changed or removed.
    QuickReplyChanged,
    /// An alert was looked at and set aside.
    AlertSettled,
    /// A campaign was made, approved, started, paused, resumed or cancelled; also by itself.
    CampaignChanged,
    /// A template was made and handed to Meta for review.
    TemplateCreated,
    /// A template was deleted at Meta.
    TemplateDeleted,
    /// A journey was made, changed, published, stopped, or emptied.
    JourneyChanged,
}

impl StaffAct {
    /// Every act.
    pub const ALL: [Self; 24] = [
        Self::KeyCreated,
        Self::KeyRevoked,
        Self::ContactEdited,
        Self::TemplateBound,
        Self::TopicCreated,
        Self::FlowsChanged,
        Self::TopicChanged,
        Self::RestoreAcknowledged,
        Self::FormChanged,
        Self::MemberChanged,
        Self::SignedIn,
        Self::SegmentChanged,
        Self::AttributeChanged,
        Self::Imported,
        Self::Exported,
        Self::Assigned,
        Self::Noted,
        Self::Replied,
        Self::QuickReplyChanged,
        Self::AlertSettled,
        Self::CampaignChanged,
        Self::TemplateCreated,
        Self::TemplateDeleted,
        Self::JourneyChanged,
    ];

    /// The word used in JSON and tables.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::KeyCreated => "key_created",
            Self::KeyRevoked => "key_revoked",
            Self::ContactEdited => "contact_edited",
            Self::TemplateBound => "template_bound",
            Self::TopicCreated => "topic_created",
            Self::FlowsChanged => "flows_changed",
            Self::TopicChanged => "topic_changed",
            Self::RestoreAcknowledged => "restore_acknowledged",
            Self::FormChanged => "form_changed",
            Self::MemberChanged => "member_changed",
            Self::SignedIn => "signed_in",
            Self::SegmentChanged => "segment_changed",
            Self::AttributeChanged => "attribute_changed",
            Self::Imported => "imported",
            Self::Exported => "exported",
            Self::Assigned => "assigned",
            Self::Noted => "noted",
            Self::Replied => "replied",
            Self::QuickReplyChanged => "quick_reply_changed",
            Self::AlertSettled => "alert_settled",
            Self::CampaignChanged => "campaign_changed",
            Self::TemplateCreated => "template_created",
            Self::TemplateDeleted => "template_deleted",
            Self::JourneyChanged => "journey_changed",
        }
    }
}

impl Fact {
    /// The kind, as DESIGN section 2 names it.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::OptIn(_) => "opt_in",
            Self::OptOut(_) => "opt_out",
            Self::OptInRequested(_) => "opt_in_requested",
            Self::Retract(_) => "retract",
            Self::PlatformStop(_) => "platform_stop",
            Self::PlatformResume(_) => "platform_resume",
            Self::PlatformBackoff => "platform_backoff",
            Self::Blocked => "blocked",
            Self::IdentityChanged => "identity_changed",
            Self::Hold(..) => "hold",
            Self::Release(_) => "release",
            Self::AliasLinked(_) => "alias_linked",
            Self::AliasEnded(_) => "alias_ended",
            Self::Erasure => "erasure",
            Self::PolicyChanged(_) => "policy_changed",
            Self::Staff(act) => act.word(),
            Self::Reservations(_) => "reservations",
            Self::Referral => "referral",
        }
    }

    /// The number of the kind in a ledger leaf. Never reused, never changed.
    #[must_use]
    pub const fn leaf_kind(&self) -> u8 {
        match self {
            Self::OptIn(_) => 1,
            Self::OptOut(_) => 2,
            Self::OptInRequested(_) => 3,
            Self::Retract(_) => 4,
            Self::PlatformStop(_) => 5,
            Self::PlatformResume(_) => 6,
            Self::PlatformBackoff => 7,
            Self::Blocked => 8,
            Self::IdentityChanged => 9,
            Self::Hold(..) => 10,
            Self::Release(_) => 11,
            Self::AliasLinked(_) => 12,
            Self::AliasEnded(_) => 13,
            Self::Erasure => 14,
            Self::PolicyChanged(_) => 15,
            Self::Staff(_) => 16,
            Self::Reservations(_) => 17,
            Self::Referral => 18,
        }
    }

    /// The scope, of those facts that have one.
    #[must_use]
    pub const fn scope(&self) -> Option<&Scope> {
        match self {
            Self::OptIn(scope)
            | Self::OptOut(scope)
            | Self::OptInRequested(scope)
            | Self::Hold(scope, _) => Some(scope),
            Self::Retract(_)
            | Self::PlatformStop(_)
            | Self::PlatformResume(_)
            | Self::PlatformBackoff
            | Self::Blocked
            | Self::IdentityChanged
            | Self::Release(_)
            | Self::AliasLinked(_)
            | Self::AliasEnded(_)
            | Self::Erasure
            | Self::PolicyChanged(_)
            | Self::Staff(_)
            | Self::Reservations(_)
            | Self::Referral => None,
        }
    }

    /// Whether after this fact fewer messages may go: such facts have their own lane and are never shed.
    #[must_use]
    pub const fn restricts(&self) -> bool {
        matches!(
            self,
            Self::OptOut(_)
                | Self::PlatformStop(_)
                | Self::Blocked
                | Self::IdentityChanged
                | Self::Hold(..)
                | Self::Retract(_)
        )
    }
}

/// Whose clock a time was read from. Times of different clocks are compared only with a margin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Clock {
    /// Meta's, in webhooks.
    Meta,
    /// Ours, stamped on arrival.
    Ours,
    /// A date that a caller gave; lifts no refusal.
    Claimed,
}

impl Clock {
    /// Every clock.
    pub const ALL: [Self; 3] = [Self::Meta, Self::Ours, Self::Claimed];

    /// The word used in JSON and tables.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Meta => "meta",
            Self::Ours => "ours",
            Self::Claimed => "claimed",
        }
    }

    /// Reads [`Clock::word`].
    #[must_use]
    pub fn read(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|clock| clock.word() == word)
    }
}

/// How we know. Empty fields were not told.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Evidence {
    /// Where it came from: `keyword`, `button`, `platform`, `staff`, `web_form`, … An open word.
    pub source: String,
    /// Who did it, when not the person: a key's or a user's name.
    pub actor: Option<String>,
    /// The wording that the person was shown.
    pub wording: Option<String>,
    /// SHA-256 of a wording that is kept once for all who were shown it, instead of the wording itself.
    pub wording_sha256: Option<[u8; 32]>,
    /// Where they were shown it: the address of a page, or the name of a link.
    pub page: Option<String>,
    /// The language of that wording, as a BCP 47 tag.
    pub locale: Option<String>,
    /// Meta's id of the message that said so.
    pub message_id: Option<String>,
    /// SHA-256 of the raw body that carried it.
    pub raw_sha256: Option<[u8; 32]>,
    /// The address that the form was sent from.
    pub ip: Option<String>,
    /// What in the message was matched.
    pub span: Option<String>,
    /// The rule that matched it.
    pub rule: Option<String>,
    /// Anything else that is worth keeping, in words.
    pub note: Option<String>,
}

/// The sources that rules depend on; any other word may stand in [`Evidence::source`].
pub mod source {
    /// A message that is nothing but a keyword.
    pub const KEYWORD: &str = "keyword";
    /// A tap on a button.
    pub const BUTTON: &str = "button";
    /// A message in the person's own words, read by the grammar.
    pub const WORDING: &str = "wording";
    /// A message that was read by a person of ours.
    pub const REVIEW: &str = "review";
    /// The person, on the page that their preference link opens.
    pub const PREFERENCE_PAGE: &str = "preference_page";
    /// Somebody of the business.
    pub const STAFF: &str = "staff";
    /// An opt-in form of ours.
    pub const FORM: &str = "join_form";
    /// A message with the code of a link, a poster or a form of ours.
    pub const CHAT_LINK: &str = "chat_link";
    /// A message that an advertisement led to.
    pub const AD: &str = "ad_click";
    /// A text message that is nothing but a keyword.
    pub const SMS: &str = "sms_message";
    /// A text message in the person's own words, read by the grammar.
    pub const SMS_WORDING: &str = "sms_wording";
    /// An e-mail: a link in it that only its reader has.
    pub const EMAIL: &str = "email_link";
}

impl Event {
    /// Whether the person said it to us themselves: in a message, whoever read it, or on their own page.
    #[must_use]
    pub fn is_by_own_message(&self) -> bool {
        [
            source::KEYWORD,
            source::BUTTON,
            source::WORDING,
            source::REVIEW,
            source::PREFERENCE_PAGE,
            source::CHAT_LINK,
            source::AD,
            source::SMS,
            source::SMS_WORDING,
            source::EMAIL,
        ]
        .contains(&self.evidence.source.as_str())
    }

    /// Whether a retract may undo this event: an opt-in always, a stop only where a machine's reading
    /// or a person of ours may have been wrong; never a keyword, a button or a platform stop.
    #[must_use]
    pub fn is_retractable(&self) -> bool {
        match &self.fact {
            Fact::OptIn(_) | Fact::OptInRequested(_) => true,
            Fact::OptOut(_) => [
                source::WORDING,
                source::SMS_WORDING,
                source::REVIEW,
                source::STAFF,
            ]
            .contains(&self.evidence.source.as_str()),
            Fact::Retract(_)
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
            | Fact::Referral => false,
        }
    }
}

/// From when a fact counts: no later than we learned of it. A future refusal counts as now; a future
/// opt-in counts as now too, unless it is dated more than [`FUTURE_MS`] ahead: then not at all. WhatsApp's own
/// switch is compared on Meta's clock alone (DESIGN section 4), so its times stay as Meta gave them: else what
/// a stop and a resume come to would depend on when they arrived.
#[must_use]
pub fn counts_from(fact: &Fact, occurred: Timestamp, received: Timestamp) -> Option<Timestamp> {
    if matches!(fact, Fact::PlatformStop(_) | Fact::PlatformResume(_)) {
        return Some(occurred);
    }
    let grants = matches!(fact, Fact::OptIn(_));
    if grants && occurred.millis_since(received) > FUTURE_MS {
        None
    } else {
        Some(occurred.min(received))
    }
}
