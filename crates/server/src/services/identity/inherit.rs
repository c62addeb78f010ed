//! What goes over when a name changes hands: refusals always, permission only where it is the same person and policy says so.

use std::collections::BTreeMap;

use consent::{
    event::{Clock, Evidence, Fact},
    id::{ContactId, EventId},
    policy::Follow,
    register::{Mark, Standing},
};
use store::pool::Tx;

use super::{Grounds, waiting};
use crate::{
    error::Error,
    services::cast::{Cast, Draft},
};

/// The source of a refusal that another person had told.
pub const INHERITED: &str = "inherited";

/// How two contacts belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kin {
    /// They are one.
    Same,
    /// One has a number that was the other's.
    Other,
}

/// Makes two contacts one: the names of the first go to the second, and what it refused.
pub(super) async fn merge(
    tx: &mut Tx,
    cast: &mut Cast<'_>,
    (gone, stays): (ContactId, ContactId),
    grounds: &Grounds,
) -> Result<(), Error> {
    for alias in cast.aliases(gone) {
        cast.unlink(gone, &alias, grounds.evidence.clone())?;
        cast.link(stays, &alias, grounds.evidence.clone())?;
    }
    refusals(tx, cast, (gone, stays, Kin::Same), grounds).await?;
    for (number, heard) in &cast.standing(gone).heard {
        cast.hear(stays, number, heard);
    }
    cast.note_merged(gone, stays);
    waiting::take_along(tx, cast, (gone, stays)).await
}

/// Records what one contact refused with another, each refusal as an event of its own.
pub(super) async fn refusals(
    tx: &mut Tx,
    cast: &mut Cast<'_>,
    (from, to, kin): (ContactId, ContactId, Kin),
    grounds: &Grounds,
) -> Result<(), Error> {
    let follows = kin == Kin::Same && grounds.policy.permission_follows == Follow::SamePerson;
    let (theirs, mine) = (cast.standing(from), cast.standing(to));
    let mut carried = carried(&theirs, &mine, kin);
    if kin == Kin::Same {
        carried.extend(requests(&theirs, &mine));
    }
    if follows {
        carried.extend(permissions(&theirs, &mine));
    }
    if carried.is_empty() {
        return Ok(());
    }
    let sources = match kin {
        Kin::Same => sources(tx, cast, from).await?,
        Kin::Other => BTreeMap::new(),
    };
    for (fact, clock, mark) in carried {
        // What the person said themselves stays their own word: START lifts it, and staff cannot undo it.
        let source = sources.get(&mark.event).cloned();
        let evidence = Evidence {
            source: source.unwrap_or_else(|| INHERITED.to_owned()),
            rule: Some(INHERITED.to_owned()),
            note: Some(format!(
                "inherited from contact {from}: event {}",
                mark.event
            )),
            ..grounds.evidence.clone()
        };
        let copy = cast.record(Draft {
            contact: to,
            fact,
            clock,
            at: mark.at,
            evidence,
        })?;
        if kin == Kin::Same {
            cast.note_copy(mark.event, copy);
        }
    }
    Ok(())
}

type Carried = (Fact, Clock, Mark);

fn carried(theirs: &Standing, mine: &Standing, kin: Kin) -> Vec<Carried> {
    let mut found = Vec::new();
    for (scope, register) in &theirs.registers {
        let known = mine.registers.get(scope).map(|register| register.opt_out);
        for (clock, mark) in register.opt_out.each() {
            if is_news(mark, known.and_then(|known| known.get(clock))) {
                found.push((Fact::OptOut(scope.clone()), clock, mark));
            }
        }
    }
    for (number, switch) in &theirs.platform {
        let known = mine.platform.get(number).copied().unwrap_or_default();
        // Of somebody else only a stop that stands; of the same person the switch with its whole past.
        let (stop, resume) = match kin {
            Kin::Same => (switch.stop, switch.resume),
            Kin::Other => (switch.stopped(), None),
        };
        let stop = stop.filter(|mark| is_news(*mark, known.stop));
        let resume = resume.filter(|mark| is_news(*mark, known.resume));
        found.extend(stop.map(|mark| (Fact::PlatformStop(number.clone()), Clock::Meta, mark)));
        found.extend(resume.map(|mark| (Fact::PlatformResume(number.clone()), Clock::Meta, mark)));
    }
    let blocked = theirs.block().filter(|mark| is_news(*mark, mine.blocked));
    found.extend(blocked.map(|mark| (Fact::Blocked, Clock::Meta, mark)));
    let backoff = theirs.backoff.filter(|mark| is_news(*mark, mine.backoff));
    found.extend(backoff.map(|mark| (Fact::PlatformBackoff, Clock::Meta, mark)));
    let changed = theirs.identity_changed.each();
    let changed = changed.filter(|(clock, mark)| is_news(*mark, mine.identity_changed.get(*clock)));
    found.extend(changed.map(|(clock, mark)| (Fact::IdentityChanged, clock, mark)));
    found.extend(holds(theirs));
    found
}

/// Holds that nobody released. Their time plays no part: a hold has an end or a release.
fn holds(theirs: &Standing) -> impl Iterator<Item = Carried> {
    let open = theirs
        .holds
        .iter()
        .filter(|(id, _)| !theirs.released.contains(id));
    open.map(|(id, hold)| {
        let at = consent::time::Timestamp::from_millis(millis_of(*id));
        let fact = Fact::Hold(hold.scope.clone(), hold.until);
        (fact, Clock::Ours, Mark { at, event: *id })
    })
}

/// Questions that still wait for the person's yes: none that either contact has refused since.
fn requests(theirs: &Standing, mine: &Standing) -> Vec<Carried> {
    let mut found = Vec::new();
    for (scope, register) in &theirs.registers {
        let both = theirs.registers.iter().chain(&mine.registers);
        let refused: Vec<Mark> = both
            .filter(|(other, _)| other.covers(scope))
            .flat_map(|(_, other)| other.opt_out.each().map(|(_, mark)| mark))
            .collect();
        let known = mine.registers.get(scope).map(|register| register.requested);
        for (clock, mark) in register.requested.each() {
            let stands = refused.iter().all(|refused| refused.at < mark.at);
            if stands && is_news(mark, known.and_then(|known| known.get(clock))) {
                found.push((Fact::OptInRequested(scope.clone()), clock, mark));
            }
        }
    }
    found
}

fn permissions(theirs: &Standing, mine: &Standing) -> Vec<Carried> {
    let mut found = Vec::new();
    for (scope, register) in &theirs.registers {
        let known = mine.registers.get(scope).map(|register| register.opt_in);
        for (clock, mark) in register.opt_in.each() {
            if is_news(mark, known.and_then(|known| known.get(clock))) {
                found.push((Fact::OptIn(scope.clone()), clock, mark));
            }
        }
    }
    found
}

fn is_news(mark: Mark, known: Option<Mark>) -> bool {
    known.is_none_or(|known| known.at < mark.at)
}

/// When an id was made: the first 48 bits of a `UUIDv7`.
fn millis_of(id: EventId) -> i64 {
    i64::try_from(id.get().as_u128() >> 80).unwrap_or_default()
}

/// Where the events of a contact came from.
async fn sources(
    tx: &mut Tx,
    cast: &Cast<'_>,
    contact: ContactId,
) -> Result<BTreeMap<EventId, String>, Error> {
    let history = tx.history(contact).await?;
    let old = history.into_iter().map(|line| (line.id, line.source));
    let made = cast
        .made(contact)
        .map(|event| (event.id, event.evidence.source.clone()));
    Ok(old.chain(made).collect())
}
