//! Events that programs of the business tell: what lets people into a journey that waits for them.

use std::collections::BTreeMap;

use consent::id::ContactId;
use journey::limits::{GIVEN_MAX, NAME_CHARS_MAX, VALUE_CHARS_MAX};
use serde::{Deserialize, Serialize};
use store::house::Remembered;
use utoipa::ToSchema;

use crate::{
    app::App,
    error::Error,
    services::{
        contacts,
        happenings::{self, Told},
        who,
    },
    vault::sha256,
};

/// Something that happened, as a program of the business tells it.
#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TellBody {
    /// The address of the person; or `contact`.
    #[schema(example = "+447700900123")]
    pub to: Option<String>,
    /// The id of the person.
    pub contact: Option<String>,
    /// The name of the event.
    #[schema(example = "order_paid")]
    pub name: String,
    /// What it brings along: up to 50 texts by their names.
    #[serde(default)]
    pub data: BTreeMap<String, String>,
}

/// An event that was taken in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TellAnswer {
    /// Whom it is about.
    pub contact: String,
    /// The name of the event.
    pub name: String,
    /// How many live journeys wait for an event of this name. Who may enter them is decided a moment later.
    pub journeys: usize,
}

/// Takes an event in. The same key and body get the first answer, and the event happens once.
///
/// # Errors
/// [`Error::NotFound`] when there is no such person; [`Error::Invalid`] naming the field; [`Error::Conflict`] when the key named another
/// request; when the database does not answer.
pub async fn tell(
    app: &App,
    body: &TellBody,
    key: Option<(&str, &str)>,
) -> Result<TellAnswer, Error> {
    check(body)?;
    let request = serde_json::to_vec(body).map_err(Error::internal)?;
    let request = sha256(&request).to_vec();
    let memo =
        key.map(|(caller, key)| sha256(format!("journey event\n{caller}\n{key}").as_bytes()));
    if let Some(memo) = &memo
        && let Some(known) = app.store.remembered(memo).await?
    {
        if known.request != request {
            let say = "this `Idempotency-Key` was used for another request: want a new key";
            return Err(Error::Conflict(say.to_owned()));
        }
        return serde_json::from_str(&known.answer).map_err(Error::internal);
    }
    let contact = find(app, body).await?;
    let live = super::library::Library::open(app).await?.live;
    let cause = journey::trigger::Cause::Event { name: &body.name };
    let waiting = live.iter();
    let waiting = waiting.filter(|live| live.definition.head().trigger.matches(&cause));
    let answer = TellAnswer {
        contact: contact.to_string(),
        name: body.name.clone(),
        journeys: waiting.count(),
    };
    let told = Told::Event {
        name: body.name.clone(),
        data: body.data.clone(),
    };
    let mut tx = app.store.begin().await?;
    happenings::tell(app, &mut tx, &[(contact, told)]).await?;
    if let Some(memo) = &memo {
        let kept = Remembered {
            request,
            answer: serde_json::to_string(&answer).map_err(Error::internal)?,
        };
        tx.remember(memo, &kept, app.clock.now()).await?;
    }
    tx.commit().await?;
    app.bell.journeys.notify_one();
    Ok(answer)
}

fn check(body: &TellBody) -> Result<(), Error> {
    let length = body.name.chars().count();
    if !(1..=NAME_CHARS_MAX).contains(&length) {
        let say = format!("it has {length} characters: want 1 to {NAME_CHARS_MAX}");
        return Err(Error::field("name", say));
    }
    let is_long = |(key, value): (&String, &String)| {
        key.chars().count() > NAME_CHARS_MAX || value.chars().count() > VALUE_CHARS_MAX
    };
    if body.data.len() > GIVEN_MAX || body.data.iter().any(is_long) {
        let say = format!(
            "want up to {GIVEN_MAX} texts of at most {VALUE_CHARS_MAX} characters, each with a name of at most {NAME_CHARS_MAX}"
        );
        return Err(Error::field("data", say));
    }
    Ok(())
}

async fn find(app: &App, body: &TellBody) -> Result<ContactId, Error> {
    match (&body.to, &body.contact) {
        (Some(to), None) => {
            let alias = who::alias(app, to)?;
            let found = app.store.find(&[alias.key()]).await?;
            let found = found.first().map(|(_, contact)| *contact);
            found.ok_or(Error::NotFound("contact"))
        }
        (None, Some(id)) => {
            let id: ContactId = id.parse().map_err(|_| Error::NotFound("contact"))?;
            let line = contacts::line(app, id).await?;
            match line.erased {
                None => Ok(id),
                Some(_) => Err(Error::NotFound("contact, or no more")),
            }
        }
        _ => Err(Error::field("to", "want either `to` or `contact`")),
    }
}
