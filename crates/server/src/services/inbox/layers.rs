//! Both layers of consent to marketing, side by side and never mixed: what the person told us, and what they set in WhatsApp.

use consent::{
    id::{ContactId, EventId},
    register::{Mark, Platform, Standing},
    request::{Facts, Request},
    scope::Category,
    time::Timestamp,
    verdict,
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    app::House,
    clock,
    error::Error,
    services::{policy, summary},
};

/// Both layers.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Layers {
    /// Whether the person agreed to marketing with us, and has not switched it off in WhatsApp either.
    pub opted_in: bool,
    /// With us: `opted_in`, `opted_out`, `pending` or `none`.
    pub with_us: Layer,
    /// At WhatsApp: `open` or `stopped`. Nobody but the person can change it.
    pub at_whatsapp: Layer,
}

/// One layer.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Layer {
    /// What holds.
    pub state: &'static str,
    /// Since when; null where that rests on no event.
    pub since: Option<String>,
    /// Where that came from.
    pub source: Option<String>,
    /// The event that it rests on.
    pub event: Option<String>,
}

/// Both layers of one person.
///
/// # Errors
/// [`Error::NotFound`] when there is no such person; when the database does not answer.
pub async fn layers(app: &House, contact: ContactId) -> Result<Layers, Error> {
    let person = app.store.persons(&[contact]).await?.pop();
    let person = person.ok_or(Error::NotFound("contact"))?;
    let policy = policy::current(app).await?;
    let now = app.clock.now();
    let ours = summary::consent(&person.standing, &policy, now);
    let request = Request::about(Category::Marketing);
    let facts = Facts {
        standing: &person.standing,
        sent: &[],
        minute_there: None,
        country: None,
    };
    let basis = match ours {
        "opted_in" => verdict::opt_in(&request, facts, &policy, now),
        "opted_out" => newest(&person.standing, &request, |register| register.opt_out),
        "pending" => newest(&person.standing, &request, |register| register.requested),
        _ => None,
    };
    let (mut since, mut source) = (None::<Timestamp>, None);
    if let Some(basis) = basis
        && let Some(event) = app.store.event(basis).await?
    {
        since = Some(event.at);
        source = Some(event.source);
    }
    let theirs = summary::platform(&person.standing);
    let stops = person.standing.platform.values();
    let stop = stops
        .filter_map(Platform::stopped)
        .max_by_key(|mark| mark.at);
    Ok(Layers {
        opted_in: ours == "opted_in" && theirs == "open",
        with_us: Layer {
            state: ours,
            since: since.map(clock::rfc3339),
            source,
            event: basis.map(|id| id.to_string()),
        },
        at_whatsapp: Layer {
            state: theirs,
            since: stop.map(|mark| clock::rfc3339(mark.at)),
            source: None,
            event: stop.map(|mark| mark.event.to_string()),
        },
    })
}

/// The newest wish of a kind that speaks of marketing.
fn newest(
    standing: &Standing,
    request: &Request,
    of: impl Fn(&consent::register::Register) -> consent::register::Marks,
) -> Option<EventId> {
    let registers = standing.registers.iter();
    let about = registers.filter(|(scope, _)| request.is_refused_by(scope));
    let marks = about.flat_map(|(_, register)| of(register).each());
    let newest: Option<Mark> = marks.map(|(_, mark)| mark).max_by_key(|mark| mark.at);
    newest.map(|mark| mark.event)
}
