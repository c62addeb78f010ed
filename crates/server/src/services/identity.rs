//! Who is who: new ids for known people, numbers that change hands, inherited refusals.

mod inherit;
pub mod waiting;

use std::sync::Arc;

use consent::{
    alias::Alias,
    event::{Clock, Evidence, Fact},
    id::ContactId,
    policy::{Follow, Policy},
    time::Timestamp,
};
use graph::webhook::{
    change::{Change, Changed},
    person::Person,
};
use store::pool::Tx;

use self::inherit::Kin;
use crate::{
    error::Error,
    services::cast::{Cast, Draft},
};

/// What a decision about names rests on.
pub struct Grounds {
    /// The rules.
    pub policy: Arc<Policy>,
    /// How we know.
    pub evidence: Evidence,
    /// When it was so, on Meta's clock.
    pub at: Timestamp,
}

/// The source of a retract that a change of number made.
pub const NUMBER_CHANGE: &str = "number_change";

/// Finds whom somebody's names mean, links what is new, and makes a contact where there is none.
///
/// A number whose known holder has another business-scoped id has a new holder: a new person, who inherits refusals
/// only. A number and an id that mean two contacts, of whom one had no id yet, make them one.
///
/// # Errors
/// When the database does not answer, or the machine gives no random bytes.
pub async fn resolve(
    tx: &mut Tx,
    cast: &mut Cast<'_>,
    who: &Person,
    grounds: &Grounds,
) -> Result<ContactId, Error> {
    let names = Names::of(who);
    if let Some(gone) = moved_on(tx, cast, &names, grounds.at).await? {
        return Ok(gone);
    }
    let holder = names.phone.as_ref().and_then(|phone| cast.id_of(phone));
    let Some(user) = user(tx, cast, &names, grounds).await? else {
        return holder_or_new(tx, cast, (holder, who), grounds).await;
    };
    for id in names.ids() {
        cast.link(user, id, grounds.evidence.clone())?;
    }
    let Some(phone) = &names.phone else {
        return Ok(user);
    };
    match holder {
        Some(holder) if holder == user => Ok(user),
        None => {
            cast.link(user, phone, grounds.evidence.clone())?;
            Ok(user)
        }
        Some(holder) if has_id(cast, holder) => {
            hand_over(tx, cast, (holder, user, phone), grounds).await?;
            Ok(user)
        }
        Some(holder) => {
            let (gone, stays) = if prefers(cast, holder, user) {
                (user, holder)
            } else {
                (holder, user)
            };
            inherit::merge(tx, cast, (gone, stays), grounds).await?;
            Ok(stays)
        }
    }
}

/// Takes in that somebody's names changed. Changes come in any order and end in one person all the same.
///
/// # Errors
/// As for [`resolve`].
pub async fn change(
    tx: &mut Tx,
    cast: &mut Cast<'_>,
    change: &Change,
    grounds: &Grounds,
) -> Result<ContactId, Error> {
    let (before, after) = (Names::of(&change.before), Names::of(&change.after));
    if change.what == Changed::Identity {
        let id = resolve(tx, cast, &change.before, grounds).await?;
        let at = change.at.min(cast.now());
        let (fact, evidence) = (Fact::IdentityChanged, grounds.evidence.clone());
        cast.record(Draft {
            contact: id,
            fact,
            clock: Clock::Meta,
            at,
            evidence,
        })?;
        return Ok(id);
    }
    let is_known = before.all().any(|alias| cast.id_of(alias).is_some());
    let moved = moved_on(tx, cast, &before, change.at).await?;
    let holder = match moved {
        Some(gone) => Some(gone),
        None if is_known => Some(resolve(tx, cast, &change.before, grounds).await?),
        None => None,
    };
    let later = moved_on(tx, cast, &after, change.at).await?;
    let next = later.or_else(|| after.ids().find_map(|id| cast.id_of(id)));
    let ends = |alias: &&Alias| !after.all().any(|new| new.key() == alias.key());
    let ending: Vec<Alias> = before.all().filter(ends).cloned().collect();
    let person = match (holder, next) {
        (Some(holder), Some(next)) if holder != next => {
            end(cast, holder, &ending, grounds)?;
            inherit::merge(tx, cast, (holder, next), grounds).await?;
            next
        }
        (Some(holder), _) => {
            let ended = end(cast, holder, &ending, grounds)?;
            // They have moved on from there as well: the names after this change hold no longer.
            if later.is_none() && (ended || moved.is_none()) {
                adopt(tx, cast, (holder, &after), grounds).await?;
                if grounds.policy.permission_follows == Follow::Never {
                    retract_permissions(tx, cast, holder, grounds).await?;
                }
            }
            holder
        }
        (None, Some(next)) => next,
        (None, None) => resolve(tx, cast, &change.after, grounds).await?,
    };
    if later.is_none() && holder != Some(person) {
        adopt(tx, cast, (person, &after), grounds).await?;
    }
    for alias in &ending {
        cast.remember_past(person, alias, change.at);
    }
    Ok(person)
}

