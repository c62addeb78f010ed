//! One person, several addresses: what a caller who must know links to a contact, with how they know.

use consent::{alias::Alias, event::Evidence, id::ContactId};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    app::App,
    error::Error,
    services::{
        cast::{By, Cast},
        contacts::{self, ContactAnswer},
        identity::{self, Grounds},
        policy, quiet,
        record::{Desk, EvidenceBody},
        retry, who,
    },
};

/// One more address of a contact.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AliasBody {
    /// A telephone number in any spelling, a BSUID or an e-mail address.
    #[schema(example = "ana@example.com")]
    pub alias: String,
    /// How the caller knows that it is theirs: `source` must be given.
    pub evidence: Option<EvidenceBody>,
    /// Whether another contact with this address is the same person, and becomes one with this.
    pub merge: Option<bool>,
}

/// What came of it.
#[derive(Debug)]
pub struct Linked {
    /// The contact as it is now.
    pub contact: ContactAnswer,
    /// Whether the address was not theirs before.
    pub is_new: bool,
}

/// Links an address to a contact, and returns once whatever was refused under it is in force for them.
///
/// # Errors
/// [`Error::Invalid`] naming the member; [`Error::NotFound`] when there is no such contact, or no more;
/// [`Error::Conflict`] when the address means another contact and nobody said that the two are one.
pub async fn link(
    app: &App,
    id: ContactId,
    body: AliasBody,
    caller: &str,
) -> Result<Linked, Error> {
    let alias = read(app, &body.alias)?;
    let given = body.evidence.unwrap_or_default();
    if given.source.is_none() {
        let message = "it is missing: want where it comes from that this is their address, like customer_account";
        return Err(Error::field("evidence.source", message));
    }
    let evidence = Desk::open(app, caller).await?.evidence(given)?;
    let may_merge = body.merge.unwrap_or_default();
    contacts::line(app, id).await?;
    let asked = Asked {
        alias: &alias,
        evidence: &evidence,
        may_merge,
    };
    let is_new = retry::on_conflict(|| once(app, id, &asked)).await?;
    if is_new {
        app.bell.log.notify_one();
    }
    Ok(Linked {
        contact: contacts::show(app, id).await?,
        is_new,
    })
}

struct Asked<'a> {
    alias: &'a Alias,
    evidence: &'a Evidence,
    may_merge: bool,
}

async fn once(app: &App, id: ContactId, asked: &Asked<'_>) -> Result<bool, Error> {
    let policy = policy::current(app).await?;
    let mut tx = app.store.begin().await?;
    let mut cast = Cast::gather(app, &mut tx, std::slice::from_ref(asked.alias)).await?;
    cast.admit(&mut tx, &[id]).await?;
    if !cast.is_live(id) {
        return Err(Error::NotFound("contact, or no more"));
    }
    match cast.id_of(asked.alias) {
        Some(holder) if holder == id => return Ok(false),
        Some(holder) if asked.may_merge => {
            let grounds = Grounds {
                policy: policy.clone(),
                evidence: asked.evidence.clone(),
                at: cast.now(),
            };
            identity::unite(&mut tx, &mut cast, (holder, id), &grounds).await?;
        }
        Some(holder) => {
            let message = format!(
                "this address means another contact, `{holder}`: say `\"merge\": true` if the two are one person"
            );
            return Err(Error::Conflict(message));
        }
        None => cast.adopt(id, asked.alias, asked.evidence.clone(), By::Others)?,
    }
    let saved = cast.save(&mut tx, &policy).await?;
    tx.commit().await?;
    quiet::settle(app, &saved.restricted).await?;
    Ok(true)
}

fn read(app: &App, text: &str) -> Result<Alias, Error> {
    who::alias(app, text).map_err(|error| match error {
        Error::Invalid { message, .. } => Error::field("alias", message),
        other => other,
    })
}
