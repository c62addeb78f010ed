//! How often a form may be sent: once for each time that it was shown, so many times from one address, and so many times for
//! one person. Counted in the database, so that every node counts the same.

use std::net::IpAddr;

use consent::{
    alias::Alias,
    time::{DAY_MS, HOUR_MS, Timestamp},
};

use store::pool::Tx;

use super::ticket::Ticket;
use crate::{app::House, error::Error};

/// What the keyed hash of an address or a person is for.
const PURPOSE: &str = "how often a form was sent";
/// Bits of an IPv6 address that belong to one household or firm.
const NETWORK_BITS: u32 = 64;

/// Counts a form that was sent from an address; says whether it may count.
///
/// # Errors
/// When the database does not answer.
pub async fn is_within(app: &House, address: Option<IpAddr>) -> Result<bool, Error> {
    let Some(address) = address else {
        return Ok(true);
    };
    let mut tx = app.store.begin().await?;
    let many = count(app, &mut tx, (&network(address), HOUR_MS)).await?;
    tx.commit().await?;
    Ok(many <= i64::from(app.config.pages.joins_per_address))
}

/// Counts a form that was sent for a person; says whether they may be asked once more today.
///
/// # Errors
/// When the database does not answer.
pub async fn may_ask(app: &House, tx: &mut Tx, aliases: &[Alias]) -> Result<bool, Error> {
    let mut may = true;
    for alias in aliases {
        let many = count(app, tx, (&alias.key(), DAY_MS)).await?;
        may &= many <= i64::from(app.config.pages.joins_per_person);
    }
    Ok(may)
}

/// Counts that a form was sent with this ticket, together with what it changes; says whether it is the first time.
///
/// # Errors
/// When the database does not answer.
pub async fn is_first(app: &House, tx: &mut Tx, ticket: &Ticket) -> Result<bool, Error> {
    let what = format!("t:{}", hex::encode(ticket.nonce));
    let key = app.vault.tag(PURPOSE, what.as_bytes());
    Ok(tx.count_up(&key, ticket.at).await? == 1)
}

/// Counts one more of something in this hour or day; gives how many there are with it.
///
/// # Errors
/// When the database does not answer.
pub async fn count(app: &House, tx: &mut Tx, (what, span): (&str, i64)) -> Result<i64, Error> {
    let key = app.vault.tag(PURPOSE, what.as_bytes());
    Ok(tx.count_up(&key, since(app.clock.now(), span)).await?)
}

/// The beginning of the span of time that counts together.
fn since(now: Timestamp, span: i64) -> Timestamp {
    Timestamp::from_millis(now.millis() - now.millis().rem_euclid(span))
}

/// An address as it is counted. Of version 6 only its network, of which everybody has addresses without end.
pub fn network(address: IpAddr) -> String {
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
