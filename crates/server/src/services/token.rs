//! The callback data of our own sends: which attempt, and to whom. Statuses bring it back.

use consent::id::{AttemptId, ContactId};
use uuid::Uuid;

/// The form of the token; another form would be another word.
const MARK: &str = "cg1";

/// The token of an attempt to reach a contact.
#[must_use]
pub fn write(attempt: AttemptId, contact: ContactId) -> String {
    let (attempt, contact) = (attempt.get().simple(), contact.get().simple());
    format!("{MARK}.{attempt}.{contact}")
}

/// Reads a token; none when it is not one of ours, byte for byte.
#[must_use]
pub fn read(text: &str) -> Option<(AttemptId, ContactId)> {
    let mut parts = text.split('.');
    let (mark, attempt, contact) = (parts.next()?, parts.next()?, parts.next()?);
    let id = |text: &str| Uuid::try_parse(text).ok();
    let found = (AttemptId::new(id(attempt)?), ContactId::new(id(contact)?));
    let ours = mark == MARK && parts.next().is_none() && write(found.0, found.1) == text;
    ours.then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_back_and_nothing_else_is_one() {
        let (attempt, contact) = (
            AttemptId::new(Uuid::now_v7()),
            ContactId::new(Uuid::now_v7()),
        );
        let token = write(attempt, contact);
        assert_eq!(read(&token), Some((attempt, contact)));
        for text in [
            "",
            "cg1",
            "campaign.1.2",
            &token.to_uppercase(),
            &format!("{token}.x"),
            &token.replace("cg1", "cg2"),
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
