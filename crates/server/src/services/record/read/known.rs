//! Wishes of people we know by their id: what staff sets, for one or for many.

use consent::id::ContactId;

use super::{Desk, EventBody, Told, Who, joined};
use crate::error::Error;

/// What proves an opt-in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof<'a> {
    /// The wording that the person was shown.
    Wording,
    /// A file that is kept: its name and its hash.
    File(&'a str, &'a str),
}

impl Proof<'_> {
    pub(super) const fn is_file(self) -> bool {
        matches!(self, Self::File(..))
    }
}

impl Desk<'_> {
    /// Makes sense of an opt-in or an opt-out of a contact. The evidence of an opt-in is its source, and the wording or
    /// a file.
    ///
    /// # Errors
    /// [`Error::Invalid`] naming the member.
    pub fn wish_of(
        &self,
        contact: ContactId,
        body: &EventBody,
        proof: Proof<'_>,
    ) -> Result<Told, Error> {
        let mut told = self.wish(body, Who::Contact(contact), proof)?;
        if let Proof::File(name, sha256) = proof {
            let file = format!("file `{name}`, sha256 {sha256}");
            told.evidence.note = Some(joined(Some(file), told.evidence.note));
        }
        Ok(told)
    }
}
