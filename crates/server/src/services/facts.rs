//! What a verdict needs to know besides the standing: what was sent lately, and what time it is where the person is.

use consent::{
    id::ContactId,
    policy::Policy,
    scope::Category,
    time::{DAY_MS, Timestamp},
};

use crate::{app::House, error::Error};

/// What is known besides the standing.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// When messages of capped categories went to the person; empty when nothing is capped.
    pub sent: Vec<(Category, Timestamp)>,
    /// The minute of the day where the person lives; none when no hour is quiet.
    pub minute_there: Option<u16>,
}

/// Gathers what policy asks for, and nothing where it asks for nothing.
///
/// # Errors
/// When the database does not answer.
pub async fn known(
    app: &House,
    contact: Option<ContactId>,
    policy: &Policy,
) -> Result<Known, Error> {
    let now = app.clock.now();
    let sent = match contact {
        Some(contact) => sent(app, contact, policy, now).await?,
        None => Vec::new(),
    };
    let minute_there = minute_there(policy, now);
    Ok(Known { sent, minute_there })
}

/// When messages went to a contact, as far back as the policy's caps reach; nothing when there are no caps.
///
/// # Errors
/// When the database does not answer.
pub async fn sent(
    app: &House,
    contact: ContactId,
    policy: &Policy,
    now: Timestamp,
) -> Result<Vec<(Category, Timestamp)>, Error> {
    let Some(days) = policy.caps.iter().map(|cap| cap.days).max() else {
        return Ok(Vec::new());
    };
    let since = now.plus_millis(-DAY_MS.saturating_mul(i64::from(days)));
    Ok(app.store.sent_since(contact, since).await?)
}

/// The minute of the day in the time zone that the policy names; none when no hour is quiet.
#[must_use]
pub fn minute_there(policy: &Policy, now: Timestamp) -> Option<u16> {
    policy.quiet_hours?;
    let there = jiff::Timestamp::from_millisecond(now.millis())
        .unwrap_or_default()
        .to_zoned(zone(policy));
    Some(u16::from(there.hour().unsigned_abs()) * 60 + u16::from(there.minute().unsigned_abs()))
}

/// The time zone that the policy names.
#[must_use]
pub fn zone(policy: &Policy) -> jiff::tz::TimeZone {
    let named = policy.zone.as_deref();
    let zone = named.and_then(|name| jiff::tz::TimeZone::get(name).ok());
    zone.unwrap_or(jiff::tz::TimeZone::UTC)
}

/// How many minutes clocks in that zone are ahead of UTC.
#[must_use]
pub fn minutes_ahead(policy: &Policy, now: Timestamp) -> i32 {
    let at = jiff::Timestamp::from_millisecond(now.millis()).unwrap_or_default();
    zone(policy).to_offset(at).seconds() / 60
}
