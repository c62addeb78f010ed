//! The link to somebody's own page, as our answers offer it.

use consent::{alias::Alias, id::ContactId};

use crate::app::House;

/// The link that is given to one address of a person; none where no public address is set.
#[must_use]
pub fn link(_app: &House, _contact: ContactId, _alias: &Alias) -> Option<String> {
    None
}
