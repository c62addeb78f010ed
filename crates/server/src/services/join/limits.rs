//! How often a form may be sent: once for each time that it was shown, so many times from one address, and so many times for
//! one person. Counted in the database, so that every node counts the same.

use std::net::IpAddr;

use consent::{
    alias::Alias,
    time::{DAY_MS, HOUR_MS, Timestamp},
};

use super::ticket::Ticket;
use crate::{app::House, error::Error};

/// What the keyed hash of an address or a person is for.
const PURPOSE: &str = "how often a form was sent";
/// Bits of an IPv6 address that belong to one household or firm.
const NETWORK_BITS: u32 = 64;

/// What was overdone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// This very form was sent before.
    Replayed,
    /// Too many came from this address.
    Address,
    /// Too many came for this person.
    Person,
}

/// Counts a form that was sent; says what was overdone, if anything was.
///
/// # Errors
/// When the database does not answer.
pub async fn pass(
    app: &House,
    ticket: &Ticket,
    (address, aliases): (Option<IpAddr>, &[Alias]),
) -> Result<Option<Limit>, Error> {
    let (now, pages) = (app.clock.now(), &app.config.pages);
    let key = |what: &str| app.vault.tag(PURPOSE, what.as_bytes());
    let (hour, day) = (since(now, HOUR_MS), since(now, DAY_MS));
    let mut limit = None;
    let mut tx = app.store.begin().await?;
    if let Some(address) = address {
        let count = tx.count_up(&key(&network(address)), hour).await?;
        if count > i64::from(pages.joins_per_address) {
            limit = Some(Limit::Address);
        }
    }
    if tx
        .count_up(&key(&format!("t:{}", hex::encode(ticket.nonce))), ticket.at)
        .await?
        > 1
    {
        limit = Some(Limit::Replayed);
    }
    // What was refused already must not use up what the person themselves may need.
    for alias in aliases.iter().filter(|_| limit.is_none()) {
        let count = tx.count_up(&key(&alias.key()), day).await?;
        if count > i64::from(pages.joins_per_person) {
            limit = Some(Limit::Person);
            break;
        }
    }
    tx.commit().await?;
    Ok(limit)
}

/// The beginning of the span of time that counts together.
fn since(now: Timestamp, span: i64) -> Timestamp {
    Timestamp::from_millis(now.millis() - now.millis().rem_euclid(span))
}

/// An address as it is counted: of version 6 only its network, of which everybody has addresses without end.
fn network(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => format!("a:{address}"),
        IpAddr::V6(address) => {
            let network = address.to_bits() >> (u128::BITS - NETWORK_BITS);
            format!("a:{network:016x}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_in_one_network_count_together() {
        let of = |text: &str| network(text.parse().unwrap());
        assert_eq!(of("2001:db8:1:2:3::4"), of("2001:db8:1:2:ffff::1"));
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
        assert_eq!(of("::ffff:192.0.2.1"), of("192.0.2.1"));
        assert_ne!(of("192.0.2.1"), of("192.0.2.2"));
    }
}
