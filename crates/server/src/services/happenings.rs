//! What may move somebody in a journey: written down in the transaction that records it, and looked at a moment later by whoever drives
//! the journeys. It costs one statement a transaction, and nothing is kept before the first journey was published.

use std::collections::BTreeMap;

use consent::{
    event::{Event, Fact, source},
    id::{AttemptId, ContactId},
    scope::Channel,
    time::{DAY_MS, Timestamp},
};
use serde::{Deserialize, Serialize};
use store::{
    contact::{ContactLine, Edit},
    happening::HappeningLine,
    pool::Tx,
};
use uuid::Uuid;

use crate::{app::House, error::Error};

/// How old an opt-in may be when it is recorded, to count as joining.
const FRESH_MS: i64 = DAY_MS;

/// Something that happened to somebody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "told", rename_all = "snake_case")]
pub enum Told {
    /// They opted in.
    Joined {
        /// By this form, by its short name.
        form: Option<String>,
    },
    /// They were given tags that they did not have.
    Tagged {
        /// The tags.
        tags: Vec<String>,
        /// How many journeys stand behind each other as the cause of this.
        #[serde(default)]
        depth: u8,
    },
    /// An attribute was set or taken away.
    Set {
        /// The attribute.
        attribute: String,
        /// What it was.
        from: Option<String>,
        /// What it is.
        to: Option<String>,
        /// How many journeys stand behind each other as the cause of this.
        #[serde(default)]
        depth: u8,
    },
    /// A program of the business told an event.
    Event {
        /// Its name.
        name: String,
        /// What it brought along.
        data: BTreeMap<String, String>,
    },
    /// The day came that an attribute names.
    DateCame {
        /// For which journey.
        journey: Uuid,
        /// The attribute.
        attribute: String,
        /// The time that it named, in milliseconds since 1970.
        at: i64,
    },
    /// They wrote. The words lie sealed with the message.
    Wrote {
        /// The message.
        message: Uuid,
        /// What the button carried that they tapped.
        payload: Option<String>,
        /// The advertisement that they came from; empty where Meta named none.
        ad: Option<String>,
    },
    /// Meta said of a message of ours that it failed, after it took it.
    Failed {
        /// The attempt.
        attempt: Uuid,
        /// Meta's code.
        code: String,
        /// Meta's words.
        words: String,
    },
    /// Something else changed: their tags or their consents.
    Changed,
}

impl Told {
    /// A message that failed.
    #[must_use]
    pub fn failed(attempt: AttemptId, code: i64, words: Option<&str>) -> Self {
        Self::Failed {
            attempt: attempt.get(),
            code: code.to_string(),
            words: words.unwrap_or_default().to_owned(),
        }
    }

    /// How many journeys stand behind each other as the cause of this.
    #[must_use]
    pub const fn depth(&self) -> u8 {
        match self {
            Self::Tagged { depth, .. } | Self::Set { depth, .. } => *depth,
            Self::Joined { .. }
            | Self::Event { .. }
            | Self::DateCame { .. }
            | Self::Wrote { .. }
            | Self::Failed { .. }
            | Self::Changed => 0,
        }
    }
}

/// Writes down what happened, in its order.
///
/// # Errors
/// When the database does not answer.
pub async fn tell(app: &House, tx: &mut Tx, told: &[(ContactId, Told)]) -> Result<(), Error> {
    let now = app.clock.now();
    let mut lines = Vec::with_capacity(told.len());
    for (contact, told) in told {
        lines.push(HappeningLine {
            contact: *contact,
            id: app.clock.id(),
            body: serde_json::to_string(told).map_err(Error::internal)?,
            due: now,
            tries: 0,
        });
    }
    tx.tell(&lines).await?;
    if !lines.is_empty() {
        app.bell.journeys.notify_one();
    }
    Ok(())
}

