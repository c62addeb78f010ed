//! The sentences of a receipt for programs. They are English; what the person was shown is in the person's language.

use consent::{
    event::{Fact, source},
    scope::{Category, Channel, Subject},
};
use store::contact::AliasLine;

use super::{
    course::State,
    document::{Pii, Withdrawal},
};

pub(super) const PROCESSING: &str = "The address is used to send the messages that the purposes name, and each message is checked against this record before it is sent.";

pub(super) const RIGHTS: [&str; 7] = [
    "to withdraw consent at any time, as easily as it was given",
    "to object to direct marketing",
    "access to the data",
    "rectification",
    "erasure",
    "a portable copy of the data",
    "to complain to a data protection authority",
];

pub(super) fn withdrawal() -> Vec<Withdrawal> {
    let ways = [
        (
            "reply_stop",
            "Reply STOP to any message in the chat, or STOP ALL for no more messages of any kind.",
        ),
        (
            "preference_page",
            "Open the personal page that our messages link to, and switch off what is not wanted any more.",
        ),
        (
            "one_click",
            "In an e-mail, the unsubscribe button of the mail program (RFC 8058).",
        ),
    ];
    ways.map(|(method, description)| Withdrawal {
        method,
        description,
    })
    .into()
}

/// The purpose of a category, and of everything.
pub(super) const fn purpose(subject: Subject) -> (&'static str, &'static str) {
    match subject.category() {
        None => ("Messages of every kind", "all"),
        Some(Category::Marketing) => ("Offers and news", "marketing"),
        Some(Category::Utility) => ("Messages about orders and other notices", "utility"),
        Some(Category::Authentication) => ("Security codes", "authentication"),
        Some(Category::Service) => ("Answers in conversations", "service"),
    }
}

/// Where a consent came from.
pub(super) fn collected(from: &str) -> String {
    let known = match from {
        source::KEYWORD => "a keyword that the person sent in the chat",
        source::BUTTON => "a button that the person tapped in the chat",
        source::WORDING => "a message in the person's own words",
        source::REVIEW => "a message of the person, read by staff",
        source::PREFERENCE_PAGE => {
            "the person's own page, after a code that was sent to them in the chat"
        }
        source::STAFF => "recorded by staff of the business",
        source::FORM => "an opt-in form",
        source::CHAT_LINK => "a message of the person with the code of a link, a poster or a form",
        source::AD => "a message of the person after an advertisement",
        source::SMS => "a keyword that the person sent in a text message",
        source::SMS_WORDING => "a text message in the person's own words",
        source::EMAIL => "a link in an e-mail that the person opened",
        "web_form" => "a web form of the business",
        "api" => "recorded by an application of the business",
        "import" => "taken over from records of the business",
        "inherited" => "taken over from an earlier address of the same person",
        other => return format!("recorded by the business as `{other}`"),
    };
    known.to_owned()
}

/// The kinds of addresses that a consent is used with.
pub(super) fn pii(aliases: &[AliasLine], channel: Option<Channel>) -> Vec<Pii> {
    let held = |kind: &str| {
        aliases
            .iter()
            .any(|line| line.until.is_none() && line.alias.kind() == kind)
    };
    let used = |ways: &[Channel]| channel.is_none_or(|channel| ways.contains(&channel));
    let kinds = [
        (
            "phone",
            "telephone number",
            &[Channel::Whatsapp, Channel::Sms][..],
        ),
        ("wa_id", "WhatsApp id", &[Channel::Whatsapp][..]),
        (
            "bsuid",
            "WhatsApp id for one business",
            &[Channel::Whatsapp][..],
        ),
        (
            "parent_bsuid",
            "WhatsApp id for a group of businesses",
            &[Channel::Whatsapp][..],
        ),
        ("email", "e-mail address", &[Channel::Email][..]),
    ];
    let found = kinds
        .iter()
        .filter(|(kind, _, ways)| held(kind) && used(ways));
    let found: Vec<(&'static str, &'static str)> =
        found.map(|(kind, words, _)| (*kind, *words)).collect();
    let is_choice = found.len() > 1;
    let none = [(super::document::NOT_STATED, super::document::NOT_STATED)];
    let said = if found.is_empty() { &none[..] } else { &found };
    said.iter()
        .map(|(kind, words)| Pii {
            pii_type: words,
            pii_attribute_id: kind,
            pii_optional: is_choice,
            sensitive_pii: false,
        })
        .collect()
}

/// What kind of thing an event is, and whether it is the person's.
pub(super) const fn event_type(fact: Option<&Fact>) -> (&'static str, bool) {
    match fact {
        None => ("expiry", false),
        Some(Fact::OptInRequested(_)) => ("request", false),
        Some(Fact::OptIn(_)) => ("expressed_consent", true),
        Some(Fact::OptOut(_)) => ("withdrawal", true),
        Some(Fact::PlatformStop(_) | Fact::PlatformResume(_)) => ("platform_switch", true),
        Some(Fact::IdentityChanged) => ("identity_change", false),
        Some(_) => ("correction", false),
    }
}

/// How long what an event says lasts.
pub(super) fn validity(state: State, days: Option<u32>) -> String {
    match state {
        State::Given => {
            days.map_or_else(|| "until withdrawn".to_owned(), |days| format!("P{days}D"))
        }
        State::Renewed => "as the newer record says".to_owned(),
        State::Withdrawn | State::WithdrawnInPart => "until consent is given again".to_owned(),
        State::Suspended => "until switched on again in WhatsApp".to_owned(),
        State::Requested
        | State::Restored
        | State::Resumed
        | State::Expired
        | State::Invalidated => "not applicable".to_owned(),
    }
}