/// Makes two contacts one, because somebody who must know says that they are: the names of the first go to the second,
/// with everything that was refused; permission follows only where policy says so.
///
/// # Errors
/// As for [`resolve`].
pub async fn unite(
    tx: &mut Tx,
    cast: &mut Cast<'_>,
    (gone, stays): (ContactId, ContactId),
    grounds: &Grounds,
) -> Result<(), Error> {
    cast.learn_aliases(tx).await?;
    inherit::merge(tx, cast, (gone, stays), grounds).await
}

/// Somebody's names, each under what it is.
struct Names {
    phone: Option<Alias>,
    bsuid: Option<Alias>,
    parent: Option<Alias>,
}

impl Names {
    fn of(who: &Person) -> Self {
        Self {
            phone: who.phone.or(who.wa_id).map(Alias::Phone),
            bsuid: who.bsuid.clone().map(Alias::Bsuid),
            parent: who.parent.clone().map(Alias::ParentBsuid),
        }
    }

    /// The ids, which belong to one person for good.
    fn ids(&self) -> impl Iterator<Item = &Alias> {
        self.bsuid.iter().chain(&self.parent)
    }

    fn all(&self) -> impl Iterator<Item = &Alias> {
        self.ids().chain(&self.phone)
    }
}

/// Whose ids these are. Two contacts that share a parent id are one.
async fn user(
    tx: &mut Tx,
    cast: &mut Cast<'_>,
    names: &Names,
    grounds: &Grounds,
) -> Result<Option<ContactId>, Error> {
    let own = names.bsuid.as_ref().and_then(|id| cast.id_of(id));
    let parent = names.parent.as_ref().and_then(|id| cast.id_of(id));
    match (own, parent) {
        (Some(own), Some(parent)) if own != parent => {
            inherit::merge(tx, cast, (parent, own), grounds).await?;
            Ok(Some(own))
        }
        (own, parent) => Ok(own.or(parent)),
    }
}

/// Nobody has these ids: the holder of the number gets them, unless the holder has others.
async fn holder_or_new(
    tx: &mut Tx,
    cast: &mut Cast<'_>,
    (holder, who): (Option<ContactId>, &Person),
    grounds: &Grounds,
) -> Result<ContactId, Error> {
    let names = Names::of(who);
    let aliases: Vec<Alias> = names.all().cloned().collect();
    match (holder, &names.phone) {
        (Some(holder), Some(phone)) if is_somebody_else(cast, holder, &names) => {
            let ids: Vec<Alias> = names.ids().cloned().collect();
            let new = cast.meet(&ids, who.name.as_deref())?;
            hand_over(tx, cast, (holder, new, phone), grounds).await?;
            Ok(new)
        }
        (Some(holder), _) => {
            for id in names.ids() {
                cast.link(holder, id, grounds.evidence.clone())?;
            }
            Ok(holder)
        }
        (None, _) => cast.meet(&aliases, who.name.as_deref()),
    }
}

/// The number has a new holder, who inherits what the old one refused.
async fn hand_over(
    tx: &mut Tx,
    cast: &mut Cast<'_>,
    (from, to, phone): (ContactId, ContactId, &Alias),
    grounds: &Grounds,
) -> Result<(), Error> {
    cast.unlink(from, phone, grounds.evidence.clone())?;
    cast.link(to, phone, grounds.evidence.clone())?;
    inherit::refusals(tx, cast, (from, to, Kin::Other), grounds).await
}

