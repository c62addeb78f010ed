//! What a verdict needs to know besides the standing: what was sent lately, and what time it is where the person is.

use std::collections::BTreeMap;

use consent::{
    alias::Alias,
    id::ContactId,
    phone::Country,
    policy::Policy,
    request::Sent,
    time::{DAY_MS, Timestamp},
};
use store::pool::Tx;

use crate::{app::House, error::Error};

/// What is known besides the standing.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// When messages of capped categories went to the person; empty when nothing is capped.
    pub sent: Vec<Sent>,
    /// The minute of the day where the person lives; none when no hour is quiet.
    pub minute_there: Option<u16>,
    /// The country of the person; none where no rule of the policy asks for it.
    pub country: Option<Country>,
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
    let (sent, country) = match contact {
        Some(contact) => (
            sent(app, contact, policy, now).await?,
            country(app, contact, policy).await?,
        ),
        None => (Vec::new(), None),
    };
    Ok(Known {
        sent,
        minute_there: minute_there(policy, now),
        country,
    })
}

/// The country of a contact, as their current aliases say; none where no rule of the policy asks for it.
///
/// # Errors
/// When the database does not answer.
pub async fn country(
    app: &House,
    contact: ContactId,
    policy: &Policy,
) -> Result<Option<Country>, Error> {
    Ok(countries(app, &[contact], policy).await?.remove(&contact))
}

/// The countries of contacts, as far as they are known, with one query; none where no rule of the policy asks.
///
/// # Errors
/// When the database does not answer.
pub async fn countries(
    app: &House,
    contacts: &[ContactId],
    policy: &Policy,
) -> Result<BTreeMap<ContactId, Country>, Error> {
    let mut aliases: BTreeMap<ContactId, Vec<Alias>> = BTreeMap::new();
    if policy.names_countries() && !contacts.is_empty() {
        for line in app.store.aliases_of(contacts).await? {
            aliases.entry(line.contact).or_default().push(line.alias);
        }
    }
    let found = aliases.into_iter();
    Ok(found
        .filter_map(|(contact, aliases)| Some((contact, policy.country(aliases.iter())?)))
        .collect())
}

/// The same inside of a transaction that may have changed them.
///
/// # Errors
/// When the database does not answer.
pub async fn country_in(
    tx: &mut Tx,
    contact: ContactId,
    policy: &Policy,
) -> Result<Option<Country>, Error> {
    if !policy.names_countries() {
        return Ok(None);
    }
    let lines = tx.aliases_of(&[contact]).await?;
    Ok(policy.country(lines.iter().map(|line| &line.alias)))
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
) -> Result<Vec<Sent>, Error> {
    match capped_since([policy], now) {
        Some(since) => Ok(app.store.sent_since(contact, since).await?),
        None => Ok(Vec::new()),
    }
}

/// How far back the caps of policies reach; none when there are no caps.
#[must_use]
pub fn capped_since<'a>(
    policies: impl IntoIterator<Item = &'a Policy>,
    now: Timestamp,
) -> Option<Timestamp> {
    let caps = policies.into_iter().flat_map(|policy| &policy.caps);
    let days = caps.map(|cap| cap.days).max()?;
    Some(now.plus_millis(-DAY_MS.saturating_mul(i64::from(days))))
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
