//! Who a reservation is for: somebody known, somebody made for it, or the house.

use consent::{id::ContactId, register::Standing, request::Address};
use store::{
    contact::{NewContact, Person},
    pool::Tx,
};

use super::Seen;
use crate::{app::House, error::Error, services::cast::Cast};

/// Who the reservation is for, and on which version of their standing it is conditional.
pub(super) struct Claimant {
    pub(super) contact: ContactId,
    pub(super) version: i64,
    pub(super) key: Option<Vec<u8>>,
}

impl Claimant {
    pub(super) fn of(person: &Person) -> Self {
        Self {
            contact: person.id,
            version: person.version,
            key: person.sealing_key.clone(),
        }
    }
}

/// What became of somebody whom we did not know.
pub(super) enum Newcomer {
    /// They are known now.
    Made(Claimant),
    /// Another transaction made them first.
    TakenBySomebodyElse,
    /// They had been erased, and are back as refused: the verdict must see that.
    Refused,
}

/// A contact for somebody unknown, so that what Meta reports later can be tied to them.
pub(super) async fn make(app: &House, tx: &mut Tx, seen: &Seen) -> Result<Newcomer, Error> {
    if seen.meant.address == Address::Group {
        return house(app, tx).await.map(Newcomer::Made);
    }
    let mut cast = Cast::gather(app, tx, &seen.meant.aliases).await?;
    if seen
        .meant
        .aliases
        .iter()
        .any(|alias| cast.id_of(alias).is_some())
    {
        return Ok(Newcomer::TakenBySomebodyElse);
    }
    let contact = cast.create(&seen.meant.aliases, None)?;
    let refused = cast.standing(contact) != Standing::default();
    let key = cast
        .member(contact)
        .and_then(|member| member.person.sealing_key.clone());
    match cast.save(tx, &seen.policy).await {
        Ok(_) if refused => Ok(Newcomer::Refused),
        Ok(_) => Ok(Newcomer::Made(Claimant {
            contact,
            version: 1,
            key,
        })),
        Err(Error::Unavailable(conflict)) if conflict.is_conflict() => {
            Ok(Newcomer::TakenBySomebodyElse)
        }
        Err(error) => Err(error),
    }
}

/// Messages to groups are nobody's in particular: the house's. It has no name, no aliases, and is in no list.
async fn house(app: &House, tx: &mut Tx) -> Result<Claimant, Error> {
    if let Some(person) = tx.persons(&[ContactId::HOUSE]).await?.pop() {
        return Ok(Claimant {
            key: None,
            ..Claimant::of(&person)
        });
    }
    let at = app.clock.now();
    tx.create(&[NewContact {
        id: ContactId::HOUSE,
        name: None,
        sealing_key: Vec::new(),
        at,
    }])
    .await?;
    tx.erase(ContactId::HOUSE, &[], at).await?;
    let person = tx
        .persons(&[ContactId::HOUSE])
        .await?
        .pop()
        .ok_or(Error::NotFound("contact"))?;
    Ok(Claimant {
        key: None,
        ..Claimant::of(&person)
    })
}