/// What an edit of a contact changes, as journeys ask for it.
#[must_use]
pub fn edited(before: &ContactLine, edit: &Edit) -> Vec<(ContactId, Told)> {
    let id = before.person.id;
    let tags = edit.tags.iter().filter(|tag| !before.tags.contains(tag));
    let tags: Vec<String> = tags.cloned().collect();
    let is_labelled = !tags.is_empty() || !edit.untag.is_empty();
    let tagged = is_labelled.then_some((id, Told::Tagged { tags, depth: 0 }));
    let set = edit.attributes.iter().map(|(attribute, to)| {
        let was = before.attributes.iter().find(|(key, _)| key == attribute);
        let told = Told::Set {
            attribute: attribute.clone(),
            from: was.map(|(_, value)| value.clone()),
            to: to.clone(),
            depth: 0,
        };
        (id, told)
    });
    tagged.into_iter().chain(set).collect()
}

/// Carries out what recorded events mean to journeys: whoever said no, in whatever way, is out of every one at once; whoever agreed may
/// enter one.
///
/// # Errors
/// When the database does not answer.
pub async fn recorded(app: &House, tx: &mut Tx, events: &[Event]) -> Result<(), Error> {
    let mut leaving: BTreeMap<&str, Vec<ContactId>> = BTreeMap::new();
    let mut told: Vec<(ContactId, Told)> = Vec::new();
    let now = app.clock.now();
    for event in events {
        if let Some(why) = no(&event.fact) {
            leaving.entry(why).or_default().push(event.contact);
            told.retain(|(contact, _)| *contact != event.contact);
        } else if let Some(what) = yes(event, now) {
            // A yes to several topics of one form is one way in.
            let one = (event.contact, what);
            if !told.contains(&one) {
                told.push(one);
            }
        }
    }
    for (why, contacts) in leaving {
        // What they said before is no reason any more to begin anything.
        tx.drop_happenings(&contacts).await?;
        tx.leave_all(&contacts, why, now).await?;
    }
    tell(app, tx, &told).await
}

/// Why somebody leaves every journey, as the table has it; none for what is no no.
#[must_use]
pub const fn no(fact: &Fact) -> Option<&'static str> {
    match fact {
        Fact::OptOut(_) => Some("opt_out"),
        Fact::PlatformStop(_) => Some("platform_stop"),
        Fact::Hold(..) => Some("hold"),
        Fact::Blocked => Some("blocked"),
        Fact::IdentityChanged => Some("identity_changed"),
        Fact::Erasure => Some("erasure"),
        Fact::OptIn(_)
        | Fact::OptInRequested(_)
        | Fact::Retract(_)
        | Fact::PlatformResume(_)
        | Fact::PlatformBackoff
        | Fact::Release(_)
        | Fact::AliasLinked(_)
        | Fact::AliasEnded(_)
        | Fact::PolicyChanged(_)
        | Fact::Staff(_)
        | Fact::Reservations(_)
        | Fact::Referral => None,
    }
}

fn yes(event: &Event, now: Timestamp) -> Option<Told> {
    match &event.fact {
        // Who agreed long ago and is only read in now, or was found to be somebody else, is nobody to welcome.
        Fact::OptIn(_) if now.millis_since(event.at) > FRESH_MS => Some(Told::Changed),
        // A yes to texts or e-mails is none to be written to here.
        Fact::OptIn(scope) => Some(match scope.channel {
            None | Some(Channel::Whatsapp) => Told::Joined { form: form(event) },
            Some(Channel::Sms | Channel::Email) => Told::Changed,
        }),
        Fact::Retract(_) | Fact::PlatformResume(_) | Fact::Release(_) => Some(Told::Changed),
        Fact::OptOut(_)
        | Fact::PlatformStop(_)
        | Fact::Hold(..)
        | Fact::Blocked
        | Fact::IdentityChanged
        | Fact::Erasure
        | Fact::OptInRequested(_)
        | Fact::PlatformBackoff
        | Fact::AliasLinked(_)
        | Fact::AliasEnded(_)
        | Fact::PolicyChanged(_)
        | Fact::Staff(_)
        | Fact::Reservations(_)
        | Fact::Referral => None,
    }
}

/// The form that somebody joined by, as its evidence names it: `form spring version 2`. A button is one under the question whether they
/// meant it.
fn form(event: &Event) -> Option<String> {
    let ways = [source::FORM, source::CHAT_LINK, source::BUTTON];
    let by_form = ways.contains(&event.evidence.source.as_str());
    let note = event.evidence.note.as_deref().filter(|_| by_form)?;
    let (slug, _) = note.strip_prefix("form ")?.split_once(" version ")?;
    Some(slug.to_owned())
}
