//! The switch of one customer: our side, set by staff. Opting in asks for evidence, opting out for nothing.

use consent::id::ContactId;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    app::App,
    error::Error,
    services::{
        contacts, enclosures,
        record::{self, Desk, EventBody, EvidenceBody, Proof, Recorded, ScopeBody},
    },
};

/// What the switch is set to.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SwitchBody {
    /// `opted_in` or `opted_out`.
    #[schema(example = "opted_out")]
    pub consent: String,
    /// What it covers; marketing, when nothing is said.
    pub scope: Option<ScopeBody>,
    /// How it is known. Opting in needs `source`, and `wording` or a `file`.
    pub evidence: Option<EvidenceBody>,
    /// SHA-256 of a file of this person that proves the opt-in, kept before by `POST …/files`.
    pub file: Option<String>,
}

/// Sets the switch, and returns once it is in force. The answer says when something else still stands against it: as
/// what the person switched off in WhatsApp.
///
/// # Errors
/// [`Error::Invalid`] naming what is missing; [`Error::NotFound`] when there is no such contact, or no more.
pub async fn set(
    app: &App,
    contact: ContactId,
    body: &SwitchBody,
    actor: &str,
) -> Result<Recorded, Error> {
    contacts::line(app, contact).await?;
    let kind = match body.consent.as_str() {
        "opted_in" => "opt_in",
        "opted_out" => "opt_out",
        other => {
            let message = format!("`{other}` is nothing to switch to: want opted_in or opted_out");
            return Err(Error::field("consent", message));
        }
    };
    let file = match &body.file {
        Some(hash) => Some(enclosures::open(app, contact, hash).await.map_err(|_| {
            Error::field(
                "file",
                format!("`{hash}` is no file of this person: want one that was kept"),
            )
        })?),
        None => None,
    };
    let proof = match (&file, &body.file) {
        (Some(file), Some(hash)) => Proof::File(&file.name, hash),
        _ => Proof::Wording,
    };
    let event = EventBody {
        kind: kind.to_owned(),
        scope: body.scope.clone(),
        evidence: Some(evidence(kind, body.evidence.clone())),
        ..EventBody::default()
    };
    let desk = Desk::open(app, actor).await?;
    let told = desk.wish_of(contact, &event, proof)?;
    let mut outcomes = record::tell(app, &[told], None).await?;
    outcomes.pop().flatten().ok_or(Error::NotFound("contact"))
}

/// Nobody has to say where an opt-out comes from: somebody of the business set it.
pub(super) fn evidence(kind: &str, given: Option<EvidenceBody>) -> EvidenceBody {
    let given = given.unwrap_or_default();
    let staff = (kind == "opt_out").then(|| consent::event::source::STAFF.to_owned());
    EvidenceBody {
        source: given.source.or(staff),
        ..given
    }
}
