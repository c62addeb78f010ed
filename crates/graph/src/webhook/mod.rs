//! A webhook body, read so that one bad entry never costs the others.

mod glance;
mod read;

pub mod account;
pub mod business;
pub mod change;
pub mod content;
pub mod inbound;
pub mod issue;
pub mod news;
pub mod parts;
pub mod person;
pub mod preference;
pub mod said;
pub mod status;

use std::{collections::BTreeMap, fmt, sync::Arc};

use consent::{id::NumberId, time::Timestamp};

use self::{
    account::AccountNews,
    business::{Call, Echo, Handover, UserAction},
    change::Change,
    inbound::Message,
    issue::Issue,
    news::TemplateNews,
    preference::Preference,
    status::Status,
};

pub use self::{glance::is_only_statuses, read::read};

/// Everything that one POST brought.
#[derive(Debug, Default, PartialEq)]
pub struct Delivery {
    /// What was understood, in the order of the body.
    pub items: Vec<Item>,
    /// What was not: to be kept and shown, for it may be a STOP.
    pub bad: Vec<Bad>,
    /// Fields, members and types that we do not know, and how often they came.
    pub unknown: BTreeMap<String, u32>,
}

/// One thing that happened.
#[derive(Debug, PartialEq)]
pub struct Item {
    /// Where in the body it stood.
    pub place: Place,
    /// Which account and number it came from.
    pub origin: Arc<Origin>,
    /// What happened.
    pub notice: Notice,
}

/// Where a notice came from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origin {
    /// The WhatsApp Business Account.
    pub account: Option<String>,
    /// The number that got or sent it.
    pub number: Option<NumberId>,
    /// That number as people write it.
    pub display: Option<String>,
    /// The field of the webhook.
    pub field: String,
    /// Another app holds the thread; it counts all the same (facts section 2.6).
    pub standby: bool,
    /// When Meta made the notice; only on fields about accounts and templates.
    pub time: Option<Timestamp>,
}

/// What happened.
#[derive(Debug, PartialEq)]
pub enum Notice {
    /// A person wrote.
    Message(Box<Message>),
    /// A person's number, id or device changed.
    Change(Box<Change>),
    /// What became of a message of ours.
    Status(Box<Status>),
    /// A person turned the switch in WhatsApp.
    Preference(Box<Preference>),
    /// Staff wrote from the phone app.
    Echo(Box<Echo>),
    /// Somebody called.
    Call(Box<Call>),
    /// Who holds a thread changed.
    Handover(Box<Handover>),
    /// A click on a marketing message.
    UserAction(UserAction),
    /// An error of the whole account.
    AccountError(Issue),
    /// News about a template.
    Template(TemplateNews),
    /// News about the account or a number.
    Account(AccountNews),
    /// Something that we do not know; it is kept as it came.
    Other {
        /// The field, and the member or type where it is only a part.
        name: String,
        /// The JSON as it came.
        raw: String,
    },
}

/// Something that was signed but cannot be understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bad {
    /// Where in the body it stands.
    pub place: Place,
    /// The field of the webhook, where it is known.
    pub field: String,
    /// What was wanted.
    pub reason: String,
    /// The JSON as it came.
    pub raw: String,
}

/// A place in a webhook body.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Which entry.
    pub entry: usize,
    /// Which change in it.
    pub change: Option<usize>,
    /// Which list in its value.
    pub list: Option<&'static str>,
    /// Which item of the list.
    pub item: Option<usize>,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "entry[{}]", self.entry)?;
        if let Some(change) = self.change {
            write!(f, ".changes[{change}]")?;
        }
        if let Some(list) = self.list {
            write!(f, ".value.{list}")?;
        }
        match self.item {
            Some(item) => write!(f, "[{item}]"),
            None => Ok(()),
        }
    }
}

/// A body of which nothing can be understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// It is not a JSON object.
    #[error("the body is not a JSON object: {0}")]
    NotJson(String),
    /// It has no list of entries.
    #[error("the body has no list `entry`")]
    NoEntry,
}