/// Who had one of these names and has moved on: an id is never given to anybody else; a number may be, later.
async fn moved_on(
    tx: &mut Tx,
    cast: &mut Cast<'_>,
    names: &Names,
    at: Timestamp,
) -> Result<Option<ContactId>, Error> {
    if names.ids().any(|id| cast.id_of(id).is_some()) {
        return Ok(None);
    }
    for id in names.ids() {
        if let Some((owner, _)) = cast.former(tx, id).await? {
            return Ok(Some(owner));
        }
    }
    match &names.phone {
        Some(phone) if names.ids().next().is_none() => {
            let former = cast.former(tx, phone).await?;
            Ok(former
                .filter(|(_, until)| at <= *until)
                .map(|(owner, _)| owner))
        }
        Some(_) | None => Ok(None),
    }
}

/// Links the names after a change. A number that means somebody else is moved here.
async fn adopt(
    tx: &mut Tx,
    cast: &mut Cast<'_>,
    (person, after): (ContactId, &Names),
    grounds: &Grounds,
) -> Result<(), Error> {
    for id in after.ids() {
        cast.link(person, id, grounds.evidence.clone())?;
    }
    let Some(phone) = &after.phone else {
        return Ok(());
    };
    match cast.id_of(phone) {
        Some(other) if other != person => {
            hand_over(tx, cast, (other, person, phone), grounds).await
        }
        Some(_) => Ok(()),
        None => cast.link(person, phone, grounds.evidence.clone()),
    }
}

fn end(
    cast: &mut Cast<'_>,
    holder: ContactId,
    aliases: &[Alias],
    grounds: &Grounds,
) -> Result<bool, Error> {
    let mut ended = false;
    for alias in aliases {
        ended |= cast.id_of(alias) == Some(holder);
        cast.unlink(holder, alias, grounds.evidence.clone())?;
    }
    Ok(ended)
}

/// Permission stays behind with the old number.
async fn retract_permissions(
    tx: &mut Tx,
    cast: &mut Cast<'_>,
    person: ContactId,
    grounds: &Grounds,
) -> Result<(), Error> {
    let history = tx.history(person).await?;
    let old = history.iter().map(|line| (line.id, line.fact.as_ref()));
    let made = cast.made(person).map(|event| (event.id, Some(&event.fact)));
    let retracted = cast.standing(person).retracted;
    let permissions: Vec<_> = old
        .chain(made)
        .filter(|(id, fact)| matches!(fact, Some(Fact::OptIn(_))) && !retracted.contains(id))
        .map(|(id, _)| id)
        .collect();
    let at = cast.now();
    for id in permissions {
        let evidence = Evidence {
            source: NUMBER_CHANGE.to_owned(),
            ..grounds.evidence.clone()
        };
        let fact = Fact::Retract(id);
        cast.record(Draft {
            contact: person,
            fact,
            clock: Clock::Ours,
            at,
            evidence,
        })?;
    }
    cast.refold(tx, person).await
}

fn has_id(cast: &Cast<'_>, contact: ContactId) -> bool {
    cast.aliases(contact).iter().any(is_id)
}

const fn is_id(alias: &Alias) -> bool {
    matches!(alias, Alias::Bsuid(_) | Alias::ParentBsuid(_))
}

/// Whether the holder of a number has an id of the same kind that is not among these names.
fn is_somebody_else(cast: &Cast<'_>, holder: ContactId, names: &Names) -> bool {
    let theirs = cast.aliases(holder);
    let of_kind = |kind: &str| theirs.iter().any(|alias| alias.kind() == kind);
    names.ids().any(|id| of_kind(id.kind()))
}

/// Of two contacts that are one, the first stays when only it has permissions, or when it is the older one.
fn prefers(cast: &Cast<'_>, first: ContactId, second: ContactId) -> bool {
    let permitted = |id: ContactId| {
        let standing = cast.standing(id);
        standing
            .registers
            .values()
            .any(|register| !register.opt_in.is_empty())
    };
    match (permitted(first), permitted(second)) {
        (true, false) => true,
        (false, true) => false,
        (true, true) | (false, false) => first < second,
    }
}
